# SPDX-License-Identifier: LGPL-2.1-or-later
"""No QEMU runs unprotected; what goes wrong is said in one line."""

import os
import shutil
import subprocess
import time

from guest import KINDS, QEMU, QSBX, RideAlongTest, write_profiles

# QEMU takes this overlong form of a zero byte, as other readers of JSON do not.
ONLY_FOR_QEMU = ["-object", b'{"qom-type":"secret","id":"s","data":"a\xc0\x80"}']


class FailureTest(RideAlongTest):
    def assert_one_error(self, process, status, words):
        self.assert_exit(process, status)
        self.assertIn(words, self.said())
        self.assertEqual(self.said().count("error"), 1, self.said())

    def test_qemus_own_errors_come_through(self):
        process = self.launch("-no-such-option")
        self.assert_exit(process, 1)
        self.assertIn("-no-such-option: invalid option", self.said())
        self.assertNotIn("qsbx", self.said().replace("qemu-system", ""))

    def test_an_option_without_its_value(self):
        process = self.launch("-netdev")
        self.assert_exit(process, 1)
        self.assertIn("requires an argument", self.said())

    def test_a_command_line_that_only_qemu_can_read(self):
        process = self.launch(*ONLY_FOR_QEMU)
        self.assert_one_error(process, 1, "cannot be read here")
        self.assertNotIn("locked down in", self.said())

    def test_a_command_line_that_only_qemu_can_read_in_audit(self):
        arguments = ["-S", *ONLY_FOR_QEMU, *self.own_monitor]
        process = self.launch(*arguments, options=["--mode", "audit"])
        qmp = self.monitor()
        self.await_said("cannot be read here")
        time.sleep(0.5)
        self.assertEqual(qmp.status(), "prelaunch")
        qmp.ask("cont")
        self.assertIn("locked down in", self.said())
        qmp.ask("quit")
        self.assert_exit(process, 0)

    def test_help(self):
        process = self.launch("-M", "help")
        output, _ = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 0)
        self.assertIn(b"q35", output)

    def test_a_device_without_profile(self):
        kinds = [kind for kind in KINDS if kind != "netdev"]
        profiles = write_profiles(self.folder / "no_netdev", kinds)
        pidfile = self.folder / "pid"
        process = self.launch("-pidfile", str(pidfile), profiles=profiles)
        self.assert_exit(process, 1)
        self.assertIn("netdev user", self.said())
        self.assertNotIn("locked down in", self.said())
        self.assertFalse(pidfile.exists(), "QEMU did not clean up")

    def test_a_device_without_profile_in_audit(self):
        kinds = [kind for kind in KINDS if kind != "netdev"]
        profiles = write_profiles(self.folder / "no_netdev", kinds)
        process = self.launch(*self.own_monitor, profiles=profiles, options=["--mode", "audit"])
        qmp = self.monitor()
        qmp.await_status("running")
        self.assertIn("netdev user", self.said())
        qmp.ask("quit")
        self.assert_exit(process, 0)

    def test_a_policy_that_cannot_be_made_in_audit(self):
        base = self.profiles / "base/process.profile"
        base.write_text(base.read_text().replace("rt_sigaction: sig != SIGSYS", "rt_sigaction: 1"))
        process = self.launch(*self.own_monitor, options=["--mode", "audit"])
        qmp = self.monitor()
        qmp.await_status("running")
        self.assertIn("the guest runs without lockdown", self.said())
        qmp.ask("quit")
        self.assert_exit(process, 0)

    def test_no_profiles_in_audit(self):
        options = ["--mode", "audit"]
        process = self.launch(*self.own_monitor, profiles=self.folder / "none", options=options)
        qmp = self.monitor()
        qmp.await_status("running")
        self.assertIn("warning", self.said())
        qmp.ask("quit")
        self.assert_exit(process, 0)

    def test_no_profiles(self):
        process = self.launch(profiles=self.folder / "none")
        self.assert_one_error(process, 1, str(self.folder / "none"))

    def test_unknown_feature(self):
        process = self.launch(options=["--allow", "levitation"])
        self.assert_one_error(process, 1, "levitation")

    def test_report_that_cannot_be_written(self):
        process = self.launch(options=["--report", "/no/such/folder/report"])
        self.assert_one_error(process, 1, "/no/such/folder/report")

    def test_unknown_mode(self):
        process = self.launch(options=["--mode", "gently"])
        self.assert_exit(process, 2)
        self.assertIn("gently", self.said())

    def test_no_such_qemu(self):
        process = self.launch(qemu="qemu-system-pdp11")
        self.assert_one_error(process, 2, "qemu-system-pdp11")

    def test_script(self):
        script = self.folder / "qemu"
        script.write_text(f'#!/bin/sh\nexec {QEMU} "$@"\n')
        script.chmod(0o755)
        self.assert_one_error(self.launch(qemu=str(script)), 2, "is a script")

    def test_static_program(self):
        busybox = shutil.which("busybox")
        if busybox is None or b"statically" not in subprocess.run(
            ["file", "-L", busybox], stdout=subprocess.PIPE
        ).stdout:
            self.skipTest("no static busybox here")
        self.assert_one_error(self.launch(qemu=busybox), 2, "linked statically")

    def test_set_user_id(self):
        if os.getuid() != 0:
            self.skipTest("only root can give a program to another user")
        program = self.folder / "qemu"
        shutil.copy(QEMU, program)
        os.chown(program, 65534, 65534)
        program.chmod(0o4755)
        self.assert_one_error(self.launch(qemu=str(program)), 2, "gains privileges")

    def copy_of_qsbx(self):
        folder = self.folder / "copy"
        folder.mkdir()
        shutil.copy(QSBX, folder / "qsbx")
        return folder

    def test_library_is_missing(self):
        run = subprocess.run(
            [self.copy_of_qsbx() / "qsbx", "run", "--", QEMU], stderr=subprocess.PIPE, timeout=30
        )
        self.assertEqual(run.returncode, 2)
        self.assertIn(b"libqsbx-ride-along.so", run.stderr)

    def test_library_that_does_not_load(self):
        folder = self.copy_of_qsbx()
        (folder / "libqsbx-ride-along.so").write_bytes(b"no library at all")
        command = [folder / "qsbx", "run", "--", QEMU, "-display", "none", *self.own_monitor]
        run = subprocess.run(command, stderr=subprocess.PIPE, timeout=30)
        self.assertEqual(run.returncode, 1)
        self.assertIn(b"is not a socket", run.stderr)

    def test_a_stopped_guest_with_a_bad_machine_never_runs(self):
        kinds = [kind for kind in KINDS if kind != "netdev"]
        profiles = write_profiles(self.folder / "no_netdev", kinds)
        process = self.launch("-S", profiles=profiles)
        self.assert_exit(process, 1)
        self.assertIn("netdev user", self.said())
