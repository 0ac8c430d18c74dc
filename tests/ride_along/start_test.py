# SPDX-License-Identifier: LGPL-2.1-or-later
"""The ways in which a guest can come to run."""

import json
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
        leaving = Qmp(other)
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
