# SPDX-License-Identifier: LGPL-2.1-or-later
"""A running QEMU with a guest, for tests, tracing and the demo.

    with Machine([*prefix, "qemu-system-x86_64", *demo_machine(guest, disk)]) as machine:
        machine.wait_for_guest("ready")
        machine.guest("disk")                       # -> "ok vda sha256=..."
        machine.qmp.run("system_reset")
        assert machine.quit() == 0, machine.errors()
"""

import collections
import contextlib
import fcntl
import json
import os
import pathlib
import queue
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ThreadState = collections.namedtuple("ThreadState", "tid name mode filters no_new_privs")


def make_linux_guest(directory):
    subprocess.run([HERE / "make-linux-guest", directory], check=True)
    return pathlib.Path(directory)


def make_boot_sector(image):
    subprocess.run([HERE / "make-boot-sector", image], check=True)
    return pathlib.Path(image)


def boot_sector_sum(image):
    """What the boot sector guest prints for this image."""
    data = pathlib.Path(image).read_bytes()[512 : 65 * 512]
    words = (int.from_bytes(data[i : i + 4], "little") for i in range(0, len(data), 4))
    return f"{sum(words) & 0xFFFFFFFF:08X}"


def kvm_works():
    """Whether /dev/kvm is there and makes a virtual machine."""
    try:
        with open("/dev/kvm", "rb") as kvm:
            os.close(fcntl.ioctl(kvm, 0xAE01, 0))  # KVM_CREATE_VM
        return True
    except OSError:
        return False


END_OF_LINE = "qsbx-guest: end of line"

# A translated microvm has no timer that the kernel could measure its clock against.
MICROVM_KERNEL = "tsc_early_khz=2000000"


def linux_kernel(guest, todo="", more=""):
    """The guest of make_linux_guest, with commands of linux-init to begin with, such as "disk,net",
    and more words for the kernel."""
    append = f"console=ttyS0 quiet mitigations=off nokaslr qsbx.do={todo} {more}"
    return ["-kernel", f"{guest}/vmlinuz", "-initrd", f"{guest}/initrd", "-append", append]


def demo_machine(guest, disk, todo=""):
    """The demo's machine: disk on an iothread, network, randomness, balloon, serial line, VNC."""
    # fmt: off
    return [
        "-accel", "tcg", "-m", "256", "-nodefaults", "-no-user-config", "-vga", "std",
        *linux_kernel(guest, todo),
        "-object", "iothread,id=io0",
        "-blockdev", f"driver=file,node-name=file0,filename={disk}",
        "-blockdev", "driver=raw,node-name=disk0,file=file0",
        "-device", "virtio-blk-pci,drive=disk0,iothread=io0",
        "-netdev", "user,id=net0", "-device", "virtio-net-pci,netdev=net0",
        "-object", "rng-random,id=rng0,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=rng0",
        "-device", "virtio-balloon-pci",
        "-display", "none", "-vnc", "127.0.0.1:0,to=99",
    ]
    # fmt: on


def thread_states(pid):
    """The seccomp state of every thread of a process, as /proc tells it."""
    states = []
    for task in sorted(pathlib.Path(f"/proc/{pid}/task").iterdir(), key=lambda path: int(path.name)):
        try:
            fields = dict(re.findall(r"^(\w+):\s*(.*)$", (task / "status").read_text(), re.M))
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
        numbers = (int(fields.get(name, 0)) for name in ("Seccomp", "Seccomp_filters", "NoNewPrivs"))
        states.append(ThreadState(int(task.name), fields["Name"], *numbers))
    return states


class QmpError(Exception):
    pass


class Qmp:
    """A client of a QMP monitor on a Unix socket."""

    def __init__(self, path, timeout=30, process=None):
        self._socket = _connect(path, timeout, process)
        self._lines = self._socket.makefile("r", encoding="utf-8")
        self.events = []
        self._receive()  # the greeting
        self.run("qmp_capabilities")

    def run(self, command, **arguments):
        """Runs a command, with - for _ in argument names, and returns its result."""
        self._socket.sendall(_request(command, arguments))
        return self._answer(command)

    def hand_over(self, descriptor, command, **arguments):
        """Runs a command that takes a descriptor, such as add-fd."""
        socket.send_fds(self._socket, [_request(command, arguments)], [descriptor])
        return self._answer(command)

    def add_file(self, path, fdset, flags=os.O_RDWR):
        """Opens a file and hands it over; returns the name that QEMU has for it."""
        descriptor = os.open(path, flags)
        try:
            self.hand_over(descriptor, "add-fd", fdset_id=fdset)
        finally:
            os.close(descriptor)
        return f"/dev/fdset/{fdset}"

    def _answer(self, command):
        while True:
            message = self._receive()
            if "return" in message:
                return message["return"]
            if "error" in message:
                raise QmpError(f"{command}: {message['error']['desc']}")
            self.events.append(message)

    def hmp(self, line):
        return self.run("human-monitor-command", command_line=line)

    def wait_for_event(self, name, timeout=30):
        self._socket.settimeout(timeout)
        while True:
            for event in self.events:
                if event["event"] == name:
                    self.events.remove(event)
                    return event
            self.events.append(self._receive())

    def close(self):
        self._lines.close()
        self._socket.close()

    def _receive(self):
        line = self._lines.readline()
        if not line:
            raise QmpError("the monitor has closed the connection")
        return json.loads(line)


def _request(command, arguments):
    arguments = {name.replace("_", "-"): value for name, value in arguments.items()}
    return json.dumps({"execute": command, "arguments": arguments}).encode()


def _connect(path, timeout, process):
    until = time.monotonic() + timeout
    while True:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(timeout)
        try:
            client.connect(str(path))
            return client
        except (FileNotFoundError, ConnectionRefusedError):
            client.close()
            if time.monotonic() > until or (process and process.poll() is not None):
                raise
            time.sleep(0.02)


class Lines:
    """Lines that arrive on a stream, kept, and waited for."""

    def __init__(self, stream):
        self.seen = []
        self._queue = queue.Queue()
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def wait_for(self, pattern, timeout):
        """The match of the next line that has `pattern`; TimeoutError when none comes."""
        until = time.monotonic() + timeout
        while True:
            try:
                line = self._queue.get(timeout=max(0, until - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                last = "\n".join(self.seen[-20:])
                raise TimeoutError(f"no line with {pattern!r} in {timeout} s; the last lines:\n{last}")
            self.seen.append(line)
            if match := re.search(pattern, line):
                return match

    def _read(self, stream):
        with contextlib.suppress(ValueError, OSError):  # somebody has closed it, or its terminal hangs up
            for line in stream:
                self._queue.put(line.decode(errors="replace").rstrip("\r\n"))
        self._queue.put(None)


class Machine:
    """A QEMU process whose serial line is its stdin and stdout, with a QMP monitor of its own.

    `command` is QEMU's command line, whatever stands before it included. With serial=False the
    command line says itself what becomes of stdin and stdout; with monitor=False there is no `qmp`. With `terminal`, a
    descriptor, both are that terminal. Without `close_fds` it has our descriptors that can be inherited.
    """

    def __init__(self, command, serial=True, monitor=True, timeout=60, environment=None, terminal=None, close_fds=True):
        self.timeout = timeout
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="qsbx-machine."))
        command = [str(word) for word in command]
        if serial:
            command += ["-serial", "stdio"]
        if monitor:
            command += ["-qmp", f"unix:{self.directory}/qmp,server=on,wait=off"]
        with open(self.directory / "stderr", "wb") as errors:
            self.process = subprocess.Popen(
                command,
                stdin=terminal or subprocess.PIPE,
                stdout=terminal or subprocess.PIPE,
                stderr=errors,
                close_fds=close_fds,
                env={**os.environ, **(environment or {})},
            )
        self.serial = None if terminal else Lines(self.process.stdout)
        self.qmp = None
        if monitor:
            self.qmp = self._open_monitor()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()
        if self.qmp:
            self.qmp.close()
        shutil.rmtree(self.directory)

    @property
    def pid(self):
        return self.process.pid

    def errors(self):
        """What the process has written to stderr so far."""
        return (self.directory / "stderr").read_text(errors="replace")

    def threads(self):
        return thread_states(self.pid)

    def send(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def wait_for_guest(self, what, timeout=None):
        """Waits for a line "qsbx-guest: WHAT ..." of linux-init."""
        try:
            return self.serial.wait_for(rf"qsbx-guest: {what}\b ?(.*)", timeout or self.timeout)[1]
        except TimeoutError as error:
            raise TimeoutError(f"{error}\nexit status {self.process.poll()}\n{self.errors()}") from None

    def guest(self, command, timeout=None):
        """Has linux-init run a command, and returns its answer: "ok ..." or "FAILED ..."."""
        self.send(command + "\n")
        return self.wait_for_guest(command.split()[0], timeout)

    def shell(self, line, timeout=None):
        """What the guest has printed while its shell ran a line, and the line's exit status."""
        before = len(self.serial.seen)
        self.send(f"shell {line}; echo {END_OF_LINE} $?\n")
        status = self.serial.wait_for(rf"{END_OF_LINE} (\d+)", timeout or self.timeout)[1]
        *lines, last = self.serial.seen[before:]
        unfinished = last.partition(END_OF_LINE)[0]
        return lines + ([unfinished] if unfinished else []), int(status)

    def open_qmp(self):
        """One more client of the same monitor; it serves one at a time."""
        return Qmp(self.directory / "qmp", self.timeout)

    def quit(self):
        """A clean end, by QMP; the exit status, negative after a signal."""
        self.qmp.run("quit")
        return self.process.wait(self.timeout)

    def wait(self):
        return self.process.wait(self.timeout)

    def _open_monitor(self):
        until = time.monotonic() + self.timeout
        while not (self.directory / "qmp").exists():
            if self.process.poll() is not None or time.monotonic() > until:
                self._give_up("QEMU has no monitor")
            time.sleep(0.02)
        try:
            return Qmp(self.directory / "qmp", self.timeout, self.process)
        except (OSError, QmpError) as error:
            self._give_up(str(error))

    def _give_up(self, why):
        errors = self.errors()
        self.__exit__()
        raise RuntimeError(f"{why}; exit status {self.process.returncode}\n{errors}")
