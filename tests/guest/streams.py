# SPDX-License-Identifier: LGPL-2.1-or-later
"""What sockets and web sockets share."""


def receive_exactly(stream, count):
    data = b""
    while len(data) < count:
        part = stream.recv(count - len(data))
        if not part:
            raise ConnectionError("the other end has closed the connection")
        data += part
    return data
