"""Usage beyond what is included, paid when a cycle or a plan ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .amounts import exact
from .changes import rows_of
from .controls import unbilled
from .features import Selection, none_of_them
from .invoices import Charge, LineItem
from .pricing import cost
from .subjects import Subject

if TYPE_CHECKING:
    from .customers import Customer
    from .holdings import Holding
    from .rows import Row


def arrears(
    customer: Customer,
    holding: Holding,
    moment: int,
    *,
    final: bool = True,
    carried: Selection = none_of_them,
) -> list[LineItem]:
    """What is due for usage up to a moment at which the plan, or a period of it, ends.

    Usage that is carried over to another plan is not due yet.
    """
    return [
        line
        for row in _overdrawn(customer, holding, moment, final)
        if not carried(row.feature) and not _forgiven(customer, holding, row)
        for line in _line(holding, row, moment)
    ]


def settle(customer: Customer, holding: Holding, moment: int, *, final: bool = True) -> None:
    """Usage that has been billed isn't billed again."""
    for row in _overdrawn(customer, holding, moment, final):
        for part in row.parts(None):
            part.balance = max(0, part.balance)


def _overdrawn(customer: Customer, holding: Holding, moment: int, final: bool) -> Iterator[Row]:
    """The balances with usage to be paid: all of them, or those whose period ends just then."""
    subscription = holding.subscription
    for row in rows_of(customer, holding):
        if row.price and row.usage_based and row.feature.consumable and _overage(row):
            interval = row.price.interval
            if final or (subscription and subscription.period(interval, moment).start == moment):
                yield row


def _overage(row: Row) -> float:
    return exact(sum(max(0, -part.balance) for part in row.parts(None)))


def _forgiven(customer: Customer, holding: Holding, row: Row) -> bool:
    """Is usage beyond what is included counted, but not charged for?"""
    subject = Subject(customer, holding.entity)
    return bool(customer.config.get("disable_overage_billing")) or unbilled(subject, row.feature)


def _line(holding: Holding, row: Row, moment: int) -> Iterator[LineItem]:
    subscription = holding.subscription
    if row.price is None or subscription is None or subscription.trialing(moment - 1):
        return
    quantity = exact(row.allowance + _overage(row))
    amount = cost(row.price, row.allowance, quantity)
    period = subscription.period(row.price.interval, moment - 1)
    charge = Charge(holding.version.plan, row.feature, quantity, amount, row.price.interval)
    yield charge.line(period._replace(end=min(moment, period.end)))
