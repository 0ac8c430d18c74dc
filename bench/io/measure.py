# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measures workloads under filters, so that the difference is the filter's and not the machine's.

In a round each filter has a process of its own, started anew, all of them beside each other and idle but for the one that is
measured; they take turns in random order, `SLICES` times each. The round's value for a filter is the median of its slices,
and only values of one round are compared with each other. What was measured is written after each round, so that a run that
is killed leaves what it has.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import random
import statistics
import tempfile
import time

import filters

SLICES = 3
WARM_UP = 0.1  # of the operations of a slice
MEMORY = pathlib.Path("/dev/shm")  # where files do not wait for a disk


@dataclasses.dataclass(frozen=True)
class Plan:
    """`seconds`: of a slice, without a filter."""

    rounds: int
    seconds: float
    seed: int


class Results:
    """What a run has measured, as JSON in a file."""

    def __init__(self, path, **about):
        self.path = pathlib.Path(path)
        self.data = {"complete": False, **about, "workloads": []}

    def add_workload(self, workload):
        entry = {"name": workload.name, "operation": workload.operation, "program": workload.program, "rounds": [],
                 "failures": {}, "in_force": {}, "calls": {}}  # fmt: skip
        self.data["workloads"].append(entry)
        return entry

    def save(self):
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(self.data, indent=1) + "\n")
        os.replace(new, self.path)


def operations_for(workload, tools, seconds):
    """How many operations take about so long without a filter."""
    with session_of(workload, filters.NONE, tools) as session:
        operations = 1
        while True:
            took = session.run(operations).seconds
            if took >= seconds / 4:
                return max(1, round(operations * seconds / took))
            operations *= max(2, min(10, int(seconds / 2 / max(took, 1e-6))))


@contextlib.contextmanager
def session_of(workload, under, tools):
    with tempfile.TemporaryDirectory(prefix="qsbx-bench.", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        work, own = pathlib.Path(folder, "work"), pathlib.Path(folder, "filter")
        work.mkdir()
        own.mkdir()
        with workload.start(under.launch(tools, workload, own), work) as session:
            yield session


class Measurement:
    """One workload under several filters."""

    def __init__(self, workload, chosen, tools, plan, entry):
        self.workload, self.tools, self.plan, self.entry = workload, tools, plan, entry
        self.filters = [one for one in chosen if self.can_run(one)]
        self.random = random.Random(f"{plan.seed} {workload.name}")

    def can_run(self, under):
        why = under.missing(self.workload)
        if why:
            self.entry["failures"][under.name] = f"not measured: {why}"
        return not why

    def run(self, save):
        self.entry["slice"] = operations_for(self.workload, self.tools, self.plan.seconds)
        for _ in range(self.plan.rounds):
            self.entry["rounds"].append(self.round())
            save()

    def round(self):
        with contextlib.ExitStack() as stack:
            sessions = self.start(stack)
            slices = {name: [] for name in sessions}
            self.warm_up(sessions)
            for _ in range(SLICES):
                for name, sample in self.take_turns(sessions, lambda session: session.run(self.entry["slice"])):
                    slices[name].append(sample)
            self.check(sessions)
            return {name: middle(slices[name]) for name in sessions}

    def warm_up(self, sessions):
        """A process that is only started has nothing that stays warm."""
        if not self.workload.starts_processes:
            self.take_turns(sessions, lambda session: session.run(max(1, round(self.entry["slice"] * WARM_UP))))

    def start(self, stack):
        sessions = {}
        for under in self.random.sample(self.filters, len(self.filters)):
            with self.failures_of(under.name):
                sessions[under.name] = stack.enter_context(session_of(self.workload, under, self.tools))
        return sessions

    def take_turns(self, sessions, act):
        """What `act` gives for each session, in random order. Who fails is out."""
        done = []
        for name in self.random.sample(list(sessions), len(sessions)):
            with self.failures_of(name, sessions):
                done.append((name, act(sessions[name])))
        return done

    @contextlib.contextmanager
    def failures_of(self, name, sessions=None):
        """A filter under which the workload fails is measured no further, and the report says why. Without a filter nothing
        may fail."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it is, the others are measured
            if name in ("none", "again"):
                raise
            self.entry["failures"][name] = f"{type(error).__name__}: {error}"
            self.filters = [one for one in self.filters if one.name != name]
            if sessions is not None:
                del sessions[name]

    def check(self, sessions):
        """A filter that was not there was not measured."""
        for name, session in sessions.items():
            count, calls = self.in_force(session)
            self.entry["in_force"][name] = {"filters": count, "calls": calls}
            if (count > 0) != (name not in ("none", "again")):
                raise RuntimeError(f"{self.workload.name}: {name} has {count} filters in force")

    def in_force(self, session):
        if self.workload.starts_processes:
            return session.filter_count, None
        return filters.in_force(self.tools, session.pid)


def middle(samples):
    """The slice in the middle, by its rate, with the medians of the latencies of all."""
    rates = sorted(samples, key=lambda sample: sample.operations / sample.seconds)
    chosen = rates[len(rates) // 2]
    latencies = {
        quantile: statistics.median(sample.latencies[quantile] for sample in samples) for quantile in chosen.latencies
    }
    return {"operations": chosen.operations, "seconds": chosen.seconds, "latencies": latencies}


def started():
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")
