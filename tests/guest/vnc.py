# SPDX-License-Identifier: LGPL-2.1-or-later
"""Just enough of a VNC client (RFC 6143) to make a server work: a frame, a key, a moved pointer.

How it authenticates is in vnc_security.py; web_socket.py has what it may go through.
"""

import socket
import struct

from streams import receive_exactly

ENCODINGS = {"raw": 0, "hextile": 5, "tight": 7, "zrle": 16}
NO_AUTHENTICATION = 1


def without_authentication(client, _):
    client.send(bytes([NO_AUTHENTICATION]))


class VncClient:
    """`wrap` makes what is spoken through of the connection; `authenticate` gets the client and what the server offers."""

    def __init__(self, port, host="127.0.0.1", timeout=30, authenticate=without_authentication, wrap=None):
        connection = socket.create_connection((host, port), timeout)
        self.stream = connection
        try:
            self.stream = wrap(connection) if wrap else connection
            self._begin(authenticate)
        except BaseException:
            self.close()
            raise

    def _begin(self, authenticate):
        self.receive(12)
        self.send(b"RFB 003.008\n")
        authenticate(self, self.receive(self.receive(1)[0]))
        if self.receive(4) != bytes(4):
            raise ConnectionError("the VNC server refuses this client")
        self.send(b"\x01")
        self.width, self.height = struct.unpack(">HH", self.receive(4))
        self.receive(16)
        self.name = self.receive(struct.unpack(">I", self.receive(4))[0]).decode()

    def frame(self, encoding="raw"):
        """Asks for the whole screen and returns how many bytes of it arrive, unparsed."""
        self.send(struct.pack(">BBHi", 2, 0, 1, ENCODINGS[encoding]))
        self.send(struct.pack(">BBHHHH", 3, 0, 0, 0, self.width, self.height))
        count = len(self.receive(1))
        patience = self.stream.gettimeout()
        self.stream.settimeout(0.3)
        try:
            while part := self.stream.recv(1 << 16):
                count += len(part)
        except TimeoutError:
            self.stream.settimeout(patience)
            return count
        raise ConnectionError("the VNC server has closed the connection")

    def press(self, keysym):
        for down in (1, 0):
            self.send(struct.pack(">BBHI", 4, down, 0, keysym))

    def move(self, x, y):
        self.send(struct.pack(">BBHH", 5, 0, x, y))

    def close(self):
        self.stream.close()

    def send(self, data):
        self.stream.sendall(data)

    def receive(self, count):
        return receive_exactly(self.stream, count)
