# SPDX-License-Identifier: LGPL-2.1-or-later
"""The other ends of chardevs that are a guest's serial line: what the guest says arrives there, and it is obeyed from there."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import socket
import struct
import termios
import threading
import time
import tty

from backend_peers import Listening, OnSocket, Peer
from web_socket import WebSocket


class Console(Peer):
    """`read` returns what there is, perhaps nothing; `write` is left out where nothing can be said."""

    write = None

    def meet(self, machine):
        self.machine = machine
        self.heard = b""
        self.open()

    def open(self):
        pass

    def close(self):
        pass

    def come_again(self, _):
        self.close()
        time.sleep(0.1)
        self.open()

    def __exit__(self, *_):
        with contextlib.suppress(AttributeError, OSError):
            self.close()
        super().__exit__()

    def wait_for(self, pattern, timeout):
        until = time.monotonic() + timeout
        while not (match := re.search(pattern.encode(), self.heard)):
            if time.monotonic() > until:
                raise TimeoutError(f"no {pattern!r} in {timeout} s; the last: {self.heard[-200:]}")
            self.heard += self.read()
        self.heard = self.heard[match.end():]

    def ask_guest(self):
        """Has the guest work once more."""
        if self.write:
            self.write(b"t")
        else:
            self.machine.qmp.run("system_reset")


class ByDescriptor(Console):
    """`reader` and `writer` are descriptors."""

    def read(self):
        ready, _, _ = select.select([self.reader], [], [], 0.2)
        return os.read(self.reader, 4096) if ready else b""

    def write(self, data):
        os.write(self.writer, data)

    def close(self):
        for descriptor in {self.reader, self.writer}:
            os.close(descriptor)


class Stdio(ByDescriptor):
    def read(self):
        with contextlib.suppress(TimeoutError):
            return (self.machine.serial.wait_for("", 0.2).string + "\n").encode()
        return b""

    def write(self, data):
        self.machine.send(data.decode())

    def close(self):
        pass


class Pty(ByDescriptor):
    def open(self):
        devices = {entry["label"]: entry["filename"] for entry in self.machine.qmp.run("query-chardev")}
        self.reader = self.writer = os.open(devices["c0"].removeprefix("pty:"), os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.reader)


class Pipe(ByDescriptor):
    def __enter__(self):
        for name in ("pipe.in", "pipe.out"):
            if not (self.place.directory / name).exists():
                os.mkfifo(self.place.directory / name)
        return self

    def open(self):
        self.writer = os.open(self.place.directory / "pipe.in", os.O_WRONLY)
        self.reader = os.open(self.place.directory / "pipe.out", os.O_RDONLY)


class Line(ByDescriptor):
    """A serial port of the host's: the other end of a pseudo terminal, at {dir}/line."""

    def __enter__(self):
        self.reader, theirs = pty.openpty()
        self.writer = self.reader
        tty.setraw(theirs)
        self.stack.callback(os.close, theirs)
        (self.place.directory / "line").unlink(missing_ok=True)
        (self.place.directory / "line").symlink_to(os.ttyname(theirs))
        return self

    def come_again(self, _):
        pass


class File(Console):
    def open(self):
        self.read_so_far = 0

    def read(self):
        time.sleep(0.05)
        data = (self.place.directory / "said").read_bytes()[self.read_so_far:]
        self.read_so_far += len(data)
        return data


class Ring(Console):
    """Memory of QEMU's, which its monitor reads and writes."""

    def read(self):
        time.sleep(0.05)
        return self.machine.qmp.run("ringbuf-read", device="c0", size=4096).encode()


class SocketConsole(OnSocket, Console):
    def open(self):
        self.socket = self.connect()
        self.socket.settimeout(0.2)

    def read(self):
        try:
            data = self.socket.recv(4096)
        except TimeoutError:
            return b""
        assert data, "the connection has ended"
        return data

    def write(self, data):
        self.socket.sendall(data)

    def close(self):
        self.socket.close()


class UnixConsole(SocketConsole):
    family = socket.AF_UNIX


class BesideTerminal(UnixConsole):
    """And a terminal on which QEMU draws the screen."""

    def __enter__(self):
        self.ours, self.terminal = pty.openpty()
        self.stack.callback(os.close, self.ours)
        self.stack.callback(os.close, self.terminal)
        self.drawn = b""
        threading.Thread(target=self.look, daemon=True).start()
        return self

    def look(self):
        with contextlib.suppress(OSError):
            while part := os.read(self.ours, 4096):
                self.drawn += part

    def work(self, machine):
        until = time.monotonic() + machine.timeout
        while b"Hard Disk" not in self.drawn:  # SeaBIOS says what it starts from
            assert time.monotonic() < until, f"the screen is not drawn: {self.drawn[-200:]}"
            time.sleep(0.05)
        os.write(self.ours, b"a")
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("4H", 50, 132, 0, 0))
        machine.process.send_signal(signal.SIGWINCH)  # as a terminal does that is QEMU's own
        machine.qmp.run("query-status")


class WebSocketConsole(SocketConsole):
    def connect(self):
        return WebSocket(super().connect())


class ListeningConsole(Listening, SocketConsole):
    pass


class UnixListeningConsole(ListeningConsole):
    family = socket.AF_UNIX


class Udp(SocketConsole):
    def __enter__(self):
        self.bound = self.stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.bound.bind(("127.0.0.1", self.place.peer))
        return self

    def connect(self):
        return self.bound.dup()

    def write(self, data):
        self.socket.sendto(data, self.address())
