#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""qsbx coverage: which rules recorded runs exercised, and what the evidence beside the profiles is worth."""

import json
import pathlib
import shutil
import unittest

from qsbx_case import NO, PROFILES, QsbxCase

TRACES = PROFILES.parent / "traces"
DISK, BARE = TRACES / "virtio-disk.json", TRACES / "bare.json"
SHIPPED = pathlib.Path(__file__).resolve().parents[2] / "profiles"


class Coverage(QsbxCase):
    def with_answers(self, text):
        folder = self.folder / "profiles"
        shutil.copytree(PROFILES, folder, dirs_exist_ok=True)
        (folder / "not-exercised").write_text(text)
        return folder

    def test_counts_by_profile_and_in_total(self):
        lines = self.qsbx("coverage", DISK, BARE).splitlines()
        self.assertIn("device/pc  1 of 1 rules, in 2 runs", lines)
        self.assertIn("device/virtio-blk  0 of 1 rules, in 1 run", lines)
        self.assertIn("  not exercised device/virtio-blk.profile:5 fdatasync: 1", lines)
        self.assertEqual(lines[-1], "total  1 of 13 rules exercised, 7.7 %; 0 others answered; 0 of 1 refusals")

    def test_what_no_rule_grants_is_said(self):
        self.assertIn("no rule grants  main ioctl cmd=BLKDISCARD  2\n", self.qsbx("coverage", DISK))

    def test_profiles_of_other_machines_are_not_counted(self):
        self.assertIn("device/virtio-blk  not run\n", self.qsbx("coverage", BARE))

    def test_all_lists_what_was_exercised(self):
        line = "  exercised     device/pc.profile:8 close: 1  20 in disk, bare\n"
        self.assertIn(line, self.qsbx("coverage", "--all", DISK, BARE))
        self.assertNotIn("exercised     ", self.qsbx("coverage", DISK, BARE))

    def test_json_says_it_rule_by_rule(self):
        answer = self.json("coverage", DISK, BARE)
        self.assertEqual((answer["rules"], answer["exercised"], answer["refusals"]), (13, 1, 1))
        pc = next(profile for profile in answer["profiles"] if profile["profile"] == "device/pc")
        self.assertEqual(pc["rules"][0]["runs"], ["disk", "bare"])
        self.assertIn({"call": "main ioctl cmd=BLKDISCARD", "count": 2, "features": []}, answer["denied"])

    def test_at_least(self):
        self.assertEqual(self.run_qsbx("coverage", "--at-least", "7", DISK, BARE).returncode, 0)
        result = self.run_qsbx("coverage", "--at-least", "8", DISK, BARE)
        self.assertEqual(result.returncode, NO)
        self.assertIn(b"fewer rules are exercised than --at-least asks for", result.stderr)
        self.assertIn("--at-least", self.complaint("coverage", "--at-least", "101", BARE))

    def test_answers_are_counted_apart(self):
        folder = self.with_answers("device/virtio-blk fdatasync: a guest that flushes\n")
        text = self.qsbx("coverage", DISK, BARE, "--profiles", folder)
        self.assertIn("  answered      device/virtio-blk.profile:5 fdatasync: 1  a guest that flushes\n", text)
        self.assertIn("; 1 others answered; ", text)

    def test_an_answer_for_an_exercised_rule_is_stale(self):
        folder = self.with_answers("# of pc\ndevice/pc close: never\n")
        text = self.qsbx("coverage", DISK, BARE, "--profiles", folder)
        self.assertIn("not-exercised:2 is exercised after all: device/pc close\n", text)

    def test_an_answer_for_no_rule_is_an_error(self):
        folder = self.with_answers("device/pc open: never\n")
        self.assertIn("not-exercised:1: device/pc open: there is no such rule",
                      self.complaint("coverage", BARE, "--profiles", folder))

    def test_answers_that_cannot_be_read(self):
        folder = self.with_answers("")
        (folder / "not-exercised").unlink()
        (folder / "not-exercised").mkdir()
        self.assertIn("not-exercised: Is a directory", self.complaint("coverage", BARE, "--profiles", folder))

    def test_bytes_that_are_no_text(self):
        folder = self.with_answers("")
        (folder / "not-exercised").write_bytes(b"device/virtio-blk fdatasync: a \xff and an \x1b[31m\n")
        profiles = self.json("coverage", DISK, "--profiles", folder)["profiles"]
        disk = next(profile for profile in profiles if profile["profile"] == "device/virtio-blk")
        self.assertEqual(disk["rules"][0]["answer"], "a \ufffd and an \x1b[31m")
        text = self.run_qsbx("coverage", DISK, "--profiles", folder).stdout
        self.assertIn(b"a \xff and an \\x1b[31m\n", text)

    def test_names_cannot_command_a_terminal(self):
        trace = json.loads(BARE.read_text()) | {"name": "\x1b[31m"}
        trace["machine"].append("device \x1b[31m")
        path = self.folder / "red.json"
        path.write_text(json.dumps(trace))
        text = self.qsbx("coverage", "--all", path)
        self.assertIn("no profile applies to  device \\x1b[31m\n", text)
        self.assertIn("in \\x1b[31m\n", text)
        self.assertNotIn("\x1b", text)

    def test_where_there_are_no_rules_they_are_not_exercised(self):
        folder = self.folder / "none"
        (folder / "base").mkdir(parents=True)
        (folder / "base" / "process.profile").write_text("profile process\nclone3: 0 else ENOSYS\n")
        result = self.run_qsbx("coverage", "--at-least", "0", BARE, "--profiles", folder)
        self.assertEqual(result.returncode, NO)
        self.assertIn(b"no run brings in a rule that can grant something", result.stderr)

    def test_a_file_that_is_no_trace(self):
        self.assertIn(f"{self.rules} is no trace of qsbx", self.complaint("coverage", self.rules))


class Evidence(QsbxCase):
    """profiles/evidence against profiles/qemu."""

    def setUp(self):
        super().setUp()
        self.coverage = self.json("coverage", *sorted((SHIPPED / "evidence").glob("*/*.json")),
                                  profiles=SHIPPED / "qemu")

    def open_rules(self):
        return [f"{rule['rule']} {rule['text']}" for profile in self.coverage["profiles"] for rule in profile["rules"]
                if not rule["refusal"] and rule["count"] == 0 and "answer" not in rule]

    # What was measured, rounded down: raise it with the evidence.
    def test_rules_are_exercised(self):
        self.assertGreaterEqual(self.coverage["percentage"], 98)

    def test_every_other_rule_says_what_would_exercise_it(self):
        self.assertEqual(self.open_rules(), [])

    def test_every_call_is_granted_or_refused_if_not_by_a_feature(self):
        denied = [call["call"] for call in self.coverage["denied"] if not call["features"]]
        # The rings of an iothread that is added, where nothing is in force; else io_uring_setup fails before.
        self.assertEqual(denied, ["main mmap prot=PROT_READ|PROT_WRITE flags=MAP_SHARED|MAP_POPULATE"])

    def test_each_role_has_what_its_threads_called(self):
        self.assertEqual(self.coverage["of-other-roles"], {})

    def test_no_answer_is_stale(self):
        self.assertEqual(self.coverage["stale"], [])

    def test_the_machines_of_the_evidence_are_covered(self):
        self.assertEqual(self.coverage["uncovered"], [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
