# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of `qsbx virt` share: guests on a host of their own, which the module of the test sets up."""

import unittest

from libvirt_host import eventually
from virt_command import virt

QEMU = "/usr/bin/qemu-system-x86_64"


class Commands(unittest.TestCase):
    host = None
    count = 0

    def guest(self, **more):
        Commands.count += 1
        guest = self.host.define(f"commanded{Commands.count}", **more)
        self.addCleanup(guest.destroy)
        guest.define()
        return guest

    def running(self, **more):
        guest = self.guest(**more)
        guest.virsh("start")
        eventually(lambda: [line for line in guest.own_lines() if "locked down in" in line])
        return guest

    def foreign(self, **more):
        return self.guest(features=None, emulator=QEMU, **more)

    def refused(self, code, pattern, *words):
        done = virt(*words)
        self.assertEqual(code, done.returncode, done.stdout + done.stderr)
        self.assertRegex(done.stderr, pattern)
        self.assertEqual(1, done.stderr.count("\n"), done.stderr)
