# SPDX-License-Identifier: LGPL-2.1-or-later
"""What workloads are measured under.

A `Filter` makes a Launch (workload.py) for one workload: how its process is started so that this filter is in force when the
guest runs. "none" is what all others are compared with, and "again" the same once more: how far these two are apart is the
noise of this machine.
"""

import dataclasses
import functools
import json
import pathlib
import re
import shutil
import subprocess

import filter_loader
import needless
from built import built
from workload import Launch

# What libvirt asks for; docs/libvirt.md.
QEMU_SANDBOX = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"


@dataclasses.dataclass(frozen=True)
class Tools:
    """The project's programs; those of bench/io itself are found by built.py."""

    qsbx: pathlib.Path


class Filter:
    """`name` as in reports' data, `title` as people read it."""

    def __init__(self, name, title):
        self.name, self.title = name, title

    def is_for(self, workload):
        """Whether this workload's program is one that it is measured with."""
        return True

    def missing(self, workload):
        """Why this workload is not measured under it, or None."""
        return None

    def launch(self, tools, workload, folder):
        return Launch()


class FromOutside(Filter):
    """What a program is put under that does not lock itself down."""

    def is_for(self, workload):
        return not locks_itself_down(workload.program)


class OwnLockdown(Filter):
    """What a QEMU does that libqsbx is built into, and the daemon beside it."""

    def is_for(self, workload):
        return locks_itself_down(workload.program)

    def launch(self, tools, workload, folder):
        features = getattr(workload, "features", ())
        allowed = f",lockdown-allow={'+'.join(features)}" if features else ""
        if not is_emulator(workload.program):
            return Launch(arguments=["--sandbox", f"lockdown=enforce{allowed}"])
        return Launch(arguments=["-sandbox", f"on,lockdown=enforce{allowed}"])


class QemuSandbox(Filter):
    def missing(self, workload):
        return None if is_emulator(workload.program) else "only emulators have the option"

    def launch(self, tools, workload, folder):
        return Launch(arguments=["-sandbox", QEMU_SANDBOX])


class Qsbx(FromOutside):
    def __init__(self, name, title, *options):
        super().__init__(name, title)
        self.options = options

    def missing(self, workload):
        return "it has one role" if "--roles" in self.options and not is_emulator(workload.program) else None

    def launch(self, tools, workload, folder):
        features = getattr(workload, "features", ())
        allowed = ["--allow", ",".join(features)] if features else []
        return Launch(prefix=[tools.qsbx, "run", *self.options, *allowed, "--"])


class Loaded(FromOutside):
    """Programs that `policy_programs` makes of the policy of the workload's machine, put in force when its devices are
    ready. Features are not granted, since none of them is measured under a foreign filter; nor are starts, of which the
    making of programs, in a process of its own, would be taken for a part."""

    def __init__(self, name, title, compiler):
        super().__init__(name, title)
        self.compiler = compiler

    def is_for(self, workload):
        return super().is_for(workload) and not workload.starts_processes

    def missing(self, workload):
        return "it needs a feature" if getattr(workload, "features", ()) else None

    def launch(self, tools, workload, folder):
        return PolicyLaunch(programs_of=lambda words: self.programs(words, folder))

    def programs(self, words, folder):
        made = policy_programs(words, folder)["programs"]
        return [pathlib.Path(program["file"]).read_bytes() for program in made if program["name"] == self.compiler]


class Slow(Loaded):
    """Ours, and below it, since nothing comes after the policy of phase run, a filter that is slow for the call that the
    workload makes most often."""

    def __init__(self, hot_number):
        super().__init__("slow", "libqsbx, slow on purpose", "qsbx")
        self.hot_number = hot_number

    def programs(self, words, folder):
        return [needless.slow_program(self.hot_number), *super().programs(words, folder)]


class PolicyLaunch(filter_loader.LoaderLaunch):
    """The programs depend on the command line, which is known when the process starts."""

    def __init__(self, programs_of):
        super().__init__()
        self.programs_of = programs_of

    def popen(self, words, *more, **named):
        self.programs = self.programs_of([str(word) for word in [*words, *self.arguments]])
        return super().popen(words, *more, **named)


NONE = Filter("none", "no filter")
AGAIN = Filter("again", "no filter, once more")
ALL = [
    NONE,
    AGAIN,
    QemuSandbox("qemu-sandbox", "QEMU -sandbox"),
    Loaded("libseccomp", "libseccomp", "libseccomp"),
    Loaded("libseccomp-optimized", "libseccomp, CTL_OPTIMIZE=2", "libseccomp-optimized"),
    Qsbx("qsbx", "libqsbx", "--mode", "enforce"),
    Qsbx("qsbx-roles", "libqsbx with roles", "--mode", "enforce", "--roles"),
    Qsbx("qsbx-audit", "libqsbx in audit", "--mode", "audit"),
    OwnLockdown("qemu-lockdown", "QEMU -sandbox lockdown=enforce"),
]
QUICK = ["none", "again", "qemu-sandbox", "libseccomp", "qsbx", "qemu-lockdown"]


def is_emulator(program):
    return pathlib.Path(program).name.startswith("qemu-system-")


@functools.cache
def locks_itself_down(program):
    """Whether libqsbx is built into it."""
    if not shutil.which(program):
        return False
    return "lockdown=" in subprocess.run([program, "--help"], capture_output=True, text=True).stdout


def policy_programs(words, folder):
    """What `policy_programs` says of the process with this command line."""
    done = subprocess.run([built("policy_programs"), "--output", folder, "--", *words], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return json.loads(done.stdout)


def filter_count(pid):
    """How many filters the process has, of its main thread."""
    states = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^Seccomp_filters:\s*(\d+)", states, re.M)[1])


def in_force(tools, pid):
    """(how many filters the process has, how many system calls they let run), of its main thread, as root only."""
    done = subprocess.run([tools.qsbx, "status", "--json", str(pid)], capture_output=True, text=True)
    calls = json.loads(done.stdout)[0]["callable"] if done.returncode == 0 else None
    return filter_count(pid), calls
