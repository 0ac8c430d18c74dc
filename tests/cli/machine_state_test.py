#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""status and probe: what is in force, and what this machine can do."""

import ctypes
import json
import os
import struct
import unittest

from qsbx_case import LACKING, NO, YES, QsbxCase

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
IO_URING_SETUP = 425  # on every architecture
ALLOW_ALL = struct.pack("<HBBI", 0x06, 0, 0, 0x7fff0000)


# seccomp, perf_event_open, ptrace, io_uring_setup, landlock_create_ruleset
MISSING_CALLS = {"x86_64": (317, 298, 101, 425, 444), "aarch64": (277, 241, 117, 425, 444)}


def without_calls(numbers):
    """A program by which the calls fail with ENOSYS, as on a kernel that has them not."""
    program = struct.pack("<HBBI", 0x20, 0, 0, 0)
    for place, number in enumerate(numbers):
        program += struct.pack("<HBBI", 0x15, len(numbers) - place, 0, number)
    return program + ALLOW_ALL + struct.pack("<HBBI", 0x06, 0, 0, 0x00050000 | 38)


def install_filter_that_allows_all():
    install(ALLOW_ALL)


def install(instructions):
    libc = ctypes.CDLL(None, use_errno=True)
    program = ctypes.create_string_buffer(instructions)
    header = struct.pack("<HxxxxxxQ", len(instructions) // 8, ctypes.addressof(program))
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs")
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")


def own_filters():
    """Filters that these tests run under themselves, as in a container: children inherit them."""
    with open("/proc/self/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return int(fields["Seccomp_filters"])


class Child:
    """A process that waits, with or without a filter."""

    def __init__(self, filtered):
        ready, go_on = os.pipe()
        self.end, release = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(release)
            if filtered:
                install_filter_that_allows_all()
            os.write(go_on, b"x")
            os.read(self.end, 1)
            os._exit(0)
        os.close(go_on)
        os.read(ready, 1)
        os.close(ready)
        self.release = release

    def __enter__(self):
        return self.pid

    def __exit__(self, *_):
        os.close(self.release)
        os.close(self.end)
        os.waitpid(self.pid, 0)


class Status(QsbxCase):
    @unittest.skipIf(own_filters(), "runs under a filter itself")
    def test_a_process_without_a_filter_is_a_no(self):
        with Child(filtered=False) as pid:
            answer = self.json("status", pid, status=NO)
            text = self.qsbx("status", pid, status=NO)
        self.assertEqual((pid, 0), (answer[0]["pid"], answer[0]["threads"][0]["seccomp_mode"]))
        self.assertIn("none", text)

    def test_a_process_with_a_filter_is_a_yes(self):
        with Child(filtered=True) as pid:
            answer = self.json("status", pid)
            text = self.qsbx("status", pid)
        thread = answer[0]["threads"][0]
        self.assertIn("CALLS  CACHED", text)
        if os.geteuid() == 0 and not own_filters():
            self.assertEqual(answer[0]["callable"], len(thread["effective"]))
        self.assertEqual((pid, 2, 1 + own_filters(), True), (thread["tid"], thread["seccomp_mode"],
                                             thread["filters"], thread["no_new_privs"]))

    def test_a_ring_is_named(self):
        ring = ctypes.CDLL(None, use_errno=True).syscall(IO_URING_SETUP, 4,
                                                         ctypes.create_string_buffer(120))
        if ring < 0:
            self.skipTest("no io_uring here: " + os.strerror(ctypes.get_errno()))
        try:
            with Child(filtered=True) as pid:
                answer = self.json("status", pid)
                text = self.qsbx("status", pid)
        finally:
            os.close(ring)
        self.assertEqual({"rings": [{"descriptor": ring, "polled": False}], "polling_threads": 0},
                         answer[0]["io_uring"])
        self.assertIn(f"1 io_uring ring, at descriptor {ring}: operations run past", text)

    def test_without_a_ring_nothing_is_said(self):
        with Child(filtered=True) as pid:
            self.assertEqual([], self.json("status", pid)[0]["io_uring"]["rings"])
            self.assertNotIn("io_uring", self.qsbx("status", pid))

    @unittest.skipIf(own_filters(), "runs under a filter itself")
    def test_one_of_two_without_is_a_no(self):
        with Child(filtered=True) as locked, Child(filtered=False) as open_:
            self.assertEqual(2, len(self.json("status", locked, open_, status=NO)))

    def test_no_such_process(self):
        with Child(filtered=False) as pid:
            pass
        self.assertIn(str(pid), self.complaint("status", pid))
        self.assertIn("PID", self.qsbx("status", "--help"))

    def test_a_word_that_is_no_process(self):
        self.assertIn("frob", self.complaint("status", "frob"))


class Probe(QsbxCase):
    def test_names_what_is_there(self):
        result = self.run_qsbx("probe", "--json")
        capabilities = {one["name"]: one for one in json.loads(result.stdout)}
        self.assertIn("tsync", capabilities)
        lacking = [one for one in capabilities.values() if one["required"] and not one["present"]]
        self.assertEqual(LACKING if lacking else YES, result.returncode)
        self.assertIn("filter", self.run_qsbx("probe").stdout.decode())

    def test_each_line_has_the_version_and_what_is_done_without(self):
        capabilities = json.loads(self.run_qsbx("probe", "--json").stdout)
        text = self.run_qsbx("probe").stdout.decode()
        self.assertEqual(len(capabilities), len(text.splitlines()))
        for one, line in zip(capabilities, text.splitlines()):
            self.assertRegex(one["since"], r"Linux \d+\.\d+")
            self.assertTrue(line.startswith(one["name"] + " "), line)
            self.assertIn(one["since"], line)
            self.assertIn("; without it " + one["without"], line)
            self.assertEqual(one["detail"], line[len(line) - len(one["detail"]):])

    def test_where_nothing_is_there_it_says_so_and_ends(self):
        numbers = MISSING_CALLS.get(os.uname().machine)
        if not numbers:
            self.skipTest("the numbers of the calls are not known here")
        out, into = os.pipe()
        child = os.fork()
        if child == 0:
            # A sanitized qsbx would look for leaks by ptrace, which is among what is missing, and fail.
            os.environ["ASAN_OPTIONS"] = "detect_leaks=0"
            install(without_calls(numbers))
            result = self.run_qsbx("probe", "--json")
            os.write(into, json.dumps([result.returncode, json.loads(result.stdout),
                                       result.stderr.decode()]).encode()[:60000])
            os._exit(0)
        os.close(into)
        with os.fdopen(out, "rb") as stream:
            text = stream.read()
        os.waitpid(child, 0)
        status, capabilities, said = json.loads(text)
        self.assertEqual(LACKING, status)
        self.assertIn("qsbx: no lockdown is possible here: the kernel lacks filter (", said)
        present = {one["name"]: one["present"] for one in capabilities}
        for name in ("filter", "tsync", "action-trap", "notif-addfd", "filter-dump", "landlock",
                     "io-uring", "event-perf"):
            self.assertFalse(present[name], name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
