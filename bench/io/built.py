# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where the programs of bench/io stand that are built."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]


def built(name):
    """The path of `name` in the folder $QSBX_BENCH_BUILD, else in build/plain."""
    folder = pathlib.Path(os.environ.get("QSBX_BENCH_BUILD", ROOT / "build/plain/bench/io"))
    path = folder / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is not built: do so by `ninja bench-io`, or say by QSBX_BENCH_BUILD where it is")
    return path
