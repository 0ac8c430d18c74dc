#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `qsbx virt enable` and `disable` make of a guest's definition, and what they say of it."""

import pathlib
import re
import unittest

from commands_test_case import QEMU, Commands
from libvirt_host import LAUNCHER, allow, arguments, managed_host, metadata, run
from virt_command import status, virt

HOST = None


def setUpModule():
    global HOST
    HOST = Commands.host = managed_host()


class Enable(Commands):
    def definition(self, guest):
        return guest.virsh("dumpxml", "--inactive").stdout

    def test_enabled_and_disabled_again(self):
        guest = self.foreign()
        before = self.definition(guest)
        words = ("enable", guest.name, "--mode", "errno", "--allow", "migration,hotplug-disk", "--roles")
        shown = virt(*words, "--dry-run")
        self.assertEqual(0, shown.returncode, shown.stderr)
        self.assertIn(f"-    <emulator>{QEMU}</emulator>\n+    <emulator>{LAUNCHER}</emulator>\n", shown.stdout)
        self.assertIn('+      <qsbx:allow feature="hotplug-disk"/>\n', shown.stdout)
        self.assertEqual(before, self.definition(guest))
        self.assertEqual(shown.stdout, virt(*words).stdout)
        again = virt(*words)
        self.assertEqual((0, "", "qsbx: nothing to change\n"), (again.returncode, again.stdout, again.stderr))
        guest.virsh("start")
        self.assertEqual({"mode": "errno", "roles": True, "features": ["hotplug-disk", "migration"]},
                         status(guest.name)[1][guest.name]["protection"])
        guest.virsh("destroy")
        self.assertEqual(0, virt("disable", guest.name).returncode)
        self.assertEqual(before, self.definition(guest))
        self.assertEqual("qsbx: nothing to change\n", virt("disable", guest.name).stderr)

    def test_what_was_enabled_is_taken_back(self):
        guest = self.foreign()
        declared = []
        for words in (("--mode", "audit", "--roles"), ("--roles=off",), ("--mode", "host"), ("--roles=on",), ("--roles=host",)):
            done = virt("enable", *words, guest.name)
            self.assertEqual((0, ""), (done.returncode, done.stderr), words)
            declared += re.findall(r"<qsbx:sandbox [^ ]*?xmlns:qsbx=\S+?\"(?: ([^/]*))?/>", self.definition(guest))
        self.assertEqual(['mode="audit" roles="on"', 'mode="audit" roles="off"', 'roles="off"', 'roles="on"', ""],
                         [one.replace("'", '"') for one in declared])
        self.refused(2, "--roles=: 'moon' is neither on nor off, nor host, which is the host's", "enable", "--roles=moon", guest.name)

    def test_a_guest_that_runs_is_left_alone(self):
        guest = self.running()
        before = (guest.pid, guest.virsh("dumpxml").stdout, guest.threads())
        done = virt("disable", guest.name)
        self.assertEqual((0, "qsbx: it runs, and is as it was until it is shut down and started; what is saved or migrated of it "
                             "until then stays so\n"), (done.returncode, done.stderr))
        self.assertEqual(before, (guest.pid, guest.virsh("dumpxml").stdout, guest.threads()))
        self.assertIn(f"<emulator>{QEMU}</emulator>", self.definition(guest))
        self.assertTrue(status(guest.name)[1][guest.name]["locked_down"])

    def test_a_saved_state_is_told_of_and_does_not_start_where_lockdown_is_required(self):
        guest = self.foreign()
        guest.virsh("start")
        guest.virsh("managedsave")
        self.addCleanup(guest.virsh, "managedsave-remove", check=False)
        done = virt("enable", guest.name)
        self.assertEqual((0, f"qsbx: it has a saved state, and starts from that as it was then: virsh managedsave-remove {guest.name} "
                             "(which loses that state), or managedsave-edit; require=yes in /etc/qsbx/libvirt.conf lets no guest "
                             "start without lockdown\n"), (done.returncode, done.stderr))
        self.assertIn(f"<emulator>{LAUNCHER}</emulator>", self.definition(guest))
        HOST.configure("require=yes")
        self.addCleanup(HOST.configure)
        self.assertIn("require=yes", guest.virsh("start", check=False).stderr)
        done = virt("disable", guest.name)
        self.assertEqual(0, done.returncode)
        self.assertRegex(done.stderr, r"^qsbx: it has a saved state, .* or managedsave-edit\n$")

    def test_a_saved_state_of_a_guest_with_a_strange_name(self):
        guest = self.foreign()
        guest.virsh("undefine")
        guest.change({"<name>.*</name>": "<name>web server</name>"})
        HOST.virsh("define", guest.file)
        self.addCleanup(HOST.virsh, "undefine", "--managed-save", guest.uuid)
        HOST.virsh("start", guest.uuid)
        HOST.virsh("managedsave", guest.uuid)
        self.assertIn("virsh managedsave-remove 'web server' (which", virt("enable", "web server").stderr)

    def test_snapshots_are_told_of(self):
        guest = self.foreign()
        guest.virsh("snapshot-create-as", "one")
        done = virt("enable", guest.name, "--dry-run")
        self.assertRegex(done.stderr, "^qsbx: a snapshot brings its own definition back when it is reverted to; require=yes in ")
        guest.virsh("snapshot-create-as", "two")
        self.assertEqual(0, virt("enable", guest.name).returncode)
        done = virt("enable", guest.name)
        self.assertRegex(done.stderr, "^qsbx: 2 snapshots bring their own definitions back when they are reverted to; require=yes .*\n"
                                      "qsbx: nothing to change\n$")

    def test_disabled_where_the_configuration_leads_to_no_qemu(self):
        guest = self.guest()
        self.addCleanup(HOST.configure)
        for line, why in (("qemu=/nonexistent", "/nonexistent"), ("moed=x", "moed")):
            pathlib.Path("/etc/qsbx/libvirt.conf").write_text(f"[host]\n{line}\n")
            done = virt("disable", guest.name, "--dry-run")
            self.assertEqual(0, done.returncode, done.stderr)
            self.assertRegex(done.stderr, f"^qsbx: the emulator becomes {QEMU}, since .*{why}.*\n$")
            self.assertIn(f"+    <emulator>{QEMU}</emulator>", done.stdout)
        self.assertEqual(0, virt("disable", guest.name).returncode)
        self.assertIn(f"<emulator>{QEMU}</emulator>", self.definition(guest))

    def test_no_qemu_of_the_launchers_name(self):
        launcher = pathlib.Path(LAUNCHER).with_name("qemu-system-moon-qsbx")
        launcher.symlink_to(LAUNCHER)
        self.addCleanup(launcher.unlink)
        configuration = pathlib.Path("/etc/qsbx/libvirt.conf")
        self.addCleanup(HOST.configure)
        configuration.write_text(f"[host]\nqemu={QEMU}\n")
        guest = self.guest(emulator=launcher)
        configuration.write_text("[host]\nqemu=/nonexistent\n")
        self.refused(2, r"/nonexistent.*; give the guest the <emulator> that it is to have \(virsh edit\)", "disable", guest.name)

    def test_a_lockdown_that_is_built_in_stays_and_is_told_of(self):
        guest = self.guest(emulator=QEMU, command_line=arguments("-sandbox", "on,lockdown=enforce"))
        done = virt("disable", guest.name)
        self.assertEqual((0, "qsbx: the guest's QEMU has the lockdown built in, and is told by -sandbox in its <qemu:commandline>, "
                             "which stays; take lockdown= out of that (virsh edit)\n"), (done.returncode, done.stderr))
        self.assertNotIn("qsbx:sandbox", self.definition(guest))

    def test_metadata_of_another_version_can_be_taken_out(self):
        guest = self.guest(metadata_xml='<metadata><x:sandbox xmlns:x="urn:qsbx:libvirt:domain:2"/></metadata>')
        self.refused(2, "namespace urn:qsbx:libvirt:domain:2, and this version", "enable", guest.name)
        self.assertEqual(0, virt("disable", guest.name).returncode)
        self.assertNotIn("urn:qsbx", self.definition(guest))

    def test_a_definition_that_the_schema_of_libvirt_does_not_take(self):
        guest = self.foreign(devices='<interface type="bridge"><source bridge="br0"/><target dev="we!rd"/></interface>')
        for command in ("enable", "disable"):
            done = virt(command, guest.name)
            self.assertEqual((0, ""), (done.returncode, done.stderr), command)

    def test_a_definition_that_libvirt_does_not_take(self):
        guest = self.guest()
        self.addCleanup(HOST.configure)
        pathlib.Path("/etc/qsbx/libvirt.conf").write_text("[host]\nqemu=/bin/sh\n")
        self.refused(2, r"libvirt does not take the changed definition: (?!.*\\x0a).*/bin/sh", "disable", guest.name)

    def test_malformed_metadata_can_be_taken_out(self):
        guest = self.guest(metadata_xml=metadata("", 'mode="none"'))
        self.refused(2, "<qsbx:sandbox> metadata is not as sandbox.rng has it", "enable", guest.name)
        self.assertEqual(0, virt("disable", guest.name).returncode)
        self.assertNotIn("qsbx:sandbox", self.definition(guest))

    def test_what_would_not_start_is_refused(self):
        guest = self.foreign()
        before = self.definition(guest)
        for features, unknown in (("hotplug-moon", "hotplug-moon"), ("hotplug-disk, migration-fd", " migration-fd"), ("", "")):
            self.refused(2, f"--allow: no profile has the feature '{unknown}'; there are .*hotplug-disk", "enable", guest.name,
                         "--allow", features)
        for mode in ("loose", ""):
            self.refused(2, f"--mode: '{mode}' is no mode; the modes are enforce, errno and audit, and host is the host's", "enable", guest.name, "--mode", mode)
        declaring = self.foreign(metadata_xml=metadata(allow("hotplug-moon"), ""))
        self.refused(2, "<qsbx:sandbox>: no profile has the feature 'hotplug-moon'; there are", "enable", declaring.name)
        self.refused(2, "no guest moon of qemu:///system: Domain not found", "enable", "moon")
        HOST.configure("least-mode=enforce")
        self.addCleanup(HOST.configure)
        self.refused(2, "has mode audit, but the least that this host allows is enforce", "enable", guest.name, "--mode", "audit")
        self.assertEqual(before, self.definition(guest))

    def test_an_emulator_that_the_launcher_does_not_start(self):
        folder = HOST.directory / "other"
        folder.mkdir()
        program = folder / "qemu-system-x86_64"
        program.write_text(f'#!/bin/sh\nexec {QEMU} "$@"\n')
        program.chmod(0o755)
        guest = self.guest(features=None, emulator=program)
        self.refused(2, f"the launcher would start {QEMU}, and the guest's emulator is {program}; set qemu=", "enable", guest.name)

    def test_an_emulator_that_is_a_link(self):
        link = HOST.directory / "kvm"
        link.symlink_to(QEMU)
        guest = self.guest(features=None, emulator=link)
        done = virt("enable", guest.name)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertIn(f"<emulator>{LAUNCHER}</emulator>", self.definition(guest))

    def test_an_emulator_without_a_launcher(self):
        program = HOST.directory / "qemu-system-moon"
        program.write_text(f'#!/bin/sh\nexec {QEMU} "$@"\n')
        program.chmod(0o755)
        guest = self.guest(features=None, emulator=program)
        self.refused(2, f"there is no launcher /usr/local/bin/qemu-system-moon-qsbx for the guest's emulator {program}; install",
                     "enable", guest.name)

    def test_guests_that_cannot_be_changed(self):
        patched = self.foreign(command_line=arguments("-sandbox", "on,lockdown=enforce"))
        self.refused(2, "has the lockdown built in, and is told by -sandbox", "enable", patched.name)
        transient = self.foreign()
        transient.virsh("undefine")
        HOST.virsh("create", "--paused", transient.file)
        self.refused(2, "is transient: it has no definition", "enable", transient.name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
