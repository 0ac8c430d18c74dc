#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Commands of a manager: without the feature they fail cleanly and the guest lives, with it they work.

The commands are in tests/guest/manager_commands.py.
"""

import pathlib
import shutil
import tempfile
import unittest

import qemus
from qemus import guests

import manager_commands  # noqa: E402, found by qemus
from manager_commands import BY_VERSION, COMMANDS, DONE, NEVER, NOTHING  # noqa: E402

GUEST_SAYS = r"qsbx-boot: read ok sum=\w+ write ok"
FEATURES = sorted({command.feature for command in COMMANDS} - {NOTHING, NEVER})


class OnEachQemu:
    qemu = None

    def setUp(self):
        self.qemu.require()

    def start(self, features):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="qsbx-manager."))
        self.addCleanup(shutil.rmtree, self.directory)
        manager_commands.make_files(self.directory, qemus.boot_sector())
        command = self.qemu.command(manager_commands.machine_arguments(self.directory), features=features)
        machine = guests.Machine(command)
        self.addCleanup(machine.__exit__, None, None, None)
        machine.serial.wait_for(GUEST_SAYS, 60)
        return machine

    def answer(self, machine, command):
        """None, or the error."""
        try:
            command.run(machine, self.directory)
        except (guests.QmpError, OSError) as error:
            if isinstance(error, OSError) or "closed the connection" in str(error):
                self.fail(f"{command} has ended QEMU with {machine.wait()}\n{machine.errors()}")
            return str(error)
        return None

    def assert_lives_and_ends_cleanly(self, machine):
        machine.send("t")
        machine.serial.wait_for(GUEST_SAYS, 60)
        self.assertEqual(machine.quit(), 0, machine.errors())

    def test_what_no_feature_grants_is_refused_and_the_guest_lives(self):
        machine = self.start(features=())
        for command in COMMANDS:
            error = self.answer(machine, command)
            with self.subTest(str(command)):
                if command.without != BY_VERSION:
                    self.assertEqual(error is None, command.without == DONE, error)
        self.assertRegex(machine.errors(), r"violation .*failed with EACCES.*\bopenat\(")
        self.assertRegex(machine.errors(), r"violation .*failed with EACCES.*\bsocket\(")
        self.assertRegex(machine.errors(), r"violation .*failed with EPERM.*\bmemfd_create\(")
        self.assert_lives_and_ends_cleanly(machine)

    def test_each_command_works_with_its_feature(self):
        for feature in FEATURES:
            with self.subTest(feature):
                machine = self.start(features=[feature])
                for command in COMMANDS:
                    if command.feature in (NOTHING, feature) and command.has_peer:
                        error = self.answer(machine, command)
                        if error and "not supported by this QEMU" not in error:
                            self.fail(f"{command}: {error}\n{machine.errors()}")
                self.assert_lives_and_ends_cleanly(machine)
                self.assertNotIn("violation", machine.errors())

    def test_what_no_feature_grants_fails_cleanly_with_all_of_them(self):
        machine = self.start(features=["hotplug", "snapshot", "media-change", "backup-server"])
        for command in COMMANDS:
            if command.feature is NEVER:
                with self.subTest(str(command)):
                    refused = self.answer(machine, command) is not None
                    self.assertTrue(refused or command.without == BY_VERSION)
        self.assert_lives_and_ends_cleanly(machine)


class UnmodifiedManager(OnEachQemu, unittest.TestCase):
    qemu = qemus.Unmodified()


class PatchedManager(OnEachQemu, unittest.TestCase):
    qemu = qemus.Patched()


if __name__ == "__main__":
    unittest.main(verbosity=2)
