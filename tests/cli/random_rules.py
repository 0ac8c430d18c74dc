# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rule files at random, and calls near what they look at. Repeat a run with QSBX_TEST_SEED."""

import os
import random
import time

# Name, width and sign of the arguments that rules look at, by their place in the call.
CALLS = {
    "read": {0: ("fd", 32, False), 2: ("count", 64, False)},
    "lseek": {0: ("fd", 32, False), 1: ("offset", 64, True), 2: ("whence", 32, False)},
    "mmap": {1: ("len", 64, False), 2: ("prot", 64, False), 3: ("flags", 64, False)},
    "socket": {0: ("family", 32, True), 1: ("type", 32, True), 2: ("protocol", 32, True)},
    "tgkill": {0: ("tgid", 32, True), 2: ("sig", 32, True)},
    "ioctl": {0: ("fd", 32, False), 1: ("cmd", 32, False)},
}
INTERESTING = [0, 1, 2, 3, 4, 0x7f, 0x1000, 0x1001, 0x7fffffff, 0x80000000, 0xffffffff]
WIDE = [0x100000000, 0x123456789, 0x7fffffffffffffff]


def seeded():
    seed = int(os.environ.get("QSBX_TEST_SEED") or time.time_ns())
    print(f"QSBX_TEST_SEED={seed}", flush=True)
    return random.Random(seed)


def value(source, bits, signed):
    last = (1 << (bits - 1 if signed else bits)) - 1
    return min(last, source.choice(INTERESTING + (WIDE if bits == 64 else [])))


def test(source, argument):
    name, bits, signed = argument
    number = value(source, bits, signed)
    kind = source.randrange(4)
    if kind == 0:
        return f"{name} {source.choice(['==', '!=', '<', '<=', '>', '>='])} {number}"
    if kind == 1:
        mask = source.choice([1, 3, 0x80, 0x7000, 0xffff])
        return f"({name} & {mask:#x}) == {number & mask:#x}"
    if kind == 2:
        return f"{name} & {source.choice([1, 6, 0x8001]):#x}"
    numbers = sorted({value(source, bits, signed) for _ in range(3)})
    return f"{name} in {{ {', '.join(map(str, numbers))} }}"


def condition(source, arguments):
    terms = [test(source, source.choice(list(arguments.values()))) for _ in range(source.randint(1, 3))]
    return source.choice([" && ", " || "]).join(terms)


def rules(source):
    lines = ["close: 1", "clone3: 0 else ENOSYS"]
    for name in source.sample(list(CALLS), 3):
        refusal = source.choice(["", "", " else EACCES"])
        lines.append(f"{name}: {condition(source, CALLS[name])}{refusal}")
    return "\n".join(lines) + "\n"


def argument(source):
    number = source.choice(INTERESTING + WIDE) + source.choice([0, 0, 0, 1, -1])
    if source.randrange(3) == 0:
        number ^= source.getrandbits(32) << 32
    if source.randrange(6) == 0:
        number = source.getrandbits(64)
    return number & ((1 << 64) - 1)


def call(source):
    name = source.choice([*CALLS, "close", "clone3", "getpid"])
    return name, [argument(source) for _ in range(6)]


def as_argument(number, argument):
    """As the kernel sees it: the bits that its prototype has, with their sign."""
    if argument is None:
        return number
    _, bits, signed = argument
    number &= (1 << bits) - 1
    return number - (1 << bits) if signed and number >> (bits - 1) else number
