#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What lockdown adds to the start of libvirt's guests: how long `virsh start` takes with the launcher and its hook, beside the
plain emulator without a hook, one guest at a time and many at once.

    QSBX_BUILD_DIR=build/plain bench/libvirt_starts.py [--rounds N] [--guests N]

Rounds alternate between the two, each first in turn. As root: it has a libvirt of its own (tests/libvirt/libvirt_host.py).
"""

import argparse
import concurrent.futures
import contextlib
import os
import pathlib
import statistics
import sys
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[1]
if "QSBX_BUILD_DIR" not in os.environ:
    sys.exit("libvirt_starts: set QSBX_BUILD_DIR to the folder that qsbx is built in")
sys.path[:0] = [str(ROOT / folder) for folder in ("bench/io", "tests/libvirt")]

from libvirt_host import HOOK, Host, eventually, thread_states  # noqa: E402
from ratios import median_ratio  # noqa: E402

PLAIN = {"features": None, "emulator": "/usr/bin/qemu-system-x86_64"}
LOCKED = {"features": ()}


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--guests", type=int, default=20)
    return parser.parse_args()


def define(host, name, **more):
    """Without a system: what that does afterwards is not the question."""
    guest = host.define(name, **more)
    guest.leave_out_system()
    guest.define()
    return guest


def seconds_of_starts(host, guests, with_hook):
    """Until each is said to be started, all at once."""
    HOOK.chmod(0o755 if with_hook else 0o644)
    begin = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(len(guests)) as pool:
        list(pool.map(lambda guest: guest.virsh("start"), guests))
    seconds = time.perf_counter() - begin
    for guest in guests:
        if with_hook:
            eventually(lambda: {thread.filters for thread in thread_states(guest.pid)} == {3})
        guest.virsh("destroy")
    return seconds


def measure(host, plain, locked, rounds):
    pairs = []
    for number in range(rounds):
        taken = {}
        for with_hook in (number % 2 == 0, number % 2 != 0):
            taken[with_hook] = seconds_of_starts(host, locked if with_hook else plain, with_hook)
        pairs.append((taken[True], taken[False]))
    return pairs


def report(what, pairs):
    ratio = median_ratio(pairs)
    locked, plain = (statistics.median(values) for values in zip(*pairs))
    print(f"{what}: {plain * 1e3:.0f} ms plain, {locked * 1e3:.0f} ms locked down, "
          f"ratio {ratio.median:.3f} ({ratio.low:.3f}-{ratio.high:.3f}, {ratio.pairs} pairs)", flush=True)


def main():
    chosen = options()
    try:
        host = Host()
    except unittest.SkipTest as why:
        sys.exit(f"libvirt_starts: {why}")
    with contextlib.closing(host):
        host.manage()
        plain = [define(host, f"plain{number}", **PLAIN) for number in range(chosen.guests)]
        locked = [define(host, f"locked{number}", **LOCKED) for number in range(chosen.guests)]
        measure(host, plain[:1], locked[:1], 1)  # libvirt asks each emulator what it can do
        report("one guest", measure(host, plain[:1], locked[:1], chosen.rounds))
        report(f"{chosen.guests} guests at once", measure(host, plain, locked, chosen.rounds))


if __name__ == "__main__":
    main()
