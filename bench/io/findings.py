# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the figures of a run say: ratios by workload and filter, the noise beside them, and what explains them."""

import dataclasses
import math
import statistics

import explain
import ratios

# Of the parts of a policy that are the same, whose programs are compared.
OURS, THEIRS = "qsbx", ("libseccomp", "libseccomp-optimized")
# QEMU's own.
SANDBOX = "qemu-sandbox"
# Ours, where it is built into QEMU.
BUILT_IN = "qemu-lockdown"
# What the names of workloads that start machines begin with.
STARTS = "lifecycle/start/"
# Of libseccomp's instructions, over all workloads: what is asked of libqsbx.
INSTRUCTIONS_ASKED = 1 / 3
# Calls of one operation: below that they are left out of tables.
RARE = 0.001
# What is recorded of a call.
COSTS_OF_CALL = ("count", "cached", "instructions")


@dataclasses.dataclass(frozen=True)
class Finding:
    """One workload under one filter, beside the same without."""

    workload: str
    filter: str
    ratio: ratios.Ratio  # of throughput
    floor: float
    expected: float | None  # the ratio that the calls and their prices let expect
    latencies: dict  # quantile -> Ratio

    @property
    def differs(self):
        return ratios.is_difference(self.ratio, self.floor)


def rate(sample):
    return sample["operations"] / sample["seconds"]


def rate_pairs(entry, name, beside="none"):
    return [(rate(one[name]), rate(one[beside])) for one in entry["rounds"] if name in one and beside in one]


def floor_of(entry):
    """None where it was not measured."""
    pairs = rate_pairs(entry, "again")
    return ratios.noise_floor(ratios.median_ratio(pairs)) if pairs else None


def measured_filters(data, entry):
    first = entry["rounds"][0] if entry["rounds"] else ()
    return [name for name in data["filters"] if name in first and name not in ("none", "again")]


def findings(data):
    return [finding(data, entry, name) for entry in data["workloads"] for name in measured_filters(data, entry)
            if rate_pairs(entry, name)]  # fmt: skip


def finding(data, entry, name):
    return Finding(entry["name"], name, ratios.median_ratio(rate_pairs(entry, name)), floor_of(entry) or math.inf,
                   expected_ratio(data, entry, name), latency_ratios(entry, name))  # fmt: skip


def nanoseconds(entry, name="none"):
    """What one operation takes, in the middle of the rounds."""
    return statistics.median(1e9 / rate(one[name]) for one in entry["rounds"] if name in one)


def expected_ratio(data, entry, name):
    recorded = entry["calls"].get(name)
    if not recorded or not data.get("prices"):
        return None
    without = nanoseconds(entry)
    return without / (without + explain.expected_nanoseconds(recorded, data["prices"]))


def latency_ratios(entry, name):
    both = [(one[name]["latencies"], one["none"]["latencies"]) for one in entry["rounds"] if name in one]
    quantiles = [quantile for quantile in both[0][0] if quantile in both[0][1]] if both else []
    return {quantile: ratios.median_ratio([(under[quantile], without[quantile]) for under, without in both])
            for quantile in quantiles if all(without[quantile] > 0 and under[quantile] > 0 for under, without in both)}  # fmt: skip


def beside(entry, name):
    """The Ratio of our throughput to that under another filter, or None."""
    pairs = rate_pairs(entry, OURS, name)
    return ratios.median_ratio(pairs) if pairs else None


def beside_libseccomp(entry):
    """{libseccomp's: Ratio of our throughput to its}."""
    return {name: ratio for name in THEIRS if (ratio := beside(entry, name))}


def instructions(entry, name):
    """Of one operation; None where the calls were not recorded."""
    recorded = entry["calls"].get(name)
    return explain.total(recorded, "instructions") if recorded else None


@dataclasses.dataclass(frozen=True)
class InstructionShare:
    """Instructions that our programs execute for one operation of each workload, as a share of those of `beside`'s."""

    beside: str
    over_all: float  # the sums of all workloads, divided
    workloads: dict  # name -> share; None where `beside` executes none and we do

    @property
    def is_met(self):
        return self.over_all <= INSTRUCTIONS_ASKED

    @property
    def beyond(self):
        """The workloads whose own share is more than what is asked of all together, the largest first."""
        shares = {name: math.inf if share is None else share for name, share in self.workloads.items()}
        return sorted((name for name in shares if shares[name] > INSTRUCTIONS_ASKED), key=lambda name: -shares[name])


def instructions_over_all(data):
    """An InstructionShare for each of THEIRS beside which calls of ours were recorded."""
    shares = [instruction_share(data, beside) for beside in THEIRS]
    return [share for share in shares if share]


def instruction_share(data, beside):
    pairs = {entry["name"]: instructions_of_the_same_calls(entry, beside) for entry in data["workloads"]
             if OURS in entry["calls"] and beside in entry["calls"]}  # fmt: skip
    ours, theirs = (sum(pair[place] for pair in pairs.values()) for place in (0, 1))
    if not theirs:
        return None
    return InstructionShare(beside, ours / theirs, {name: share_of(*pair) for name, pair in pairs.items()})


def instructions_of_the_same_calls(entry, beside):
    """(ours, theirs) for the calls of one operation that was recorded under ours. How often a thread waits and is woken
    differs from one recording to the next, what a filter executes for a call hardly does. Calls that only one of the
    recordings has are left out."""
    ours, theirs = costs_of_calls(entry, OURS), costs_of_calls(entry, beside)
    counts = {call: count for call, (count, _) in ours.items() if call in theirs}
    operations = entry["calls"][OURS]["operations"]
    return tuple(sum(count * costs[call][1] for call, count in counts.items()) / operations for costs in (ours, theirs))


def costs_of_calls(entry, name):
    """{(role, call): (count, instructions for each)}"""
    return {(call["role"], call["call"]): (call["count"], call["instructions"] / call["count"])
            for call in entry["calls"][name]["calls"] if call["count"]}  # fmt: skip


def share_of(ours, theirs):
    if theirs:
        return ours / theirs
    return None if ours else 0.0


@dataclasses.dataclass(frozen=True)
class Start:
    """How long a machine takes until its guest's first instruction, under one filter and without."""

    machine: str
    program: str
    filter: str
    milliseconds: float
    without: float
    ratio: ratios.Ratio  # of the times


def starts(data):
    """A Start for each machine and filter that was measured."""
    found = []
    for entry in data["workloads"]:
        if entry["name"].startswith(STARTS):
            found += [start(entry, name) for name in measured_filters(data, entry) if rate_pairs(entry, name)]
    return found


def start(entry, name):
    rates = [(without, under) for under, without in rate_pairs(entry, name)]
    return Start(entry["name"].removeprefix(STARTS), entry["program"], name, nanoseconds(entry, name) / 1e6,
                 nanoseconds(entry) / 1e6, ratios.median_ratio(rates))  # fmt: skip


def moves_data(workload):
    """Starts, resets and migrations are no I/O."""
    return not workload.startswith("lifecycle/")


def worst(found):
    """The finding of ours that costs most of what moves data, or None."""
    ours = [one for one in found if one.filter in (OURS, BUILT_IN) and moves_data(one.workload)]
    return min(ours, key=lambda one: one.ratio.median, default=None)


def over_all(found, name):
    """The geometric middle of a filter's ratios, with the lowest and the highest: workloads weigh the same. Only of those that
    move data, and that all filters were measured in, where it has such: else one would stand beside another for what that was
    spared. None where it has none."""
    found = [one for one in found if moves_data(one.workload)]
    shared = workloads_of_all(found)
    of_filter = [one for one in found if one.filter == name]
    comparable = [one for one in of_filter if one.workload in shared]
    medians = [one.ratio.median for one in comparable or of_filter]
    if not medians:
        return None
    return ratios.Ratio(math.exp(statistics.fmean(math.log(value) for value in medians)), min(medians), max(medians),
                        len(medians))  # fmt: skip


def workloads_of_all(found):
    """Of all filters but those that were measured in a few workloads only."""
    workloads = {}
    for one in found:
        workloads.setdefault(one.filter, set()).add(one.workload)
    most = max(map(len, workloads.values()), default=0)
    common = [names for names in workloads.values() if 2 * len(names) >= most]
    return set.intersection(*common) if common else set()


def surface(data, name):
    """How many system calls run in the middle of the workloads; None where nobody could read it."""
    counts = [entry["in_force"][name]["calls"] for entry in data["workloads"] if entry["in_force"].get(name, {}).get("calls")]
    return statistics.median_high(counts) if counts else None


def calls_by_cost(recorded, most=6):
    """[(call, of one operation: count, cached, instructions)], the ones that are made most often first."""
    sums = {}
    for call in recorded["calls"]:
        entry = sums.setdefault(call["call"], [0, 0, 0])
        for place, what in enumerate(COSTS_OF_CALL):
            entry[place] += call[what]
    return most_frequent([(name, *values) for name, values in sums.items()], recorded["operations"], most)


def calls_by_role(recorded):
    """[((role, call), of one operation: count, cached, instructions)], in the same order, without those that are made once in
    so many operations that they are no part of one."""
    rows = [((call["role"], call["call"]), *(call[what] for what in COSTS_OF_CALL)) for call in recorded["calls"]]
    rows = most_frequent(rows, recorded["operations"], len(rows))
    return [row for row in rows if row[1] >= RARE]


def most_frequent(sums, operations, most):
    rows = [(what, *(value / operations for value in values)) for what, *values in sums]
    return sorted(rows, key=lambda row: -row[1])[:most]
