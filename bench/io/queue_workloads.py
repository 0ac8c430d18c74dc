# SPDX-License-Identifier: LGPL-2.1-or-later
"""The queue of a QEMU's own virtio-blk device, driven from outside: no guest's processor is in the way.

The client puts requests into the machine's memory and signals the event that KVM would signal (clients/virtio_pci_block.cc).
The device's interrupts are spared: with KVM they are no business of QEMU's, and without it they cost no call.
"""

import dataclasses
import os
import pathlib

import stamps
from built import built
from block_client import options_for
from disk import IMAGE_SIZE, Requests, node, node_missing, node_name
from driven_from_outside import DrivenSession, end
from halted_machine import machine_options, queue_events_missing, start_halted
from processors import on_one_processor
from workload import Workload

SLOT = 5


@dataclasses.dataclass(frozen=True)
class QueueWorkload(Workload):
    requests: Requests
    aio: str
    iothread: bool = False
    accelerator: str = "tcg"

    def command(self, folder):
        """QEMU's own command line."""
        iothread = ["-object", "iothread,id=io"] if self.iothread else []
        on_thread = ",iothread=io" if self.iothread else ""
        disk = ["-blockdev", node(self.aio, folder), "-device", f"virtio-blk-pci,drive=disk,addr={SLOT}{on_thread}"]
        return [self.program, *machine_options(folder, self.accelerator), *iothread, *disk]

    def start(self, launch, folder):
        folder = pathlib.Path(folder)
        if self.aio != "null":
            stamps.make_image(folder / "image", IMAGE_SIZE)
        with on_one_processor():
            process = start_halted(launch, self.command(folder), folder)
            try:
                return DrivenSession(process, self.client(folder, process.pid))
            except BaseException:
                end(process)
                raise

    def client(self, folder, pid):
        machine = ["--monitor", folder / "monitor", "--memory", folder / "ram", "--pid", pid, "--slot", SLOT]
        return [built("virtio_pci_block"), *machine, *options_for(self.requests, self.aio)]

    def missing(self):
        if self.accelerator == "kvm" and not os.access("/dev/kvm", os.R_OK | os.W_OK):
            return "there is no /dev/kvm"
        return queue_events_missing() or node_missing(self.aio)


def workload(requests, aio, iothread=False, accelerator="tcg", quick=False):
    kvm = "-kvm" if accelerator == "kvm" else ""
    name = f"block/queue/{node_name(aio, iothread)}/{requests.name()}{kvm}"
    return QueueWorkload(name, requests.operation(), "qemu-system-x86_64", quick, requests, aio, iothread, accelerator)


WORKLOADS = [
    workload(Requests(512, 1, random=True), "threads", quick=True),
    workload(Requests(4096, 16, random=True), "threads"),
    workload(Requests(4096, 16, random=True), "threads", iothread=True),
    workload(Requests(4096, 64, random=True, write=True), "threads"),
    workload(Requests(65536, 4), "threads"),
    workload(Requests(4096, 1, random=True), "native"),
    workload(Requests(4096, 64, random=True), "native", iothread=True),
    workload(Requests(4096, 16, random=True), "io_uring"),
    workload(Requests(65536, 4, write=True), "io_uring", iothread=True),
    workload(Requests(512, 1), "null"),
    workload(Requests(512, 64, random=True), "null", iothread=True),
    workload(Requests(4096, 16, random=True), "threads", accelerator="kvm"),
]
