# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is asked of libqsbx, and whether a run meets it."""

import dataclasses

import findings

# What is left of the throughput without a filter, of every workload that moves data.
THROUGHPUT_ASKED = 0.99
# What a lockdown may add to the time until a guest's first instruction.
START_ASKED = 1.01


@dataclasses.dataclass(frozen=True)
class Demand:
    """`missed` names what is beyond it, with its figure."""

    asked: str
    met: int
    of: int
    missed: tuple

    @property
    def is_met(self):
        return not self.missed


def demands(data, found):
    """Those of which the run has figures."""
    all_demands = [throughput(found), beside_sandbox(data), beside_libseccomp(data), starts(data)]
    return [one for one in all_demands if one.of]


def demand(asked, figures, is_met):
    """`figures`: [(name, figure)]"""
    missed = sorted(((name, figure) for name, figure in figures if not is_met(figure)), key=lambda one: one[1])
    return Demand(asked, len(figures) - len(missed), len(figures), tuple(missed))


def throughput(found):
    ours = [(one.workload, one.ratio.median) for one in found if one.filter == findings.OURS and findings.moves_data(one.workload)]
    return demand(f"at least {THROUGHPUT_ASKED} of the throughput without a filter", ours, lambda left: left >= THROUGHPUT_ASKED)


def beside_libseccomp(data):
    beside = [(f"{entry['name']}, {name}", compared(entry, ratio)) for entry in those_that_move_data(data)
              for name, ratio in findings.beside_libseccomp(entry).items()]  # fmt: skip
    return demand("not slower than the same policy by libseccomp", beside, lambda ratio: ratio >= 1)


def beside_sandbox(data):
    """Whose list lets all that a guest's I/O needs through without an instruction."""
    beside = [(entry["name"], compared(entry, ratio)) for entry in those_that_move_data(data)
              if (ratio := findings.beside(entry, findings.SANDBOX))]  # fmt: skip
    return demand("not slower than QEMU's -sandbox", beside, lambda ratio: ratio >= 1)


def those_that_move_data(data):
    return [entry for entry in data["workloads"] if findings.moves_data(entry["name"])]


def compared(entry, ratio):
    """Slower is what is further from it than noise."""
    floor = findings.floor_of(entry)
    differs = floor is not None and findings.ratios.is_difference(ratio, floor)
    return ratio.median if differs else max(ratio.median, 1.0)


def starts(data):
    ours = [(f"{one.machine}, {one.program}", one.ratio.median) for one in findings.starts(data)
            if one.filter in (findings.OURS, findings.BUILT_IN)]  # fmt: skip
    return demand(f"at most {START_ASKED} of the time to the first instruction", ours, lambda ratio: ratio <= START_ASKED)
