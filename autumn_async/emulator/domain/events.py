"""The record of tracked usage, per customer and over all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from .timeline import Place, Timeline

if TYPE_CHECKING:
    from .customers import Customer
    from .deduction import Take
    from .intervals import Interval


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
    name: str
    value: float
    properties: Mapping[str, Any]
    deductions: tuple[Deduction, ...]


class EventLog:
    """Events, newest first, without looking at those of other customers."""

    def __init__(self) -> None:
        self._all: Timeline[Event] = Timeline()
        self._by_customer: dict[Customer, Timeline[Event]] = {}

    def record(self, event: Event) -> None:
        self._all.add(event.timestamp, event)
        mine = self._by_customer.get(event.customer)
        if mine is None:
            mine = self._by_customer[event.customer] = Timeline()
        mine.add(event.timestamp, event)

    def forget(self, customer: Customer) -> None:
        mine = self._by_customer.pop(customer, None)
        for _, event in mine.older_than(None) if mine else ():
            self._all.remove(event.timestamp, event)

    def matching(
        self, customer: Customer | None, wanted: Callable[[Event], bool], start: Place | None
    ) -> Iterator[tuple[Place, Event]]:
        """The events of a customer (of all, if None) older than a place, newest first."""
        timeline = self._by_customer.get(customer, Timeline()) if customer else self._all
        return ((place, event) for place, event in timeline.older_than(start) if wanted(event))
