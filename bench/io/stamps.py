# SPDX-License-Identifier: LGPL-2.1-or-later
"""Disk images in which each sector says where it is: what clients/stamps.h describes."""

import struct

SECTOR = 512
MARK = 0x5153 << 48


def stamp(sector, generation=0):
    return struct.pack("<Q", MARK | generation << 32 | sector)


def stamped_sector(sector, generation=0):
    word = stamp(sector, generation)
    return word + bytes(SECTOR - 2 * len(word)) + word


def make_image(path, size):
    """An image of `size` bytes that nobody has written to yet."""
    path.write_bytes(b"".join(map(stamped_sector, range(size // SECTOR))))
    return path
