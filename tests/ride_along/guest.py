# SPDX-License-Identifier: LGPL-2.1-or-later
"""A QEMU under `qsbx run`, with profiles that a test writes.

The environment says what is tested: QSBX, the program, and QSBX_TEST_QEMU, an unmodified QEMU.
"""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time
import unittest

QSBX = os.environ["QSBX"]
QEMU = os.environ["QSBX_TEST_QEMU"]
SECONDS_TO_START = 30

KINDS = [
    "accelerator", "machine", "device", "object", "netdev", "chardev", "block", "aio", "display",
    "audio", "tpm", "monitor", "fsdev", "option",
]  # fmt: skip


def write_profiles(folder, kinds=KINDS, barred="swapon"):
    """Every part of these kinds has a profile, which grants everything but `barred` and the handler of SIGSYS."""
    folder = pathlib.Path(folder)
    (folder / "base").mkdir(parents=True)
    applies = "".join(f"applies to {kind} *\n" for kind in kinds)
    rule = f"all except {{ {barred}, rt_sigaction }}: 1\nrt_sigaction: sig != SIGSYS\n"
    (folder / "base/process.profile").write_text(f"profile process\n{applies}{rule}")
    (folder / "boot.profile").write_text("profile boot\nphase boot\nall except { swapon }: 1\n")
    return folder


class Qmp:
    """The user's own monitor. `said` is what QEMU has said of its end, should it end."""

    def __init__(self, path, said):
        self.said = said
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(SECONDS_TO_START)
        wait_until(lambda: self._connects(path), f"{path} takes a connection")
        self.file = self.socket.makefile("rw")
        self.greeting = json.loads(self.file.readline())
        self.events = []
        self.ask("qmp_capabilities")

    def _connects(self, path):
        try:
            self.socket.connect(str(path))
            return True
        except OSError:
            return False

    def _read(self):
        try:
            line = self.file.readline()
        except ConnectionResetError:
            line = ""
        if not line:
            raise EOFError(f"QEMU closed the monitor, and said: {self.said()}")
        return json.loads(line)

    def ask(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            message = self._read()
            if "event" not in message:
                return message.get("return", message.get("error"))
            self.events.append(message["event"])

    def status(self):
        return self.ask("query-status")["status"]

    def await_status(self, wanted):
        wait_until(lambda: self.status() == wanted, f"the guest is {wanted}")

    def close(self):
        self.file.close()
        self.socket.close()


def wait_until(condition, what):
    """`what` is what is awaited, or a function that says so when it did not come."""
    deadline = time.monotonic() + SECONDS_TO_START
    while not condition():
        if time.monotonic() > deadline:
            missing = what() if callable(what) else what
            raise AssertionError(f"not within {SECONDS_TO_START} s: {missing}")
        time.sleep(0.02)


def links_of_descriptors(pid):
    """What the descriptors of a process lead to, without those that it closes meanwhile."""
    links = []
    for descriptor in os.scandir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            links.append(os.readlink(descriptor.path))
    return links


def status_of_threads(pid):
    threads = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            lines = (task / "status").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue  # the thread has ended
        threads[int(task.name)] = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    return threads


def blocking_sigsys(pid):
    threads = status_of_threads(pid)
    return [tid for tid, status in threads.items() if int(status["SigBlk"], 16) >> 30 & 1]


class RideAlongTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.profiles = write_profiles(self.folder / "profiles")
        self.qmp_path = self.folder / "qmp"
        self.own_monitor = ["-qmp", f"unix:{self.qmp_path},server=on,wait=off"]
        self.errors = self.folder / "stderr"

    def launch(self, *qemu_arguments, options=(), qemu=QEMU, profiles=None, input_text="", **popen):
        command = [QSBX, "run", "--profiles", str(profiles or self.profiles), *options, "--", qemu]
        command += ["-display", "none", "-m", "64", *qemu_arguments]
        with open(self.errors, "wb") as errors, tempfile.TemporaryFile() as keys:
            keys.write(input_text.encode())
            keys.seek(0)
            process = subprocess.Popen(
                command, stdin=keys, stdout=subprocess.PIPE, stderr=errors, **popen
            )
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def monitor(self):
        qmp = Qmp(self.qmp_path, self.said)
        self.addCleanup(qmp.close)
        return qmp

    def said(self):
        return self.errors.read_text(errors="replace")

    def await_said(self, words):
        wait_until(
            lambda: words in self.said(), lambda: f"'{words}' on standard error: {self.said()}"
        )

    def assert_exit(self, process, status):
        self.assertEqual(process.wait(SECONDS_TO_START), status, self.said())

    def await_boot_policy(self, pid):
        wait_until(
            lambda: all(status["Seccomp"] == "2" for status in status_of_threads(pid).values()),
            "the boot policy is in force",
        )

    def assert_locked_down(self, pid, filters=1):
        for tid, status in status_of_threads(pid).items():
            with self.subTest(thread=tid, name=status["Name"]):
                self.assertEqual(status["Seccomp"], "2")
                self.assertEqual(status["Seccomp_filters"], str(filters))
                self.assertEqual(status["NoNewPrivs"], "1")
        # The C library blocks every signal for a moment when a thread begins or ends.
        wait_until(lambda: not blocking_sigsys(pid), "SIGSYS can be delivered in every thread")
