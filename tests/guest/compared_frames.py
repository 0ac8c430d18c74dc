# SPDX-License-Identifier: LGPL-2.1-or-later
"""The peers of colo-compare: the networks of two guests come in, and what both say goes out."""

import socket
import struct

from backend_peers import Peer
from streams import receive_exactly

FRAME = b"\x52\x54\x00\x00\x00\x99\x52\x54\x00\x00\x00\x01\x88\xb5" + bytes(46)  # of no protocol that is compared


class ComparedFrames(Peer):
    """QEMU listens at {dir}/first, {dir}/second and {dir}/result. Who has left does not come again: whether QEMU takes frames then
    is chance, without lockdown too."""

    def meet(self, _):
        names = ("first", "second", "result")
        self.first, self.second, self.result = (self.connect(name) for name in names)

    def connect(self, name):
        stream = self.stack.enter_context(socket.socket(socket.AF_UNIX))
        stream.settimeout(20)
        stream.connect(str(self.place.directory / name))
        return stream

    def work(self, _):
        self.first.sendall(struct.pack(">I", len(FRAME)) + FRAME)
        (length,) = struct.unpack(">I", receive_exactly(self.result, 4))
        assert receive_exactly(self.result, length) == FRAME, "another frame comes out than went in"
