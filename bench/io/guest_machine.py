# SPDX-License-Identifier: LGPL-2.1-or-later
"""A QEMU with the guest of bench/io/guest, which does nothing but keep one device busy. guest/main.c has what is said to it
and by it."""

import contextlib
import dataclasses
import math
import os
import pathlib
import platform
import select
import shutil
import signal
import socket
import subprocess
import time

import machine
from built import built
from processors import on_one_processor
from workload import Sample, Session, Workload

PATIENCE = 30  # seconds, for what takes a fraction of one
LONGEST_RUN = 300


class GuestFailed(RuntimeError):
    pass


class Line:
    """What a guest writes letters to: QEMU connects when it makes the device. `begins_with` is the letter that counts."""

    def __init__(self, path, begins_with=b"."):
        self._dot = begins_with
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._stream = None
        self._rest = b""

    def accept(self, process):
        """Waits for QEMU, but not for one that has ended."""
        until = time.monotonic() + PATIENCE
        while not select.select([self._listener], [], [], 0.05)[0]:
            if process.poll() is not None or time.monotonic() > until:
                raise GuestFailed("QEMU has not made the guest's line")
        self._stream = self._listener.accept()[0]

    def say(self, text):
        self._stream.sendall(text.encode() + b"\n")

    def await_dot(self, patience):
        """When the guest said its dot; `line` then has the rest."""
        self._receive(patience)
        now = time.perf_counter()
        if not self._rest.startswith(self._dot):
            raise GuestFailed(self.line())
        self._rest = self._rest[1:]
        return now

    def line(self):
        while b"\n" not in self._rest:
            self._receive(PATIENCE, more=True)
        line, self._rest = self._rest.split(b"\n", 1)
        return line.decode(errors="replace")

    def _receive(self, patience, more=False):
        if self._rest and not more:
            return
        self._stream.settimeout(patience)
        try:
            part = self._stream.recv(4096)
        except TimeoutError:
            raise GuestFailed(f"the guest has said nothing for {patience} s") from None
        except ConnectionError:
            part = b""
        if not part:
            raise GuestFailed("QEMU has gone away")
        self._rest += part

    def close(self):
        for one in (self._stream, self._listener):
            if one:
                one.close()


class GuestSession(Session):
    """`command` is QEMU's own, with the options below; `folder` gets the sockets and QEMU's errors."""

    def __init__(self, launch, command, folder, descriptors=()):
        folder = pathlib.Path(folder)
        self._line = Line(folder / "line")
        self._monitor = None
        self._errors = folder / "errors"
        with open(self._errors, "wb") as errors:
            self.process = launch.popen(command, descriptors, stdin=-3, stdout=errors, stderr=errors)
        self.pid = self.process.pid
        try:
            with self._explained():
                self._begin(launch, folder)
        except BaseException:
            self.close()
            raise

    def _begin(self, launch, folder):
        self._line.accept(self.process)
        self._monitor = machine.Qmp(folder / "monitor", process=self.process)
        self.await_devices(self._monitor)
        launch.ready(self.pid)
        self._monitor.run("cont")
        self._first_dot = self._line.await_dot(PATIENCE)
        self._first_time = int(fields(self._line.line(), "ready")[0], 16)

    def await_devices(self, monitor):
        """Until those are ready that QEMU does not wait for."""

    def run(self, operations):
        with self._explained():
            return self._run(operations)

    def _run(self, operations):
        begin = time.perf_counter()
        self._line.say(f"run {operations}")
        dot = self._line.await_dot(LONGEST_RUN)
        done, now, *latencies = fields(self._line.line(), "done")
        if int(done) != operations:
            raise GuestFailed(f"the guest did {done} of {operations} operations")
        end = self.end_of_run(operations, dot)
        ticks_of_nanosecond = (int(now, 16) - self._first_time) / ((dot - self._first_dot) * 1e9)
        nanoseconds = [round(int(ticks, 16) / ticks_of_nanosecond) for ticks in latencies]
        return Sample(operations, end - begin, dict(zip(("p50", "p90", "p99", "max"), nanoseconds)))

    def end_of_run(self, operations, dot):
        """Checks on the host's side what the guest did; says when the run was over, if that was not at the guest's dot."""
        return dot

    def close(self):
        self.process.kill()
        self.process.wait()
        if self._monitor:
            self._monitor.close()
        self._line.close()

    def _explained(self):
        return explained_by_end(self.process, self._errors)


@contextlib.contextmanager
def explained_by_end(process, errors):
    """A QEMU that has ended says more than the guest or the monitor whom it took along."""
    try:
        yield
    except (GuestFailed, machine.QmpError, OSError) as failed:
        raise GuestFailed(f"{failed}{_end_of(process)}{_last_words(errors)}") from failed


def _end_of(process):
    try:
        status = process.wait(0.2)
    except subprocess.TimeoutExpired:
        return ""
    return f": QEMU was killed by {signal.Signals(-status).name}" if status < 0 else f": QEMU ended with status {status}"


def _last_words(errors):
    words = errors.read_text(errors="replace").strip()
    return f": {words}" if words else ""


def words(parameters):
    return " ".join(f"{name}={int(value) if isinstance(value, bool) else value}" for name, value in parameters.items())


def fields(line, kind):
    first, *others = line.split()
    if first != kind:
        raise GuestFailed(line)
    return others


@dataclasses.dataclass(frozen=True)
class GuestWorkload(Workload):
    """`accelerator` is tcg or kvm. The guest sleeps until its device is done, and everything is on one processor, so that it is
    busy all the time; or the guest is to `poll`, and has a processor for that."""

    accelerator: str = dataclasses.field(default="tcg", kw_only=True)
    poll: bool = dataclasses.field(default=False, kw_only=True)

    def load(self):
        """What the guest does, by the names of its parameters."""
        raise NotImplementedError

    def devices(self, folder):
        """QEMU's options."""
        raise NotImplementedError

    def command(self, folder, **more):
        """QEMU's own command line; the guest gets `more` parameters."""
        return [*self.without_devices(folder, **more), *self.devices(folder)]

    def without_devices(self, folder, **more):
        parameters = {**self.load(), "wait": "poll" if self.poll else "halt", **more}
        return [self.program, *machine_options(folder, self.accelerator), *line_options(folder), "-fw_cfg",
                f"name=opt/qsbx.bench,string={words(parameters)}"]  # fmt: skip

    def start(self, launch, folder):
        with contextlib.nullcontext() if self.poll else on_one_processor():
            return self.begin(launch, pathlib.Path(folder))

    def begin(self, launch, folder):
        return GuestSession(launch, self.command(folder), folder)

    def missing(self):
        return program_missing(self.program, self.accelerator)


def sample_of(times):
    """Of operations that took so many seconds each."""
    ordered = sorted(times)
    quantiles = {name: ordered[math.ceil(len(ordered) * share) - 1] for name, share in
                 {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1}.items()}  # fmt: skip
    return Sample(len(times), sum(times), {name: round(seconds * 1e9) for name, seconds in quantiles.items()})


def machine_options(folder, accelerator="tcg"):
    """A machine that consists of the guest, stopped, with a monitor. With one processor and no room for another, TCG of QEMU
    7.2 leaves memory barriers out, and the guest loses notifications."""
    return [
        *("-machine", "pc", "-accel", accelerator, "-m", "32", "-smp", "1,maxcpus=2", "-bios", built("guest.bin")),
        *("-nodefaults", "-no-user-config", "-display", "none"),
        *("-S", "-qmp", f"unix:{folder}/monitor,server=on,wait=off"),
    ]


def line_options(folder):
    return ["-chardev", f"socket,id=line,path={folder}/line", "-device", "isa-serial,chardev=line"]


def program_missing(program, accelerator="tcg"):
    """Why there is no such machine here, or None."""
    if platform.machine() != "x86_64":
        return "the guest is for x86_64"
    if not shutil.which(program):
        return f"{program} is not here"
    if accelerator == "kvm":
        try:
            open("/dev/kvm", "rb").close()
        except OSError as error:
            return f"/dev/kvm: {error.strerror}"
    return None
