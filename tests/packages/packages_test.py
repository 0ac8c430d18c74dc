#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Debian packages, built from this tree and installed by dpkg into a Debian that is thrown away.

The environment says QSBX_PACKAGES where they are built already; else scripts/build-packages builds what has changed.
"""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from debian_root import DebianRoot, enter_namespace  # noqa: E402

MULTIARCH = subprocess.run(["dpkg-architecture", "-qDEB_HOST_MULTIARCH"], capture_output=True, text=True).stdout.strip()
NAMES = ["libqsbx-dev", "libqsbx0", "qsbx", "qsbx-libvirt", "qsbx-profiles"]
RIDE_ALONG = f"/usr/lib/{MULTIARCH}/qsbx/libqsbx-ride-along.so"
LAUNCHER = "/usr/bin/qemu-system-x86_64-qsbx"
SERVICE = "/usr/lib/systemd/system/qsbx-virt-watch.service"
HOOK = "/etc/libvirt/hooks/qemu.d/qsbx"
# Beside the documentation that every package has, and the profiles.
CONTENT = {
    "libqsbx-dev": {
        "/usr/include/qsbx/qsbx.h", "/usr/include/qsbx/strict.h", f"/usr/lib/{MULTIARCH}/libqsbx.so",
        f"/usr/lib/{MULTIARCH}/pkgconfig/qsbx.pc",
        *(f"/usr/lib/{MULTIARCH}/cmake/qsbx/{name}.cmake"
          for name in ("qsbxConfig", "qsbxConfigVersion", "qsbx-targets", "qsbx-targets-none"))},
    "libqsbx0": {f"/usr/lib/{MULTIARCH}/libqsbx.so.0", f"/usr/lib/{MULTIARCH}/libqsbx.so.0.1.0"},
    "qsbx": {"/usr/bin/qsbx", RIDE_ALONG, "/usr/share/bash-completion/completions/qsbx",
             *(f"/usr/share/man/man1/{page.stem}.gz" for page in (ROOT / "docs/man").glob("qsbx*.scd")
               if page.stem != "qsbx-virt.1")},
    "qsbx-libvirt": {
        LAUNCHER, "/usr/bin/qemu-system-aarch64-qsbx", "/usr/bin/qsbx-virt", SERVICE, "/usr/sbin/qsbx-libvirt-hook",
        "/usr/share/qsbx/libvirt/sandbox.rng", HOOK, "/usr/share/man/man8/qsbx-libvirt-hook.8.gz",
        "/etc/qsbx/libvirt.conf", "/etc/apparmor.d/abstractions/libvirt-qemu.d/qsbx",
        *(f"/usr/share/man/man1/{page}.1.gz"
          for page in ("qsbx-virt", "qemu-system-x86_64-qsbx", "qemu-system-aarch64-qsbx"))},
    "qsbx-profiles": {f"/usr/share/qsbx/profiles/qemu/{file.relative_to(ROOT / 'profiles/qemu')}"
                      for file in (ROOT / "profiles/qemu").rglob("*") if file.is_file()},
}
# A report of measurements, of more than a megabyte; scripts/bench, which it is about, is in no package either.
TOO_LARGE_FOR_A_PACKAGE = "examples/virtual-io.html"
# What dpkg, ldconfig and the index of manual pages write for themselves.
OF_THE_SYSTEM = re.compile(r"/var/(lib/dpkg|log|cache)/|/etc/ld\.so\.cache$|/var/lib/systemd/deb-systemd")

C_PROGRAM = """
#include <fcntl.h>
#include <qsbx/qsbx.h>

int main(void) {
  g_autoptr(GError) error = NULL;
  g_autoptr(QsbxSandbox) sandbox = qsbx_sandbox_new();
  qsbx_sandbox_set_mode(sandbox, QSBX_MODE_ERRNO);
  if (!qsbx_sandbox_load_profiles(sandbox, NULL, &error)) g_error("%s", error->message);
  if (!qsbx_sandbox_add_part(sandbox, "device", "virtio-blk-pci", &error)) g_error("%s", error->message);
  if (!qsbx_lockdown(sandbox, &error)) g_error("%s", error->message);
  return open("/etc/passwd", O_RDONLY) < 0 ? 42 : 0;
}
"""


def built_packages():
    """The folder with the packages of this tree."""
    if folder := os.environ.get("QSBX_PACKAGES"):
        return pathlib.Path(folder)
    if not shutil.which("dh"):
        raise unittest.SkipTest("debhelper is not installed")
    built = subprocess.run([ROOT / "scripts/build-packages"], stdout=subprocess.PIPE, text=True, check=True)
    return pathlib.Path(built.stdout.strip())


def setUpModule():
    global PACKAGES
    PACKAGES = built_packages()
    enter_namespace()


def debs():
    return sorted(PACKAGES.glob("*.deb"))


def root_with_packages():
    root = DebianRoot()
    root.run("dpkg", "--purge", *NAMES, check=False)  # should this machine have them
    root.install(*debs())
    return root


def eventually(condition, seconds=60):
    until = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > until:
            raise AssertionError(f"{condition} is not so after {seconds} s")
        time.sleep(0.05)
    return found


def changed_at(path):
    return os.stat(path).st_ctime_ns


class PackageFiles(unittest.TestCase):
    def test_what_each_has(self):
        self.assertEqual(NAMES, sorted(deb.name.split("_")[0] for deb in debs()))
        for deb in debs():
            name = deb.name.split("_")[0]
            listed = subprocess.run(["dpkg-deb", "--contents", deb], check=True, capture_output=True, text=True).stdout
            paths = {re.sub(r" -> .*", "", line.split(None, 5)[5])[1:] for line in listed.splitlines()}
            files = {path for path in paths if not path.endswith("/") and not path.startswith("/usr/share/doc/")}
            with self.subTest(package=name):
                self.assertEqual(CONTENT[name], files)

    def test_what_the_documentation_links_is_there(self):
        [deb] = PACKAGES.glob("qsbx_*.deb")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        subprocess.run(["dpkg-deb", "--extract", deb, folder.name], check=True)
        texts = list(pathlib.Path(folder.name, "usr/share/doc/qsbx").rglob("*.md"))
        self.assertGreater(len(texts), 20)
        for text in texts:
            links = set(re.findall(r"\]\(([^)#]+)[^)]*\)", text.read_text())) - {TOO_LARGE_FOR_A_PACKAGE}
            missing = {link for link in links if "://" not in link and not (text.parent / link).exists()}
            self.assertEqual(set(), missing, text)

    def test_lintian_finds_nothing(self):
        if not shutil.which("lintian"):
            self.skipTest("lintian is not installed")
        changes, = PACKAGES.glob("*.changes")
        done = subprocess.run(["lintian", "--allow-root", "--profile", "debian", "--fail-on", "error,warning", changes],
                              capture_output=True, text=True)
        self.assertEqual((0, ""), (done.returncode, done.stdout), done.stderr)


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = root_with_packages()
        cls.addClassCleanup(cls.root.close)

    def test_questions_are_answered_from_the_packaged_profiles(self):
        argv = ["--argv", "qemu-system-x86_64", "-display", "none", "-device", "nvme,serial=1"]
        composed = json.loads(self.root.run("qsbx", "compose", "--json", *argv).stdout)
        self.assertIn("nvme", {part["name"] for part in composed["parts"]})
        asm = self.root.run("qsbx", "compile", "--format", "asm", *argv).stdout
        self.assertGreater(asm.count("\n"), 100)
        folder = self.root.outside("/usr/share/qsbx/profiles/qemu")
        folder.rename(folder.with_name("elsewhere"))
        done = self.root.run("qsbx", "compose", *argv, check=False)
        folder.with_name("elsewhere").rename(folder)
        self.assertNotEqual(0, done.returncode)
        self.assertIn("/usr/share/qsbx/profiles/qemu", done.stderr)

    def test_a_guest_runs_under_lockdown(self):
        report = self.root.outside("/tmp/report")
        path = self.root.outside("/tmp/qmp")
        qemu = subprocess.Popen(
            self.root.command("qsbx", "run", "--report", "/tmp/report", "--", "qemu-system-x86_64", "-display", "none",
                              "-accel", "tcg", "-m", "64", "-qmp", "unix:/tmp/qmp,server=on,wait=off"),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(qemu.communicate)
        self.addCleanup(qemu.kill)
        eventually(lambda: report.exists() and report.read_text().endswith("\n") or qemu.poll() is not None)
        self.assertIsNone(qemu.poll(), qemu.poll() is not None and qemu.stderr.read())
        for task in pathlib.Path(f"/proc/{qemu.pid}/task").iterdir():
            self.assertRegex((task / "status").read_text(), r"(?m)^Seccomp:\s+2$")
        self.assertIn(RIDE_ALONG, pathlib.Path(f"/proc/{qemu.pid}/maps").read_text())
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.connect(str(path))
            monitor.sendall(b'{"execute": "qmp_capabilities"}{"execute": "quit"}')
            self.assertEqual(0, qemu.wait(60))

    def test_a_c_program_is_built_with_the_development_package(self):
        self.root.outside("/tmp/program.c").write_text(C_PROGRAM)
        self.root.run("sh", "-c", "cc -Wall -Werror /tmp/program.c -o /tmp/program $(pkg-config --cflags --libs qsbx)")
        self.assertIn(f"/{MULTIARCH}/libqsbx.so.0", self.root.run("ldd", "/tmp/program").stdout)
        done = self.root.run("/tmp/program", check=False)
        self.assertEqual(42, done.returncode, done.stderr)
        self.assertIn("violation", done.stderr)

    def completed(self, *words):
        script = f"""source /usr/share/bash-completion/completions/qsbx
            COMP_WORDS=({" ".join(f"'{word}'" for word in words)}); COMP_CWORD={len(words) - 1}
            _qsbx; printf '%s\\n' "${{COMPREPLY[@]}}" """
        return self.root.run("bash", "-c", script).stdout.split()

    def test_words_are_completed(self):
        self.assertEqual(["compose", "compile", "coverage"], self.completed("qsbx", "co"))
        self.assertEqual(["--profile", "--profiles"], self.completed("qsbx", "eval", "--prof"))
        self.assertEqual(["disable"], self.completed("qsbx", "virt", "dis"))
        self.assertIn("qemu-system-x86_64", self.completed("qsbx", "run", "--", "qemu-system-x86"))

    def test_manual_pages_are_found(self):
        for page in ("qsbx", "qsbx-virt", "qemu-system-aarch64-qsbx"):
            with self.subTest(page=page):
                self.assertTrue(self.root.run("man", "-w", page).stdout.startswith("/usr/share/man/man1/"))

    def test_a_service_watches_guests_where_that_is_wanted(self):
        self.assertEqual("", self.root.run("systemd-analyze", "verify", SERVICE).stderr)
        self.assertEqual([], list(self.root.outside("/etc/systemd").rglob("qsbx-virt-watch.service")))
        # What it runs gets as far as libvirt's daemon, which is not there.
        [line] = [line for line in self.root.outside(SERVICE).read_text().splitlines() if line.startswith("ExecStart=")]
        done = self.root.run(*line.removeprefix("ExecStart=").split(), check=False)
        self.assertEqual(3, done.returncode, done.stderr)
        self.assertRegex(done.stderr, "no libvirt at qemu:///system")

    def test_the_hook_lets_no_broken_guest_start(self):
        done = self.root.run(HOOK, "guest", "prepare", "begin", "-", check=False, input="<nothing/>")
        self.assertEqual(2, done.returncode, done.stderr)
        self.assertIn("qsbx: error:", done.stderr)


class Life(unittest.TestCase):
    """What becomes of the packages: each test in a Debian of its own."""

    def setUp(self):
        self.root = root_with_packages()
        self.addCleanup(self.root.close)

    def update_of_qemu(self):
        """The package that QEMU is from, once more, with a higher version."""
        folder = self.root.outside("/tmp/update")
        (folder / "DEBIAN").mkdir(parents=True)
        owner = self.root.run("dpkg-query", "--search", "/usr/bin/qemu-system-x86_64").stdout.split(":")[0]
        control = self.root.run("dpkg-query", "--status", owner).stdout
        control = re.sub(r"(?m)^(Status|Conffiles):.*\n( .*\n)*", "", control)
        control = re.sub(r"(?m)^Version: (.*)$", r"Version: \1+update", control)
        (folder / "DEBIAN/control").write_text(control)
        (folder / "usr/bin").mkdir(parents=True)
        for file in self.root.run("dpkg-query", "--listfiles", owner).stdout.split():
            if re.fullmatch("/usr/bin/qemu-system-.*", file):
                shutil.copy2(self.root.outside(file), folder / "usr/bin", follow_symlinks=False)
        self.root.run("dpkg-deb", "-Znone", "--build", "/tmp/update", "/tmp/update.deb")
        return "/tmp/update.deb"

    def test_libvirt_asks_again_when_qemu_is_updated(self):
        launcher = self.root.outside(LAUNCHER)
        before = changed_at(launcher)
        done = self.root.dpkg("--install", self.update_of_qemu())
        self.assertIn(f"touched {LAUNCHER}", done.stdout)
        self.assertGreater(changed_at(launcher), before)
        self.assertGreater(changed_at(launcher), changed_at(self.root.outside("/usr/bin/qemu-system-x86_64")))

    def test_a_hook_that_was_deleted_stays_so(self):
        self.root.outside(HOOK).unlink()
        self.root.install(*debs())
        self.assertFalse(self.root.outside(HOOK).exists())

    def test_removed_packages_are_in_nobodys_way(self):
        self.root.dpkg("--remove", *NAMES)
        self.assertFalse(self.root.outside(LAUNCHER).exists())
        self.assertTrue(self.root.outside(HOOK).exists())
        self.root.run(HOOK, "guest", "prepare", "begin", "-", input="<nothing/>")

    def test_purged_packages_leave_nothing(self):
        self.root.close()
        self.root = DebianRoot()
        self.addCleanup(self.root.close)
        self.root.run("dpkg", "--purge", *NAMES, check=False)
        before = self.root.written_files()
        self.root.install(*debs())
        self.assertIn(LAUNCHER, self.root.written_files())
        declared = self.root.outside("/run/qsbx/libvirt")
        declared.mkdir(parents=True)
        (declared / "0.conf").touch()
        self.root.dpkg("--purge", *NAMES)
        left = {path for path in self.root.written_files() - before if not OF_THE_SYSTEM.match(path)}
        self.assertEqual(set(), left)
        self.assertFalse(self.root.outside("/run/qsbx").exists())
        self.assertFalse([path for path in self.root.outside("/var/lib/dpkg/info").iterdir() if "qsbx" in path.name])


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
