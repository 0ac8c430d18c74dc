#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether what qemu-storage-daemon is asked for really happens, and it shows when it does not."""

import dataclasses
import errno
import os
import unittest

import stamps
from disk import IMAGE_SIZE, Requests
from driven_from_outside import ClientFailed
from filter_loader import LoaderLaunch
from filter_loader_test import denying
from outside_test_case import OutsideTestCase
from storage_workloads import WORKLOADS, NbdWorkload, VhostUserWorkload, workload
from workload import Launch

KINDS = [VhostUserWorkload, NbdWorkload]
PREAD64 = {"x86_64": 17, "aarch64": 67}[os.uname().machine]


class StorageWorkloads(OutsideTestCase):
    def test_each_does_its_operations_and_can_go_on(self):
        self.check_each(WORKLOADS)

    def test_each_runs_locked_down(self):
        self.check_each_locked_down(WORKLOADS)

    def test_the_command_is_what_is_started(self):
        for kind in KINDS:
            self.check_commands([workload(kind, Requests(4096, 4), "threads", iothread=True)])

    def test_names_are_different(self):
        self.check_names(WORKLOADS)

    def test_what_is_written_is_in_the_image(self):
        for kind in KINDS:
            session, folder = self.start(workload(kind, Requests(4096, 4, write=True), "threads"))
            session.run(10)
            image = (folder / "image").read_bytes()
            sectors = [image[at : at + stamps.SECTOR] for at in range(0, 11 * 4096, stamps.SECTOR)]
            # The buffer between the stamps is the client's, and empty.
            self.assertEqual([stamps.stamped_sector(n, generation=1) for n in range(80)], sectors[:80])
            self.assertEqual([stamps.stamped_sector(n) for n in range(80, 88)], sectors[80:])

    def test_random_ones_come_to_every_block_once(self):
        blocks = IMAGE_SIZE // 65536
        session, folder = self.start(workload(VhostUserWorkload, Requests(65536, 4, write=True, random=True), "threads"))
        session.run(blocks)
        image = (folder / "image").read_bytes()
        for at in range(0, IMAGE_SIZE, stamps.SECTOR):
            self.assertEqual(stamps.stamp(at // stamps.SECTOR, generation=1), image[at : at + 8])

    def test_a_sector_that_is_wrong_is_an_error(self):
        for kind in KINDS:
            for place in [17 * stamps.SECTOR, 18 * stamps.SECTOR - 1]:
                session, folder = self.start(workload(kind, Requests(4096, 4), "threads"))
                session.run(4)
                with open(folder / "image", "r+b") as image:
                    image.seek(place)
                    image.write(b"x")
                with self.assertRaisesRegex(ClientFailed, "^sector 17 is not what it should be$"):
                    session.run(IMAGE_SIZE // 4096)

    def test_a_write_that_does_not_happen_is_an_error(self):
        for kind in KINDS:
            with self.subTest(kind):
                session, _ = self.start(forgetful(kind))
                with self.assertRaisesRegex(ClientFailed, "^sector 0 is not what it should be$"):
                    session.run(4)

    def test_a_request_that_fails_is_an_error(self):
        said_by = {VhostUserWorkload: "^a request failed with status 1$", NbdWorkload: "^NBD: a request failed with error "}
        for kind, said in said_by.items():
            launch = LoaderLaunch([denying(PREAD64, errno.EDOM)])
            with self.subTest(kind):
                session, _ = self.start(workload(kind, Requests(4096, 4), "threads"), launch)
                with self.assertRaisesRegex(ClientFailed, said):
                    session.run(4)

    def test_a_daemon_that_is_killed_is_an_error(self):
        for kind in KINDS:
            self.check_killed(workload(kind, Requests(4096, 4), "threads"))

    def test_a_daemon_that_does_not_start_is_an_error(self):
        broken = Launch(arguments=["--no-such-option"])
        with self.assertRaisesRegex(ClientFailed, "qemu-storage-daemon ended with status 1 before it wrote .*no-such-option"):
            self.start(WORKLOADS[0], broken)


def forgetful(kind):
    """A workload of writes to a daemon that keeps none, whose client does not know it."""

    class Forgetful(kind):
        def command(self, folder):
            return workload(kind, self.requests, "null").command(folder)

    one = workload(kind, Requests(4096, 4, write=True), "threads")
    return Forgetful(**{field.name: getattr(one, field.name) for field in dataclasses.fields(one)})


if __name__ == "__main__":
    unittest.main(verbosity=2)
