# SPDX-License-Identifier: LGPL-2.1-or-later
"""Filters of anybody's making in an unmodified QEMU: they come into force when its devices are ready.

    launch = LoaderLaunch([program])    # bytes: struct sock_filter after struct sock_filter
    with workload.start(launch, folder) as session:
        ...
"""

import os
import pathlib
import re
import socket
import struct

from built import built
from workload import Launch

LIBRARY = "libqsbx-bench-filter-loader.so"
SECONDS_TO_LOAD = 30


class FilterNotLoaded(RuntimeError):
    pass


class LoaderLaunch(Launch):
    """`programs` are put in force in all threads, the first one first; with none there is the loader all the same, so that
    a process without a filter was started in the same way. May start more than one process."""

    def __init__(self, programs=(), **launch):
        super().__init__(**launch)
        self.programs = list(programs)
        self._sockets = {}

    def popen(self, words, descriptors=(), **more):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            loader = {"LD_PRELOAD": str(built(LIBRARY)), "QSBX_BENCH_LOADER": str(theirs.fileno())}
            start = Launch(self.prefix, self.arguments, {**self.environment, **loader}, (*self.descriptors, theirs.fileno()))
            process = start.popen(words, descriptors, **more)
        ours.settimeout(SECONDS_TO_LOAD)
        self._sockets[process.pid] = ours
        return process

    def ready(self, pid):
        before = _filters_of_threads(pid)
        with self._sockets.pop(pid) as loader:
            _load(loader, self.programs)
        _check_filters(pid, max(before.values()) + len(self.programs))


def _load(loader, programs):
    try:
        for program in programs:
            if not program:
                raise FilterNotLoaded("a program has no instruction")
            loader.send(program)
        loader.shutdown(socket.SHUT_WR)
        answer = loader.recv(8)
    except OSError as error:
        raise FilterNotLoaded(f"the loader does not answer: {error}") from error
    if answer:
        error, number = struct.unpack("ii", answer)
        which = f"program {number} of {len(programs)}" if number else "the programs"
        raise FilterNotLoaded(f"{which}: {os.strerror(error)}")


def _filters_of_threads(pid):
    """How many filters each thread is under, by its number."""
    counts = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            status = (task / "status").read_text()
        except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            continue
        counts[task.name] = int(re.search(r"(?m)^Seccomp_filters:\s+(\d+)$", status)[1])
    return counts


def _check_filters(pid, expected):
    wrong = {thread: count for thread, count in _filters_of_threads(pid).items() if count != expected}
    if wrong:
        raise FilterNotLoaded(f"threads of {pid} are not under {expected} filters: {wrong}")
