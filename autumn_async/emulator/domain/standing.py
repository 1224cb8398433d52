"""What a subject's rows of one feature add up to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from .amounts import exact
from .rows import Rollover, Row

if TYPE_CHECKING:
    from .entities import Entity
    from .features import Feature
    from .subjects import Subject


class Figures(NamedTuple):
    """The numbers of one row, as the customer or as one entity sees them."""

    included: float
    prepaid: float
    balance: float
    remaining: float

    @property
    def usage(self) -> float:
        return exact(self.included + self.prepaid - self.balance)


def figures(row: Row, entity: Entity | None) -> Figures:
    """A shared row counts once per share that the subject has of it."""
    if row.shared_by is None:
        included = exact(row.allowance + row.adjustment)
        return Figures(included, row.prepaid, row.balance, max(0, row.balance))
    parts = row.parts(entity)
    return Figures(
        exact(sum(part.ceiling - row.prepaid for part in parts)),
        row.prepaid * len(parts),
        exact(sum(part.balance for part in parts)),
        exact(sum(max(0, part.balance) for part in parts)),
    )


class Standing:
    """Totals over rows in the order of deduction; zeros while a row is unlimited.

    `others` are rows that the subject cannot draw on: they count, but are not listed.
    """

    __slots__ = (
        "entity",
        "granted",
        "next_reset_at",
        "others",
        "overage",
        "remaining",
        "rollovers",
        "rows",
        "unlimited",
        "usage",
    )

    def __init__(
        self, rows: Sequence[Row], entity: Entity | None = None, others: Sequence[Row] = ()
    ) -> None:
        self.rows: Sequence[Row] = rows
        self.entity: Entity | None = entity
        self.others: Sequence[Row] = others
        self.granted: float = 0
        self.remaining: float = 0
        self.usage: float = 0
        self.overage: float = 0
        self.unlimited: Row | None = None
        self.next_reset_at: int | None = None
        self.rollovers: list[Rollover] | None = None
        """Live ones; None when no row may roll over."""

    @property
    def held(self) -> Row | None:
        """The first row, if there is any."""
        return next(iter((*self.rows, *self.others)), None)

    @property
    def overage_allowed(self) -> bool:
        return any(row.usage_based for row in self.rows)

    @property
    def overage_cap(self) -> float | None:
        """How much overage the usage_based rows allow together; None: no end to it."""
        return _sum_of_caps([row for row in self.rows if row.usage_based])

    @property
    def max_purchase(self) -> float | None:
        """What can still be bought; None when nothing can, or without end."""
        return _sum_of_caps([row for row in self.rows if row.price])


def standing(subject: Subject, feature: Feature, now: int) -> Standing:
    """What the subject can draw on."""
    return total(subject.rows(feature, now), now, subject.entity)


def overview(subject: Subject, feature: Feature, now: int) -> Standing:
    """What is shown of a feature: a customer's totals count in what its entities hold.

    The rows are those that the subject can draw on.
    """
    own = subject.rows(feature, now)
    if subject.entity:
        return total(own, now, subject.entity)
    return total(own, now, None, subject.customer.ledger.rows_of_entities(feature, now))


def total(
    rows: Sequence[Row], now: int, entity: Entity | None = None, others: Sequence[Row] = ()
) -> Standing:
    """Adds up the rows of one feature."""
    result = Standing(rows, entity, others)
    everything = [*rows, *others] if others else rows
    result.unlimited = next((row for row in everything if row.unlimited), None)
    if result.unlimited:
        # Only what unlimited rows absorbed counts as usage, other rows stay out of the totals.
        result.usage = exact(-sum(figures(row, entity).balance for row in _unlimited(everything)))
        return result
    for row in everything:
        _add_row(result, row, now)
    result.granted = exact(result.granted)
    result.remaining = exact(result.remaining)
    result.usage = exact(result.usage)
    return result


def purchase_cap(row: Row) -> float | None:
    """How much of a priced row can still be bought: for packs, what is left of the cap."""
    if row.price is None or row.price.max_purchase is None:
        return None
    return exact(row.price.max_purchase - row.prepaid)


def _unlimited(rows: Iterable[Row]) -> Iterable[Row]:
    return (row for row in rows if row.unlimited)


def _add_row(result: Standing, row: Row, now: int) -> None:
    numbers = figures(row, result.entity)
    granted = numbers.included + numbers.prepaid
    result.granted += granted
    result.usage += granted - numbers.balance
    result.remaining += numbers.remaining
    result.overage += numbers.remaining - numbers.balance
    due = row.next_reset_at
    if due is not None and (result.next_reset_at is None or due < result.next_reset_at):
        result.next_reset_at = due
    if row.rollover:
        _add_rollovers(result, row, now)


def _add_rollovers(result: Standing, row: Row, now: int) -> None:
    live = [
        each
        for each in row.rollovers
        if each.live(now) and (each.entity is None or result.entity in (None, each.entity))
    ]
    result.rollovers = (result.rollovers or []) + live
    for rollover in live:
        result.granted += rollover.granted
        result.remaining += rollover.balance
        result.usage += rollover.granted - rollover.balance


def _sum_of_caps(rows: Sequence[Row]) -> float | None:
    caps = [purchase_cap(row) for row in rows]
    known = [cap for cap in caps if cap is not None]
    return exact(sum(known)) if known and len(known) == len(caps) else None
