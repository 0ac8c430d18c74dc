# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who is at the other end of a backend: servers of disks, networks, clients of displays. What is behind a serial line is in
backend_consoles.py.

    with NbdServer(place) as peer:        # before QEMU starts
        peer.meet(machine)                # when it runs
        peer.work(machine)                # data through the backend, checked
        peer.come_again(machine)          # where it can leave and return
"""

import contextlib
import os
import pathlib
import socket
import struct
import subprocess
import time

import managed_machine
import vnc
from streams import receive_exactly


class Place:
    """What the words of a machine name: a folder, and two ports that are free."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.port = managed_machine.free_port()
        self.peer = managed_machine.free_port()

    def fill_in(self, words):
        return words.format(dir=self.directory, port=self.port, peer=self.peer, vnc=self.port - 5900).split()


class Peer:
    """Nobody."""

    terminal = None  # what QEMU's stdin and stdout are, instead of pipes

    def __init__(self, place):
        self.place = place
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()

    def meet(self, machine):
        pass

    def work(self, machine):
        pass

    def come_again(self, machine):
        pass

    def expect_another(self):
        """One QEMU has ended, and another is about to start."""


class OnSocket(Peer):
    """At the socket {dir}/server, or the port {port}."""

    family = socket.AF_INET

    def address(self):
        if self.family == socket.AF_UNIX:
            return str(self.place.directory / "server")
        return "127.0.0.1", self.place.port

    def connect(self):
        """The connected socket, where QEMU listens."""
        stream = socket.socket(self.family)
        stream.settimeout(20)
        stream.connect(self.address())
        return stream


class Listening(OnSocket):
    """QEMU connects. It does not come again without reconnect=."""

    def __enter__(self):
        self.listener = self.stack.enter_context(socket.socket(self.family))
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(self.address())
        self.listener.listen()
        self.listener.settimeout(20)
        return self

    def connect(self):
        return self.listener.accept()[0]

    def come_again(self, _):
        pass


class Server(Peer):
    """A process that serves something, at the socket {dir}/server or the port {port}."""

    def command(self):
        raise NotImplementedError

    def listens(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.place.port), 1):
            return True
        return (self.place.directory / "server").exists()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        super().__exit__()

    def start(self):
        self.process = subprocess.Popen([str(word) for word in self.command()], stderr=subprocess.DEVNULL)
        until = time.monotonic() + 30
        while not self.listens():
            assert self.process.poll() is None and time.monotonic() < until, "the server does not listen"
            time.sleep(0.02)

    def stop(self):
        self.process.kill()
        self.process.wait()
        (self.place.directory / "server").unlink(missing_ok=True)


class NbdOnUnixSocket(Server):
    where = ["--socket={dir}/server"]

    def command(self):
        where = self.place.fill_in(" ".join(self.where))
        return ["qemu-nbd", "--format=raw", "--persistent", "--shared=4", *where, self.disk()]

    def disk(self):
        image = self.place.directory / "image"
        return image if image.exists() else self.place.directory / "boot.raw"


class NbdOnTcp(NbdOnUnixSocket):
    where = ["--bind=127.0.0.1 --port={port}"]


class NbdByTls(NbdOnTcp):
    where = [*NbdOnTcp.where, "--object=tls-creds-psk,id=t0,dir={dir},endpoint=server --tls-creds=t0"]

    def __enter__(self):
        self.make_keys()
        return super().__enter__()

    def make_keys(self):
        (self.place.directory / "keys.psk").write_text(f"qemu:{os.urandom(32).hex()}\n")
        group = self.place.directory / "dh-params.pem"  # or the server takes its time to find one
        subprocess.run(["openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "dh_param:ffdhe2048", "-out", group], check=True)


class Network(Peer):
    """The other end of a network: what the card announces arrives, and a frame goes back."""

    def send(self, frame):
        raise NotImplementedError

    def receive(self):
        raise NotImplementedError

    def work(self, machine):
        machine.qmp.run("announce-self", initial=50, max=50, rounds=2, step=0)
        until = time.monotonic() + machine.timeout
        while (frame := self.receive())[12:14] != b"\x80\x35":  # RARP
            assert time.monotonic() < until, "the card's announcement does not arrive"
        self.send(frame[6:12] + b"\x52\x54\x00\x00\x00\x99\x08\x06" + bytes(46))
        machine.qmp.run("query-status")


class FrameStream(OnSocket, Network):
    """Each frame has its length before it. QEMU listens."""

    def send(self, frame):
        self.stream.sendall(struct.pack(">I", len(frame)) + frame)

    def receive(self):
        (length,) = struct.unpack(">I", receive_exactly(self.stream, 4))
        return receive_exactly(self.stream, length)

    def meet(self, _):
        self.stream = self.stack.enter_context(self.connect())
        self.stream.settimeout(20)

    def come_again(self, machine):
        self.stream.close()
        time.sleep(0.1)
        self.meet(machine)


class UnixFrameStream(FrameStream):
    family = socket.AF_UNIX


class ListeningFrameStream(Listening, FrameStream):
    pass


class UnixListeningFrameStream(ListeningFrameStream):
    family = socket.AF_UNIX


class Datagrams(Network):
    """A frame is a datagram, from {port} to {peer}."""

    before = b""

    def __enter__(self):
        self.socket = self.stack.enter_context(self.make())
        self.socket.settimeout(20)
        return self

    def make(self):
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind(("127.0.0.1", self.place.peer))
        return made

    def address(self):
        return "127.0.0.1", self.place.port

    def send(self, frame):
        self.socket.sendto(self.before + frame, self.address())

    def receive(self):
        return self.socket.recv(65536)[len(self.before):]


class L2tp(Datagrams):
    before = struct.pack(">II", 0x00030000, 1)  # version 3, and the session


class UnixDatagrams(Datagrams):
    def make(self):
        made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        made.bind(str(self.place.directory / "peer"))
        return made

    def address(self):
        return str(self.place.directory / "mine")


class Multicast(Datagrams):
    GROUP = "230.9.9.9"

    def make(self):
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((self.GROUP, self.place.port))
        mine = socket.inet_aton("127.0.0.1")
        made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(self.GROUP) + mine)
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, mine)
        return made

    def address(self):
        return self.GROUP, self.place.port


class Tap(Network):
    """A tap of the host's, with a socket on it."""

    NAME = "qsbxlife0"

    def __enter__(self):
        subprocess.run(["ip", "tuntap", "add", self.NAME, "mode", "tap"], check=True)
        self.stack.callback(subprocess.run, ["ip", "link", "delete", self.NAME], check=True)
        subprocess.run(["ip", "link", "set", self.NAME, "up"], check=True)
        self.socket = self.stack.enter_context(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)))
        self.socket.bind((self.NAME, 0))
        self.socket.settimeout(20)
        return self

    def send(self, frame):
        self.socket.send(frame)

    def receive(self):
        return self.socket.recv(65536)


class Dump(Peer):
    """A filter that writes what it sees to a file."""

    def work(self, machine):
        machine.qmp.run("announce-self", initial=50, max=50, rounds=1, step=0)
        until = time.monotonic() + machine.timeout
        while b"\x80\x35" not in (self.place.directory / "frames").read_bytes():
            assert time.monotonic() < until, "the card's announcement is not written"
            time.sleep(0.05)


class Announced(Peer):
    """Nobody answers on this network."""

    def work(self, machine):
        machine.qmp.run("announce-self", initial=50, max=50, rounds=2, step=0)
        time.sleep(0.2)


class VncViewer(Peer):
    """It looks at the screen, types and leaves."""

    def work(self, machine):
        viewer = vnc.VncClient(self.place.port)
        with contextlib.closing(viewer):
            assert viewer.frame("tight") > 0
            viewer.press(ord("a"))

    come_again = work


class Speaker(Peer):
    """The PC's speaker, made to beep."""

    def work(self, machine):
        for port, value in ((0x43, 0xB6), (0x42, 0), (0x42, 0x08), (0x61, 3)):
            machine.qmp.hmp(f"o /b {port:#x} {value:#x}")
        self.listen(machine)
        machine.qmp.hmp("o /b 0x61 0")

    def listen(self, machine):
        time.sleep(0.2)


class Recorder(Speaker):
    """What it beeps is written to a file."""

    def listen(self, machine):
        sound = self.place.directory / "sound"
        sound_before = sound.stat().st_size
        until = time.monotonic() + machine.timeout
        while sound.stat().st_size == sound_before or len(set(sound.read_bytes()[-4096:])) < 3:
            assert time.monotonic() < until, "no sound is written"
            time.sleep(0.05)
