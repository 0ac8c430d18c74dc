#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Medians, their intervals and what counts as a difference."""

import math
import random
import unittest

import ratios


class Interval(unittest.TestCase):
    def test_ends_are_the_order_statistics_of_the_binomial_table(self):
        # So many of n are left out at each end for 95 %: the sign test's critical values, as tables of it have them.
        for count, left_out in {6: 0, 8: 0, 9: 1, 11: 1, 12: 2, 15: 3, 20: 5, 25: 7, 30: 9, 40: 13}.items():
            values = [1 + place / 1000 for place in range(count)]
            found = ratios.median_ratio([(value, 1) for value in values])
            self.assertEqual((found.low, found.high), (values[left_out], values[-1 - left_out]), count)

    def test_there_is_none_of_few(self):
        found = ratios.median_ratio([(1, 1)] * 5)
        self.assertEqual((found.median, found.low, found.high), (1, 0, math.inf))
        self.assertFalse(found.excludes(1))
        self.assertFalse(found.excludes(100))

    def test_it_holds_the_median_as_often_as_it_says(self):
        chance = random.Random(1)
        held = sum(not ratios.median_ratio([(math.exp(chance.gauss(0, 1)), 1) for _ in range(11)]).excludes(1)
                   for _ in range(4000))  # fmt: skip
        # 11 values, one left out at each end: exactly 98.8 %.
        self.assertAlmostEqual(held / 4000, 1 - 2 * 12 / 2**11, delta=0.006)

    def test_what_is_drawn_by_outliers_alone_is_no_difference(self):
        found = ratios.median_ratio([(0.5, 1)] * 2 + [(1.001, 1), (0.999, 1)] * 5)
        self.assertFalse(ratios.is_difference(found, 0.002))


class Difference(unittest.TestCase):
    def test_it_has_to_be_beyond_the_noise_and_sure(self):
        slower = ratios.median_ratio([(0.97 + place / 1000, 1) for place in range(12)])
        self.assertTrue(ratios.is_difference(slower, 0.01))
        self.assertFalse(ratios.is_difference(slower, 0.05))

    def test_the_floor_is_the_further_end(self):
        again = ratios.Ratio(1.001, 0.99, 1.004, 10)
        self.assertAlmostEqual(ratios.noise_floor(again), 0.01)


if __name__ == "__main__":
    unittest.main()
