# SPDX-License-Identifier: LGPL-2.1-or-later
"""integration/qemu/apply on small made-up trees, and on the real sources of QEMU."""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
INTEGRATION = ROOT / "integration/qemu"
sys.dont_write_bytecode = True
sys.path.insert(0, str(INTEGRATION))

from insertions import INSERTIONS, NEW_FILES, SPELLING, spelled  # noqa: E402

VERSIONS = {"7.2": "7.2.22", "10.0": "10.0.13"}


def apply(tree, *options):
    return subprocess.run(
        [INTEGRATION / "apply", tree, *options], capture_output=True, text=True, check=False
    )


def contents(tree):
    return {
        str(path.relative_to(tree)): (path.read_bytes(), path.stat().st_mode)
        for path in sorted(tree.rglob("*"))
        if path.is_file()
    }


def insertions_of(series):
    return [insertion.spelled(SPELLING[series]) for insertion in INSERTIONS]


def new_files_of(series):
    return [spelled(path, SPELLING[series]) for path in NEW_FILES]


def make_tree(tree, series):
    """Files that consist of the anchors, with something else around each."""
    for insertion in insertions_of(series):
        path = tree / insertion.path
        path.parent.mkdir(parents=True, exist_ok=True)
        so_far = path.read_text() if path.exists() else "first line\n"
        if insertion.anchor not in so_far:
            so_far += insertion.anchor + "something else\n"
        path.write_text(so_far)
    (tree / "scripts/meson-buildoptions.sh").chmod(0o755)
    for path in new_files_of(series):
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
    (tree / "VERSION").write_text(VERSIONS[series] + "\n")


class TreeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = pathlib.Path(folder.name)

    def apply(self, *options):
        result = apply(self.tree, *options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def assert_refused(self, message, *options):
        before = contents(self.tree)
        result = apply(self.tree, *options)
        self.assertEqual(result.returncode, 2, result.stdout)
        self.assertRegex(result.stderr, message)
        self.assertEqual(contents(self.tree), before, "a refusal changed the tree")

    def edit(self, path, old, new):
        text = (self.tree / path).read_text()
        self.assertIn(old, text)
        (self.tree / path).write_text(text.replace(old, new))


class EachVersion(TreeTest):
    def for_each_version(self, test):
        for series in SPELLING:
            with self.subTest(series), tempfile.TemporaryDirectory() as folder:
                self.tree = pathlib.Path(folder)
                make_tree(self.tree, series)
                test(series)

    def test_inserts_and_undoes_byte_for_byte(self):
        def test(series):
            before = contents(self.tree)
            self.assertIn("the lockdown is applied", self.apply())
            for insertion in insertions_of(series):
                self.assertIn(insertion.text, (self.tree / insertion.path).read_text())
            for path in new_files_of(series):
                self.assertTrue((self.tree / path).is_file(), path)
            self.assertIn("taken out", self.apply("--undo"))
            self.assertEqual(contents(self.tree), before)

        self.for_each_version(test)

    def test_a_second_time_changes_nothing(self):
        def test(_):
            self.apply()
            before = contents(self.tree)
            times = {path: (self.tree / path).stat().st_mtime_ns for path in before}
            self.assertIn("already applied; nothing was changed", self.apply())
            self.assertEqual(contents(self.tree), before)
            self.assertEqual({p: (self.tree / p).stat().st_mtime_ns for p in before}, times)

        self.for_each_version(test)

    def test_check_changes_nothing(self):
        def test(_):
            before = contents(self.tree)
            self.assertIn("can be applied", self.apply("--check"))
            self.assertEqual(contents(self.tree), before)
            self.apply()
            self.assertIn("is applied", self.apply("--check"))

        self.for_each_version(test)

    def test_undo_of_a_tree_without_it(self):
        def test(_):
            before = contents(self.tree)
            self.assertIn("not applied; nothing was changed", self.apply("--undo"))
            self.assertEqual(contents(self.tree), before)

        self.for_each_version(test)

    def test_the_folders_and_headers_of_the_version(self):
        def test(series):
            self.apply()
            folder, header = {
                "7.2": ("softmmu", "sysemu/runstate.h"),
                "10.0": ("system", "system/runstate.h"),
            }[series]
            text = (self.tree / folder / "qsbx-lockdown.c").read_text()
            self.assertIn(f'#include "{header}"', text)

        self.for_each_version(test)

    def test_every_inserted_c_line_is_conditional(self):
        for insertion in INSERTIONS:
            if insertion.path.endswith(".c"):
                lines = insertion.text.strip().splitlines()
                self.assertEqual(lines[0], "#ifdef CONFIG_QSBX")
                self.assertEqual(lines[-1], "#endif")


class Refusals(TreeTest):
    def setUp(self):
        super().setUp()
        make_tree(self.tree, "10.0")

    def test_missing_anchor(self):
        self.edit("system/vl.c", "    os_setup_post();\n", "    os_setup_post(1);\n")
        self.assert_refused(
            r"system/vl\.c: the anchor '    os_setup_post\(\);' is not there in this QEMU 10\.0\.13"
        )
        self.assert_refused(r"system/vl\.c: the anchor", "--check")

    def test_anchor_found_twice(self):
        with open(self.tree / "util/qemu-thread-posix.c", "a", encoding="utf-8") as file:
            file.write("    sigdelset(&set, SIGILL);\n")
        self.assert_refused(r"qemu-thread-posix\.c: the anchor .* is there 2 times in this QEMU 10")

    def test_anchor_inside_a_longer_line_does_not_count(self):
        self.edit("meson.build", "libcap_ng = not_found\n", "# libcap_ng = not_found\n")
        self.assert_refused(r"meson\.build: the anchor 'libcap_ng = not_found' is not there")

    def test_unknown_versions(self):
        for version in ["9.2.0", "10.1.0", "10.0-rc1", "7.20.1", ""]:
            with self.subTest(version):
                (self.tree / "VERSION").write_text(version + "\n")
                self.assert_refused(
                    r"is not known to this script, which knows 7\.2 and 10\.0; nothing was changed"
                )

    def test_no_source_tree(self):
        (self.tree / "VERSION").unlink()
        self.assert_refused(r"VERSION: No such file .* is .* a QEMU source tree\?")

    def test_incomplete_source_tree(self):
        (self.tree / "qemu-options.hx").unlink()
        self.assert_refused(r"qemu-options\.hx: No such file .* is .* a complete source tree\?")

    def test_edited_insertion(self):
        self.apply()
        self.edit("util/qemu-thread-posix.c", "SIGSYS", "SIGBUS")
        for options in [(), ("--undo",), ("--check",)]:
            self.assert_refused(r"qemu-thread-posix\.c: .* then edited: .*start from a fresh tree", *options)

    def test_edited_file_of_ours(self):
        self.apply()
        self.edit("system/qsbx-lockdown.c", "exit(1)", "exit(2)")
        for options in [(), ("--undo",)]:
            self.assert_refused(r"system/qsbx-lockdown\.c: was edited", *options)

    def test_missing_file_of_ours(self):
        self.apply()
        (self.tree / "system/qsbx-machine.c").unlink()
        self.assert_refused(r"system/qsbx-machine\.c: is missing", "--undo")

    def test_file_of_somebody_else_in_the_place_of_ours(self):
        (self.tree / "system/qsbx-machine.c").write_text("int x;\n")
        self.assert_refused(r"system/qsbx-machine\.c: is there already and not from this script")

    def test_no_place_to_write(self):
        shutil.rmtree(self.tree / "include")
        self.assert_refused(r"include/qemu/.*: No such file")

    def test_usage(self):
        self.assert_refused(r"not allowed with argument", "--undo", "--check")
        self.assert_refused(r"unrecognized arguments: --force", "--force")

    def test_edits_elsewhere_survive_undo(self):
        self.apply()
        self.edit("system/vl.c", "something else\n", "something new\n")
        self.apply("--undo")
        text = (self.tree / "system/vl.c").read_text()
        self.assertIn("something new\n", text)
        self.assertNotIn("qsbx", text)


def real_source(series):
    result = subprocess.run(
        [ROOT / "scripts/fetch-qemu-source", series], capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise unittest.SkipTest(f"no source of QEMU {series}: {result.stderr.strip()[-200:]}")
    return pathlib.Path(result.stdout.strip())


def copy_touched_files(source, tree, series):
    for path in ["VERSION", *dict.fromkeys(i.path for i in insertions_of(series))]:
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / path, tree / path)
    for path in new_files_of(series):
        (tree / path).parent.mkdir(parents=True, exist_ok=True)


class RealSources(TreeTest):
    def apply_and_undo(self, series):
        copy_touched_files(real_source(series), self.tree, series)
        before = contents(self.tree)
        self.apply()
        self.assertNotEqual(contents(self.tree), before)
        self.apply("--undo")
        self.assertEqual(contents(self.tree), before)

    def test_qemu_7_2(self):
        self.apply_and_undo("7.2")

    def test_qemu_10_0(self):
        self.apply_and_undo("10.0")


class UnchangedWithoutTheOption(TreeTest):
    """What the compiler sees of each touched C file, with the flags of a configured build."""

    def setUp(self):
        super().setUp()
        result = subprocess.run(
            [ROOT / "scripts/build-qemu", "--print-path"], capture_output=True, text=True, check=False
        )
        if result.returncode != 0:
            raise unittest.SkipTest("no configured build of QEMU: run scripts/build-qemu")
        self.build = pathlib.Path(result.stdout.strip()).parent / "build"
        self.source = real_source("10.0")
        self.plain = self.tree / "plain"
        self.patched = self.tree / "patched"
        for tree in (self.plain, self.patched):
            copy_touched_files(self.source, tree, "10.0")
        result = apply(self.patched)
        self.assertEqual(result.returncode, 0, result.stderr)
        for tree in (self.plain, self.patched):
            self.generate_options(tree)

    def generate_options(self, tree):
        script = self.source / "scripts/hxtool"
        with open(tree / "qemu-options.hx", "rb") as given:
            made = subprocess.run(["sh", script, "-h"], stdin=given, capture_output=True, check=True)
        (tree / "qemu-options.def").write_bytes(made.stdout)

    def configure(self, with_qsbx):
        text = (self.build / "config-host.h").read_text()
        self.assertIn("#define CONFIG_QSBX\n", text)
        if not with_qsbx:
            text = text.replace("#define CONFIG_QSBX\n", "#undef CONFIG_QSBX\n")
        for tree in (self.plain, self.patched):
            (tree / "config-host.h").write_text(text)

    def flags(self, path):
        """Those of the command that compiled `path`, with its folders where they are now."""
        commands = json.loads((self.build / "compile_commands.json").read_text())
        entry = next(c for c in commands if c["file"].endswith("source/" + path))
        there = str(pathlib.Path(entry["directory"]).parent / "source")
        words = shlex.split(entry["command"])
        words = [w.replace(there, str(self.source)).replace("../source", str(self.source)) for w in words]
        for option in ("-o", "-MF", "-MQ"):
            at = words.index(option)
            del words[at : at + 2]
        return [w for w in words[:-1] if w not in ("-c", "-MD")]

    def preprocess(self, tree, path):
        compiler, *flags = self.flags(path)
        command = [compiler, "-E", "-P", "-D__LINE__=0", "-D__FILE__=0", "-Wno-builtin-macro-redefined",
                   "-iquote", tree, "-iquote", tree / "include", *flags,
                   "-iquote", self.source / pathlib.Path(path).parent, tree / path]
        made = subprocess.run(command, cwd=self.build, capture_output=True, text=True, check=False)
        self.assertEqual(made.returncode, 0, made.stderr)
        return re.sub(r"\s+", " ", made.stdout)

    def test_same_text_without_and_another_with(self):
        touched = dict.fromkeys(i.path for i in INSERTIONS if i.path.endswith(".c"))
        for with_qsbx in (False, True):
            self.configure(with_qsbx)
            for path in touched:
                with self.subTest(path, with_qsbx=with_qsbx):
                    plain = self.preprocess(self.plain, path)
                    patched = self.preprocess(self.patched, path)
                    self.assertGreater(len(plain), 10000)
                    self.assertEqual(plain != patched, with_qsbx)


if __name__ == "__main__":
    unittest.main()
