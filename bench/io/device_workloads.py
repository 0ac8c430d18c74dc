# SPDX-License-Identifier: LGPL-2.1-or-later
"""Devices that guests use in between: random numbers, the balloon, a shared folder."""

import dataclasses
import subprocess

from guest_machine import GuestWorkload

FILE_SIZE = 4711  # by which the guest knows the file in the folder


@dataclasses.dataclass(frozen=True)
class EntropyWorkload(GuestWorkload):
    """`source` is an object of QEMU's."""

    source: str
    size: int
    depth: int

    def load(self):
        return {"load": "entropy", "size": self.size, "depth": self.depth}

    def devices(self, folder):
        return ["-object", f"{self.source},id=source", "-device", "virtio-rng-pci,rng=source"]


@dataclasses.dataclass(frozen=True)
class BalloonWorkload(GuestWorkload):
    def load(self):
        return {"load": "balloon"}

    def devices(self, folder):
        return ["-device", "virtio-balloon-pci"]


@dataclasses.dataclass(frozen=True)
class FolderWorkload(GuestWorkload):
    def load(self):
        return {"load": "folder", "size": FILE_SIZE}

    def devices(self, folder):
        return ["-fsdev", f"local,id=shared,path={folder}/shared,security_model=none", "-device",
                "virtio-9p-pci,fsdev=shared,mount_tag=shared"]  # fmt: skip

    def begin(self, launch, folder):
        shared = folder / "shared"
        shared.mkdir()
        (shared / "measured").write_bytes(bytes(FILE_SIZE))
        return super().begin(launch, folder)

    def missing(self):
        return super().missing() or self._not_built_in()

    def _not_built_in(self):
        ask = [self.program, "-device", "virtio-9p-pci,help"]
        asked = subprocess.run(ask, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return None if asked.stdout else f"{self.program} was built without 9p"


def entropy(name, source, size, depth, quick=False):
    name = f"rng/{name}/read-{size}-qd{depth}"
    return EntropyWorkload(name, f"read of {size} bytes", "qemu-system-x86_64", quick, source, size, depth)


WORKLOADS = [
    entropy("random", "rng-random,filename=/dev/urandom", 64, 1),
    entropy("random", "rng-random,filename=/dev/urandom", 64, 8),
    entropy("builtin", "rng-builtin", 64, 8),
    BalloonWorkload("balloon/inflate-deflate", "64 pages given away and taken back", "qemu-system-x86_64", quick=False),
    FolderWorkload("9p/walk-getattr-clunk", "walk, getattr and clunk", "qemu-system-x86_64", quick=False),
]
