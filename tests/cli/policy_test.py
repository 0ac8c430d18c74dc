#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""compose, compile and verify: from a machine to a proven program."""

import json
import struct
import unittest

from qsbx_case import COVERED, NO, YES, QsbxCase


class Compose(QsbxCase):
    def test_says_what_brought_each_profile_in(self):
        answer = self.json("compose", "--profile", "virtio-blk")
        self.assertEqual(["file", "virtio-blk"], [one["name"] for one in answer["profiles"]])
        self.assertEqual(["included by device/virtio-blk"], answer["profiles"][0]["because"])

    def test_reads_the_machine_from_a_command_line(self):
        # --argv is last, so --json stands before it.
        answer = json.loads(self.qsbx("compose", "--json", *COVERED))
        self.assertIn({"kind": "device", "name": "virtio-blk-pci"}, answer["parts"])
        self.assertEqual([], answer["uncovered"])
        because = {one["name"]: one["because"] for one in answer["profiles"]}
        self.assertEqual(["always"], because["process"])
        self.assertEqual(["device virtio-blk-pci"], because["virtio-blk"])

    def test_a_part_without_a_profile_is_a_no(self):
        result = self.run_qsbx("compose", *COVERED, "-device", "virtio-blk-ccw")
        self.assertEqual(NO, result.returncode)
        self.assertIn(b"not covered by any profile\n  device       virtio-blk-ccw", result.stdout)
        self.assertIn(b"no profile applies to device virtio-blk-ccw (the nearest is "
                      b"device/virtio-blk)", result.stderr)

    def test_notes_what_it_could_not_read(self):
        result = self.run_qsbx("compose", *COVERED, "-readconfig", "vm.cfg")
        self.assertEqual(YES, result.returncode)
        self.assertIn(b"qsbx: note: not read", result.stderr)


class Compile(QsbxCase):
    def raw(self, *words):
        result = self.run_qsbx("compile", "--format", "raw", *words)
        self.assertEqual(YES, result.returncode, result.stderr)
        return list(struct.iter_unpack("<HBBI", result.stdout))

    def test_all_formats_are_one_program(self):
        program = self.raw("--rules", self.rules)
        as_json = json.loads(self.qsbx("compile", "--rules", self.rules, "--format", "json"))
        self.assertEqual(program, [(i["code"], i["jt"], i["jf"], i["k"]) for i in as_json])
        self.assertEqual(len(program),
                         len(self.qsbx("compile", "--rules", self.rules).splitlines()))
        as_c = self.qsbx("compile", "--rules", self.rules, "--format", "c")
        self.assertIn(f"program[{len(program)}]", as_c)
        self.assertIn("{0x%x, 0x%x, 0x%x, 0x%x}" % program[-1], as_c)

    def test_o_writes_a_file(self):
        output = self.folder / "program"
        self.assertEqual("", self.qsbx("compile", "--rules", self.rules, "-o", output))
        self.assertIn("ret   ALLOW", output.read_text())

    def test_mode_role_architecture_and_phase_change_the_program(self):
        plain = self.raw(*COVERED)
        self.assertNotEqual(plain, self.raw("--mode", "audit", *COVERED))
        self.assertNotEqual(plain, self.raw("--role", "main", *COVERED))
        self.assertNotEqual(plain, self.raw("--arch", "aarch64", *COVERED))
        self.assertNotEqual(plain, self.raw("--allow", "hotplug,migration", *COVERED))
        self.assertNotEqual(plain, self.raw("--phase", "boot"))


    def test_a_program_for_others_that_needs_libqsbx(self):
        def said(*words):
            result = self.run_qsbx("compile", "--rules", self.rules, *words)
            self.assertEqual(YES, result.returncode, result.stderr)
            return result.stderr.decode()

        for words in (["--format", "raw"], ["--format", "c"], ["--format", "raw", "--backend", "bitmask", "--relax"]):
            self.assertIn("qsbx: in mode errno this program traps, so that libqsbx in the process lets the call fail; "
                          "without libqsbx a denied call ends the process\n", said("--mode", "errno", *words))
            self.assertIn("qsbx: in mode audit this program asks a listener, so that libqsbx in the process lets the call "
                          "run; without libqsbx a denied call fails with ENOSYS, and nothing is reported\n",
                          said("--mode", "audit", *words))
            self.assertNotIn("libqsbx", said(*words))
        for form in ("asm", "json"):
            self.assertEqual("", said("--mode", "audit", "--format", form))


class Verify(QsbxCase):
    def test_our_program_is_proven(self):
        answer = json.loads(self.qsbx("verify", "--json", *COVERED))
        self.assertTrue(answer["proven"])
        self.assertGreater(answer["granted_calls"], answer["cached_calls"])
        self.assertGreater(answer["cached_calls"], 0)
        self.assertEqual(["uretprobe", "uprobe"], answer["left_out"])
        text = self.qsbx("verify", *COVERED)
        self.assertIn("proven", text)
        self.assertIn("left out       uprobe, for which recent kernels ask no program", text)

    def test_another_policys_program_differs_on_a_call_that_shows_it(self):
        program = self.folder / "program"
        self.qsbx("compile", "--rules", self.rules, "--format", "raw", "-o", program)
        self.assertTrue(self.json("verify", "--rules", self.rules, "--program", program)["proven"])
        self.rules.write_text(self.rules.read_text().replace("close: 1", "close: fd == 3"))
        answer = self.json("verify", "--rules", self.rules, "--program", program, status=NO)
        self.assertFalse(answer["proven"])
        call = answer["differs_on"]
        self.assertEqual("close", call["syscall"])
        self.assertNotEqual(3, call["args"][0] & 0xffffffff)
        self.assertEqual(("ALLOW", "TRAP"), (call["program"], call["policy"]))
        text = self.qsbx("verify", "--rules", self.rules, "--program", program, status=NO)
        self.assertIn("call     close(fd=", text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
