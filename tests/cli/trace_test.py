#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""qsbx trace: what it says when it cannot. What it records: tests/lockdown_of_qemu/trace_test.py."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import unittest

from qsbx_case import BAD_INPUT, LACKING, QSBX, QsbxCase

CAN_OBSERVE = os.geteuid() == 0 and pathlib.Path("/sys/kernel/tracing/events/raw_syscalls").exists()


class Usage(QsbxCase):
    def test_nothing_to_trace(self):
        for words in (["trace"], ["trace", "--"], ["trace", "--pid", "1", "--", "qemu-system-x86_64"]):
            self.assertIn("Either --pid PID, or -- and then QEMU", self.complaint(*words))

    def test_a_pid_that_is_none(self):
        self.assertIn("--pid", self.complaint("trace", "--pid", "x"))
        self.assertIn("--pid", self.complaint("trace", "--pid", "-1"))

    def test_rules_that_are_wrong(self):
        self.rules.write_text("raed: 1\n")
        self.assertIn("read", self.complaint("trace", "--rules", self.rules, "--", "qemu-system-x86_64"))


@unittest.skipUnless(os.geteuid() == 0, "needs root, to become nobody")
class WithoutRights(QsbxCase):
    def test_the_way_out_is_said(self):
        result = subprocess.run([QSBX, "trace", "--pid", str(os.getpid())], user=65534, group=65534, extra_groups=[],
                                capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, LACKING, result.stderr)
        self.assertIn("need root", result.stderr)


@unittest.skipUnless(CAN_OBSERVE, "needs root and tracefs at /sys/kernel/tracing")
class Observing(QsbxCase):
    def test_what_is_no_qemu_is_not_traced(self):
        complaint = self.run_qsbx("trace", "-o", self.folder / "t", "--", "/nonexistent/qemu")
        self.assertEqual(complaint.returncode, BAD_INPUT)
        self.assertIn(b"/nonexistent/qemu", complaint.stderr)
        self.assertFalse((self.folder / "t").exists())

    def test_a_process_that_is_not_there(self):
        self.assertIn("4194303", self.complaint("trace", "--pid", "4194303", status=LACKING))

    def test_a_process_is_traced_until_it_ends(self):
        self.rules.write_text("exit_group: error_code == 7\nexit_group: error_code == 8\n")
        with subprocess.Popen(["sh", "-c", "read a; read b; exit 7"], stdin=subprocess.PIPE) as shell:
            tracer = subprocess.Popen([QSBX, "trace", "--rules", self.rules, "--pid", str(shell.pid)],
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            until_observed(tracer.pid)
            shell.communicate(b"\n\n")
            trace, errors = tracer.communicate(timeout=60)
        self.assertEqual(tracer.returncode, 0, errors)
        self.assertEqual(errors, "")
        lines = trace.splitlines()
        self.assertEqual(lines[1], "# lost: 0")
        self.assertIn("run main exit_group  1", lines)
        self.assertTrue(any(line.startswith("denied run main read") for line in lines), trace)
        self.assertFalse(any(line.startswith("denied run main exit_group") for line in lines), trace)
        counts = [line.split("  ")[1] for line in lines if line.startswith("rule ")]
        because = " (from records: the process was already running)"
        self.assertEqual(counts, ["1" + because, "0" + because])

    def test_a_signal_ends_the_trace_and_not_the_process(self):
        with subprocess.Popen(["sleep", "1000"]) as sleeper:
            self.addCleanup(sleeper.kill)
            tracer = subprocess.Popen([QSBX, "trace", "--pid", str(sleeper.pid)], stdout=subprocess.PIPE, text=True)
            until_observed(tracer.pid)
            tracer.terminate()
            trace, _ = tracer.communicate(timeout=60)
            self.assertEqual(tracer.returncode, 0)
            self.assertIn("# lost: 0", trace)
            self.assertIsNone(sleeper.poll())
            sleeper.kill()

    def qemu(self):
        """A program of that name, and the file that it makes when it is asked for its version."""
        program = self.folder / "qemu-system-x86_64"
        shutil.copy(os.environ["ASKED_FOR_VERSION"], program)
        return program, self.folder / "qemu-system-x86_64.asked"

    def test_nothing_of_a_running_process_is_started(self):
        program, asked = self.qemu()
        trace, errors = self.observed([program])
        self.assertEqual(errors, "")
        self.assertFalse(asked.exists())
        self.assertIsNone(trace["qemu"])
        self.assertIsNone(trace["libc"])

    def test_a_program_that_is_to_be_started_is_asked_for_its_version(self):
        program, asked = self.qemu()
        self.run_qsbx("trace", "-o", self.folder / "t", "--", program, stdin=b"for QEMU\n")
        self.assertEqual(asked.read_text(), "")

    def observed(self, command, stop_reading=False):
        """The trace of a process from when it is sent a line, and standard error."""
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            tracer = subprocess.Popen([QSBX, "trace", "--json", "--pid", str(process.pid)],
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            until_observed(tracer.pid)
            if stop_reading:
                tracer.send_signal(signal.SIGSTOP)
            process.communicate(b"\n")
            tracer.send_signal(signal.SIGCONT)
            trace, errors = tracer.communicate(timeout=60)
        self.assertEqual(tracer.returncode, 0, errors)
        return json.loads(trace), errors

    def test_more_values_than_are_kept_are_counted(self):
        program = """
import fcntl
input()
for number in range(100):
    try:
        fcntl.ioctl(1 << 20, number)
    except OSError:
        pass
"""
        trace, errors = self.observed([sys.executable, "-c", program])
        self.assertEqual(errors, "")
        self.assertIsNone(trace["qemu"])
        ioctl = next(call for call in trace["calls"] if call["syscall"] == "ioctl")
        self.assertEqual(len(ioctl["values"]), 64)
        self.assertGreaterEqual(ioctl["of-more-values"], 36)
        kept = sum(value["count"] for value in ioctl["values"])
        self.assertEqual(kept + ioctl["of-more-values"], ioctl["count"])

    def test_lost_calls_are_said(self):
        dd = "read line; exec dd if=/dev/zero of=/dev/null bs=1 count=300000"
        trace, errors = self.observed(["sh", "-c", dd], stop_reading=True)
        self.assertGreater(trace["lost"], 0)
        self.assertIn(f"warning: {trace['lost']} calls were lost", errors)
        recorded = sum(call["count"] for call in trace["calls"])
        self.assertGreater(recorded + trace["lost"], 600_000)

    def test_a_file_that_cannot_be_written(self):
        with subprocess.Popen(["sleep", "0.2"]) as sleeper:
            complaint = self.complaint("trace", "-o", "/nonexistent/t", "--pid", sleeper.pid)
        self.assertIn("cannot write /nonexistent/t: No such file or directory", complaint)


def target_of(fd):
    """Nothing for a descriptor that was closed since the folder was read."""
    try:
        return os.readlink(fd)
    except FileNotFoundError:
        return ""


def until_observed(tracer):
    """Waits until the tracer waits for events: each has a descriptor, and then it polls."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        fds = pathlib.Path(f"/proc/{tracer}/fd")
        names = [target_of(fd) for fd in fds.iterdir()]
        state = pathlib.Path(f"/proc/{tracer}/wchan").read_text()
        if any("perf_event" in name for name in names) and "poll" in state:
            return
    raise TimeoutError("qsbx trace observes nothing")


if __name__ == "__main__":
    unittest.main(verbosity=2)
