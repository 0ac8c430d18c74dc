# SPDX-License-Identifier: LGPL-2.1-or-later
"""A Debian to install packages in that is thrown away: this machine's own files below, and what is written above them, gone
with the test.

    with DebianRoot() as root:
        root.install(*folder.glob("*.deb"))
        root.run("qsbx", "--version")
"""

import ctypes
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

CLONE_NEWNS = 0x20000
# What a machine needs to be able to run programs; /run and /tmp are the root's own.
SHOWN = ("/proc", "/dev", "/sys")
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
TIMEOUT = 120


def enter_namespace():
    """From here on, mounts of this process are seen by nobody else."""
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0 or libc.unshare(CLONE_NEWNS) != 0:
        raise unittest.SkipTest("installing packages needs root, and a mount namespace")
    mount("--make-rprivate", "/")


def mount(*words):
    subprocess.run(["mount", *map(str, words)], check=True, capture_output=True, text=True)


class DebianRoot:
    def __init__(self):
        # A tmpfs, because not every filesystem can be the upper one.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="qsbx-packages."))
        mount("-t", "tmpfs", "tmpfs", self.folder)
        for name in ("upper", "work", "root"):
            (self.folder / name).mkdir()
        self.upper = self.folder / "upper"
        self.path = self.folder / "root"
        options = f"lowerdir=/,upperdir={self.upper},workdir={self.folder}/work"
        try:
            mount("-t", "overlay", "-o", options, "overlay", self.path)
        except subprocess.CalledProcessError as error:
            raise unittest.SkipTest(f"no overlay over / here: {error.stderr.strip()}") from None
        for folder in SHOWN:
            mount("--rbind", folder, f"{self.path}{folder}")
        for folder in ("/run", "/tmp"):
            mount("-t", "tmpfs", "tmpfs", f"{self.path}{folder}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        subprocess.run(["umount", "-R", "-l", self.path], check=False, capture_output=True)
        subprocess.run(["umount", "-l", self.folder], check=False, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def command(self, *words):
        return ["chroot", str(self.path), *map(str, words)]

    def run(self, *words, check=True, **more):
        done = subprocess.run(self.command(*words), stdin=None if "input" in more else subprocess.DEVNULL, env=ENVIRONMENT,
                              capture_output=True, text=True, timeout=TIMEOUT, **more)
        if check and done.returncode != 0:
            raise AssertionError(f"{words} gave {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def outside(self, path):
        """Where a path of the root is for this process."""
        return pathlib.Path(f"{self.path}{path}")

    def install(self, *packages):
        for package in packages:
            shutil.copy(package, self.outside("/tmp"))
        return self.dpkg("--install", *(f"/tmp/{pathlib.Path(package).name}" for package in packages))

    def dpkg(self, *words):
        return self.run("dpkg", "--force-unsafe-io", *words)

    def written_files(self):
        """What differs from the machine below, removed files included."""
        return {f"/{path.relative_to(self.upper)}" for path in self.upper.rglob("*") if not path.is_dir() or path.is_symlink()}
