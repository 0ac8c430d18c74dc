#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rules of the house that a compiler does not check: see docs/architecture.md."""

import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A folder includes itself and folders above it.
FOLDERS = [
    "include/qsbx",
    "src/errors",
    "src/syscalls",
    "src/bpf",
    "src/policy",
    "src/profile",
    "src/compile",
    "src/verify",
    "src/render",
    "src/lint",
    "kernel",
    "src/machine",
    "src/learn",
    "src/lockdown",
    "integration/qemu/ride_along",
    "integration/qemu/launch",
    "integration/libvirt",
    "src/cli",
]
# Both prove something to each other, so neither may know how the other works.
STRANGERS = {("src/verify", "src/compile")}
# The public header carries GLib's types; only what ends the C API may see it.
GLIB_FILES = re.compile(r"^(src/lockdown/c_api|integration/qemu/)")
SANDBOX_CALLS = re.compile(
    r"\bSYS_seccomp\b|\b__NR_seccomp\b|\bPR_SET_SECCOMP\b|\bprctl\(PR_SET_NO_NEW_PRIVS|\bSYS_perf_event_open\b"
)
INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]', re.M)
LONGEST_FILE = 600


def sources(*folders):
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "--", *folders],
        check=True, capture_output=True, text=True).stdout.split()
    return [name for name in listed
            if name.endswith((".cc", ".h", ".c")) and (ROOT / name).exists()]


def folder_of(path):
    matches = [folder for folder in FOLDERS if path.startswith(folder + "/")]
    return max(matches, key=len) if matches else None


def included_paths(name):
    for target in INCLUDE.findall((ROOT / name).read_text()):
        yield "include/" + target if target.startswith("qsbx/") else target


def code_of(name):
    """The text without comments, and without what is in quotes: no call is made by naming it."""
    text = (ROOT / name).read_text()
    return re.sub(r'(\'"\'|"(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*.*?\*/', "", text, flags=re.S)


class HouseRules(unittest.TestCase):
    def test_folders_include_only_what_stands_above_them(self):
        checked = 0
        for name in sources("src", "kernel", "integration/qemu/ride_along", "integration/qemu/launch", "integration/libvirt"):
            here = folder_of(name)
            self.assertIsNotNone(here, f"{name} is in a folder that FOLDERS does not know")
            for target in included_paths(name):
                there = folder_of(target)
                if there is None:
                    continue
                checked += 1
                self.assertLessEqual(FOLDERS.index(there), FOLDERS.index(here),
                                     f"{name} includes {target}")
                self.assertNotIn((here, there), STRANGERS, f"{name} includes {target}")
        self.assertGreater(checked, 100)

    def test_only_kernel_makes_sandboxing_calls(self):
        found = [name for name in sources("src", "kernel", "integration")
                 if SANDBOX_CALLS.search(code_of(name))]
        self.assertTrue(found, "the pattern finds not even kernel/")
        self.assertEqual([], [name for name in found if not name.startswith("kernel/")])

    def test_only_the_c_api_sees_glib(self):
        for name in sources("src", "kernel"):
            if GLIB_FILES.match(name):
                continue
            for target in included_paths(name):
                self.assertFalse(target.startswith(("glib", "include/qsbx/")),
                                 f"{name} includes {target}")

    def test_every_source_names_its_licence(self):
        for name in sources("src", "kernel", "include", "integration", "tests"):
            head = (ROOT / name).read_text().split("\n")[:12]
            self.assertIn("SPDX-License-Identifier:", " ".join(head), name)

    def test_files_are_about_one_thing(self):
        for name in sources("src", "kernel", "integration"):
            lines = (ROOT / name).read_text().count("\n")
            self.assertLessEqual(lines, LONGEST_FILE, f"{name} has {lines} lines")


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
