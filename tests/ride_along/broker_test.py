# SPDX-License-Identifier: LGPL-2.1-or-later
"""`qsbx run --open`: a process beside QEMU opens what is listed, and nothing else."""

import os
import pathlib
import signal

from guest import RideAlongTest, links_of_descriptors, wait_until, write_profiles


class BrokerTest(RideAlongTest):
    def setUp(self):
        super().setUp()
        self.folder = self.folder.resolve()
        self.profiles = write_profiles(self.folder / "no_files", barred="open, openat, openat2, swapon")
        self.pictures = self.folder / "pictures"
        self.pictures.mkdir()
        self.options = ["--open", f"{self.pictures}/:rw"]

    def brokers(self):
        """Those of this test, by the words that started them; one that has ended has none."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                name = (process / "comm").read_text().strip()
                words = (process / "cmdline").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if name == "qsbx-broker" and str(self.profiles) in words:
                found.append(int(process.name))
        return found

    def broker(self):
        found = self.brokers()
        self.assertEqual(len(found), 1)
        return found[0]

    def await_no_broker(self):
        wait_until(lambda: not self.brokers(), "the broker has ended")

    def start(self, *arguments, options=()):
        process = self.launch(*self.own_monitor, *arguments, options=[*self.options, *options])
        return process, self.monitor()

    def start_running(self, *arguments, options=()):
        process, qmp = self.start(*arguments, options=options)
        qmp.await_status("running")
        return process, qmp

    def dump(self, qmp, path):
        return qmp.ask("screendump", filename=str(path)).get("desc", "done")

    def assert_quits(self, process, qmp):
        qmp.ask("quit")
        self.assert_exit(process, 0)
        self.await_no_broker()

    def test_what_is_listed_is_opened_and_nothing_else(self):
        for mode in ["enforce", "errno"]:
            with self.subTest(mode=mode):
                self.qmp_path.unlink(missing_ok=True)
                process, qmp = self.start_running(options=["--mode", mode])
                self.assert_locked_down(process.pid, filters=2)
                picture = self.pictures / mode
                self.assertEqual(self.dump(qmp, picture), "done")
                self.assertTrue(picture.read_bytes().startswith(b"P6"))
                self.assertIn("Permission denied", self.dump(qmp, self.folder / "elsewhere"))
                self.assertFalse((self.folder / "elsewhere").exists())
                self.await_said(f'"{self.folder}/elsewhere" for writing: no --open names it')
                self.assert_quits(process, qmp)

    def test_a_link_in_the_folder_leads_nowhere(self):
        secret = self.folder / "secret"
        secret.write_text("untouched")
        (self.pictures / "link").symlink_to(secret)
        process, qmp = self.start_running()
        self.assertIn("Permission denied", self.dump(qmp, self.pictures / "link"))
        self.assertIn("Permission denied", self.dump(qmp, f"{self.pictures}/../secret"))
        self.assertEqual(secret.read_text(), "untouched")
        self.assert_quits(process, qmp)

    def test_a_file_that_may_only_be_read(self):
        disk = self.folder / "disk"
        disk.write_bytes(bytes(1 << 20))
        process, qmp = self.start_running(options=["--open", str(disk)])
        node = {"driver": "file", "filename": str(disk)}
        answer = qmp.ask("blockdev-add", **node, **{"node-name": "w", "read-only": False})
        self.assertIn("Permission denied", answer["desc"])
        self.assertEqual(qmp.ask("blockdev-add", **node, **{"node-name": "r", "read-only": True}), {})
        self.assert_quits(process, qmp)

    def test_qemu_keeps_neither_the_listener_nor_the_link(self):
        process, qmp = self.start_running()

        def held():
            return links_of_descriptors(process.pid)

        self.assertFalse([name for name in held() if "seccomp" in name], held())
        wait_until(
            lambda: len([name for name in held() if name.startswith("socket:")]) == 2,
            lambda: f"a listener and a client of the monitor only: {held()}",
        )
        self.assert_quits(process, qmp)

    def test_killed_it_leaves_qemu_running_and_locked_down(self):
        process, qmp = self.start_running()
        os.kill(self.broker(), signal.SIGKILL)
        self.await_no_broker()
        self.assertIn("Function not implemented", self.dump(qmp, self.pictures / "late"))
        self.assertFalse((self.pictures / "late").exists())
        self.assert_locked_down(process.pid, filters=2)
        self.assertEqual(qmp.status(), "running")
        self.assert_quits(process, qmp)

    def test_killed_before_the_lockdown_it_is_a_warning(self):
        process, qmp = self.start("-S")
        # A guest that is started before has no boot phase.
        self.await_boot_policy(process.pid)
        os.kill(self.broker(), signal.SIGKILL)
        self.await_no_broker()
        qmp.ask("cont")
        qmp.await_status("running")
        self.await_said("qsbx: warning: the broker")
        self.assertIn("fails with ENOSYS", self.said())
        self.assert_locked_down(process.pid, filters=3)  # with that of the boot phase
        self.assertIn("Function not implemented", self.dump(qmp, self.pictures / "late"))
        self.assert_quits(process, qmp)

    def test_it_is_nobodys_child_and_signals_to_all_do_not_end_it(self):
        process, qmp = self.start_running()
        broker = self.broker()
        status = pathlib.Path(f"/proc/{broker}/status").read_text()
        self.assertNotIn(f"PPid:\t{process.pid}\n", status)
        self.assertNotEqual(os.getsid(broker), os.getsid(process.pid))
        for number in [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]:
            os.kill(broker, number)
        self.assertEqual(self.dump(qmp, self.pictures / "after"), "done")
        self.assert_quits(process, qmp)

    def test_it_keeps_nothing_that_qemu_or_its_manager_wait_for(self):
        ours, theirs = os.pipe()
        process = self.launch(*self.own_monitor, options=self.options, pass_fds=[theirs])
        os.close(theirs)
        qmp = self.monitor()
        qmp.await_status("running")
        # It serves a moment before it has closed its link with QEMU; when it has refused something it has.
        self.dump(qmp, self.folder / "not listed")
        held = links_of_descriptors(self.broker())
        self.assertEqual(len([name for name in held if name.startswith(("pipe:", "socket:"))]), 0, held)
        self.assert_quits(process, qmp)
        self.assertEqual(os.read(ours, 1), b"")
        os.close(ours)

    def test_a_daemon_has_its_broker(self):
        pidfile = self.folder / "pid"
        process, qmp = self.start("-daemonize", "-pidfile", str(pidfile))
        self.assert_exit(process, 0)
        daemon = int(pidfile.read_text())
        qmp.await_status("running")
        self.assert_locked_down(daemon, filters=2)
        self.assertEqual(self.dump(qmp, self.pictures / "one"), "done")
        qmp.ask("quit")
        self.await_no_broker()

    def test_a_qemu_that_does_not_start_leaves_no_broker(self):
        process = self.launch("-no-such-option", options=self.options)
        self.assert_exit(process, 1)
        self.await_no_broker()

    def test_without_the_option_there_is_none(self):
        self.options = []
        process, qmp = self.start_running()
        self.assertEqual(self.brokers(), [])
        self.assert_locked_down(process.pid)
        self.assert_quits(process, qmp)

    def test_what_is_wrong_is_said_before_qemu_starts(self):
        for options, words in [
            (["--open", f"{self.pictures}"], f"write {self.pictures}/ for every file below it"),
            (["--open", "/no/such/file:rw"], "the folder of /no/such/file cannot be found"),
            (["--open", "/proc/self/mem:rw"], "leave it out"),
            (["--open", "/dev/null", "--mode", "audit"], "mode audit lets every open run"),
        ]:
            with self.subTest(options=options):
                process = self.launch(options=options)
                self.assert_exit(process, 2)
                self.assertIn(words, self.said())
                self.assertEqual(self.said().count("error"), 1, self.said())
                self.assertEqual(self.brokers(), [])
