"""The record of tracked usage, per customer and over all, in columns that are quick to add up."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from typing import TYPE_CHECKING, Any, NamedTuple

from .properties import as_text
from .timeline import Place

if TYPE_CHECKING:
    from .customers import Customer
    from .deduction import Take
    from .intervals import Interval

NOTHING: Mapping[str, Any] = {}


class Deduction(NamedTuple):
    """What an event took from one balance (or one rollover), in the units of the balance."""

    balance_id: str
    feature_id: str
    plan_id: str | None
    reset: Interval | None
    resets_at: int | None
    value: float

    @classmethod
    def of(cls, take: Take) -> Deduction:
        row = take.row
        return cls(
            take.balance_id, row.feature.id, row.plan_id, row.reset, row.next_reset_at, take.value
        )


@dataclass(eq=False, slots=True)
class Event:
    """One tracked event. `name` is the feature's id, or the event name it was tracked by."""

    id: str
    timestamp: int
    customer: Customer
    entity_id: str | None
    name: str
    value: float
    properties: Mapping[str, Any]
    deductions: tuple[Deduction, ...]
    sequence: int = 0

    @property
    def plan_id(self) -> str | None:
        """The plan of the first balance it took from."""
        return self.deductions[0].plan_id if self.deductions else None

    @property
    def place(self) -> Place:
        return Place(self.timestamp, self.sequence)


class Series:
    """Events of one name in the order of their moments, with the columns to add up."""

    __slots__ = ("_columns", "events", "moments", "values")

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.events: list[Event] = list(events)
        self.moments: array[int] = array("q", (event.timestamp for event in self.events))
        self.values: array[float] = array("d", (event.value for event in self.events))
        self._columns: dict[str, list[str | None]] = {}

    def add(self, event: Event) -> None:
        """Appends, or inserts an event that lies in the past."""
        index = bisect_right(self.moments, event.timestamp)
        if index < len(self.events):
            self._columns.clear()
        self.events.insert(index, event)
        self.moments.insert(index, event.timestamp)
        self.values.insert(index, event.value)

    def column(self, name: str) -> Sequence[str | None]:
        """One property of every event as text, None where it is missing.

        Kept once it has been asked for: reading it from the events takes most of the time.
        """
        column = self._columns.setdefault(name, [])
        for event in self.events[len(column) :]:
            value = event.properties.get(name)
            column.append(value if value is None or type(value) is str else as_text(value))
        return column

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The positions of the events from `start` to before `end`."""
        return bisect_left(self.moments, start), bisect_left(self.moments, end)

    def older_than(self, place: Place | None) -> Iterator[Event]:
        """From the newest one before that place on down; None starts at the newest of all."""
        end = len(self.events)
        if place is not None:
            end = bisect_left(self.events, place, key=_place)
        return (self.events[index] for index in range(end - 1, -1, -1))


Log = dict[str, Series]


class EventLog:
    """All events of an environment, by customer and name."""

    def __init__(self) -> None:
        self._all: Log = {}
        self._by_customer: dict[Customer, Log] = {}
        self._recorded = 0

    def record(self, event: Event) -> None:
        self._recorded += 1
        event.sequence = self._recorded
        for log in (self._all, self._by_customer.setdefault(event.customer, {})):
            series = log.get(event.name)
            if series is None:
                series = log[event.name] = Series()
            series.add(event)

    def forget(self, customer: Customer) -> None:
        for name in self._by_customer.pop(customer, ()):
            kept = [each for each in self._all[name].events if each.customer is not customer]
            if kept:
                self._all[name] = Series(kept)
            else:
                del self._all[name]

    def series(self, customer: Customer | None, name: str) -> Series:
        """The events of one name, of a customer (of all, if None)."""
        return self._log(customer).get(name) or Series()

    def matching(
        self,
        customer: Customer | None,
        names: Collection[str] | None,
        wanted: Callable[[Event], bool],
        start: Place | None,
    ) -> Iterator[tuple[Place, Event]]:
        """The events of these names (of all, if None) older than a place, newest first."""
        log = self._log(customer)
        chosen = log.keys() if names is None else log.keys() & set(names)
        newest_first = merge(
            *(log[name].older_than(start) for name in chosen), key=_place, reverse=True
        )
        return ((event.place, event) for event in newest_first if wanted(event))

    def _log(self, customer: Customer | None) -> Log:
        return self._all if customer is None else self._by_customer.get(customer, {})


def _place(event: Event) -> Place:
    return event.place
