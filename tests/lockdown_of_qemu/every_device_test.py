#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every device that a QEMU lists has a profile, or stands in profiles/qemu/not-covered with a reason.

What `-device help` lists and what QEMU has as device types inside (a machine's tree shows these) is asked of each QEMU.
"""

import fnmatch
import json
import os
import re
import subprocess
import unittest

import qemus

# Patterns that no QEMU here has anything for, with the reason why they stand all the same.
STALE = {
    "object cryptodev-backend-lkcf": "built by distributions that have libkeyutils",
}


def not_covered():
    """(kind, pattern, reason) of every line."""
    lines = (qemus.PROFILES / "not-covered").read_text().splitlines()
    return [re.fullmatch(r"(\w+) (\S+): (.+)", line).groups() for line in lines if line and not line.startswith("#")]


def patterns_of_profiles(kind):
    """{pattern: profile} of what the set applies to."""
    found = {}
    for path in sorted(qemus.PROFILES.rglob("*.profile")):
        for line in re.findall(rf"^applies to {kind} (.+)$", path.read_text(), re.M):
            found.update({pattern.strip(): path.name for pattern in line.split("#")[0].split(",")})
    return found


def matches(name, patterns):
    return [pattern for pattern in patterns if fnmatch.fnmatchcase(name, pattern)]


def listed_devices(qemu):
    answer = subprocess.run([*qemu.plain(), "-device", "help"], check=True, capture_output=True, text=True)
    return sorted(set(re.findall(r'^name "([^"]+)"', answer.stdout, re.M)))


def types_inside(qemu, base):
    """All types of a kind, for which QEMU loads its modules."""
    process = subprocess.Popen([*map(str, qemu.plain()), "-machine", "none", "-nodefaults", "-display", "none", "-qmp", "stdio"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip
    commands = [{"execute": "qmp_capabilities"},
                {"execute": "qom-list-types", "arguments": {"implements": base, "abstract": False}},
                {"execute": "quit"}]  # fmt: skip
    out, _ = process.communicate("".join(map(json.dumps, commands)), timeout=60)
    answers = [message for message in map(json.loads, out.splitlines()) if "return" in message]
    return sorted(entry["name"] for entry in answers[1]["return"])


def known_qemus():
    return [qemu for qemu in (qemus.Unmodified(), qemus.Patched()) if not unavailable(qemu)]


def unavailable(qemu):
    try:
        qemu.require()
        return False
    except unittest.SkipTest:
        return True


class OnEachQemu:
    qemu = None

    def setUp(self):
        self.qemu.require()

    def test_every_listed_device_has_a_profile_or_a_reason_for_none(self):
        devices = listed_devices(self.qemu)
        self.assertGreater(len(devices), 300)
        covered = patterns_of_profiles("device")
        refused = [pattern for kind, pattern, _ in not_covered() if kind == "device"]
        neither = [name for name in devices if not matches(name, covered) and not matches(name, refused)]
        both = [name for name in devices if matches(name, covered) and matches(name, refused)]
        self.assertEqual(neither, [], "give each a profile or a line in profiles/qemu/not-covered")
        self.assertEqual(both, [], "these have a profile: profiles/qemu/not-covered need not have them")

    def test_the_program_agrees(self):
        """One composition of all devices names exactly those that are not covered, each with its reason."""
        devices = listed_devices(self.qemu)
        refused = [(pattern, reason) for kind, pattern, reason in not_covered() if kind == "device"]
        with_reason = {name: reason for name in devices for pattern, reason in refused if fnmatch.fnmatchcase(name, pattern)}
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

    def stale(self, kind, names):
        patterns = [*patterns_of_profiles(kind), *(pattern for other, pattern, _ in not_covered() if other == kind)]
        return {f"{kind} {pattern}" for pattern in patterns if not any(fnmatch.fnmatchcase(name, pattern) for name in names)}

    def test_no_pattern_is_stale(self):
        found = set()
        for kind, base in (("device", "device"), ("object", "user-creatable")):
            found |= self.stale(kind, {name for qemu in known_qemus() for name in types_inside(qemu, base)})
        self.assertEqual(found, set(STALE), "patterns that match nothing, and those marked as such, are to be the same")


if __name__ == "__main__":
    unittest.main(verbosity=2)
