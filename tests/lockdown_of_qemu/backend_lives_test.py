#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A sample of the lives that scripts/matrix shows with --backends: one of each family."""

import functools
import pathlib
import shutil
import tempfile
import unittest

import qemus

import backend_life  # noqa: E402, found by qemus
import backend_machines  # noqa: E402

SAMPLE = [
    "block raw (-drive)", "aio native (qcow2)", "block nbd (Unix socket)", "block nbd (TCP)", "block quorum",
    "chardev socket (websocket)", "chardev socket (TCP, listening)", "chardev pty", "chardev file", "chardev udp", "chardev ringbuf",
    "netdev stream (Unix, listening)", "netdev dgram (UDP)", "netdev hubport", "object memory-backend-file (shared, prealloc)",
    "object filter-dump", "display vnc", "audio wav", "tpm emulator (tpm-crb)", "accelerator tcg (one thread)",
]  # fmt: skip
ON_UNMODIFIED = ["object colo-compare", "block vmdk", "block nbd (qcow2)", "display curses", "netdev l2tpv3", "fsdev synth"]
ON_PATCHED = ["chardev hub"]
# What threads of more than one role do.
WITH_ROLES = ["chardev pty", "block nbd (Unix socket)", "netdev stream (Unix, listening)", "tpm emulator (tpm-tis)"]


class OnEachQemu:
    qemu = None

    def setUp(self):
        self.qemu.require()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="qsbx-life."))
        self.addCleanup(shutil.rmtree, self.directory)

    def live_with_roles(self, name):
        self.live(name, functools.partial(self.qemu.command, roles=True))

    def live(self, name, command=None):
        (backend,) = (backend for backend in backend_machines.BACKENDS if backend.name == name)
        life = backend_life.live(backend, command or self.qemu.command, self.directory, qemus.boot_sector(), timeout=60)
        self.assertEqual(life.violations, [], name)
        self.assertTrue(life.complete, f"{life.done}: {life.failure}")


class TheTable(unittest.TestCase):
    def test_names_are_unique(self):
        names = [backend.name for backend in backend_machines.BACKENDS]
        self.assertEqual(sorted(set(names)), sorted(names))


class UnmodifiedBackends(OnEachQemu, unittest.TestCase):
    qemu = qemus.Unmodified()


class PatchedBackends(OnEachQemu, unittest.TestCase):
    qemu = qemus.Patched()


qemus.add_tests(UnmodifiedBackends, "live", SAMPLE + ON_UNMODIFIED)
qemus.add_tests(PatchedBackends, "live", SAMPLE + ON_PATCHED)
qemus.add_tests(UnmodifiedBackends, "live_with_roles", [*WITH_ROLES, "object colo-compare"], "test_with_roles_")
qemus.add_tests(PatchedBackends, "live_with_roles", WITH_ROLES, "test_with_roles_")

if __name__ == "__main__":
    unittest.main(verbosity=2)
