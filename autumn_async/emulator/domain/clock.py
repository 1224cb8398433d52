"""Where the emulator reads the time. Everything else is handed a moment."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Answers the current moment: integer milliseconds since the Unix epoch, UTC."""


def wall_clock() -> int:
    """The machine's clock, in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
