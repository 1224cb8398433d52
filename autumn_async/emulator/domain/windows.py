"""Usage limits: so much per day, week, month or year, counted in aligned windows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct

from .amounts import exact
from .controls import Control, Entry, usage_limits
from .intervals import Interval, calendar_start

if TYPE_CHECKING:
    from .features import Feature
    from .subjects import Subject


class Counter(Struct):
    """What a usage limit has counted in the window that began at `start`."""

    start: int
    used: float = 0


class Counted(NamedTuple):
    """A limit on a feature has counted something; a window that has ended isn't corrected."""

    counter: Counter
    feature: Feature
    amount: float

    def undo(self, amount: float) -> None:
        self.counter.used = exact(max(0, self.counter.used - amount))


def used(subject: Subject, feature: Feature | None, control: Control, now: int) -> float:
    """What has been counted in the window of now; a window that has ended reads 0."""
    counter = control.owner.counters.get(_key(control.entry))
    if counter is None or counter.start != _window_start(subject, feature, control.entry, now):
        return 0
    return counter.used


def room(
    subject: Subject, feature: Feature, properties: Mapping[str, Any], now: int
) -> float | None:
    """How much of a feature may still be used before a limit is full; None without limits."""
    return min(
        (
            max(0, control.entry["limit"] - used(subject, feature, control, now))
            for control in usage_limits(subject, feature, properties)
        ),
        default=None,
    )


def count(
    subject: Subject,
    feature: Feature,
    properties: Mapping[str, Any],
    now: int,
    amount: float,
) -> list[Counted]:
    """Counts usage against every limit that concerns it. Refunds lower no counter."""
    if amount <= 0:
        return []
    counted: list[Counted] = []
    for control in usage_limits(subject, feature, properties):
        counter = _counter(subject, feature, control, now)
        counter.used = exact(counter.used + amount)
        counted.append(Counted(counter, feature, amount))
    return counted


def _counter(subject: Subject, feature: Feature, control: Control, now: int) -> Counter:
    """The counter of the window of now; a new window gets a new one."""
    key, counters = _key(control.entry), control.owner.counters
    start = _window_start(subject, feature, control.entry, now)
    if key not in counters or counters[key].start != start:
        counters[key] = Counter(start)
    return counters[key]


def _key(entry: Entry) -> str:
    """A counter belongs to a feature, a window and a filter, not to the limit's amount."""
    wanted = entry.get("filter", {}).get("properties", {})
    return f"{entry['feature_id']} {entry['interval']} {sorted(wanted.items())}"


def _window_start(subject: Subject, feature: Feature | None, entry: Entry, now: int) -> int:
    unit: str = entry["interval"]
    anchor = None if entry.get("anchor") == "utc" else _cycle(subject, feature, now)
    if anchor is None:
        return calendar_start(unit, now)
    return Interval(unit).window_start(anchor, now)


def _cycle(subject: Subject, feature: Feature | None, now: int) -> int | None:
    """A moment at which the billing cycle of the feature turns, else that of the main plan."""
    for row in subject.rows(feature, now) if feature else ():
        if row.next_reset_at is not None:
            return row.next_reset_at
    for holding in subject.holdings():
        if not holding.version.plan.add_on:
            return holding.started_at
    return None
