#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest of one sector lives under lockdown and is managed by libvirt: run by KVM, and translated beside it."""

import json
import unittest

from libvirt_host import VIRT, eventually, managed_host, run
from machine import boot_sector_sum, kvm_works, make_boot_sector

HOST = None
MANAGED = ["migration-fd", "screendump"]
# In the XML of a Linux guest: it starts from its disk, may get a second processor, and is asked to sleep.
BOOT_SECTOR = {
    "<kernel>.*</cmdline>": '<boot dev="hd"/>',
    "<vcpu>1</vcpu>": '<vcpu current="1">2</vcpu>',
    "<features><acpi/></features>": '<features><acpi/></features><cpu mode="custom" check="none"><model fallback="forbid">kvm64'
                                    '</model></cpu><pm><suspend-to-mem enabled="yes"/></pm>',
}


def setUpModule():
    global HOST
    HOST = managed_host(hide_kvm=False)


class BootSector(unittest.TestCase):
    kind = None

    def guest(self, name, features):
        guest = HOST.define(f"{self.kind}-{name}", kind=self.kind, image_kind="raw", features=features)
        make_boot_sector(guest.image)
        guest.change(BOOT_SECTOR)
        self.addCleanup(guest.destroy)
        guest.start(booted=False)
        self.has_read_its_disk(guest)
        return guest

    def has_read_its_disk(self, guest):
        guest.lines.wait_for(f"qsbx-boot: read ok sum={boot_sector_sum(guest.image)} write ok", 30)

    def assert_works(self, guest):
        guest.console.write(b"t")
        self.has_read_its_disk(guest)

    def last_lockdown(self, guest):
        """What was said of it: at the start, or at the restore."""
        return [line for line in guest.own_lines() if "locked down in" in line][-1]

    def is_locked_down(self, guest):
        [status] = json.loads(run(VIRT, "status", "--json", guest.name).stdout)
        self.assertEqual((True, None, []), (status["locked_down"], status["wrong"], status["violations"]))

    def live(self):
        guest = self.guest("managed", MANAGED)
        self.is_bound(guest)
        self.is_locked_down(guest)
        for operation in (self.pause, self.reset, self.look_at_it, self.ask_an_agent_that_is_not_there, self.save_and_restore):
            with self.subTest(operation.__name__):
                operation(guest)
                self.assert_works(guest)
        self.is_locked_down(guest)
        guest.virsh("destroy")
        self.assertEqual("shut off (destroyed)", guest.state())
        self.assertEqual([], guest.violations())

    def pause(self, guest):
        guest.virsh("suspend")
        self.assertEqual("paused (user)", guest.state())
        guest.virsh("resume")

    def reset(self, guest):
        guest.virsh("reset")
        self.has_read_its_disk(guest)

    def look_at_it(self, guest):
        picture = HOST.directory / f"{guest.name}.picture"
        guest.virsh("screenshot", picture)
        self.assertGreater(picture.stat().st_size, 1000)
        guest.virsh("domstats")

    def ask_an_agent_that_is_not_there(self, guest):
        for words in (["dompmsuspend", "mem"], ["set-user-password", "root", "secret"]):
            done = guest.virsh(*words, check=False)
            self.assertNotEqual(0, done.returncode)
            self.assertIn("guest agent is not connected", done.stderr)

    def save_and_restore(self, guest):
        file = HOST.directory / f"{guest.name}.saved"
        guest.virsh("save", file)
        self.assertEqual("shut off (saved)", guest.state())
        HOST.virsh("restore", file)
        guest.open_console()
        self.is_bound(guest)

    def take_a_second_processor(self):
        guest = self.guest("second-processor", ["hotplug-cpu"])
        guest.virsh("setvcpus", "2", "--live")
        eventually(lambda: "2" in guest.virsh("vcpucount", "--live", "--current").stdout)
        self.assertEqual(2, sum(thread.name.startswith("CPU ") for thread in guest.threads()))
        self.assert_works(guest)
        self.is_locked_down(guest)


class Translated(BootSector):
    kind = "qemu"

    def is_bound(self, guest):
        self.assertNotIn("kvm", self.last_lockdown(guest))

    def test_it_is_managed(self):
        self.live()

    def test_a_second_processor(self):
        self.take_a_second_processor()


class RunByKvm(BootSector):
    kind = "kvm"

    def setUp(self):
        if not kvm_works():
            self.skipTest("/dev/kvm makes no virtual machine here")

    def is_bound(self, guest):
        self.assertRegex(self.last_lockdown(guest), r"bound to descriptors: kvm \d+; kvm-vm \d+; kvm-vcpu \d+( and \d+)?; kvm-device none")

    def test_it_is_managed_under_kvm(self):
        self.live()

    def test_a_second_processor_under_kvm(self):
        self.take_a_second_processor()

    def test_a_second_processor_of_kvm_without_the_feature(self):
        guest = self.guest("lone-processor", [])
        guest.virsh("setvcpus", "2", "--live", check=False)
        eventually(lambda: guest.state() == "shut off (crashed)")
        self.assertTrue(guest.violations())


if __name__ == "__main__":
    unittest.main(verbosity=2)
