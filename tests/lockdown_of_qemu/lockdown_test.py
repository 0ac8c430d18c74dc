#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Real QEMUs with real guests, locked down: what must go on works, what must not is stopped."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import qemus
from qemus import guests
from vnc import VncClient

ATTEMPT = qemus.BUILD / "tests/attack/attempt"
IN_FORCE = re.compile(r"qsbx: (enforce|errno|audit): \d+ system calls")
# Fewer where neither a run nor a code path needs them.
MOST_CALLS = 60
SMALL = ["-machine", "q35", "-display", "none", "-nodefaults", "-vga", "std"]
NEVER = {
    "execve", "execveat", "fork", "vfork", "ptrace", "bpf", "userfaultfd", "mount", "setns", "unshare",
    "memfd_create", "process_vm_writev", "io_uring_setup",
}  # fmt: skip


def wait_until(what, condition, timeout=30):
    until = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"{what} did not come about in {timeout} s")
        time.sleep(0.05)


# A device of profiles/qemu/not-covered, which every QEMU has and which starts without anything outside.
NOT_COVERED = ["-usb", "-device", "usb-mtp,rootdir=/usr/share"]


class OnEachQemu:
    """The tests, made concrete for each QEMU below."""

    qemu = None

    def setUp(self):
        self.qemu.require()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="qsbx-lockdown."))
        self.addCleanup(shutil.rmtree, self.directory)

    def disk(self, megabytes=16):
        path = self.directory / "disk.img"
        with open(path, "wb") as file:
            file.truncate(megabytes << 20)
        return path

    def start(self, arguments, monitor=True, serial=True, **how):
        machine = guests.Machine(self.qemu.command(arguments, **how), monitor=monitor, serial=serial)
        self.addCleanup(machine.__exit__, None, None, None)
        return machine

    def start_linux(self, **how):
        arguments = guests.demo_machine(qemus.linux_guest(), self.disk())
        return self.start(arguments + ["-S"] if how.pop("stopped", False) else arguments, **how)

    def start_small(self, preconfig=False, **how):
        """A machine that only runs its firmware."""
        return self.start([*SMALL, *(["-preconfig"] if preconfig else [])], **how)

    def wait_for_lockdown(self, machine):
        wait_until("the status line of lockdown", lambda: IN_FORCE.search(machine.errors()))

    def assert_all_threads_filtered(self, machine):
        threads = machine.threads()
        self.assertGreaterEqual(len(threads), 2)
        for thread in threads:
            self.assertEqual(thread.mode, 2, thread)
            self.assertGreaterEqual(thread.filters, 1, thread)
            self.assertEqual(thread.no_new_privs, 1, thread)

    def assert_no_violation(self, machine):
        self.assertNotIn("violation", machine.errors())

    def assert_disk_holds(self, answer):
        """What the guest says that it wrote and read back is in the file."""
        data = (self.directory / "disk.img").read_bytes()[1 << 20:5 << 20]
        self.assertIn("sha256=" + hashlib.sha256(data).hexdigest(), answer)

    def assert_ok(self, answer):
        self.assertTrue(answer.startswith("ok"), answer)

    def use_everything(self, machine):
        for command in ("net", "random", "discard", "disk"):
            answer = machine.guest(command)
            self.assert_ok(answer)
        return answer

    def connect_and_leave_by_vnc(self, machine):
        port = int(machine.qmp.run("query-vnc")["service"])
        for encoding in ("tight", "raw"):
            client = VncClient(port)
            client.press(ord("a"))
            client.move(10, 10)
            self.assertGreater(client.frame(encoding), 1)
            client.close()

    def test_a_linux_guest_lives_under_enforcement(self):
        machine = self.start_linux()
        machine.wait_for_guest("ready")
        self.wait_for_lockdown(machine)
        self.assert_all_threads_filtered(machine)
        self.use_everything(machine)
        machine.qmp.run("stop")
        machine.qmp.run("cont")
        self.connect_and_leave_by_vnc(machine)
        machine.qmp.run("balloon", value=128 << 20)
        machine.qmp.run("balloon", value=256 << 20)
        machine.qmp.close()
        machine.qmp = machine.open_qmp()
        time.sleep(15)  # worker threads end after 10 s of idleness, and come again
        self.use_everything(machine)
        self.assert_all_threads_filtered(machine)
        machine.qmp.run("system_reset")
        machine.wait_for_guest("ready")
        written = self.use_everything(machine)
        self.assertEqual(machine.quit(), 0, machine.errors())
        self.assert_disk_holds(written)
        self.assert_no_violation(machine)

    def test_audit_leaves_a_linux_guest_alone(self):
        machine = self.start_linux(mode="audit")
        machine.wait_for_guest("ready")
        self.wait_for_lockdown(machine)
        written = self.use_everything(machine)
        dump = self.directory / "screen.ppm"
        machine.qmp.run("screendump", filename=str(dump))
        self.assertGreater(dump.stat().st_size, 0)
        self.assertEqual(machine.quit(), 0, machine.errors())
        self.assert_disk_holds(written)
        self.assertEqual(machine.errors().count("violation"), 1, machine.errors())

    def test_a_guest_that_powers_itself_off_ends_qemu_cleanly(self):
        machine = self.start_linux()
        machine.wait_for_guest("ready")
        machine.send("poweroff\n")
        self.assertEqual(machine.wait(), 0, machine.errors())
        self.assert_no_violation(machine)

    def test_a_boot_sector_under_kvm(self):
        if not qemus.kvm_works():
            self.skipTest("/dev/kvm makes no virtual machine here")
        image = self.directory / "boot.img"
        shutil.copy(qemus.boot_sector(), image)
        machine = self.start([
            "-accel", "kvm", "-m", "64", "-nodefaults", "-display", "none", "-object", "iothread,id=io0",
            "-drive", f"file={image},format=raw,if=none,id=d0", "-device", "virtio-blk-pci,drive=d0,iothread=io0",
        ])  # fmt: skip
        machine.serial.wait_for(guests.boot_sector_sum(image), 30)
        self.wait_for_lockdown(machine)
        self.assertRegex(machine.errors(), r"bound to descriptors: kvm \d+; kvm-vm \d+; kvm-vcpu \d+( and \d+)?; kvm-device none")
        self.assert_all_threads_filtered(machine)
        machine.qmp.run("stop")
        machine.qmp.run("cont")
        machine.qmp.run("system_reset")
        machine.serial.wait_for(guests.boot_sector_sum(image), 30)
        # What /dev/kvm is asked for, and the machine's statistics.
        machine.qmp.run("query-cpu-definitions")
        machine.qmp.run("query-cpu-model-expansion", type="full", model={"name": "max"})
        machine.qmp.run("query-stats", target="vm")
        self.assertEqual(machine.quit(), 0, machine.errors())
        self.assert_no_violation(machine)

    def test_works_under_the_sandbox_that_libvirt_asks_for(self):
        machine = self.start_linux(sandbox=qemus.LIBVIRT_SANDBOX)
        machine.wait_for_guest("ready")
        self.wait_for_lockdown(machine)
        self.assert_all_threads_filtered(machine)
        self.assertTrue(all(thread.filters >= 2 for thread in machine.threads()))
        self.use_everything(machine)
        self.assertEqual(machine.quit(), 0, machine.errors())
        self.assert_no_violation(machine)

    def test_a_machine_that_starts_stopped_is_locked_when_it_runs(self):
        machine = self.start_linux(stopped=True)
        before = self.settled_filters(machine)
        self.assertGreaterEqual(before, 1, "no first tightening")
        # What a manager does before cont, and what the run policy would not let it do.
        dump = self.directory / "screen.ppm"
        machine.qmp.run("screendump", filename=str(dump))
        self.assertGreater(dump.stat().st_size, 0)
        machine.qmp.run("cont")
        machine.wait_for_guest("ready")
        wait_until("the tight filter", lambda: all(t.filters > before for t in machine.threads()))
        self.use_everything(machine)
        self.assert_no_violation(machine)
        with self.assertRaisesRegex(guests.QmpError, "Permission denied"):
            machine.qmp.run("screendump", filename=str(dump))
        self.assertEqual(machine.quit(), 0, machine.errors())

    def test_disks_that_a_monitor_adds_before_the_start_work(self):
        for aio in ("native", "io_uring"):
            with self.subTest(aio):
                machine = self.start([
                    "-accel", "tcg", "-m", "256", "-nodefaults", "-no-user-config", "-display", "none",
                    *guests.linux_kernel(qemus.linux_guest()), "-object", "iothread,id=io0", "-S",
                ])  # fmt: skip
                machine.qmp.run("blockdev-add", driver="file", node_name="f", filename=str(self.disk()),
                                aio=aio, cache={"direct": True})  # fmt: skip
                machine.qmp.run("blockdev-add", driver="raw", node_name="d", file="f")
                machine.qmp.run("device_add", driver="virtio-blk-pci", drive="d", iothread="io0")
                machine.qmp.run("cont")
                machine.wait_for_guest("ready")
                written = machine.guest("disk")
                self.assert_ok(written)
                self.assertEqual(machine.quit(), 0, machine.errors())
                self.assert_disk_holds(written)
                self.assert_no_violation(machine)

    def test_preconfig_is_locked_when_the_machine_is_there(self):
        machine = self.start_small(preconfig=True)
        self.assertNotRegex(machine.errors(), IN_FORCE)
        machine.qmp.run("x-exit-preconfig")
        self.wait_for_lockdown(machine)
        self.assert_all_threads_filtered(machine)
        self.assertEqual(machine.quit(), 0, machine.errors())

    def start_daemon(self, errors):
        """Its number, when it is locked down, and what it said by then where `errors` is a pipe."""
        pid_file = self.directory / "pid"
        command = self.qemu.command([*SMALL, "-daemonize", "-pidfile", pid_file,
                                     "-qmp", f"unix:{self.directory}/monitor,server=on,wait=off"])  # fmt: skip
        started = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=errors, text=True, timeout=60)  # fmt: skip
        self.assertEqual(started.returncode, 0, started.stderr)
        pid = int(pid_file.read_text())
        self.addCleanup(lambda: self.runs(pid) and os.kill(pid, signal.SIGKILL))
        before = self.qemu.filters_before_lockdown
        wait_until("lockdown", lambda: all(t.filters > before for t in guests.thread_states(pid)))
        return pid, started.stderr

    def runs(self, pid):
        return pathlib.Path(f"/proc/{pid}/exe").exists()

    def test_a_daemon_is_locked_down_and_reports_where_it_was_started(self):
        said = self.directory / "said"
        with open(said, "w") as errors:
            pid, _ = self.start_daemon(errors)
        self.assertTrue(os.readlink(f"/proc/{pid}/fd/2").endswith("/dev/null"))
        attempt = subprocess.run([ATTEMPT, str(pid), "open"], capture_output=True, text=True)
        self.assertEqual(attempt.stdout, "open /etc/shadow: refused with EACCES\n")
        self.assertRegex(said.read_text(), r'qsbx: violation .*\bopenat\(dfd=AT_FDCWD, filename="/etc/shadow"')
        attempt = subprocess.run([ATTEMPT, str(pid), "map"], capture_output=True, text=True)
        self.assertIn("signal SYS", attempt.stdout)
        self.assertRegex(said.read_text(), r"qsbx: violation .*\bmmap\(")
        wait_until("the daemon's end", lambda: not self.runs(pid))

    def test_a_daemon_lets_the_pipe_go_that_its_starter_reads(self):
        pid, said = self.start_daemon(subprocess.PIPE)
        self.assertIn("standard error is a pipe", said)
        attempt = subprocess.run([ATTEMPT, str(pid), "open"], capture_output=True, text=True)
        self.assertEqual(attempt.stdout, "open /etc/shadow: refused with EACCES\n")
        qmp = guests.Qmp(self.directory / "monitor")
        qmp.run("quit")
        qmp.close()
        wait_until("the daemon's end", lambda: not self.runs(pid))

    def test_an_incoming_machine_is_locked_when_it_runs(self):
        address = f"unix:{self.directory}/migration"
        source = guests.Machine([*self.qemu.plain(), *SMALL])
        self.addCleanup(source.__exit__, None, None, None)
        machine = self.start([*SMALL, "-incoming", "defer"])
        before = self.settled_filters(machine)
        self.assertEqual(machine.qmp.run("query-status")["status"], "inmigrate")
        machine.qmp.run("migrate-incoming", uri=address)
        source.qmp.run("migrate", uri=address)
        wait_until("the guest", lambda: machine.qmp.run("query-status")["status"] == "running")
        self.wait_for_lockdown(machine)
        self.assertTrue(all(thread.filters > before for thread in machine.threads()))
        self.assertEqual(machine.quit(), 0, machine.errors())
        self.assert_no_violation(machine)

    def settled_filters(self, machine):
        """How many filters every thread has, once the number has stopped to change."""
        wait_until("the first tightening", lambda: all(t.filters >= 1 for t in machine.threads()))
        time.sleep(0.5)
        return min(thread.filters for thread in machine.threads())

    def test_what_an_attacker_would_do_ends_the_process(self):
        for what, call in (("exec", "execve"), ("map", "mmap"), ("protect", "mprotect"), ("fork", "fork")):
            with self.subTest(what):
                machine = self.start_small()
                self.wait_for_lockdown(machine)
                attempt = subprocess.run([ATTEMPT, str(machine.pid), what], capture_output=True, text=True)
                self.assertEqual(attempt.returncode, 3, attempt.stdout + attempt.stderr)
                self.assertIn("signal SYS", attempt.stdout)
                self.assertEqual(machine.wait(), -signal.SIGSYS)
                self.assertRegex(machine.errors(), rf"qsbx: violation .*\b{call}\(")

    def test_opening_a_file_is_refused_and_reported_with_its_name(self):
        machine = self.start_small()
        self.wait_for_lockdown(machine)
        attempt = subprocess.run([ATTEMPT, str(machine.pid), "open"], capture_output=True, text=True)
        self.assertEqual(attempt.stdout, "open /etc/shadow: refused with EACCES\n")
        self.assertRegex(machine.errors(), r'qsbx: violation .*\bopenat\(dfd=AT_FDCWD, filename="/etc/shadow"')
        attempt = subprocess.run([ATTEMPT, str(machine.pid), "connect"], capture_output=True, text=True)
        self.assertEqual(attempt.stdout, "make a Unix socket: refused with EACCES\n")
        self.assertRegex(machine.errors(), r"qsbx: violation .*\bsocket\(family=AF_UNIX")
        self.assertEqual(machine.quit(), 0)

    def test_no_thread_is_an_exception(self):
        machine = self.start_small(mode="errno")
        self.wait_for_lockdown(machine)
        # The thread that has locked down ends then.
        wait_until("its end", lambda: all(thread.name != "qsbx" for thread in machine.threads()))
        threads = machine.threads()
        for thread in threads:
            attempt = subprocess.run([ATTEMPT, str(thread.tid), "map"], capture_output=True, text=True)
            self.assertIn("refused with EPERM", attempt.stdout, thread)
        self.assertEqual(machine.errors().count("violation"), len(threads), machine.errors())
        self.assertEqual(machine.quit(), 0)

    def test_errno_refuses_and_reports_and_lives(self):
        machine = self.start_small(mode="errno")
        self.wait_for_lockdown(machine)
        attempt = subprocess.run([ATTEMPT, str(machine.pid), "open", "connect", "exec", "map"],
                                 capture_output=True, text=True)  # fmt: skip
        self.assertEqual(attempt.returncode, 0, attempt.stdout + attempt.stderr)
        self.assertEqual(attempt.stdout.count("refused with E"), 4, attempt.stdout)
        self.assertEqual(machine.errors().count("violation"), 4, machine.errors())
        self.assertEqual(machine.quit(), 0)

    def test_audit_reports_once_and_changes_nothing(self):
        machine = self.start_small(mode="audit")
        self.wait_for_lockdown(machine)
        attempt = subprocess.run([ATTEMPT, str(machine.pid), "open", "open", "map"],
                                 capture_output=True, text=True)  # fmt: skip
        self.assertEqual(attempt.returncode, 0, attempt.stdout + attempt.stderr)
        self.assertEqual(attempt.stdout.count("it returned"), 3, attempt.stdout)
        lines = [line for line in machine.errors().splitlines() if "violation" in line]
        self.assertEqual([re.search(r": (\w+)\(", line)[1] for line in lines], ["openat", "mmap"], lines)
        self.assertEqual(machine.quit(), 0)

    def test_an_unknown_device_is_named_and_the_guest_does_not_run(self):
        machine = self.start(["-machine", "q35", "-display", "none", *NOT_COVERED], monitor=False)
        self.assertEqual(machine.wait(), 1, machine.errors())
        self.assertIn("device usb-mtp", machine.errors())

    def test_what_no_profile_can_cover_is_named_and_the_guest_does_not_run(self):
        program = "-netdev", "user,id=n,guestfwd=tcp:10.0.2.100:7-null,guestfwd=tcp:10.0.2.100:8-cmd:cat"
        for arguments in (program, ("-netdev", '{"type":"user","id":"n","guestfwd":[{"str":"tcp::7-cmd:cat"}]}')):
            with self.subTest(arguments):
                machine = self.start([*SMALL, *arguments], monitor=False)
                self.assertEqual(machine.wait(), 1, machine.errors())
                self.assertIn("option guestfwd-cmd", machine.errors())
        machine = self.start([*SMALL, *program], mode="audit")
        wait_until("the warning", lambda: "option guestfwd-cmd" in machine.errors())
        wait_until("the guest runs", lambda: machine.qmp.run("query-status")["status"] == "running")
        self.assertEqual(machine.quit(), 0, machine.errors())

    def test_an_unknown_device_is_a_warning_in_audit(self):
        machine = self.start(["-machine", "q35", "-display", "none", *NOT_COVERED], mode="audit")
        wait_until("the warning", lambda: "device usb-mtp" in machine.errors())
        wait_until("the guest runs", lambda: machine.qmp.run("query-status")["status"] == "running")
        self.assertEqual(machine.quit(), 0, machine.errors())

    def test_a_missing_profile_folder_ends_the_start(self):
        machine = self.start(["-display", "none"], monitor=False, profiles=self.directory / "none")
        self.assertIn(machine.wait(), (1, 2), machine.errors())
        self.assertIn(str(self.directory / "none"), machine.errors())

    def test_a_broken_profile_ends_the_start_and_says_where(self):
        profiles = self.directory / "profiles"
        shutil.copytree(qemus.PROFILES, profiles)
        with open(profiles / "base/process.profile", "a") as file:
            file.write("\nopenat: flagz == O_RDONLY\n")
        machine = self.start(["-display", "none"], monitor=False, profiles=profiles)
        self.assertIn(machine.wait(), (1, 2), machine.errors())
        self.assertRegex(machine.errors(), r"base/process\.profile:\d+:\d+: error QSBX-\d+")


class Unmodified(OnEachQemu, unittest.TestCase):
    qemu = qemus.Unmodified()


class UnmodifiedDebian13(OnEachQemu, unittest.TestCase):
    qemu = qemus.UnmodifiedDebian13()


class Patched(OnEachQemu, unittest.TestCase):
    qemu = qemus.Patched()


class Patched72(OnEachQemu, unittest.TestCase):
    qemu = qemus.Patched72()


# A call, and what the demo machine's policy says of it.
VERDICTS = [
    ("openat AT_FDCWD 0 O_WRONLY 0", "errno"), ("openat AT_FDCWD 0 O_RDWR 0", "errno"),
    ("newfstatat AT_FDCWD 0 0 0", "errno"), ("newfstatat 3 0 0 AT_EMPTY_PATH", "allow"),
    ("openat AT_FDCWD 0 O_CREAT 0600", "errno"), ("openat AT_FDCWD 0 O_RDONLY 0", "errno"),
    ("socket AF_UNIX SOCK_STREAM 0", "errno"), ("socket AF_NETLINK SOCK_RAW 0", "errno"),
    ("socket AF_PACKET SOCK_RAW 0", "errno"), ("socket AF_INET SOCK_STREAM 0", "allow"),
    ("socket AF_INET SOCK_STREAM 132", "errno"), ("connect 3 0 110", "errno"), ("connect 3 0 16", "allow"),
    ("mmap 0 4096 PROT_READ|PROT_EXEC MAP_PRIVATE|MAP_ANONYMOUS -1 0", "deny"),
    ("mprotect 0 4096 PROT_EXEC", "deny"), ("mprotect 0 4096 PROT_READ", "allow"),
    ("clone SIGCHLD", "deny"), ("clone CLONE_VM|CLONE_VFORK|SIGCHLD", "deny"), ("clone3 0 0", "errno"),
    ("ioctl 3 KVM_RUN", "errno"), ("ioctl 3 TUNSETIFF", "errno"), ("ioctl 0 TIOCSTI", "errno"),
    ("rt_sigaction SIGSYS", "errno"), ("prctl PR_SET_SECCOMP", "deny"), ("execve", "deny"),
]  # fmt: skip


class DemoMachinePolicy(unittest.TestCase):
    def ask(self, command, *words):
        """The JSON answer of `qsbx COMMAND` about the demo's machine."""
        arguments = guests.demo_machine("guest", "disk.img") + ["-serial", "stdio", "-qmp", "unix:q,server=on"]
        out = subprocess.run([qemus.BUILD / "qsbx", command, *words, "--json", "--profiles", qemus.PROFILES,
                              "--argv", "qemu-system-x86_64", *arguments],
                             capture_output=True, text=True)  # fmt: skip
        return json.loads(out.stdout)

    def granted_calls(self):
        return {call["syscall"] for call in self.ask("explain")["calls"] if call["grants"]}

    def test_verdicts(self):
        for call, verdict in VERDICTS:
            with self.subTest(call):
                self.assertEqual(self.ask("eval", *call.split())["verdict"], verdict)

    def test_grants_few_calls_and_none_that_reaches_outside(self):
        granted = self.granted_calls()
        print(f"the demo machine's run policy grants {len(granted)} calls: {' '.join(sorted(granted))}",
              file=sys.stderr)
        self.assertLessEqual(len(granted), MOST_CALLS)
        self.assertEqual(NEVER & granted, set())


if __name__ == "__main__":
    unittest.main(verbosity=2)
