# SPDX-License-Identifier: LGPL-2.1-or-later
"""A viewer of a screen on which everything changes all the time.

QEMU's VNC server looks for changes every 30 ms, and less often the longer there were none, unless the viewer's mouse moves, as
it does here. No more than 33 screens a second can come, so that small ones say how it keeps its time, and large ones what its
work is.
"""

import dataclasses
import socket
import struct
import time

import vnc
from guest_machine import PATIENCE, GuestFailed, GuestSession, GuestWorkload, sample_of

RAW = 0


class Viewer(vnc.VncClient):
    """On a Unix socket. Gets pixels as they are."""

    def __init__(self, path):
        self.stream = socket.socket(socket.AF_UNIX)
        self.stream.settimeout(PATIENCE)
        try:
            self.stream.connect(str(path))
            self._begin(vnc.without_authentication)
            self.send(struct.pack(">BBHi", 2, 0, 1, RAW))
        except BaseException:
            self.close()
            raise

    def ask(self, incremental=True):
        self.send(struct.pack(">BBHHHH", 3, incremental, 0, 0, self.width, self.height))

    def update(self):
        """The pixels of what has changed, by rectangles."""
        if (kind := self.receive(1)[0]) != 0:
            raise GuestFailed(f"the VNC server sends a message of type {kind}")
        count = struct.unpack(">xH", self.receive(3))[0]
        return [self._rectangle() for _ in range(count)]

    def _rectangle(self):
        width, height, encoding = struct.unpack(">4xHHi", self.receive(12))
        if encoding != RAW:
            raise GuestFailed(f"the VNC server sends encoding {encoding}")
        return self._pixels(4 * width * height)

    def _pixels(self, size):
        data = bytearray(size)
        rest = memoryview(data)
        while rest:
            count = self.stream.recv_into(rest)
            if not count:
                raise GuestFailed("the VNC server has gone away")
            rest = rest[count:]
        return data


@dataclasses.dataclass(frozen=True)
class VncWorkload(GuestWorkload):
    """An operation is a screen in a new colour that the viewer has got."""

    width: int
    height: int

    def load(self):
        return {"load": "screen", "width": self.width, "height": self.height}

    def devices(self, folder):
        return ["-device", "VGA,romfile=", "-vnc", f"unix:{folder}/vnc"]

    def begin(self, launch, folder):
        return VncSession(self, launch, folder)


class VncSession(GuestSession):
    """The viewer comes when the guest has set its resolution, which is not told to it later."""

    def __init__(self, workload, launch, folder):
        self._pixels = workload.width * workload.height
        self._colour = 0
        self._viewer = None
        super().__init__(launch, workload.command(folder), folder)
        try:
            with self._explained():
                self._connect(workload, folder)
        except BaseException:
            self.close()
            raise

    def _connect(self, workload, folder):
        self._viewer = Viewer(folder / "vnc")
        if (self._viewer.width, self._viewer.height) != (workload.width, workload.height):
            raise GuestFailed(f"the screen has {self._viewer.width} by {self._viewer.height} pixels")
        self._viewer.ask(incremental=False)
        self._await_colour()

    def _run(self, operations):
        return sample_of([self._seconds_of_screen() for _ in range(operations)])

    def _seconds_of_screen(self):
        begin = time.perf_counter()
        super()._run(1)
        self._colour = (self._colour + 1) & 0xFFFFFF
        self._viewer.move(self._colour % self._viewer.width, 0)
        self._viewer.ask()
        self._await_colour()
        return time.perf_counter() - begin

    def _await_colour(self):
        """Until the whole screen has been sent as it is now; parts may come as they were while it was drawn."""
        until = time.monotonic() + PATIENCE
        pixel = struct.pack("<I", self._colour)
        left = self._pixels
        while left > 0:
            if time.monotonic() > until:
                raise GuestFailed(f"the viewer does not get colour {self._colour}")
            for pixels in self._viewer.update():
                if pixels == pixel * (len(pixels) // 4):
                    left -= len(pixels) // 4
            if left > 0:
                self._viewer.ask()

    def close(self):
        super().close()
        if self._viewer:
            self._viewer.close()


def screen(width, height, quick=False):
    size = f"{width}x{height}"
    return VncWorkload(f"vnc/raw/{size}", f"screen of {size}", "qemu-system-x86_64", quick, width, height)


WORKLOADS = [screen(640, 480), screen(1920, 1080)]
