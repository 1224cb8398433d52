"""Usage limits: so much per day, week, month or year, counted in aligned windows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .amounts import exact
from .controls import Entry, usage_limits
from .customers import Counter
from .intervals import Interval, calendar_start

if TYPE_CHECKING:
    from .customers import Customer
    from .features import Feature


def used(customer: Customer, feature: Feature | None, entry: Entry, now: int) -> float:
    """What has been counted in the window of now; a window that has ended reads 0."""
    counter = customer.counters.get(_key(entry))
    if counter is None or counter.start != _window_start(customer, feature, entry, now):
        return 0
    return counter.used


def room(
    customer: Customer, feature: Feature, properties: Mapping[str, Any], now: int
) -> float | None:
    """How much of a feature may still be used before a limit is full; None without limits."""
    entries = usage_limits(customer, feature, properties)
    return min(
        (max(0, entry["limit"] - used(customer, feature, entry, now)) for entry in entries),
        default=None,
    )


def count(
    customer: Customer,
    feature: Feature,
    properties: Mapping[str, Any],
    now: int,
    amount: float,
) -> None:
    """Counts usage against every limit that concerns it. Refunds lower no counter."""
    if amount <= 0:
        return
    for entry in usage_limits(customer, feature, properties):
        start = _window_start(customer, feature, entry, now)
        before = used(customer, feature, entry, now)
        customer.counters[_key(entry)] = Counter(start, exact(before + amount))


def _key(entry: Entry) -> str:
    """A counter belongs to a feature, a window and a filter, not to the limit's amount."""
    wanted = entry.get("filter", {}).get("properties", {})
    return f"{entry['feature_id']} {entry['interval']} {sorted(wanted.items())}"


def _window_start(customer: Customer, feature: Feature | None, entry: Entry, now: int) -> int:
    unit: str = entry["interval"]
    anchor = None if entry.get("anchor") == "utc" else _cycle(customer, feature, now)
    if anchor is None:
        return calendar_start(unit, now)
    return Interval(unit).window_start(anchor, now)


def _cycle(customer: Customer, feature: Feature | None, now: int) -> int | None:
    """A moment at which the billing cycle of the feature turns, else that of the main plan."""
    for row in customer.ledger.rows(feature, now) if feature else ():
        if row.next_reset_at is not None:
            return row.next_reset_at
    for holding in customer.holdings:
        if not holding.version.plan.add_on:
            return holding.started_at
    return None
