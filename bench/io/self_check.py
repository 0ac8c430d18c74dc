# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether the harness tells the truth: it is given a filter that is slow on purpose, by as much as is known, and no filter
twice."""

import dataclasses
import json
import pathlib
import subprocess
import tempfile

import explain
import filters
import findings
import measure
import needless
import ratios


@dataclasses.dataclass(frozen=True)
class SelfCheck:
    again: ratios.Ratio  # no filter, beside no filter
    floor: float
    slow: ratios.Ratio  # the slow filter, beside the same without what makes it slow
    expected: float  # the ratio that the price of what makes it slow lets expect
    hot: str
    per_operation: float  # calls of that kind

    @property
    def found_slow(self):
        return ratios.is_difference(self.slow, self.floor) and self.slow.median < 1

    @property
    def size_is_right(self):
        """What is lost is as much as expected, give or take the noise and a third of it: calls that overlap with the work of
        another thread cost less than they take."""
        lost, wanted = 1 - self.slow.median, 1 - self.expected
        return abs(lost - wanted) <= max(self.floor, wanted / 3)

    @property
    def found_none(self):
        return not ratios.is_difference(self.again, self.floor)


def check(workload, tools, plan):
    recorded = explain.calls_of(workload, filters.NONE, tools, measure.operations_for(workload, tools, plan.seconds))
    hot = explain.hottest(recorded)
    number = number_of(tools, hot)
    entry = {"slice": 0, "rounds": [], "failures": {}, "in_force": {}, "calls": {}}
    base, slow = filters.Loaded("base", "libqsbx", "qsbx"), filters.Slow(number)
    chosen = [filters.NONE, filters.AGAIN, base, slow]
    measure.Measurement(workload, chosen, tools, plan, entry).run(lambda: None)
    if entry["failures"]:
        raise RuntimeError(f"{workload.name}: {entry['failures']}")
    per_operation = sum(call["count"] for call in recorded["calls"] if call["call"] == hot) / recorded["operations"]
    without = findings.nanoseconds(entry, "base")
    return SelfCheck(
        ratios.median_ratio(findings.rate_pairs(entry, "again")),
        findings.floor_of(entry),
        ratios.median_ratio(findings.rate_pairs(entry, "slow", "base")),
        without / (without + per_operation * price_of_slowness()),
        hot,
        per_operation,
    )


def price_of_slowness():
    """Nanoseconds of one call, as an additional filter."""
    with tempfile.NamedTemporaryFile(suffix=".bpf") as file:
        pathlib.Path(file.name).write_bytes(needless.slow_program(39))  # getpid, which call_prices makes
        prices = explain.prices("--program", file.name)
    return prices["program"] - prices["filter"] + prices["stacked"]


def number_of(tools, call):
    done = subprocess.run([tools.qsbx, "eval", "--json", "--rules", "-", call], input=f"{call}: 1\n", text=True, capture_output=True,
                          check=True)  # fmt: skip
    return json.loads(done.stdout)["nr"]
