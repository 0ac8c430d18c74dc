#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A disk controller that another QEMU emulates: -machine x-remote, and x-pci-proxy-dev in the guest's own. Both are locked down."""

import pathlib
import shutil
import socket
import subprocess
import tempfile
import unittest

import qemus
from qemus import guests

import managed_machine  # noqa: E402, found by qemus

REMOTE = ["-machine", "x-remote", "-nodefaults", "-no-user-config", "-display", "none", "-device", "lsi53c895a,id=lsi",
          "-device", "scsi-hd,drive=disk,bus=lsi.0,scsi-id=0"]  # fmt: skip
GUEST = ["-machine", "pc,memory-backend=memory", "-m", "64", "-nodefaults", "-no-user-config", "-display", "none", "-object",
         "memory-backend-memfd,id=memory,size=64M,share=on"]  # fmt: skip


class OnEachQemu:
    qemu = None

    def setUp(self):
        self.qemu.require()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="qsbx-remote."))
        self.addCleanup(shutil.rmtree, self.directory)
        self.disk = managed_machine.make_disk(self.directory, qemus.boot_sector())
        with open(self.disk, "r+b") as disk:
            disk.truncate(8 << 20)

    def start_remote(self, end):
        words = [*REMOTE, "-drive", f"id=disk,file={self.disk},format=raw,if=none", "-object",
                 f"x-remote-object,id=remote,devid=lsi,fd={end.fileno()}"]  # fmt: skip
        self.errors = self.directory / "errors"
        with open(self.errors, "wb") as errors:
            command = [str(word) for word in self.qemu.command(words)]
            process = subprocess.Popen(command, stderr=errors, pass_fds=[end.fileno()], stdin=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def guest_qemu(self):
        """Whose guest under TCG has the device."""
        return self.qemu

    def start_guest(self, qemu, end, *more):
        words = [*GUEST, *more, "-device", f"x-pci-proxy-dev,id=lsi,fd={end.fileno()}"]
        end.set_inheritable(True)
        machine = guests.Machine(qemu.command(words), timeout=40, close_fds=False)
        self.addCleanup(machine.__exit__, None, None, None)
        return machine

    def guest_works(self, qemu, *more):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            remote = self.start_remote(theirs)
            theirs.close()
            machine = self.start_guest(qemu, ours, *more)
        # Without KVM there is no interrupt from there: the firmware, which reads and writes for this guest, does not wait for one.
        managed_machine.guest_started(machine, self.disk)
        managed_machine.guest_works(machine, self.disk)
        self.assertEqual(machine.quit(), 0, machine.errors())
        self.assertEqual(remote.wait(20), 0, self.errors.read_text())  # it ends with its guest
        for said in (machine.errors(), self.errors.read_text()):
            self.assertIn("qsbx: enforce:", said)
            self.assertNotIn("violation", said)

    def test_a_guest_boots_from_its_disk(self):
        self.guest_works(self.guest_qemu())

    def test_so_it_does_by_a_processor_of_kvm(self):
        if not qemus.kvm_works():
            self.skipTest("/dev/kvm makes no virtual machine here")
        self.guest_works(self.qemu, "-accel", "kvm")


class UnmodifiedRemote(OnEachQemu, unittest.TestCase):
    qemu = qemus.Unmodified()


class PatchedRemote(OnEachQemu, unittest.TestCase):
    """Without KVM, QEMU 7.2 has the guest: the device needs KVM in 10.0."""

    qemu = qemus.Patched()

    def guest_qemu(self):
        return qemus.Unmodified()


if __name__ == "__main__":
    unittest.main(verbosity=2)
