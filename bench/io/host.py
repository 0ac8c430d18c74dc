# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the figures were measured on."""

import os
import pathlib
import platform
import re
import subprocess

VULNERABILITIES = pathlib.Path("/sys/devices/system/cpu/vulnerabilities")


def describe(programs):
    """A table of texts by name; `programs` are those that are measured."""
    facts = {
        "processor": _processor(),
        "processors": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "virtual machine": "yes" if "hypervisor" in _flags() else "no",
        "kernel": f"{platform.system()} {platform.release()} ({platform.machine()})",
        "C library": " ".join(platform.libc_ver()),
        "BPF JIT": _read("/proc/sys/net/core/bpf_jit_enable") or "unknown",
        "seccomp actions": _read("/proc/sys/kernel/seccomp/actions_avail") or "unknown",
        "libseccomp": _output("pkg-config", "--modversion", "libseccomp"),
        "mitigations": _mitigations(),
    }
    for program in programs:
        facts[program] = _output(program, "--version")
    return facts


def load():
    return os.getloadavg()[0]


def _processor():
    return _field(r"model name\s*:\s*(.*)") or platform.processor()


def _flags():
    return (_field(r"flags\s*:\s*(.*)") or "").split()


def _field(pattern):
    found = re.search(pattern, _read("/proc/cpuinfo"))
    return found and found[1]


def _mitigations():
    if not VULNERABILITIES.is_dir():
        return "unknown"
    states = {path.name: _read(path) for path in sorted(VULNERABILITIES.iterdir())}
    return "; ".join(f"{name}: {state}" for name, state in states.items() if state != "Not affected") or "none needed"


def _read(path):
    try:
        return pathlib.Path(path).read_text().strip()
    except OSError:
        return ""


def _output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "not here"
