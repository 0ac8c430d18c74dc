#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What administrators ask of `qsbx virt` on a host with guests of libvirt's: status, check, compose, explain, diff and
verify."""

import html
import json
import pathlib
import unittest
import uuid

from commands_test_case import QEMU, Commands
from libvirt_host import LAUNCHER, arguments, eventually, managed_host, run
from virt_command import FORBIDDEN, QSBX, inject, status, virt
from watcher import Watcher

HOST = None


def setUpModule():
    global HOST
    HOST = Commands.host = managed_host()


class Status(Commands):
    def test_a_guest_that_runs_and_is_stopped_by_a_violation(self):
        guest = self.running(features=["migration"])
        code, guests = status()
        one = guests[guest.name]
        self.assertEqual((0, "running", guest.pid, True, None), (code, one["state"], one["pid"], one["locked_down"], one["wrong"]))
        self.assertEqual({"mode": "enforce", "roles": False, "features": ["migration"]}, one["protection"])
        self.assertEqual("run", one["check"])
        self.assertEqual(min(thread.filters for thread in guest.threads()), one["filters"])
        self.assertGreater(one["callable"], 20)
        self.assertLess(one["callable"], 150)
        self.assertRegex(virt("status").stdout, rf"(?m)^{guest.name} +{guest.pid} +running +enforce +\d+ +\d+ +holds +0 +migration$")
        inject(guest)
        eventually(lambda: guest.state() == "shut off (crashed)")
        code, guests = status(guest.name)
        one = guests[guest.name]
        self.assertEqual((1, "stopped by a violation", None, FORBIDDEN), (code, one["state"], one["pid"], one["ended_by"]))
        self.assertRegex(virt("status").stdout, rf"(?m)^{guest.name} +- +stopped by a violation .*\n(.*\n)*{guest.name}: "
                                                rf"qsbx: violation \(enforce\): thread \d+ .*{FORBIDDEN}\(")

    def test_violations_that_stop_no_guest_are_counted(self):
        guest = self.running(attributes='mode="errno"')
        inject(guest)
        eventually(guest.violations)  # by libvirt's logger
        code, guests = status(guest.name)
        one = guests[guest.name]
        self.assertEqual((0, "running", "errno", [FORBIDDEN]), (code, one["state"], one["protection"]["mode"],
                                                                [each["syscall"] for each in one["violations"]]))
        guest.virsh("destroy")
        self.assertEqual((0, "shut off"), (virt("status", guest.name).returncode, status(guest.name)[1][guest.name]["state"]))

    def test_guests_that_are_not_as_they_were_declared(self):
        guest = self.running(features=["migration"])
        HOST.configure("allow-at-most=hotplug-disk")
        self.addCleanup(HOST.configure)
        code, guests = status(guest.name)
        self.assertEqual((1, False), (code, guests[guest.name]["locked_down"]))
        self.assertIn("allows migration, which this host does not", guests[guest.name]["wrong"])

    def unchecked(self, command, **more):
        """A guest whose emulator is something else than our launcher, and that no hook stops."""
        hook = pathlib.Path("/etc/libvirt/hooks/qemu.d/qsbx")
        self.addCleanup(hook.write_text, hook.read_text())
        hook.write_text("#!/bin/sh\n")
        return self.guest(emulator=HOST.impostor(f'exec {command} "$@"\n'), **more)

    def test_a_guest_without_filters(self):
        guest = self.unchecked(QEMU)
        guest.virsh("start")
        code, guests = status(guest.name)
        self.assertEqual((1, False), (code, guests[guest.name]["locked_down"]))
        self.assertRegex(guests[guest.name]["wrong"], r"thread \d+ \(.*\) of the guest has no filter of qsbx's$")
        self.assertRegex(virt("status", guest.name).stdout, rf"(?m)^{guest.name} .* NO +0 ")

    def test_a_guest_whose_threads_have_the_policy_of_the_process(self):
        guest = self.unchecked(f'$(case "$*" in *-uuid*) echo {QSBX} run -- ;; esac) {QEMU}', attributes='roles="on"')
        guest.virsh("start")
        code, guests = status(guest.name)
        self.assertEqual((1, False), (code, guests[guest.name]["locked_down"]))
        wrong = r"thread \d+ \(.*\) of the guest may make calls that its role \(\w+\) does not grant, such as \w+$"
        self.assertRegex(guests[guest.name]["wrong"], wrong)
        guest.virsh("suspend")  # which does not make it one that has not run
        code, guests = status(guest.name)
        self.assertEqual((1, "paused", False), (code, guests[guest.name]["state"], guests[guest.name]["locked_down"]))
        self.assertRegex(guests[guest.name]["wrong"], wrong)

    def test_paused_guests_that_have_not_run_and_that_have(self):
        guest = self.guest()
        guest.virsh("start", "--paused")
        self.assertEqual((0, "paused", "boot"), self.checked(guest))
        self.assertRegex(virt("status", guest.name).stdout, rf"(?m)^{guest.name} .* boot +0 ")
        guest.virsh("resume")
        eventually(lambda: self.checked(guest) == (0, "running", "run"))
        guest.virsh("suspend")
        self.assertEqual((0, "paused", "run"), self.checked(guest))

    def test_before_it_runs_nothing_is_known_of_a_guest_in_audit(self):
        guest = self.guest(attributes='mode="audit"')
        guest.virsh("start", "--paused")
        code, guests = status(guest.name)
        one = guests[guest.name]
        self.assertEqual((0, None, None, None), (code, one["locked_down"], one["check"], one["wrong"]))
        self.assertRegex(virt("status", guest.name).stdout, rf"(?m)^{guest.name} .* - +0 ")
        self.assertIn("mode audit: nothing is in force before it runs", virt("verify", guest.name).stderr)
        guest.virsh("resume")
        eventually(lambda: self.checked(guest) == (0, "running", "run"))

    def test_a_qemu_that_hides(self):
        guest = self.running()
        # Its -uuid is in its own memory.
        with open(f"/proc/{guest.pid}/cmdline", "rb") as command:
            text = command.read()
        begin = int(pathlib.Path(f"/proc/{guest.pid}/stat").read_text().rsplit(")", 1)[1].split()[45])
        with open(f"/proc/{guest.pid}/mem", "r+b", buffering=0) as memory:
            memory.seek(begin + text.index(guest.uuid.encode()))
            memory.write(b"x")
        code, guests = status(guest.name)
        self.assertEqual((1, "unknown"), (code, guests[guest.name]["state"]))
        self.assertRegex(guests[guest.name]["wrong"], rf"\({guest.pid}\) does not have its -uuid$")
        self.refused(1, rf"{guest.name}: the process .* does not have its -uuid", "verify", guest.name)
        watcher = Watcher("--stop-unprotected")
        self.addCleanup(watcher.close)
        self.assertIs(False, watcher.wait_for(guest, "state")["locked_down"])
        self.assertEqual("unprotected", watcher.wait_for(guest, "stopped")["reason"])

    def checked(self, guest):
        code, guests = status(guest.name)
        return code, guests[guest.name]["state"], guests[guest.name]["check"]

    def test_a_guest_that_nothing_locks_down(self):
        guest = self.foreign()
        guest.virsh("start")
        code, guests = status(guest.name)
        one = guests[guest.name]
        self.assertEqual((0, None, False, 1), (code, one["protection"], one["locked_down"], one["filters"]))

    def test_a_transient_guest_that_a_violation_has_stopped_is_not_forgotten(self):
        guest = self.guest()
        guest.virsh("undefine")
        HOST.virsh("create", guest.file)
        eventually(lambda: guest.own_lines())
        inject(guest)
        eventually(lambda: guest.virsh("domstate", check=False).returncode != 0)
        self.assertEqual("stopped by a violation", status(guest.name)[1][guest.name]["state"])

    def test_a_guest_that_is_not_there(self):
        self.refused(2, "there is no guest moon of qemu:///system", "status", "moon")
        self.refused(2, "there is no guest ../x of", "status", "../x")


class Check(Commands):
    def found(self, *words):
        done = virt("check", "--json", *words)
        findings = json.loads(done.stdout)
        self.assertEqual(1 if findings else 0, done.returncode)
        return [finding["id"] for finding in findings]

    def test_a_guest_and_its_host(self):
        guest = self.guest()
        self.assertEqual(["slirp"], self.found(guest.name))
        self.assertEqual(["slirp"], self.found(guest.file))
        self.assertRegex(virt("check", guest.name).stdout, rf"^{guest.name}: <interface type='user'>.* \[slirp\]\n    use a network")
        other = self.foreign(command_line=arguments(variables=[("LD_PRELOAD", "/x")]))
        self.assertEqual(["not-enabled", "slirp", "variable"], self.found(other.name))

    def test_a_guest_that_was_enabled_or_disabled_while_it_ran(self):
        guest = self.foreign()
        guest.virsh("start")
        self.assertEqual(["not-enabled", "slirp"], self.found(guest.name))
        self.assertEqual(0, virt("enable", guest.name).returncode)
        self.assertEqual(["not-restarted", "slirp"], self.found(guest.name))
        self.refused(1, f"nothing locks {guest.name} down; it was enabled after its start: shut it down and start it",
                     "verify", guest.name)
        guest.virsh("destroy")
        guest.virsh("start")
        self.assertEqual(["slirp"], self.found(guest.name))
        self.assertEqual(0, virt("disable", guest.name).returncode)
        self.assertEqual(["disabled", "slirp"], self.found(guest.name))

    def test_a_host_that_undermines_all(self):
        guest = self.guest()
        conf = pathlib.Path("/etc/libvirt/qemu.conf")
        before = conf.read_text()
        self.addCleanup(conf.write_text, before)
        conf.write_text(before + 'seccomp_sandbox = 0\ncapability_filters = [ "seccomp-sandbox" ]\n')
        hook = pathlib.Path("/etc/libvirt/hooks/qemu.d/qsbx")
        hook.chmod(0o644)
        self.addCleanup(hook.chmod, 0o755)
        self.assertEqual(["sandbox-off", "sandbox-capability", "no-hook", "slirp"], self.found(guest.name))
        HOST.configure("moed=x")
        self.addCleanup(HOST.configure)
        text = hook.read_text()
        self.addCleanup(hook.write_text, text)
        hook.write_text("#!/bin/sh\n")
        self.assertEqual(["sandbox-off", "sandbox-capability", "no-hook", "configuration", "slirp"], self.found(guest.name))

    def test_what_to_do_can_be_pasted(self):
        for name in ("a&b<c'd", "web server", "-dash", "x;reboot"):
            guest = self.foreign()
            guest.virsh("undefine")
            guest.change({"<name>.*</name>": f"<name>{html.escape(name)}</name>"})
            HOST.virsh("define", guest.file)
            self.addCleanup(HOST.virsh, "undefine", guest.uuid)
            first = json.loads(virt("check", "--json", guest.file).stdout)[0]
            self.assertEqual("not-enabled", first["id"])
            done = run("sh", "-c", first["remedy"], check=False, env={"PATH": "/usr/local/bin:/usr/bin:/bin"})
            self.assertEqual(0, done.returncode, done.stdout + done.stderr)
            self.assertIn(LAUNCHER, HOST.virsh("dumpxml", guest.uuid).stdout)

    def test_an_emulator_that_only_has_the_name_of_the_launcher(self):
        guest = self.guest(emulator=HOST.impostor(f'exec {QEMU} "$@"\n'))
        self.assertEqual(["other-launcher", "slirp"], self.found(guest.name))
        link = HOST.new_folder("linked") / pathlib.Path(LAUNCHER).name
        link.symlink_to(LAUNCHER)
        self.assertEqual(["slirp"], self.found(self.guest(emulator=link).name))

    def test_guests_that_their_host_does_not_start(self):
        patched = self.foreign(command_line=arguments("-sandbox", "on,lockdown=audit"))
        unknown = self.guest(features=["nosuchfeature"])
        self.assertEqual(["slirp"], self.found(patched.name))
        HOST.configure("least-mode=errno")
        self.addCleanup(HOST.configure)
        self.assertEqual(["beyond-host", "slirp"], self.found(patched.name))
        self.assertEqual(["unknown-feature", "slirp"], self.found(unknown.name))
        pathlib.Path("/etc/qsbx/libvirt.conf").write_text("[host]\nqemu=/nonexistent\nprofiles=/nonexistent\n")
        self.assertEqual(["no-qemu", "no-profiles", "slirp"], self.found(unknown.name))

    def test_a_cache_that_is_stale_and_a_launcher_that_is_away(self):
        guest = self.guest()
        newer = HOST.directory / "qemu"
        newer.mkdir()
        (newer / "qemu-system-x86_64").write_text("#!/bin/sh\n")
        (newer / "qemu-system-x86_64").chmod(0o755)
        pathlib.Path("/etc/qsbx/libvirt.conf").write_text(f"[host]\nqemu={newer}\n")
        self.addCleanup(HOST.configure)
        self.assertIn("stale-capabilities", self.found(guest.name))
        virt("refresh")
        self.assertNotIn("stale-capabilities", self.found(guest.name))
        launcher = pathlib.Path(LAUNCHER)
        launcher.rename(launcher.with_suffix(".away"))
        self.addCleanup(launcher.with_suffix(".away").rename, launcher)
        self.assertIn("no-launcher", self.found(guest.name))

    def test_apparmor_without_a_rule(self):
        guest = self.guest()
        enabled = pathlib.Path("/sys/module/apparmor/parameters/enabled")
        run("mount", "-t", "tmpfs", "tmpfs", "/sys/module")
        self.addCleanup(run, "umount", "/sys/module")
        enabled.parent.mkdir(parents=True)
        enabled.write_text("Y\n")
        profiles = pathlib.Path("/etc/apparmor.d")
        abstractions = profiles / "abstractions"
        abstractions.mkdir(parents=True, exist_ok=True)
        (profiles / "usr.sbin.libvirtd").unlink(missing_ok=True)
        (abstractions / "libvirt-qemu").write_text("#include <local/abstractions/libvirt-qemu>\n")
        self.assertIn("no-apparmor-rule", self.found(guest.name))
        rules = abstractions / "libvirt-qemu.d"
        rules.mkdir(exist_ok=True)
        (rules / "qsbx").write_text("/usr/local/bin/qemu-system-*-qsbx rmix,\n")
        self.assertIn("no-apparmor-rule", self.found(guest.name))  # nothing includes the folder
        for line in ("include if exists <abstractions/libvirt-qemu.d>",
                     'include "/usr/local/share/qsbx/libvirt/apparmor/libvirt-qemu"'):
            (abstractions / "libvirt-qemu").write_text(line + "\n")
            self.assertNotIn("no-apparmor-rule", self.found(guest.name))
        (profiles / "usr.sbin.libvirtd").write_text("")
        self.assertIn("no-apparmor-rule", self.found(guest.name))  # for libvirtd itself
        local = profiles / "local"
        local.mkdir(exist_ok=True)
        (local / "usr.sbin.libvirtd").write_text('include "/usr/local/share/qsbx/libvirt/apparmor/libvirtd"\n')
        self.assertNotIn("no-apparmor-rule", self.found(guest.name))

    def test_a_file_that_is_none(self):
        self.refused(2, "cannot read /nonexistent.xml", "check", "/nonexistent.xml")
        file = HOST.directory / "network.xml"
        file.write_text("<network/>")
        self.refused(2, "network.xml: it is no XML that begins with <domain>", "check", file)


class Questions(Commands):
    def test_of_a_guest_that_runs_and_of_its_log(self):
        guest = self.running(features=["hotplug-disk"])
        composed = json.loads(virt("compose", guest.name, "--json").stdout)
        self.assertIn({"kind": "device", "name": "virtio-blk-pci"}, composed["parts"])
        self.assertEqual(["hotplug-disk"], composed["features"])
        explained = virt("explain", guest.name, "openat")
        self.assertEqual(0, explained.returncode, explained.stderr)
        self.assertIn("open-image", explained.stdout)
        guest.virsh("destroy")
        self.assertEqual(composed, json.loads(virt("compose", guest.name, "--json").stdout))
        log = f"/var/log/libvirt/qemu/{guest.name}.log"
        self.assertEqual(composed["parts"], json.loads(virt("compose", log, "--json").stdout)["parts"])
        self.assertEqual(1, virt("diff", guest.name, log).returncode)
        same = virt("diff", log, log)
        self.assertEqual(0, same.returncode, same.stdout + same.stderr)

    def test_of_a_description(self):
        guest = self.guest(features=["hotplug-disk"], attributes='mode="errno"')
        composed = virt("compose", guest.file, "--json")
        self.assertEqual(0, composed.returncode, composed.stderr)
        described = json.loads(composed.stdout)
        self.assertEqual(["hotplug-disk"], described["features"])
        self.assertIn("a VNC server may have TLS and SASL besides", composed.stderr)
        self.assertIn("open-image", virt("explain", guest.file, "openat").stdout)
        never = virt("compose", guest.name, "--json")
        self.assertEqual(described["parts"], [{**part, "name": part["name"].replace("-7.2-machine", "-machine")}
                                              for part in json.loads(never.stdout)["parts"]])
        self.assertIn("the guest was never started here", never.stderr)
        guest.virsh("start")
        eventually(lambda: guest.own_lines())
        there = {(part["kind"], part["name"].replace("-7.2-machine", "-machine"))
                 for part in json.loads(virt("compose", guest.name, "--json").stdout)["parts"]}
        foreseen = {(part["kind"], part["name"]) for part in described["parts"]}
        self.assertEqual((set(), set()), (there - foreseen, foreseen - there))
        same = virt("diff", guest.file, guest.name)
        self.assertEqual(0, same.returncode, same.stdout + same.stderr)

    def test_of_another_guest_that_had_the_name(self):
        guest = self.running()
        self.assertIn("virtio-blk-pci", virt("compose", guest.name).stdout)
        guest.virsh("destroy")
        guest.virsh("undefine")
        text = pathlib.Path(guest.file).read_text()
        pathlib.Path(guest.file).write_text(text.replace(guest.uuid, str(uuid.uuid4())))
        guest.define()
        self.assertIn("the guest was never started here", virt("compose", guest.name).stderr)

    def test_a_name_that_begins_with_a_dash(self):
        guest = self.host.define("-dashed", features=["hotplug-disk"])
        run("virsh", "-c", "qemu:///system", "define", guest.file)
        self.addCleanup(run, "virsh", "-c", "qemu:///system", "undefine", "--domain", "-dashed")
        by_name = run(QSBX, "compose", "--json", "--domain=-dashed").stdout
        self.assertEqual(by_name, virt("compose", "--json", "--", "-dashed").stdout)
        self.assertEqual(0, virt("explain", "--", "-dashed", "openat").returncode)

    def test_as_selections_of_qsbx(self):
        guest = self.guest(features=["hotplug-disk"], attributes='mode="errno"')
        by_virt = virt("compose", guest.file, "--json").stdout
        self.assertEqual(by_virt, run(QSBX, "compose", "--xml", guest.file, "--json").stdout)
        self.assertEqual(by_virt, run(QSBX, "compose", "--json", f"--xml={guest.file}").stdout)
        by_name = run(QSBX, "compose", "--json", "--domain", guest.name).stdout
        self.assertEqual(virt("compose", guest.name, "--json").stdout, by_name)
        self.assertIn("proven", run(QSBX, "verify", "--domain", guest.name).stdout)
        same = run(QSBX, "diff", "--xml", guest.file, "--", "--domain", guest.name, check=False)
        self.assertEqual(0, same.returncode, same.stdout + same.stderr)
        run(QSBX, "eval", "--domain", guest.name, "--mode", "audit", "read", "0")

    def test_whether_a_guest_has_its_policy(self):
        guest = self.guest()
        for paused, told in (("--paused", "nothing beyond phase boot, as before it first runs"), ("", r"nothing beyond its policy \(enforce\)")):
            guest.virsh("start", *paused.split())
            done = virt("verify", guest.name)
            self.assertEqual(0, done.returncode, done.stderr)
            self.assertRegex(done.stderr, rf"^qsbx: {guest.name}: read back of every thread: {told}\n$")
            self.assertRegex(done.stdout, "^proven: ")
            guest.virsh("destroy")
        done = virt("verify", guest.file, "--json")
        self.assertTrue(json.loads(done.stdout)["proven"], done.stderr)
        HOST.configure("allow-at-most=hotplug-disk")
        self.addCleanup(HOST.configure)
        guest = self.guest(features=["hotplug-disk"])
        guest.virsh("start")
        HOST.configure("allow-at-most=")
        self.refused(2, f"{guest.name}: .*allows hotplug-disk, which this host does not", "verify", guest.name)

    def test_what_the_user_says_is_instead_of_what_holds_for_the_guest(self):
        profiles = HOST.directory / "own-profiles"
        run("cp", "-r", "/usr/local/share/qsbx/profiles/qemu", profiles)
        HOST.configure(f"profiles={profiles}")
        self.addCleanup(HOST.configure)
        guest = self.guest()
        for program in (["virt", "verify", guest.name], ["verify", "--domain", guest.name]):
            self.assertIn("proven", run(QSBX, *program, "--mode", "audit", "--profiles", "/usr/local/share/qsbx/profiles/qemu").stdout)
            self.assertIn("proven", run(QSBX, *program).stdout)
            done = run(QSBX, *program, "--profiles=/nonexistent", check=False)
            self.assertEqual(2, done.returncode)
            self.assertIn("/nonexistent", done.stderr)
        (profiles / "boot.profile").write_text("profile boot: moon\n")
        done = virt("verify", guest.name)
        self.assertEqual(2, done.returncode)
        self.assertIn(f"{profiles}", done.stderr)

    def test_a_guest_without_a_policy_is_not_verified(self):
        done = virt("verify", self.guest().name)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("does not run; only the program of its policy is proven", done.stderr)
        guest = self.foreign()
        self.refused(1, f"nothing locks {guest.name} down", "verify", guest.name)
        guest.virsh("start")
        self.refused(1, f"nothing locks {guest.name} down", "verify", guest.name)
        self.refused(2, "there is no guest moon", "verify", "moon")

    def test_of_what_cannot_be_told(self):
        guest = self.guest()
        file = HOST.directory / "strange.xml"
        file.write_text(guest.xml.replace("<rng ", '<moonbeam model="full"/>\n<rng '))
        line = guest.xml[:guest.xml.index("<rng ")].count("\n") + 1
        self.refused(2, f"strange.xml: line {line}: <moonbeam> is not understood", "compose", file)
        done = run(QSBX, "compose", "--xml", file, check=False)
        self.assertEqual((2, 1), (done.returncode, done.stderr.count("\n")), done.stderr)
        self.assertIn(f"line {line}: <moonbeam> is not understood", done.stderr)
        done = run(QSBX, "compose", "--xml", guest.file, "--argv", QEMU, check=False)
        self.assertEqual((2, "qsbx: a selection has one machine: name one of --argv, --xml and --domain, once\n"),
                         (done.returncode, done.stderr))
        self.refused(2, "cannot read /nonexistent.log: No such file", "compose", "/nonexistent.log")
        self.refused(2, "cannot read /nonexistent.xml: No such file", "compose", "/nonexistent.xml")
        log = HOST.directory / "empty.log"
        log.write_text("")
        self.refused(2, "empty.log has no command line: the guest was never started here", "compose", log)
        self.refused(2, "there is no guest moon", "diff", guest.name.replace(guest.name, "moon"), guest.name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
