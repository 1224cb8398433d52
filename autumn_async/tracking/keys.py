"""Idempotency keys: `aa1_` and a UUID of version 7."""

from __future__ import annotations

import os
from itertools import count

_SEQUENCE = (1 << 62) - 1
_VARIANT = 1 << 63


class Keys:
    """Mints keys for one process. A forked child needs keys of its own.

    The random part is drawn once and then counted up: two keys differ even if the clock goes back.
    """

    def __init__(self) -> None:
        self._fixed = int.from_bytes(os.urandom(2), "big") & 0xFFF
        self._prefix = (0, "")
        self._next = count(int.from_bytes(os.urandom(8), "big")).__next__

    def mint(self, milliseconds: int) -> str:
        """A key that no other event has."""
        moment, prefix = self._prefix
        if moment != milliseconds:  # many are made in the same one
            prefix = f"aa1_{milliseconds:012x}7{self._fixed:03x}"
            self._prefix = (milliseconds, prefix)
        return prefix + "%016x" % (self._next() & _SEQUENCE | _VARIANT)
