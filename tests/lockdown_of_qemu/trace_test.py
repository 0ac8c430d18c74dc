#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""qsbx trace of Debian's QEMU with a guest: what it calls, when, and in which thread."""

import collections
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

import qemus
from qemus import guests

QSBX = qemus.BUILD / "qsbx"
RULES = """\
ioctl: cmd == KVM_RUN
ioctl: cmd != KVM_RUN
openat: (flags & O_ACCMODE) == O_RDONLY
openat: (flags & O_ACCMODE) == O_RDWR
mmap: !(prot & PROT_EXEC) && len >= 4096
futex: (op & FUTEX_CMD_MASK) in { FUTEX_WAIT, FUTEX_WAIT_BITSET }
read: fd > 2
close: 1
write: buf != 0
"""


@unittest.skipUnless(os.geteuid() == 0, "needs root, to observe")
@unittest.skipUnless(pathlib.Path("/sys/kernel/tracing/events/raw_syscalls").exists(),
                     "tracefs is not mounted at /sys/kernel/tracing")
@unittest.skipUnless(shutil.which("qemu-system-x86_64"), "qemu-system-x86_64 is not installed")
class Trace(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="qsbx-trace.")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.image = self.folder / "boot.img"
        self.output = self.folder / "trace"
        shutil.copy(qemus.boot_sector(), self.image)

    def guest(self, accelerator):
        return ["-accel", accelerator, "-m", "64", "-nodefaults", "-display", "none",
                "-object", "iothread,id=io0", "-drive", f"file={self.image},format=raw,if=none,id=d0",
                "-device", "virtio-blk-pci,drive=d0,iothread=io0"]  # fmt: skip

    def trace(self, *options, accelerator="tcg"):
        """The guest has run and QEMU has ended by its monitor."""
        command = [QSBX, "trace", "-o", self.output, *options, "--", "qemu-system-x86_64"]
        with guests.Machine([*command, *self.guest(accelerator)], monitor=True, serial=True) as machine:
            machine.serial.wait_for(guests.boot_sector_sum(self.image), 60)
            self.assertEqual(machine.quit(), 0, machine.errors())
            self.assertNotIn("qsbx:", machine.errors())
        return self.output.read_text()

    def json(self, *options, **how):
        return json.loads(self.trace("--json", *options, **how))

    def test_kvm_run_is_of_vcpus_in_phase_run(self):
        if not qemus.kvm_works():
            self.skipTest("/dev/kvm makes no virtual machine here")
        trace = self.json(accelerator="kvm")
        self.assertEqual(trace["lost"], 0)
        self.assertTrue(trace["devices-ready"])
        where = places(trace, "ioctl", cmd="KVM_RUN")
        self.assertGreater(where.pop(("run", "vcpu")), 100)
        self.assertEqual(where, {})
        self.assertEqual(places(trace, "ioctl", cmd="KVM_CREATE_VM"), {("boot", "main"): 1})
        self.assertEqual({role for phase, role in places(trace, "ioctl", cmd="KVM_GET_REGS")} - {"vcpu"}, set())
        roles = {call["role"] for call in trace["calls"]}
        self.assertLessEqual({"main", "vcpu", "iothread", "rcu", "worker"}, roles)
        self.assertNotIn("qsbx", roles)
        self.assertNotIn("other", roles)

    def test_the_disk_is_opened_in_phase_boot(self):
        trace = self.json()
        self.assertEqual(trace["lost"], 0)
        opened = places(trace, "openat", flags="O_RDWR|O_CLOEXEC")
        self.assertGreaterEqual(opened[("boot", "main")], 1)
        self.assertEqual([place for place in opened if place[0] == "run"], [])
        self.assertTrue(any(phase == "run" for phase, _ in places(trace, "futex")))

    def test_it_says_of_what_it_is(self):
        trace = self.json()
        self.assertRegex(trace["qemu"], r"^\d+\.\d+")
        self.assertEqual(trace["kernel"], os.uname().release)
        self.assertRegex(trace["libc"], r"^glibc \d")
        self.assertLessEqual({"accelerator tcg", "device virtio-blk-pci", "object iothread"}, set(trace["machine"]))
        learned = subprocess.run([QSBX, "learn", "--profiles", qemus.PROFILES, self.output],
                                 capture_output=True, text=True, timeout=60)
        self.assertEqual(learned.returncode, 0, learned.stderr)
        self.assertIn("Nothing to propose", learned.stdout, learned.stdout)

    def test_the_text_says_the_same(self):
        lines = self.trace().splitlines()
        self.assertTrue(lines[0].startswith("# qsbx trace of qemu-system-x86_64 -accel tcg"), lines[0])
        self.assertEqual(lines[1], "# lost: 0")
        calls = [line.rsplit("  ", 1) for line in lines[2:]]
        self.assertEqual(len(calls), len(dict(calls)), "a line is there twice")
        self.assertTrue(all(count.isdigit() for _, count in calls))
        self.assertIn("boot main openat dfd=AT_FDCWD flags=O_RDWR|O_CLOEXEC", dict(calls))
        self.assertEqual(calls, sorted(calls, key=lambda call: call[0].split(" ")[:3]))

    # The kernel's filters and the records count by themselves; qsbx would warn if they differed.
    def test_rules_are_counted_by_the_kernel(self):
        rules = self.folder / "a.rules"
        rules.write_text(RULES)
        trace = self.json("--rules", rules)
        self.assertEqual(trace["lost"], 0)
        counts = {rule["rule"].rsplit(":")[-1]: rule for rule in trace["rules"]}
        self.assertEqual(len(counts), len(RULES.splitlines()))
        for line, rule in counts.items():
            self.assertEqual(rule["counted-by"], "records" if line == "9" else "kernel", rule)
        self.assertIn("'buf' is a 'const char *'", counts["9"]["because"])
        # Of all observed calls; the file leaves out those of the library that rides along.
        self.assertGreaterEqual(counts["8"]["count"], sum(places(trace, "close").values()))
        self.assertEqual(counts["1"]["count"], 0)
        self.assertGreater(counts["2"]["count"], 0)
        denied = {call["syscall"] for call in trace["denied"]}
        self.assertNotIn("close", denied)
        self.assertNotIn("ioctl", denied)
        self.assertIn("clone3", denied)

    def test_a_killed_tracer_leaves_qemu_running(self):
        command = [QSBX, "trace", "-o", self.output, "--", "qemu-system-x86_64"]
        enabled = pathlib.Path("/sys/kernel/tracing/set_event").read_text()
        with guests.Machine([*command, *self.guest("tcg")], monitor=True, serial=True) as machine:
            machine.serial.wait_for(guests.boot_sector_sum(self.image), 60)
            children = pathlib.Path(f"/proc/{machine.process.pid}/task/{machine.process.pid}/children")
            qemu = int(children.read_text().split()[0])
            machine.process.kill()
            machine.process.wait()
            self.assertEqual(machine.qmp.run("query-status")["status"], "running")
            names = [os.readlink(fd) for fd in pathlib.Path(f"/proc/{qemu}/fd").iterdir()]
            self.assertFalse(any("perf_event" in name for name in names), names)
            self.assertEqual(pathlib.Path("/sys/kernel/tracing/set_event").read_text(), enabled)
            os.kill(qemu, signal.SIGKILL)
        self.assertFalse(self.output.exists())

    def test_the_exit_status_is_qemus(self):
        for arguments, status in ((["-version"], 0), (["-no-such-option"], 1)):
            result = subprocess.run([QSBX, "trace", "-o", self.output, "--", "qemu-system-x86_64", *arguments],
                                    capture_output=True, text=True, timeout=60)
            self.assertEqual(result.returncode, status, result.stderr)
            self.assertIn("QEMU ended before its devices were ready", result.stderr)


def places(trace, syscall, **arguments):
    """(phase, role) -> how often the call was made there with these arguments."""
    counts = collections.Counter()
    for call in trace["calls"]:
        for value in call["values"] if call["syscall"] == syscall else []:
            if arguments.items() <= value["arguments"].items():
                counts[call["phase"], call["role"]] += value["count"]
    return dict(counts)


if __name__ == "__main__":
    unittest.main(verbosity=2)
