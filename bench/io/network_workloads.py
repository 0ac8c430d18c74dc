# SPDX-License-Identifier: LGPL-2.1-or-later
"""A virtio network card whose guest sends as fast as it can: to a tap, to a stream socket, and through user networking, from
where everything comes back."""

import dataclasses
import socket
import struct
import threading
import time

import tap
from guest_machine import PATIENCE, GuestFailed, GuestSession, GuestWorkload
from stream_peer import StreamPeer


@dataclasses.dataclass(frozen=True)
class NetworkWorkload(GuestWorkload):
    """`size` is a frame's, its Ethernet header included."""

    size: int
    depth: int

    def load(self):
        return {"load": "transmit", "size": self.size, "depth": self.depth}

    def network(self, backend):
        return ["-netdev", f"{backend},id=net", "-device", "virtio-net-pci,netdev=net,romfile=,mac=52:54:00:12:34:56"]


@dataclasses.dataclass(frozen=True)
class TapWorkload(NetworkWorkload):
    segmented: bool = False

    def load(self):
        return {**super().load(), "segmented": self.segmented}

    def devices(self, folder):
        raise NotImplementedError("a tap's descriptor is made for each start")

    def begin(self, launch, folder):
        return TapSession(self, launch, folder)

    def missing(self):
        return tap.missing() or super().missing()


class TapSession(GuestSession):
    def __init__(self, workload, launch, folder):
        self._size = workload.size
        self._tap = tap.Tap()
        backend = f"tap,fd={self._tap.descriptor}"
        command = [*workload.without_devices(folder), *workload.network(backend)]
        self._received = self._tap.received()
        super().__init__(launch, command, folder, (self._tap.descriptor,))

    def end_of_run(self, operations, dot):
        size, frames = self._tap.received()
        came = (size - self._received[0], frames - self._received[1])
        self._received = (size, frames)
        if came != (operations * self._size, operations):
            raise GuestFailed(f"of {operations} frames {came[1]} came out of the tap, {came[0]} bytes")
        return dot

    def close(self):
        super().close()
        self._tap.close()


@dataclasses.dataclass(frozen=True)
class StreamWorkload(NetworkWorkload):
    def devices(self, folder):
        return self.network(f"stream,server=off,addr.type=unix,addr.path={folder}/net")

    def begin(self, launch, folder):
        return StreamSession(self, launch, folder)


class StreamSession(GuestSession):
    """A frame has its length before it, in four bytes."""

    def __init__(self, workload, launch, folder):
        self._frame = 4 + workload.size
        self._sent = 0
        self._tail = b""
        self._peer = StreamPeer(folder / "net", self._look)
        super().__init__(launch, workload.command(folder), folder)

    def await_devices(self, monitor):
        """QEMU connects beside its other work, and drops what the guest sends until it has."""
        until = time.monotonic() + PATIENCE
        while "type=stream,unix:" not in (state := monitor.hmp("info network")):
            if time.monotonic() > until:
                raise GuestFailed(f"QEMU has not connected to its peer: {state}")
            time.sleep(0.002)

    def _look(self, part):
        self._tail = (self._tail + part[-self._frame :])[-self._frame :]

    def end_of_run(self, operations, dot):
        self._sent += operations
        end = self._peer.await_bytes(self._sent * self._frame)
        length, number = struct.unpack(">I", self._tail[:4])[0], struct.unpack(">I", self._tail[-4:])[0]
        if (length, number) != (self._frame - 4, self._sent - 1):
            raise GuestFailed(f"frame {number} of {length} bytes has come as the last, where {self._sent - 1} was")
        return max(dot, end)

    def close(self):
        super().close()
        self._peer.close()


@dataclasses.dataclass(frozen=True)
class UserWorkload(NetworkWorkload):
    """Each datagram goes to a socket of the host's, and comes back."""

    def load(self):
        return {**super().load(), "load": "echo"}

    def devices(self, folder):
        return self.network("user")

    def begin(self, launch, folder):
        return UserSession(self, launch, folder)


class UserSession(GuestSession):
    def __init__(self, workload, launch, folder):
        self._echo = Echo()
        command = workload.command(folder, port=self._echo.port)
        super().__init__(launch, command, folder)

    def end_of_run(self, operations, dot):
        answered = self._echo.take_count()
        if answered != operations:
            raise GuestFailed(f"{answered} of {operations} datagrams have come to the host")
        return dot

    def close(self):
        super().close()
        self._echo.close()


class Echo:
    """Sends datagrams back to where they come from."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._count = 0
        self._thread = threading.Thread(target=self._answer)
        self._thread.start()

    def take_count(self):
        count, self._count = self._count, 0
        return count

    def _answer(self):
        while True:
            data, sender = self._socket.recvfrom(2048)
            if not data:  # from close()
                return
            # Before the answer: whoever has got it may ask how many there were.
            self._count += 1
            self._socket.sendto(self.answer_to(data), sender)

    def answer_to(self, data):
        return data

    def close(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()


def workload(kind, size, depth, quick=False, **more):
    backend = {TapWorkload: "tap", StreamWorkload: "stream", UserWorkload: "user"}[kind]
    verb = "echo" if kind is UserWorkload else "send"
    marks = [mark for mark in ("segmented", "poll") if more.get(mark)] + ["kvm"] * (more.get("accelerator") == "kvm")
    name = "-".join([f"network/{backend}/{verb}", str(size), f"qd{depth}", *marks])
    operation = f"frame of {size} bytes{' and its answer' if kind is UserWorkload else ''}"
    return kind(name, operation, "qemu-system-x86_64", quick, size, depth, **more)


# A frame is a call of its own, whatever its size: small ones have the most calls for each byte.
WORKLOADS = [
    workload(TapWorkload, 64, 1),
    workload(TapWorkload, 64, 64, quick=True),
    workload(TapWorkload, 64, 64, poll=True),
    workload(TapWorkload, 512, 64),
    workload(TapWorkload, 1514, 64),
    workload(TapWorkload, 65000, 16, segmented=True),
    workload(TapWorkload, 64, 64, accelerator="kvm"),
    workload(StreamWorkload, 64, 64),
    workload(StreamWorkload, 1514, 64),
    workload(UserWorkload, 64, 1),
    workload(UserWorkload, 64, 16, quick=True),
    workload(UserWorkload, 1400, 16),
]
