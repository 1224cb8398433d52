"""Adding up events over time: in bins, by groups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from .amounts import exact
from .failures import refused
from .intervals import FIXED_MS, Interval, calendar_start
from .properties import as_text, matches

if TYPE_CHECKING:
    from .customers import Customer
    from .events import Event, EventLog, Series

OTHERS: Final = "AUTUMN_RESERVED"
"""What the groups beyond the largest ones are shown as together."""
MOST_BINS: Final = 50_000
"""More bins than this are refused, before the answer outgrows the memory."""

Grouping = Callable[["Event"], str | None]
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
    def grouping(event: Event) -> str | None:
        value = event.properties.get(name)
        return value if value is None or type(value) is str else as_text(value)

    return grouping


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
    total = Total()
    ends = [*edges[1:], query.end + 1]
    for period, end in zip(report.periods, ends, strict=True):
        low, high = series.span(period.start, min(end, query.end + 1))
        values: Sequence[float] = series.values[low:high]
        events: Sequence[Event] = ()
        if query.grouping or query.entity_id or query.properties:
            events = series.events[low:high]
        if query.entity_id or query.properties:
            chosen = [_wanted(query, event) for event in events]
            events = [event for event, good in zip(events, chosen, strict=True) if good]
            values = [event.value for event in events]
        total.count += len(values)
        total.sum += sum(values)
        if query.grouping:
            period.groups[name] = _grouped(query, events, values)
        else:
            period.values[name] = len(values) if query.counts else exact(sum(values))
    if total.count:
        report.totals[name] = Total(total.count, exact(total.sum))


def _wanted(query: Query, event: Event) -> bool:
    if query.entity_id and event.entity_id != query.entity_id:
        return False
    return matches(event.properties, query.properties)


def _grouped(query: Query, events: Sequence[Event], values: Sequence[float]) -> Sums:
    sums: defaultdict[str | None, float] = defaultdict(float)
    grouping: Any = query.grouping
    for group, value in zip(map(grouping, events), values, strict=True):
        sums[group] += 1 if query.counts else value
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
