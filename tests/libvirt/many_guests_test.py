#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Twenty guests that start at once: each gets its own policy, and what one does is told of it and of no other."""

import concurrent.futures
import unittest

from libvirt_host import eventually, managed_host
from virt_command import FORBIDDEN, inject, status

HOST = None
GUESTS = 20
DECLARATIONS = [(), ("migration",), ("hotplug-disk",), ("snapshot",), ("migration", "hotplug-disk")]
MODES = ["enforce", "errno"]


def setUpModule():
    global HOST
    HOST = managed_host()


class ManyGuests(unittest.TestCase):
    def setUp(self):
        self.guests = [self.guest(number) for number in range(GUESTS)]
        with concurrent.futures.ThreadPoolExecutor(GUESTS) as pool:
            started = list(pool.map(lambda guest: guest.virsh("start", check=False), self.guests))
        self.assertEqual([""] * GUESTS, [done.stderr for done in started])
        for guest in self.guests:
            eventually(lambda: [line for line in guest.own_lines() if "locked down in" in line])

    def guest(self, number):
        mode = MODES[number % len(MODES)]
        guest = HOST.define(f"many{number}", features=DECLARATIONS[number % len(DECLARATIONS)],
                            attributes=f'mode="{mode}"')
        self.addCleanup(guest.destroy)
        guest.leave_out_system()  # twenty systems that boot would take the machine's time
        guest.define()
        return guest

    def test_each_has_its_own_policy_and_its_own_reports(self):
        code, told = status()
        self.assertEqual(0, code)
        callable_by_features = {}
        for number, guest in enumerate(self.guests):
            one = told[guest.name]
            features = sorted(DECLARATIONS[number % len(DECLARATIONS)])
            self.assertEqual((True, None), (one["locked_down"], one["wrong"]), guest.name)
            self.assertEqual((MODES[number % len(MODES)], features), (one["protection"]["mode"], one["protection"]["features"]))
            callable_by_features.setdefault(tuple(features), set()).add(one["callable"])
        # None is wider than it was declared, and none has less than what its features bring in.
        counts = {features: min(found) for features, found in callable_by_features.items()}
        self.assertEqual([1] * len(DECLARATIONS), [len(found) for found in callable_by_features.values()])
        self.assertEqual(set(counts) - {()}, {features for features in counts if counts[features] > counts[()]})

        chosen = self.guests[::3]
        for guest in chosen:
            inject(guest)
        ended = [guest for guest in chosen if 'mode="enforce"' in guest.xml]
        self.assertEqual({3, 4}, {len(ended), len(chosen) - len(ended)})
        for guest in ended:
            eventually(lambda: guest.state() == "shut off (crashed)")
        told = status()[1]
        for guest in self.guests:
            one = told[guest.name]
            expected = [FORBIDDEN] if guest in chosen else []
            self.assertEqual(expected, [violation["syscall"] for violation in one["violations"]], guest.name)
            self.assertEqual("stopped by a violation" if guest in ended else "running", one["state"], guest.name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
