# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tables of named constants: names found in the headers by pattern, values by compiling."""

import concurrent.futures
import re

from . import constant_groups, headers


def candidate_names(architecture, group):
    """The names in the headers that the group's patterns fit."""
    found = headers.identifiers(architecture, group.headers)
    bodies = headers.macros(architecture, group.headers)
    wanted = re.compile(group.names)
    left_out = re.compile(group.without)
    names = {name for name in found
             if wanted.fullmatch(name) and not left_out.fullmatch(name)
             and re.search(group.body, bodies.get(name, ""))}
    return names & usable_names(architecture, group, names)


def usable_names(architecture, group, names):
    """Those of the names that are not function-like macros, types or labels of a struct."""
    text = headers.include_lines(group.headers)
    function_like = set(re.findall(
        r"^#define (\w+)\(", headers.compile_text(architecture, ["-E", "-dM"], text), re.M))
    return names - function_like


def group_values(architecture, group):
    """Name -> value, sorted by name."""
    names = sorted(candidate_names(architecture, group))
    if not names:
        raise headers.GeneratorError(f"no constants for {group.name} in {group.headers}")
    foreign = headers.names_of_other_architectures(architecture, group.headers, names)
    values = headers.values(architecture, group.headers, [n for n in names if n not in foreign])
    for part in group.with_groups:
        values |= group_values(architecture, constant_groups.BY_NAME[part])
    low, high = group.value_range
    values = {name: value for name, value in values.items() if low <= value <= high}
    values |= group.newer
    return dict(sorted(values.items()))


def printed_names(group, values):
    """For each value the name to describe it with."""
    masks = re.compile(group.never_printed)
    preferred = re.compile(group.preferred)
    chosen, families = {}, {}
    for name, value in values.items():
        families.setdefault(value, set()).add(name.split("_")[0])
    for name in sorted(values, key=lambda name: (not preferred.fullmatch(name), name)):
        ambiguous = group.several_families and len(families[values[name]]) > 1
        if not masks.fullmatch(name) and not ambiguous:
            chosen.setdefault(values[name], name)
    return set(chosen.values())


def group_text(architecture, group):
    values = group_values(architecture, group)
    printed = printed_names(group, values)
    kind = "kFlags" if group.flags else "kEnumeration"
    field = group.field if group.flags else 2**64 - 1
    lines = [f"\nQSBX_GROUP_BEGIN({group.name}, {kind}, {field:#x})\n"]
    for name, value in values.items():
        word = "QSBX_CONSTANT" if name in printed else "QSBX_SYNONYM"
        lines.append(f'{word}("{name}", {value:#x})\n')
    lines.append("QSBX_GROUP_END()\n")
    return "".join(lines)


def table_text(architecture):
    groups = sorted((group for group in constant_groups.IN_TABLES
                     if architecture in group.architectures), key=lambda group: group.name)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        texts = list(pool.map(lambda group: group_text(architecture, group), groups))
    return (
        "// SPDX-License-Identifier: LGPL-2.1-or-later\n"
        f"// The named constants of {architecture}, in groups. A synonym is never printed: another\n"
        "// name is better for its value, or it is a mask.\n"
        "// Written by scripts/generate-syscall-tables: change that.\n"
    ) + "".join(texts)
