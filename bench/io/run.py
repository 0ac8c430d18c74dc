# SPDX-License-Identifier: LGPL-2.1-or-later
"""One run of the benchmark, from the choice of workloads to the report."""

import contextlib
import dataclasses
import fnmatch
import importlib
import pathlib
import signal
import subprocess
import sys
import time

import explain
import filters
import findings
import host
import measure
import report

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODULES = [path.stem for path in sorted(pathlib.Path(__file__).parent.glob("*_workloads.py"))]
QEMU, DAEMON = "qemu-system-x86_64", "qemu-storage-daemon"
# filters whose calls are recorded, too: those that say why.
EXPLAINED = ("none", "qemu-sandbox", "libseccomp", "libseccomp-optimized", "qsbx", "qsbx-roles", "qemu-lockdown")
# Measured under every filter only where the workload is a quick one, or somebody asks.
EXTENDED = ("qsbx-roles", "qsbx-audit")


class Ended(BaseException):
    """Somebody wants the run to end now."""


def all_workloads(qemu=None):
    """With `qemu`, a path, in place of the one that is in PATH; and with the storage daemon beside it, where one is."""
    found = [workload for module in MODULES for workload in importlib.import_module(module).WORKLOADS]
    others = others_beside(qemu) if qemu else {}
    found = [dataclasses.replace(one, program=others.get(one.program, one.program)) for one in found]
    return sorted(found, key=lambda workload: workload.name)


def others_beside(qemu):
    """{program: what takes its place}"""
    daemon = pathlib.Path(qemu).with_name(DAEMON)
    return {QEMU: qemu, **({DAEMON: str(daemon)} if daemon.exists() else {})}


def choose(patterns, quick, qemu=None):
    """(those that this machine can run, why others cannot)."""
    named = [workload for workload in all_workloads(qemu) if not patterns or _matches(workload.name, patterns)]
    wanted = [workload for workload in named if workload.quick or not quick or patterns]
    why = {workload.name: workload.missing() for workload in wanted}
    return [workload for workload in wanted if not why[workload.name]], [f"{name}: {text}" for name, text in why.items() if text]


def _matches(name, patterns):
    return any(fnmatch.fnmatchcase(name, pattern) or name.startswith(pattern.rstrip("/") + "/") for pattern in patterns)


class Run:
    """`minutes`: when no further workload is begun. `everywhere`: names of filters that no workload is spared."""

    def __init__(self, workloads, missing, chosen_filters, tools, plan, folder, minutes, everywhere=()):
        self.workloads, self.filters, self.tools, self.plan = workloads, chosen_filters, tools, plan
        self.end, self.everywhere = time.monotonic() + 60 * minutes, everywhere
        self.page = pathlib.Path(folder, "report.html")
        self.results = measure.Results(
            self.page.with_suffix(".json"), started=measure.started(), revision=revision(), seed=plan.seed, rounds=plan.rounds,
            planned=len(workloads), missing=missing, filters=[one.name for one in chosen_filters],
            host=host.describe(sorted({str(workload.program) for workload in workloads})), load_before=host.load(),
            prices=None)  # fmt: skip

    def execute(self):
        """True when it came to its end with all workloads measured that can be here. A report is there in any case, from
        the first workload on."""
        cannot_be = len(self.results.data["missing"])
        self.write()
        with ended_by_signals():
            try:
                self.results.data["prices"] = explain.prices()
                self.measure_in_time()
                self.results.data["load_after"] = host.load()
                self.results.data["ended"] = measure.started()
                self.results.data["complete"] = len(self.results.data["missing"]) == cannot_be
            except Ended as ended:
                self.tell(f"ended by {ended}; the report has what was measured")
            self.write()
        return self.results.data["complete"]

    def measure_in_time(self):
        """What the next workload takes is not known; it is taken to be what the longest so far took."""
        longest = 0.0
        for number, workload in enumerate(self.workloads, 1):
            begun = time.monotonic()
            if begun + longest > self.end:
                self.results.data["missing"].append(f"{workload.name}: no time was left")
                continue
            self.tell(f"{number}/{len(self.workloads)} {workload.name}")
            self.measure(workload)
            self.write()
            longest = max(longest, time.monotonic() - begun)

    def filters_for(self, workload):
        chosen = [one for one in self.filters if one.is_for(workload)]
        return [one for one in chosen if workload.quick or one.name not in EXTENDED or one.name in self.everywhere]

    def measure(self, workload):
        entry = self.results.add_workload(workload)
        try:
            measurement = measure.Measurement(workload, self.filters_for(workload), self.tools, self.plan, entry)
            measurement.run(self.results.save)
            if not workload.starts_processes:
                self.record_calls(workload, measurement, entry)
        except Exception as error:  # noqa: BLE001 - one workload that fails must not lose the others
            entry["failures"]["none"] = f"{type(error).__name__}: {error}"
            self.results.data["missing"].append(f"{workload.name}: {error}")
            self.tell(f"  failed: {error}")
        for name, why in entry["failures"].items():
            self.tell(f"  {name}: {why}")

    def record_calls(self, workload, measurement, entry):
        for under in recorded_filters(workload, measurement.filters):
            try:
                entry["calls"][under.name] = explain.calls_of(workload, under, self.tools, entry["slice"])
            except explain.CannotExplain as error:
                entry["failures"][under.name] = f"its calls are not explained: {error}"

    def write(self):
        self.results.data["in_short"] = report.in_short(self.results.data)
        self.results.save()
        report.write(self.results.data, self.page)

    def tell(self, line):
        print(line, file=sys.stderr, flush=True)


def recorded_filters(workload, measured):
    """Those that say why; and all that our instructions are compared with, which the quick form does not measure."""
    names = {one.name for one in measured if one.name in EXPLAINED}
    if findings.OURS in names:
        names.update(findings.THEIRS)
    return [one for one in filters.ALL if one.name in names and not one.missing(workload)]


@contextlib.contextmanager
def ended_by_signals():
    def end(number, _):
        raise Ended(signal.Signals(number).name)

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def revision():
    done = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def seed():
    return time.time_ns() % 1_000_000
