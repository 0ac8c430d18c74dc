#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""qsbx learn: from recorded runs to rules that our own parser takes."""

import json
import os
import shutil
import subprocess
import unittest

from qsbx_case import BAD_INPUT, NO, PROFILES, QSBX, QsbxCase

TRACES = PROFILES.parent / "traces"
DISK, BARE = TRACES / "virtio-disk.json", TRACES / "bare.json"


class Learn(QsbxCase):
    def test_what_is_granted_is_left_out(self):
        text = self.qsbx("learn", DISK, BARE)
        self.assertNotIn("close", text)
        self.assertIn("\nsocket: family == AF_UNIX && type == (SOCK_STREAM|SOCK_CLOEXEC) && protocol == 0\n", text)
        self.assertIn("\nioctl: cmd in { BLKDISCARD, BLKZEROOUT }\n", text)
        self.assertIn("\nfallocate: (mode & ~FALLOC_FL_PUNCH_HOLE) == FALLOC_FL_KEEP_SIZE\n", text)

    def test_rules_stand_where_they_belong(self):
        rules = {rule["syscall"]: rule for rule in self.json("learn", DISK, BARE)["proposals"]}
        disk = rules["fallocate"]
        self.assertEqual(disk["parts"], ["block file", "block raw", "device virtio-blk-pci"])
        self.assertIn("device/virtio-blk.profile for device virtio-blk-pci", disk["places"])
        self.assertEqual(disk["roles"], ["worker"])
        self.assertEqual(disk["runs"], ["disk"])
        self.assertEqual(disk["count"], 4)

    def test_the_evidence_is_named(self):
        text = self.qsbx("learn", DISK, BARE)
        self.assertIn("# run disk: QEMU 7.2.22 (Debian), Linux 6.1.0, glibc 2.36\n", text)
        self.assertIn("# ---- any of: block file, block raw, device virtio-blk-pci\n"
                      "# place: backend/file.profile for block file\n", text)
        self.assertIn("[worker]\n# 4 calls in 1 of 2 runs: disk\n", text)

    def test_the_proposal_is_a_file_of_rules(self):
        self.rules.write_text(self.qsbx("learn", DISK, BARE))
        grants = ["eval", "--rules", self.rules, "--role", "main", "ioctl", "3"]
        self.assertEqual(self.json(*grants, "BLKDISCARD")["verdict"], "allow")
        self.assertEqual(self.json(*grants, "BLKGETSIZE64", status=NO)["verdict"], "deny")

    def test_a_selection_says_what_is_granted(self):
        self.rules.write_text("socket: 1\nioctl: cmd == BLKDISCARD\nfallocate: 0 else EPERM\n")
        text = self.qsbx("learn", DISK, BARE, "--rules", self.rules)
        self.assertNotIn("socket", text)
        self.assertIn("\nclose: 1\n", text)
        self.assertIn("\nioctl: cmd == BLKZEROOUT\n", text)
        self.assertIn("# worker fallocate mode=FALLOC_FL_KEEP_SIZE: fails with EPERM, as", text)

    def test_what_was_proposed_leaves_nothing_to_propose(self):
        self.rules.write_text(self.qsbx("learn", "--all", DISK, BARE))
        self.assertIn("Nothing to propose", self.qsbx("learn", DISK, BARE, "--rules", self.rules))

    def test_all_proposes_what_is_granted_too(self):
        self.assertIn("# ---- every machine\n# place: base/process.profile\n[main]\n"
                      "# 20 calls in 2 of 2 runs: disk, bare\nclose: 1\n", self.qsbx("learn", "--all", DISK, BARE))

    def test_phase_boot_is_asked_for(self):
        text = self.qsbx("learn", "--phase", "boot", "--all", DISK)
        self.assertIn("\nphase boot\n", text)
        self.assertIn("\nexecve: 1\n", text)
        self.assertNotIn("execve", self.qsbx("learn", "--phase", "boot", DISK))

    def test_a_feature_of_the_run_s_machine(self):
        folder = self.folder / "profiles"
        shutil.copytree(PROFILES, folder)
        with (folder / "device" / "pc.profile").open("a") as profile:
            profile.write("[feature trim]\nfallocate: 1\n")
        self.assertIn("fallocate", self.qsbx("learn", DISK, BARE, "--profiles", folder))
        self.assertNotIn("\nfallocate", self.qsbx("learn", DISK, BARE, "--profiles", folder, "--allow", "trim"))

    def test_bytes_that_are_no_text(self):
        path = self.folder / "bad.json"
        trace = json.loads(BARE.read_text())
        del trace["name"]
        path.write_text(json.dumps(trace))
        odd = bytes(self.folder) + b"/bad\xff.json"
        shutil.copy(path, odd)
        result = subprocess.run([QSBX, "learn", "--json", odd], capture_output=True, timeout=60,
                                env=dict(os.environ, QSBX_PROFILES=str(PROFILES)))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue(json.loads(result.stdout)["runs"][0]["name"].endswith("/bad\ufffd.json"))

    def test_names_cannot_command_a_terminal(self):
        trace = json.loads(BARE.read_text()) | {"name": "\x1b[31m", "lost": 1}
        path = self.folder / "red.json"
        path.write_text(json.dumps(trace))
        result = self.run_qsbx("learn", "--all", path)
        self.assertIn(b"runs: \\x1b[31m\n", result.stdout)
        self.assertIn(b"warning: \\x1b[31m: 1 calls", result.stderr)
        self.assertNotIn(b"\x1b", result.stdout + result.stderr)

    def test_a_part_without_a_profile_asks_for_one(self):
        trace = json.loads(DISK.read_text())
        trace["machine"].append("device flux-pci")
        path = self.folder / "flux.json"
        path.write_text(json.dumps(trace))
        self.assertIn("# place: a new profile for device flux-pci\n", self.qsbx("learn", path, BARE))


class Complaints(QsbxCase):
    def trace(self, **changes):
        path = self.folder / "changed.json"
        path.write_text(json.dumps(json.loads(BARE.read_text()) | changes))
        return path

    def test_a_file_that_is_no_trace(self):
        self.assertIn(f"{self.rules} is no trace of qsbx: it is no JSON object", self.complaint("learn", self.rules))
        self.assertIn("cannot read trace /nonexistent/t", self.complaint("learn", "/nonexistent/t"))
        broken = self.trace(calls=[{"phase": "run", "role": "main", "syscall": "close", "values": 3}])
        self.assertIn(f"{broken} is no trace of qsbx: calls[0].values is no list", self.complaint("learn", broken))

    def test_one_run_twice(self):
        again = self.folder / "again.json"
        shutil.copy(BARE, again)
        self.assertIn(f"{BARE} and {again} are both the run 'bare'", self.complaint("learn", BARE, again))

    def test_two_architectures(self):
        other = self.trace(arch="aarch64", name="other", calls=[])
        self.assertIn("other is of aarch64, bare of x86_64", self.complaint("learn", BARE, other))

    def test_an_empty_file(self):
        self.rules.write_text("")
        self.assertIn(f"cannot read trace {self.rules}: it is empty", self.complaint("learn", self.rules))

    def test_a_feature_that_is_none(self):
        self.assertIn("no rule is for the feature 'nonsense'", self.complaint("learn", BARE, "--allow", "nonsense"))
        self.assertIn("--allow says nothing of phase boot",
                      self.complaint("learn", "--phase", "boot", BARE, "--allow", "nonsense"))

    def test_a_profile_folder_that_is_none(self):
        for more in ([], ["--all"], ["--rules", self.rules]):
            self.assertIn("/nonexistent", self.complaint("learn", BARE, *more, "--profiles", "/nonexistent"))

    def test_devices_that_were_never_ready_are_said(self):
        never = self.trace(name="never", **{"devices-ready": False}, calls=[])
        result = self.run_qsbx("learn", never)
        self.assertIn(b"warning: never: the devices were never ready", result.stderr)

    def test_a_selection_beside_all(self):
        self.assertIn("--all leaves out nothing", self.complaint("learn", "--all", BARE, "--rules", self.rules))

    def test_a_phase_that_is_none(self):
        self.assertIn("--phase", self.complaint("learn", "--phase", "later", BARE))

    def test_no_file(self):
        self.assertIn("FILE", self.complaint("learn", status=BAD_INPUT))

    def test_lost_calls_are_said(self):
        for lost, warning in ((3, "warning: lossy: 3 calls were lost"),
                              (None, "warning: lossy: how many calls were lost is not known")):
            result = self.run_qsbx("learn", self.trace(lost=lost, name="lossy"))
            self.assertEqual(result.returncode, 0)
            self.assertIn(warning, result.stderr.decode())


if __name__ == "__main__":
    unittest.main(verbosity=2)
