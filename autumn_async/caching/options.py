"""How a cache is told to behave, and the numbers that go with it."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import msgspec

SECOND_LOOK = 1.0
"""Seconds after which a no from memory is not believed without asking again."""

SETTLING = 10.0
"""Seconds after which Autumn has surely applied what it took, or what was sent and not answered."""

BACKOFF = (1.0, 30.0)
"""Seconds: the wait after a first failure to fetch a customer's balances, and the longest wait."""


class Options(msgspec.Struct, frozen=True):
    """The arguments of `cached`, checked; times in seconds."""

    max_age: float
    stale: float
    max_entries: int


def options_from(max_age: object, stale: object, max_entries: object) -> Options:
    """The options of a cache; raises `TypeError` or `ValueError` for what can't be right."""
    if isinstance(max_entries, bool) or not isinstance(max_entries, int):
        raise TypeError(f"max_entries must be an int, not {type(max_entries).__name__}")
    if max_entries < 1:
        raise ValueError(f"max_entries must be at least 1, not {max_entries}")
    age = _seconds("max_age", max_age)
    if age == 0:
        raise ValueError("max_age must be more than 0")
    return Options(age, _seconds("stale", stale), max_entries)


def _seconds(name: str, value: Any) -> float:
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        kind = type(value).__name__
        raise TypeError(f"{name} must be a number of seconds or a timedelta, not {kind}")
    if not 0 <= value < math.inf:
        raise ValueError(f"{name} must be a number of seconds, 0 or more, not {value!r}")
    return float(value)
