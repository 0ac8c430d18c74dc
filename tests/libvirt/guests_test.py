#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests of libvirt's system daemon live under lockdown: they boot, are managed in the usual ways, and end."""

import json
import os
import pathlib
import pty
import select
import subprocess
import termios
import time
import unittest

from libvirt_host import (HAND_OVER, LAUNCHER, TIMEOUT, VIRT, Launched, Patched, Patched72, arguments, eventually,
                          managed_host, run)
from virt_command import inject
from watcher import Watcher

MANAGED = ["hotplug-disk", "hotplug-net", "migration-fd", "snapshot", "screendump"]
HOST = None


def setUpModule():
    global HOST
    HOST = managed_host()


def filters(guest):
    return {thread.name: thread.filters for thread in guest.threads()}


class GuestTest(unittest.TestCase):
    qemu = Launched()

    def setUp(self):
        self.qemu.require()

    def guest(self, name, **more):
        guest = HOST.define(name, qemu=self.qemu, **more)
        self.addCleanup(guest.destroy)
        return guest

    def has_filters(self, guest, *of_ours):
        """So many are on top of those of -sandbox."""
        self.assertEqual({self.qemu.own_filters + count for count in of_ours}, set(filters(guest).values()))

    def is_locked_down(self, guest):
        [status] = json.loads(run(VIRT, "status", "--json", guest.name).stdout)
        self.assertEqual((True, None), (status["locked_down"], status["wrong"]))

    def assert_works(self, guest):
        self.assertRegex(guest.ask("disk"), "^ok vda")
        self.assertRegex(guest.ask("net"), "^ok")


class Life:
    def test_it_boots_in_two_stages_and_is_managed(self):
        guest = self.guest("managed", features=MANAGED)
        guest.define()
        guest.virsh("start", "--paused")
        handed_over = HAND_OVER / f"{guest.uuid}.conf"
        if isinstance(self.qemu, Launched):
            self.assertIn("allow=hotplug-disk;", handed_over.read_text())
        # Phase boot; then phase run, since there is no other way to stack on top.
        self.has_filters(guest, 1)
        guest.open_console()
        guest.virsh("resume")
        guest.wait_for("ready")
        self.has_filters(guest, 2)
        self.is_locked_down(guest)
        self.assertRegex(guest.first_line(), r"^qsbx: enforce: \d+ system calls from \d+ profiles ")
        self.assert_works(guest)
        for operation in (self.attach_and_detach, self.look_at_it, self.take_snapshots, self.reset,
                          self.save_and_restore, self.shut_down):
            with self.subTest(operation.__name__):
                operation(guest)
        self.assertEqual([], guest.violations())
        self.assertFalse(handed_over.exists())

    def attach_and_detach(self, guest):
        image = HOST.new_image("second.raw")
        guest.virsh("attach-disk", image, "vdb", "--live", "--driver", "qemu", "--subdriver", "raw")
        guest.wait_until_there("/sys/block/vdb")
        card = HOST.directory / "card.xml"
        card.write_text('<interface type="user"><mac address="52:54:00:00:00:99"/><model type="virtio"/></interface>')
        guest.virsh("attach-device", card, "--live")
        guest.wait_until_there("/sys/class/net/eth1")
        guest.virsh("detach-device", card, "--live")
        guest.virsh("detach-disk", "vdb", "--live")
        eventually(lambda: "vdb" not in guest.virsh("domblklist").stdout)
        self.assert_works(guest)

    def look_at_it(self, guest):
        if self.qemu.makes_png:
            picture = HOST.directory / "screen"
            guest.virsh("screenshot", picture)
            self.assertGreater(picture.stat().st_size, 1000)
        guest.virsh("domstats")
        guest.virsh("setmem", "160M", "--live")
        guest.virsh("suspend")
        guest.virsh("resume")

    def console_of(self, guest):
        """What virsh console shows of the guest's answer to a command that is typed there."""
        controller, terminal = pty.openpty()
        console = subprocess.Popen(["virsh", "-c", "qemu:///system", "console", guest.name, "--force"], stdin=terminal,
                                   stdout=terminal, stderr=terminal, start_new_session=True)
        os.close(terminal)
        seen = b""
        typed = False
        while b"memory ok" not in seen and select.select([controller], [], [], TIMEOUT)[0]:
            seen += os.read(controller, 4096)
            if not typed and b"Escape character" in seen:
                # It says so before it takes the terminal over, and drops what was typed until then.
                eventually(lambda: not termios.tcgetattr(controller)[3] & termios.ICANON)
                os.write(controller, b"memory\n")
                typed = True
        console.kill()
        console.wait(TIMEOUT)
        os.close(controller)
        return seen.decode(errors="replace")

    def take_snapshots(self, guest):
        guest.virsh("snapshot-create-as", "inside")
        self.assert_works(guest)
        guest.virsh("snapshot-create-as", "outside", "--disk-only", "--diskspec",
                    f"vda,file={guest.image}.overlay")
        self.assert_works(guest)
        guest.virsh("blockcommit", "vda", "--active", "--pivot", "--wait")
        guest.virsh("snapshot-delete", "outside", "--metadata")
        guest.virsh("snapshot-delete", "inside")
        self.assert_works(guest)

    def reset(self, guest):
        guest.virsh("reset")
        guest.wait_for("ready")
        self.assert_works(guest)

    def save_and_restore(self, guest):
        file = HOST.directory / "saved"
        guest.virsh("save", file)
        self.assertEqual("shut off (saved)", guest.state())
        HOST.virsh("restore", file, "--paused")
        self.has_filters(guest, 1)
        guest.virsh("resume")
        self.assertRegex(self.console_of(guest), "qsbx-guest: memory ok")
        guest.open_console()
        self.assert_works(guest)
        self.has_filters(guest, 2)
        self.is_locked_down(guest)

    def shut_down(self, guest):
        guest.console.write(b"poweroff\n")
        eventually(lambda: guest.state() == "shut off (shutdown)")

    def test_without_features_operations_fail_and_the_guest_lives(self):
        guest = self.guest("strict")
        guest.start()
        image = HOST.new_image("never.raw")
        for words, error in [
            (["attach-disk", image, "vdb", "--live", "--subdriver", "raw"], "Could not open .*Permission denied"),
            (["screenshot", HOST.directory / "never"], "Permission denied"),
            (["snapshot-create-as", "never", "--disk-only", "--diskspec", f"vda,file={guest.image}.never"],
             "Permission denied"),
            (["save", HOST.directory / "unsaved"], "job 'domain save' (unexpectedly )?failed"),
        ]:
            with self.subTest(words[0]):
                done = guest.virsh(words[0], *words[1:], check=False)
                self.assertRegex(done.stderr, error)
                self.assertEqual("running", guest.virsh("domstate").stdout.strip())
                self.assert_works(guest)
        watcher = Watcher()
        self.addCleanup(watcher.close)
        self.assertIs(True, watcher.wait_for(guest, "state")["locked_down"])
        self.violation_ends_it(guest)
        self.violation_is_told(guest, watcher)

    def violation_ends_it(self, guest):
        """What libvirt tells when a guest in mode enforce makes a call that is not granted."""
        self.assertIn("ended signal 31", inject(guest, "memory\ncall chdir 0\n"))
        eventually(lambda: guest.state().startswith("shut off"))
        self.assertEqual("shut off (crashed)", guest.state())
        self.assertRegex(guest.log(), r"qsbx: violation .*\bchdir\(")
        self.assertIn("reason=crashed", guest.log())

    def violation_is_told(self, guest, watcher):
        """Of the calls that were denied before, the last is the one that ended it."""
        ended = watcher.wait_for(guest, "stopped")
        self.assertEqual(("violation", "chdir"), (ended["reason"], ended["syscall"]))
        done = run(VIRT, "status", "--json", guest.name, check=False)
        [status] = json.loads(done.stdout)
        self.assertEqual((1, "stopped by a violation", "chdir"), (done.returncode, status["state"], status["ended_by"]))

    def test_roles_are_checked_as_threads_come_and_go(self):
        guest = self.guest("roles-enforced", attributes='mode="enforce" roles="on"')
        guest.define()
        guest.virsh("start")
        guest.open_console()
        guest.wait_for("ready")
        self.assert_works(guest)
        self.assertIn("; of these by role: vcpu ", guest.first_line())
        for _ in range(5):
            self.is_locked_down(guest)


class LaunchedLife(Life, GuestTest):
    qemu = Launched()


class PatchedLife(Life, GuestTest):
    qemu = Patched()


class Others(GuestTest):
    def test_roles_and_mode_errno_are_checked_too(self):
        guest = self.guest("roles", attributes='mode="errno" roles="on"')
        guest.define()
        guest.virsh("start")
        self.assertRegex(guest.first_line(), "^qsbx: errno: .*; of these by role: ")
        self.has_filters(guest, 2, 3)

    def test_mode_audit_is_checked_too(self):
        guest = self.guest("audited", attributes='mode="audit"')
        guest.define()
        guest.virsh("start")
        self.assertRegex(guest.first_line(), "^qsbx: audit: ")

    def test_a_guest_that_declares_nothing_has_what_the_host_has(self):
        HOST.configure("mode=errno", "allow=hotplug-disk;screendump")
        self.addCleanup(HOST.configure)
        guest = self.guest("undeclared", features=None)
        guest.define()
        guest.virsh("start")
        self.assertRegex(guest.first_line(), "^qsbx: errno: ")
        guest.virsh("attach-disk", HOST.new_image("third.raw"), "vdb", "--live", "--subdriver", "raw")
        self.assertFalse((HAND_OVER / f"{guest.uuid}.conf").exists())

    def test_libvirt_asks_again_when_qemu_is_newer(self):
        """It looks at the launcher's file only."""
        folder = HOST.directory / "newer"
        folder.mkdir()
        launcher = folder / pathlib.Path(LAUNCHER).name
        run("cp", "-r", "/usr/local/lib", folder.parent / "lib")
        run("cp", LAUNCHER, launcher)
        asked = HOST.directory / "asked"
        asked.touch(mode=0o666)
        asked.chmod(0o666)
        qemu = folder / "qemu-system-x86_64"
        HOST.configure(f"qemu={folder}")
        self.addCleanup(HOST.configure)

        def install_qemu():
            qemu.write_text(f'#!/bin/sh\necho x >>{asked}\nexec /usr/bin/qemu-system-x86_64 "$@"\n')
            qemu.chmod(0o755)

        def times_asked():
            HOST.virsh("domcapabilities", "--emulatorbin", launcher)
            return asked.read_text().count("x")

        install_qemu()
        run(VIRT, "refresh", "--in", folder)
        first = times_asked()
        self.assertGreater(first, 0)
        self.assertEqual(first, times_asked())
        self.assertEqual("", run(VIRT, "refresh", "--in", folder).stdout)
        time.sleep(1.1)  # libvirt counts in seconds
        install_qemu()
        self.assertEqual(first, times_asked())
        self.assertEqual(f"touched {launcher}\n", run(VIRT, "refresh", "--in", folder).stdout)
        self.assertGreater(times_asked(), first)


class Patched72Boots(GuestTest):
    qemu = Patched72()

    def test_it_boots(self):
        guest = self.guest("patched")
        guest.start()
        self.has_filters(guest, 2)
        self.is_locked_down(guest)
        self.assert_works(guest)


class PatchedRefusals(GuestTest):
    qemu = Patched()

    def test_options_that_are_less_than_declared_or_demanded(self):
        for words, attributes, error in [
            ("on,lockdown=audit", 'mode="errno"', "-sandbox option has mode audit, but the least .* is errno"),
            ("on,lockdown=enforce,lockdown-allow=migration", "", "-sandbox option allows migration, which"),
            ("on,lockdown=enforce,lockdown-profiles=/tmp", "", "the host's administrator chooses the profiles"),
            ("on,lockdown=loose", "", "'loose' is no mode"),
        ]:
            with self.subTest(words):
                guest = self.guest("patched-too-weak", attributes=attributes,
                                   command_line=arguments("-sandbox", words))
                self.assertRegex(guest.refuse_start(), error)
                guest.destroy()


if __name__ == "__main__":
    unittest.main(verbosity=2)
