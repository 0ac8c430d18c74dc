# SPDX-License-Identifier: LGPL-2.1-or-later
"""A connection through a web socket (RFC 6455), binary: like the socket below it, for who reads and writes."""

import os

END_OF_HEAD = b"\r\n\r\n"


class WebSocket:
    def __init__(self, connection):
        self._connection = connection
        self._frames = b""  # as they came, perhaps not to the end of one
        self._data = b""
        connection.sendall(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: cXNieCB0ZXN0IG9mIFZOQw==\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Protocol: binary\r\n\r\n"
        )
        while END_OF_HEAD not in self._frames:
            self._hear()
        answer, _, self._frames = self._frames.partition(END_OF_HEAD)
        assert answer.startswith(b"HTTP/1.1 101"), answer

    def sendall(self, data):
        mask = os.urandom(4)
        assert len(data) < 126
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
        self._connection.sendall(bytes([0x82, 0x80 | len(data)]) + mask + masked)

    def recv(self, count):
        while not self._data and not self._take_frame():
            self._hear()
        part, self._data = self._data[:count], self._data[count:]
        return part

    def gettimeout(self):
        return self._connection.gettimeout()

    def settimeout(self, seconds):
        self._connection.settimeout(seconds)

    def close(self):
        self._connection.close()

    def _hear(self):
        part = self._connection.recv(1 << 16)
        if not part:
            raise ConnectionError("the other end has closed the connection")
        self._frames += part

    def _take_frame(self):
        """Whether a whole one was there."""
        length, head = self._length()
        if len(self._frames) < head + length:
            return False
        self._data, self._frames = self._frames[head:head + length], self._frames[head + length:]
        return bool(self._data)

    def _length(self):
        """Of the data of the next frame, and of what stands before it."""
        if len(self._frames) < 2:
            return 0, 2
        short = self._frames[1] & 0x7F
        more = {126: 2, 127: 8}.get(short, 0)
        return int.from_bytes(self._frames[2:2 + more], "big") if more else short, 2 + more
