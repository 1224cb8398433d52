"""Packs that are paid once: more of them, whether somebody asks or a balance runs low."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from .amounts import exact
from .changes import Change, rows_of
from .invoices import LineItem
from .pricing import packs, rounded_up
from .quantities import charge, sold

if TYPE_CHECKING:
    from .attach_terms import Terms
    from .customers import Customer
    from .holdings import Holding
    from .plans import Item
    from .rows import Row


def top_up(change: Change, holding: Holding, wanted: Mapping[str, float], terms: Terms) -> None:
    """Adds so many units to what the plan's packs have brought already."""
    change.intent = "update_quantity"
    for item in sold(holding, wanted):
        if not item.sold_once:
            continue
        units = wanted[item.feature.id]
        if not terms.without_payment:
            change.lines += purchase(holding, item, units)
        for row in rows_of(change.customer, holding):
            if row.feature is item.feature and row.sold_once:
                change.then(partial(add_packs, change.customer, row, units, change.now))


def purchase(holding: Holding, item: Item, units: float) -> list[LineItem]:
    """What the packs that hold so many units cost, whatever was bought before."""
    if item.price is None:
        return []
    return [charge(holding, item, item.price, item.included + units).line(None)]


def add_packs(customer: Customer, row: Row, units: float, now: int) -> None:
    """Puts bought packs on a balance; they first make good what others of the feature owe."""
    holding, price = row.holding, row.price
    if holding is None or price is None:
        return
    bought = packs(price, 0, units)
    left = exact(bought * price.billing_units)
    before = rounded_up(price, row.allowance, holding.quantities.get(row.feature.id, 0))
    holding.quantities[row.feature.id] = exact(before + left)
    row.packs = exact(row.packs + bought)
    for other in customer.ledger.rows(row.feature, now, row.entity):
        owed = -other.balance if other is not row and other.entity is row.entity else 0
        paid = max(0, min(owed, left))
        other.balance = exact(other.balance + paid)
        left = exact(left - paid)
    row.balance = exact(row.balance + left)
