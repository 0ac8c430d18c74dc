# SPDX-License-Identifier: LGPL-2.1-or-later
"""What has a profile and what has none, beside what a QEMU lists."""

import fnmatch
import json
import re
import subprocess

import qemus


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


def refused(kind):
    return [pattern for other, pattern, _ in not_covered() if other == kind]


def stale(kind, names):
    """The patterns for a kind of part, of profiles and of not-covered, that match none of the names."""
    patterns = [*patterns_of_profiles(kind), *refused(kind)]
    return {f"{kind} {pattern}" for pattern in patterns if not any(fnmatch.fnmatchcase(name, pattern) for name in names)}


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


class ProfileOrReason:
    """For test cases."""

    def assert_profile_or_reason(self, kind, names):
        covered, without = patterns_of_profiles(kind), refused(kind)
        neither = [name for name in names if not matches(name, covered) and not matches(name, without)]
        both = [name for name in names if matches(name, covered) and matches(name, without)]
        self.assertEqual(neither, [], "give each a profile or a line in profiles/qemu/not-covered")
        self.assertEqual(both, [], "these have a profile: profiles/qemu/not-covered need not have them")
