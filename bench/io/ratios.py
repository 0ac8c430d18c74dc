# SPDX-License-Identifier: LGPL-2.1-or-later
"""What pairs of measurements say: medians of ratios, and how far they can be trusted.

Nothing is assumed of how noise is distributed. The confidence interval of a median is that of order statistics: of n
independent values, so many of the smallest and of the largest are left out that the median is between the rest with the
probability asked for (David and Nagaraja, Order Statistics, 3rd edition, section 7.1).
"""

import dataclasses
import math
import statistics

CONFIDENCE = 0.95


@dataclasses.dataclass(frozen=True)
class Ratio:
    """`low` and `high` are the interval's ends. Below six values there is no interval: it is then everything."""

    median: float
    low: float
    high: float
    pairs: int

    def excludes(self, value):
        return not self.low <= value <= self.high


def median_ratio(pairs, confidence=CONFIDENCE):
    """The Ratio of the first of each pair to the second."""
    values = sorted(first / second for first, second in pairs)
    left_out = _left_out(len(values), confidence)
    if left_out is None:
        return Ratio(statistics.median(values), 0.0, math.inf, len(values))
    return Ratio(statistics.median(values), values[left_out], values[-1 - left_out], len(values))


def noise_floor(again):
    """How far two measurements of one and the same thing are apart: the larger distance of the interval from 1."""
    return max(abs(1 - again.low), abs(again.high - 1))


def is_difference(ratio, floor):
    """Whether the ratio says more than that machines are noisy."""
    return ratio.excludes(1.0) and abs(ratio.median - 1) > floor


def _left_out(count, confidence):
    """How many values at each end can be left out; None where not even the whole range is sure enough."""
    beyond = 0.0  # the probability that the median is below the value at this place
    place = None
    for k in range(count // 2 + 1):
        beyond += math.comb(count, k) / 2**count
        if 2 * beyond > 1 - confidence:
            break
        place = k
    return place
