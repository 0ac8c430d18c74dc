# SPDX-License-Identifier: LGPL-2.1-or-later
"""A tap in a network namespace of its own, where nothing else is and nothing of the host's changes. The namespace lasts
as long as the descriptors."""

import contextlib
import ctypes
import fcntl
import os
import pathlib
import socket
import struct
import threading

CLONE_NEWNET = 0x40000000
# linux/if_tun.h, linux/sockios.h
TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x0002, 0x1000, 0x4000
SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1
SO_RCVBUFFORCE = 33
NAME = "measured"
# IEEE 802, local experiments: what the clients and the guest send, and the kernel does not.
ETHERTYPE = 0x88B5
# No packet is to be lost.
ROOM = 4 << 20


class Tap:
    """`descriptor` is for QEMU. A frame that comes out of it is counted, and thrown away, since no protocol wants it;
    unless it is `wired`: then `wire` is a packet socket that gets them, and by which others go in."""

    def __init__(self, wired=False):
        self.descriptor = self.wire = self._counters = None
        failed = []

        def make():
            try:
                self._make(wired)
            except OSError as error:
                failed.append(error)

        # A namespace is a thread's.
        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        if failed:
            self.close()
            raise failed[0]

    def _make(self, wired):
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "no network namespace can be made")
        _without_ipv6()
        self.descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
        fcntl.ioctl(self.descriptor, TUNSETIFF, _request(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            fcntl.ioctl(any_socket, SIOCSIFFLAGS, _request(IFF_UP))
        self._counters = os.open("/proc/thread-self/net/dev", os.O_RDONLY | os.O_CLOEXEC)
        if wired:
            self.wire = _packet_socket()

    @contextlib.contextmanager
    def inherited_as(self, number):
        """The descriptor, as so many, which a command line has to say before there is one."""
        os.dup2(self.descriptor, number)
        try:
            yield number
        finally:
            os.close(number)

    def received(self):
        """(bytes, frames) that have come out so far."""
        for line in os.pread(self._counters, 4096, 0).decode().splitlines():
            if line.strip().startswith(f"{NAME}:"):
                size, frames = line.split(":")[1].split()[:2]
                return int(size), int(frames)
        raise OSError(f"{NAME} has gone away")

    def close(self):
        for descriptor in (self.descriptor, self.wire, self._counters):
            if descriptor is not None:
                os.close(descriptor)
        self.descriptor = self.wire = self._counters = None


def missing():
    """Why none can be made, or None."""
    try:
        Tap().close()
    except OSError as error:
        return f"no tap can be made: {error}"
    return None


def _request(flags):
    return struct.pack("16sH22x", NAME.encode(), flags)


def _packet_socket():
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE))
    wire.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
    wire.bind((NAME, ETHERTYPE))
    return wire.detach()


def _without_ipv6():
    """It would send frames of its own."""
    setting = pathlib.Path("/proc/sys/net/ipv6/conf/default/disable_ipv6")
    if setting.exists():
        setting.write_text("1")
