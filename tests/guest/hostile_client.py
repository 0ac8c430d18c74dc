# SPDX-License-Identifier: LGPL-2.1-or-later
"""Requests of the vhost-user protocol that no client makes of a disk, and that any client can."""

import array
import os
import socket
import struct

VERSION = 1
SET_MEM_TABLE, POSTCOPY_LISTEN, GET_INFLIGHT_FD = 5, 29, 31
LAST_REQUEST = 45
PAGE = 4096


def message(request, payload=b""):
    return struct.pack("<III", request, VERSION, len(payload)) + payload


class Client:
    def __init__(self, path):
        self.stream = socket.socket(socket.AF_UNIX)
        self.stream.settimeout(10)
        self.stream.connect(str(path))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()

    def send(self, request, payload=b"", descriptors=()):
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        self.stream.sendmsg([message(request, payload)], rights)

    def answer(self):
        """What the server says, or nothing where it lets the client go."""
        try:
            return self.stream.recv(4096)
        except ConnectionError:
            return b""


def memory_before_its_pages(path):
    """Memory that is to come later, by postcopy, though that was never agreed on."""
    with Client(path) as client:
        client.send(POSTCOPY_LISTEN)
        client.answer()
        memory = os.memfd_create("memory")
        os.ftruncate(memory, PAGE)
        client.send(SET_MEM_TABLE, struct.pack("<IIQQQQ", 1, 0, 0, PAGE, 0, 0), [memory])
        os.close(memory)
        client.answer()


def memory_of_requests_in_flight(path):
    with Client(path) as client:
        client.send(GET_INFLIGHT_FD, struct.pack("<QQHHI", 0, 0, 1, 128, 0))
        client.answer()


def each_request(path):
    for request in range(1, LAST_REQUEST + 1):
        with Client(path) as client:
            client.send(request)
            client.stream.settimeout(0.05)  # many have no answer
            try:
                client.answer()
            except TimeoutError:
                pass
