# SPDX-License-Identifier: GPL-2.0-or-later
"""One place in QEMU's own files, and what goes there."""

from typing import NamedTuple


class Insertion(NamedTuple):
    """Some whole lines that go before or after an anchor, which are whole lines as well."""

    path: str
    where: str  # "before" or "after"
    anchor: str
    text: str

    def spelled(self, spelling):
        return Insertion(
            spelled(self.path, spelling),
            self.where,
            spelled(self.anchor, spelling),
            spelled(self.text, spelling),
        )


def spelled(text, spelling):
    for ours, theirs in spelling:
        text = text.replace(ours, theirs)
    return text
