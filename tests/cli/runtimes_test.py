#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What compile writes for other tools, taken by them: crun runs containers under the OCI form, systemd a unit under the
drop-in, bwrap a program under the raw one. SIGSYS ends a program with status 159."""

import json
import os
import shutil
import subprocess
import unittest

from qsbx_case import PROFILES, QsbxCase

SHIPPED = PROFILES.parents[2] / "profiles" / "qemu"
KILLED = 128 + 31

# Everything that starts a shell, but: no mkdir, which fails with an errno that no kernel has for it; of kill only the
# question whether the process is there; and no sync.
RULES = """\
all except { mkdir, kill, sync }: 1
mkdir: 0 else ENETDOWN
kill: sig == 0
"""

# Both want a cgroup file system of one kind, which not every machine has mounted; this one is nobody else's.
OWN_CGROUPS = "mount --make-rprivate / && umount -R -l /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && "
RUN_CONTAINER = OWN_CGROUPS + 'exec crun --root "$1" --cgroup-manager=disabled run --bundle "$2" qsbx-test-$$'
# The first process of a process namespace, which knows the one unit and ends with it. It has a /dev of its own: systemd makes
# /dev/ptmx anew, and devtmpfs is the same in every namespace.
RUN_SYSTEMD = OWN_CGROUPS + """\
mount -t tmpfs tmpfs /run && mkdir /run/dev && for node in null zero full random urandom tty; do
  touch /run/dev/$node && mount --bind /dev/$node /run/dev/$node || exit; done && mkdir /run/dev/shm /run/dev/pts &&
mount --rbind /run/dev /dev && mount -t tmpfs tmpfs /etc/systemd/system && cp -r "$1"/. /etc/systemd/system/ &&
container=other exec /lib/systemd/systemd --system --unit=guest.service --log-target=null --show-status=no
"""
UNIT = """\
[Unit]
DefaultDependencies=no
SuccessAction=exit-force
FailureAction=exit-force
[Service]
Type=oneshot
StandardOutput=file:{folder}/output
StandardError=file:{folder}/errors
ExecStart={busybox} sh {folder}/script
"""


class RuntimeCase(QsbxCase):
    def setUp(self):
        super().setUp()
        self.rules.write_text(RULES)
        self.root = self.folder / "root"
        for name in ("bin", "dev", "proc", "sys", "tmp"):
            (self.root / name).mkdir(parents=True)
        shutil.copy(shutil.which("busybox"), self.root / "bin")

    def assert_ran(self, status, output, result):
        self.assertEqual((status, output), (result.returncode, result.stdout), result.stderr)


@unittest.skipUnless(os.geteuid() == 0, "crun without user namespaces needs root")
class Crun(RuntimeCase):
    def container(self, profile, *command, host_folders=(), stdin=""):
        bundle = self.folder / "bundle"
        bundle.mkdir(exist_ok=True)
        (bundle / "config.json").write_text(json.dumps({
            "ociVersion": "1.0.0",
            "process": {"user": {"uid": 0, "gid": 0}, "args": command, "cwd": "/", "env": ["PATH=/usr/bin:/bin"],
                        "noNewPrivileges": True},
            "root": {"path": str(self.root), "readonly": True},
            "mounts": [{"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"}] + [
                {"destination": folder, "type": "bind", "source": folder, "options": ["rbind", "ro"]}
                for folder in host_folders],
            "linux": {"namespaces": [{"type": "mount"}, {"type": "pid"}], "seccomp": profile}}))
        return subprocess.run(["unshare", "--mount", "--cgroup", "sh", "-c", RUN_CONTAINER, "sh",
                               self.folder / "state", bundle],
                              input=stdin, capture_output=True, text=True, timeout=60)

    def shell(self, script, *words):
        profile = json.loads(self.qsbx("compile", "--format", "oci", "--rules", self.rules, *words))
        return self.container(profile, "/bin/busybox", "sh", "-c", script)

    def test_what_is_granted_runs(self):
        self.assert_ran(0, "alive\n", self.shell("kill -0 $$ && echo alive"))

    def test_what_is_denied_kills_by_its_argument(self):
        self.assert_ran(KILLED, "here\n", self.shell("echo here; kill -CONT $$; echo not here"))

    def test_what_is_denied_kills_by_its_number(self):
        self.assert_ran(0, f"{KILLED}\n", self.shell("/bin/busybox sync; echo $?"))

    def test_what_is_refused_fails_with_its_errno(self):
        result = self.shell("/bin/busybox mkdir /tmp/a")
        self.assertEqual(1, result.returncode)
        self.assertIn("Network is down", result.stderr)

    def test_mode_errno(self):
        result = self.shell("kill -CONT $$ || echo denied", "--mode", "errno")
        self.assert_ran(0, "denied\n", result)
        self.assertIn("Operation not permitted", result.stderr)

    def test_mode_audit(self):
        self.assert_ran(0, "denied\n", self.shell("kill -CONT $$ && echo denied", "--mode", "audit"))

    def test_qemu_starts_under_the_union_of_its_phases(self):
        command = ["qemu-system-x86_64", "-nodefaults", "-display", "none", "-accel", "tcg", "-S", "-monitor", "stdio"]
        profile = json.loads(self.qsbx("compile", "--format", "oci", "--phase", "union", "--profiles", SHIPPED,
                                       "--argv", *command))
        folders = [folder for folder in ("/usr", "/lib", "/lib64", "/etc") if os.path.exists(folder)]
        started = self.container(profile, *command, host_folders=folders, stdin="quit\n")
        self.assertEqual(0, started.returncode, started.stderr)
        profile = json.loads(self.qsbx("compile", "--format", "oci", "--profiles", SHIPPED, "--argv", *command))
        killed = self.container(profile, *command, host_folders=folders, stdin="quit\n")
        self.assertNotEqual(0, killed.returncode)


@unittest.skipUnless(os.geteuid() == 0, "systemd of a whole system needs root")
class Systemd(RuntimeCase):
    def run_unit(self, script, *words):
        """What the script wrote, on standard output and on standard error."""
        (self.folder / "script").write_text(script)
        drop_ins = self.folder / "units" / "guest.service.d"
        drop_ins.mkdir(parents=True, exist_ok=True)
        (drop_ins.parent / "guest.service").write_text(
            UNIT.format(folder=self.folder, busybox=shutil.which("busybox")))
        drop_in = self.qsbx("compile", "--format", "systemd", "--tighten", "--rules", self.rules, *words)
        (drop_ins / "calls.conf").write_text(drop_in)
        subprocess.run(["unshare", "--mount", "--cgroup", "--pid", "--fork", "--kill-child", "--mount-proc",
                        "sh", "-c", RUN_SYSTEMD, "sh", drop_ins.parent],
                       stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        return ((self.folder / "output").read_text(), (self.folder / "errors").read_text())

    def test_it_denies_and_refuses(self):
        output, errors = self.run_unit(f"echo here; busybox mkdir {self.folder}/a; kill -CONT $$; echo not here")
        self.assertEqual("here\n", output)
        self.assertIn("Network is down", errors)

    def test_mode_errno(self):
        output, errors = self.run_unit("kill -CONT $$ || echo denied", "--mode", "errno")
        self.assertEqual("denied\n", output)
        self.assertIn("Operation not permitted", errors)

    def test_what_systemd_adds_by_itself_is_taken_out(self):
        """Sleeping is of the group that every list of what is allowed has."""
        self.rules.write_text(RULES.replace("mkdir, kill", "mkdir, kill, sched_yield, nanosleep, clock_nanosleep"))
        output, _ = self.run_unit("echo here; busybox sleep 0.01; echo $?")
        self.assertEqual(f"here\n{KILLED}\n", output)


class Bwrap(RuntimeCase):
    def shell(self, script, *words):
        program = self.folder / "program"
        self.qsbx("compile", "--format", "raw", "-o", program, "--rules", self.rules, *words)
        with open(program, "rb") as file:
            return subprocess.run(["bwrap", "--bind", self.root, "/", "--seccomp", str(file.fileno()),
                                   "/bin/busybox", "sh", "-c", script],
                                  capture_output=True, text=True, pass_fds=[file.fileno()], timeout=60)

    def test_it_takes_the_program(self):
        self.assert_ran(0, "alive\n", self.shell("kill -0 $$ && echo alive"))
        self.assert_ran(KILLED, "here\n", self.shell("echo here; kill -CONT $$; echo not here"))
        self.assertIn("Network is down", self.shell("/bin/busybox mkdir /a").stderr)

    def test_what_is_denied_in_modes_that_need_libqsbx(self):
        """As compile says when it writes them."""
        self.assert_ran(KILLED, "here\n", self.shell("echo here; kill -CONT $$; echo not here", "--mode", "errno"))
        result = self.shell("kill -CONT $$ || echo failed", "--mode", "audit")
        self.assert_ran(0, "failed\n", result)
        self.assertIn("Function not implemented", result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
