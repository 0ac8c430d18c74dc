#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every machine that the profiles were learned from (tests/guest/trace_scenarios.py) lives under enforcement.

The work is done by guests: disks written and read back, packets, terminals, resets, viewers and monitors that come and
go. No call of theirs may be a violation, and QEMU ends cleanly.
"""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

import qemus
from qemus import guests
from trace_scenarios import SCENARIOS

# What differs between the QEMUs: aio backends, display surfaces, boards. The rest runs on one of them.
ON_PATCHED = ["demo", "raw-native", "raw-io_uring", "qcow2-threads", "scsi", "nvme", "ahci-q35", "defaults-pc",
              "defaults-q35", "microvm", "tap", "localtime", "virtio-console", "kvm-virtio", "kvm-smp"]  # fmt: skip
TAP = "qsbxtap0"


def needs_kvm(name):
    return name.startswith("kvm")


def needs_tap(name):
    return name.startswith("tap")


class TapDevice:
    """A tap device with the address that the scenarios' guests ping, and what goes with it."""

    def __enter__(self):
        subprocess.run(["ip", "tuntap", "add", "dev", TAP, "mode", "tap"], check=True)
        subprocess.run(["ip", "addr", "add", "10.7.7.1/24", "dev", TAP], check=True)
        subprocess.run(["ip", "link", "set", TAP, "up"], check=True)

    def __exit__(self, *_):
        subprocess.run(["ip", "link", "delete", TAP], check=True)


class OnEachMachine:
    qemu = None

    def setUp(self):
        self.qemu.require()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="qsbx-devices."))
        self.addCleanup(shutil.rmtree, self.directory)
        for name in ("vmlinuz", "initrd"):
            (self.directory / name).symlink_to(qemus.linux_guest() / name)
        shutil.copy(qemus.boot_sector(), self.directory / "boot.raw")

    def live(self, name):
        if needs_kvm(name) and not qemus.kvm_works():
            self.skipTest("/dev/kvm makes no virtual machine here")
        if needs_tap(name):
            if not pathlib.Path("/dev/net/tun").exists():
                self.skipTest("/dev/net/tun is not there")
            tap = TapDevice()
            tap.__enter__()
            self.addCleanup(tap.__exit__)
        scenario = SCENARIOS[name]
        arguments = ["-name", "locked,debug-threads=on", *scenario.arguments(self.directory)]
        with guests.Machine(self.qemu.command(arguments), serial=scenario.serial, timeout=120) as machine:
            try:
                scenario.act(machine, self.directory)
                ended = machine.process.poll() is not None
                status = machine.wait() if ended else machine.quit()
            except (OSError, AssertionError, guests.QmpError, TimeoutError) as error:
                self.fail(f"{error}\nstatus {machine.process.poll()}\n{machine.errors()}")
            self.assertEqual(status, 0, machine.errors())
            self.assertIn("qsbx: enforce:", machine.errors())
            self.assertNotIn("violation", machine.errors())


def add_tests(case, names):
    for name in names:
        def test(self, name=name):
            self.live(name)
        setattr(case, "test_" + name.replace("-", "_"), test)


class UnmodifiedDevices(OnEachMachine, unittest.TestCase):
    qemu = qemus.Unmodified()


class PatchedDevices(OnEachMachine, unittest.TestCase):
    qemu = qemus.Patched()


add_tests(UnmodifiedDevices, SCENARIOS)
add_tests(PatchedDevices, ON_PATCHED)

if __name__ == "__main__":
    unittest.main(verbosity=2)
