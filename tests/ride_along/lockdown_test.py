# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is in force once the guest runs, and what does not change for the user."""

import json
import os
import signal
import socket

from guest import QEMU, RideAlongTest, links_of_descriptors, status_of_threads, wait_until, write_profiles


class LockdownTest(RideAlongTest):
    def start(self, *arguments, **options):
        process = self.launch(*self.own_monitor, *arguments, **options)
        qmp = self.monitor()
        qmp.await_status("running")
        return process, qmp

    def assert_quits(self, process, qmp):
        qmp.ask("quit")
        self.assert_exit(process, 0)

    def test_every_thread_is_locked_down_before_the_guest_runs(self):
        process, qmp = self.start()
        self.assert_locked_down(process.pid)
        self.assertRegex(
            self.said(),
            r"(?m)^qsbx: enforce: \d+ system calls from 1 profiles \(process\), "
            r"\d+ threads, locked down in \d+\.\d ms$",
        )
        self.assert_quits(process, qmp)

    def test_boards(self):
        for board in ["pc", "q35", "microvm"]:
            with self.subTest(board=board):
                self.qmp_path.unlink(missing_ok=True)
                process, qmp = self.start("-M", board)
                self.assert_locked_down(process.pid)
                self.assert_quits(process, qmp)

    def test_one_process_stays_one_process(self):
        process, qmp = self.start()
        self.assertEqual(os.readlink(f"/proc/{process.pid}/exe"), os.path.realpath(QEMU))
        self.assert_quits(process, qmp)

    def test_threads_that_come_later_are_locked_down(self):
        process, qmp = self.start()
        before = set(status_of_threads(process.pid))
        qmp.ask("object-add", **{"qom-type": "iothread", "id": "later"})
        self.assertTrue(set(status_of_threads(process.pid)) - before, "no thread came")
        self.assert_locked_down(process.pid)
        self.assert_quits(process, qmp)

    def test_the_report_names_the_parts(self):
        disk = self.folder / "disk"
        disk.write_bytes(bytes(1 << 20))
        report = self.folder / "report"
        process, qmp = self.start(
            *("-nodefaults", "-object", "iothread,id=io", "-object", "rng-builtin,id=r"),
            *("-blockdev", f"driver=file,node-name=f,filename={disk},aio=native,cache.direct=on"),
            *("-blockdev", "driver=raw,node-name=d,file=f"),
            *("-device", "virtio-blk-pci,drive=d,iothread=io", "-device", "virtio-rng-pci,rng=r"),
            *("-netdev", "user,id=n", "-device", "virtio-net-pci,netdev=n"),
            *("-chardev", "null,id=c", "-serial", "chardev:c", "-vnc", "127.0.0.1:0,to=99"),
            options=["--report", str(report)],
        )
        told = json.loads(report.read_text())
        parts = {(part["kind"], part["name"]) for part in told["parts"]}
        for part in [
            ("accelerator", "tcg"),
            ("object", "iothread"),
            ("object", "rng-builtin"),
            ("block", "file"),
            ("block", "raw"),
            ("aio", "native"),
            ("device", "virtio-blk-pci"),
            ("device", "virtio-blk-device"),
            ("device", "virtio-rng-pci"),
            ("device", "virtio-net-pci"),
            ("netdev", "user"),
            ("chardev", "null"),
            ("chardev", "socket"),
            ("display", "none"),
            ("display", "vnc"),
            ("monitor", "qmp"),
        ]:
            self.assertIn(part, parts)
        self.assertEqual(told["mode"], "enforce")
        self.assertGreater(told["granted-calls"], 300)
        self.assertGreaterEqual(told["threads"], 4)
        self.assert_quits(process, qmp)

    def test_our_own_monitor_is_no_part_of_the_machine(self):
        report = self.folder / "report"
        self.launch("-nodefaults", options=["--report", str(report)])
        self.await_said("locked down")
        kinds = {part["kind"] for part in json.loads(report.read_text())["parts"]}
        self.assertNotIn("chardev", kinds)
        self.assertNotIn("monitor", kinds)

    def test_nothing_of_ours_stays_open(self):
        process, qmp = self.start()

        def names():
            return links_of_descriptors(process.pid)

        # The guest runs a moment before the last of ours is closed.
        wait_until(
            lambda: len([name for name in names() if name.startswith("socket:")]) == 2,
            lambda: f"a listener and a client: {names()}",
        )
        self.assertFalse([name for name in names() if "qsbx" in name], names())
        self.assert_quits(process, qmp)

    def test_after_lockdown_qemu_makes_no_call_for_our_monitor(self):
        profiles = write_profiles(self.folder / "no_messages", barred="sendmsg, recvmsg, swapon")
        process = self.launch("-nodefaults", profiles=profiles)
        self.await_said("locked down")
        process.send_signal(signal.SIGTERM)
        self.assert_exit(process, 0)
        self.assertNotIn("sendmsg", self.said())

    def test_a_violation_is_reported_and_ends_qemu(self):
        profiles = write_profiles(self.folder / "no_files", barred="open, openat, swapon")
        process, qmp = self.start(profiles=profiles)
        with self.assertRaises((EOFError, OSError)):
            qmp.ask("screendump", filename=str(self.folder / "picture"))
        self.assert_exit(process, -signal.SIGSYS)
        self.assertIn("openat", self.said())

    def test_descriptors_pass_through(self):
        ours, qemus = socket.socketpair()
        self.addCleanup(ours.close)
        process = self.launch(
            *("-chardev", f"socket,id=given,fd={qemus.fileno()}", "-mon", "given,mode=control"),
            pass_fds=[qemus.fileno()],
        )
        qemus.close()
        ours.settimeout(30)
        self.assertIn(b'"QMP"', ours.recv(65536))
        self.await_said("locked down")
        ours.sendall(b'{"execute":"qmp_capabilities"}{"execute":"quit"}')
        self.assert_exit(process, 0)

    def test_the_default_monitor_is_still_there(self):
        process = self.launch("-nographic")
        self.await_said("locked down")
        self.assert_quits_by_keys(process)

    def assert_quits_by_keys(self, process):
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=30)
        self.assert_exit(process, 0)

    def test_programs_that_qemu_starts_do_not_carry_the_library(self):
        script = self.folder / "ifup"
        seen = self.folder / "environment"
        script.write_text(f"#!/bin/sh\nenv > {seen}\nexit 1\n")
        script.chmod(0o755)
        process = self.launch("-netdev", f"tap,id=t,ifname=qsbxtest0,script={script}")
        process.wait(30)
        if not seen.exists():
            self.skipTest(f"no tap device on this machine: {self.said()}")
        self.assertNotIn("QSBX_RIDE_ALONG", seen.read_text())
        self.assertNotIn("LD_PRELOAD", seen.read_text())

    def test_audit_reports_and_runs(self):
        profiles = write_profiles(self.folder / "no_files", barred="open, openat, swapon")
        process, qmp = self.start(profiles=profiles, options=["--mode", "audit"])
        picture = self.folder / "picture"
        self.assertEqual(qmp.ask("screendump", filename=str(picture)), {})
        self.assertGreater(picture.stat().st_size, 1000)
        self.await_said("openat")
        self.assert_quits(process, qmp)

    def test_errno_reports_and_refuses(self):
        profiles = write_profiles(self.folder / "no_files", barred="open, openat, swapon")
        process, qmp = self.start(profiles=profiles, options=["--mode", "errno"])
        answer = qmp.ask("screendump", filename=str(self.folder / "picture"))
        self.assertIn("Operation not permitted", answer["desc"])
        self.assert_quits(process, qmp)

    def test_under_the_sandbox_that_libvirt_asks_for(self):
        sandbox = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
        process, qmp = self.start("-sandbox", sandbox)
        self.assert_locked_down(process.pid, filters=2)
        self.assert_quits(process, qmp)
