# SPDX-License-Identifier: LGPL-2.1-or-later
"""What qemu-storage-daemon serves: disks over vhost-user-blk and NBD, driven from outside.

An image is in tmpfs, where nothing waits for a disk: the daemon's own way is all there is to a request.
"""

import dataclasses
import os
import pathlib

import stamps
from built import built
from block_client import options_for
from disk import IMAGE_SIZE, Requests, node, node_missing, node_name
from driven_from_outside import DrivenSession, await_that, end, started
from processors import on_one_processor
from workload import Workload

EXPORT = "disk"


@dataclasses.dataclass(frozen=True)
class StorageWorkload(Workload):
    """`aio` is threads, native or io_uring, or null: then there is no file."""

    requests: Requests
    aio: str
    iothread: bool = False

    def command(self, folder):
        """The daemon's own command line."""
        iothread = ["--object", "iothread,id=io"] if self.iothread else []
        disk = ["--blockdev", node(self.aio, folder), *self.export(folder)]
        return [self.program, "--pidfile", f"{folder}/pid", *iothread, *disk]

    def export(self, folder):
        raise NotImplementedError

    def client(self, folder):
        raise NotImplementedError

    def start(self, launch, folder):
        folder = pathlib.Path(folder)
        if self.aio != "null":
            stamps.make_image(folder / "image", IMAGE_SIZE)
        client = [*self.client(folder), *options_for(self.requests, self.aio)]
        with on_one_processor():
            process = started(launch, self.command(folder), folder)
            try:
                await_main_loop(folder / "pid", process)
                launch.ready(process.pid)
                return DrivenSession(process, client)
            except BaseException:
                end(process)
                raise

    def missing(self):
        return node_missing(self.aio)

    def on_thread(self):
        return ",iothread=io" if self.iothread else ""


@dataclasses.dataclass(frozen=True)
class VhostUserWorkload(StorageWorkload):
    queues: int = 1

    def export(self, folder):
        socket = f"addr.type=unix,addr.path={folder}/socket"
        options = f"writable=on,num-queues={self.queues}{self.on_thread()}"
        return ["--export", f"type=vhost-user-blk,id=export,node-name=disk,{socket},{options}"]

    def client(self, folder):
        return [built("vhost_user_block"), "--socket", folder / "socket", "--queues", self.queues]


class NbdWorkload(StorageWorkload):
    def export(self, folder):
        return ["--nbd-server", f"addr.type=unix,addr.path={folder}/socket",
                "--export", f"type=nbd,id=export,node-name=disk,name={EXPORT},writable=on{self.on_thread()}"]  # fmt: skip

    def client(self, folder):
        return [built("nbd_block"), "--socket", folder / "socket", "--export", EXPORT]


def await_main_loop(pid_file, process):
    """Until the daemon serves. It listens before it has carried out all of its options, which takes calls that a filter may not
    grant; the PID file is what it writes last, and ppoll() what its loop waits by."""
    await_that(lambda: pid_file.exists() and is_in_ppoll(process.pid), process, pid_file.parent, f"it wrote {pid_file}")


def is_in_ppoll(pid):
    number = {"x86_64": "271", "aarch64": "73"}[os.uname().machine]
    try:
        return pathlib.Path(f"/proc/{pid}/syscall").read_text().split()[0] == number
    except OSError:  # it has ended
        return False


def workload(kind, requests, aio, iothread=False, quick=False, **more):
    protocol = {VhostUserWorkload: "vhost-user", NbdWorkload: "nbd"}[kind]
    queues = f"-{more['queues']}-queues" if more else ""
    name = f"storage/{protocol}/{node_name(aio, iothread)}/{requests.name()}{queues}"
    return kind(name, requests.operation(), "qemu-storage-daemon", quick, requests, aio, iothread, **more)


# Small requests one at a time make the most calls for each; many at once and large ones are what disks are used for.
WORKLOADS = [
    workload(VhostUserWorkload, Requests(512, 1, random=True), "threads", quick=True),
    workload(VhostUserWorkload, Requests(4096, 16, random=True), "threads"),
    workload(VhostUserWorkload, Requests(4096, 16, random=True, write=True), "threads", iothread=True),
    workload(VhostUserWorkload, Requests(4096, 16, random=True), "threads", queues=4),
    workload(VhostUserWorkload, Requests(65536, 4), "threads", iothread=True),
    workload(VhostUserWorkload, Requests(4096, 1, random=True), "native", iothread=True),
    workload(VhostUserWorkload, Requests(4096, 64, random=True), "native"),
    workload(VhostUserWorkload, Requests(4096, 16, random=True), "io_uring"),
    workload(VhostUserWorkload, Requests(65536, 16, write=True), "io_uring", iothread=True),
    workload(VhostUserWorkload, Requests(512, 1), "null"),
    workload(VhostUserWorkload, Requests(512, 64, random=True), "null", iothread=True),
    workload(NbdWorkload, Requests(512, 1, random=True), "threads"),
    workload(NbdWorkload, Requests(4096, 16, random=True), "threads", quick=True),
    workload(NbdWorkload, Requests(65536, 4, write=True), "io_uring", iothread=True),
    workload(NbdWorkload, Requests(4096, 1), "null"),
]
