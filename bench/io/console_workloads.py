# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a guest writes to its consoles: a serial port by the byte, virtio-serial by the request. It goes to a file: for
one that cannot take more at the moment, QEMU's virtio consoles do not wait."""

import dataclasses
import string

from guest_machine import GuestFailed, GuestSession, GuestWorkload

LETTERS = string.ascii_lowercase.encode()


@dataclasses.dataclass(frozen=True)
class ConsoleWorkload(GuestWorkload):
    """`size` is what one operation writes."""

    size: int

    def devices(self, folder):
        return ["-chardev", f"file,id=console,path={folder}/console,append=on", *self.console()]

    def console(self):
        raise NotImplementedError

    def begin(self, launch, folder):
        return ConsoleSession(self, launch, folder)


@dataclasses.dataclass(frozen=True)
class SerialWorkload(ConsoleWorkload):
    def load(self):
        return {"load": "serial"}

    def console(self):
        return ["-device", "isa-serial,chardev=console"]


@dataclasses.dataclass(frozen=True)
class VirtioWorkload(ConsoleWorkload):
    depth: int

    def load(self):
        return {"load": "console", "size": self.size, "depth": self.depth}

    def console(self):
        return ["-device", "virtio-serial-pci", "-device", "virtconsole,chardev=console"]


class ConsoleSession(GuestSession):
    def __init__(self, workload, launch, folder):
        self._size = workload.size
        self._letters = Letters()
        self._file = folder / "console"
        super().__init__(launch, workload.command(folder), folder)

    def end_of_run(self, operations, dot):
        written = self._file.read_bytes()
        self._letters.check(written)
        if len(written) != operations * self._size:
            raise GuestFailed(f"{len(written)} of {operations * self._size} letters are in the file")
        with open(self._file, "wb"):  # empty for the next run: QEMU appends
            return dot


class Letters:
    """What guest/console.c writes: a to z, over and over."""

    def __init__(self):
        self._next = 0

    def check(self, part):
        expected = (LETTERS * (len(part) // len(LETTERS) + 2))[self._next : self._next + len(part)]
        if part != expected:
            raise GuestFailed("letters have come that the guest did not write, or not now")
        self._next = (self._next + len(part)) % len(LETTERS)


def virtio(size, depth, quick=False):
    name = f"console/virtio-serial/write-{size}-qd{depth}"
    return VirtioWorkload(name, f"write of {size} bytes", "qemu-system-x86_64", quick, size, depth)


WORKLOADS = [
    SerialWorkload("console/serial/write", "byte", "qemu-system-x86_64", False, 1),
    virtio(64, 1),
    virtio(1024, 8),
]
