# SPDX-License-Identifier: LGPL-2.1-or-later
"""Packets through a QEMU without a guest's processor: into one netdev and out of another, which a hub joins; from the
transmit queue of its own virtio-net device to a netdev (clients/virtio_pci_transmit.cc), and from a netdev into the
receive queue (clients/virtio_pci_receive.cc).

Netdevs are Unix sockets, which lose nothing, or a tap whose other end nobody else is at.
"""

import contextlib
import dataclasses
import pathlib

import tap
from built import built
from driven_from_outside import DrivenSession, await_listening, end
from processors import on_one_processor
from halted_machine import machine_options, queue_events_missing, start_halted
from workload import Workload

SLOT = 5
# Where QEMU finds its tap.
TAP_DESCRIPTOR = 200


@dataclasses.dataclass(frozen=True)
class PacketWorkload(Workload):
    """`kind` is dgram, stream or tap: what the netdev `measured` is."""

    kind: str
    size: int
    under_way: int

    def command(self, folder):
        """QEMU's own command line."""
        return [self.program, *machine_options(folder), *self.devices(folder)]

    def devices(self, folder):
        raise NotImplementedError

    def client(self, folder, pid):
        raise NotImplementedError

    def netdev_options(self, folder, wire):
        """Where the client finds the netdev."""
        raise NotImplementedError

    def start(self, launch, folder):
        folder = pathlib.Path(folder)
        with on_one_processor(), self.descriptors() as (queue, wire):
            process = start_halted(launch, self.command(folder), folder, queue)
            try:
                if self.kind == "stream":
                    await_listening(folder / self.measured, process)
                client = [*self.client(folder, process.pid), *self.netdev_options(folder, wire), *self.packets()]
                return DrivenSession(process, client, wire)
            except BaseException:
                end(process)
                raise

    @contextlib.contextmanager
    def descriptors(self):
        """(what QEMU inherits, what the client does), until both have it."""
        if self.kind != "tap":
            yield (), ()
            return
        with contextlib.closing(tap.Tap(wired=True)) as made:
            with made.inherited_as(TAP_DESCRIPTOR) as descriptor:
                yield (descriptor,), (made.wire,)

    def netdev(self, name, folder, kind):
        if kind == "tap":
            return f"tap,id={name},fd={TAP_DESCRIPTOR}"
        if kind == "stream":
            return f"stream,id={name},server=on,addr.type=unix,addr.path={folder}/{name}"
        here, there = f"{folder}/{name}", f"{folder}/{name}-peer"
        return f"dgram,id={name},local.type=unix,local.path={here},remote.type=unix,remote.path={there}"

    def packets(self):
        return ["--size", self.size, "--under-way", self.under_way]

    def missing(self):
        return tap.missing() if self.kind == "tap" else None


class OutgoingWorkload(PacketWorkload):
    measured = "out"

    def netdev_options(self, folder, wire):
        if self.kind == "tap":
            return ["--packets", *wire]
        return ["--out-of", folder / "out", "--stream"] if self.kind == "stream" else ["--out-of", folder / "out-peer"]


class RelayWorkload(OutgoingWorkload):
    way = "relay"

    def devices(self, folder):
        # Into a tap's hub they go by datagrams.
        into = self.netdev("in", folder, "stream" if self.kind == "stream" else "dgram")
        ports = [f"hubport,id=hub-{name},hubid=0,netdev={name}" for name in ("in", "out")]
        return [word for each in [into, self.netdev("out", folder, self.kind), *ports] for word in ("-netdev", each)]

    def client(self, folder, pid):
        return [built("packet_relay"), "--into", folder / "in"]


def card(netdev, name):
    # Without the ROM that a card has to boot from.
    return ["-netdev", netdev, "-device", f"virtio-net-pci,netdev={name},addr={SLOT},romfile="]


def machine_of(folder, pid):
    return ["--monitor", folder / "monitor", "--memory", folder / "ram", "--pid", pid, "--slot", SLOT]


class TransmitWorkload(OutgoingWorkload):
    way = "transmit"

    def devices(self, folder):
        return card(self.netdev("out", folder, self.kind), "out")

    def client(self, folder, pid):
        return [built("virtio_pci_transmit"), *machine_of(folder, pid)]

    def missing(self):
        return queue_events_missing() or super().missing()


class ReceiveWorkload(PacketWorkload):
    way = "receive"
    measured = "in"

    def devices(self, folder):
        return card(self.netdev("in", folder, self.kind), "in")

    def client(self, folder, pid):
        return [built("virtio_pci_receive"), *machine_of(folder, pid)]

    def netdev_options(self, folder, wire):
        if self.kind == "tap":
            return ["--packets", *wire]
        return ["--into", folder / "in", *(["--stream"] if self.kind == "stream" else [])]


def workload(way, kind, size, under_way, quick=False):
    name = f"network/{way.way}/{kind}/{size}-qd{under_way}"
    return way(name, f"packet of {size} bytes", "qemu-system-x86_64", quick, kind, size, under_way)


WORKLOADS = [
    workload(RelayWorkload, "dgram", 64, 8),
    workload(RelayWorkload, "dgram", 1500, 8),
    workload(RelayWorkload, "stream", 64, 64),
    workload(RelayWorkload, "stream", 1500, 64),
    workload(RelayWorkload, "stream", 64, 1),
    workload(RelayWorkload, "tap", 1500, 8),
    workload(TransmitWorkload, "tap", 64, 64),
    workload(TransmitWorkload, "tap", 1500, 64),
    workload(TransmitWorkload, "dgram", 64, 8),
    workload(TransmitWorkload, "dgram", 1500, 8),
    workload(TransmitWorkload, "stream", 64, 64),
    workload(TransmitWorkload, "stream", 1500, 64),
    workload(ReceiveWorkload, "tap", 64, 1),
    workload(ReceiveWorkload, "tap", 64, 64, quick=True),
    workload(ReceiveWorkload, "tap", 1500, 64),
    workload(ReceiveWorkload, "dgram", 64, 8),
    workload(ReceiveWorkload, "dgram", 1500, 8),
    workload(ReceiveWorkload, "stream", 64, 64),
    workload(ReceiveWorkload, "stream", 1500, 64),
]
