#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether foreign filters are in force when the loader says so, and nothing else is different."""

import errno
import os
import pathlib
import platform
import re
import struct
import subprocess
import sys
import time
import unittest

from filter_loader import FilterNotLoaded, LoaderLaunch
from workload import Launch

# Two threads that say what the kernel answers when each asks for its parent, as often as a line comes.
CHILD = """
import ctypes, os, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
def ask(number):
    libc.syscall(number)
    return ctypes.get_errno()
def in_a_thread(answers):
    for line in sys.stdin:
        ctypes.set_errno(0)
        environment = [name in os.environ for name in ("LD_PRELOAD", "QSBX_BENCH_LOADER")]
        print(ask(int(line)), *environment, len(os.listdir("/proc/self/fd")), flush=True)
thread = threading.Thread(target=in_a_thread, args=[None])
thread.start()
thread.join()
"""
GETPPID, GETPGID = {"x86_64": (110, 121), "aarch64": (173, 155)}[platform.machine()]
LOAD_NUMBER, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000


def instruction(code, value, if_true=0, if_false=0):
    return struct.pack("HBBI", code, if_true, if_false, value)


def denying(number, error):
    """A program that answers this call by an error."""
    return b"".join([
        instruction(LOAD_NUMBER, 0),
        instruction(JUMP_IF_EQUAL, number, 0, 1),
        instruction(RETURN, ERRNO | error),
        instruction(RETURN, ALLOW),
    ])  # fmt: skip


class FilterLoader(unittest.TestCase):
    def start(self, launch):
        process = launch.popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.communicate)
        return process

    def answer(self, process, number):
        process.stdin.write(f"{number}\n")
        process.stdin.flush()
        return process.stdout.readline().split()

    def error_of(self, process, number):
        return int(self.answer(process, number)[0])

    def test_programs_are_in_force_in_all_threads_when_it_is_ready(self):
        launch = LoaderLaunch([denying(GETPPID, errno.EDOM), denying(GETPGID, errno.ERANGE)])
        process = self.start(launch)
        self.assertEqual(0, self.error_of(process, GETPPID), "denied before it was asked for")
        launch.ready(process.pid)
        self.assertEqual(errno.EDOM, self.error_of(process, GETPPID))
        self.assertEqual(errno.ERANGE, self.error_of(process, GETPGID))

    def test_nothing_else_is_different(self):
        without = self.start(Launch())
        launch = LoaderLaunch([denying(GETPGID, errno.ERANGE)])
        loaded = self.start(launch)
        expected = self.answer(without, GETPPID)
        self.assertEqual(expected, self.answer(loaded, GETPPID))
        launch.ready(loaded.pid)
        self.assertEqual(expected, self.answer(loaded, GETPPID))
        self.assertEqual(self.threads(without), self.threads(loaded))

    def test_without_a_program_there_is_no_filter(self):
        launch = LoaderLaunch()
        process = self.start(launch)
        self.answer(process, GETPPID)
        launch.ready(process.pid)
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        self.assertRegex(status, r"(?m)^NoNewPrivs:\s+0$")
        self.assertRegex(status, r"(?m)^Seccomp_filters:\s+" + own_filters() + "$")

    def test_one_launch_starts_several(self):
        launch = LoaderLaunch([denying(GETPPID, errno.EDOM)])
        first, second = self.start(launch), self.start(launch)
        launch.ready(second.pid)
        self.assertEqual([0, errno.EDOM], [self.error_of(first, GETPPID), self.error_of(second, GETPPID)])
        launch.ready(first.pid)
        self.assertEqual(errno.EDOM, self.error_of(first, GETPPID))

    def refusal(self, *programs):
        launch = LoaderLaunch(programs)
        process = self.start(launch)
        with self.assertRaises(FilterNotLoaded) as refused:
            launch.ready(process.pid)
        return str(refused.exception)

    def test_a_program_that_the_kernel_refuses_is_named(self):
        without_end = instruction(LOAD_NUMBER, 0)
        self.assertEqual("program 2 of 2: Invalid argument", self.refusal(denying(GETPPID, 1), without_end))

    def test_what_is_no_program_is_refused(self):
        self.assertEqual("the programs: Invalid argument", self.refusal(b"odd"))
        self.assertEqual("a program has no instruction", self.refusal(b""))
        self.assertEqual("program 1 of 1: Invalid argument", self.refusal(instruction(RETURN, ALLOW) * 4097))
        self.assertEqual("the programs: Argument list too long", self.refusal(*[denying(GETPPID, 1)] * 9))

    def test_a_process_that_has_ended_is_an_error(self):
        launch = LoaderLaunch([denying(GETPPID, errno.EDOM)])
        process = launch.popen(["/bin/true"])
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        with self.assertRaises(FilterNotLoaded):
            launch.ready(process.pid)
        process.wait()

    def threads(self, process):
        """How many it has, once those that are ending have ended."""
        until = time.monotonic() + 10
        while True:
            names = list(pathlib.Path(f"/proc/{process.pid}/task").iterdir())
            if len(names) == 2 or time.monotonic() > until:
                return len(names)
            time.sleep(0.01)


def own_filters():
    return re.search(r"(?m)^Seccomp_filters:\s+(\d+)$", pathlib.Path("/proc/self/status").read_text())[1]


if __name__ == "__main__":
    unittest.main(verbosity=2)
