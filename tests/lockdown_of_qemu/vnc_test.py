#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Viewers of locked-down guests: with a password, by TLS, through a web socket; more of them at once; and refused ones."""

import contextlib
import pathlib
import shutil
import tempfile
import unittest

import qemus
from qemus import guests

from vnc import VncClient  # noqa: E402, found by qemus
from vnc_security import by_certificate, by_password, make_certificates  # noqa: E402
from web_socket import WebSocket  # noqa: E402


class OnEachQemu:
    qemu = None

    def setUp(self):
        self.qemu.require()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="qsbx-vnc."))
        self.addCleanup(shutil.rmtree, self.directory)

    @contextlib.contextmanager
    def machine(self, vnc, *more):
        arguments = ["-accel", "tcg", "-m", "32", "-nodefaults", "-no-user-config", "-display", "none", "-vga", "std",
                     "-device", "virtio-keyboard-pci", "-vnc", f"127.0.0.1:0,to=99,{vnc}", *more]  # fmt: skip
        with guests.Machine(self.qemu.command(arguments), timeout=60) as machine:
            yield machine
            self.assertEqual(machine.quit(), 0, machine.errors())
            self.assertIn("qsbx: enforce:", machine.errors())
            self.assertNotIn("violation", machine.errors())

    def port(self, machine, websocket=False):
        servers = machine.qmp.run("query-vnc-servers")[0]["server"]
        return next(int(one["service"]) for one in servers if one["websocket"] == websocket)

    def look(self, port, **how):
        with contextlib.closing(VncClient(port, **how)) as client:
            for encoding in ("tight", "raw"):
                self.assertGreater(client.frame(encoding), 1)
            client.press(ord("a"))
            client.move(3, 4)

    def test_password(self):
        with self.machine("password=on") as machine:
            machine.qmp.run("set_password", protocol="vnc", password="secret")
            self.look(self.port(machine), authenticate=by_password("secret"))
            with self.assertRaises(ConnectionError):
                VncClient(self.port(machine), authenticate=by_password("another"))
            machine.qmp.run("expire_password", protocol="vnc", time="now")
            with self.assertRaises(ConnectionError):
                VncClient(self.port(machine), authenticate=by_password("secret"))

    def test_tls(self):
        make_certificates(self.directory)
        creds = f"tls-creds-x509,id=t0,dir={self.directory},endpoint=server,verify-peer=no"
        with self.machine("tls-creds=t0", "-object", creds) as machine:
            for _ in range(2):
                self.look(self.port(machine), authenticate=by_certificate(self.directory / "ca-cert.pem"))

    def test_websocket(self):
        with self.machine("websocket=on") as machine:
            self.look(self.port(machine, websocket=True), wrap=WebSocket)
            self.look(self.port(machine))

    def test_viewers_at_once(self):
        with self.machine("share=force-shared") as machine:
            clients = [VncClient(self.port(machine)) for _ in range(4)]
            for client in clients:
                self.assertGreater(client.frame("zrle"), 1)
            for client in clients:
                client.close()
            self.assertEqual(machine.qmp.run("query-status")["status"], "running")


class Unmodified(OnEachQemu, unittest.TestCase):
    qemu = qemus.Unmodified()


class UnmodifiedDebian13(OnEachQemu, unittest.TestCase):
    qemu = qemus.UnmodifiedDebian13()


if __name__ == "__main__":
    unittest.main(verbosity=2)
