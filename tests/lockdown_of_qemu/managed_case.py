# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of a manager's features have in common."""

import pathlib
import shutil
import tempfile

import qemus
from qemus import guests

import managed_machine  # noqa: E402, found by qemus


class ManagedTest:
    """Machines of one QEMU, in a folder of the test's own, on one disk."""

    qemu = None
    accelerator = "tcg"

    def setUp(self):
        self.qemu.require()
        if self.accelerator == "kvm" and not qemus.kvm_works():
            self.skipTest("/dev/kvm makes no virtual machine here")
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="qsbx-managed."))
        self.addCleanup(shutil.rmtree, self.directory)
        self.disk = managed_machine.make_disk(self.directory, qemus.boot_sector())

    def start(self, *more, features=()):
        return self.start_with([*managed_machine.arguments(self.disk, self.accelerator), *more], features)

    def start_with(self, arguments, features):
        machine = guests.Machine(self.qemu.command(arguments, features=features), timeout=40)
        self.addCleanup(machine.__exit__, None, None, None)
        return machine

    def start_guest(self, *more, features=()):
        machine = self.start(*more, features=features)
        managed_machine.guest_started(machine, self.disk)
        return machine

    def start_destination(self, *more, features=()):
        """A machine that a guest comes to, and that its manager starts then."""
        return self.start(*managed_machine.INCOMING, *more, features=features)

    def assert_guest_works(self, machine):
        managed_machine.guest_works(machine, self.disk)

    def assert_ends_cleanly(self, *machines):
        for machine in machines:
            self.assertIn("qsbx: enforce:", machine.errors())
            self.assertEqual(machine.quit(), 0, machine.errors())

    def assert_no_violation(self, *machines):
        self.assert_ends_cleanly(*machines)
        for machine in machines:
            self.assertNotIn("violation", machine.errors())


def add_variants_under_kvm(case, names):
    """The tests of these names once more, under KVM."""
    for name in names:
        def test(self, name=name):
            self.accelerator = "kvm"
            ManagedTest.setUp(self)
            getattr(self, name)()
        setattr(case, name + "_under_kvm", test)
