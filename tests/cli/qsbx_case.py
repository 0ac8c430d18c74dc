# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the qsbx command that $QSBX names on the small profiles of the tests."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

PROFILES = pathlib.Path(__file__).resolve().parents[1] / "data" / "small_profiles"
QSBX = os.environ["QSBX"]

YES, NO, BAD_INPUT, LACKING = 0, 1, 2, 3

RULES = """\
read: fd == 0
openat: (flags & O_ACCMODE) == O_RDONLY
clone3: 0 else ENOSYS
close: 1
"""

# A machine that the small profiles cover.
COVERED = ["--argv", "qemu-system-x86_64", "-nodefaults", "-display", "none", "-M", "q35",
           "-drive", "if=virtio,file=a.img,format=raw"]


class QsbxCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.rules = self.folder / "a.rules"
        self.rules.write_text(RULES)

    def run_qsbx(self, *words, stdin=b"", profiles=PROFILES):
        environment = dict(os.environ, QSBX_PROFILES=str(profiles))
        return subprocess.run([QSBX, *map(str, words)], input=stdin, capture_output=True,
                              env=environment, timeout=60)

    def qsbx(self, *words, status=YES, **options):
        """Standard output, after the exit status has been held against `status`."""
        result = self.run_qsbx(*words, **options)
        self.assertEqual(status, result.returncode, (words, result.stdout, result.stderr))
        return result.stdout.decode()

    def json(self, *words, status=YES, **options):
        return json.loads(self.qsbx(*words, "--json", status=status, **options))

    def complaint(self, *words, status=BAD_INPUT, **options):
        """Standard error, every line of which is from qsbx."""
        result = self.run_qsbx(*words, **options)
        text = result.stderr.decode()
        self.assertEqual(status, result.returncode, (words, text))
        self.assertTrue(text, words)
        for line in text.splitlines():
            self.assertTrue(line.startswith("qsbx: "), line)
        return text
