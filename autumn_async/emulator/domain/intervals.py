"""Reset and billing intervals in UTC. Months keep the anchor's day and clamp to the month's end."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import Final

from msgspec import Struct

DAY_MS: Final = 86_400_000
FIXED_MS: Final = {"minute": 60_000, "hour": 3_600_000, "day": DAY_MS, "week": 7 * DAY_MS}
MONTHS: Final = {"month": 1, "quarter": 3, "semi_annual": 6, "year": 12}
EARLIEST: Final = -62_135_596_800_000
LATEST: Final = 253_402_300_799_999
"""The first millisecond of the year 1 and the last of 9999: calendars end there."""

_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()


class Interval(Struct, frozen=True):
    """`count` times a unit. `one_off` never recurs; a count below 1 recurs like 1."""

    unit: str
    count: float = 1

    @property
    def recurs(self) -> bool:
        return self.unit != "one_off"

    @property
    def steps(self) -> int:
        return max(1, int(min(self.count, LATEST)))

    @property
    def rough_ms(self) -> int:
        """For comparing lengths only: a month counts 30 days."""
        return self.steps * (FIXED_MS.get(self.unit) or MONTHS.get(self.unit, 0) * 30 * DAY_MS)

    def after(self, moment: int, times: int = 1, day: int | None = None) -> int:
        """The moment `times` intervals later; `day` is the day of month to keep."""
        if fixed := FIXED_MS.get(self.unit):
            return max(EARLIEST, min(LATEST, moment + times * self.steps * fixed))
        return add_months(moment, times * self.steps * MONTHS[self.unit], day)

    def next_after(self, boundary: int, now: int, day: int | None = None) -> int:
        """The first boundary after `now`, counted in whole intervals from `boundary`."""
        times = self._elapsed(boundary, now)
        later = self.after(boundary, times, day)
        while later <= now and later < LATEST:
            times += 1
            later = self.after(boundary, times, day)
        return later

    def window_start(self, boundary: int, now: int) -> int:
        """The last boundary at or before `now`; boundaries run both ways from `boundary`."""
        times = self._elapsed(boundary, now)
        while (start := self.after(boundary, times)) > now:
            times -= 1
        return start

    def _elapsed(self, boundary: int, now: int) -> int:
        """How many intervals lie between, never too few by more than one."""
        if fixed := FIXED_MS.get(self.unit):
            return (now - boundary) // (self.steps * fixed)
        return _months_between(boundary, now) // (self.steps * MONTHS[self.unit])


ONE_OFF: Final = Interval("one_off")


def add_months(moment: int, months: int, day: int | None = None) -> int:
    """Calendar months later (earlier when negative), clamped to the last day of the month."""
    days, time_of_day = divmod(moment, DAY_MS)
    start = date.fromordinal(_EPOCH_ORDINAL + days)
    total = start.year * 12 + start.month - 1 + months
    year, month = total // 12, total % 12 + 1
    if not 1 <= year <= 9999:
        return LATEST if year > 9999 else EARLIEST
    length = monthrange(year, month)[1]
    landed = date(year, month, min(day or start.day, length))
    return (landed.toordinal() - _EPOCH_ORDINAL) * DAY_MS + time_of_day


def day_of_month(moment: int) -> int:
    return date.fromordinal(_EPOCH_ORDINAL + moment // DAY_MS).day


def calendar_start(unit: str, now: int) -> int:
    """Start of the UTC day, week (Monday), month or year that holds `now`."""
    today = date.fromordinal(_EPOCH_ORDINAL + now // DAY_MS)
    start = {
        "week": date.fromordinal(today.toordinal() - today.weekday()),
        "month": today.replace(day=1),
        "year": today.replace(month=1, day=1),
    }.get(unit, today)
    return (start.toordinal() - _EPOCH_ORDINAL) * DAY_MS


def _months_between(earlier: int, later: int) -> int:
    a = date.fromordinal(_EPOCH_ORDINAL + earlier // DAY_MS)
    b = date.fromordinal(_EPOCH_ORDINAL + later // DAY_MS)
    return (b.year - a.year) * 12 + b.month - a.month
