"""Turning the items of a plan into balance rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .amounts import exact
from .features import Feature
from .intervals import day_of_month
from .pricing import packs
from .rows import Rollover, Row

if TYPE_CHECKING:
    from .customers import Customer
    from .holdings import Holding
    from .ids import Ids
    from .plans import Item


@dataclass(slots=True)
class Grant:
    """How a plan's rows begin: their cycle, the packs bought, what they inherit."""

    anchor: int
    quantities: Mapping[str, float] = field(default_factory=dict[str, float])
    inherited_usage: dict[Feature, float] = field(default_factory=dict[Feature, float])
    rollovers: dict[Feature, list[Rollover]] = field(default_factory=dict[Feature, list[Rollover]])


def grant_rows(customer: Customer, holding: Holding, grant: Grant, ids: Ids, now: int) -> None:
    """Adds one row per item; inherited usage is put on the first row of its feature."""
    for item in holding.content.items:
        row = _row(customer, holding, item, ids, now)
        row.packs = _packs(item, grant.quantities.get(item.feature.id, 0))
        usage = grant.inherited_usage.pop(item.feature, 0)
        row.balance = exact(row.starting - usage)
        if row.rollover:
            row.rollovers = grant.rollovers.pop(item.feature, [])
        if row.reset and row.reset.recurs:
            row.reset_day = day_of_month(grant.anchor)
            row.next_reset_at = row.reset.next_after(grant.anchor, now, row.reset_day)
        customer.ledger.add(row)


def _row(customer: Customer, holding: Holding, item: Item, ids: Ids, now: int) -> Row:
    return Row(
        id=ids.new("cus_ent", now),
        feature=item.feature,
        created_at=now,
        sequence=customer.ledger.next_sequence(),
        holding=holding,
        allowance=item.included,
        unlimited=item.unlimited,
        reset=item.reset,
        price=item.price,
        rollover=item.rollover,
    )


def _packs(item: Item, quantity: float) -> float:
    """Quantities are in units and include the allowance."""
    if item.price is None or not item.prepaid:
        return 0
    return packs(item.price, item.included, quantity)
