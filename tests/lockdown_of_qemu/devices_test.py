#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every machine that the profiles were learned from (tests/guest/trace_scenarios.py) lives under enforcement.

The work is done by guests: disks written and read back, packets, terminals, resets, viewers and monitors that come and
go. No call of theirs may be a violation, and QEMU ends cleanly.
"""

import pathlib
import shutil
import tempfile
import unittest

import qemus
from qemus import guests
from trace_scenarios import SCENARIOS

# What differs between the QEMUs: aio backends, display surfaces, boards. The rest runs on one of them.
ON_PATCHED = ["demo", "raw-native", "raw-io_uring", "qcow2-threads", "scsi", "nvme", "ahci-q35", "defaults-pc",
              "defaults-q35", "microvm", "tap", "localtime", "virtio-console", "kvm-virtio", "kvm-smp"]  # fmt: skip

# Disks served by the main loop: `scripts/trace-qemu --under "qsbx run --"` has all, and the lives of backends other ones.
ON_THE_MAIN_LOOP = {name for name in SCENARIOS if name.endswith("-main")} - {"raw-threads-main", "qcow2-native-main"}


def needs_kvm(name):
    return name.startswith("kvm")


def needs_tap(name):
    return name.startswith("tap")


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
        if needs_tap(name) and not pathlib.Path("/dev/net/tun").exists():
            self.skipTest("/dev/net/tun is not there")
        scenario = SCENARIOS[name]
        arguments = ["-name", "locked,debug-threads=on", *scenario.arguments(self.directory)]
        with scenario.surroundings(self.directory), \
                guests.Machine(self.qemu.command(arguments), serial=scenario.serial, timeout=120) as machine:
            try:
                scenario.act(machine, self.directory)
                ended = machine.process.poll() is not None
                status = machine.wait() if ended else machine.quit()
            except (OSError, AssertionError, guests.QmpError, TimeoutError) as error:
                self.fail(f"{error}\nstatus {machine.process.poll()}\n{machine.errors()}")
            self.assertEqual(status, 0, machine.errors())
            self.assertIn("qsbx: enforce:", machine.errors())
            self.assertNotIn("violation", machine.errors())
            self.assertNotIn("stays unbound", machine.errors())
            for needed, bound in ((needs_tap, r"tap \d+"), (needs_kvm, r"kvm \d+; kvm-vm \d+; kvm-vcpu \d+")):
                if needed(name):
                    self.assertRegex(machine.errors(), "; bound to descriptors: .*" + bound)


class UnmodifiedDevices(OnEachMachine, unittest.TestCase):
    qemu = qemus.Unmodified()


class PatchedDevices(OnEachMachine, unittest.TestCase):
    qemu = qemus.Patched()


qemus.add_tests(UnmodifiedDevices, "live", [name for name in SCENARIOS if name not in ON_THE_MAIN_LOOP])
qemus.add_tests(PatchedDevices, "live", ON_PATCHED)

if __name__ == "__main__":
    unittest.main(verbosity=2)
