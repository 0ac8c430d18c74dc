# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reading names and values out of the C headers of each architecture.

One compiler serves all: for another 64-bit architecture it gets that architecture's headers and
predefined macros, and the values are read from the assembly, so that nothing has to run.
"""

import functools
import pathlib
import re
import subprocess


class GeneratorError(Exception):
    """What is missing on this machine, and the way out."""


CROSS_INCLUDE = pathlib.Path("/usr/aarch64-linux-gnu/include")

ARCHITECTURES = ("x86_64", "aarch64")


@functools.cache
def compiler_arguments(architecture):
    if architecture == "x86_64":
        return []
    if not (CROSS_INCLUDE / "asm/unistd.h").exists():
        raise GeneratorError(
            f"no headers of {architecture} in {CROSS_INCLUDE}: "
            "install linux-libc-dev-arm64-cross and libc6-dev-arm64-cross"
        )
    own = subprocess.run(
        ["gcc", "-print-file-name=include"], check=True, capture_output=True, text=True
    ).stdout.strip()
    return ["-U__x86_64__", "-U__x86_64", "-U__amd64__", "-U__amd64", "-D__aarch64__=1",
            "-nostdinc", "-isystem", own, "-isystem", str(CROSS_INCLUDE)]


def compile_text(architecture, options, text):
    run = subprocess.run(
        ["gcc", "-D_GNU_SOURCE", *compiler_arguments(architecture), *options, "-x", "c", "-o", "-", "-"],
        input=text, capture_output=True, text=True,
    )
    if run.returncode != 0:
        raise GeneratorError(f"gcc for {architecture} fails:\n{run.stderr[:4000]}")
    return run.stdout


def include_lines(header_names):
    """Of names with "|" between them, the first that there is."""
    lines = ""
    for name in header_names:
        *others, last = name.split("|")
        for other in others:
            lines += f"#if __has_include(<{other}>)\n#include <{other}>\n#else\n"
        lines += f"#include <{last}>\n" + "#endif\n" * len(others)
    return lines


@functools.cache
def macros(architecture, header_names):
    """Macro name -> body, of the object-like macros."""
    text = compile_text(architecture, ["-E", "-dM"], include_lines(header_names))
    return dict(re.findall(r"^#define (\w+) (.*)$", text, re.M))


@functools.cache
def identifiers(architecture, header_names):
    """All names that the headers use, macros and enumerators among them."""
    text = compile_text(architecture, ["-E", "-P"], include_lines(header_names))
    return frozenset(re.findall(r"\b[A-Z]\w*", text)) | macros(architecture, header_names).keys()


def names_of_other_architectures(architecture, header_names, names):
    """Those of the names that need a struct which the headers of this architecture lack."""
    lines = "".join(f"  (unsigned long long)({name}),\n" for name in names)
    text = (include_lines(header_names) + "unsigned long long qsbx_values[] = {\n"
            + f'#line 1 "names"\n{lines}' + "};\n")
    run = subprocess.run(
        ["gcc", "-D_GNU_SOURCE", *compiler_arguments(architecture), "-w", "-fmax-errors=0",
         "-fsyntax-only", "-x", "c", "-"], input=text, capture_output=True, text=True)
    foreign, incomplete = set(), False
    for line in run.stderr.splitlines():
        if ": error: " in line:
            incomplete = "incomplete type" in line
        place = re.match(r"names:(\d+):", line)
        if place and incomplete:
            foreign.add(names[int(place[1]) - 1])
    return foreign


def values(architecture, header_names, names):
    """Name -> value, as a C program on that architecture that casts it to uint64_t has it."""
    if not names:
        return {}
    lines = "".join(f"  (unsigned long long)({name}),\n" for name in names)
    # The ones at both ends keep the array out of the section of zeros.
    text = include_lines(header_names) + f"unsigned long long qsbx_values[] = {{ 1,\n{lines}  1 }};\n"
    assembly = compile_text(architecture, ["-S", "-O0", "-w"], text)
    data = assembly.split("qsbx_values:", 1)[1]
    found = []
    for directive, operand in re.findall(r"^\s*\.(quad|zero)\s+(-?\d+)", data, re.M):
        number = int(operand)
        found += [number % 2**64] if directive == "quad" else [0] * (number // 8)
    if len(found) != len(names) + 2:
        raise GeneratorError(f"{len(names)} constants, but {len(found) - 2} values in the assembly")
    return dict(zip(names, found[1:-1]))
