# SPDX-License-Identifier: LGPL-2.1-or-later
"""The ways in which a guest can come to run."""

import json
import os
import signal
import subprocess
import time

from guest import QEMU, Qmp, RideAlongTest, wait_until


class StartTest(RideAlongTest):
    def test_stopped_at_first(self):
        process = self.launch("-S", *self.own_monitor)
        qmp = self.monitor()
        time.sleep(1)
        self.assertEqual(qmp.status(), "prelaunch")
        self.await_boot_policy(process.pid)
        self.assertNotIn("locked down", self.said())
        self.assert_locked_down(process.pid)  # by the boot policy
        self.assertEqual(qmp.ask("cont"), {})
        self.assertEqual(qmp.status(), "running")
        self.assertIn("locked down", self.said())
        self.assert_locked_down(process.pid, filters=2)
        qmp.ask("quit")
        self.assert_exit(process, 0)

    def test_stopped_with_the_json_of_qemu(self):
        report = self.folder / "report"
        arguments = ["-S", "-device", "{'driver':'virtio-rng-pci'}", *self.own_monitor]
        process = self.launch(*arguments, options=["--report", str(report)])
        qmp = self.monitor()
        time.sleep(1)
        self.assertEqual(qmp.status(), "prelaunch")
        self.assert_locked_down(process.pid)  # by the boot policy
        qmp.ask("cont")
        self.assertIn('"virtio-rng-pci"', report.read_text())
        qmp.ask("quit")
        self.assert_exit(process, 0)

    def test_what_is_added_while_stopped_counts(self):
        report = self.folder / "report"
        process = self.launch("-S", *self.own_monitor, options=["--report", str(report)])
        qmp = self.monitor()
        qmp.ask("object-add", **{"qom-type": "rng-builtin", "id": "r"})
        self.assertEqual(qmp.ask("device_add", driver="virtio-rng-pci", rng="r"), {})
        time.sleep(1)
        qmp.ask("cont")
        self.assertIn('"virtio-rng-pci"', report.read_text())
        qmp.ask("quit")
        self.assert_exit(process, 0)

    def parts_after(self, *qemu_arguments, commands=(), lines="", awaited="", refused=None):
        """The machine's parts by kind, when these commands came to a monitor under -S, or lines to a terminal."""
        report = self.folder / "report"
        self.qmp_path.unlink(missing_ok=True)
        arguments = ["-S", "-nodefaults", *self.own_monitor, *qemu_arguments]
        process = self.launch(*arguments, options=["--report", str(report)], input_text=lines)
        qmp = self.monitor()
        if awaited:
            self.await_said(awaited)
            time.sleep(0.5)
        for name, arguments in commands:
            answer = qmp.ask(name, **arguments)
            if refused:
                self.assertIn(refused, answer["desc"])
            else:
                self.assertIn(answer, ({}, "OK\r\n"))
        qmp.ask("cont")
        parts = {}
        for part in json.loads(report.read_text())["parts"]:
            parts.setdefault(part["kind"], set()).add(part["name"])
        qmp.ask("quit")
        self.assert_exit(process, 0)
        return parts

    def disk(self):
        path = self.folder / "disk"
        path.write_bytes(bytes(1 << 20))
        return str(path)

    def test_the_aio_mode_of_a_node_that_is_added_while_stopped_counts(self):
        node = {"driver": "file", "node-name": "f", "filename": self.disk(), "aio": "io_uring"}
        parts = self.parts_after(commands=[("blockdev-add", node)])
        self.assertIn("io_uring", parts["aio"])
        self.assertNotIn("native", parts["aio"])

    def test_the_aio_mode_of_a_drive_that_hmp_adds_while_stopped_counts(self):
        line = f"drive_add 0 if=none,id=d,file={self.disk()},format=raw,aio=native,cache=none"
        parts = self.parts_after(commands=[("human-monitor-command", {"command-line": line})])
        self.assertIn("native", parts["aio"])
        self.assertNotIn("io_uring", parts["aio"])

    def test_a_command_of_several_lines(self):
        report = self.folder / "report"
        process = self.launch("-S", *self.own_monitor, options=["--report", str(report)])
        qmp = self.monitor()
        node = {"driver": "file", "node-name": "f", "filename": self.disk(), "aio": "io_uring"}
        qmp.file.write(json.dumps({"execute": "blockdev-add", "arguments": node}, indent=1) + "\n")
        qmp.file.flush()
        self.assertEqual(json.loads(qmp.file.readline()), {"return": {}})
        qmp.ask("cont")
        self.assertIn('"io_uring"', report.read_text())
        qmp.ask("quit")
        self.assert_exit(process, 0)

    def test_a_line_that_is_edited_may_have_added_anything(self):
        lines = f"drive_ad\t 0 if=none,id=d,file={self.disk()},format=raw,aio=native,cache=none\n"
        parts = self.parts_after("-monitor", "stdio", lines=lines, awaited="cannot be read here")
        self.assertEqual(parts["aio"], {"threads", "native", "io_uring"})
        self.assertIn("cannot be read here: it was typed with keys", self.said())

    def test_a_file_of_the_users_counts(self):
        config = self.folder / "config"
        config.write_text(f'[drive "d0"]\n  file = "{self.disk()}"\n  format = "raw"\n  if = "none"\n'
                          '  aio = "native"\n  cache = "none"\n')  # fmt: skip
        parts = self.parts_after("-readconfig", str(config))
        self.assertEqual(parts["aio"], {"native"})
        parts = self.parts_after("-readconfig", str(config), "-set", "drive.d0.aio=io_uring")
        self.assertIn("io_uring", parts["aio"])

    def test_a_file_that_only_qemu_can_read(self):
        config, end = os.pipe()
        os.write(end, b'[object "r"]\n  qom-type = "rng-builtin"\n')
        os.close(end)
        process = self.launch("-readconfig", f"/dev/fd/{config}", pass_fds=[config])
        os.close(config)
        self.assert_exit(process, 1)
        self.assertIn("is no regular file", self.said())
        self.assertNotIn("locked down in", self.said())

    def test_what_a_netdev_that_is_added_while_stopped_does_in_the_kernel_or_outside_counts(self):
        user = {"type": "user", "id": "n", "guestfwd": [{"str": "tcp::7-cmd:cat"}]}
        parts = self.parts_after(commands=[("netdev_add", user)])
        self.assertIn("guestfwd-cmd", parts["option"])
        # A command that fails counts, too: QEMU 7.2 cannot live on without /dev/vhost-net.
        tap = {"type": "tap", "id": "t", "fd": "none", "vhost": True}
        parts = self.parts_after(commands=[("netdev_add", tap)], refused="none")
        self.assertIn("tap+vhost", parts["netdev"])

    def send_in_one_go(self, *commands):
        process = self.launch("-S", *self.own_monitor)
        qmp = self.monitor()
        time.sleep(1)
        qmp.file.write("".join(json.dumps(command) + "\n" for command in commands))
        qmp.file.flush()
        return process, qmp

    def test_changed_and_started_in_one_go(self):
        add = {"execute": "device_add", "arguments": {"driver": "edu"}}
        process, _ = self.send_in_one_go(add, {"execute": "cont"})
        self.assert_exit(process, 1)
        self.assertIn("changed the machine and started the guest at once", self.said())
        self.assertNotIn("locked down in", self.said())

    def test_asked_and_started_in_one_go(self):
        process, qmp = self.send_in_one_go({"execute": "query-status"}, {"execute": "cont"})
        self.await_said("locked down in")
        process.terminate()
        self.assert_exit(process, 0)

    def test_changed_and_started_after_the_answer(self):
        report = self.folder / "report"
        process = self.launch("-S", *self.own_monitor, options=["--report", str(report)])
        qmp = self.monitor()
        self.assertEqual(qmp.ask("device_add", driver="edu"), {})
        self.assertEqual(qmp.ask("cont"), {})
        self.assertIn('"edu"', report.read_text())
        qmp.ask("quit")
        self.assert_exit(process, 0)

    def test_started_at_once(self):
        for _ in range(5):
            self.qmp_path.unlink(missing_ok=True)
            process = self.launch("-S", *self.own_monitor)
            qmp = self.monitor()
            qmp.ask("cont")
            self.assertEqual(qmp.status(), "running")
            self.assertIn("locked down", self.said())
            qmp.ask("quit")
            self.assert_exit(process, 0)

    def test_what_qemu_tells_counts_at_a_start_at_once(self):
        """The command line has the board's other name."""
        report = self.folder / "report"
        for _ in range(3):
            self.qmp_path.unlink(missing_ok=True)
            process = self.launch("-S", "-machine", "q35", *self.own_monitor, options=["--report", str(report)])
            qmp = self.monitor()
            qmp.ask("cont")
            self.assertIn('"pc-q35-', report.read_text())
            qmp.ask("quit")
            self.assert_exit(process, 0)

    def test_start_that_cannot_be_held(self):
        process = self.launch("-S", "-monitor", "stdio", input_text="c\nquit\n")
        if process.wait(30) == 0:
            self.assertIn("locked down", self.said())
        else:
            self.assertIn("before the lockdown could be prepared", self.said())

    def test_preconfig(self):
        process = self.launch("-preconfig", *self.own_monitor)
        qmp = self.monitor()
        time.sleep(0.3)
        self.assertNotIn("locked down", self.said())
        self.assertEqual(qmp.ask("x-exit-preconfig"), {})
        qmp.await_status("running")
        self.assert_locked_down(process.pid)
        qmp.ask("quit")
        self.assert_exit(process, 0)

    def test_daemonize(self):
        pidfile = self.folder / "pid"
        process = self.launch("-daemonize", "-pidfile", str(pidfile), *self.own_monitor)
        self.assert_exit(process, 0)
        pid = int(pidfile.read_text())
        qmp = self.monitor()
        qmp.await_status("running")
        self.assertIn("locked down", self.said())
        self.assert_locked_down(pid)
        qmp.ask("quit")
        wait_until(lambda: not pidfile.exists(), "the PID file has gone")

    def test_daemonize_that_fails(self):
        process = self.launch("-daemonize", "-device", "no-such-device")
        self.assert_exit(process, 1)
        self.assertIn("no-such-device", self.said())

    def migrate(self, source, to):
        source.ask("migrate", uri=to)
        wait_until(
            lambda: source.ask("query-migrate").get("status") == "completed", "the guest has left"
        )

    def test_incoming_migration(self):
        path = self.folder / "migration"
        target = self.launch("-incoming", f"unix:{path}", *self.own_monitor)
        arriving = self.monitor()
        time.sleep(1)
        self.assertEqual(arriving.status(), "inmigrate")
        self.assertNotIn("locked down", self.said())
        self.assert_locked_down(target.pid)  # by the boot policy

        other = self.folder / "other"
        source = subprocess.Popen(
            [QEMU, "-display", "none", "-m", "64"]
            + ["-qmp", f"unix:{other},server=on,wait=off"]
        )
        self.addCleanup(self.end, source)
        leaving = Qmp(other, self.said)
        self.addCleanup(leaving.close)
        self.migrate(leaving, f"unix:{path}")
        arriving.await_status("running")
        self.assertIn("locked down", self.said())
        self.assert_locked_down(target.pid, filters=2)
        arriving.ask("quit")
        self.assert_exit(target, 0)

    def test_signal_ends_it(self):
        process = self.launch()
        self.await_said("locked down")
        process.send_signal(signal.SIGTERM)
        self.assert_exit(process, 0)
