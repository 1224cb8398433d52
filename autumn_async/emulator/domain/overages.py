"""Usage beyond what is included, paid when a cycle or a plan ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .amounts import exact
from .changes import rows_of
from .features import Selection, none_of_them
from .invoices import Charge, LineItem
from .pricing import cost

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
        if not carried(row.feature)
        for line in _line(holding, row, moment)
    ]


def settle(customer: Customer, holding: Holding, moment: int, *, final: bool = True) -> None:
    """Usage that has been billed isn't billed again."""
    for row in _overdrawn(customer, holding, moment, final):
        row.balance = 0


def _overdrawn(customer: Customer, holding: Holding, moment: int, final: bool) -> Iterator[Row]:
    """The balances with usage to be paid: all of them, or those whose period ends just then."""
    subscription = holding.subscription
    for row in rows_of(customer, holding):
        if row.price and row.usage_based and row.feature.consumable and row.balance < 0:
            interval = row.price.interval
            if final or (subscription and subscription.period(interval, moment).start == moment):
                yield row


def _line(holding: Holding, row: Row, moment: int) -> Iterator[LineItem]:
    subscription = holding.subscription
    if row.price is None or subscription is None or subscription.trialing(moment - 1):
        return
    quantity = exact(row.allowance - row.balance)
    amount = cost(row.price, row.allowance, quantity)
    period = subscription.period(row.price.interval, moment - 1)
    charge = Charge(holding.version.plan, row.feature, quantity, amount, row.price.interval)
    yield charge.line(period._replace(end=min(moment, period.end)))
