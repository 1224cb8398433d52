"""Balances are doubles that the server rounds to ten decimals; whole ones go out as integers."""

from __future__ import annotations

from typing import Final

DECIMALS: Final = 10
LARGEST_WHOLE: Final = 2**53
"""Above it a double no longer holds every integer, so numbers stay floats as they do in JSON."""


def exact(value: float) -> float:
    """Rounds to ten decimals and turns whole numbers into ints (80, not 80.0)."""
    if isinstance(value, int):
        return value if -LARGEST_WHOLE <= value <= LARGEST_WHOLE else float(value)
    rounded = round(value, DECIMALS)
    if -LARGEST_WHOLE <= rounded <= LARGEST_WHOLE and rounded.is_integer():
        return int(rounded)
    return rounded
