# SPDX-License-Identifier: LGPL-2.1-or-later
"""Why a workload costs under a filter what it costs: its system calls, and what the filter does with each.

The calls of a session are recorded (`call_costs`), and run through the filters that the process really has. With the prices
of calls on this machine (`call_prices`) that says what to expect, for this workload and for others.
"""

import contextlib
import dataclasses
import json
import subprocess

import filters
import measure
from built import built

MOST_OPERATIONS = 20000  # recording makes each call slower by a few microseconds


class CannotExplain(RuntimeError):
    pass


@dataclasses.dataclass
class ThreadsNamed:
    """A filter, under which QEMU's threads have the names by which their roles are known."""

    under: filters.Filter

    def launch(self, tools, workload, folder):
        launch = self.under.launch(tools, workload, folder)
        if filters.is_emulator(workload.program):
            launch.arguments = [*launch.arguments, "-name", "debug-threads=on"]
        return launch


def prices(*options):
    done = subprocess.run([built("call_prices"), *options], capture_output=True, text=True)
    if done.returncode:
        raise CannotExplain(done.stderr.strip())
    return json.loads(done.stdout)


def calls_of(workload, under, tools, operations):
    """{"operations": N, "calls": [...], "lost": N}, as `call_costs` prints them."""
    operations = min(operations, MOST_OPERATIONS)
    with measure.session_of(workload, ThreadsNamed(under), tools) as session:
        if session.pid is None:
            raise CannotExplain("each operation starts a process of its own")
        session.run(max(1, operations // 10))
        with _recorder(session.pid) as recorder:
            session.run(operations)
            printed, _ = recorder.communicate()
    return {"operations": operations, **json.loads(printed)}


@contextlib.contextmanager
def _recorder(pid):
    recorder = subprocess.Popen([built("call_costs"), str(pid)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)  # fmt: skip
    try:
        if recorder.stdout.readline() != "ready\n":
            raise CannotExplain(recorder.communicate()[1].strip())
        yield recorder
    finally:
        recorder.kill()
        recorder.wait()
        for stream in (recorder.stdin, recorder.stdout, recorder.stderr):
            stream.close()


def total(recorded, what):
    """Of one operation: "count", "cached", "programs" or "instructions"."""
    return sum(call[what] for call in recorded["calls"]) / recorded["operations"]


def expected_nanoseconds(recorded, price):
    """What the filters add to one operation, if nothing of it happens while something else is waited for."""
    cached, calls = total(recorded, "cached"), total(recorded, "count")
    programs, instructions = total(recorded, "programs"), total(recorded, "instructions")
    if not programs and not cached:
        return 0.0
    run = calls - cached  # calls that come to a filter
    return (cached * price["bitmap"] + run * price["filter"] + (programs - run) * price["stacked"]
            + max(0.0, instructions - 2 * programs) * price["instruction"])  # fmt: skip


def hottest(recorded):
    """The name of the call that is made most often."""
    counts = {}
    for call in recorded["calls"]:
        counts[call["call"]] = counts.get(call["call"], 0) + call["count"]
    return max(counts, key=counts.get)
