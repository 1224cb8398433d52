"""Buying more packs of a plan that is held, or fewer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from .amounts import exact
from .balances import add
from .changes import Change, bill_of, plan_change, rows_of
from .discounts import as_paid
from .invoices import Charge, LineItem
from .pricing import cost, packs, rounded_up

if TYPE_CHECKING:
    from .attach_terms import Terms
    from .customers import Customer
    from .holdings import Holding
    from .plans import Item, Price

UNBILLED: Final = ("bill_next_cycle", "none", "no_prorations")
"""Changes that the periods to come are paid by, and the current one is not."""


def change_quantities(
    change: Change, holding: Holding, wanted: Mapping[str, float], terms: Terms, *, spread: bool
) -> None:
    """Brings packs to a number: paid for the rest of the cycle, given back the same way."""
    change.intent = "update_quantity"
    coming = plan_change(holding)
    change.outgoing.append(plan_change(holding))
    change.outgoing[0].effective_at = change.now
    at_once: dict[str, float] = {}
    waiting: dict[str, float] = {}
    for item in sold(holding, wanted):
        feature_id = item.feature.id
        old, new = holding.quantities.get(feature_id, 0), wanted[feature_id]
        later = new < old and item.proration.decrease_waits
        (waiting if later else at_once)[feature_id] = new
        if terms.prorate and not terms.without_payment:
            _bill(change, holding, item, old, new)
    coming.quantities = {**holding.quantities, **at_once, **waiting}
    change.incoming.append(coming)
    change.leaving.append(holding)
    bill = bill_of(change.customer, holding)
    bill.quantities = coming.quantities
    change.joining.append(bill)
    change.then(partial(_set, change.customer, holding, at_once, waiting, spread, change.now))


def start_next_quantities(customer: Customer, holding: Holding, now: int) -> None:
    """Packs that were to be fewer from the next cycle on are fewer now."""
    if holding.next_quantities:
        _set(customer, holding, dict(holding.next_quantities), {}, False, now)


def sold(holding: Holding, wanted: Mapping[str, float]) -> Iterator[Item]:
    """The items that sell packs of such features."""
    for item in holding.content.items:
        if item.prepaid and item.feature.id in wanted:
            yield item


def _bill(change: Change, holding: Holding, item: Item, old: float, new: float) -> None:
    """Puts the difference on the invoice of today or on the next one, if it is billed at all."""
    lines = list(_lines(change, holding, item, old, new))
    how = item.proration.of(new - old)
    if how in UNBILLED:
        return
    if holding.subscription and how == "prorate_next_cycle":
        change.then(partial(holding.subscription.deferred.extend, lines))
    else:
        change.lines += lines


def _lines(
    change: Change, holding: Holding, item: Item, old: float, new: float
) -> Iterator[LineItem]:
    """The old quantity comes back and the new one is due, for the rest of the period."""
    subscription, price, now = holding.subscription, item.price, change.now
    if price is None or subscription is None or subscription.trialing(now):
        return
    before, after = (charge(holding, item, price, quantity) for quantity in (old, new))
    if before.quantity == after.quantity:
        return
    period = subscription.period(price.interval, now)
    share = period.share_left(now)
    yield from as_paid(subscription, [before.line(period._replace(start=now), share, unused=True)])
    yield after.line(period._replace(start=now), share)


def charge(holding: Holding, item: Item, price: Price, quantity: float) -> Charge:
    """What so many units cost for one interval, in whole packs."""
    units = rounded_up(price, item.included, quantity)
    amount = cost(price, item.included, units)
    return Charge(holding.version.plan, item.feature, units, amount, price.interval)


def _set(
    customer: Customer,
    holding: Holding,
    at_once: Mapping[str, float],
    waiting: Mapping[str, float],
    spread: bool,
    now: int,
) -> None:
    holding.quantities = {**holding.quantities, **at_once}
    kept = {name: units for name, units in holding.next_quantities.items() if name not in at_once}
    holding.next_quantities = kept | dict(waiting)
    for row in rows_of(customer, holding):
        quantity = at_once.get(row.feature.id)
        if quantity is None or row.price is None or row.usage_based:
            continue
        bought = packs(row.price, row.allowance, quantity)
        difference = exact((bought - row.packs) * row.price.billing_units)
        row.packs = bought
        if spread:
            rows = customer.ledger.rows(row.feature, now)
            add([each for each in rows if each.reset == row.reset], difference, holding.entity, now)
        else:
            row.balance = exact(row.balance + difference)
