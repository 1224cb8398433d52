"""Adding up events over time: in bins, by groups."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import TYPE_CHECKING, Final, TypeVar

from .amounts import exact
from .failures import refused
from .intervals import FIXED_MS, Interval, calendar_start

if TYPE_CHECKING:
    from .customers import Customer
    from .events import EventLog, Series

T = TypeVar("T")

OTHERS: Final = "AUTUMN_RESERVED"
"""What the groups beyond the largest ones are shown as together."""
MOST_BINS: Final = 50_000
"""More bins than this are refused, before the answer outgrows the memory."""

Grouping = Callable[["Series"], Sequence[str | None]]
"""The group of each event; None for an event that belongs to none."""
Sums = dict[str, float]


@dataclass(frozen=True, slots=True)
class Query:
    """Which events to add up. `start` and `end` in milliseconds, both included."""

    names: Sequence[str]
    start: int
    end: int
    bin: str
    customer: Customer | None = None
    entity_id: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict[str, str])
    grouping: Grouping | None = None
    most_groups: int = 9
    counts: bool = False
    """Are the values of a bin numbers of events rather than sums?"""


@dataclass(slots=True)
class Period:
    """One bin: values by name, and by group where groups were asked for."""

    start: int
    values: Sums
    groups: dict[str, Sums]


@dataclass(slots=True)
class Total:
    count: int = 0
    sum: float = 0


@dataclass(slots=True)
class Report:
    """What a query found; totals only of names that have events."""

    periods: list[Period]
    totals: dict[str, Total]


def aggregate(log: EventLog, query: Query, now: int) -> Report:
    """Adds up. Every bin up to now is there, and in it every group that is seen anywhere."""
    edges = list(_edges(query, now))
    report = Report([Period(edge, {}, {}) for edge in edges], {})
    for name in query.names:
        _add_name(report, query, log.series(query.customer, name), name, edges)
    if query.grouping:
        _show_largest_groups(report, query.most_groups)
    return report


def by_property(name: str) -> Grouping:
    return lambda series: series.column(name)


def by_customer(series: Series) -> Sequence[str | None]:
    return [event.customer.shown_id for event in series.events]


def by_entity(series: Series) -> Sequence[str | None]:
    return [event.entity_id or "" for event in series.events]


def by_plan(series: Series) -> Sequence[str | None]:
    return [event.plan_id or "" for event in series.events]


def by_feature(series: Series) -> Sequence[str | None]:
    return [event.name for event in series.events]


def _edges(query: Query, now: int) -> Iterator[int]:
    """Where the bins begin: days, weeks and months do in UTC."""
    edge = query.start - query.start % FIXED_MS["hour"]
    if query.bin != "hour":
        edge = calendar_start(query.bin, query.start)
    last, interval = min(now, query.end), Interval(query.bin)
    if (last - edge) // interval.rough_ms > MOST_BINS:
        raise refused(f"The range has more than {MOST_BINS} bins of a {query.bin}")
    while edge <= last:
        yield edge
        edge = interval.after(edge)


def _add_name(
    report: Report, query: Query, series: Series, name: str, edges: Sequence[int]
) -> None:
    total, groups = Total(), query.grouping(series) if query.grouping else None
    chosen = _chosen(query, series)
    ends = [*edges[1:], query.end + 1]
    for period, end in zip(report.periods, ends, strict=True):
        low, high = series.span(period.start, min(end, query.end + 1))
        values = _picked(series.values, chosen, low, high)
        value = sum(values)
        total.count += len(values)
        total.sum += value
        if groups is not None:
            weights = repeat(1) if query.counts else values
            period.groups[name] = _grouped(_picked(groups, chosen, low, high), weights)
        else:
            period.values[name] = len(values) if query.counts else exact(value)
    if total.count:
        report.totals[name] = Total(total.count, exact(total.sum))


def _chosen(query: Query, series: Series) -> Sequence[int] | None:
    """The positions of the events that pass the filters; None where all do."""
    if not query.entity_id and not query.properties:
        return None
    chosen: Iterable[int] = range(len(series.events))
    if query.entity_id:
        events = series.events
        chosen = [index for index in chosen if events[index].entity_id == query.entity_id]
    for name, wanted in query.properties.items():
        column = series.column(name)
        chosen = [index for index in chosen if column[index] == wanted]
    return list(chosen)


def _picked(column: Sequence[T], chosen: Sequence[int] | None, low: int, high: int) -> Sequence[T]:
    """The part of a column between two positions, without what has not been chosen."""
    if chosen is None:
        return column[low:high]
    picked = chosen[bisect_left(chosen, low) : bisect_left(chosen, high)]
    return [column[index] for index in picked]


def _grouped(groups: Sequence[str | None], weights: Iterable[float]) -> Sums:
    sums: defaultdict[str | None, float] = defaultdict(float)
    for group, weight in zip(groups, weights, strict=False):
        sums[group] += weight
    return {group: value for group, value in sums.items() if group is not None}


def _show_largest_groups(report: Report, most: int) -> None:
    """Keeps the largest groups, fills in zeros; without any group there are no periods."""
    sizes: defaultdict[str, float] = defaultdict(float)
    for period in report.periods:
        for sums in period.groups.values():
            for group, value in sums.items():
                sizes[group] += value
    ranked = sorted(sizes, key=lambda group: (-sizes[group], group))
    shown = ranked[:most] + ([OTHERS] if len(ranked) > most else [])
    for period in report.periods:
        for name, sums in period.groups.items():
            period.groups[name] = _merged(sums, shown)
            period.values[name] = exact(sum(sums.values()))
    if not shown:
        report.periods.clear()


def _merged(sums: Sums, shown: Sequence[str]) -> Sums:
    merged = dict.fromkeys(shown, 0.0)
    for group, value in sums.items():
        merged[group if group in merged else OTHERS] += value
    return {group: exact(value) for group, value in merged.items()}
