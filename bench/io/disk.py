# SPDX-License-Identifier: LGPL-2.1-or-later
"""The disk that block workloads have: a file in tmpfs, or none at all; what is asked of it, and how that is named."""

import dataclasses
import os

IMAGE_SIZE = 16 << 20


@dataclasses.dataclass(frozen=True)
class Requests:
    """`depth` at once, one after the other or at `random`."""

    block_size: int
    depth: int
    write: bool = False
    random: bool = False

    def name(self):
        return f"{'rand' if self.random else ''}{self._verb()}-{self._size()}-qd{self.depth}"

    def operation(self):
        return f"{self._verb()} of {self._size()}"

    def _verb(self):
        return "write" if self.write else "read"

    def _size(self):
        return f"{self.block_size >> 10}k" if self.block_size % 1024 == 0 else str(self.block_size)


def node_name(aio, iothread):
    return f"{aio}-iothread" if iothread else aio


def node(aio, folder):
    """What the block node "disk" is."""
    if aio == "null":
        return f"driver=null-co,node-name=disk,size={IMAGE_SIZE},read-zeroes=on"
    # A queue of the kernel's takes what goes past the page cache only.
    direct = ",cache.direct=on" if aio == "native" else ""
    return f"driver=file,node-name=disk,filename={folder}/image,aio={aio}{direct}"


def node_missing(aio):
    if aio == "native" and not tmpfs_takes_direct_io():
        return "files in tmpfs do not take O_DIRECT (Linux 6.6), which aio=native needs"
    return None


def tmpfs_takes_direct_io():
    try:
        os.close(os.open("/dev/shm", os.O_TMPFILE | os.O_RDWR | os.O_DIRECT))
        return True
    except OSError:
        return False
