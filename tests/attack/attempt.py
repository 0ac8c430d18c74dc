# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an attempt is made of: see attempts.py."""

import dataclasses

NOBODY = 4194302  # a process ID that is not in use
NO_DESCRIPTOR = 1000


@dataclasses.dataclass(frozen=True)
class Text:
    """A pointer to these characters."""

    text: str


@dataclasses.dataclass(frozen=True)
class Packed:
    """A pointer to a structure; `values` are arguments, too."""

    layout: str
    values: tuple


@dataclasses.dataclass(frozen=True)
class Descriptor:
    """A descriptor of QEMU's, by how what /proc says that it is begins or ends."""

    kind: str


@dataclasses.dataclass(frozen=True)
class Number:
    """`process` and `thread`: who tries. `sibling`: another thread of it. `other`: another process, of the same user.
    `stack`: the page of the thread's stack pointer."""

    of: str


@dataclasses.dataclass(frozen=True)
class Attempt:
    group: str
    name: str
    call: str
    arguments: tuple = ()
    granted: str = ""  # why
    machines: tuple = ("demo", "kvm")  # to which of the two
    since: tuple = ()  # the QEMU that first needs the grant: (9, 2)
    needs_names: bool = False  # granted only where threads give themselves names
    before_filters: bool = False  # kernels that know the call ask no filter about it
    kind: str = "call"  # as inject.cc has them


PROCESS, THREAD, SIBLING, OTHER, STACK = map(Number, ("process", "thread", "sibling", "other", "stack"))
SOCKET, EVENTFD, DISK = map(Descriptor, ("socket:", "anon_inode:[eventfd]", "/disk.img"))
# What an accomplice has handed over, by SCM_RIGHTS: see hand_over() of battery.py.
FOLDER, FILE, TERMINAL = map(Descriptor, ("/handed-over", "/handed-over/file", "/dev/pts/"))
MISSING = Text("/nonexistent/file")
# A component that is no folder: ENOTDIR, where a filter may say ENOENT.
NO_FOLDER = Text("/etc/passwd/file")
ANY = Text("/etc/passwd")
INTERNET = Packed("<HHI8x", (2, 0x3500, 0x0100007F))
UNIX = Packed("<H24s", (1, b"/nonexistent/socket"))
THREAD_FLAGS = 0x3D0F00  # as the C library's pthread_create has them
DESCRIPTOR_MESSAGE = Packed("<QI4xQQQQI4x", (
    0, 0, Packed("<QQ", (Text("x"), 1)), 1, Packed("<QIIi4x", (20, 1, 1, -1)), 24, 0))  # fmt: skip
ROOM_FOR_DESCRIPTORS = Packed("<QI4xQQQQI4x", (
    0, 0, Packed("<QQ", (Packed("<64x", ()), 64)), 1, Packed("<64x", ()), 64, 0))  # fmt: skip

MALLOC = "malloc and the stacks of threads"
USER_NETWORK = "`-netdev user` connects for the guest"
CHANNEL = "monitors and chardevs: their own connections"
LIBRARY = "the C library, in every thread"
OWN_DESCRIPTORS = "descriptors that are open already"


def calls(group, *rows):
    return [Attempt(group, name, str(call), tuple(arguments)) for name, call, *arguments in rows]


def granted(reason, group, *rows, machines=("demo", "kvm")):
    return [dataclasses.replace(attempt, granted=reason, machines=machines) for attempt in calls(group, *rows)]


def of_kind(kind, group, *rows):
    return [dataclasses.replace(attempt, kind=kind) for attempt in calls(group, *rows)]
