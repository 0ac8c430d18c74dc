#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests under lockdown move from one libvirt host to another and go on there, under lockdown; and stay and live where a
feature is missing."""

import json
import re
import subprocess
import unittest

from libvirt_host import SYSTEM, VIRT, eventually, managed_host, run
from second_host import SecondHost

HOST = None
SECOND = None
NO_SOCKET = "Failed to create socket family 2: Permission denied"
BY_TCP = ["--migrateuri", "tcp://127.0.0.1"]


def setUpModule():
    global HOST, SECOND
    HOST = managed_host()
    SECOND = SecondHost(HOST)
    unittest.addModuleCleanup(SECOND.close)


class Migration(unittest.TestCase):
    def running(self, name, **more):
        guest = HOST.define(name, **more)
        self.addCleanup(guest.destroy)
        guest.start()
        self.written = guest.ask("disk")
        self.assertRegex(self.written, "^ok vda")
        return guest

    def running_on_own_image(self, name, **more):
        guest = self.running(name, images=SECOND.images_of_each, **more)
        SECOND.new_image(guest.image.name, "qcow2")
        return guest

    def command(self, guest, *options):
        destination = SECOND.uri if guest.host is HOST else SYSTEM
        return ["migrate", "--live", "--unsafe", guest.name, destination, *options]

    def move(self, guest, *options):
        """The guest goes to the other host, has what it had, and does what it did."""
        here, there = guest.host, SECOND if guest.host is HOST else HOST
        here.virsh(*self.command(guest, *options))
        self.assertNotIn(guest.name, here.virsh("list", "--name").stdout.split())
        guest.host = there
        self.assertEqual("running (migrated)", guest.state())
        guest.open_console()
        self.assertEqual(self.written, guest.ask("reread"))
        self.assert_works(guest)
        self.assert_locked_down(guest)

    def assert_works(self, guest):
        self.written = guest.ask("disk")
        self.assertRegex(self.written, "^ok vda")
        self.assertRegex(guest.ask("net"), "^ok")

    def assert_locked_down(self, guest):
        self.assertEqual({3}, {thread.filters for thread in guest.threads()})
        within = SECOND.inside() if guest.host is SECOND else []
        [status] = json.loads(run(*within, VIRT, "status", "--json", guest.name).stdout)
        self.assertEqual(("running", True, None, []),
                         (status["state"], status["locked_down"], status["wrong"], status["violations"]))

    def assert_stays(self, guest, error, *options):
        done = HOST.virsh(*self.command(guest, *options), check=False)
        self.assertNotEqual(0, done.returncode)
        self.assertRegex(done.stderr, error)
        self.assertEqual([], SECOND.virsh("list", "--name").stdout.split())
        eventually(lambda: guest.virsh("domstate").stdout.strip() == "running")
        self.assertEqual(self.written, guest.ask("reread"))
        self.assert_works(guest)

    def test_without_a_feature_it_stays(self):
        guest = self.running_on_own_image("stays")
        channel = HOST.new_folder("channel")
        channel.chmod(0o777)
        # libvirt may ask for the guest to go on before QEMU, which sees to it by itself, allows it.
        failed = "job 'migration out' unexpectedly failed|Migration is not finalized yet"
        self.assert_stays(guest, failed, *BY_TCP)
        self.assert_stays(guest, failed, "--p2p", *BY_TCP)
        self.assert_stays(guest, failed, "--migrateuri", f"unix://{channel}/socket")
        self.assert_stays(guest, "migration.* failed", "--p2p", "--tunnelled")
        self.assertEqual([], guest.violations())
        self.assert_stays(guest, NO_SOCKET, "--copy-storage-all", *BY_TCP)
        self.assertRegex(guest.violations()[-1], "failed with EACCES.*socket")

    def test_it_goes_and_comes_back(self):
        guest = self.running("goes", features=["migration-fd"])
        channel = HOST.new_folder("other-channel")
        channel.chmod(0o777)
        self.move(guest, "--p2p", *BY_TCP)
        self.move(guest, "--migrateuri", f"unix://{channel}/socket")
        self.abort(guest)
        self.move(guest, "--p2p", "--tunnelled")
        self.move(guest, *BY_TCP)
        self.assertEqual([], guest.violations())
        self.assert_stays(guest, NO_SOCKET, "--parallel", *BY_TCP)
        self.assertRegex(guest.violations()[-1], "failed with EACCES.*socket")
        self.move(guest, "--postcopy", "--postcopy-after-precopy", *BY_TCP)

    def test_it_is_saved_here_and_restored_there(self):
        guest = self.running("carried", features=["migration-fd"])
        file = HOST.images / "carried.saved"
        guest.virsh("save", file)
        self.assertEqual("shut off (saved)", guest.state())
        SECOND.virsh("restore", file)
        guest.host = SECOND
        guest.open_console()
        self.assertEqual(self.written, guest.ask("reread"))
        self.assert_works(guest)
        self.assert_locked_down(guest)

    def abort(self, guest):
        process = subprocess.Popen(["virsh", "-c", SYSTEM, *self.command(guest, "--bandwidth", "1", *BY_TCP)],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        eventually(lambda: re.search("Data remaining: *[1-9]", guest.virsh("domjobinfo").stdout))
        guest.virsh("domjobabort")
        self.assertRegex(process.communicate()[1], "operation aborted: .*canceled by client")
        self.assertEqual("running", guest.virsh("domstate").stdout.strip())
        self.assert_works(guest)

    def test_its_disk_goes_with_it(self):
        guest = self.running_on_own_image("copied", features=["migration", "hotplug-disk-nbd"])
        self.move(guest, "--copy-storage-all", "--parallel", *BY_TCP)


if __name__ == "__main__":
    unittest.main(verbosity=2)
