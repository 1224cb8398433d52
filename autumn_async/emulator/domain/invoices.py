"""Line items and the invoices they are put on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct

from .pricing import cost, payable, rounded, rounded_up

if TYPE_CHECKING:
    from .customers import Customer
    from .entities import Entity
    from .features import Feature
    from .intervals import Interval
    from .plans import Content, Plan
    from .subscriptions import Period, Subscription

CURRENCY: Final = "usd"
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Reduction(NamedTuple):
    """What a coupon takes off a line."""

    reward_id: str
    reward_name: str
    amount: float


class LineItem(Struct, frozen=True):
    """One line of an invoice. Amounts aren't rounded, totals are; credits are negative."""

    plan_id: str
    display_name: str
    description: str
    amount: float
    quantity: float = 1
    feature_id: str | None = None
    period: Period | None = None
    reductions: tuple[Reduction, ...] = ()

    @property
    def total(self) -> float:
        return self.amount - sum(each.amount for each in self.reductions)


class Invoice(Struct, eq=False):
    """What a customer was charged at one moment."""

    id: str
    customer: Customer
    created_at: int
    status: str
    """`paid`, `open`, `draft` or `void`."""
    lines: Sequence[LineItem]
    plan_ids: list[str]
    entity: Entity | None = None
    """Whose plans were paid; None for those of the customer itself."""

    @property
    def total(self) -> float:
        return total(self.lines)


def subtotal(lines: Iterable[LineItem]) -> float:
    return rounded(sum(line.amount for line in lines))


def total(lines: Iterable[LineItem]) -> float:
    return rounded(sum(line.total for line in lines))


class Charge(NamedTuple):
    """One price of a plan for the quantity held, per interval."""

    plan: Plan
    feature: Feature | None
    quantity: float
    amount: float
    interval: Interval

    def line(self, period: Period | None, share: float = 1, *, unused: bool = False) -> LineItem:
        """The price for a part of a period; what was paid and is not used comes back."""
        name = self.feature.called(self.quantity) if self.feature else self.plan.name
        return LineItem(
            plan_id=self.plan.id,
            display_name=self.feature.name if self.feature else self.plan.name,
            description=f"{'Unused ' if unused else ''}{self.plan.name} - "
            + (f"{self.quantity} {name}" if self.feature else "Base Price")
            + _dates(period),
            amount=payable(self.amount * (-share if unused else share)) or 0,
            quantity=self.quantity,
            feature_id=self.feature.id if self.feature else None,
            period=period,
        )


class Bill(Struct):
    """A plan as far as payment is concerned: what of it is used or bought."""

    plan: Plan
    content: Content
    quantities: Mapping[str, float]
    """Units of prepaid features, what is included among them."""
    seats: Mapping[Feature, float]
    """Usage of features that are neither used up nor reset."""

    def in_advance(self) -> Iterator[Charge]:
        """What is paid before it is used: the base price, packs, seats in use."""
        if base := self.content.price:
            yield Charge(self.plan, None, 1, base.amount, base.interval)
        for item in self.content.items:
            if item.price is None or item.in_arrears:
                continue
            if item.prepaid:
                quantity = self.quantities.get(item.feature.id, 0)
                quantity = rounded_up(item.price, item.included, quantity)
            else:
                quantity = max(item.included, self.seats.get(item.feature, 0))
            amount = cost(item.price, item.included, quantity)
            yield Charge(self.plan, item.feature, quantity, amount, item.price.interval)


def starting(bill: Bill, subscription: Subscription | None, now: int) -> Iterator[LineItem]:
    """What is due when a plan begins: the rest of each period, and what is paid once.

    A trial puts off whatever is paid again.
    """
    for charge in bill.in_advance():
        if not charge.interval.recurs:
            yield charge.line(None)
        elif subscription and not subscription.trialing(now):
            period = subscription.period(charge.interval, now)
            yield charge.line(period._replace(start=now), period.share_left(now))


def unused(
    bill: Bill, subscription: Subscription | None, now: int, *, in_full: bool = False
) -> Iterator[LineItem]:
    """What comes back of a plan that ends within its periods; a trial was never paid."""
    if subscription is None or subscription.trialing(now):
        return
    for charge in bill.in_advance():
        if charge.interval.recurs:
            period = subscription.period(charge.interval, now)
            share = 1 if in_full else period.share_left(now)
            yield charge.line(period._replace(start=now), share, unused=True)


def renewing(bill: Bill, subscription: Subscription, moment: int) -> Iterator[LineItem]:
    """What is due when periods begin: the prices for which `moment` is a boundary."""
    for charge in bill.in_advance():
        if charge.interval.recurs:
            period = subscription.period(charge.interval, moment)
            if period.start == moment:
                yield charge.line(period)


def _dates(period: Period | None) -> str:
    return f" (from {_date(period.start)} to {_date(period.end)})" if period else ""


def _date(moment: int) -> str:
    day = _EPOCH + timedelta(milliseconds=moment)
    return f"{day.day} {day:%b %Y}"
