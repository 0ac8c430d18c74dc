#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every backend that a QEMU lists has a profile, or stands in profiles/qemu/not-covered with a reason; not both, and no
pattern is stale.
"""

import re
import subprocess
import unittest

import qemus
from profile_lists import ProfileOrReason, not_covered, stale, types_inside

# Patterns that no QEMU here lists anything for, with the reason why they stand all the same.
STALE = {
    "object cryptodev-backend-lkcf": "built by distributions that have libkeyutils",
    "netdev nic": "the card's end of a network, which is no backend to choose",
    "netdev none": "as -nic has it",
    "netdev tap+vhost": "a tap whose packets the kernel moves",
    "netdev passt": "QEMU 10.1 and later",
    "netdev af-xdp": "built by distributions that have libxdp",
    "netdev netmap": "for FreeBSD",
    "display gtk": "in a package of its own",
    "display sdl": "in a package of its own",
    "audio pa": "in a package of its own",
    "audio jack": "in a package of its own",
    "audio sdl": "in a package of its own",
    "audio pipewire": "in a package of its own",
    "accelerator xen": "in a package of its own",
}

# QEMU 7.2 says so of modules that it does not find.
NOISE = re.compile(r"^qemu: .*\n", re.M)


def said(qemu, *words):
    command = [*map(str, qemu.plain()), "-machine", "none", "-nodefaults", "-display", "none", *words]
    answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, stdin=subprocess.DEVNULL)
    return NOISE.sub("", answer.stdout)


def lines_of(*words):
    """One name a line, after a line that says of what, until an empty line."""
    def listed(qemu):
        head, _, names = said(qemu, *words).partition(":")
        assert head, words
        return re.findall(r"^ *(\S+)", names.strip().split("\n\n")[0], re.M)
    return listed


def block_drivers(qemu):
    return re.search(r"^Supported formats: (.+)$", said(qemu, "-drive", "format=help"), re.M)[1].split()


def chardevs(qemu):
    """With those in modules, which the help leaves out."""
    return [name.removeprefix("chardev-") for name in types_inside(qemu, "chardev")]


def displays(qemu):
    """Servers have options of their own, where QEMU has them."""
    servers = [name for name in ("vnc", "spice") if "options:" in said(qemu, f"-{name}", "help")]
    return lines_of("-display", "help")(qemu) + servers


def filesystems(qemu):
    """There is no list: a name that is none is not found."""
    known = []
    for name in ("local", "synth", "proxy"):
        if f"fsdriver {name} not found" not in said(qemu, "-fsdev", f"{name},id=f", "-device", "no-such-device"):
            known.append(name)
    return known


LISTED = {
    "block": block_drivers,
    "chardev": chardevs,
    "netdev": lines_of("-netdev", "help"),
    "display": displays,
    "audio": lines_of("-audiodev", "help"),
    "tpm": lines_of("-tpmdev", "help"),
    "accelerator": lines_of("-accel", "help"),
    "fsdev": filesystems,
    "object": lambda qemu: types_inside(qemu, "user-creatable"),
}  # fmt: skip

class OnEachQemu(ProfileOrReason):
    qemu = None

    def setUp(self):
        self.qemu.require()

    def test_every_listed_backend_has_a_profile_or_a_reason_for_none(self):
        for kind, listed in LISTED.items():
            with self.subTest(kind):
                names = listed(self.qemu)
                self.assertGreater(len(names), 1)
                self.assert_profile_or_reason(kind, names)


class Unmodified(OnEachQemu, unittest.TestCase):
    qemu = qemus.Unmodified()


class UnmodifiedDebian13(OnEachQemu, unittest.TestCase):
    qemu = qemus.UnmodifiedDebian13()


class Patched(OnEachQemu, unittest.TestCase):
    qemu = qemus.Patched()


class TheLists(unittest.TestCase):
    def test_no_pattern_is_stale(self):
        known = (qemus.Unmodified(), qemus.UnmodifiedDebian13(), qemus.Patched())
        for qemu in known:
            qemu.require()
        found = set()
        for kind, listed in LISTED.items():
            found |= stale(kind, {name for qemu in known for name in listed(qemu)})
        self.assertEqual(found, set(STALE), "patterns that match nothing, and those marked as such, are to be the same")

    def test_what_no_list_has_is_refused_with_a_reason(self):
        for option, words in {"vnc-sasl": ["-vnc", ":1,sasl=on"], "async-teardown": ["-async-teardown"],
                              "guestfwd-cmd": ["-netdev", "user,id=n,guestfwd=tcp:10.0.2.100:7-cmd:cat"],
                              "user-smb": ["-netdev", "user,id=n,smb=/srv"],
                              "virtio-gpu-blob": ["-device", "virtio-gpu-pci,blob=on"]}.items():
            command = [qemus.BUILD / "qsbx", "compose", "--profiles", qemus.PROFILES, "--argv", "qemu-system-x86_64", "-nodefaults", *words]
            answer = subprocess.run(command, capture_output=True, text=True)
            (reason,) = (reason for kind, pattern, reason in not_covered() if (kind, pattern) == ("option", option))
            self.assertIn(f"no profile applies to option {option} ({reason})", answer.stderr)
            self.assertNotEqual(answer.returncode, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
