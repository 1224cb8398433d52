"""Automatic top-ups: packs that are bought by themselves when a balance runs low.

A customer's own setting counts before those of its plans. It buys packs that are paid once, of
the plan attached last that sells such; a plan's setting buys the packs of that plan only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct

from .discounts import coupons, discounted, note_billed
from .intervals import Interval
from .payments import link_to_provider, write_invoice
from .standing import total
from .topups import add_packs, purchase

if TYPE_CHECKING:
    from .controls import Entry
    from .customers import Customer
    from .environment import Environment
    from .features import Feature
    from .holdings import Holding
    from .invoices import LineItem
    from .rows import Row

NAME = "auto_topups"


class Purchases(Struct):
    """How often a feature has been topped up in the window that a limit counts in."""

    ends_at: int
    count: float = 0


class Setting(NamedTuple):
    """When to buy how much; `holding` is the plan that says so, None for the customer itself."""

    entry: Entry
    holding: Holding | None


def top_up_low(env: Environment, customer: Customer, features: Iterable[Feature], now: int) -> None:
    """Buys more of each feature of which there is too little left."""
    for feature in features:
        setting = _setting(customer, feature)
        if setting and setting.entry["enabled"]:
            _top_up(env, customer, feature, setting, now)


def enabled(customer: Customer) -> set[str]:
    """The ids of the features that a customer's own settings top up."""
    entries: Iterable[Entry] = customer.billing_controls.get(NAME, ())
    return {entry["feature_id"] for entry in entries if entry["enabled"]}


def purchases(customer: Customer, entry: Entry, now: int) -> Purchases | None:
    """What a purchase limit has counted in the window of now; None before the first purchase."""
    known = customer.topups.get(entry["feature_id"])
    limit: Entry | None = entry.get("purchase_limit")
    if known and limit and known.ends_at <= now:
        return Purchases(_window(limit).next_after(known.ends_at, now))
    return known


def take_counts(customer: Customer, now: int) -> None:
    """Counts that settings come with aren't settings: they say how often was topped up so far."""
    for entry in customer.billing_controls.get(NAME, ()):
        limit = entry.get("purchase_limit", {})
        if "count" in limit:
            _counted(customer, entry, now).count = limit.pop("count")


def _setting(customer: Customer, feature: Feature) -> Setting | None:
    for setting in _settings(customer):
        if setting.entry["feature_id"] == feature.id:
            return setting
    return None


def _settings(customer: Customer) -> Iterator[Setting]:
    """The customer's own come first, then those of its plans, the newest plan's first."""
    for entry in customer.billing_controls.get(NAME, ()):
        yield Setting(entry, None)
    for holding in reversed(customer.holdings):
        if holding.active and holding.entity is None:
            for entry in holding.content.billing_controls.get(NAME, ()):
                yield Setting(entry, holding)


def _top_up(
    env: Environment, customer: Customer, feature: Feature, setting: Setting, now: int
) -> None:
    rows, entry = customer.ledger.rows(feature, now), setting.entry
    if not _low(rows, entry, now) or _used_up(customer, entry, now):
        return
    row = _packs(rows, setting.holding)
    by_invoice = bool(entry.get("invoice_mode"))
    if row and (customer.has_card or by_invoice):
        _buy(env, customer, row, entry["quantity"], "open" if by_invoice else "paid", now)
        _counted(customer, entry, now).count += 1


def _low(rows: Sequence[Row], entry: Entry, now: int) -> bool:
    """Is there no more left than the threshold? Overage counts as less than nothing."""
    standing = total(rows, now)
    left = standing.remaining - standing.overage
    return standing.unlimited is None and left <= entry["threshold"]


def _buy(
    env: Environment, customer: Customer, row: Row, units: float, status: str, now: int
) -> None:
    lines: list[LineItem] = []
    for item in row.holding.content.items if row.holding else ():
        if row.holding and item.feature is row.feature and item.sold_once:
            lines += purchase(row.holding, item, units)
    lines = discounted(lines, coupons(customer, None, now))
    link_to_provider(env, customer, now)
    write_invoice(env, customer, lines, (), now, status)
    note_billed(customer, None, lines)
    add_packs(customer, row, units, now)


def _packs(rows: Iterable[Row], holding: Holding | None) -> Row | None:
    """The balance to fill up. Packs that are priced by volume aren't bought by themselves."""
    sold = [
        row
        for row in rows
        if row.sold_once
        and not (row.price and row.price.tier_behavior == "volume")
        and holding in (None, row.holding)
    ]
    return max(sold, key=_attached_at, default=None)


def _attached_at(row: Row) -> int:
    return row.sequence


def _used_up(customer: Customer, entry: Entry, now: int) -> bool:
    limit: Entry | None = entry.get("purchase_limit")
    counted = purchases(customer, entry, now)
    return limit is not None and counted is not None and counted.count >= limit["limit"]


def _counted(customer: Customer, entry: Entry, now: int) -> Purchases:
    """The window of now; without a limit the purchases of a month are counted."""
    counted = purchases(customer, entry, now)
    if counted is None:
        counted = Purchases(_window(entry.get("purchase_limit")).after(now))
    customer.topups[entry["feature_id"]] = counted
    return counted


def _window(limit: Any) -> Interval:
    if limit is None:
        return Interval("month")
    return Interval(limit["interval"], limit["interval_count"])
