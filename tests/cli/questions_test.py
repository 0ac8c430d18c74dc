#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""eval and explain: questions about one policy."""

import json
import subprocess
import unittest

from qsbx_case import COVERED, NO, PROFILES, RULES, YES, QsbxCase


class Eval(QsbxCase):
    def test_json_is_as_documented(self):
        answer = self.json("eval", "--rules", self.rules, "close", "7")
        self.assertIsInstance(answer.pop("steps"), int)
        self.assertEqual({"syscall": "close", "nr": 3, "arch": "x86_64", "verdict": "allow",
                          "errno": None, "rule": f"{self.rules}:4", "cached": True}, answer)

    def test_verdicts_and_exit_statuses(self):
        for words, verdict, status in [
                (["read", "0"], "allow", YES), (["read", "1"], "deny", NO),
                (["clone3"], "errno", NO), (["execve"], "deny", NO), (["3"], "allow", YES),
                (["0x3"], "allow", YES), (["sys_close"], "allow", YES), (["9999"], "deny", NO),
                (["0x40000003"], "deny", NO)]:
            answer = self.json("eval", "--rules", self.rules, *words, status=status)
            self.assertEqual(verdict, answer["verdict"], words)

    def test_an_errno_is_a_number(self):
        answer = self.json("eval", "--rules", self.rules, "clone3", status=NO)
        self.assertEqual((38, f"{self.rules}:3"), (answer["errno"], answer["rule"]))

    def test_constants_by_name(self):
        for flags, status in [("O_RDONLY", YES), ("O_RDONLY|O_CLOEXEC", YES), ("O_RDWR", NO),
                              ("O_RDWR|O_CREAT", NO), ("~0", NO), ("~3", YES), ("01", NO),
                              ("0x80000", YES), ("-1", NO)]:
            with self.subTest(flags):
                self.json("eval", "--rules", self.rules, "openat", "AT_FDCWD", "0", flags,
                          status=status)

    def test_high_garbage_does_not_turn_a_rule_off(self):
        self.json("eval", "--rules", self.rules, "read", "0xdead00000000")
        self.json("eval", "--rules", self.rules, "read", "0xdead00000001", status=NO)

    def test_the_selection_may_stand_after_the_call(self):
        self.assertEqual(self.qsbx("eval", "close", "--rules", self.rules),
                         self.qsbx("eval", "--rules", self.rules, "close"))

    def test_rules_from_standard_input(self):
        answer = self.json("eval", "--rules", "-", "close", stdin=RULES.encode())
        self.assertEqual("<stdin>:4", answer["rule"])

    def test_a_policy_that_grants_nothing_denies_everything(self):
        for text in (b"", b"execve: 0\n"):
            answer = self.json("eval", "--rules", "-", "execve", stdin=text, status=NO)
            self.assertEqual("deny", answer["verdict"])

    def test_features_and_roles(self):
        hotplug = ["eval", "--profile", "process", "eventfd2"]
        self.qsbx(*hotplug, status=NO)
        self.qsbx(*hotplug, "--allow", "hotplug")
        kvm_run = ["eval", "--profile", "process", "ioctl", "3", "KVM_RUN"]
        self.qsbx(*kvm_run, "--role", "vcpu")
        self.qsbx(*kvm_run, "--role", "main", status=NO)

    def test_a_role_costs_the_program_of_the_process_too(self):
        hint = ["eval", "--rules", "-", "read", "0"]
        rules = b"read: fd == 0\nclose: 1\n[main]\nwrite: 1\n"
        of_process = self.json(*hint, stdin=rules)["steps"]
        of_role = self.json(*hint, "--role", "vcpu", stdin=rules)["steps"]
        self.assertGreater(of_role, of_process)
        self.assertEqual(self.json(*hint, "--role", "main", stdin=rules)["steps"], of_process)
        self.assertIn("have the policy of the process", self.qsbx(*hint, "--role", "main", stdin=rules))
        calls = self.json("explain", "--rules", "-", "--role", "vcpu", stdin=rules)["calls"]
        steps = {call["syscall"]: (call["steps"], call["cached"]) for call in calls}
        self.assertEqual(steps["read"], ([of_role, of_role], False))
        self.assertTrue(steps["close"][1])
        self.assertIn(f"steps  {of_role} instructions",
                      self.qsbx("explain", "--rules", "-", "--role", "vcpu", "read", stdin=rules))

    def test_architecture(self):
        answer = self.json("eval", "--rules", self.rules, "--arch", "aarch64", "close")
        self.assertEqual((57, "aarch64"), (answer["nr"], answer["arch"]))

    def test_of_a_command_line_and_of_a_running_process(self):
        self.assertEqual("allow", json.loads(
            self.qsbx("eval", "fdatasync", "--json", *COVERED))["verdict"])
        # A process with QEMU's command line that is no QEMU.
        words = COVERED[1:]
        with subprocess.Popen(["sh", "-c", "read end; true", *words[1:]],
                              stdin=subprocess.PIPE) as process:
            answer = self.run_qsbx("compose", "--json", "--pid", process.pid)
            process.communicate(b"\n")
        self.assertIn({"kind": "device", "name": "virtio-blk-pci"},
                      json.loads(answer.stdout)["parts"])

    def test_the_profile_folder_by_option(self):
        self.assertEqual(
            self.qsbx("eval", "--profile", "process", "read"),
            self.qsbx("eval", "--profile", "process", "--profiles",
                      PROFILES, "read", profiles="/nowhere"))

    def test_text(self):
        text = self.qsbx("eval", "--rules", self.rules, "openat", "AT_FDCWD", "0", "O_RDWR",
                         status=NO)
        self.assertIn("deny  openat(dfd=AT_FDCWD, filename=0x0, flags=O_RDWR", text)
        self.assertIn("none grants it", text)


    def test_what_a_filter_cannot_do_is_said(self):
        answer = self.json("eval", "--rules", self.rules, "uretprobe", status=NO)
        self.assertEqual("deny", answer["verdict"])
        self.assertIn("runs on recent kernels whatever a filter says", answer["limit"])
        self.assertNotIn("limit", self.json("eval", "--rules", self.rules, "close"))
        self.assertIn("limit  clock_gettime is mostly answered by the vDSO",
                      self.qsbx("eval", "--rules", self.rules, "clock_gettime", status=NO))


class Explain(QsbxCase):
    def test_every_granted_call_with_its_rules(self):
        answer = self.json("explain", "--profile", "virtio-blk")
        calls = {call["syscall"]: call for call in answer["calls"]}
        self.assertEqual({"openat", "pread64", "pwrite64", "fdatasync"}, set(calls))
        self.assertEqual("file", calls["openat"]["grants"][0]["profile"])
        self.assertRegex(calls["openat"]["grants"][0]["rule"], r"backend/file\.profile:7$")
        self.assertIn("O_RDWR", calls["openat"]["grants"][0]["condition"])

    def test_one_call(self):
        text = self.qsbx("explain", "openat", "--profile", "process", "--profile", "file")
        self.assertRegex(text, r"process  \S*base/process\.profile:9  ")
        self.assertRegex(text, r"file  \S*backend/file\.profile:7  ")
        self.assertIn("else ENOSYS", self.qsbx("explain", "clone3", "--rules", self.rules,
                                               status=NO))

    def test_what_comments_give_as_the_reason(self):
        self.rules.write_text("# At the end.\nclose: 1\n\nread: 1\n")
        self.assertIn("a.rules:2  always\n    # At the end.\n",
                      self.qsbx("explain", "--rules", self.rules))
        self.assertEqual(["", "At the end."],
                         [call["grants"][0]["reason"]
                          for call in self.json("explain", "--rules", self.rules)["calls"]])

    def test_a_call_that_nothing_grants(self):
        message = self.complaint("explain", "--rules", self.rules, "execve", status=NO)
        self.assertIn("no rule of the selected profiles grants execve", message)

    def test_a_call_of_another_architecture(self):
        result = self.run_qsbx("explain", "--profile", "process", "--arch", "aarch64", "open")
        self.assertEqual(NO, result.returncode)
        self.assertIn(b"open does not exist on aarch64", result.stdout)
        self.assertIn(b"startup.profile:4", result.stdout)

    def test_rules_that_add_nothing_are_marked(self):
        self.rules.write_text("close: 1\nclose: fd == 3\nread: fd < 5\nread: fd < 9\n"
                              "write: fd < 5\nwrite: fd > 3\n")
        answer = self.json("explain", "--rules", self.rules)
        redundant = [grant["rule"].split(":")[-1] for call in answer["calls"]
                     for grant in call["grants"] if grant["redundant"]]
        self.assertEqual(["3", "2"], redundant)
        text = self.qsbx("explain", "--rules", self.rules, "close")
        self.assertIn("a.rules:2  fd == 3  (adds nothing: other rules grant all of it)", text)
        self.assertEqual(1, text.count("adds nothing"))

    def test_descriptors_that_rules_are_bound_to(self):
        self.rules.write_text("ioctl: fd in fds(tap) && cmd == FIONBIO\n{ close, dup2 }: 1\n")
        asked = ["eval", "--rules", self.rules]
        answer = self.json(*asked, "ioctl", "5", "FIONBIO")
        self.assertEqual("allow", answer["verdict"])
        self.assertEqual("fds(tap) is any descriptor here, and at lockdown the numbers that the process has of the kind",
                         answer["note"])
        self.assertIn("note   fds(tap) is any", self.qsbx(*asked, "ioctl", "5", "FIONBIO"))
        bound = [*asked, "--fds", "tap=9,10", "--fds", "tap=12"]
        self.assertNotIn("note", self.json(*bound, "ioctl", "12", "FIONBIO"))
        for call in (("ioctl", "11", "FIONBIO"), ("dup2", "0", "9")):
            self.assertIn("deny", self.run_qsbx(*bound, *call).stdout.decode())
        self.assertIn("errno EPERM", self.run_qsbx(*bound, "close", "10").stdout.decode())
        self.assertIn("allow", self.qsbx(*bound, "close", "11"))
        self.assertIn("proven", self.qsbx("verify", "--rules", self.rules, "--fds", "tap=9"))

    def test_descriptors_that_make_no_sense(self):
        for text in ("tap", "tap=", "tap=x", "tap=3,", "taps=3", "=3", ""):
            message = self.complaint("eval", "--rules", self.rules, "--fds", text, "close")
            self.assertIn("write KIND=NUMBER[,NUMBER], the kinds are kvm, kvm-vm, ", message)
        self.rules.write_text("changes fds(tap)\nclose: 1\n")
        message = self.complaint("eval", "--rules", self.rules, "--fds", "tap=3", "close")
        self.assertIn("fds(tap) is not bound in this machine: such descriptors come or go", message)

    def test_rules_for_other_kinds_of_descriptors_add_something(self):
        self.rules.write_text("ioctl: fd in fds(kvm) && cmd == FIONBIO\nioctl: fd in fds(tap) && cmd == FIONBIO\n"
                              "ioctl: fd in fds(tap) && cmd in { FIONBIO, FIONREAD }\n")
        grants = self.json("explain", "--rules", self.rules, "ioctl")["calls"][0]["grants"]
        self.assertEqual([False, True, False], [grant["redundant"] for grant in grants])
        self.assertIn("note  fds(kvm), fds(tap) are any descriptor here",
                      self.qsbx("explain", "--rules", self.rules, "ioctl"))

    def test_limits_of_filters(self):
        limits = self.json("explain", "--rules", self.rules)["limits"]
        self.assertEqual(["uprobe", "uretprobe"], [limit.split()[0] for limit in limits])
        self.assertEqual([], self.json("explain", "--rules", self.rules, "--arch",
                                       "aarch64")["limits"])
        for call in ("io_uring_enter", "426"):
            result = self.run_qsbx("explain", "--rules", self.rules, call)
            self.assertIn(b"limit  io_uring_enter can be denied", result.stdout)
        self.assertNotIn("limit", self.qsbx("explain", "--rules", self.rules, "close"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
