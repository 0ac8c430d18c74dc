#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""scripts/build-packages: what it copies, what its cache goes by, and that it ends where a step fails. Nothing is compiled."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class BuildPackages(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.tree = self.folder / "tree"
        for name in ("scripts", "src", "tests"):
            (self.tree / name).mkdir(parents=True)
        shutil.copy(ROOT / "scripts/build-packages", self.tree / "scripts")
        for name in ("src/one.cc", "src/two words.cc", "tests/one.cc"):
            (self.tree / name).write_text(name)
        self.git("init", "-q")
        self.git("add", ".")

    def git(self, *words):
        subprocess.run(["git", "-C", self.tree, *words], check=True, capture_output=True)

    def instead_of(self, program, script):
        file = self.folder / "bin" / program
        file.parent.mkdir(exist_ok=True)
        file.write_text("#!/bin/sh\n" + script)
        file.chmod(0o755)

    def build(self, *words):
        return subprocess.run([self.tree / "scripts/build-packages", *words], capture_output=True, text=True, timeout=60,
                              env=dict(os.environ, QSBX_CACHE=str(self.folder / "cache"),
                                       PATH=f"{self.folder}/bin:{os.environ['PATH']}"))

    def path(self):
        """Of packages that are not there."""
        done = self.build("--print-path")
        self.assertEqual((1, ""), (done.returncode, done.stderr))
        self.assertRegex(done.stdout, rf"^{self.folder}/cache/packages-[0-9a-f]{{16}}\n$")
        return done.stdout

    def test_the_path_goes_by_what_packages_are_made_of(self):
        before = self.path()
        (self.tree / "tests/one.cc").write_text("changed")
        self.assertEqual(before, self.path())
        (self.tree / "src/new.cc").write_text("new")
        self.assertNotEqual(before, self.path())
        (self.tree / "src/new.cc").unlink()
        self.assertEqual(before, self.path())
        (self.tree / "src/one.cc").chmod(0o755)
        self.assertNotEqual(before, self.path())

    def test_the_path_goes_by_what_packages_are_made_by(self):
        before = self.path()
        self.instead_of("gcc", "echo 99.1.0")
        other_compiler = self.path()
        self.instead_of("dpkg", "echo vax")
        self.assertEqual(3, len({before, other_compiler, self.path()}))

    def test_a_file_that_is_deleted_and_not_staged(self):
        before = self.path()
        (self.tree / "src/two words.cc").unlink()
        unstaged = self.path()
        self.assertNotEqual(before, unstaged)
        self.git("rm", "-q", "src/two words.cc")
        self.assertEqual(unstaged, self.path())

    def test_a_step_that_fails_ends_it(self):
        self.instead_of("tar", "echo no room >&2; exit 1")
        done = self.build()
        self.assertEqual((1, ""), (done.returncode, done.stdout))
        self.assertTrue(done.stderr.endswith("no room\nbuild-packages: the packages did not build\n"), done.stderr)
        self.assertNotIn("dpkg-buildpackage", done.stderr)

    def test_a_tree_that_git_does_not_know(self):
        shutil.rmtree(self.tree / ".git")
        done = self.build("--print-path")
        self.assertNotEqual(0, done.returncode)
        self.assertEqual("", done.stdout)
        self.assertIn("not a git repository", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
