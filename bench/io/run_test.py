#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is left of a run that is ended before its end: a report of what it has."""

import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

import filters
import measure
import run
from built import ROOT
from workload import Sample, Session, Workload

PATIENCE = 60
ROUNDS = 6
# What is left behind in memory by a run that was killed goes with its mount.
IN_MEMORY_OF_ITS_OWN = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /dev/shm && exec "$@"', "sh"]


@dataclasses.dataclass(frozen=True)
class SleepWorkload(Workload):
    def start(self, launch, folder):
        return SleepSession(launch.popen([self.program, "1000"]))


class SleepSession(Session):
    def __init__(self, process):
        self._process, self.pid = process, process.pid

    def run(self, operations):
        begin = time.perf_counter()
        time.sleep(operations / 1000)
        return Sample(operations, time.perf_counter() - begin)

    def close(self):
        self._process.kill()
        self._process.wait()


def measure_sleep(folder):
    """A run whose last workload is far off when the second has a round. Exits as scripts/bench does."""
    workloads = [SleepWorkload(f"sleep/{number}", "millisecond", "sleep", True) for number in range(100)]
    tools = filters.Tools(pathlib.Path(os.environ["QSBX"]))
    plan = measure.Plan(ROUNDS, 0.004, seed=1)
    # They take seconds to measure.
    with mock.patch("explain.prices", return_value=None):
        this = run.Run(workloads, [], [filters.NONE, filters.AGAIN], tools, plan, folder, minutes=5)
        sys.exit(0 if this.execute() else 1)


class Started:
    """A run, a process group of its own."""

    def __init__(self, folder):
        folder.mkdir()
        self.page, self.data_file = folder / "report.html", folder / "report.json"
        self._told = folder / "told"
        measured = f"import run_test; run_test.measure_sleep({str(folder)!r})"
        command = [*IN_MEMORY_OF_ITS_OWN, sys.executable, "-c", measured]
        with open(self._told, "wb") as told:
            self.process = subprocess.Popen(command, stdout=told, stderr=told, start_new_session=True)

    def data(self):
        return json.loads(self.data_file.read_text()) if self.data_file.exists() else {"workloads": []}

    def told(self):
        return self._told.read_text(errors="replace")

    def await_second_workload(self):
        """Until the first is measured and the second has a round."""
        until = time.monotonic() + PATIENCE
        while len(workloads := self.data()["workloads"]) < 2 or not workloads[1]["rounds"]:
            if self.process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"the run has not come to its second workload: {self.told()}")
            time.sleep(0.02)

    def end_by(self, number):
        """The exit status."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def close(self):
        """Processes that it measured outlive it where it was killed."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


class EndedRun(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def start(self, name):
        started = Started(self.folder / name)
        self.addCleanup(started.close)
        return started

    def test_it_leaves_a_report_of_what_it_has(self):
        ways = {signal.SIGTERM: 1, signal.SIGINT: 1, signal.SIGKILL: -signal.SIGKILL}
        runs = {number: self.start(number.name) for number in ways}
        for number, started in runs.items():
            with self.subTest(number.name):
                started.await_second_workload()
                self.assertEqual(ways[number], started.end_by(number))
                self.check_report(started)
                if number != signal.SIGKILL:
                    self.assertIn(f"ended by {number.name}; the report has what was measured", started.told())

    def check_report(self, started):
        data = started.data()
        self.assertFalse(data["complete"])
        first, second, *_ = data["workloads"]
        self.assertEqual(ROUNDS, len(first["rounds"]))
        self.assertTrue(second["rounds"])
        self.assertLess(len(data["workloads"]), data["planned"])
        page = started.page.read_text()
        self.assertIn("Incomplete: the run was ended before its end.", page)
        self.assertIn(f"<h3>{first['name']}</h3>", page)


class Asked(unittest.TestCase):
    def test_for_a_qemu_that_is_none(self):
        build = pathlib.Path(os.environ["QSBX"]).parent
        for path in ("/nowhere/qemu-system-x86_64", "/bin/true"):
            command = [ROOT / "scripts/bench", "--build", build, "--qemu", path]
            done = subprocess.run(command, capture_output=True, text=True)
            self.assertEqual(2, done.returncode)
            self.assertEqual(f"bench: --qemu {path}: that is no program qemu-system-...; scripts/build-qemu prints the "
                             "path of one\n", done.stderr)  # fmt: skip

    def test_for_the_page_of_what_is_no_run(self):
        with tempfile.TemporaryDirectory() as folder:
            files = {f"{folder}/x.json": "that is no report.json of a run", f"{folder}/none.json": "No such file or directory"}
            pathlib.Path(folder, "x.json").write_text("[]")
            for file, why in files.items():
                done = subprocess.run([ROOT / "scripts/bench", "--report", file], capture_output=True, text=True)
                self.assertEqual((2, f"bench: --report {file}: {why}\n"), (done.returncode, done.stderr))

    def test_for_another_qemu_all_workloads_of_the_usual_one_are_of_that(self):
        usual = run.all_workloads()
        with tempfile.TemporaryDirectory() as folder:
            emulator, daemon = pathlib.Path(folder, run.QEMU), pathlib.Path(folder, run.DAEMON)
            without_daemon = run.all_workloads(str(emulator))
            daemon.touch()
            with_daemon = run.all_workloads(str(emulator))
        self.check_replaced(usual, without_daemon, {run.QEMU: str(emulator)})
        self.check_replaced(usual, with_daemon, {run.QEMU: str(emulator), run.DAEMON: str(daemon)})

    def test_calls_are_recorded_under_what_our_instructions_are_compared_with(self):
        workload = SleepWorkload("sleep", "millisecond", "sleep", True)
        by_name = {one.name: one for one in filters.ALL}
        quick = [by_name[name] for name in filters.QUICK]
        recorded = ["none", "qemu-sandbox", "libseccomp", "libseccomp-optimized", "qsbx", "qemu-lockdown"]
        on_emulator = dataclasses.replace(workload, program=run.QEMU)
        self.assertEqual(recorded, [one.name for one in run.recorded_filters(on_emulator, quick)])
        without_ours = [by_name[name] for name in ("none", "again")]
        self.assertEqual(["none"], [one.name for one in run.recorded_filters(workload, without_ours)])

    def check_replaced(self, usual, others, places):
        expected = [(one.name, places.get(one.program, one.program)) for one in usual]
        self.assertEqual(expected, [(one.name, one.program) for one in others])
        self.assertLessEqual(set(places.values()), {one.program for one in others})


if __name__ == "__main__":
    unittest.main()
