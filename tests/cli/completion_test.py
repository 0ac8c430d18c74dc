#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What bash offers after a <TAB>."""

import os
import pathlib
import subprocess
import unittest

from qsbx_case import PROFILES, QSBX, QsbxCase

COMPLETION = PROFILES.parents[2] / "src" / "cli" / "completion.bash"


class Completion(QsbxCase):
    def completed(self, *words):
        """The words, each once, in a folder that has the file `notes`; bash takes "=" for a word."""
        (self.folder / "notes").touch()
        script = """source "$1"; shift; COMP_WORDS=(qsbx "$@"); COMP_CWORD=$#; _qsbx; printf '%s\\n' "${COMPREPLY[@]}" """
        path = f"{pathlib.Path(QSBX).resolve().parent}:{os.environ['PATH']}"
        done = subprocess.run(["bash", "-c", script, "bash", COMPLETION, *words], capture_output=True, text=True, timeout=60,
                              cwd=self.folder, env=dict(os.environ, PATH=path))
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        return list(dict.fromkeys(done.stdout.split()))

    def test_subcommands_and_options(self):
        self.assertEqual(["compose", "compile", "coverage"], self.completed("co"))
        self.assertEqual(["disable"], self.completed("virt", "dis"))
        self.assertEqual(["--profile", "--profiles"], self.completed("eval", "--prof"))
        self.assertEqual(["-o"], self.completed("trace", "-o"))
        self.assertEqual(["-h", "--help", "--in"], self.completed("virt", "refresh", "-"))

    def test_values_that_help_has(self):
        for option, values in (("--format", ["raw", "asm", "c", "json", "oci", "spo", "minijail", "crosvm", "systemd"]),
                               ("--phase", ["run", "boot", "union"]), ("--backend", ["strict", "bitmask", "filter"]),
                               ("--mode", ["enforce", "errno", "audit"]), ("--arch", ["x86_64", "aarch64"])):
            self.assertEqual(values, self.completed("compile", option, ""), option)
            self.assertEqual(values, self.completed("compile", option, "="), option)
        self.assertIn("vcpu", self.completed("compile", "--role", ""))
        self.assertEqual(["main", "monitor", "migration"], self.completed("compile", "--role", "m"))
        self.assertEqual(["raw"], self.completed("compile", "--format", "=", "r"))
        self.assertEqual([], self.completed("compile", "--format", "n"))
        self.assertEqual(["boot", "run"], self.completed("learn", "--phase", ""))
        self.assertEqual(["enforce", "errno"], self.completed("run", "--mode", "e"))
        self.assertEqual(["audit"], self.completed("virt", "enable", "web", "--mode", "a"))

    def test_files_elsewhere(self):
        self.assertEqual(["notes"], self.completed("compile", "--output", "n"))
        self.assertEqual(["notes"], self.completed("compile", "--output", "=", "n"))
        self.assertEqual(["notes"], self.completed("compile", "--relax", "n"))
        self.assertEqual(["notes"], self.completed("run", "--mode", "errno", "--", "qemu-system-x86_64", "n"))

    def test_options_that_virt_passes_on(self):
        for command in ("compose", "explain", "diff", "verify"):
            words = self.completed("virt", command, "-")
            self.assertLessEqual({"--help", "--json", "--mode", "--allow", "--profiles"}, set(words), command)
            self.assertFalse({"--argv", "--xml", "--domain", "--pid"} & set(words), command)
            self.assertEqual(["--program"] if command == "verify" else [], self.completed("virt", command, "--prog"))
        self.assertEqual(["audit"], self.completed("virt", "explain", "web", "--mode", "a"))
        self.assertNotIn("--mode", self.completed("virt", "status", "-"))

    def test_programs_to_run(self):
        self.assertIn("bash", self.completed("run", "--", "bas"))
        self.assertIn("bash", self.completed("compose", "--argv", "bas"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
