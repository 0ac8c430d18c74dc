#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A user's own libvirt (qemu:///session), and libvirt without a daemon (virt-qemu-run), start guests under lockdown."""

import json
import pathlib
import re
import shutil
import signal
import subprocess
import unittest

from libvirt_host import TIMEOUT, VIRT, Host, eventually, run, thread_states

USER = "libvirt-qemu"  # anybody who is not root
HOST = None


def setUpModule():
    global HOST
    HOST = Host()
    unittest.addModuleCleanup(HOST.close)
    HOST.configure()


class AsUser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        user = run("id", "-u", USER).stdout.strip()
        cls.home = pathlib.Path(run("getent", "passwd", USER).stdout.split(":")[5])
        cls.runtime = pathlib.Path("/run/user") / user
        for folder in (cls.runtime, cls.home / ".config/qsbx", cls.home / ".cache"):
            folder.mkdir(parents=True, exist_ok=True)
        run("chown", "-R", USER, cls.home, cls.runtime, HOST.images)
        cls.prefix = [shutil.which("setpriv"), "--reuid", USER, "--regid", USER, "--clear-groups"]
        cls.environment = {"PATH": str(HOST.directory / "path"), "HOME": str(cls.home),
                           "XDG_RUNTIME_DIR": str(cls.runtime)}

    def as_user(self, *command, **more):
        command = [*self.prefix, shutil.which(command[0]), *command[1:]]
        return run(*command, env=self.environment, **more)


class Session(AsUser):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        HOST.install_hook()
        cls.daemons = [HOST.start(daemon, cls.prefix, cls.environment) for daemon in ("virtlogd", "libvirtd")]

    @classmethod
    def tearDownClass(cls):
        for daemon in reversed(cls.daemons):
            HOST.stop(daemon)

    def virsh(self, *words, **more):
        return self.as_user("virsh", "-c", "qemu:///session", "-q", *words, **more)

    def guest(self, name, **more):
        eventually(lambda: self.virsh("list", check=False).returncode == 0)
        guest = HOST.define(name, **more)
        guest.virsh = lambda command, *words, **more: self.virsh(command, guest.name, *words, **more)
        self.addCleanup(self.virsh, "destroy", name, check=False)
        self.virsh("define", guest.file)
        return guest

    def log(self, name):
        return (self.home / f".cache/libvirt/qemu/log/{name}.log").read_text()

    def test_a_guest_boots_and_has_what_it_declares(self):
        guest = self.guest("own", features=["migration-fd"], attributes='mode="errno"')
        self.virsh("start", "own", "--paused")
        handed_over = self.runtime / f"qsbx/libvirt/{guest.uuid}.conf"
        self.assertIn("mode=errno", handed_over.read_text())
        # The pseudo terminal is the user's.
        guest.open_console()
        self.virsh("resume", "own")
        guest.wait_for("ready")
        self.assertRegex(guest.ask("disk"), "^ok vda")
        self.assertRegex(guest.ask("net"), "^ok")
        self.assertRegex(self.log("own"), "(?m)^qsbx: errno: .* locked down in")
        self.assertNotIn("violation", self.log("own"))
        self.virsh("destroy", "own")
        self.assertFalse(handed_over.exists())

    def status(self, name):
        [status] = json.loads(self.as_user(VIRT, "status", "--json", name, check=False).stdout)
        return status["state"], status["check"], len(status["violations"])

    def test_a_guest_is_managed(self):
        guest = self.guest("managed", features=["hotplug-disk", "migration-fd", "screendump", "snapshot"])
        guest.start_defined()
        self.assertEqual(("running", "count", 0), self.status("managed"))
        self.assert_works(guest)
        saved, picture = self.home / "saved", self.home / "screen"
        image = HOST.new_image("own-second.raw")
        shutil.chown(image, USER)
        guest.virsh("attach-disk", image, "vdb", "--live", "--driver", "qemu", "--subdriver", "raw")
        guest.wait_until_there("/sys/block/vdb")
        guest.virsh("detach-disk", "vdb", "--live")
        eventually(lambda: "vdb" not in guest.virsh("domblklist").stdout)
        guest.virsh("screenshot", picture)
        self.assertGreater(picture.stat().st_size, 1000)
        guest.virsh("snapshot-create-as", "inside")
        guest.virsh("snapshot-delete", "inside")
        guest.virsh("suspend")
        guest.virsh("resume")
        guest.virsh("reset")
        guest.wait_for("ready")
        guest.virsh("save", saved)
        self.virsh("restore", saved)
        guest.open_console()
        self.assert_works(guest)
        self.assertEqual(("running", "count", 0), self.status("managed"))
        guest.console.write(b"poweroff\n")
        eventually(lambda: guest.state() == "shut off (shutdown)")

    def assert_works(self, guest):
        self.assertRegex(guest.ask("disk"), "^ok vda")
        self.assertRegex(guest.ask("net"), "^ok")

    def test_the_user_can_only_be_stricter_than_the_host(self):
        own = self.home / ".config/qsbx/libvirt.conf"
        self.addCleanup(own.unlink)
        for text, error in [
            ("mode=audit", r"\[host\] mode is weaker than /etc/qsbx/libvirt.conf has it"),
            ("allow=migration", r"\[host\] allow is weaker than"),
            ("qemu=/tmp", r"\[host\] qemu can only be set in /etc/qsbx/libvirt.conf"),
            ("least-mode=enforce", "has mode errno, but the least .* is enforce; .* and /.*/.config/qsbx/libvirt.conf"),
        ]:
            with self.subTest(text):
                own.write_text(f"[host]\n{text}\n")
                self.guest("stricter", attributes='mode="errno"')
                done = self.virsh("start", "stricter", check=False)
                self.assertRegex(done.stderr, f"qsbx: error: .*{error}")
                self.virsh("undefine", "stricter")


class WithoutDaemon(AsUser):
    def test_the_host_decides_where_no_hook_runs(self):
        guest = HOST.define("embedded", features=["migration"])
        root = self.home / "embedded"
        process = subprocess.Popen([*self.prefix, shutil.which("virt-qemu-run"), "-r", root, guest.file],
                                   env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
        self.addCleanup(process.stdout.close)
        try:
            log = root / "log/qemu/embedded.log"
            line = eventually(lambda: log.exists() and re.search("(?m)^qsbx: .*locked down in", log.read_text()))[0]
            self.assertRegex(line, "^qsbx: enforce: ")
            qemu = int(next((root / "run/qemu").glob("embedded.pid")).read_text())
            self.assertEqual({3}, {thread.filters for thread in thread_states(qemu)})
            guest.open_terminal(re.search(r"(?s)<console .*?path='(/dev/pts/\d+)'", (root / "run/qemu/embedded.xml").read_text())[1])
            guest.wait_for("ready")
            self.assertRegex(guest.ask("disk"), "^ok vda")
            self.assertRegex(guest.ask("net"), "^ok")
            self.assertNotIn("violation", log.read_text())
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(TIMEOUT)


if __name__ == "__main__":
    unittest.main(verbosity=2)
