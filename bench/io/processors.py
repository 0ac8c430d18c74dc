# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which processors measured processes have."""

import contextlib
import os


@contextlib.contextmanager
def on_one_processor():
    """What is started meanwhile, threads and processes, has one of this process's processors, always the same. Where it takes
    turns with others on another processor, each waits for the other to wake most of the time, and how long that takes is
    chance."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
