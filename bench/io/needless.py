# SPDX-License-Identifier: LGPL-2.1-or-later
"""A filter that is slow on purpose: the harness has to find it, and say how slow it is."""

import struct

INSTRUCTIONS = 500
NUMBER, ARGUMENT = 0, 16  # in struct seccomp_data
LOAD, IF_EQUAL, MULTIPLY, ALLOW = 0x20, 0x15, 0x24, 0x06
RET_ALLOW = 0x7FFF0000


def slow_program(number, instructions=INSTRUCTIONS):
    """Lets every call run, that of this number after so many needless instructions: each waits for the one before it,
    and the argument that they begin with keeps the call out of the kernel's bitmap."""
    program = [(LOAD, 0, 0, NUMBER), (IF_EQUAL, 1, 0, number), (ALLOW, 0, 0, RET_ALLOW), (LOAD, 0, 0, ARGUMENT)]
    program += [(MULTIPLY, 0, 0, 3)] * instructions
    program += [(ALLOW, 0, 0, RET_ALLOW)]
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in program)
