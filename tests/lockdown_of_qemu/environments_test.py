#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Locked-down guests where the C library behaves otherwise: allocators, the vDSO, locales, time zones, memory short.

One machine does the same in each: its guest works on a disk behind an iothread, a viewer comes and goes (a thread that
packs pictures allocates), it is reset, stopped, continued and asked, and ends. No call may be a violation.
"""

import contextlib
import pathlib
import resource
import shutil
import signal
import tempfile
import unittest

import qemus
from qemus import guests

import device_life  # noqa: E402, found by qemus
from vnc import VncClient  # noqa: E402

WITHOUT_VDSO = qemus.BUILD / "tests/lockdown_of_qemu/without_vdso"

ENVIRONMENTS = {
    "one_arena": {"MALLOC_ARENA_MAX": "1"},
    "many_arenas": {"MALLOC_ARENA_MAX": "512"},
    "always_trimmed": {"MALLOC_TRIM_THRESHOLD_": "0", "MALLOC_TOP_PAD_": "0", "MALLOC_ARENA_MAX": "1"},
    "mapped_blocks": {"MALLOC_MMAP_THRESHOLD_": "4096", "MALLOC_PERTURB_": "85"},
    "no_cache": {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0"},
    "transparent_huge_pages": {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"},
    "huge_pages": {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=2"},
    "no_rseq": {"GLIBC_TUNABLES": "glibc.pthread.rseq=0"},
    "small_stack_cache": {"GLIBC_TUNABLES": "glibc.pthread.stack_cache_size=0:glibc.pthread.mutex_spin_count=0"},
    "locale": {"LC_ALL": "C.UTF-8", "LANG": "de_DE.UTF-8", "LANGUAGE": "de"},
    "time_zone": {"TZ": "Pacific/Chatham"},
    "glib_checks": {"G_SLICE": "always-malloc", "G_DEBUG": "gc-friendly"},
}  # fmt: skip


class OnEachQemu:
    qemu = None

    def setUp(self):
        self.qemu.require()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="qsbx-environment."))
        self.addCleanup(shutil.rmtree, self.directory)
        shutil.copy(qemus.boot_sector(), self.directory / "boot.raw")

    def start(self, environment=None, more=(), launcher=()):
        arguments = [
            "-machine", "pc", "-accel", "tcg", "-m", "64", "-nodefaults", "-no-user-config", "-display", "none",
            "-vga", "std", "-vnc", "127.0.0.1:0,to=99", "-object", "iothread,id=io0", "-msg", "timestamp=on",
            "-drive", f"file={self.directory}/boot.raw,format=raw,if=none,id=d0",
            "-device", "virtio-blk-pci,drive=d0,iothread=io0", "-object", "rng-builtin,id=r0",
            "-device", "virtio-rng-pci,rng=r0", "-device", "virtio-balloon-pci",
            "-netdev", "user,id=n0", "-device", "virtio-net-pci,netdev=n0", *more,
        ]  # fmt: skip
        command = [*launcher, *self.qemu.command(arguments)]
        machine = guests.Machine(command, timeout=60, environment=environment)
        self.addCleanup(machine.__exit__, None, None, None)
        machine.serial.wait_for(device_life.GUEST_SAYS, 60)
        return machine

    def look_at_the_screen(self, machine):
        for encoding in ("tight", "zrle", "raw"):
            with contextlib.closing(VncClient(int(machine.qmp.run("query-vnc")["service"]))) as client:
                self.assertGreater(client.frame(encoding), 1)

    def work(self, machine):
        machine.send("t")
        machine.serial.wait_for(device_life.GUEST_SAYS, 60)
        machine.qmp.run("system_reset")
        machine.serial.wait_for(device_life.GUEST_SAYS, 60)
        machine.qmp.run("stop")
        machine.qmp.run("cont")
        for question in ("query-block", "query-blockstats", "query-qmp-schema", "qom-list-types", "query-stats-schemas"):
            machine.qmp.run(question)
        machine.qmp.hmp("info mtree -f")
        machine.qmp.close()
        machine.qmp = machine.open_qmp()

    def live(self, **how):
        machine = self.start(**how)
        try:
            self.look_at_the_screen(machine)
            self.work(machine)
        except (OSError, guests.QmpError, TimeoutError) as error:
            self.fail(f"{error}\nstatus {machine.process.poll()}\n{machine.errors()}")
        self.assertEqual(machine.quit(), 0, machine.errors())
        self.assertIn("qsbx: enforce:", machine.errors())
        self.assertNotIn("violation", machine.errors())
        return machine

    def live_in(self, name):
        self.live(environment=ENVIRONMENTS[name])

    def test_the_clock_of_the_host(self):
        self.live(more=["-rtc", "base=localtime"], environment={"TZ": ""})

    def test_without_vdso(self):
        machine = self.live(launcher=[WITHOUT_VDSO], environment={"LD_SHOW_AUXV": "1"})
        qemu_has = self.auxiliary_vector_of_qemu(machine.serial.seen)
        self.assertIn("AT_ENTRY", qemu_has)
        self.assertNotIn("AT_SYSINFO_EHDR", qemu_has)

    def test_without_vdso_and_little_else(self):
        """No monitor, viewer or balloon of the user's, which ask for the time themselves: the guest's clock does, too."""
        machine = guests.Machine(
            [WITHOUT_VDSO, *self.qemu.command([
                "-machine", "pc", "-accel", "tcg", "-m", "32", "-nodefaults", "-no-user-config", "-display", "none",
                "-drive", f"file={self.directory}/boot.raw,format=raw,if=none,id=d0",
                "-device", "virtio-blk-pci,drive=d0"])],
            monitor=False, timeout=60, environment={"LD_SHOW_AUXV": "1"})  # fmt: skip
        self.addCleanup(machine.__exit__, None, None, None)
        machine.serial.wait_for(device_life.GUEST_SAYS, 60)
        self.assertNotIn("AT_SYSINFO_EHDR", self.auxiliary_vector_of_qemu(machine.serial.seen))
        for letter in "tr":
            machine.send(letter)
            machine.serial.wait_for(device_life.GUEST_SAYS, 60)
        machine.process.terminate()
        self.assertEqual(machine.wait(), 0, machine.errors())
        self.assertIn("qsbx: enforce:", machine.errors())
        self.assertNotIn("violation", machine.errors())

    def auxiliary_vector_of_qemu(self, said):
        """What LD_SHOW_AUXV made the C library print, a line each: the names up to QEMU's own, after a launcher's."""
        names = []
        for line in said:
            name, _, value = line.partition(":")
            names.append(name)
            if name == "AT_EXECFN" and "qemu-system" in value:
                return names
            if name == "AT_EXECFN":
                names = []
        return []

    def test_memory_that_runs_out(self):
        """Allocations that fail end QEMU by its own abort(), or not at all; never by the filter."""
        for left in (0, 1 << 18, 1 << 20):
            with self.subTest(left):
                machine = self.start()
                used = int(pathlib.Path(f"/proc/{machine.pid}/statm").read_text().split()[0]) * resource.getpagesize()
                resource.prlimit(machine.pid, resource.RLIMIT_AS, (used + left, used + left))
                with contextlib.suppress(OSError, guests.QmpError, TimeoutError):
                    self.look_at_the_screen(machine)
                    self.work(machine)
                    machine.quit()
                self.assertNotIn("violation", machine.errors())
                self.assertIn(machine.process.poll(), (None, 0, -signal.SIGABRT), machine.errors())


class Unmodified(OnEachQemu, unittest.TestCase):
    qemu = qemus.Unmodified()


class UnmodifiedDebian13(OnEachQemu, unittest.TestCase):
    qemu = qemus.UnmodifiedDebian13()


for one in (Unmodified, UnmodifiedDebian13):
    qemus.add_tests(one, "live_in", ENVIRONMENTS)

if __name__ == "__main__":
    unittest.main(verbosity=2)
