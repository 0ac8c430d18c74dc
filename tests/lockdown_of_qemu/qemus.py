# SPDX-License-Identifier: LGPL-2.1-or-later
"""The QEMUs that lockdown is tested on, and how each is told to lock itself down.

ctest says by the environment where things are: QSBX_BUILD_DIR, QSBX_PATCHED_QEMU and QSBX_PATCHED_QEMU_7_2
(scripts/build-qemu), and QSBX_DEBIAN13 (scripts/make-debian13). With QSBX_ROLES=on every test is one with roles.
"""

import functools
import os
import pathlib
import re
import shutil
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/guest"))

import machine as guests  # noqa: E402
from machine import kvm_works  # noqa: E402, F401

BUILD = pathlib.Path(os.environ.get("QSBX_BUILD_DIR", ROOT / "build/plain"))
PROFILES = ROOT / "profiles/qemu"
CACHE = pathlib.Path(
    os.environ.get("QSBX_CACHE")
    or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "qsbx")
ROLES = os.environ.get("QSBX_ROLES") == "on"
LIBVIRT_SANDBOX = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"


class Unmodified:
    """Debian 12's QEMU 7.2, started by `qsbx run`."""

    name = "QEMU 7.2"
    filters_before_lockdown = 0
    roles_need_names = True  # -name debug-threads=on, which `qsbx run` adds

    def require(self):
        if shutil.which("qemu-system-x86_64") is None:
            raise unittest.SkipTest("qemu-system-x86_64 is not installed")

    def command(self, arguments, mode="enforce", features=(), profiles=PROFILES, sandbox=None, roles=ROLES):
        words = [*self.launcher(), BUILD / "qsbx", "run", "--mode", mode, "--profiles", profiles]
        if roles:
            words.append("--roles")
        if features:
            words += ["--allow", ",".join(features)]
        words += ["--", "qemu-system-x86_64", *arguments]
        return words + (["-sandbox", sandbox] if sandbox else [])

    def program(self, name, arguments, mode="enforce", features=(), roles=ROLES):
        """One of the programs that serve disks."""
        words = [BUILD / "qsbx", "run", "--mode", mode, "--profiles", PROFILES]
        if roles:
            words.append("--roles")
        if features:
            words += ["--allow", ",".join(features)]
        return [*words, "--", name, *arguments]

    def plain(self):
        """Without lockdown."""
        return [*self.launcher(), "qemu-system-x86_64"]

    def launcher(self):
        return []


class UnmodifiedDebian13(Unmodified):
    """Debian 13's QEMU 10.0 on its own glibc, in a change of root that has our folders in it."""

    name = "QEMU 10.0 of Debian 13"

    def require(self):
        if not os.environ.get("QSBX_DEBIAN13"):
            raise unittest.SkipTest("QSBX_DEBIAN13 is not set: see scripts/make-debian13")

    def launcher(self):
        folders = [ROOT, BUILD, CACHE, "/tmp"]
        return [ROOT / "tests/lockdown_of_qemu/in-debian13", os.environ["QSBX_DEBIAN13"],
                *map(str, folders), "--"]


class Patched:
    """QEMU 10.0, built from Debian's source with our patch."""

    name = "patched QEMU 10.0"
    filters_before_lockdown = 1  # -sandbox on
    roles_need_names = False
    variable = "QSBX_PATCHED_QEMU"

    def require(self):
        if not os.environ.get(self.variable):
            raise unittest.SkipTest(f"{self.variable} is not set: see scripts/build-qemu")

    def plain(self):
        return ["env", f"LD_LIBRARY_PATH={BUILD}", os.environ[self.variable]]

    def command(self, arguments, mode="enforce", features=(), profiles=PROFILES, sandbox="on", roles=ROLES):
        option = f"{sandbox},lockdown={mode},lockdown-profiles={profiles}"
        if roles:
            option += ",lockdown-roles=on"
        if features:
            option += ",lockdown-allow=" + "+".join(features)
        return [*self.plain(), *arguments, "-sandbox", option]

    def program(self, name, arguments, mode="enforce", features=(), roles=ROLES):
        """One of the programs that serve disks."""
        option = f"lockdown={mode},lockdown-profiles={PROFILES}"
        if roles:
            option += ",lockdown-roles=on"
        if features:
            option += ",lockdown-allow=" + "+".join(features)
        path = pathlib.Path(os.environ[self.variable]).parent / name
        return ["env", f"LD_LIBRARY_PATH={BUILD}", path, "--sandbox", option, *arguments]


class Patched72(Patched):
    """QEMU 7.2, built from Debian's source with our patch."""

    name = "patched QEMU 7.2"
    variable = "QSBX_PATCHED_QEMU_7_2"


@functools.cache
def linux_guest():
    return guests.make_linux_guest(CACHE / "guest")


@functools.cache
def boot_sector():
    CACHE.mkdir(parents=True, exist_ok=True)
    return guests.make_boot_sector(CACHE / "boot-sector.img")


def add_tests(case, method, names, prefix="test_"):
    """A test method for each name, which calls the case's `method` with it."""
    for name in names:
        def test(self, name=name):
            getattr(self, method)(name)
        setattr(case, prefix + re.sub(r"\W+", "_", name), test)
