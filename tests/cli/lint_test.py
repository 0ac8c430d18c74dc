#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""lint: what a reviewer would ask, and how an author answers."""

import unittest

from qsbx_case import NO, QsbxCase


class Lint(QsbxCase):
    def setUp(self):
        super().setUp()
        self.profiles = self.folder / "profiles"
        self.profiles.mkdir()
        self.write("a", "profile a\nopenat: 1     # images\n")
        self.write("b", "profile b\ninclude a\nclone3: 1     # threads\n")
        self.write("c", "profile c\nsendto: addr_len == 0      # packets\n")

    def write(self, name, text):
        (self.profiles / f"{name}.profile").write_text(text)

    def test_a_finding_has_its_place_its_identifier_the_way_out_and_a_call(self):
        text = self.qsbx("lint", "a", status=NO, profiles=self.profiles)
        self.assertIn("a.profile:2:1: finding QSBX-322: openat: every file that the process may "
                      "write can be opened and changed, /proc/self/mem too (have it opened", text)
        self.assertRegex(text, r"\n    granted: openat\(dfd=\S+, filename=.*flags=\S+.*\)\n")
        self.assertIn("\n1 profile, 1 finding, 0 answered in place\n", text)

    def test_without_names_all_profiles_are_looked_at(self):
        text = self.qsbx("lint", status=NO, profiles=self.profiles)
        self.assertIn("3 profiles, 2 findings, 0 answered", text)
        self.assertEqual(text, self.qsbx("lint", "--profiles", self.profiles, status=NO))

    def test_a_name_stands_for_what_it_includes_too(self):
        self.assertIn("2 profiles, 2 findings", self.qsbx("lint", "b", status=NO,
                                                          profiles=self.profiles))
        self.assertEqual("1 profile, 0 findings, 0 answered in place\n",
                         self.qsbx("lint", "c", profiles=self.profiles))

    # The condition is in c, the way around it in d: whoever asks about d hears of it.
    def test_all_profiles_are_looked_at_whatever_is_printed(self):
        self.write("d", "profile d\nsendmsg: 1        # packets\n")
        text = self.qsbx("lint", "d", status=NO, profiles=self.profiles)
        self.assertIn("the condition at c.profile:2 is void", text)
        self.qsbx("lint", "c", profiles=self.profiles)

    def test_answers(self):
        self.write("a", "profile a\n# lint QSBX-322: nothing else writes\nopenat: 1   # images\n")
        self.assertEqual("1 profile, 0 findings, 1 answered in place\n",
                         self.qsbx("lint", "a", profiles=self.profiles))
        text = self.qsbx("lint", "--answered", "a", profiles=self.profiles)
        self.assertIn("finding QSBX-322", text)
        self.assertIn("\n    answer: nothing else writes\n", text)

    def test_an_answer_to_nothing(self):
        self.write("c", "profile c\nbrk: 1       # lint QSBX-322: of old\n")
        text = self.qsbx("lint", "c", status=NO, profiles=self.profiles)
        self.assertIn("c.profile:2:14: finding QSBX-399: there is no QSBX-322 here to answer (take "
                      "the answer out, or put it at the rule that it is for)", text)

    def test_json(self):
        self.write("a", "profile a\nopenat: 1       # lint QSBX-322: images\n")
        answer = self.json("lint", status=NO, profiles=self.profiles)
        self.assertEqual((3, 1), (answer["profiles"], answer["unanswered"]))
        answered = [one for one in answer["findings"] if one["answer"]]
        self.assertEqual([("QSBX-322", "a.profile", 2, 1, "images")],
                         [(one["id"], one["file"], one["line"], one["column"], one["answer"])
                          for one in answered])
        (question,) = [one for one in answer["findings"] if not one["answer"]]
        self.assertEqual("QSBX-314", question["id"])
        self.assertIn("no filter sees", question["message"])
        self.assertIn("clone3: 0 else ENOSYS", question["way_out"])
        self.assertIn("clone3(", question["call"])

    def test_a_rule_file_is_looked_at_alone(self):
        self.rules.write_text("execve: 1\n")
        text = self.qsbx("lint", "--rules", self.rules, status=NO)
        self.assertIn(f"{self.rules}:1:1: finding QSBX-311", text)
        self.assertIn(f"{self.rules}:1:1: finding QSBX-392", text)
        self.assertIn("1 profile, 2 findings", text)
        text = self.qsbx("lint", "--rules", "-", stdin=b"execve: 1    # because\n", status=NO)
        self.assertIn("<stdin>:1:1: finding QSBX-311", text)
        self.assertIn("1 profile, 1 finding", text)
        self.assertEqual("1 profile, 0 findings, 0 answered in place\n",
                         self.qsbx("lint", "--rules", "-", stdin=b"brk: 1\n"))

    def test_a_rule_file_beside_a_folder(self):
        self.rules.write_text("sendmsg: 1    # packets\n")
        text = self.qsbx("lint", "--profiles", self.profiles, "--rules", self.rules, status=NO)
        self.assertIn("the condition at c.profile:2 is void", text)
        self.assertIn("1 profile, 1 finding", text)

    def test_an_answer_is_for_all_findings_of_its_identifier(self):
        self.rules.write_text("{ prctl, seccomp }: 1    # lint QSBX-351: a sandbox of its own\n")
        text = self.qsbx("lint", "--answered", "--rules", self.rules)
        self.assertIn("QSBX-351: prctl: what holds the process in", text)
        self.assertIn("QSBX-351: seccomp: a filter", text)
        self.assertEqual(3, text.count("    answer: a sandbox of its own\n"))
        self.assertIn("0 findings, 3 answered", text)

    def test_a_rule_file_beside_profiles(self):
        self.rules.write_text("sendmsg: 1    # packets\n")
        text = self.qsbx("lint", "c", "--rules", self.rules, status=NO, profiles=self.profiles)
        self.assertIn(f"{self.rules}:1:1: finding QSBX-332", text)
        self.assertIn("2 profiles, 1 finding", text)


class BadInput(QsbxCase):
    def test_an_unknown_profile(self):
        message = self.complaint("lint", "virtio-bkl")
        self.assertIn("no profile is called 'virtio-bkl'", message)
        self.assertIn("did you mean 'virtio-blk'?", message)

    def test_a_text_that_is_wrong(self):
        self.rules.write_text("raed: 1\n")
        self.assertIn(":1:1: error QSBX-130", self.complaint("lint", "--rules", self.rules))

    def test_files_that_are_not_there(self):
        self.assertIn("cannot open rule file", self.complaint("lint", "--rules", "/no/such"))
        self.assertIn("/no/such", self.complaint("lint", "--profiles", "/no/such"))
        self.assertIn("/no/such", self.complaint("lint", "--profiles", "/no/such", "--rules", "-",
                                                 stdin=b"brk: 1\n"))

    def test_conditions_that_are_too_large(self):
        bits = [1 << i for i in range(32)]
        pairs = " || ".join(f"(prot & {bit} && flags & {bit})" for bit in bits)
        self.rules.write_text(f"mmap: {pairs}\n")
        self.assertIn("the conditions of these profiles are too large to decide",
                      self.complaint("lint", "--rules", self.rules))


if __name__ == "__main__":
    unittest.main(verbosity=2)
