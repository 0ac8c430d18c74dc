# SPDX-License-Identifier: LGPL-2.1-or-later
"""Just enough of a debugger to talk to a gdbserver: packets of gdb's remote protocol, and their answers."""

import socket


class GdbClient:
    def __init__(self, address, timeout=30):
        self._socket = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
        self._socket.settimeout(timeout)
        self._socket.connect(address)

    def ask(self, packet):
        """Sends a packet and returns the answer's content."""
        self.send(packet)
        return self.answer()

    def send(self, packet):
        self._socket.sendall(b"$%s#%02x" % (packet.encode(), sum(packet.encode()) & 0xFF))
        while (byte := self._receive()) != b"+":  # a stop may be told meanwhile
            self._packet(byte)

    def answer(self):
        return self._packet(self._receive())

    def interrupt(self):
        self._socket.sendall(b"\x03")

    def close(self):
        self._socket.close()

    def _packet(self, first):
        if first != b"$":
            raise ConnectionError(f"the gdbserver says {first!r}, not a packet")
        content = b""
        while (byte := self._receive()) != b"#":
            content += byte
        self._receive(), self._receive()
        self._socket.sendall(b"+")
        return content.decode()

    def _receive(self):
        byte = self._socket.recv(1)
        if not byte:
            raise ConnectionError("the gdbserver has closed the connection")
        return byte
