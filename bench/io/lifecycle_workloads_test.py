#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether machines begin, begin again and move, and are locked down when their guests begin."""

import os
import pathlib
import unittest

import filters
import firmware_machine
import lifecycle_workloads
from guest_machine import GuestFailed
from lifecycle_workloads import PATCHED_QEMU, WORKLOADS, Begun
from session_test_case import SessionTestCase
from tap import Tap
from workload import Launch

TOOLS = filters.Tools(pathlib.Path(os.environ["QSBX"]))
BY_KVM = [workload for workload in WORKLOADS if getattr(workload, "accelerator", None) == "kvm"]
BY_NAME = {workload.name: workload for workload in WORKLOADS}
MACHINES = ["lifecycle/start/minimal", "lifecycle/start/firmware"]


class KeptLaunch(Launch):
    """`words` are the command that was started."""

    def command(self, words):
        self.words = super().command(words)
        return self.words


def under(name):
    return next(one for one in filters.ALL if one.name == name)


class LifecycleWorkloads(SessionTestCase):
    def test_each_does_its_operations_and_can_go_on(self):
        self.check_each([each for each in WORKLOADS if each.program == lifecycle_workloads.QEMU and each not in BY_KVM],
                        counts=(1, 2))  # fmt: skip

    def test_starts_by_kvm_are_locked_down_too(self):
        if not os.access("/dev/kvm", os.R_OK | os.W_OK):
            self.skipTest("there is no /dev/kvm")
        self.assertEqual(2, len(BY_KVM))
        self.check_each(BY_KVM, counts=(1, 2))
        for workload in BY_KVM:
            with self.subTest(workload.name):
                self.assertLess(0, self.filters_when_the_guest_begins(workload, "qsbx"))
                self.assertIn("-accel kvm", self.command_of(workload))

    def command_of(self, workload):
        launch = KeptLaunch()
        self.start(workload, launch)[0].run(1)
        return " ".join(launch.words)

    def test_names_are_different(self):
        self.check_names(WORKLOADS)

    def test_a_machine_with_firmware_has_begun_when_the_firmware_says_its_name(self):
        with Tap().inherited_as(firmware_machine.TAP_DESCRIPTOR) as network:
            (self.folder / "image").write_bytes(bytes(512))
            command = [lifecycle_workloads.QEMU, *firmware_machine.machine_options(self.folder, self.folder)]
            begun = Begun(Launch(), command, self.folder, (network,))
            self.addCleanup(begun.close)
        begun.go_on()
        self.assertRegex(begun.first.line(), r"^eaBIOS \(version ")

    def filters_when_the_guest_begins(self, workload, name):
        launch = under(name).launch(TOOLS, workload, self.folder)
        session, _ = self.start(workload, launch)
        session.run(1)
        return session.filter_count

    def test_filters_are_there_when_the_guest_begins(self):
        for name in MACHINES:
            with self.subTest(name):
                self.assertEqual(0, self.filters_when_the_guest_begins(BY_NAME[name], "none"))
                self.assertLess(0, self.filters_when_the_guest_begins(BY_NAME[name], "qsbx"))

    @unittest.skipUnless(PATCHED_QEMU in os.environ, f"{PATCHED_QEMU} is not set")
    def test_a_qemu_with_libqsbx_built_in_has_its_own_and_no_other(self):
        for name in MACHINES:
            workload = BY_NAME[f"{name}-patched"]
            with self.subTest(name):
                sandbox = self.filters_when_the_guest_begins(workload, "qemu-sandbox")
                self.assertEqual(1, sandbox)
                self.assertLess(sandbox, self.filters_when_the_guest_begins(workload, "qemu-lockdown"))
        chosen = [one.name for one in filters.ALL if one.is_for(workload)]
        self.assertEqual(["none", "again", "qemu-sandbox", "qemu-lockdown"], chosen)

    def test_a_qemu_without_it_has_no_lockdown_of_its_own(self):
        chosen = [one.name for one in filters.ALL if one.is_for(BY_NAME["lifecycle/reset"])]
        self.assertNotIn("qemu-lockdown", chosen)
        self.assertIn("qsbx", chosen)

    def test_a_machine_that_does_not_start_tells_why(self):
        session, _ = self.start(BY_NAME[MACHINES[1]], Launch(arguments=["-no-such-option"]))
        with self.assertRaisesRegex(GuestFailed, "QEMU ended with status 1: .*no-such-option"):
            session.run(1)


if __name__ == "__main__":
    unittest.main()
