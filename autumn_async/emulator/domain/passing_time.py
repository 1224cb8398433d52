"""What happens to plans when time passes: renewals, ends, trials that run out, scheduled starts.

Nothing runs by itself: whoever reads a customer brings it up to date first, moment by moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .beginnings import (
    Beginning,
    activate,
    begin,
    begin_default,
    default_successor,
    expire,
    main_plan,
)
from .changes import bill_of
from .discounts import coupons, discounted, note_billed
from .invoices import LineItem, renewing, total
from .overages import arrears, settle
from .payments import write_invoice
from .quantities import start_next_quantities

if TYPE_CHECKING:
    from .customers import Customer
    from .environment import Environment
    from .holdings import Holding
    from .subscriptions import Subscription


def let_time_pass(env: Environment, customer: Customer, now: int) -> None:
    """Brings a customer's plans up to date. Costs one comparison when nothing is due."""
    due = customer.plans_due_at
    while due is not None and due <= now:
        _reach(env, customer, due)
        plan_ahead(customer, due)
        due = customer.plans_due_at


def plan_ahead(customer: Customer, now: int) -> None:
    """Notes when the next thing happens; to be called after any change of its plans."""
    for subscription in _subscriptions(customer):
        subscription.renews_at = _next_renewal(customer, subscription, now)
    moments = [moment for holding in customer.holdings for moment in _moments(holding)]
    customer.plans_due_at = min((each for each in moments if each > now), default=None)


def _moments(holding: Holding) -> list[int]:
    """When something happens to a plan by itself."""
    starts_at = None if holding.active else holding.started_at
    renews_at = holding.subscription.renews_at if holding.subscription else None
    moments = (starts_at, holding.ends_at, holding.trial_ends_at, renews_at)
    return [moment for moment in moments if moment is not None]


def _subscriptions(customer: Customer) -> list[Subscription]:
    found = {id(each.subscription): each.subscription for each in customer.holdings}
    return [subscription for subscription in found.values() if subscription]


def _next_renewal(customer: Customer, subscription: Subscription, now: int) -> int | None:
    """The next moment at which a price of the cycle is due again."""
    ends = [
        subscription.period(interval, now).end
        for holding in customer.holdings
        if holding.subscription is subscription
        for interval in holding.content.price_intervals
        if interval.recurs
    ]
    return min((end for end in ends if end > now), default=None)


def _reach(env: Environment, customer: Customer, moment: int) -> None:
    """Everything that happens at one moment: usage is billed before anything ends."""
    due = [(each, _usage(customer, each, moment)) for each in _subscriptions(customer)]
    for holding in tuple(customer.holdings):
        if holding.active:
            _end(env, customer, holding, moment)
    for holding in tuple(customer.holdings):
        if not holding.active and holding.started_at <= moment:
            group = holding.version.plan.group
            replaced = main_plan(customer, group, holding.entity) if holding.main else None
            activate(env, customer, holding, moment, replaced)
    for subscription, lines in due:
        _charge(env, customer, subscription, lines, moment)


def _usage(customer: Customer, subscription: Subscription, moment: int) -> list[LineItem]:
    """What was used in a period, or by a plan, that ends at that moment."""
    lines: list[LineItem] = []
    for holding in customer.holdings:
        final = holding.ends_at is not None and holding.ends_at <= moment
        renews = subscription.renews_at == moment
        if holding.subscription is subscription and holding.active and (final or renews):
            lines += arrears(customer, holding, moment, final=final)
            settle(customer, holding, moment, final=final)
    return lines


def _end(env: Environment, customer: Customer, holding: Holding, moment: int) -> None:
    """A plan that was cancelled ends; so does a trial, and with it what nobody pays for."""
    if holding.ends_at is not None and holding.ends_at <= moment:
        _finish(env, customer, holding, moment)
    elif holding.trial_ends_at is not None and holding.trial_ends_at <= moment:
        holding.trial_ends_at = None
        if holding.reverts_to:
            _revert(env, customer, holding, holding.reverts_to, moment)
        elif not customer.has_card:
            _finish(env, customer, holding, moment)


def _finish(env: Environment, customer: Customer, holding: Holding, moment: int) -> None:
    """The plan scheduled to follow starts by itself; without one the group's default does."""
    group = holding.version.plan.group
    follows = main_plan(customer, group, holding.entity, "scheduled") if holding.main else None
    if follows and follows.started_at <= moment:
        activate(env, customer, follows, moment, holding)
        return
    successor = default_successor(env, customer, holding)
    expire(customer, holding, moment)
    if successor:
        begin_default(env, customer, successor, moment)


def _revert(
    env: Environment, customer: Customer, holding: Holding, former: Holding, moment: int
) -> None:
    back = Beginning(
        version=former.version,
        starts_at=moment,
        custom=former.custom,
        quantities=former.quantities,
        subscription=holding.subscription,
        subscription_id=former.subscription_id,
        entity=former.entity,
        anchor=moment,
    )
    begin(env, customer, back, moment, replaced=holding)


def _charge(
    env: Environment,
    customer: Customer,
    subscription: Subscription,
    lines: list[LineItem],
    moment: int,
) -> None:
    """Writes the invoice of a moment; one that is due and that no card pays stays open."""
    plan_ids = [line.plan_id for line in lines]
    if subscription.renews_at == moment:
        lines += subscription.deferred
        subscription.deferred = []
        for holding in customer.holdings:
            if holding.subscription is subscription and holding.active:
                start_next_quantities(customer, holding, moment)
                lines += renewing(bill_of(customer, holding), subscription, moment)
                plan_ids.append(holding.version.plan.id)
    if lines:
        lines = discounted(lines, coupons(customer, subscription, moment))
        status = "paid" if customer.has_card or total(lines) <= 0 else "open"
        write_invoice(env, customer, lines, plan_ids, moment, status)
        note_billed(customer, subscription, lines)
