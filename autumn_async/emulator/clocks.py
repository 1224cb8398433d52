"""The emulator's own time: what another clock says, moved ahead on demand."""

from __future__ import annotations

from datetime import datetime, timedelta

from .domain.clock import Clock
from .domain.intervals import LATEST, add_months

MONTHS_OF_A_YEAR = 12


class MovableClock:
    """Runs as its source does, so much ahead of it. It never goes back."""

    def __init__(self, source: Clock) -> None:
        self._source = source
        self.ahead_ms: int = 0

    def __call__(self) -> int:
        return self._source() + self.ahead_ms

    def move_to(self, moment: int) -> None:
        """Raises `ValueError` for a moment that has passed, or that no calendar holds."""
        now = self()
        if moment < now:
            raise ValueError(f"time only moves forward: it is {text_of(now)} already")
        if moment > LATEST:
            raise ValueError("the emulator's calendar ends with the year 9999")
        self.ahead_ms += moment - now


def later(moment: int, span: timedelta, *, years: int = 0, months: int = 0) -> int:
    """A moment so much later; months end on their last day where they are too short."""
    shifted = add_months(moment, years * MONTHS_OF_A_YEAR + months)
    return shifted + span // timedelta(milliseconds=1)


def milliseconds(moment: int | datetime) -> int:
    """Milliseconds since the epoch, of a time that knows its zone or of such a number."""
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise ValueError("the time needs a zone, for example datetime.timezone.utc")
        return round(moment.timestamp() * 1000)
    return moment


def text_of(moment: int) -> str:
    """A moment as people read it, in UTC."""
    return f"{datetime(1970, 1, 1) + timedelta(milliseconds=moment):%Y-%m-%d %H:%M:%S} UTC"
