"""Adding up events over time: in bins, by groups."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from itertools import compress
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from .amounts import exact
from .bins import edges
from .columns import MISSING
from .customers import Customer

if TYPE_CHECKING:
    from .columns import Series
    from .events import EventLog

OTHERS: Final = "AUTUMN_RESERVED"
"""What the groups beyond the largest ones of a bin are shown as together."""
NAME: Final = "$feature_id"
"""The grouping by what the series are told apart by anyway."""
NONE_TOO: Final = ("$entity_id", "$plan_id")
"""Groupings in which events without the attribute are a group as well, with an empty name."""

Sums = dict[str, float]


class Query(Struct, frozen=True):
    """Which events to add up. `start` and `end` in milliseconds, both included.

    Attributes are those that events have (`Event.attributes`).
    """

    names: Sequence[str]
    start: int
    end: int
    bin: str
    zone: tzinfo | None = None
    """Where days begin; None: in UTC."""
    customer: Customer | None = None
    wanted: Mapping[str, str] = {}
    """The attributes that events must have."""
    grouping: str | None = None
    """The attribute that the groups have in common."""
    most_groups: int = 9
    counts: bool = False
    """Are the values of a bin numbers of events rather than sums?"""


class Period(Struct):
    """One bin: values by name, and by group where groups were asked for."""

    start: int
    values: Sums
    groups: dict[str, Sums]


class Total(Struct):
    count: int = 0
    sum: float = 0


class Report(Struct):
    """What a query found; totals only of names that have events."""

    periods: list[Period]
    totals: dict[str, Total]


def aggregate(log: EventLog, query: Query, now: int) -> Report:
    """Adds up. Every bin up to now is there, and in it every group that is shown anywhere."""
    starts = edges(query.bin, query.start, min(now, query.end), query.zone)
    report = Report([Period(start, {}, {}) for start in starts], {})
    for name in query.names:
        _add_name(report, query, log.series(query.customer, name), name)
    if query.grouping:
        _show_groups(report)
    return report


def _add_name(report: Report, query: Query, series: Series, name: str) -> None:
    total, part = Total(), _Part(query, series, name)
    ends = [*(period.start for period in report.periods[1:]), query.end + 1]
    for period, end in zip(report.periods, ends, strict=False):
        low, high = series.span(max(period.start, query.start), min(end, query.end + 1))
        values, codes = part.between(low, high)
        if part.grouped:
            sums = _grouped(codes, values)
            value = sum(sums.values())
            shown = Counter(codes) if query.counts else sums
            period.groups[name] = _largest(part.named(shown), query.most_groups)
        else:
            value = sum(values)
            period.values[name] = len(values) if query.counts else exact(value)
        total.count += len(values)
        total.sum += value
    if total.count:
        report.totals[name] = Total(total.count, exact(total.sum))


class _Part:
    """The columns of a series that a query needs."""

    def __init__(self, query: Query, series: Series, name: str) -> None:
        self._values = series.values
        self._filters = [
            (series.column(name), series.codings.of(name).find(value))
            for name, value in query.wanted.items()
        ]
        self.grouped: bool = query.grouping is not None
        self._groups = series.column(query.grouping) if query.grouping else ()
        self._names = series.codings.of(query.grouping or "").values
        self._nameless: str | None = "" if query.grouping in NONE_TOO else None
        if query.grouping == NAME:
            self._nameless = name

    def between(self, low: int, high: int) -> tuple[Sequence[float], Sequence[int]]:
        """The values between two positions and the codes of their groups, filtered."""
        values: Sequence[float] = self._values[low:high]
        codes = self._groups[low:high]
        rest = [(column[low:high], wanted) for column, wanted in self._filters]
        while rest:
            column, wanted = rest.pop()
            mask = [code == wanted for code in column]
            values, codes = list(compress(values, mask)), list(compress(codes, mask))
            rest = [(list(compress(each, mask)), wanted) for each, wanted in rest]
        return values, codes

    def named(self, sums: Mapping[int, float]) -> Sums:
        """Groups by their names, without those that have none."""
        named = ((self._name(code), value) for code, value in sums.items())
        return {name: value for name, value in named if name is not None}

    def _name(self, code: int) -> str | None:
        if code == MISSING:
            return self._nameless
        value = self._names[code]
        return value.shown_id if isinstance(value, Customer) else str(value)


def _grouped(codes: Sequence[int], values: Iterable[float]) -> Mapping[int, float]:
    """The sum of each code that occurs: in a list, unless few of the codes do."""
    occurring = set(codes)
    most = max(occurring, default=MISSING)
    sums: list[float] | defaultdict[int, float] = defaultdict(float)
    if most < len(codes):
        sums = [0.0] * (most + 1)
    for code, value in zip(codes, values, strict=True):
        sums[code] += value
    return {code: sums[code] for code in occurring}


def _largest(groups: Sums, most: int) -> Sums:
    """The largest groups of one bin; the others are merged."""
    ranked = sorted(groups, key=lambda name: (-groups[name], name))
    shown = {name: groups[name] for name in ranked[:most]}
    if others := ranked[most:]:
        shown[OTHERS] = shown.get(OTHERS, 0) + sum(groups[name] for name in others)
    return shown


def _show_groups(report: Report) -> None:
    """Fills in zeros; without any group there are no periods."""
    everywhere = [sums for period in report.periods for sums in period.groups.values()]
    names = sorted({name for sums in everywhere for name in sums}, key=_others_last)
    for period in report.periods:
        for name, sums in period.groups.items():
            period.groups[name] = {group: exact(sums.get(group, 0)) for group in names}
            period.values[name] = exact(sum(sums.values()))
    if not names:
        report.periods.clear()


def _others_last(name: str) -> tuple[bool, str]:
    return name == OTHERS, name
