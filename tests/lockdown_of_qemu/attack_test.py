#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What somebody gets who runs code in a QEMU that is locked down, in a thread of each role."""

import collections
import contextlib
import mmap
import os
import pathlib
import re
import shutil
import signal
import struct
import sys
import tempfile
import unittest

import qemus

sys.path.insert(0, str(qemus.ROOT / "tests/attack"))

import attempts_by_role  # noqa: E402
import battery  # noqa: E402
import payloads  # noqa: E402
from attempts import ATTEMPTS  # noqa: E402

FEWEST_ATTEMPTS = 120
BY_NAME = {attempt.name: attempt for attempt in ATTEMPTS}
# What the mode says of each, where a violation is no end.
SAMPLE = {
    "execve": "EPERM", "ptrace PTRACE_ATTACH": "EPERM", "mmap, anonymous": "EPERM", "mprotect": "EPERM", "kill another": "EPERM",
    "bpf BPF_PROG_LOAD": "EPERM", "umask": "EPERM", "setns": "EPERM", "openat to read": "EACCES", "socket AF_UNIX": "EACCES",
    "TIOCSTI": "EPERM", "clone3": "ENOSYS", "io_uring_setup": "ENOSYS",
}  # fmt: skip
SAMPLED = [BY_NAME[name] for name in SAMPLE]


Lane = collections.namedtuple("Lane", "successes refusals successes_after_refusal last_success")
LANES = 4
RACES = 5
SMALL = ["-machine", "q35", "-display", "none", "-nodefaults", "-vga", "std"]


class Race:
    """What the threads of racer.cc see."""

    def __init__(self, path):
        path.write_bytes(bytes(4096))
        with open(path, "r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 4096)

    def lanes(self):
        return [Lane(*struct.unpack_from("<4Q", self._memory, 32 * number)) for number in range(LANES)]

    def end(self):
        struct.pack_into("<Q", self._memory, 32 * LANES, 1)


@contextlib.contextmanager
def raced(command, path):
    """(machine, race) of one that is locked down, after each lane has been refused many times."""
    race = Race(path)
    environment = {"LD_PRELOAD": str(qemus.BUILD / "tests/attack/libracer.so"), "QSBX_RACE": str(path)}
    with battery.guests.Machine(command, environment=environment) as machine:
        battery.waited_for("lockdown", lambda: battery.IN_FORCE.search(machine.errors()))
        battery.waited_for("refusals", lambda: all(lane.refusals > 100 for lane in race.lanes()))
        yield machine, race


class TheTable(unittest.TestCase):
    def test_there_are_enough_and_no_two_are_the_same(self):
        different = {(attempt.kind, attempt.call, attempt.arguments) for attempt in ATTEMPTS}
        self.assertEqual(len(different), len(ATTEMPTS))
        self.assertEqual(len(BY_NAME), len(ATTEMPTS))
        self.assertGreaterEqual(sum(not attempt.granted for attempt in ATTEMPTS), FEWEST_ATTEMPTS)

    def test_roles_are_granted_what_machines_are(self):
        named = [name for names in attempts_by_role.GRANTED.values() for name in names]
        self.assertEqual(len(named), len(set(named)))
        self.assertEqual([name for name in named if not BY_NAME[name].granted], [])


# A line as the published lists have them, and how the demo's machine takes it: loosely, strictly, decoded.
PAYLOADS = [
    ("1: execve,", (1, 1, 1)),
    ("2: fork, execve,", (1, 1, 1)),
    ("3 mprotect read", (1, 1, 1)),
    ("4 open write exit.", (1, 1, 1)),
    ("5 socket connect dup2", (1, 0, 1)),  # F_DUPFD_CLOEXEC does the same, and is granted
    ("6 read exit", (0, 0, 0)),
    ("7 socket bind connect write read", (0, 0, 0)),
    ("8 syscall_0xffffffffffffff03 socket connect", (1, 1, 0)),
    ("9 syscall_0xffffffffffffff0b", (1, 1, 1)),
    ("CVE-2015-8543 \tsocket", (1, 1, 1)),
    ("CVE-2016-4998 setsockopt", (1, 1, 1)),
    ("CVE-0000-0000 setsockopt", (0, 0, 0)),
]


class Payloads(unittest.TestCase):
    def test_lines_of_the_lists(self):
        policy = payloads.CompiledPolicy(qemus.BUILD / "qsbx", payloads.selection([]))
        for line, expected in PAYLOADS:
            with self.subTest(line):
                score = payloads.score(policy, [payloads.payload_of(line)])
                self.assertEqual((score.loosely, score.strictly, score.decoded), expected)
                self.assertEqual(len(score.remaining), 1 - score.loosely)

    def test_what_qsbx_refuses_to_answer_is_an_error(self):
        policy = payloads.CompiledPolicy(qemus.BUILD / "qsbx", payloads.selection([]))
        with self.assertRaisesRegex(RuntimeError, "nosuchcall"):
            payloads.score(policy, [payloads.payload_of("1 nosuchcall")])


class OnEachQemu:
    qemu = None

    @classmethod
    def setUpClass(cls):
        cls.qemu.require()
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="qsbx-attack."))
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.unfiltered = {}  # by machine

    def plain(self, machine="demo"):
        command = [*self.qemu.plain(), *battery.MACHINES[machine](self.directory)]
        return battery.started(command, self.directory, locked_down=False)

    def answers_without_filter(self, machine):
        if machine not in self.unfiltered:
            self.unfiltered[machine] = battery.answers(lambda: self.plain(machine), ATTEMPTS)
        return self.unfiltered[machine]

    def locked_down(self, mode="enforce", machine="demo", roles=qemus.ROLES):
        command = self.qemu.command(battery.MACHINES[machine](self.directory), mode=mode, roles=roles)
        return battery.started(command, self.directory)

    def answer_of_one(self, role, attempt):
        """How a machine in mode enforce ends whose thread makes this attempt, and what it says."""
        with self.locked_down() as (machine, threads):
            list(battery.tried(machine.pid, threads, role, [attempt], deliver=True))
            return machine.wait(), machine.errors()

    def check_every_attempt(self, machine, ends_once=False, roles=qemus.ROLES):
        setting = battery.setting_of(self.qemu, machine, roles)
        unfiltered = self.answers_without_filter(machine)
        locked_down = battery.answers(
            lambda: self.locked_down(machine=machine, roles=roles), ATTEMPTS, ends_once=ends_once)
        self.assertEqual(sum(role == "main" for role, _ in locked_down), len(ATTEMPTS))
        for (role, attempt), answer in locked_down.items():
            kernels = unfiltered[role, attempt]
            granted = battery.is_granted(attempt, setting, role) or battery.no_filter_is_asked(attempt, kernels)
            with self.subTest(f"{role}: {attempt.name}"):
                self.assertEqual(not battery.is_refused(answer, kernels), granted, f"{answer}, without a filter {kernels}")

    def test_every_attempt_is_refused_or_granted_as_the_table_says(self):
        self.check_every_attempt("demo")

    def test_each_thread_has_what_its_role_needs(self):
        self.check_every_attempt("demo", ends_once=True, roles=True)

    def test_so_it_is_under_kvm(self):
        self.require_kvm_and_taps()
        # What ends a machine at once is another ABI, or is denied by QEMU's own -sandbox, to all threads alike.
        self.check_every_attempt("kvm", ends_once=True)
        self.assertEqual(self.memory_of_code("kvm"), [])

    def test_each_thread_has_what_its_role_needs_under_kvm(self):
        self.require_kvm_and_taps()
        self.check_every_attempt("kvm", ends_once=True, roles=True)

    def require_kvm_and_taps(self):
        if not qemus.kvm_works() or not os.path.exists("/dev/net/tun"):
            self.skipTest("no /dev/kvm that makes virtual machines, or no /dev/net/tun")

    def test_only_the_translator_has_memory_that_is_written_and_executed(self):
        self.assertEqual(len(self.memory_of_code("demo")), 1)

    def memory_of_code(self, machine):
        """What can be written and executed."""
        with self.locked_down(machine=machine) as (running, _):
            maps = pathlib.Path(f"/proc/{running.pid}/maps").read_text().splitlines()
        return [line for line in maps if re.match(r"\S+ .wx", line)]

    def test_a_violation_in_any_thread_ends_qemu_in_mode_enforce(self):
        for role in battery.ROLES:
            with self.subTest(role):
                status, errors = self.answer_of_one(role, BY_NAME["umask"])
                self.assertEqual(status, -signal.SIGSYS, errors)
                self.assertRegex(errors, r"qsbx: violation .*: umask\(mask=")

    def test_a_race_with_lockdown_is_lost(self):
        for _ in range(RACES):
            with raced(self.qemu.command(SMALL), self.directory / "race") as (machine, race):
                in_force = (machine.directory / "stderr").stat().st_mtime_ns  # the line is the last that it wrote
                for number, lane in enumerate(race.lanes()):
                    with self.subTest(f"lane {number}"):
                        self.assertGreater(lane.successes, 0)
                        self.assertEqual(lane.successes_after_refusal, 0)
                        self.assertLessEqual(lane.last_success, in_force)
                race.end()
                self.assertEqual(machine.quit(), 0, machine.errors())

    def test_mode_errno_refuses_and_the_machine_lives(self):
        with self.locked_down("errno") as (machine, threads):
            for role in battery.ROLES:
                for attempt, answer in battery.tried(machine.pid, threads, role, SAMPLED, deliver=True):
                    with self.subTest(f"{role}: {attempt.name}"):
                        self.assertEqual(str(answer), SAMPLE[attempt.name], machine.errors())
            self.assertEqual(machine.quit(), 0, machine.errors())

    def test_mode_audit_lets_all_of_it_run(self):
        with self.plain() as (machine, threads):
            unfiltered = dict(battery.tried(machine.pid, threads, "main", SAMPLED))
        with self.locked_down("audit") as (machine, threads):
            for role in battery.ROLES:
                for attempt, answer in battery.tried(machine.pid, threads, role, SAMPLED, deliver=True):
                    with self.subTest(f"{role}: {attempt.name}"):
                        self.assertFalse(battery.is_refused(answer, unfiltered[attempt]), answer)
            self.assertEqual(machine.quit(), 0, machine.errors())


class UnmodifiedAttack(OnEachQemu, unittest.TestCase):
    qemu = qemus.Unmodified()


class PatchedAttack(OnEachQemu, unittest.TestCase):
    qemu = qemus.Patched()


if __name__ == "__main__":
    unittest.main(verbosity=2)
