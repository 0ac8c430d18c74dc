#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""libvirt's guests where AppArmor is in force, by Debian's own profiles and our additions to them.

This machine's kernel may have no AppArmor. Debian's has, and is booted in a guest under TCG, which runs libvirt from this
machine's own files: what it writes stays in its memory.
"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from libvirt_host import (BUILD, QEMU_CONFIGURATION, ROOT, SYSTEM, Guest, arguments, linux_kernel, make_linux_guest,
                          need_root, run)
from machine import Machine

# As the live tests on other kernels have them, whose guest this is. Of the drivers only tun is loaded.
KERNEL, DRIVERS = "linux-image-amd64/bookworm-backports", "tun kvm_amd"
# So that no line of the log is missing: neither by a full audit queue, nor by a full log.
KERNEL_WORDS = "apparmor=1 security=apparmor audit_backlog_limit=0 log_buf_len=4M"
SHARE = "trans=virtio,version=9p2000.L,ro,cache=loose,msize=524288"
ENTER = """
dmesg -n 1
sysctl -w kernel.printk_ratelimit=0
ip link set lo up
for module in tun overlay 9p 9pnet_virtio; do modprobe $module; done
mkdir /this_machine /installed /written /system
mount -t 9p -o {share} this_machine /this_machine
mount -t 9p -o {share} installed /installed
mount -t tmpfs -o size=1G tmpfs /written
mkdir /written/files /written/work
mount -t overlay -o lowerdir=/installed:/this_machine,upperdir=/written/files,workdir=/written/work overlay /system
for folder in proc sys dev; do mount --move /$folder /system/$folder; done
mount -t securityfs securityfs /system/sys/kernel/security
mount -t tmpfs tmpfs /system/run
mkdir -p /system/run/lock /system/dev/pts /system/dev/shm
mount -t devpts devpts /system/dev/pts
mount -t tmpfs tmpfs /system/dev/shm
"""
# Takes the same lines as the guest's init, which it follows. AppArmor sees a file's whole path, so chroot would not do.
SHELL = """
exec </dev/console >/dev/console 2>&1
export PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
echo qsbx-guest: entered
while read -r word line; do eval "$line"; done
"""
PROFILES = pathlib.Path("/etc/apparmor.d")
GUEST_RULES, DAEMON_RULES = "local/abstractions/libvirt-qemu", "local/usr.sbin.libvirtd"
# Each brings one more thing that is read of a process: the number of a network card's device, and an io_uring ring.
DEVICES = {'<interface type="user">': '<interface type="ethernet">', 'type="qcow2"/>': 'type="qcow2" io="io_uring"/>'}
DECLARED = 'mode="enforce" roles="on"'
QEMU = "/usr/bin/qemu-system-x86_64"


class Installed:
    """By `cmake --install`, below /usr/local."""

    launcher = "/usr/local/bin/qemu-system-x86_64-qsbx"
    rules = {GUEST_RULES: 'include "/usr/local/share/qsbx/libvirt/apparmor/libvirt-qemu"',
             DAEMON_RULES: 'include "/usr/local/share/qsbx/libvirt/apparmor/libvirtd"'}

    def install(self, folder):
        run("cmake", "--install", BUILD, "--strip", env={**os.environ, "DESTDIR": str(folder)})
        hook = folder / "etc/libvirt/hooks/qemu.d/qsbx"
        hook.parent.mkdir(parents=True)
        hook.symlink_to("/usr/local/share/qsbx/libvirt/hook")


class Packaged(Installed):
    """Where Debian's packages have everything; only the profiles of a test build are looked for below /usr/local."""

    launcher = "/usr/bin/qemu-system-x86_64-qsbx"
    rules = {GUEST_RULES: "include <abstractions/libvirt-qemu.d/qsbx>"}

    def install(self, folder):
        super().install(folder)
        (folder / "usr/local").rename(folder / "local")
        shutil.copytree(folder / "local", folder / "usr", dirs_exist_ok=True, symlinks=True)
        shutil.rmtree(folder / "local")
        (folder / "usr/local/share").mkdir(parents=True)
        (folder / "usr/local/share/qsbx").symlink_to("/usr/share/qsbx")
        hook = folder / "etc/libvirt/hooks/qemu.d/qsbx"
        hook.unlink()
        shutil.copy(ROOT / "debian/libvirt-hook", hook)
        hook.chmod(0o755)
        rules = folder / "etc/apparmor.d/abstractions/libvirt-qemu.d/qsbx"
        rules.parent.mkdir(parents=True)
        shutil.copy(folder / "usr/share/qsbx/libvirt/apparmor/libvirt-qemu", rules)


class ConfinedHost:
    """Libvirt in the guest, to which this machine's files are read-only, `directory` among them."""

    def __init__(self, installation):
        need_root()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="qsbx-apparmor."))
        self.directory.chmod(0o755)
        self.installation = installation
        self.guest_files = self.directory / "guest"
        self.images = self.directory
        self.machine = None

    def boot(self):
        self._make_system()
        installed = self.directory / "installed"
        self.installation.install(installed)
        run("chmod", "-R", "go+rX", installed)
        self.machine = Machine(self._command(installed), timeout=120, monitor=False)
        self.machine.wait_for_guest("ready")
        for line in ENTER.format(share=SHARE).strip().splitlines():
            self.run(line)
        self.machine.send(f"shell exec switch_root /system /bin/bash {self.directory}/shell\n")
        self.machine.wait_for_guest("entered")

    def close(self):
        if self.machine:
            self.machine.__exit__()
        shutil.rmtree(self.directory)

    def run(self, line, check=True, timeout=200):
        lines, status = self.machine.shell(f"{{ {line}; }} 2>&1 </dev/null", timeout)
        output = "\n".join(lines)
        if check and status != 0:
            raise AssertionError(f"{line} gave {status}: {output}")
        return subprocess.CompletedProcess(line, status, output, output)

    def virsh(self, *words, check=True):
        return self.run(" ".join(["virsh", "-c", SYSTEM, "-q", *map(str, words)]), check)

    def new_image(self, name, kind, folder=None):
        path = self.images / name
        run("qemu-img", "create", "-q", "-f", kind, path, "16M")
        path.chmod(0o666)
        return path

    def start_daemons(self, configuration):
        self.write("/etc/libvirt/qemu.conf", QEMU_CONFIGURATION + 'security_driver = "apparmor"\n')
        self.write("/etc/qsbx/libvirt.conf", configuration)
        self.run("rm -rf /etc/libvirt/qemu/networks")
        for profile in ("usr.sbin.libvirtd", "usr.lib.libvirt.virt-aa-helper"):
            self.load(profile)
        self.run("virtlogd -d; libvirtd -d; until virsh -q list; do sleep 0.3; done")

    def load(self, profile):
        self.run(f"apparmor_parser --replace --skip-cache {PROFILES}/{profile}")

    def add_rules(self, *files):
        """Where an administrator adds them; the others are taken out."""
        for file in (GUEST_RULES, DAEMON_RULES):
            self.write(PROFILES / file, self.installation.rules.get(file, "") + "\n" if file in files else "")
        self.load("usr.sbin.libvirtd")

    def write(self, path, text):
        self.run(f"mkdir -p $(dirname {path}); printf %s '{text}' >{path}".replace("\n", "'$'\\n''"))

    def denied(self):
        """What AppArmor has refused since it was asked last."""
        log = self.run("dmesg -c").stdout
        if "audit_lost=" in log:
            raise AssertionError(f"the kernel has lost lines of its log: {log}")
        return [line for line in log.splitlines() if 'apparmor="DENIED"' in line]

    def process(self, guest):
        return int(self.run(f"cat /run/libvirt/qemu/{guest.name}.pid").stdout)

    def confinement(self, process):
        return self.run(f"cat /proc/{process}/attr/current").stdout.strip()

    def _make_system(self):
        os.environ["QSBX_GUEST_KERNEL"], os.environ["QSBX_GUEST_DRIVERS"] = KERNEL, DRIVERS
        make_linux_guest(self.guest_files)
        (self.directory / "shell").write_text(SHELL)

    def _command(self, installed):
        shares = []
        for name, folder in {"this_machine": "/", "installed": installed}.items():
            shares += ["-fsdev", f"local,id={name},path={folder},security_model=none,readonly=on,multidevs=remap",
                       "-device", f"virtio-9p-pci,fsdev={name},mount_tag={name}"]
        # One processor: see tests/kernels_in_guests on kernels that patch themselves under two.
        return ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "2048", "-nodefaults", "-no-user-config",
                "-display", "none", *shares, *linux_kernel(self.guest_files, more=KERNEL_WORDS)]


class Confined:
    """For a class that says by which `installation`, and how the host is configured."""

    configuration = "[host]\n"

    @classmethod
    def setUpClass(cls):
        cls.host = ConfinedHost(cls.installation)
        cls.addClassCleanup(cls.host.close)
        cls.guests = {name: cls.describe(name) for name in cls.names}
        cls.host.boot()
        cls.host.start_daemons(cls.configuration)

    @classmethod
    def describe(cls, name):
        plain = name == "plain"
        guest = Guest(cls.host, name, None if plain else ["hotplug-disk"], DECLARED,
                      emulator=QEMU if plain else cls.installation.launcher,
                      command_line=cls.command_lines.get(name, ""))
        guest.change(DEVICES)
        guest.leave_out_system()  # which would only take time from what is looked at
        return guest

    # By name, where a guest has options of its own.
    command_lines = {}

    def setUp(self):
        self.host.denied()

    def expect_denied(self, profile, path):
        denied = self.host.denied()
        self.assertTrue(any(f'profile="{profile}"' in line and f'name="{path}"' in line for line in denied), denied)

    def expect_daemon_confined(self):
        process = self.host.run("pidof libvirtd").stdout
        self.assertEqual(self.host.confinement(process), "libvirtd (enforce)")

    def expect_confined(self, guest):
        self.assertEqual(self.host.confinement(self.host.process(guest)), f"libvirt-{guest.uuid} (enforce)")

    def expect_locked_down(self, guest):
        status = self.host.run(f"qsbx virt status --json {guest.name}").stdout
        self.assertRegex(status, r"^\[")
        self.assertTrue(json.loads(status)[0]["locked_down"], status)

    def expect_nothing_unknown(self, guest):
        """A lockdown that may not look at its own process is in force, and says what it does not know."""
        lines = self.host.run(f"grep ^qsbx: /var/log/libvirt/qemu/{guest.name}.log").stdout.splitlines()
        self.assertRegex("\n".join(lines), r"(?m)^qsbx: enforce: .*, [1-9]\d* threads, locked down in")
        self.assertEqual([line for line in lines if "cannot read" in line or "unbound" in line], [])

    def start_by_our_rules(self, guest):
        self.host.add_rules(DAEMON_RULES, GUEST_RULES)
        guest.define()
        guest.virsh("start")
        self.expect_daemon_confined()
        self.expect_confined(guest)
        self.expect_locked_down(guest)
        self.expect_nothing_unknown(guest)
        guest.virsh("destroy")
        self.assertEqual(self.host.denied(), [])


class BelowUsrLocal(Confined, unittest.TestCase):
    installation = Installed()
    configuration = "[host]\nqemu=/usr/bin\n"
    names = ("one", "nameless")
    command_lines = {"nameless": arguments("-name", "debug-threads=off")}

    def test_a_daemon_without_our_rules_asks_no_launcher(self):
        self.host.add_rules(GUEST_RULES)
        self.host.run(f"touch {self.installation.launcher}")  # else the daemon may know by now what it can do
        answer = self.host.virsh("define", self.guests["one"].file, check=False)
        self.assertNotEqual(answer.returncode, 0)
        self.assertRegex(answer.stdout, f"{self.installation.launcher}.*Permission denied")
        self.expect_denied("libvirtd", self.installation.launcher)

    def test_guests_without_our_rules_do_not_start(self):
        self.host.add_rules(DAEMON_RULES)
        guest = self.guests["one"]
        self.assertIn(f"cannot execute binary {self.installation.launcher}: Permission denied", guest.refuse_start())
        self.expect_denied(f"libvirt-{guest.uuid}", self.installation.launcher)

    def test_with_our_rules_guests_are_locked_down(self):
        self.start_by_our_rules(self.guests["one"])

    def test_the_hook_reads_filters_and_has_a_guest_stopped(self):
        self.host.add_rules(DAEMON_RULES, GUEST_RULES)
        self.assertIn("have no names that tell their roles", self.guests["nameless"].refuse_start())
        self.assertEqual(self.host.denied(), [])


class AsPackaged(Confined, unittest.TestCase):
    installation = Packaged()
    names = ("one", "plain")

    def test_without_our_rules_other_guests_start_and_the_hook_runs(self):
        self.host.add_rules()
        guest = self.guests["plain"]
        guest.define()
        guest.virsh("start")
        self.expect_confined(guest)
        guest.virsh("destroy")
        self.assertEqual(self.host.denied(), [])
        self.host.write("/etc/qsbx/libvirt.conf", "[host]\nrequire=yes\n")
        self.addCleanup(self.host.write, "/etc/qsbx/libvirt.conf", self.configuration)
        self.assertIn("this host starts no guest without lockdown", guest.refuse_start())

    def test_with_our_rules_guests_are_locked_down(self):
        self.start_by_our_rules(self.guests["one"])


if __name__ == "__main__":
    unittest.main()
