#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether what a QEMU's own queue is asked for from outside really happens, and it shows when it does not."""

import errno
import os
import unittest

import stamps
from disk import IMAGE_SIZE, Requests
from driven_from_outside import ClientFailed
from filter_loader import LoaderLaunch
from filter_loader_test import denying
from outside_test_case import OutsideTestCase
from queue_workloads import WORKLOADS, workload
from workload import Launch

PREAD64, PREADV = {"x86_64": (17, 295), "aarch64": (67, 69)}[os.uname().machine]


class QueueWorkloads(OutsideTestCase):
    def test_each_does_its_operations_and_can_go_on(self):
        self.check_each([each for each in WORKLOADS if each.accelerator == "tcg"])

    def test_a_halted_processor_of_kvm(self):
        if not os.access("/dev/kvm", os.R_OK | os.W_OK):
            self.skipTest("there is no /dev/kvm")
        self.check_each([each for each in WORKLOADS if each.accelerator == "kvm"])

    def test_each_runs_locked_down(self):
        self.check_each_locked_down([each for each in WORKLOADS if each.accelerator == "tcg"])

    def test_a_queue_has_the_size_that_the_device_says(self):
        large = Launch(arguments=["-global", "virtio-blk-device.queue-size=1024"])
        self.check_each([workload(Requests(4096, 4), "threads")], launch=large)

    def test_the_command_is_what_is_started(self):
        self.check_commands([workload(Requests(4096, 4), "null", iothread=True)])

    def test_names_are_different(self):
        self.check_names(WORKLOADS)

    def test_what_is_written_is_in_the_image(self):
        session, folder = self.start(workload(Requests(4096, 4, write=True), "threads"))
        session.run(10)
        image = (folder / "image").read_bytes()
        self.assertEqual(b"".join(stamps.stamped_sector(n, generation=1) for n in range(80)), image[: 80 * stamps.SECTOR])
        self.assertEqual(stamps.stamped_sector(80), image[80 * stamps.SECTOR : 81 * stamps.SECTOR])

    def test_a_sector_that_is_wrong_is_an_error(self):
        session, folder = self.start(workload(Requests(4096, 4), "threads"))
        with open(folder / "image", "r+b") as image:
            image.seek(1234 * stamps.SECTOR)
            image.write(b"x")
        with self.assertRaisesRegex(ClientFailed, "^sector 1234 is not what it should be$"):
            session.run(IMAGE_SIZE // 4096)

    def test_a_request_that_fails_is_an_error(self):
        launch = LoaderLaunch([denying(PREAD64, errno.EDOM), denying(PREADV, errno.EDOM)])
        with self.assertRaisesRegex(ClientFailed, "^a request failed with status 1$"):
            self.start(workload(Requests(4096, 4), "threads"), launch)

    def test_a_machine_that_is_killed_is_an_error(self):
        self.check_killed(workload(Requests(4096, 4), "threads"))

    def test_a_machine_that_does_not_start_is_an_error(self):
        with self.assertRaisesRegex(ClientFailed, "^qemu-system-x86_64 ended with status 1 before it listened at .*no-such-option"):
            self.start(WORKLOADS[0], Launch(arguments=["-no-such-option"]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
