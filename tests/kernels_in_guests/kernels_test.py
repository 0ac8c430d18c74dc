#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The live tests of filters on other kernels than this machine's: Debian's 6.1 and 6.12, booted in a guest under TCG.

The guest runs the same test programs, and its serial line says what became of each test.
"""

import gzip
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/guest"))

import machine as guests  # noqa: E402

BUILD = pathlib.Path(os.environ["QSBX_BUILD_DIR"])
# A translated processor makes a thread a fiftieth as fast as a real one.
ENVIRONMENT = "QSBX_LIVE_SCALE=0.05 GTEST_COLOR=no TMPDIR=/tmp"
# Else who makes a call that is logged waits a minute, once in a while, when the audit queue of 64 is full.
KERNEL_WORDS = "audit_backlog_limit=0"
# The translated processor has SVM, so that the guest has virtual machines, which are made here and never run.
DRIVERS = "tun kvm_amd"
RESULT = re.compile(r"\[ *(OK|FAILED|SKIPPED) *\] (\w[\w/]*\.[\w/]+)")


def needed_libraries(program):
    """The files that the program is linked with, its loader too."""
    listed = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    return re.findall(r"(/\S+) \(0x", listed)


def make_archive(folder, archive):
    """A further part of an initrd: the kernel unpacks one after the other."""
    names = "\n".join(str(path.relative_to(folder)) for path in sorted(folder.rglob("*")))
    with open(archive, "wb") as output:
        packed = subprocess.run(["cpio", "-o", "-H", "newc", "--quiet", "--owner", "0:0"], cwd=folder,
                                input=names.encode(), stdout=subprocess.PIPE, check=True)
        output.write(gzip.compress(packed.stdout, 1))


def add_programs(folder, names):
    (folder / "tests").mkdir(parents=True)
    (folder / "usr").mkdir()
    for name in names:
        program = BUILD / "tests" / name
        subprocess.run(["strip", "-o", folder / "tests" / name, program], check=True)
        for library in needed_libraries(program):
            target = folder / library.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, target)


class KernelInGuest:
    """For a class that says which `package` the kernel comes from, and its `release`."""

    programs = ("kernel_test", "lockdown_test")

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="qsbx-kernel."))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        os.environ["QSBX_GUEST_KERNEL"] = cls.package
        os.environ["QSBX_GUEST_DRIVERS"] = DRIVERS
        guests.make_linux_guest(cls.folder)
        add_programs(cls.folder / "more", cls.programs)
        shutil.copytree(ROOT / "profiles", cls.folder / "more" / str(ROOT / "profiles").lstrip("/"))
        make_archive(cls.folder / "more", cls.folder / "more.cpio")
        with open(cls.folder / "initrd", "ab") as initrd:
            initrd.write((cls.folder / "more.cpio").read_bytes())
        # With a thread for each processor one may trap on a kernel's patched instruction when the other has finished
        # patching it already, which no real processor does: the kernel panics.
        command = ["qemu-system-x86_64", "-accel", "tcg,thread=single", "-cpu", "max", "-smp", "2", "-m", "2048",
                   "-nodefaults", "-no-user-config", "-display", "none",
                   *guests.linux_kernel(cls.folder, more=KERNEL_WORDS)]
        cls.guest = guests.Machine(command, timeout=120)
        cls.addClassCleanup(cls.guest.__exit__)
        cls.guest.wait_for_guest("ready")
        # A line of the kernel's in the middle of a result's would hide it.
        cls.shell("dmesg -n 1; mount -t tracefs tracefs /sys/kernel/tracing; mkdir -p /dev/pts; mount -t devpts devpts /dev/pts; "
                  "mount -t tmpfs tmpfs /tmp; ip link set lo up; "
                  f"for driver in {DRIVERS}; do modprobe $driver; done")

    @classmethod
    def shell(cls, line, timeout=60):
        """What the guest has printed while its shell ran the line."""
        return cls.guest.shell(line, timeout)[0]

    def results(self, program, tests, timeout):
        """{name: "OK", "FAILED" or "SKIPPED"}, and what was printed."""
        printed = self.shell(f"cd /tmp; {ENVIRONMENT} setsid /tests/{program} --gtest_filter='{tests}' 2>&1", timeout)
        return {name: result for result, name in RESULT.findall("\n".join(printed))}, printed

    def expect_passed(self, program, tests, at_least, timeout=500):
        results, printed = self.results(program, tests, timeout)
        failed = [name for name, result in results.items() if result == "FAILED"]
        skipped = [name for name, result in results.items() if result == "SKIPPED"]
        passed = len(results) - len(failed) - len(skipped)
        print(f"{self.release}: {program}: {passed} passed, not for this kernel: {', '.join(skipped) or 'none'}")
        self.assertEqual(failed, [], "\n".join(printed[-300:]))
        self.assertLessEqual(set(skipped), self.may_skip)
        self.assertGreaterEqual(passed, at_least, "\n".join(printed[-40:]))
        self.assertIn("[  PASSED  ]", "\n".join(printed))

    def test_the_kernel_is_the_one_that_is_meant(self):
        self.assertTrue(self.shell("uname -r")[-1].startswith(self.release))

    def test_backends(self):
        self.expect_passed("kernel_test", "*", 125)

    def test_lockdown(self):
        self.expect_passed("lockdown_test", "*", 135)


class Linux61(KernelInGuest, unittest.TestCase):
    package = "linux-image-amd64/bookworm"
    release = "6.1."
    # It has Landlock ABI 2: paths, but neither TCP nor ioctl nor scopes.
    may_skip = {"LandlockTest.TcpIsRefusedUnlessItIsLetThrough", "LandlockTest.DevicesThatAreReadGetNoIoctl",
                "LandlockTest.SignalsStayBehindTheWall", "LandlockTest.AbstractSocketsOfOthersAreRefused"}


class Linux612(KernelInGuest, unittest.TestCase):
    package = "linux-image-amd64/bookworm-backports"
    release = "6.12."
    may_skip = set()


if __name__ == "__main__":
    unittest.main()
