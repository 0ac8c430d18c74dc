#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""stack: programs on top of each other, from rules and read back from processes."""

import ctypes
import json
import os
import signal
import struct
import unittest

from qsbx_case import COVERED, LACKING, NO, YES, QsbxCase

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_STRICT, SECCOMP_MODE_FILTER = 38, 22, 1, 2
NEWER = """\
read: 1
openat: flags == O_RDONLY
write: fd == 1
"""
NOT_TO_BE_PROVEN = b"".join(struct.pack("<HBBI", *one) for one in (
    (0x00, 0, 0, 5),  # ld #5
    (0x02, 0, 0, 0),  # st M[0]
    (0x06, 0, 0, 0x7fff0000)))  # ret ALLOW


def own_filters():
    with open("/proc/self/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return int(fields["Seccomp_filters"])


def prctl(*arguments):
    if ctypes.CDLL(None, use_errno=True).prctl(*arguments, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), arguments[0])


def install(program):
    buffer = ctypes.create_string_buffer(program)
    header = struct.pack("<HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0)
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header)


class Child:
    """Does what it is told and waits, in `read`, to be killed."""

    def __init__(self, prepare):
        prepared, ready = os.pipe()
        end, self.never = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            prepare()
            os.write(ready, b"x")
            os.read(end, 1)
            os._exit(0)
        os.close(ready)
        os.close(end)
        os.read(prepared, 1)
        os.close(prepared)

    def __enter__(self):
        return self.pid

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.never)


class Stack(QsbxCase):
    def setUp(self):
        super().setUp()
        self.newer = self.folder / "b.rules"
        self.newer.write_text(NEWER)
        self.both = ["--rules", self.rules, "--", "--rules", self.newer]

    def verdict(self, rules, example, arguments):
        words = [example["syscall"], *example["instead"]["args"][:arguments]]
        result = self.run_qsbx("eval", "--json", "--rules", rules, *words)
        return json.loads(result.stdout)["verdict"]

    def answers(self, answer, name):
        call = [one for one in answer["calls"] if one["syscall"] == name][0]
        return [(one["action"], one["program"]) for one in call["answers"]]


class OfRules(Stack):
    def test_a_grant_in_vain_is_named_and_shown(self):
        answer = self.json("stack", *self.both, status=NO)
        self.assertFalse(answer["tightens"])
        self.assertEqual(
            [("read", f"{self.newer}:1", "always", False, 2),
             ("write", f"{self.newer}:3", "fd == 1", True, 2)],
            [(one["syscall"], one["rule"], one["condition"], one["all"], one["granted_by"])
             for one in answer["in_vain"]])
        for one in answer["in_vain"]:
            self.assertEqual(("TRAP", 1), (one["instead"]["action"], one["instead"]["program"]))
            self.assertEqual("allow", self.verdict(self.newer, one, 3))
            self.assertEqual("deny", self.verdict(self.rules, one, 3))

    def test_what_is_in_force_is_the_strictest_of_each(self):
        answer = self.json("stack", *self.both, status=NO)
        self.assertEqual([("ALLOW", 2), ("TRAP", 1)], self.answers(answer, "read"))
        self.assertEqual([("TRAP", 2)], self.answers(answer, "close"))
        # Both deny it in the end, and the first with an errno only: TRAP goes before.
        self.assertEqual([("TRAP", 2)], self.answers(answer, "clone3"))
        self.assertEqual(["TRAP"], answer["unknown_numbers"])
        self.assertEqual(["KILL_PROCESS"], answer["foreign"])
        granted = {one["syscall"]: one["granted"] for one in answer["calls"] if one["granted"]}
        self.assertEqual({"read", "openat"}, set(granted))
        self.assertEqual([{"condition": "flags == O_RDONLY",
                           "rules": [f"{self.rules}:2", f"{self.newer}:2"]}], granted["openat"])
        self.assertEqual(2, answer["callable"])

    def test_text(self):
        text = self.qsbx("stack", *self.both, status=NO)
        self.assertIn(f"  1  --rules {self.rules}\n  2  --rules {self.newer}\ngranted in vain\n",
                      text)
        self.assertIn(f"  write(fd=1, buf=0x0, count=0)\n    granted by 2, {self.newer}:3  fd == 1\n"
                      "    TRAP by 1\n", text)
        self.assertIn(f"granted by 2, {self.newer}:1  always  (in part)", text)
        self.assertIn("in force: 2 of ", text)
        self.assertIn("every other call\n  TRAP by 2\n", text)
        self.assertIn("other architectures and ABIs\n  KILL_PROCESS by 2\n", text)

    def test_one_that_only_tightens(self):
        self.newer.write_text("read: fd == 0 && count < 100\nclose: 1\n")
        answer = self.json("stack", *self.both)
        self.assertEqual((True, []), (answer["tightens"], answer["in_vain"]))
        self.assertIn("each program grants only what the earlier ones do",
                      self.qsbx("stack", *self.both))

    def test_three_and_each_is_held_against_all_before(self):
        third = self.folder / "c.rules"
        third.write_text("close: 1\nopenat: 1\n")
        answer = self.json("stack", *self.both, "--", "--rules", third, status=NO)
        self.assertEqual([f"--rules {file}" for file in (self.rules, self.newer, third)],
                         answer["programs"])
        of_third = {one["syscall"]: one for one in answer["in_vain"] if one["granted_by"] == 3}
        self.assertEqual({"close", "openat"}, set(of_third))
        self.assertEqual((True, 2), (of_third["close"]["all"],
                                     of_third["close"]["instead"]["program"]))

    def test_modes_of_each(self):
        self.newer.write_text("read: 1\n")
        answer = self.json("stack", "--rules", self.rules, "--", "--rules", self.newer, "--mode",
                           "audit", status=NO)
        # TRAP is stricter than the question that mode audit asks.
        self.assertEqual([("ALLOW", 2), ("TRAP", 1)], self.answers(answer, "read"))
        self.assertEqual([("USER_NOTIF", 2)], self.answers(answer, "close"))
        self.assertEqual([("ERRNO(38)", 1)], self.answers(answer, "clone3"))

    def test_boot_and_run_of_a_machine(self):
        answer = json.loads(self.qsbx("stack", "--boot", "--json", *COVERED, status=NO))
        self.assertEqual(["phase boot", "--argv qemu-system-x86_64 ..."], answer["programs"])
        # The small profiles' boot grants less than this machine's run does.
        self.assertTrue(all(one["rule"] for one in answer["in_vain"]))
        only = self.json("stack", "--boot")
        self.assertEqual(["phase boot"], only["programs"])
        self.json("stack", "--boot", "--profile", "process")

    def test_standard_input(self):
        self.qsbx("stack", "--rules", "-", "--", "--rules", self.rules, stdin=b"close: 1\n",
                  status=NO)


class OfProcesses(Stack):
    def compiled(self, rules):
        return self.run_qsbx("compile", "--rules", rules, "--format", "raw").stdout

    def read_back(self, prepare, *words, status=YES):
        with Child(prepare) as pid:
            result = self.run_qsbx("stack", "--json", "--in-force", pid, *words)
        if result.returncode == LACKING:
            self.skipTest(result.stderr.decode())
        self.assertEqual(status, result.returncode, result.stderr)
        return json.loads(result.stdout)

    @unittest.skipIf(own_filters(), "runs under a filter itself, so it may read none")
    def test_the_stack_of_a_process_is_that_of_its_policies(self):
        self.rules.write_text("read: 1\nwrite: 1\nprctl: 1\nclose: 1\nopenat: flags == O_RDONLY\n")
        self.newer.write_text("read: 1\nwrite: fd < 100\nopenat: 1\n")
        programs = [self.compiled(self.rules), self.compiled(self.newer)]
        answer = self.read_back(lambda: [install(one) for one in programs], status=NO)
        of_rules = self.json("stack", *self.both, status=NO)
        for one in of_rules["calls"]:
            del one["granted"]
        for key in ("calls", "unknown_numbers", "foreign", "callable"):
            self.assertEqual(of_rules[key], answer[key])
        self.assertEqual([("openat", None, False)],
                         [(one["syscall"], one["rule"], one["all"]) for one in answer["in_vain"]])
        self.assertEqual(2, len(answer["programs"]))
        self.assertIn(f"{len(programs[0]) // 8} instructions", answer["programs"][0])

    @unittest.skipIf(own_filters(), "runs under a filter itself, so it may read none")
    def test_a_selection_on_top_of_what_is_in_force(self):
        self.rules.write_text("read: 1\nwrite: 1\n")
        program = self.compiled(self.rules)
        answer = self.read_back(lambda: install(program), "--rules", self.newer, status=NO)
        self.assertEqual([("openat", f"{self.newer}:2")],
                         [(one["syscall"], one["rule"]) for one in answer["in_vain"]])
        self.assertEqual(2, answer["callable"])

    @unittest.skipIf(own_filters(), "runs under a filter itself")
    def test_strict_mode(self):
        with Child(lambda: prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0)) as pid:
            answer = self.json("stack", "--in-force", pid)
            status = json.loads(self.run_qsbx("status", "--json", pid).stdout)
        self.assertEqual((["strict mode"], 4), (answer["programs"], answer["callable"]))
        self.assertEqual(["KILL_THREAD"], answer["unknown_numbers"])
        self.assertEqual((4, False), (status[0]["callable"], status[0]["may_enter_rings"]))

    @unittest.skipIf(own_filters(), "runs under a filter itself")
    def test_no_filter(self):
        with Child(lambda: None) as pid:
            message = self.complaint("stack", "--in-force", pid, status=NO)
        self.assertIn(f"thread {pid} runs under no filter", message)

    @unittest.skipIf(own_filters(), "runs under a filter itself, so it may read none")
    def test_a_program_that_is_not_understood(self):
        with Child(lambda: install(NOT_TO_BE_PROVEN)) as pid:
            result = self.run_qsbx("stack", "--in-force", pid)
        if result.returncode == LACKING:
            self.skipTest(result.stderr.decode())
        self.assertEqual((NO, b""), (result.returncode, result.stdout))
        self.assertIn(b"program 1: instruction 1 (opcode 0x02) cannot be proven", result.stderr)

    def test_no_such_process(self):
        with Child(lambda: None) as pid:
            pass
        self.assertIn(str(pid), self.complaint("stack", "--in-force", pid))

    @unittest.skipIf(own_filters(), "runs under a filter itself")
    def test_who_may_not_read_is_told_what_it_needs(self):
        with Child(lambda: install(self.compiled_now)) as pid:
            child = os.fork()
            if child == 0:
                install(struct.pack("<HBBI", 0x06, 0, 0, 0x7fff0000))
                result = self.run_qsbx("stack", "--in-force", pid)
                said = b"CAP_SYS_ADMIN" in result.stderr and result.returncode == LACKING
                os._exit(0 if said else 1)
            _, status = os.waitpid(child, 0)
        self.assertEqual(0, status)

    compiled_now = struct.pack("<HBBI", 0x06, 0, 0, 0x7fff0000)


class WrongStacks(Stack):
    def test_nothing_named(self):
        self.assertIn("program 1: which profiles?", self.complaint("stack"))
        self.assertIn("program 2: which profiles?",
                      self.complaint("stack", "--rules", self.rules, "--"))

    def test_it_is_said_which_program_is_wrong(self):
        self.assertIn("program 3: cannot open",
                      self.complaint("stack", *self.both, "--", "--rules", "/nowhere"))

    def test_two_architectures(self):
        self.assertIn("are never in force at once",
                      self.complaint("stack", *self.both, "--arch", "aarch64"))

    def test_boot_in_mode_audit(self):
        self.assertIn("in mode audit no boot policy",
                      self.complaint("stack", "--boot", "--mode", "audit"))

    def test_options(self):
        self.assertIn("qsbx stack --help",
                      self.complaint("stack", "--rules", self.rules, "--", "--frob"))
        self.assertIn("--argv needs QEMU", self.complaint("stack", *self.both, "--", "--argv"))
        self.assertIn("read once", self.complaint("stack", "--rules", "-", "--", "--rules", "-"))
        self.assertIn("--in-force", self.complaint("stack", "--in-force", "frob"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
