# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of workloads share: sessions in folders of their own, and what holds for each workload."""

import os
import pathlib
import tempfile
import unittest

from built import ROOT
from workload import Launch


class SessionTestCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir="/dev/shm")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def start(self, workload, launch=None):
        """(session, its folder)"""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        session = workload.start(launch or Launch(), folder)
        self.addCleanup(session.close)
        return session, folder

    def check_each(self, workloads, counts=(1, 100), launch=None):
        self.assertTrue(workloads)
        for each in workloads:
            with self.subTest(each.name):
                if each.missing():
                    self.skipTest(each.missing())
                self.check_operations(each, counts, launch)

    def check_each_locked_down(self, workloads, counts=(1, 100)):
        """That a violation, which would end the process, does not come of it."""
        lockdown = [os.environ["QSBX"], "run", "--profiles", ROOT / "profiles/qemu", "--mode", "enforce", "--roles", "--"]
        self.check_each(workloads, counts, Launch(prefix=lockdown))

    def check_operations(self, workload, counts, launch=None):
        """That it does what is asked for, and can go on."""
        session, _ = self.start(workload, launch)
        for operations in counts:
            sample = session.run(operations)
            self.assertEqual(operations, sample.operations)
            latencies = [sample.latencies[name] for name in ("p50", "p90", "p99", "max")]
            self.assertEqual(sorted(latencies), latencies)
            self.assertLess(0, latencies[0])
            # To the nanosecond that latencies are rounded to.
            self.assertLessEqual(latencies[-1], sample.seconds * 1e9 + 1)
        session.close()

    def check_commands(self, workloads):
        """That each starts what it says."""
        for each in workloads:
            with self.subTest(each.name):
                session, folder = self.start(each)
                started = pathlib.Path(f"/proc/{session.pid}/cmdline").read_text().split("\0")[:-1]
                self.assertEqual([str(word) for word in each.command(folder)], started)
                session.close()

    def check_names(self, workloads):
        self.assertEqual(len(workloads), len({each.name for each in workloads}))
