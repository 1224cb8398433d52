"""What attaching or updating plans would do: worked out first, then shown or carried out.

A preview shows a change and an operation carries it out, so both say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from .amounts import exact
from .discounts import coupons, discounted
from .invoices import Bill, LineItem, renewing, total
from .pricing import rounded_up

if TYPE_CHECKING:
    from .customers import Customer
    from .discounts import Discount
    from .entities import Entity
    from .environment import Environment
    from .features import Feature
    from .holdings import Holding
    from .plans import Content, Plan, PlanVersion
    from .rows import Row
    from .subscriptions import Period, Subscription

Effect = Callable[[], object]


class PlanChange(Struct):
    """A plan that comes, goes or changes, as previews list it. Moments in milliseconds."""

    version: PlanVersion
    content: Content
    quantities: Mapping[str, float]
    effective_at: int | None = None
    canceled_at: int | None = None
    expires_at: int | None = None

    def units(self) -> dict[str, float]:
        """The units of each prepaid feature, in whole packs."""
        return {
            item.feature.id: rounded_up(
                item.price, item.included, self.quantities.get(item.feature.id, 0)
            )
            for item in self.content.items
            if item.price and item.prepaid
        }


class UsageLine(NamedTuple):
    """Usage that will be paid when the next cycle ends."""

    plan: Plan
    feature: Feature
    period: Period


class NextCycle(NamedTuple):
    """What will be due when the next cycle begins."""

    starts_at: int
    lines: Sequence[LineItem]
    usage: Sequence[UsageLine]


class Change(Struct):
    """Everything that one call does to a customer's plans."""

    env: Environment
    customer: Customer
    now: int
    entity: Entity | None = None
    """Whose plans they are; None for those of the customer itself."""
    lines: list[LineItem] = []
    """What is due at once."""
    incoming: list[PlanChange] = []
    outgoing: list[PlanChange] = []
    effects: list[Effect] = []
    cycle: Subscription | None = None
    """The cycle that the plans are paid in."""
    joining: list[Bill] = []
    """Plans that will be paid in that cycle and aren't yet."""
    leaving: list[Holding] = []
    """Plans that won't be paid in that cycle any longer."""
    discounts: list[Discount] = []
    """Coupons that are used now."""
    opens_cycle: bool = False
    shows_next: bool = True
    """Whether a preview always shows the next period; if the first one starts right now,
    it does so only where the next one costs something else."""
    intent: str = "none"

    def then(self, effect: Effect) -> None:
        self.effects.append(effect)

    def bill_instead(self, plan_id: str, own: Sequence[tuple[str, float]]) -> None:
        """The caller's own lines, if there are any, stand in for those worked out here."""
        if own:
            self.lines = [LineItem(plan_id, text, text, amount) for text, amount in own]

    def join(self, other: Change) -> None:
        """Makes another change part of this one: they are charged together."""
        self.lines += other.lines
        self.incoming += other.incoming
        self.outgoing += other.outgoing
        self.effects += other.effects
        self.joining += other.joining
        self.leaving += other.leaving
        self.cycle = self.cycle or other.cycle

    def apply(self) -> None:
        for effect in self.effects:
            effect()

    def next_cycle(self) -> NextCycle | None:
        """What the next period costs; None where nothing is paid again."""
        cycle = self.cycle
        bills = [*self._staying(), *self.joining]
        starts = [
            cycle.period(interval, self.now).end
            for bill in bills
            for interval in bill.content.price_intervals
            if cycle and interval.recurs
        ]
        if cycle is None or not starts:
            return None
        moment = min(starts)
        due = (line for bill in bills for line in renewing(bill, cycle, moment))
        lasting = [each for each in self.discounts if each.lasts(moment)]
        known = [each for each in coupons(self.customer, cycle, moment) if not each.once]
        lines = discounted(due, [*known, *lasting])
        if not self.shows_next and total(lines) == total(self.lines):
            return None
        return NextCycle(moment, lines, list(_usage_lines(bills, cycle, moment)))

    def close(self, cycle: Subscription | None) -> None:
        """Bills what was to be billed with the next period of a cycle that a plan leaves."""
        if cycle and cycle.deferred:
            self.lines += cycle.deferred
            self.then(cycle.deferred.clear)

    def use(self, discounts: Sequence[Discount]) -> None:
        """Takes coupons off what is due now, and off what will be while they last."""
        self.discounts += discounts
        known = coupons(self.customer, self.cycle, self.now)
        self.lines = discounted(self.lines, [*known, *discounts])
        if self.cycle:
            kept = [each for each in discounts if each.lasts(self.now)]
            self.then(partial(self.cycle.discounts.extend, kept))

    def _staying(self) -> Iterator[Bill]:
        for holding in self.customer.holdings:
            mine = self.cycle is not None and holding.subscription is self.cycle
            if mine and holding not in self.leaving and holding.ends_at is None:
                bill = bill_of(self.customer, holding)
                bill.quantities = {**holding.quantities, **holding.next_quantities}
                yield bill


def plan_change(holding: Holding) -> PlanChange:
    """A plan held, as previews list it."""
    return PlanChange(holding.version, holding.content, holding.quantities)


def bill_of(customer: Customer, holding: Holding) -> Bill:
    """A plan held, as far as payment is concerned."""
    seats = seats_in_use(customer, holding)
    return Bill(holding.version.plan, holding.content, holding.quantities, seats)


def seats_in_use(customer: Customer, holding: Holding) -> dict[Feature, float]:
    """The usage of each of its features that is freed again and never reset."""
    usage: dict[Feature, float] = {}
    for row in rows_of(customer, holding):
        if row.feature.continuous:
            usage[row.feature] = exact(usage.get(row.feature, 0) + row.ceiling - row.balance)
    return usage


def rows_of(customer: Customer, holding: Holding) -> list[Row]:
    return [row for row in customer.ledger.all_rows() if row.holding is holding]


def _usage_lines(bills: Sequence[Bill], cycle: Subscription, moment: int) -> Iterator[UsageLine]:
    for bill in bills:
        for item in bill.content.items:
            if item.price and item.in_arrears:
                period = cycle.period(item.price.interval, moment)
                if period.start == moment:
                    yield UsageLine(bill.plan, item.feature, period)
