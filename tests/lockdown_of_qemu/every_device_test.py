#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every device that a QEMU lists has a profile, or stands in profiles/qemu/not-covered with a reason.

What `-device help` lists and what QEMU has as device types inside (a machine's tree shows these) is asked of each QEMU.
"""

import fnmatch
import re
import subprocess
import unittest

import qemus
from profile_lists import ProfileOrReason, not_covered, stale, types_inside

# Patterns that no QEMU here has anything for, with the reason why they stand all the same.
STALE = {
    "object cryptodev-backend-lkcf": "built by distributions that have libkeyutils",
}


def listed_devices(qemu):
    answer = subprocess.run([*qemu.plain(), "-device", "help"], check=True, capture_output=True, text=True)
    return sorted(set(re.findall(r'^name "([^"]+)"', answer.stdout, re.M)))


def known_qemus():
    return [qemu for qemu in (qemus.Unmodified(), qemus.Patched()) if not unavailable(qemu)]


def unavailable(qemu):
    try:
        qemu.require()
        return False
    except unittest.SkipTest:
        return True


class OnEachQemu(ProfileOrReason):
    qemu = None

    def setUp(self):
        self.qemu.require()

    def test_every_listed_device_has_a_profile_or_a_reason_for_none(self):
        devices = listed_devices(self.qemu)
        self.assertGreater(len(devices), 300)
        self.assert_profile_or_reason("device", devices)

    def test_the_program_agrees(self):
        """One composition of all devices names exactly those that are not covered, each with its reason."""
        devices = listed_devices(self.qemu)
        reasons = [(pattern, reason) for kind, pattern, reason in not_covered() if kind == "device"]
        with_reason = {name: reason for name in devices for pattern, reason in reasons if fnmatch.fnmatchcase(name, pattern)}
        words = [word for name in devices for word in ("-device", name)]
        command = [qemus.BUILD / "qsbx", "compose", "--profiles", qemus.PROFILES, "--argv", "qemu-system-x86_64",
                   "-machine", "pc", "-nodefaults", "-display", "none", *words]  # fmt: skip
        answer = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(answer.returncode == 0, not with_reason, answer.stderr)
        for name, reason in with_reason.items():
            self.assertIn(f"no profile applies to device {name} ({reason})", answer.stderr)
        self.assertEqual(answer.stderr.count("no profile applies to"), len(with_reason))


class Unmodified(OnEachQemu, unittest.TestCase):
    qemu = qemus.Unmodified()


class Patched(OnEachQemu, unittest.TestCase):
    qemu = qemus.Patched()


class TheLists(unittest.TestCase):
    def setUp(self):
        for qemu in (qemus.Unmodified(), qemus.Patched()):
            qemu.require()

    def test_no_pattern_is_stale(self):
        found = set()
        for kind, base in (("device", "device"), ("object", "user-creatable")):
            found |= stale(kind, {name for qemu in known_qemus() for name in types_inside(qemu, base)})
        self.assertEqual(found, set(STALE), "patterns that match nothing, and those marked as such, are to be the same")


if __name__ == "__main__":
    unittest.main(verbosity=2)
