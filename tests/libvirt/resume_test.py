#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest that was started paused, or comes back from a file, is held against its policy when it resumes: `qsbx virt watch`
tells of it, and stops one that is less protected than declared."""

import time
import unittest

from libvirt_host import BUILD, HOOK, Launched, Patched, arguments, eventually, managed_host, run
from watcher import QSBX, Watcher, listening, received_fields

HOST = None
QEMU = "/usr/bin/qemu-system-x86_64"
WRONG = r"^thread \d+ \(.*\) of the guest may make calls that its policy does not grant, such as \w+$"


def setUpModule():
    global HOST
    HOST = managed_host()
    run("cp", BUILD / "tests/libvirt/libboot_only.so", HOST.directory)


class ResumeTest(unittest.TestCase):
    count = 0
    qemu = Launched()

    def setUp(self):
        self.qemu.require()

    def guest(self, **more):
        ResumeTest.count += 1
        guest = HOST.define(f"resumed{ResumeTest.count}", qemu=self.qemu, **more)
        self.addCleanup(guest.destroy)
        guest.define()
        return guest

    def watcher(self, *words):
        watcher = Watcher(*words)
        self.addCleanup(watcher.close)
        return watcher

    def is_locked_down(self, event):
        self.assertEqual((True, None), (event["locked_down"], event.get("wrong")))


class LockedDown(ResumeTest):
    def test_a_guest_that_was_started_paused(self):
        guest = self.guest(attributes='mode="enforce" roles="on"')
        watcher = self.watcher("--stop-unprotected")
        watcher.wait_for(guest, "state")
        guest.virsh("start", "--paused")
        for _ in range(2):
            guest.virsh("resume")
            self.is_locked_down(watcher.wait_for(guest, "resumed"))
            guest.virsh("suspend")
        self.assertEqual("paused (user)", guest.state())

    def test_a_guest_that_comes_back_from_a_file(self):
        guest = self.guest(features=["migration-fd"])
        guest.virsh("start")
        watcher = self.watcher("--stop-unprotected")
        self.is_locked_down(watcher.wait_for(guest, "state"))
        file = HOST.directory / "saved"
        guest.virsh("save", file)
        HOST.virsh("restore", file)
        self.is_locked_down(watcher.wait_for(guest, "resumed"))
        guest.virsh("suspend")
        self.assertEqual("paused (user)", guest.state())

    def test_a_guest_that_got_a_device_before_it_ran(self):
        """The device brings calls that the command line does not."""
        guest = self.guest()
        watcher = self.watcher("--stop-unprotected")
        watcher.wait_for(guest, "state")
        guest.virsh("start", "--paused")
        guest.virsh("attach-disk", HOST.new_image(f"{guest.name}.native"), "vdb", "--live", "--subdriver", "raw",
                    "--cache", "none", "--io", "native")
        guest.virsh("resume")
        self.is_locked_down(watcher.wait_for(guest, "resumed"))
        guest.virsh("suspend")
        self.assertEqual("paused (user)", guest.state())
        self.assertEqual([], guest.violations())


class PatchedLockedDown(LockedDown):
    qemu = Patched()


class SandboxOff(ResumeTest):
    def test_an_option_that_switches_nothing_on_counts_as_no_filter(self):
        """As libvirt has it where qemu.conf has seccomp_sandbox = 0."""
        guest = self.guest(command_line=arguments("-sandbox", "off"))
        watcher = self.watcher("--stop-unprotected")
        watcher.wait_for(guest, "state")
        guest.virsh("start", "--paused")
        guest.virsh("resume")
        self.is_locked_down(watcher.wait_for(guest, "resumed"))


class Unprotected(ResumeTest):
    def never_locked_down(self):
        """Its emulator puts the policy of phase boot in force, and no other."""
        return self.guest(emulator=HOST.impostor(f'case "$*" in *-uuid*) export LD_PRELOAD={HOST.directory}/libboot_only.so ;; esac\n'
                                                 f'exec {QEMU} "$@"\n'))

    def is_unprotected(self, event):
        self.assertIs(False, event["locked_down"])
        self.assertRegex(event["wrong"], WRONG)

    def test_a_guest_that_is_never_locked_down_is_told_of(self):
        guest = self.never_locked_down()
        watcher = self.watcher()
        watcher.wait_for(guest, "state")
        guest.virsh("start", "--paused")
        guest.virsh("resume")
        self.is_unprotected(watcher.wait_for(guest, "resumed"))
        self.assertEqual("running (unpaused)", guest.state())
        with listening("/run/systemd/journal/socket") as journal:
            journal.settimeout(60)
            run(QSBX, "virt", "watch", "--once", "--journal")
            while (fields := received_fields(journal))["QSBX_GUEST"] != guest.name:
                pass
        self.assertEqual(("2", "no"), (fields["PRIORITY"], fields["QSBX_LOCKED_DOWN"]))
        self.assertRegex(fields["QSBX_WRONG"], WRONG)
        self.assertIn(f"guest {guest.name}: state (running): not locked down as declared: thread ", fields["MESSAGE"])

    def test_a_guest_that_is_never_locked_down_is_stopped(self):
        guest = self.never_locked_down()
        watcher = self.watcher("--stop-unprotected")
        watcher.wait_for(guest, "state")
        guest.virsh("start", "--paused")
        guest.virsh("resume")
        self.is_stopped(guest, watcher, "resumed")

    def test_a_guest_that_starts_where_no_hook_looks_is_stopped(self):
        HOOK.chmod(0o644)
        self.addCleanup(HOOK.chmod, 0o755)
        guest = self.never_locked_down()
        watcher = self.watcher("--stop-unprotected")
        watcher.wait_for(guest, "state")
        guest.virsh("start")
        self.is_stopped(guest, watcher, "resumed")

    def test_a_guest_that_keeps_pausing_has_no_more_time(self):
        guest = self.never_locked_down()
        watcher = self.watcher("--stop-unprotected")
        watcher.wait_for(guest, "state")
        guest.virsh("start", "--paused")
        end = time.monotonic() + 30
        while guest.state() != "shut off (destroyed)" and time.monotonic() < end:
            guest.virsh("resume", check=False)
            time.sleep(1)
            guest.virsh("suspend", check=False)
        self.assertEqual("shut off (destroyed)", guest.state())

    def test_a_guest_that_runs_already_is_stopped(self):
        guest = self.never_locked_down()
        guest.virsh("start", "--paused")
        guest.virsh("resume")
        self.is_stopped(guest, self.watcher("--stop-unprotected"), "state")

    def is_stopped(self, guest, watcher, event):
        self.is_unprotected(watcher.wait_for(guest, event))
        ended = watcher.wait_for(guest, "stopped")
        self.assertEqual("unprotected", ended["reason"])
        self.assertRegex(ended["wrong"], WRONG)
        eventually(lambda: guest.state() == "shut off (destroyed)")
        self.assertIsNone(watcher.process.poll())

    def test_a_guest_that_nothing_locks_down_is_left_alone(self):
        guest = self.guest(features=None, emulator=QEMU)
        watcher = self.watcher("--stop-unprotected")
        watcher.wait_for(guest, "state")
        guest.virsh("start", "--paused")
        guest.virsh("resume")
        told = watcher.wait_for(guest, "resumed")
        self.assertEqual((None, None), (told.get("locked_down"), told.get("wrong")))
        guest.virsh("suspend")
        watcher.wait_for(guest, "suspended")
        self.assertEqual("paused (user)", guest.state())

    def test_what_makes_no_sense_together(self):
        done = run(QSBX, "virt", "watch", "--once", "--stop-unprotected", check=False)
        self.assertEqual(2, done.returncode)
        self.assertIn("--stop-unprotected excludes --once", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
