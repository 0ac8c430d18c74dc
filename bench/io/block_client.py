# SPDX-License-Identifier: LGPL-2.1-or-later
"""The options that clients/block_load.cc gives the clients that drive a disk from outside."""


def options_for(requests, aio):
    """Of a disk that is `null` nothing is kept."""
    flags = {"--write": requests.write, "--random": requests.random, "--null": aio == "null"}
    given = [flag for flag, is_given in flags.items() if is_given]
    return ["--depth", requests.depth, "--block-size", requests.block_size, *given]
