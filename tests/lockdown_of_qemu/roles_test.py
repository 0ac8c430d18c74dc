#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""QEMUs whose threads have only what their roles need: which thread carries what, now and later."""

import json
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

import qemus
from qemus import guests
from vnc import VncClient

PROCESS = 1  # filters: the policy of the process, on top of what -sandbox on brings
ROLE = 2
ROLE_OF = {"CPU": "vcpu", "IO": "iothread", "worker": "worker", "call_rcu": "rcu", "vnc_worker": "vnc"}
# To report, to take programs, to start threads for others.
NEEDED_BY_THE_LIBRARY = {"seccomp", "gettid", "poll"}


def qsbx(*words):
    command = [qemus.BUILD / "qsbx", *map(str, words)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def granted(explained):
    return {call["syscall"] for call in explained["calls"] if call["grants"]}


class OnEachQemu:
    qemu = None

    @classmethod
    def setUpClass(cls):
        cls.qemu.require()
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="qsbx-roles."))
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        disk = cls.directory / "disk.img"
        with open(disk, "wb") as file:
            file.truncate(16 << 20)
        arguments = [*guests.demo_machine(qemus.linux_guest(), disk), "-name", "guest,debug-threads=on", "-smp", "1,maxcpus=2"]
        cls.machine = guests.Machine(cls.qemu.command(arguments, roles=True, features=["hotplug"]))
        cls.addClassCleanup(cls.machine.__exit__, None, None, None)
        cls.machine.wait_for_guest("ready")

    def filters(self, prefix):
        """{how many filters of ours} of the threads with such names."""
        threads = [thread for thread in self.machine.threads() if thread.name.startswith(prefix)]
        self.assertTrue(threads, prefix)
        return {thread.filters - self.qemu.filters_before_lockdown for thread in threads}

    def call_rcu(self, main):
        """It starts before -name is read, and so may have the name of the program."""
        (thread,) = (thread for thread in self.machine.threads()
                     if thread.name == "call_rcu" or (thread.name == main.name and thread.tid != main.tid))
        return thread

    def tearDown(self):
        self.assertNotIn("violation", self.machine.errors())
        self.assertNotIn("warning: thread", self.machine.errors())

    def test_it_says_what_each_role_has(self):
        self.assertRegex(self.machine.errors(), r"of these by role: vcpu \d+, iothread \d+, worker \d+, rcu \d+, vnc \d+")

    def test_threads_from_before_the_lockdown(self):
        self.assertEqual(self.filters("CPU 0/"), {ROLE})
        self.assertEqual(self.filters("IO io0"), {ROLE})
        main = next(thread for thread in self.machine.threads() if thread.tid == self.machine.pid)
        self.assertEqual(self.call_rcu(main).filters - self.qemu.filters_before_lockdown, ROLE)
        self.assertEqual(main.filters - self.qemu.filters_before_lockdown, PROCESS)

    def test_what_is_in_force_is_what_was_meant(self):
        """The stack of filters of each thread, read back from the kernel, beside what the profiles say of its role."""
        process = json.loads(qsbx("status", "--json", self.machine.pid))[0]
        seen = set()
        for thread in process["threads"]:
            with_the_policy_of_the_process = thread["tid"] == self.machine.pid or thread["name"] == "IO mon_iothread"
            role = "main" if with_the_policy_of_the_process else ROLE_OF.get(thread["name"].split()[0])
            if role is None:
                continue
            words = [] if role == "main" else ["--role", role]
            meant = granted(json.loads(qsbx("explain", "--json", *words, "--allow", "hotplug", "--profiles", qemus.PROFILES,
                                            "--pid", self.machine.pid)))  # fmt: skip
            in_force = {call["syscall"] for call in thread["effective"]}
            with self.subTest(thread["name"]):
                self.assertEqual(meant - in_force, set())
                self.assertLessEqual(in_force - meant, NEEDED_BY_THE_LIBRARY)
            seen.add(role)
        self.assertLessEqual({"main", "vcpu", "iothread"}, seen)

    def test_workers_that_come_and_go(self):
        for _ in range(2):
            self.assertTrue(self.machine.guest("disk").startswith("ok"))
            # Those from before the lockdown were not born with their iothread's.
            self.assertLessEqual(self.filters("worker"), {ROLE, ROLE + 1})
            time.sleep(11)  # after ten seconds without work a worker ends

    def test_a_viewer_comes(self):
        client = VncClient(int(self.machine.qmp.run("query-vnc")["service"]))
        self.assertGreater(client.frame("tight"), 1)
        client.close()
        self.assertEqual(self.filters("vnc_worker"), {ROLE})

    def test_an_iothread_that_is_added(self):
        self.machine.qmp.run("object-add", qom_type="iothread", id="later")
        self.assertEqual(self.filters("IO later"), {ROLE})
        self.machine.qmp.run("object-del", id="later")

    def test_a_processor_that_is_plugged_in(self):
        (free,) = (cpu for cpu in self.machine.qmp.run("query-hotpluggable-cpus") if "qom-path" not in cpu)
        driver = free["type"]
        self.machine.qmp.run("device_add", driver=driver, id="later", **free["props"])
        self.assertEqual(self.filters("CPU 1/"), {ROLE})


class UnmodifiedRoles(OnEachQemu, unittest.TestCase):
    qemu = qemus.Unmodified()


class PatchedRoles(OnEachQemu, unittest.TestCase):
    qemu = qemus.Patched()


if __name__ == "__main__":
    unittest.main(verbosity=2)
