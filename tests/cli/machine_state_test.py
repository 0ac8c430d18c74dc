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
ALLOW_ALL = struct.pack("<HBBI", 0x06, 0, 0, 0x7fff0000)


def install_filter_that_allows_all():
    libc = ctypes.CDLL(None, use_errno=True)
    program = ctypes.create_string_buffer(ALLOW_ALL)
    header = struct.pack("<HxxxxxxQ", 1, ctypes.addressof(program))
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
        thread = answer[0]["threads"][0]
        self.assertEqual((pid, 2, 1 + own_filters(), True), (thread["tid"], thread["seccomp_mode"],
                                             thread["filters"], thread["no_new_privs"]))

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


if __name__ == "__main__":
    unittest.main(verbosity=2)
