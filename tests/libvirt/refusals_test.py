#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""No guest runs less protected than its owner has declared and its host wants: it does not start, and virsh says in one
line what to change."""

import pathlib
import re
import signal
import subprocess
import unittest

from libvirt_host import HAND_OVER, HOOK, HOOK_PROGRAM, LAUNCHER, arguments, managed_host, metadata, run

HOST = None
QSBX = "/usr/local/bin/qsbx"


def setUpModule():
    global HOST
    HOST = managed_host()


class Refusals(unittest.TestCase):
    """Guests that declare something, and what virsh says of them."""

    count = 0

    def setUp(self):
        HOST.configure()
        self.addCleanup(HOST.configure)

    def refused(self, pattern, **more):
        Refusals.count += 1
        guest = HOST.define(f"refused{Refusals.count}", **more)
        self.addCleanup(guest.destroy)
        said = guest.refuse_start()
        lines = re.findall(r"qsbx: error: .*", said)
        self.assertEqual(1, len(lines), said)
        self.assertRegex(lines[0], pattern)
        self.assertEqual("shut off", guest.virsh("domstate").stdout.strip())
        return guest

    def test_metadata_that_the_schema_does_not_have(self):
        for inside, attributes, complaint in [
            ("", 'mode="none"', "mode"),
            ("", 'moed="audit"', "moed"),
            ("<qsbx:allow/>", "", "allow"),
            ('<qsbx:allow feature="A B"/>', "", "allow"),
            ('<qsbx:deny feature="a"/>', "", "deny"),
        ]:
            with self.subTest(inside + attributes):
                guest = self.refused(rf"<qsbx:sandbox> metadata is not as sandbox.rng has it: line \d+: .*{complaint}",
                                     metadata_xml=metadata(inside, attributes))
                self.assertFalse((HAND_OVER / f"{guest.uuid}.conf").exists())

    def test_metadata_of_another_version(self):
        self.refused("of the namespace urn:qsbx:libvirt:domain:9, and this version of qsbx knows",
                     metadata_xml='<metadata><q:sandbox xmlns:q="urn:qsbx:libvirt:domain:9"/></metadata>')

    def test_a_feature_that_nobody_knows(self):
        self.refused("has the feature 'hotplug-moon'; there are .*hotplug-disk", features=["hotplug-moon"])

    def test_a_declaration_weaker_than_the_host_allows(self):
        HOST.configure("least-mode=errno", "allow-at-most=migration", "roles=on", "least-roles=on")
        self.refused("<qsbx:sandbox> has mode audit, but the least that this host allows is errno; .*least-mode in /etc",
                     attributes='mode="audit"')
        self.refused("<qsbx:sandbox> allows hotplug-disk, which this host does not; .*allow-at-most",
                     features=["hotplug-disk", "migration"])
        self.refused("<qsbx:sandbox> has roles off, but this host wants them on", attributes='roles="off"')

    def test_the_launcher_sees_to_it_without_the_hook_too(self):
        guest = HOST.define("past-the-hook", features=None)
        self.addCleanup(guest.destroy)
        HAND_OVER.mkdir(parents=True, exist_ok=True)
        file = HAND_OVER / f"{guest.uuid}.conf"
        self.addCleanup(lambda: file.unlink(missing_ok=True))
        HOST.configure("least-mode=errno")
        for text, mode, pattern in [
            ("[guest]\nmode=audit\nallow=\n", 0o644, "has mode audit, but the least that this host allows is errno"),
            ("[guest]\nmode=enforce\n", 0o644, "is not complete; start the guest again"),
            ("[guest]\nmode=strict\nallow=\n", 0o644, "'strict' is no mode"),
            ("[guest]\nmodes=enforce\nallow=\n", 0o644, r"\[guest\] modes is not known"),
            ("[guest]\nallow=\n", 0o666, "can be written by others"),
            ("[guest]\nallow=\n", 0o600, "cannot read .*: Permission denied"),
        ]:
            with self.subTest(text):
                file.write_text(text)
                file.chmod(mode)
                done = as_qemu(LAUNCHER, "-M", "q35", "-display", "none", "-uuid", guest.uuid)
                self.assertEqual(2, done.returncode, done.stderr)
                self.assertRegex(done.stderr, rf"^qsbx: error: .*{pattern}")
                self.assertEqual(1, done.stderr.count("\n"))

    def test_a_uuid_that_is_there_twice_or_is_none(self):
        uuid = "11111111-2222-3333-4444-555555555555"
        self.refused("-uuid is there more than once", command_line=arguments("-uuid", uuid))
        done = as_qemu(LAUNCHER, "-M", "q35", "-uuid", "../../etc/passwd")
        self.assertRegex(done.stderr, "'../../etc/passwd' is no UUID of a guest")

    def test_a_host_configuration_that_is_wrong(self):
        for line, pattern in [
            ("mode=loose", r"libvirt.conf: \[host\] mode: 'loose' is no mode"),
            ("moed=audit", r"\[host\] moed is not known"),
            ("roles=perhaps", "'perhaps' is neither on nor off"),
            ("require=perhaps", "'perhaps' is neither yes nor no"),
            ("least-mode=enforce\nmode=audit", r"\[host\] has mode audit, but the least .* is enforce"),
            ("what", "libvirt.conf: "),
        ]:
            with self.subTest(line):
                HOST.configure(line)
                self.refused(pattern)

    def test_profiles_that_the_user_of_qemu_cannot_read(self):
        profiles = HOST.directory / "profiles"
        run("cp", "-r", "/usr/local/share/qsbx/profiles/qemu", profiles)
        profiles.chmod(0o700)
        HOST.configure(f"profiles={profiles}")
        self.refused(f"{profiles}.*[Pp]ermission denied")

    def test_a_launcher_without_its_library(self):
        library = next(pathlib.Path("/usr/local/lib").glob("**/libqsbx-ride-along.so"))
        library.rename(library.with_suffix(".away"))
        self.addCleanup(lambda: library.with_suffix(".away").rename(library))
        self.refused("libqsbx-ride-along.so, is neither at .*; install it")

    def test_a_device_that_no_profile_covers(self):
        self.refused("no profile .*usb-mtp.*it opens whatever files the guest asks for",
                     command_line=arguments("-device", "qemu-xhci,id=usb9,bus=pcie.0,addr=0x1d",
                                            "-device", "usb-mtp,bus=usb9.0,rootdir=/tmp"))

    def test_variables_that_could_undo_it(self):
        for name in ("LD_PRELOAD", "QSBX_PROFILES", "PATH", "QEMU_MODULE_DIR", "GIO_EXTRA_MODULES"):
            self.refused(f"the guest sets the variable {name}",
                         command_line=arguments(variables=[(name, "/tmp")]))

    def test_a_plugin(self):
        self.refused("the guest has the argument -plugin", command_line=arguments("-plugin", "/tmp/x.so"))

    def test_a_declaration_that_nothing_carries_out(self):
        self.refused("declares <qsbx:sandbox>, but its <emulator> is /usr/bin/qemu-system-x86_64; make it",
                     emulator="/usr/bin/qemu-system-x86_64")

    def test_a_host_that_starts_no_guest_without_lockdown(self):
        HOST.configure("require=yes")
        self.refused("this host starts no guest without lockdown", features=None,
                     emulator="/usr/bin/qemu-system-x86_64")

    def test_a_guest_of_no_concern_is_left_alone(self):
        guest = HOST.define("foreign", features=None, emulator="/usr/bin/qemu-system-x86_64")
        self.addCleanup(guest.destroy)
        guest.define()
        guest.virsh("start")
        self.assertEqual([], guest.own_lines())

    def test_a_hook_that_is_killed_half_way(self):
        uuid = "11111111-2222-3333-4444-666666666666"
        hook = subprocess.Popen([HOOK_PROGRAM, "x", "prepare", "begin", "-"], stdin=subprocess.PIPE)
        hook.stdin.write(f"<domain><name>x</name><uuid>{uuid}</uuid>".encode())
        hook.stdin.flush()
        hook.kill()
        self.assertEqual(-signal.SIGKILL, hook.wait(20))
        hook.stdin.close()
        self.assertFalse((HAND_OVER / f"{uuid}.conf").exists())

    def test_a_hook_that_libvirt_sees_killed(self):
        HOOK.unlink()
        HOOK.write_text("#!/bin/sh\nkill -KILL $$\n")
        HOOK.chmod(0o755)
        self.addCleanup(HOST.install_hook)
        guest = HOST.define("hook-killed")
        self.addCleanup(guest.destroy)
        self.assertRegex(guest.refuse_start(), "Hook script execution failed")

    def test_a_description_that_is_none(self):
        done = subprocess.run([HOOK_PROGRAM, "x", "prepare", "begin", "-"], input="<domain", capture_output=True,
                              text=True, timeout=20)
        self.assertEqual((2, "qsbx: error: this is no description of a libvirt guest: it is no XML that begins with "
                             "<domain>\n"), (done.returncode, done.stderr))


class Started(unittest.TestCase):
    """The hook looks at what is in force, and not at what should be."""

    def stopped(self, pattern, **more):
        guest = HOST.define("unlocked", **more)
        self.addCleanup(guest.destroy)
        said = guest.refuse_start()
        self.assertRegex(said, rf"qsbx: error: .*{pattern}.*not locked down as declared")
        self.assertEqual("shut off", guest.virsh("domstate").stdout.strip())

    def run_with(self, *options):
        """One that is locked down with these options, whatever the guest declares."""
        return HOST.impostor(f'case "$*" in *-uuid*) exec {QSBX} run {" ".join(options)} -- /usr/bin/qemu-system-x86_64 "$@" ;; '
                             'esac\nexec /usr/bin/qemu-system-x86_64 "$@"\n')

    def test_a_guest_without_filters_is_stopped(self):
        self.stopped("has no filter of qsbx's",
                     emulator=HOST.impostor('exec /usr/bin/qemu-system-x86_64 "$@"\n'))

    def test_a_guest_with_a_wider_policy_is_stopped(self):
        self.stopped("may make calls that its policy does not grant, such as ",
                     emulator=self.run_with("--allow", "hotplug-disk,migration"))

    def test_a_guest_with_a_weaker_mode_is_stopped(self):
        self.stopped("has another mode than declared: what is denied is not ended, such as ",
                     emulator=self.run_with("--mode", "audit"))

    def test_a_guest_whose_threads_have_the_policy_of_the_process_is_stopped(self):
        self.stopped(r"thread \d+ \(.*\) of the guest may make calls that its role \((vcpu|rcu|worker)\) does not grant, such as ",
                     attributes='mode="enforce" roles="on"', emulator=self.run_with())

    def test_a_guest_whose_threads_do_not_tell_their_roles_is_stopped(self):
        self.stopped("the threads of the guest have no names that tell their roles, as with '-name debug-threads=off'",
                     attributes='mode="enforce" roles="on"', command_line=arguments("-name", "debug-threads=off"))


def as_qemu(*command):
    return run("setpriv", "--reuid", "libvirt-qemu", "--regid", "libvirt-qemu", "--clear-groups", *command, check=False)


if __name__ == "__main__":
    unittest.main(verbosity=2)
