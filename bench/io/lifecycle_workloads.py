# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long a machine takes to begin, to begin again, and to move.

The guest's first instructions write a letter to QEMU's debug console, which is when a guest is said to run; with
firmware these are the firmware's. Machines are started as managers do: stopped, with a monitor by which they are told
to go on.
"""

import contextlib
import dataclasses
import os
import pathlib
import tempfile
import time

import firmware_machine
import machine
import tap
from disk import IMAGE_SIZE
from filters import filter_count
from guest_machine import PATIENCE, GuestFailed, Line, explained_by_end, machine_options, program_missing, sample_of
from workload import Launch, Session, Workload

FIRST_LETTER = b"S"  # SeaBIOS begins with the same
QEMU, PATCHED_QEMU = "qemu-system-x86_64", "QSBX_PATCHED_QEMU"


class Begun:
    """A machine with a debug console that is about to be told to go on."""

    def __init__(self, launch, command, folder, descriptors=()):
        folder = pathlib.Path(folder)
        self.first = Line(folder / "line", begins_with=FIRST_LETTER)
        self.monitor = None
        self.errors = folder / "errors"
        with open(self.errors, "wb") as errors:
            self.process = launch.popen([*command, *debug_console(folder)], descriptors, stdin=-3, stdout=errors,
                                        stderr=errors)  # fmt: skip
        try:
            with self.explained():
                self.first.accept(self.process)
                self.monitor = machine.Qmp(folder / "monitor", process=self.process)
                launch.ready(self.process.pid)
        except BaseException:
            self.close()
            raise

    def explained(self):
        return explained_by_end(self.process, self.errors)

    def go_on(self):
        """When the guest's first instruction ran."""
        self.monitor.run("cont")
        return self.first.await_dot(PATIENCE)

    def close(self):
        self.process.kill()
        self.process.wait()
        if self.monitor:
            self.monitor.close()
        self.first.close()


def debug_console(folder):
    return ["-chardev", f"socket,id=first,path={folder}/line", "-device", "isa-debugcon,iobase=0x402,chardev=first"]


def sleeping_guest(program, folder, accelerator="tcg"):
    """The command of a machine whose guest sleeps."""
    return [program, *machine_options(folder, accelerator)]


class ProcessesSession(Session):
    """Each operation has processes of its own; `operate(folder)` says how many seconds it took, or what `sample` makes
    a Sample of, and how many filters the measured process had when its guest ran."""

    pid = None
    filter_count = None

    def __init__(self, folder, operate, sample=sample_of, resources=None):
        self._folder, self._operate, self._sample = folder, operate, sample
        self._resources = resources or contextlib.ExitStack()

    def run(self, operations):
        return self._sample([self._one() for _ in range(operations)])

    def _one(self):
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            took, self.filter_count = self._operate(pathlib.Path(folder))
            return took

    def close(self):
        self._resources.close()


@dataclasses.dataclass(frozen=True)
class LifecycleWorkload(Workload):
    def missing(self):
        return program_missing(self.program)


@dataclasses.dataclass(frozen=True)
class StartWorkload(LifecycleWorkload):
    """From before the process is made. A machine that consists of a guest."""

    starts_processes = True

    accelerator: str = "tcg"

    def start(self, launch, folder):
        return ProcessesSession(folder, lambda own: seconds_of_start(launch, self._command(own), own))

    def _command(self, folder):
        return sleeping_guest(self.program, folder, self.accelerator)

    def missing(self):
        if not self.program:
            return f"{PATCHED_QEMU} is not set: scripts/build-qemu prints what it has to be"
        return program_missing(self.program, self.accelerator)


@dataclasses.dataclass(frozen=True)
class FirmwareStartWorkload(StartWorkload):
    """A machine that managers would start."""

    def start(self, launch, folder):
        with open(folder / "image", "wb") as image:
            image.truncate(IMAGE_SIZE)
        resources = contextlib.ExitStack()
        network = resources.enter_context(contextlib.closing(tap.Tap()))
        return ProcessesSession(folder, lambda own: self._seconds(launch, own, network), resources=resources)

    def _command(self, folder):
        return [self.program, *firmware_machine.machine_options(folder, folder.parent, self.accelerator)]

    def _seconds(self, launch, own, network):
        with network.inherited_as(firmware_machine.TAP_DESCRIPTOR) as descriptor:
            return seconds_of_start(launch, self._command(own), own, (descriptor,))

    def missing(self):
        return tap.missing() or super().missing()


def seconds_of_start(launch, command, folder, descriptors=()):
    """(seconds, filters)"""
    begin = time.perf_counter()
    begun = Begun(launch, command, folder, descriptors)
    with contextlib.closing(begun), begun.explained():
        took = begun.go_on() - begin
        return took, filter_count(begun.process.pid)


@dataclasses.dataclass(frozen=True)
class ResetWorkload(LifecycleWorkload):
    def start(self, launch, folder):
        return ResetSession(launch, self.program, folder)


class ResetSession(Session):
    def __init__(self, launch, program, folder):
        self._begun = Begun(launch, sleeping_guest(program, folder), folder)
        self.pid = self._begun.process.pid
        try:
            with self._begun.explained():
                self._begun.go_on()
        except BaseException:
            self.close()
            raise

    def run(self, operations):
        with self._begun.explained():
            return sample_of([self._seconds_of_reset() for _ in range(operations)])

    def _seconds_of_reset(self):
        begin = time.perf_counter()
        self._begun.monitor.run("system_reset")
        return self._begun.first.await_dot(PATIENCE) - begin

    def close(self):
        self._begun.close()


@dataclasses.dataclass(frozen=True)
class MigrationWorkload(LifecycleWorkload):
    """Between two QEMUs on this machine, of which the source is measured. Its seconds are those of whole migrations, from the
    command to the guest's running again; its latencies are of the time in which neither runs. Both end and begin at the
    moments that events have."""

    starts_processes = True

    features: tuple = ("migration",)

    def start(self, launch, folder):
        return ProcessesSession(folder, lambda own: self._migrate(launch, own), sample_of_migrations)

    def _migrate(self, launch, folder):
        """((seconds of all of it, seconds of downtime), filters of the source)"""
        with contextlib.ExitStack() as stack:
            target = stack.enter_context(self._begun(Launch(), folder / "target", ["-incoming", f"unix:{folder}/moved"]))
            source = stack.enter_context(self._begun(launch, folder / "source"))
            source.go_on()
            begin = time.time()  # as events have it
            source.monitor.run("migrate", uri=f"unix:{folder}/moved")
            await_migrated(source.monitor)
            target.monitor.run("cont")
            end = moment(target.monitor.wait_for_event("RESUME"))
            took = end - begin, end - moment(source.monitor.wait_for_event("STOP"))
            return took, filter_count(source.process.pid)

    @contextlib.contextmanager
    def _begun(self, launch, folder, options=()):
        folder.mkdir()
        command = [*sleeping_guest(self.program, folder), *options]
        with contextlib.closing(Begun(launch, command, folder)) as begun, begun.explained():
            yield begun


def sample_of_migrations(migrations):
    whole, downtimes = zip(*migrations)
    return dataclasses.replace(sample_of(downtimes), seconds=sum(whole))


def await_migrated(monitor):
    until = time.monotonic() + PATIENCE
    while (status := monitor.run("query-migrate").get("status")) != "completed":
        if status in ("failed", "cancelled") or time.monotonic() > until:
            raise GuestFailed(f"the migration is {status}")
        time.sleep(0.002)


def moment(event):
    return event["timestamp"]["seconds"] + event["timestamp"]["microseconds"] / 1e6


def start(kind, patched=False, accelerator="tcg", quick=False):
    machine_name = {StartWorkload: "minimal", FirmwareStartWorkload: "firmware"}[kind]
    marks = [mark for mark, has in {"kvm": accelerator == "kvm", "patched": patched}.items() if has]
    program = os.environ.get(PATCHED_QEMU, "") if patched else QEMU
    return kind("-".join([f"lifecycle/start/{machine_name}", *marks]), "start, from exec to the guest's first instruction",
                program, quick, accelerator)  # fmt: skip


WORKLOADS = [
    start(StartWorkload),
    start(FirmwareStartWorkload, quick=True),
    start(StartWorkload, accelerator="kvm"),
    start(FirmwareStartWorkload, accelerator="kvm"),
    start(StartWorkload, patched=True),
    start(FirmwareStartWorkload, patched=True, quick=True),
    ResetWorkload("lifecycle/reset", "reset, to the guest's first instruction", QEMU, quick=False),
    MigrationWorkload("lifecycle/migration", "migration; its latency is the downtime", QEMU, quick=False),
]
