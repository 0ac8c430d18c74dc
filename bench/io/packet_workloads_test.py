#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether packets through a QEMU really arrive, and it shows when another one does."""

import socket
import unittest

from driven_from_outside import ClientFailed
from outside_test_case import OutsideTestCase
from packet_workloads import WORKLOADS, ReceiveWorkload, RelayWorkload, TransmitWorkload, workload
from workload import Launch

WAYS = [RelayWorkload, TransmitWorkload, ReceiveWorkload]
# Where somebody can send to what is received.
RECEIVED_AT = {RelayWorkload: "out-peer", TransmitWorkload: "out-peer", ReceiveWorkload: "in"}


class PacketWorkloads(OutsideTestCase):
    def test_each_does_its_operations_and_can_go_on(self):
        self.check_each(WORKLOADS)

    def test_each_runs_locked_down(self):
        different = {(type(each), each.kind): each for each in WORKLOADS}
        self.check_each_locked_down(different.values())

    def test_a_queue_has_the_size_that_the_device_says(self):
        large = Launch(arguments=["-global", "virtio-net-device.rx_queue_size=1024"])
        self.check_each([workload(way, "dgram", 64, 8) for way in (TransmitWorkload, ReceiveWorkload)], launch=large)

    def test_the_command_is_what_is_started(self):
        self.check_commands([workload(way, "dgram", 64, 8) for way in WAYS])

    def test_names_are_different(self):
        self.check_names(WORKLOADS)

    def test_a_packet_of_somebody_else_is_an_error(self):
        for way in WAYS:
            with self.subTest(way):
                session, folder = self.start(workload(way, "dgram", 64, 8))
                session.run(5)
                with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as somebody:
                    somebody.sendto(bytes(64), str(folder / RECEIVED_AT[way]))
                with self.assertRaisesRegex(ClientFailed, "^packet 5 is not what was sent$"):
                    session.run(5)

    def test_packets_go_by_way_of_the_hub(self):
        session, folder = self.start(workload(RelayWorkload, "dgram", 64, 8))
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as somebody:
            somebody.sendto(bytes(64), str(folder / "in"))
        with self.assertRaisesRegex(ClientFailed, "^packet 0 is not what was sent$"):
            session.run(5)

    def test_a_machine_that_is_killed_is_an_error(self):
        for way in WAYS:
            for kind in ["dgram", "stream"]:
                with self.subTest(f"{way} {kind}"):
                    self.check_killed(workload(way, kind, 64, 8))


if __name__ == "__main__":
    unittest.main(verbosity=2)
