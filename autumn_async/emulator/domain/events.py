"""The record of tracked usage, per customer and over all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from heapq import merge
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct

from .columns import Codings, Series
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


class Event(Struct, eq=False):
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

    def attributes(self) -> Mapping[str, object]:
        """What it is grouped and filtered by, without what it doesn't have."""
        attributes: dict[str, object] = {"$customer_id": self.customer}
        if self.entity_id:
            attributes["$entity_id"] = self.entity_id
        if plan_id := self.plan_id:
            attributes["$plan_id"] = plan_id
        for name, value in self.properties.items():
            if value is not None and value != "":
                attributes[f"properties.{name}"] = value if type(value) is str else as_text(value)
        return attributes


Log = dict[str, Series]


class EventLog:
    """All events of an environment, by customer and name."""

    def __init__(self) -> None:
        self._codings = Codings()
        self._all: Log = {}
        self._by_customer: dict[Customer, Log] = {}
        self._recorded = 0

    def record(self, event: Event) -> None:
        self._recorded += 1
        event.sequence = self._recorded
        codes = self._codings.codes(event.attributes())
        for log in (self._all, self._by_customer.setdefault(event.customer, {})):
            series = log.get(event.name)
            if series is None:
                series = log[event.name] = Series(self._codings)
            series.add(event, codes)

    def forget(self, customer: Customer) -> None:
        for name in self._by_customer.pop(customer, ()):
            kept = Series(self._codings)
            for event in self._all.pop(name).events:
                if event.customer is not customer:
                    kept.add(event, self._codings.codes(event.attributes()))
            if kept.events:
                self._all[name] = kept
        self._codings.forget("$customer_id", customer)

    def series(self, customer: Customer | None, name: str) -> Series:
        """The events of one name, of a customer (of all, if None)."""
        return self._log(customer).get(name) or Series(self._codings)

    def of_customer(self, customer: Customer) -> Iterator[Series]:
        """All that is known of one customer."""
        return iter(self._log(customer).values())

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
