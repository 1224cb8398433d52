"""Idempotency keys: `aa1_` and a UUID of version 7."""

from __future__ import annotations

import os
from itertools import count
from weakref import WeakSet

_SEQUENCE = (1 << 62) - 1
_VARIANT = 1 << 63
_LAST_DIGITS = [f"{number:03x}" for number in range(4096)]


class Keys:
    """Mints keys.

    The random part is drawn once for each process and then counted up: two keys differ even if the
    clock goes back.
    All but the last digits of a key is kept for the next one. That is done in one piece, which
    threads may overwrite, but never mix.
    """

    def __init__(self) -> None:
        self.draw()
        _in_use.add(self)

    def draw(self) -> None:
        """Draws the random part."""
        self._fixed = int.from_bytes(os.urandom(2), "big") & 0xFFF
        self._next = count(int.from_bytes(os.urandom(7), "big")).__next__
        self._latest = (0, 0, "")

    def mint(self, milliseconds: int) -> str:
        """A key that no other event has."""
        number = self._next()
        when, block, beginning = self._latest
        if when != milliseconds or block != number >> 12:
            block = number >> 12
            rest = (number & _SEQUENCE | _VARIANT) >> 12
            beginning = f"aa1_{milliseconds:012x}7{self._fixed:03x}{rest:013x}"
            self._latest = milliseconds, block, beginning
        return beginning + _LAST_DIGITS[number & 4095]


_in_use: WeakSet[Keys] = WeakSet()


def _draw_anew() -> None:
    """Runs in a forked child, whose keys must differ from its parent's."""
    for keys in tuple(_in_use):
        keys.draw()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_draw_anew)
