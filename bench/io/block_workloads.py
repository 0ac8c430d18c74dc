# SPDX-License-Identifier: LGPL-2.1-or-later
"""A virtio disk that a guest reads and writes as fast as it can.

An image is in tmpfs, where nothing waits for a disk: QEMU's own way is all there is to a request.
"""

import dataclasses

import disk
import stamps
from disk import IMAGE_SIZE, Requests
from guest_machine import GuestFailed, GuestSession, GuestWorkload

BLOCKS_CHECKED = 256  # of those that a run has written


@dataclasses.dataclass(frozen=True)
class BlockWorkload(GuestWorkload):
    """`aio` is threads, native or io_uring, or null: then there is no file, and zeros are read."""

    requests: Requests
    aio: str
    iothread: bool = False

    def load(self):
        asked = self.requests
        zeros = {"zeros": True} if self.aio == "null" else {}
        return {"load": "block", "size": asked.block_size, "depth": asked.depth, "write": asked.write,
                "random": asked.random, **zeros}  # fmt: skip

    def devices(self, folder):
        iothread = ["-object", "iothread,id=io"] if self.iothread else []
        on_thread = ",iothread=io" if self.iothread else ""
        return [*iothread, "-blockdev", self.node(folder), "-device", f"virtio-blk-pci,drive=disk{on_thread}"]

    def node(self, folder):
        return disk.node(self.aio, folder)

    def begin(self, launch, folder):
        if self.aio != "null":
            stamps.make_image(folder / "image", IMAGE_SIZE)
        return BlockSession(self, launch, folder)

    def missing(self):
        return disk.node_missing(self.aio) or super().missing()


class BlockSession(GuestSession):
    """Reads are checked by the guest, writes here."""

    def __init__(self, workload, launch, folder):
        self._workload = workload
        self._image = folder / "image"
        self._runs = 0
        self._next_block = 0
        super().__init__(launch, workload.command(folder), folder)

    def end_of_run(self, operations, dot):
        if self._workload.requests.write and self._workload.aio != "null":
            self._runs += 1
            self._check_written(operations)
        return dot

    def _check_written(self, operations):
        """The last ones: what was written before may have been written again."""
        with open(self._image, "rb") as image:
            for left in range(operations, 0, -1):
                if left <= BLOCKS_CHECKED:
                    self._check_block(image, self._next_block)
                self._next_block = block_after(self._workload.requests, self._next_block)

    def _check_block(self, image, block):
        size = self._workload.requests.block_size
        image.seek(block * size)
        data = image.read(size)
        first = block * size // stamps.SECTOR
        for at in range(0, len(data), stamps.SECTOR):
            sector = first + at // stamps.SECTOR
            expected = stamps.stamp(sector, self._runs & 0xFFFF)
            if data[at : at + 8] != expected or data[at + stamps.SECTOR - 8 : at + stamps.SECTOR] != expected:
                raise GuestFailed(f"sector {sector} was not written in run {self._runs}")


def block_after(requests, block):
    """As in guest/block.c."""
    following = block * 1664525 + 1013904223 if requests.random else block + 1
    return following % (IMAGE_SIZE // requests.block_size)


def workload(requests, aio, iothread=False, poll=False, accelerator="tcg", quick=False):
    marks = [mark for mark, has in {"poll": poll, "kvm": accelerator == "kvm"}.items() if has]
    name = "-".join([f"block/guest/{disk.node_name(aio, iothread)}/{requests.name()}", *marks])
    return BlockWorkload(name, requests.operation(), "qemu-system-x86_64", quick, requests, aio, iothread,
                         accelerator=accelerator, poll=poll)  # fmt: skip


# Small requests one at a time make the most calls for each; many at once and large ones are what disks are used for.
WORKLOADS = [
    workload(Requests(512, 1, random=True), "threads", quick=True),
    workload(Requests(512, 1, random=True), "threads", poll=True),
    workload(Requests(4096, 1, random=True), "threads", iothread=True),
    workload(Requests(4096, 16, random=True), "threads", quick=True),
    workload(Requests(4096, 16, random=True), "threads", iothread=True),
    workload(Requests(4096, 16, random=True), "threads", iothread=True, poll=True),
    workload(Requests(4096, 64, random=True), "threads", iothread=True),
    workload(Requests(4096, 16, write=True, random=True), "threads"),
    workload(Requests(65536, 4), "threads"),
    workload(Requests(65536, 4, write=True), "threads", iothread=True),
    workload(Requests(512, 1, random=True), "native"),
    workload(Requests(4096, 16, random=True), "native", iothread=True),
    workload(Requests(4096, 64, write=True, random=True), "native"),
    workload(Requests(65536, 16), "native", iothread=True),
    workload(Requests(512, 1, random=True), "io_uring"),
    workload(Requests(4096, 16, random=True), "io_uring", iothread=True),
    workload(Requests(4096, 16, write=True, random=True), "io_uring"),
    workload(Requests(65536, 4, write=True), "io_uring", iothread=True),
    workload(Requests(512, 1, random=True), "null"),
    workload(Requests(512, 64, random=True), "null", iothread=True, quick=True),
    workload(Requests(4096, 16, random=True), "threads", accelerator="kvm"),
]
