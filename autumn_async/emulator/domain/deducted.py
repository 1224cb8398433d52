"""What events took from each balance, over time and by groups of events."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct

from .amounts import exact
from .bins import edges

if TYPE_CHECKING:
    from .aggregating import Query
    from .events import Deduction, Event, EventLog
    from .timeline import Place

OTHERS: Final = "Other"
"""What the groups beyond those that took most from a balance are shown as together."""


class Use(Struct):
    """What one balance gave, in its own units, how often and to whom."""

    deduction: Deduction
    """Says which balance it is."""
    deducted: float = 0
    events: int = 0
    groups: dict[str, float] = {}

    def add(self, value: float, group: str | None) -> None:
        self.deducted = exact(self.deducted + value)
        self.events += 1
        if group is not None:
            self.groups[group] = exact(self.groups.get(group, 0) + value)


class Taken(NamedTuple):
    """One deduction of an event that a query asks for."""

    event: Event
    deduction: Deduction
    group: str | None


Uses = dict[int, dict[str, Use]]
"""Use by balance in each bin that has any."""


def deducted(log: EventLog, query: Query, now: int) -> Uses:
    """Adds up what a customer's events took, of those features or from balances of them."""
    last = min(now, query.end)
    starts = edges(query.bin, query.start, last, query.zone)
    taken = [each for each in _taken(log, query) if query.start <= each.event.timestamp <= last]
    shown = _largest(taken, query.most_groups)
    uses: Uses = {}
    for event, deduction, group in sorted(taken, key=_moment):
        start = starts[bisect_right(starts, event.timestamp) - 1]
        by_balance = uses.setdefault(start, {})
        use = by_balance.setdefault(deduction.balance_id, Use(deduction))
        known = group is None or group in shown[deduction.balance_id]
        use.add(deduction.value, group if known else OTHERS)
    return uses


def _taken(log: EventLog, query: Query) -> Iterator[Taken]:
    assert query.customer
    names = set(query.names)
    entity_id = query.wanted.get("$entity_id")
    for series in log.of_customer(query.customer):
        for event in series.events:
            if entity_id in (None, event.entity_id) and _is_grouped(event, query.grouping):
                for deduction in event.deductions:
                    if not names or event.name in names or deduction.feature_id in names:
                        yield Taken(event, deduction, _group(event, query.grouping))


def _is_grouped(event: Event, grouping: str | None) -> bool:
    """Who asks for entities doesn't ask for events without one."""
    return grouping != "$entity_id" or event.entity_id is not None


def _group(event: Event, grouping: str | None) -> str | None:
    if grouping is None or grouping == "$customer_id":
        return None
    if grouping == "$feature_id":
        return event.name
    return str(event.attributes().get(grouping, ""))


def _largest(taken: Sequence[Taken], most: int) -> dict[str, set[str]]:
    """The groups that took most from each balance, over the whole range."""
    sums: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for _, deduction, group in taken:
        if group is not None:
            sums[deduction.balance_id][group] += deduction.value
    return {
        balance: set(sorted(groups, key=lambda name: (-groups[name], name))[:most])
        for balance, groups in sums.items()
    }


def _moment(taken: Taken) -> Place:
    return taken.event.place
