#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether what guests are asked for really happens, and it shows when it does not."""

import dataclasses
import os
import pathlib
import select
import signal
import unittest
from unittest import mock

import block_workloads
import console_workloads
import device_workloads
import explain
import filters
import lifecycle_workloads
import network_workloads
import stamps
import vnc_workloads
from disk import IMAGE_SIZE, Requests
from guest_machine import GuestFailed, Line
from session_test_case import SessionTestCase
from workload import Launch

MODULES = [block_workloads, console_workloads, device_workloads, network_workloads, vnc_workloads]
WORKLOADS = [workload for module in MODULES for workload in module.WORKLOADS]
SLOW = (vnc_workloads,)


def block(size=4096, depth=4, write=False, random=False):
    return block_workloads.workload(Requests(size, depth, write, random), "threads")


class GuestWorkloads(SessionTestCase):
    def start_folder(self):
        workload = next(each for each in device_workloads.WORKLOADS if each.name.startswith("9p/"))
        if workload.missing():
            self.skipTest(workload.missing())
        return self.start(workload)

    def test_each_does_its_operations_and_can_go_on(self):
        self.check_each([workload for module in MODULES if module not in SLOW for workload in module.WORKLOADS])

    def test_slow_ones_do_their_operations_and_can_go_on(self):
        self.check_each([workload for module in SLOW for workload in module.WORKLOADS], counts=(1, 2))

    def test_names_are_different(self):
        self.check_names(WORKLOADS)

    def test_the_process_is_ready_once_before_the_guest_runs(self):
        class NotingLine(Line):
            def accept(self, process):
                super().accept(process)
                lines.append(self)

        class Noting(Launch):
            def ready(self, pid):
                has_spoken = select.select([lines[-1]._stream], [], [], 0.1)[0]
                told.append((pid, pathlib.Path(f"/proc/{pid}/comm").read_text(), has_spoken))

        for workload in [block(), next(one for one in lifecycle_workloads.WORKLOADS if one.name == "lifecycle/reset")]:
            lines, told = [], []
            with mock.patch("guest_machine.Line", NotingLine), mock.patch("lifecycle_workloads.Line", NotingLine):
                session, _ = self.start(workload, Noting())
            self.assertEqual([(session.pid, "qemu-system-x86\n", [])], told)

    def test_the_command_is_what_is_started(self):
        self.check_commands([block()])

    def test_what_is_written_is_in_the_image(self):
        session, folder = self.start(block(write=True))
        session.run(3)
        image = (folder / "image").read_bytes()
        found = [image[at : at + 8] for at in range(0, 4 * 4096, stamps.SECTOR)]
        self.assertEqual([stamps.stamp(n, generation=1) for n in range(24)], found[:24])
        self.assertEqual([stamps.stamp(n) for n in range(24, 32)], found[24:])

    def test_random_ones_come_to_every_block_once(self):
        blocks = IMAGE_SIZE // 65536
        session, folder = self.start(block(65536, write=True, random=True))
        session.run(blocks)
        image = (folder / "image").read_bytes()
        for at in range(0, len(image), 65536):
            self.assertEqual(stamps.stamp(at // stamps.SECTOR, generation=1), image[at : at + 8])

    def test_a_sector_that_is_wrong_is_an_error(self):
        for at in [17 * stamps.SECTOR, 18 * stamps.SECTOR - 1]:  # where it begins and ends
            session, folder = self.start(block())
            with open(folder / "image", "r+b") as image:
                image.seek(at)
                image.write(b"!")
            with self.assertRaisesRegex(GuestFailed, "^error wrong data in sector 17$"):
                session.run(4)

    def test_a_disk_that_is_not_null_is_an_error(self):
        @dataclasses.dataclass(frozen=True)
        class Stamped(block_workloads.BlockWorkload):
            def load(self):
                return {**super().load(), "zeros": True}

        session, _ = self.start(Stamped(**vars(block())))
        with self.assertRaisesRegex(GuestFailed, "error wrong data in sector 0"):
            session.run(1)

    def test_a_request_that_fails_is_an_error(self):
        @dataclasses.dataclass(frozen=True)
        class Failing(block_workloads.BlockWorkload):
            def node(self, folder):
                image = f"image.driver=file,image.filename={folder}/image"
                return f"driver=blkdebug,node-name=disk,{image},inject-error.0.event=none,inject-error.0.iotype=read"

        session, _ = self.start(Failing(**vars(block())))
        with self.assertRaisesRegex(GuestFailed, "^error a request failed at sector 0$"):
            session.run(1)

    def test_an_image_that_is_cut_off_is_an_error(self):
        session, folder = self.start(block())
        os.truncate(folder / "image", 8192)
        # QEMU reads zeros behind the end: it is the stamps that are missing.
        with self.assertRaisesRegex(GuestFailed, "error wrong data in sector 16"):
            session.run(4)

    def test_a_write_to_somewhere_else_is_an_error(self):
        @dataclasses.dataclass(frozen=True)
        class Elsewhere(block_workloads.BlockWorkload):
            def node(self, folder):
                stamps.make_image(folder / "other", IMAGE_SIZE)
                return super().node(folder).replace("/image", "/other")

        session, _ = self.start(Elsewhere(**vars(block(write=True))))
        with self.assertRaisesRegex(GuestFailed, "^sector 0 was not written in run 1$"):
            session.run(1)

    def test_a_depth_that_does_not_fit_is_an_error(self):
        with self.assertRaisesRegex(GuestFailed, r"^error the depth does not fit into a queue of \d+$"):
            self.start(block(depth=512))
        for depth in [0, 513]:
            with self.assertRaisesRegex(GuestFailed, f"^error the depth cannot be {depth}$"):
                self.start(block(depth=depth))

    def test_a_load_that_is_not_there_is_an_error(self):
        @dataclasses.dataclass(frozen=True)
        class Unknown(block_workloads.BlockWorkload):
            def load(self):
                return {"load": "blocks"}

        with self.assertRaisesRegex(GuestFailed, "^error there is no such load$"):
            self.start(Unknown(**vars(block())))

    def test_a_process_that_was_killed_is_named(self):
        session, _ = self.start(block())
        os.kill(session.pid, signal.SIGSYS)
        with self.assertRaisesRegex(GuestFailed, "QEMU was killed by SIGSYS"):
            session.run(1)

    def test_a_process_that_does_not_start_tells_why(self):
        with self.assertRaisesRegex(GuestFailed, "QEMU ended with status 1: .*no-such-option"):
            self.start(block(), Launch(arguments=["-no-such-option"]))

    def test_frames_that_do_not_come_out_of_the_tap_are_an_error(self):
        @dataclasses.dataclass(frozen=True)
        class Unconnected(network_workloads.TapWorkload):
            def network(self, backend):
                tap = super().network(backend)[:2]
                return [*tap, "-netdev", "user,id=other", "-device", "virtio-net-pci,netdev=other"]

        workload = network_workloads.workload(network_workloads.TapWorkload, 64, 4)
        if workload.missing():
            self.skipTest(workload.missing())
        session, _ = self.start(Unconnected(**vars(workload)))
        with self.assertRaisesRegex(GuestFailed, "^of 5 frames 0 came out of the tap"):
            session.run(5)

    def test_an_answer_that_is_another_is_an_error(self):
        class Wrong(network_workloads.Echo):
            def answer_to(self, data):
                return data[:-1] + b"!"

        with mock.patch("network_workloads.Echo", Wrong):
            session, _ = self.start(network_workloads.workload(network_workloads.UserWorkload, 64, 2))
        with self.assertRaisesRegex(GuestFailed, "^error the answer is missing to 0$"):
            session.run(3)

    def test_bytes_that_are_not_random_are_an_error(self):
        session, _ = self.start(device_workloads.entropy("zeros", "rng-random,filename=/dev/zero", 16, 1))
        with self.assertRaisesRegex(GuestFailed, "^error the bytes are not random$"):
            session.run(1)

    def test_a_file_of_another_size_is_an_error(self):
        session, folder = self.start_folder()
        os.truncate(folder / "shared/measured", 4)
        with self.assertRaisesRegex(GuestFailed, "^error the file has a wrong size: 4$"):
            session.run(1)

    def test_a_file_that_is_missing_is_an_error(self):
        session, folder = self.start_folder()
        os.unlink(folder / "shared/measured")
        with self.assertRaisesRegex(GuestFailed, "^error the folder refused request 110$"):
            session.run(1)

    def test_calls_are_recorded_by_the_roles_of_threads_that_have_names(self):
        by_name = {one.name: one for one in filters.ALL}
        tools = filters.Tools(pathlib.Path(os.environ["QSBX"]))
        for name in ("none", "libseccomp", "qsbx"):
            with self.subTest(name):
                calls = explain.calls_of(block(size=512, depth=1, random=True), by_name[name], tools, 100)["calls"]
                made = {(call["role"], call["call"]) for call in calls}
                self.assertLessEqual({"main", "vcpu", "worker"}, {role for role, _ in made})
                self.assertEqual({"worker"}, {role for role, call in made if call == "pread64"})

    def test_letters_that_are_wrong_or_missing_are_an_error(self):
        session, folder = self.start(console_workloads.WORKLOADS[0])
        (folder / "console").write_bytes(b"x")
        with self.assertRaisesRegex(GuestFailed, "letters have come that the guest did not write"):
            session.run(2)
        letters = console_workloads.Letters()
        letters.check(b"abc")
        letters.check(b"def")
        with self.assertRaisesRegex(GuestFailed, "letters have come"):
            letters.check(b"h")


if __name__ == "__main__":
    unittest.main()
