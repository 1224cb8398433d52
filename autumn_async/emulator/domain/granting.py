"""Turning the items of a plan into balance rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from .amounts import exact
from .features import Feature
from .intervals import day_of_month
from .pricing import packs
from .rows import Rollover, Row

if TYPE_CHECKING:
    from .customers import Customer
    from .entities import Entity
    from .holdings import Holding
    from .ids import Ids
    from .plans import Item


class Grant(Struct):
    """How a plan's rows begin: their cycle, the packs bought, what they inherit."""

    anchor: int
    quantities: Mapping[str, float] = {}
    inherited_usage: dict[Feature, float] = {}
    inherited_shares: dict[tuple[Feature, Entity], float] = {}
    rollovers: dict[Feature, list[Rollover]] = {}


def grant_rows(customer: Customer, holding: Holding, grant: Grant, ids: Ids, now: int) -> None:
    """Adds one row per item; inherited usage is put on the first row of its feature."""
    for item in holding.content.items:
        row = _row(customer, holding, item, ids, now)
        row.packs = _packs(item, grant.quantities.get(item.feature.id, 0))
        row.balance = exact(row.starting - _usage(customer, row, grant))
        _share_out(customer, row, grant)
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
        entity=holding.entity,
        shared_by=item.entity_feature if holding.entity is None else None,
    )


def _usage(customer: Customer, row: Row, grant: Grant) -> float:
    """What counts as used from the beginning: what is carried over, or the seats that are taken."""
    feature = row.feature
    if row.entity is None and feature.continuous:
        taken = grant.inherited_usage.setdefault(feature, customer.count_of(feature))
    else:
        taken = grant.inherited_usage.get(feature, 0)
    grant.inherited_usage[feature] = 0
    return taken


def _share_out(customer: Customer, row: Row, grant: Grant) -> None:
    for entity in customer.entities.values():
        row.share_with(entity)
    for share in row.shares.values():
        used = grant.inherited_shares.pop((row.feature, share.entity), 0)
        share.balance = exact(share.balance - used)


def _packs(item: Item, quantity: float) -> float:
    """Quantities are in units and include the allowance."""
    if item.price is None or not item.prepaid:
        return 0
    return packs(item.price, item.included, quantity)
