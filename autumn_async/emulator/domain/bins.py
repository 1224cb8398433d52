"""The bins of a series over time: hours begin in UTC, days, weeks and months in a time zone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Final

from .failures import refused
from .intervals import DAY_MS, EARLIEST, FIXED_MS, LATEST, Interval, calendar_start

MOST_BINS: Final = 50_000
"""More bins than this are refused, before the answer outgrows the memory."""
_EPOCH: Final = datetime(1970, 1, 1)
_MARGIN: Final = 2 * DAY_MS
"""No clock of the world is further away from UTC."""


def edges(size: str, start: int, last: int, zone: tzinfo | None) -> Sequence[int]:
    """Where the bins from `start` to `last` begin. `zone` is where days begin; None: in UTC."""
    if size == "hour" or zone is None:
        return list(_edges(size, start, last))
    start, last = (max(EARLIEST + _MARGIN, min(LATEST - _MARGIN, each)) for each in (start, last))
    walls = _edges(size, _on_the_wall(start, zone), _on_the_wall(last, zone))
    return [_instant(each, zone) for each in walls]


def _edges(size: str, start: int, last: int) -> Iterator[int]:
    edge = start - start % FIXED_MS["hour"] if size == "hour" else calendar_start(size, start)
    interval = Interval(size)
    if (last - edge) // interval.rough_ms > MOST_BINS:
        raise refused(f"The range has more than {MOST_BINS} bins of a {size}")
    while edge <= last:
        yield edge
        edge = interval.after(edge)


def _on_the_wall(moment: int, zone: tzinfo) -> int:
    """What the clocks of a zone show at a moment, as milliseconds of a day that is 24 hours."""
    utc = (_EPOCH + timedelta(milliseconds=moment)).replace(tzinfo=timezone.utc)
    return moment + _milliseconds(utc.astimezone(zone).utcoffset())


def _instant(wall: int, zone: tzinfo) -> int:
    """The first moment at which the clocks of a zone show that time, or a later one."""
    local = (_EPOCH + timedelta(milliseconds=wall)).replace(tzinfo=zone)
    return wall - _milliseconds(local.utcoffset())


def _milliseconds(offset: timedelta | None) -> int:
    return (offset or timedelta()) // timedelta(milliseconds=1)
