# SPDX-License-Identifier: LGPL-2.1-or-later
"""The table of system calls: numbers, prototypes, and the constants that fit each argument."""

from . import argument_groups, headers, prototypes

# Calls that are newer than the headers of Debian 12 (Linux 6.1). Since 424 a new call has the same
# number everywhere: include/uapi/asm-generic/unistd.h of Linux 6.18.
NEWER_CALLS = {
    "cachestat": 451,
    "fchmodat2": 452,
    "map_shadow_stack": 453,
    "futex_wake": 454,
    "futex_wait": 455,
    "futex_requeue": 456,
    "statmount": 457,
    "listmount": 458,
    "lsm_get_self_attr": 459,
    "lsm_set_self_attr": 460,
    "lsm_list_modules": 461,
    "mseal": 462,
    "setxattrat": 463,
    "getxattrat": 464,
    "listxattrat": 465,
    "removexattrat": 466,
    "open_tree_attr": 467,
    "file_getattr": 468,
    "file_setattr": 469,
}

# arch/x86/entry/syscalls/syscall_64.tbl of Linux 6.18.
NEWER_CALLS_OF_ARCHITECTURE = {
    "x86_64": {"uretprobe": 335, "uprobe": 336},
    "aarch64": {},
}

# Macros of asm/unistd.h that begin like calls and are none.
NOT_CALLS = {"syscalls", "arch_specific_syscall"}


def numbers(architecture):
    """Call -> number."""
    macros = headers.macros(architecture, ("asm/unistd.h",))
    names = [name.removeprefix("__NR_") for name in macros if name.startswith("__NR_")]
    names = [name for name in names if name not in NOT_CALLS]
    values = headers.values(architecture, ("asm/unistd.h",), [f"__NR_{name}" for name in names])
    known = {name: values[f"__NR_{name}"] for name in names}
    return {**NEWER_CALLS, **NEWER_CALLS_OF_ARCHITECTURE[architecture], **known}


def argument_text(call, name, kind):
    group = argument_groups.group_of(call, name)
    return f'{kind}("{name}", "{group}")' if group else f'{kind}("{name}")'


def call_line(number, call, arguments):
    parts = [str(number), call] + [argument_text(call, name, kind) for name, kind in arguments]
    return f"QSBX_SYSCALL({', '.join(parts)})\n"


def table_text(architecture, traced):
    lines = [
        "// SPDX-License-Identifier: LGPL-2.1-or-later\n"
        f"// The system calls of {architecture}: number, name, arguments.\n"
        "// Written by scripts/generate-syscall-tables: change that.\n"
    ]
    for call, number in sorted(numbers(architecture).items(), key=lambda item: item[1]):
        lines.append(call_line(number, call, prototypes.prototype(architecture, call, traced)))
    return "".join(lines)
