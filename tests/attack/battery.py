# SPDX-License-Identifier: LGPL-2.1-or-later
"""Has the threads of a running QEMU make the attempts of attempts.py, and tells what came of each.

    with started(qemu.command(demo_machine(directory)), directory) as (machine, threads):
        for attempt, answer in tried(machine.pid, threads, "vcpu", ATTEMPTS):
            ...
"""

import contextlib
import dataclasses
import errno
import os
import pathlib
import re
import signal
import struct
import subprocess
import time

import attempt as parts
import qemus
from attempts_by_role import ROLES, roles_granted
from qemus import guests

INJECT = qemus.BUILD / "tests/attack/inject"
IN_FORCE = re.compile(r"qsbx: (enforce|errno|audit): \d+ system calls")
FUTEX = 202
POLL = 7


@dataclasses.dataclass(frozen=True)
class Answer:
    """What inject says, such as "returned" -2."""

    outcome: str
    value: int

    @property
    def ends(self):
        return self.outcome in ("ended signal", "ended status")

    @property
    def error(self):
        """The errno that the call failed with, or 0."""
        return -self.value if self.outcome == "returned" and -4095 <= self.value < 0 else 0

    def __str__(self):
        if self.outcome == "trapped":
            return f"{errno.errorcode[self.value]}, reported" if self.value else "SIGSYS"
        if self.ends:
            return "killed" if self.outcome == "ended signal" else f"exit {self.value}"
        if self.outcome == "signal":
            return signal.Signals(self.value).name
        return errno.errorcode.get(self.error, str(self.value)) if self.error else "done"


def is_refused(answer, unfiltered):
    """Whether it was a filter that answered: `unfiltered` is the kernel's own answer to the same attempt."""
    if answer.outcome == "trapped" or answer.ends:
        return True
    return answer.error != unfiltered.error and answer.error != 0


def no_filter_is_asked(attempt, unfiltered):
    """Whether the kernel answers for itself: i386's calls where it has none, and those that come before filters."""
    if attempt.before_filters:
        return unfiltered.error != errno.ENOSYS
    return unfiltered.outcome == "signal"


@dataclasses.dataclass(frozen=True)
class Setting:
    """What decides which attempts are granted; `roles`: whether each thread has only what its role needs."""

    machine: str
    version: tuple
    roles: bool = False
    names_threads: bool = False  # by -name debug-threads=on


def setting_of(qemu, machine, roles=qemus.ROLES):
    return Setting(machine, version_of(qemu), roles, roles and qemu.roles_need_names)


def is_granted(attempt, setting, role):
    if attempt.needs_names and not setting.names_threads:
        return False
    if not attempt.granted or setting.machine not in attempt.machines or setting.version < attempt.since:
        return False
    return not setting.roles or role in roles_granted(attempt, setting.machine)


class Injector:
    """A thread that makes calls; see inject.cc."""

    def __init__(self, thread, deliver=False):
        words = [INJECT, *(["--deliver"] if deliver else []), str(thread)]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.memory = int(self._ask("memory"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(20)

    def write(self, address, data):
        self._ask(f"write {address} {data.hex()}")

    def call(self, kind, call, words):
        outcome, value = self._ask(" ".join([kind, call, *map(str, words)])).rsplit(" ", 1)
        return Answer(outcome, int(value))

    def _ask(self, line):
        try:
            print(line, file=self._process.stdin, flush=True)
        except BrokenPipeError:
            pass
        answer = self._process.stdout.readline().strip()
        if not answer:
            raise RuntimeError(f"the injector has ended at: {line}")
        return answer


class Arguments:
    """The words of one attempt's arguments; what they point at is written to the thread's memory."""

    def __init__(self, injector, process, thread, sibling):
        self._injector = injector
        self._numbers = {"process": process, "thread": thread, "sibling": sibling, "other": os.getpid(),
                         "stack": injector.memory}  # fmt: skip
        self._process = process
        self._free = injector.memory

    def word(self, argument):
        if isinstance(argument, parts.Text):
            return self._put(argument.text.encode() + b"\0")
        if isinstance(argument, parts.Packed):
            return self._put(struct.pack(argument.layout, *map(self._member, argument.values)))
        if isinstance(argument, parts.Number):
            return self._numbers[argument.of]
        if isinstance(argument, parts.Descriptor):
            return descriptor(self._process, argument.kind)
        return argument

    def _member(self, value):
        return value if isinstance(value, bytes) else self.word(value)

    def _put(self, data):
        address = self._free
        self._free += (len(data) + 15) & ~15
        self._injector.write(address, data)
        return address


def version_of(qemu):
    """(10, 0, 13)"""
    said = subprocess.run([*map(str, qemu.plain()), "--version"], check=True, capture_output=True, text=True).stdout
    return tuple(map(int, re.search(r"version ([\d.]+)", said)[1].split(".")))


def descriptor(process, kind):
    """The first descriptor of a process that is such a thing."""
    for entry in sorted(pathlib.Path(f"/proc/{process}/fd").iterdir(), key=lambda path: int(path.name)):
        target = os.readlink(entry)
        if target.startswith(kind) or target.endswith(kind):
            return int(entry.name)
    raise LookupError(f"process {process} has no descriptor of {kind}")


def waits_in(process, thread):
    """The number and the arguments of the call that a thread waits in; [] where it runs."""
    words = pathlib.Path(f"/proc/{process}/task/{thread}/syscall").read_text().split()
    return [int(word, 0) for word in words] if words[0].isdigit() else []


def role_by_wait(call):
    """Of a thread that no monitor knows: workers wait for ten seconds at most, a VNC worker for ever."""
    if call[:1] == [POLL]:
        return "monitor"
    if call[:1] == [FUTEX]:
        return "worker" if call[4] else "vnc"
    return "other"


def threads_by_role(machine):
    """{role: thread}, one thread of each."""
    threads = {"main": machine.pid,
               "vcpu": machine.qmp.run("query-cpus-fast")[0]["thread-id"],
               "iothread": machine.qmp.run("query-iothreads")[0]["thread-id"]}  # fmt: skip
    rest = [thread.tid for thread in machine.threads() if thread.tid not in threads.values()]
    threads["rcu"] = rest.pop(0)  # a constructor starts it
    for thread in rest:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a worker that has ended meanwhile
            threads.setdefault(role_by_wait(waits_in(machine.pid, thread)), thread)
    return threads


def new_disk(directory):
    disk = pathlib.Path(directory) / "disk.img"
    if not disk.exists():
        with open(disk, "wb") as file:
            file.truncate(16 << 20)
    return disk


def demo_machine(directory):
    return guests.demo_machine(qemus.linux_guest(), new_disk(directory))


def kvm_machine(directory):
    # fmt: off
    return [
        "-accel", "kvm", "-m", "256", "-nodefaults", "-no-user-config", "-vga", "std",
        *guests.linux_kernel(qemus.linux_guest()),
        "-object", "iothread,id=io0",
        "-blockdev", f"driver=file,node-name=file0,filename={new_disk(directory)}",
        "-blockdev", "driver=raw,node-name=disk0,file=file0",
        "-device", "virtio-blk-pci,drive=disk0,iothread=io0",
        "-netdev", f"tap,id=net0,ifname=qsbx{os.getpid()},script=no,downscript=no", "-device", "virtio-net-pci,netdev=net0",
        "-display", "none", "-vnc", "127.0.0.1:0,to=99",
    ]
    # fmt: on


MACHINES = {"demo": demo_machine, "kvm": kvm_machine}


def waited_for(what, question, timeout=30):
    """The first answer of `question` that is something."""
    until = time.monotonic() + timeout
    while not (answer := question()):
        if time.monotonic() > until:
            raise TimeoutError(f"{what} did not come about in {timeout} s")
        time.sleep(0.02)
    return answer


def all_threads(machine):
    threads = threads_by_role(machine)
    return threads if set(ROLES) <= set(threads) else None


def hand_over(machine, directory):
    """What an accomplice could: a folder, a file that is no program, a terminal."""
    folder = directory / "handed-over"
    folder.mkdir(exist_ok=True)
    (folder / "file").write_text("x")
    master, terminal = os.openpty()
    handed = [os.open(folder, os.O_RDONLY), os.open(folder / "file", os.O_RDWR), terminal]
    for number, each in enumerate(handed):
        machine.qmp.hand_over(each, "getfd", fdname=f"handed{number}")
    for each in handed:
        os.close(each)
    return master


@contextlib.contextmanager
def started(command, directory, locked_down=True):
    """(machine, {role: thread}): it is locked down, or not, and stopped then."""
    with guests.Machine(command) as machine:
        if locked_down:
            waited_for("lockdown", lambda: IN_FORCE.search(machine.errors()))
        machine.qmp.run("stop")
        machine.qmp.hmp('qemu-io disk0 "read 0 512"')  # a worker's work
        master = hand_over(machine, pathlib.Path(directory))
        try:
            yield machine, waited_for("a thread of each role", lambda: all_threads(machine))
        finally:
            os.close(master)


def made(process, threads, role, attempt, injector):
    sibling = threads["main" if role != "main" else "rcu"]
    arguments = Arguments(injector, process, threads[role], sibling)
    return injector.call(attempt.kind, attempt.call, [arguments.word(word) for word in attempt.arguments])


def tried(process, threads, role, some, deliver=False):
    """Yields (attempt, answer) of each; no more after one that ended the thread."""
    with Injector(threads[role], deliver) as injector:
        for attempt in some:
            answer = made(process, threads, role, attempt, injector)
            yield attempt, answer
            if answer.ends:
                return


def attempts_of(role, some):
    """All from the main thread. A call of another ABI ends the process, so each takes a machine of its own: from the other
    threads one call of each ABI."""
    kinds = set()
    for attempt in some:
        another_abi = attempt.kind in ("i386", "x32")
        if role == "main" or not another_abi or attempt.kind not in kinds:
            yield attempt
        kinds.add(attempt.kind)


def answers(start, some, roles=ROLES, ends_once=False):
    """{(role, attempt): answer} of each, in as many machines as it takes; `start` makes one, as started() does. With
    `ends_once`, what has ended a machine is not tried by further threads."""
    left = {role: list(attempts_of(role, some)) for role in roles}
    told = {}
    while any(left.values()):
        with start() as (machine, threads):
            for role in [role for role in roles if left[role]]:
                new = dict(tried(machine.pid, threads, role, left[role]))
                told.update({(role, attempt): answer for attempt, answer in new.items()})
                fatal = [attempt for attempt, answer in new.items() if answer.ends]
                left[role] = [attempt for attempt in left[role] if attempt not in new]
                if fatal:
                    break
        if ends_once:
            left = {role: [attempt for attempt in those if attempt not in fatal] for role, those in left.items()}
    return told
