"""Idempotency keys: `aa1_` and a UUID of version 7."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count

_VARIANT = 1 << 51
_LAST_DIGITS = [f"{number:03x}" for number in range(4096)]

Block = tuple[str, Iterator[str]]
"""How keys begin, and the ways in which they end: each is used once, by whichever thread."""


class Keys:
    """Mints keys, a block at a time.

    A number that is drawn at random, once for each process, is counted up for each block: two keys
    differ even if the clock goes back.
    """

    def __init__(self) -> None:
        self._draw()

    def block(self, milliseconds: int) -> Block:
        """4096 keys that no other event has."""
        if self._pid != os.getpid():  # in a forked child, whose keys must differ from its parent's
            self._draw()
        number = self._next()
        first, rest = number >> 50 & 0xFFF, number & (_VARIANT >> 1) - 1 | _VARIANT
        return f"aa1_{milliseconds:012x}7{first:03x}{rest:013x}", iter(_LAST_DIGITS)

    def mint(self, milliseconds: int) -> str:
        """A key that no other event has."""
        beginning, endings = self.block(milliseconds)
        return beginning + next(endings)

    def _draw(self) -> None:
        self._next = count(int.from_bytes(os.urandom(8), "big")).__next__
        self._pid = os.getpid()
