#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""compile --backend: what fits call numbers alone, or strict mode, and what the command says of it."""

import json
import unittest

from qsbx_case import BAD_INPUT, COVERED, NO, YES, QsbxCase

HELPER = """\
read: fd == 0
write: 1
exit: 1
rt_sigreturn: 1
"""
FOUR = "".join(f"{name}: 1\n" for name in ("read", "write", "exit", "rt_sigreturn"))


class BackendCase(QsbxCase):
    def compile(self, *words, rules=None):
        if rules is not None:
            self.rules.write_text(rules)
        result = self.run_qsbx("compile", "--rules", self.rules, *words)
        return result.returncode, result.stdout.decode(), result.stderr.decode()


class Bitmask(BackendCase):
    def test_a_policy_that_looks_at_arguments_is_refused_with_its_rules(self):
        status, out, err = self.compile("--backend", "bitmask")
        self.assertEqual((NO, ""), (status, out))
        self.assertIn(f"looks at arguments: read ({self.rules}:1), openat ({self.rules}:2)", err)
        self.assertIn("relax these", err)

    def test_relaxed_and_tightened_rules_are_named(self):
        status, out, err = self.compile("--backend", "bitmask", "--relax")
        self.assertEqual(YES, status)
        self.assertIn(f"qsbx: changed: read at {self.rules}:1 now grants every read\n", err)
        self.assertIn(f"qsbx: changed: openat at {self.rules}:2 now grants every openat\n", err)
        self.assertIn("of 3 granted calls the kernel's bitmap answers 3", err)
        self.assertNotIn("args", out)
        status, out, err = self.compile("--backend", "bitmask", "--tighten")
        self.assertEqual(YES, status)
        self.assertIn(f"qsbx: changed: openat at {self.rules}:2 now grants no openat\n", err)
        self.assertIn("of 1 granted calls the kernel's bitmap answers 1", err)
        self.assertNotIn("args", out)

    def test_numbers_alone_need_no_change_and_give_the_filters_program(self):
        status, out, err = self.compile("--backend", "bitmask", rules=FOUR)
        self.assertEqual(YES, status)
        self.assertNotIn("changed", err)
        self.assertEqual(self.qsbx("compile", "--rules", self.rules), out)

    def test_what_is_always_true_is_no_argument(self):
        status, _, err = self.compile("--backend", "bitmask",
                                      rules="read: fd < 5\nread: fd >= 5\n")
        self.assertEqual(YES, status, err)
        self.assertNotIn("changed", err)

    def test_json(self):
        status, out, _ = self.compile("--backend", "bitmask", "--relax", "--format", "json")
        self.assertEqual(YES, status)
        answer = json.loads(out)
        self.assertEqual(("bitmask", 3, 3), (answer["backend"], answer["granted_calls"],
                                             answer["cached_calls"]))
        self.assertIn({"syscall": "read", "file": str(self.rules), "line": 1, "now": "whole"},
                      answer["changed_rules"])
        self.assertEqual({"code", "jt", "jf", "k"}, set(answer["program"][0]))

    def test_a_machine_in_every_mode_and_for_both_architectures(self):
        for words in (["--mode", "errno"], ["--mode", "audit"], ["--arch", "aarch64"]):
            for way in ("--relax", "--tighten"):
                result = self.run_qsbx("compile", "--backend", "bitmask", way, "--format", "json",
                                       *words, *COVERED)
                self.assertEqual(YES, result.returncode, result.stderr)
                answer = json.loads(result.stdout)
                self.assertEqual(answer["granted_calls"], answer["cached_calls"])
                self.assertTrue(answer["changed_rules"])

    def test_nothing_left_is_an_error(self):
        status, _, err = self.compile("--backend", "bitmask", "--tighten", rules="read: fd == 0\n")
        self.assertEqual(BAD_INPUT, status)
        self.assertIn("grants nothing", err)

    def test_options(self):
        status, _, err = self.compile("--relax")
        self.assertEqual(BAD_INPUT, status)
        self.assertIn("--relax and --tighten are for --backend bitmask", err)
        status, _, err = self.compile("--backend", "bitmask", "--relax", "--tighten")
        self.assertEqual(BAD_INPUT, status)
        self.assertIn("--relax excludes --tighten", err)


class Strict(BackendCase):
    def test_what_a_policy_needs_more_is_named(self):
        status, out, err = self.compile("--backend", "strict")
        self.assertEqual((NO, ""), (status, out))
        self.assertIn(f"close ({self.rules}:4), openat ({self.rules}:2), "
                      f"clone3 failing with ENOSYS ({self.rules}:3)", err)

    def test_exit_group_is_explained(self):
        _, _, err = self.compile("--backend", "strict", rules=HELPER + "exit_group: 1\n")
        self.assertIn("qsbx_strict_exit() does not", err)

    def test_what_fits(self):
        status, out, err = self.compile("--backend", "strict", rules=FOUR)
        self.assertEqual((YES, ""), (status, err))
        for call in ("read (", "write (", "exit (", "rt_sigreturn ("):
            self.assertIn(call, out)

    def test_what_strict_mode_lets_through_beyond_the_policy_is_said(self):
        status, out, err = self.compile("--backend", "strict", "--format", "json", rules=HELPER)
        self.assertEqual(YES, status)
        self.assertIn("warning: strict mode lets through what this policy does not grant, or not "
                      "for all arguments: read\n", err)
        answer = json.loads(out)
        self.assertEqual(["read"], answer["beyond_policy"])
        self.assertEqual({"read", "write", "exit", "rt_sigreturn"},
                         {call["syscall"] for call in answer["calls"]})

    def test_there_is_no_program(self):
        for form in ("asm", "raw", "c"):
            status, _, err = self.compile("--backend", "strict", "--format", form, rules=FOUR)
            self.assertEqual(BAD_INPUT, status)
            self.assertIn(f"no program to print as {form}", err)

    def test_it_can_only_kill(self):
        for mode in ("errno", "audit"):
            status, _, err = self.compile("--backend", "strict", "--mode", mode, rules=FOUR)
            self.assertEqual(BAD_INPUT, status)
            self.assertIn("strict mode can only kill", err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
