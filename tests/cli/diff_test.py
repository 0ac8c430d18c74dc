#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""diff: two selections, held against each other."""

import json
import unittest

from qsbx_case import COVERED, NO, YES, QsbxCase

OTHER = """\
read: 1
openat: flags == O_RDONLY
ioctl: cmd in { KVM_RUN, 0x5401 }
{ close }: 1
"""


class Diff(QsbxCase):
    def setUp(self):
        super().setUp()
        self.other = self.folder / "b.rules"
        self.other.write_text(OTHER)
        self.both = ["--rules", self.rules, "--", "--rules", self.other]

    def denied_by(self, rules, example):
        arguments = {"openat": 4, "read": 3, "ioctl": 3}[example["syscall"]]
        words = [example["syscall"], *example["args"][:arguments]]
        result = self.run_qsbx("eval", "--json", "--rules", rules, *words)
        return json.loads(result.stdout)["verdict"] != "allow"

    def test_each_direction_with_calls_that_show_it(self):
        answer = self.json("diff", *self.both, status=NO)
        self.assertFalse(answer["equal"])
        self.assertEqual([("openat", f"{self.rules}:2")],
                         [(one["syscall"], one["rule"]) for one in answer["only_first"]])
        self.assertEqual([("read", f"{self.other}:1"), ("ioctl", f"{self.other}:3")],
                         [(one["syscall"], one["rule"]) for one in answer["only_second"]])
        for one in answer["only_first"]:
            self.assertTrue(self.denied_by(self.other, one))
            self.assertFalse(self.denied_by(self.rules, one))
        for one in answer["only_second"]:
            self.assertTrue(self.denied_by(self.rules, one))
            self.assertFalse(self.denied_by(self.other, one))

    def test_the_condition_is_what_is_left_of_the_rule(self):
        answer = self.json("diff", *self.both, status=NO)
        read = answer["only_second"][0]
        self.assertEqual("!(fd == 0)", read["condition"])
        left = self.folder / "left.rules"
        left.write_text("".join(f"{one['syscall']}: {one['condition']}\n"
                                for one in answer["only_second"]))
        self.other.write_text(self.rules.read_text().replace("clone3", "#") + left.read_text())
        again = self.json("diff", "--rules", left, "--", "--rules", self.rules, status=NO)
        self.assertEqual(answer["only_second"][0]["args"], again["only_first"][0]["args"])

    def test_other_refusals(self):
        refused = self.json("diff", *self.both, status=NO)["refused"]
        self.assertEqual(["clone3"], [one["syscall"] for one in refused])
        self.assertEqual(f"else ENOSYS by {self.rules}:3", refused[0]["first"])
        self.assertEqual("denied", refused[0]["second"])

    def test_text(self):
        text = self.qsbx("diff", *self.both, status=NO)
        self.assertIn("granted by the first only\n  openat(dfd=", text)
        self.assertIn("granted by the second only\n  read(fd=", text)
        self.assertIn("ioctl(fd=0x0, cmd=TCGETS", text.replace("fd=0,", "fd=0x0,"))
        self.assertIn("    first   else ENOSYS by ", text)
        self.assertIn("    second  denied\n", text)

    def test_equal_is_by_meaning(self):
        self.other.write_text("close: fd < 7\nclose: fd >= 7\nread: !(fd != 0)\n"
                              "openat: (flags & O_ACCMODE) == O_RDONLY\nclone3: 0 else ENOSYS\n")
        self.assertIn("equal", self.qsbx("diff", *self.both))
        answer = self.json("diff", *self.both)
        self.assertEqual((True, [], [], []), (answer["equal"], answer["only_first"],
                                              answer["only_second"], answer["refused"]))

    def test_narrows(self):
        answer = self.json("diff", "--narrows", *self.both, status=NO)
        self.assertFalse(answer["narrows"])
        self.assertEqual(["read", "ioctl"], [one["syscall"] for one in answer["only_second"]])
        self.other.write_text("read: fd == 0 && count < 100\n")
        self.assertTrue(self.json("diff", "--narrows", *self.both)["narrows"])
        self.assertIn("narrows", self.qsbx("diff", *self.both, "--narrows"))
        self.qsbx("diff", *self.both, status=NO)

    def test_roles_and_features(self):
        process = ["--profile", "process"]
        answer = self.json("diff", *process, "--", *process, "--allow", "hotplug", status=NO)
        self.assertEqual([], answer["only_first"])
        self.assertIn("eventfd2", [one["syscall"] for one in answer["only_second"]])
        self.qsbx("diff", "--narrows", *process, "--", *process, "--role", "vcpu")

    def test_command_lines_on_both_sides(self):
        without = [word for word in COVERED if not word.startswith(("-drive", "if="))]
        result = self.run_qsbx("diff", "--json", *without, "--", *COVERED)
        self.assertEqual(NO, result.returncode, result.stderr)
        answer = json.loads(result.stdout)
        self.assertEqual([], answer["only_first"])
        self.assertIn("fdatasync", [one["syscall"] for one in answer["only_second"]])
        self.assertEqual(YES, self.run_qsbx("diff", *COVERED, "--", *COVERED).returncode)

    def test_rules_from_standard_input(self):
        self.qsbx("diff", "--rules", "-", "--", "--rules", self.other, stdin=OTHER.encode())


class WrongSelections(QsbxCase):
    def diff(self, *words):
        return self.complaint("diff", "--rules", self.rules, *words)

    def test_it_is_said_which_of_the_two_is_wrong(self):
        self.assertIn("second selection: which profiles?", self.diff())
        self.assertIn("second selection: which profiles?", self.diff("--"))
        self.assertIn("first selection: which profiles?",
                      self.complaint("diff", "--", "--rules", self.rules))
        self.assertIn("second selection: cannot open", self.diff("--", "--rules", "/nowhere"))

    def test_two_architectures(self):
        self.assertIn("different architectures",
                      self.diff("--", "--rules", self.rules, "--arch", "aarch64"))

    def test_options(self):
        self.assertIn("qsbx diff --help", self.diff("--", "--frob"))
        self.assertIn("--argv needs QEMU", self.diff("--", "--argv"))
        self.assertIn("read once", self.complaint("diff", "--rules", "-", "--", "--rules", "-"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
