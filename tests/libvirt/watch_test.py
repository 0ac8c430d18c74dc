#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `qsbx virt watch` tells of guests of libvirt's, and to whom."""

import contextlib
import json
import os
import subprocess
import unittest

from commands_test_case import Commands
from libvirt_host import eventually, managed_host
from virt_command import FORBIDDEN, inject, status, virt
from watcher import Watcher, listening, received_fields

HOST = None


def setUpModule():
    global HOST
    HOST = Commands.host = managed_host()


class Watch(Commands):
    def watcher(self, *words):
        watcher = Watcher(*words)
        self.addCleanup(watcher.close)
        return watcher

    def test_a_violation_is_told_from_other_ends(self):
        guest = self.guest()
        metrics = HOST.directory / "qsbx.prom"
        watcher = self.watcher("--json", "--metrics", metrics)
        self.assertEqual("shut off", watcher.wait_for(guest, "state")["reason"])
        guest.virsh("start")
        self.assertEqual(guest.uuid, watcher.wait_for(guest, "started")["uuid"])
        guest.virsh("destroy")
        ended = watcher.wait_for(guest, "stopped")
        self.assertEqual(("destroyed", None), (ended["reason"], ended.get("violation")))
        guest.virsh("start")
        watcher.wait_for(guest, "started")
        os.kill(guest.pid, 9)
        ended = watcher.wait_for(guest, "stopped")
        self.assertEqual(("crashed", None), (ended["reason"], ended.get("violation")))
        guest.virsh("start")
        watcher.wait_for(guest, "started")
        eventually(lambda: [line for line in guest.own_lines() if "locked down in" in line])
        inject(guest)
        self.assertEqual(FORBIDDEN, watcher.wait_for(guest, "violation")["syscall"])
        ended = watcher.wait_for(guest, "stopped")
        self.assertEqual(("violation", FORBIDDEN), (ended["reason"], ended["syscall"]))
        self.assertRegex(ended["violation"], rf"^qsbx: violation \(enforce\): .*{FORBIDDEN}\(")
        name = f'{{guest="{guest.name}"}}'
        eventually(lambda: f"qsbx_guest_stopped_by_violation{name} 1\n" in metrics.read_text())
        eventually(lambda: f"qsbx_guest_locked_down{name}" not in metrics.read_text())
        self.assertIn(f"qsbx_guest_running{name} 0\n", metrics.read_text())
        self.assertIn(f"qsbx_guest_violations{name} 1\n", metrics.read_text())

    def test_violations_that_stop_no_guest(self):
        guest = self.running(attributes='mode="audit"')
        watcher = self.watcher()
        self.assertEqual("running", watcher.wait_for(guest, "state")["reason"])
        inject(guest)
        self.assertEqual(FORBIDDEN, watcher.wait_for(guest, "violation")["syscall"])

    def test_whether_guests_are_locked_down_is_a_metric(self):
        guest = self.guest()
        metrics = HOST.directory / "locked.prom"
        watcher = self.watcher("--json", "--metrics", metrics)
        guest.virsh("start")
        self.assertTrue(watcher.wait_for(guest, "resumed")["locked_down"])
        value = f'qsbx_guest_locked_down{{guest="{guest.name}"}} 1\n'
        eventually(lambda: value in metrics.read_text())
        once = HOST.directory / "once.prom"
        self.assertEqual(0, virt("watch", "--once", "--metrics", once).returncode)
        self.assertIn(value, once.read_text())

    def test_what_qemu_tells(self):
        panic = '<panic model="isa"/>'
        keyboard = HOST.directory / "keyboard.xml"
        keyboard.write_text('<input type="keyboard" bus="usb"><alias name="ua-keyboard"/></input>')
        guest = self.running(devices=panic)
        watcher = self.watcher("--json")
        self.assertEqual("running", watcher.wait_for(guest, "state")["reason"])
        guest.virsh("suspend")
        told = watcher.wait_for(guest, "qmp", "STOP")
        self.assertEqual((guest.uuid, None), (told["uuid"], told.get("data")))
        guest.virsh("resume")
        watcher.wait_for(guest, "qmp", "RESUME")
        guest.virsh("reset")
        self.assertEqual("host-qmp-system-reset", watcher.wait_for(guest, "qmp", "RESET")["data"]["reason"])
        guest.virsh("attach-device", keyboard)
        guest.virsh("detach-device", keyboard)
        self.assertEqual("ua-keyboard", watcher.wait_for(guest, "qmp", "DEVICE_DELETED")["data"]["device"])
        # The port by which a guest says that it has panicked.
        guest.virsh("qemu-monitor-command", "--hmp", "o/b 0x505 1")
        self.assertEqual("pause", watcher.wait_for(guest, "qmp", "GUEST_PANICKED")["data"]["action"])
        self.assertEqual([], guest.violations())

    def test_disks_that_fail(self):
        with disk_server() as (server, disk):
            guest = self.foreign(devices=disk)
            watcher = self.watcher("--json")
            watcher.wait_for(guest, "state")
            guest.start()
            server.kill()
            server.wait()
            guest.console.write(b"shell dd if=/dev/vdb of=/dev/null bs=64k skip=16 count=1\n")
            failed = watcher.wait_for(guest, "qmp", "BLOCK_IO_ERROR")["data"]
        self.assertEqual(("read", "report"), (failed["operation"], failed["action"]))

    def test_once(self):
        guest = self.guest()
        metrics = HOST.directory / "once.prom"
        done = virt("watch", "--once", "--json", "--metrics", metrics)
        self.assertEqual(0, done.returncode, done.stderr)
        states = {event["guest"]: event["reason"] for event in map(json.loads, done.stdout.splitlines())}
        self.assertEqual("shut off", states[guest.name])
        self.assertIn(f'qsbx_guest_running{{guest="{guest.name}"}} 0\n', metrics.read_text())

    def test_the_journal_gets_fields(self):
        guest = self.guest()
        with listening("/run/systemd/journal/socket") as journal:
            self.assertEqual(0, virt("watch", "--once", "--journal").returncode)
            journal.settimeout(10)
            said = [received_fields(journal)]
            while said[-1]["QSBX_GUEST"] != guest.name:
                said.append(received_fields(journal))
        self.assertEqual((guest.name, "state", "shut off", "6"),
                         tuple(said[-1][name] for name in ("QSBX_GUEST", "QSBX_EVENT", "QSBX_REASON", "PRIORITY")))
        self.assertIn("MESSAGE_ID", said[-1])

    def test_the_journal_gets_what_qemu_tells(self):
        guest = self.running()
        with listening("/run/systemd/journal/socket") as journal:
            journal.settimeout(60)
            watcher = self.watcher("--journal")
            while received_fields(journal)["QSBX_GUEST"] != guest.name:
                pass
            guest.virsh("reset")
            while (fields := received_fields(journal))["QSBX_QMP_EVENT"] != "RESET":
                pass
            watcher.process.terminate()
        self.assertEqual(("qmp", "RESET", "6", guest.name),
                         tuple(fields[name] for name in ("QSBX_EVENT", "QSBX_QMP_EVENT", "PRIORITY", "QSBX_GUEST")))
        self.assertIs(False, json.loads(fields["QSBX_QMP_DATA"])["guest"])

    def test_what_cannot_be_told(self):
        self.guest()
        self.refused(2, "cannot write /nonexistent/x: No such file", "watch", "--once", "--metrics", "/nonexistent/x")
        self.refused(3, "the journal does not take messages", "watch", "--once", "--journal")


class WithoutDaemon(Commands):
    """Last, since it stops the daemon."""

    def test_it_ends_when_its_daemon_does_and_the_rest_goes_on(self):
        guest = self.running()
        watcher = Watcher()
        self.addCleanup(watcher.process.stderr.close)
        watcher.wait_for(guest, "state")
        HOST.stop(next(daemon for daemon in HOST._daemons if "libvirtd" in str(daemon.args)))
        self.assertEqual(3, watcher.process.wait(60))
        self.assertRegex(watcher.process.stderr.read(), "libvirt's daemon has ended the connection")
        self.assertTrue(status(guest.name)[1][guest.name]["locked_down"])
        self.refused(3, "no libvirt at qemu:///system", "enable", guest.name)
        self.refused(3, "no libvirt at qemu:///system", "watch")
        inject(guest)
        eventually(lambda: status(guest.name)[1][guest.name]["state"] == "stopped by a violation")
        HOST.start_daemons()


@contextlib.contextmanager
def disk_server():
    """A server of a disk, and the disk for a guest."""
    path = HOST.directory / "served.sock"
    server = subprocess.Popen(["qemu-nbd", "-k", path, "-f", "raw", "-x", "x", "-t", HOST.new_image("served")])
    try:
        eventually(path.exists)
        path.chmod(0o777)
        yield server, (f'<disk type="network"><driver name="qemu" type="raw"/><source protocol="nbd" name="x">'
                       f'<host transport="unix" socket="{path}"/></source><target dev="vdb" bus="virtio"/></disk>')
    finally:
        server.kill()
        server.wait()


if __name__ == "__main__":
    unittest.main(verbosity=2)
