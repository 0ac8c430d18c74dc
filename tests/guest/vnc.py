# SPDX-License-Identifier: LGPL-2.1-or-later
"""Just enough of a VNC client (RFC 6143) to make a server work: a frame, a key, a moved pointer."""

import select
import socket
import struct

ENCODINGS = {"raw": 0, "hextile": 5, "tight": 7, "zrle": 16}


class VncClient:
    """A client of a server without authentication."""

    def __init__(self, port, host="127.0.0.1", timeout=30):
        self._socket = socket.create_connection((host, port), timeout)
        self._receive(12)
        self._socket.sendall(b"RFB 003.008\n")
        self._receive(self._receive(1)[0])
        self._socket.sendall(b"\x01")
        if self._receive(4) != bytes(4):
            raise ConnectionError("the VNC server refuses clients without authentication")
        self._socket.sendall(b"\x01")
        self.width, self.height = struct.unpack(">HH", self._receive(4))
        self._receive(16)
        self.name = self._receive(struct.unpack(">I", self._receive(4))[0]).decode()

    def frame(self, encoding="raw"):
        """Asks for the whole screen and returns how many bytes of it arrive, unparsed."""
        self._socket.sendall(struct.pack(">BBHi", 2, 0, 1, ENCODINGS[encoding]))
        self._socket.sendall(struct.pack(">BBHHHH", 3, 0, 0, 0, self.width, self.height))
        count = len(self._receive(1))
        while select.select([self._socket], [], [], 0.3)[0]:
            part = self._socket.recv(1 << 20)
            if not part:
                raise ConnectionError("the VNC server has closed the connection")
            count += len(part)
        return count

    def press(self, keysym):
        for down in (1, 0):
            self._socket.sendall(struct.pack(">BBHI", 4, down, 0, keysym))

    def move(self, x, y):
        self._socket.sendall(struct.pack(">BBHH", 5, 0, x, y))

    def close(self):
        self._socket.close()

    def _receive(self, count):
        data = b""
        while len(data) < count:
            part = self._socket.recv(count - len(data))
            if not part:
                raise ConnectionError("the VNC server has closed the connection")
            data += part
        return data
