#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A disk on an NBD server that goes away and comes back."""

import pathlib
import shutil
import tempfile
import unittest

import qemus
from qemus import guests

import backend_machines  # noqa: E402, found by qemus
import backend_peers  # noqa: E402


FAILED = "read  FAILED"


class OnEachQemu:
    qemu = None

    def setUp(self):
        self.qemu.require()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="qsbx-nbd."))
        self.addCleanup(shutil.rmtree, self.directory)

    def start(self, how, delay, features):
        """The server and a guest that works on its disk."""
        backend = next(one for one in backend_machines.BACKENDS if one.name == f"block nbd ({how})")
        place = backend_peers.Place(self.directory)
        backend_machines.make_files(backend, self.directory, qemus.boot_sector())
        server = self.enterContext(backend.peer(place))
        words = [f"{word},reconnect-delay={delay}" if "driver=nbd" in word else word
                 for word in backend_machines.arguments_for(backend, place)]
        machine = guests.Machine(self.qemu.command(words, features=features), timeout=40)
        self.addCleanup(machine.__exit__, None, None, None)
        self.answer = f"read ok sum={guests.boot_sector_sum(self.directory / 'boot.raw')} write ok"
        self.guest_says(machine, self.answer)
        return server, machine

    def guest_says(self, machine, what):
        machine.serial.wait_for(what, machine.timeout)

    def guest_works(self, machine):
        machine.send("t")
        self.guest_says(machine, self.answer)

    def end(self, machine):
        self.assertEqual(machine.quit(), 0, machine.errors())
        self.assertIn("qsbx: enforce:", machine.errors())

    def with_the_feature(self, how, times):
        server, machine = self.start(how, 30, ["reconnect"])
        for _ in range(times):
            server.stop()
            machine.send("t")
            server.start()
            self.guest_says(machine, self.answer)
        self.end(machine)
        self.assertNotIn("violation", machine.errors())

    def without_the_feature(self, how, delay):
        server, machine = self.start(how, delay, [])
        server.stop()
        server.start()
        for _ in range(3):  # the first may only find out that the server has gone
            machine.send("t")
            self.guest_says(machine, FAILED)
        self.end(machine)
        self.assertRegex(machine.errors(), r"qsbx: violation \(enforce, failed with EACCES\).*\bsocket\(")

    def test_it_is_connected_again(self):
        for how in ("Unix socket", "TCP"):
            with self.subTest(how):
                self.with_the_feature(how, times=2)

    def test_without_the_feature_the_disk_fails_and_the_guest_lives(self):
        for how in ("Unix socket", "TCP"):
            for delay in (0, 1):
                with self.subTest(how, delay=delay):
                    self.without_the_feature(how, delay)

    def test_the_monitor_can_end_a_connection(self):
        _, machine = self.start("Unix socket", 0, [])
        machine.qmp.run("yank", instances=[{"type": "block-node", "node-name": "disk"}])
        machine.send("t")
        self.guest_says(machine, FAILED)
        self.end(machine)


class UnmodifiedNetworkDisk(OnEachQemu, unittest.TestCase):
    """With GnuTLS; what scripts/build-qemu makes is without."""

    qemu = qemus.Unmodified()

    def test_it_is_connected_again_by_tls(self):
        self.with_the_feature("TLS", times=1)


class PatchedNetworkDisk(OnEachQemu, unittest.TestCase):
    qemu = qemus.Patched()


if __name__ == "__main__":
    unittest.main(verbosity=2)
