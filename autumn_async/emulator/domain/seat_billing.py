"""Paid seats, and whatever else is in use until it is freed: a change is billed at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from .amounts import exact
from .discounts import as_paid, coupons, discounted, note_billed
from .failures import ApiError
from .invoices import Charge, LineItem, total
from .payments import link_to_provider, write_invoice
from .pricing import cost, rounded_up

if TYPE_CHECKING:
    from .customers import Customer
    from .environment import Environment
    from .plans import Price
    from .rows import Row


class SeatChange(NamedTuple):
    """The balance of a row that counts seats, before and after."""

    row: Row
    before: float
    after: float


def bill_seats(
    env: Environment, customer: Customer, changes: Iterable[SeatChange], now: int
) -> None:
    """Charges for seats that are taken for the rest of the period, and pays back freed ones.

    Raises a 402 if they cost something and there is no card to charge.
    """
    billed = [(change.row, _difference(customer, change, now)) for change in changes]
    lines = [line for _, each in billed for line in each]
    if not lines:
        return
    if total(lines) > 0 and not customer.has_card:
        raise ApiError(
            402,
            "pay_invoice_failed",
            f"Failed to pay invoice for feature {lines[0].feature_id}:"
            " check the customer's payment method and retry",
        )
    link_to_provider(env, customer, now)
    write_invoice(env, customer, lines, (), now)
    for row, each in billed:
        note_billed(customer, row.holding.subscription if row.holding else None, each)


def _difference(customer: Customer, change: SeatChange, now: int) -> list[LineItem]:
    """The old number comes back and the new one is due; a trial is free."""
    row, price = change.row, change.row.price
    cycle = row.holding.subscription if row.holding else None
    if price is None or cycle is None or not row.allocated or cycle.trialing(now):
        return []
    before, after = (_charge(row, price, balance) for balance in (change.before, change.after))
    if before.amount == after.amount:
        return []
    period = cycle.period(price.interval, now)
    share, rest = period.share_left(now), period._replace(start=now)
    credits = as_paid(cycle, [before.line(rest, share, unused=True)])
    return credits + discounted([after.line(rest, share)], coupons(customer, cycle, now))


def _charge(row: Row, price: Price, balance: float) -> Charge:
    assert row.holding
    in_use = max(row.allowance, exact(row.ceiling - balance))
    quantity = rounded_up(price, row.allowance, in_use)
    amount = cost(price, row.allowance, quantity)
    return Charge(row.holding.version.plan, row.feature, quantity, amount, price.interval)
