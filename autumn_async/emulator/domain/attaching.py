"""Attaching plans: which one is replaced, when, and what is due for it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from .amounts import exact
from .attach_terms import Terms, Wanted, check_new, check_scheduled, check_switch
from .beginnings import Beginning, begin, drop_scheduled, main_plan
from .cancelling import end_of_cycle, set_ending
from .changes import Change, PlanChange, bill_of, plan_change, seats_in_use
from .discounts import as_paid
from .failures import ApiError, refused
from .invoices import Bill, LineItem, starting, unused
from .overages import arrears
from .pricing import is_upgrade, packs
from .referring import reward_purchase
from .starts import Start, find_start, reset_anchor

if TYPE_CHECKING:
    from .customers import Customer
    from .environment import Environment
    from .features import Feature
    from .holdings import Holding


def attach(env: Environment, customer: Customer, wanted: Wanted, terms: Terms, now: int) -> Change:
    """Attaches a plan; a main plan replaces the one held in its group, now or later."""
    change = Change(env, customer, now, wanted.entity)
    check_new(customer, wanted, terms, now)
    current = _replaced(customer, wanted)
    if current:
        check_switch(current, wanted, terms)
    ends_at = end_of_cycle(current, now) if current else None
    if current and ends_at is not None and _waits(current, wanted, terms):
        check_scheduled(wanted, terms)
        _schedule(change, current, wanted, terms, ends_at)
    else:
        _attach_now(change, current, wanted, terms)
    change.bill_instead(wanted.version.plan.id, terms.own_lines)
    return change


def attach_several(
    env: Environment, customer: Customer, several: Sequence[Wanted], terms: Terms, now: int
) -> Change:
    """Attaches plans at once, whatever they replace; they are paid together."""
    _require_one_per_group(several)
    change = Change(env, customer, now)
    for wanted in several:
        check_new(customer, wanted, terms, now)
        current = _replaced(customer, wanted)
        if current and current.version.plan is wanted.version.plan:
            raise refused(
                f'Cannot attach plan "{wanted.version.plan.id}"'
                " because the customer already has this product active."
            )
        if current:
            check_switch(current, wanted, terms)
        _attach_now(change, current, wanted, terms)
    return change


def _require_one_per_group(several: Sequence[Wanted]) -> None:
    seen: dict[tuple[str, object], list[str]] = {}
    for wanted in several:
        plan = wanted.version.plan
        if not plan.add_on and not wanted.content.one_off:
            seen.setdefault((plan.group, wanted.entity), []).append(plan.id)
    for ids in seen.values():
        if len(ids) > 1:
            names = ", ".join(f'"{plan_id}"' for plan_id in ids)
            raise refused(
                "Multi-attach supports at most one plan per group and scope,"
                f" but plans {names} conflict."
            )


def _replaced(customer: Customer, wanted: Wanted) -> Holding | None:
    """The main plan that this one takes the place of; add-ons and purchases take none."""
    plan = wanted.version.plan
    if plan.add_on or wanted.content.one_off:
        return None
    return main_plan(customer, plan.group, wanted.entity)


def _waits(current: Holding, wanted: Wanted, terms: Terms) -> bool:
    """Downgrades wait for the end of the cycle, unless the caller wants it otherwise."""
    if terms.schedule:
        return terms.schedule == "end_of_cycle"
    return terms.starts_at is None and not is_upgrade(current.content, wanted.content)


def _schedule(change: Change, current: Holding, wanted: Wanted, terms: Terms, moment: int) -> None:
    """The plan begins when the cycle of the current one ends."""
    plan, now = wanted.version.plan, change.now
    known = main_plan(change.customer, plan.group, wanted.entity, "scheduled")
    leaving = plan_change(current)
    leaving.canceled_at, leaving.expires_at = now, moment
    quantities = _quantities(current, wanted)
    change.incoming += [
        PlanChange(wanted.version, wanted.content, quantities, effective_at=moment),
        leaving,
    ]
    change.outgoing.append(plan_change(current))
    change.outgoing[-1].effective_at = moment
    change.cycle = current.subscription
    change.leaving += [holding for holding in (current, known) if holding]
    seats = _seats(change.customer, current, wanted)
    change.joining.append(Bill(plan, wanted.content, quantities, seats))
    if known and known.version is wanted.version and known.custom == wanted.custom:
        return
    paid_again = wanted.content.cycle is not None
    change.then(partial(set_ending, current, now, moment))
    _drop(change, known)
    later = Beginning(
        version=wanted.version,
        starts_at=moment,
        custom=wanted.custom,
        quantities=quantities,
        subscription=current.subscription if paid_again else None,
        subscription_id=wanted.subscription_id,
        ends_at=terms.ends_at,
        entity=wanted.entity,
    )
    change.then(partial(begin, change.env, change.customer, later, now))


def _drop(change: Change, scheduled: Holding | None) -> None:
    if scheduled:
        change.leaving.append(scheduled)
        change.then(partial(drop_scheduled, change.customer, scheduled))


def _attach_now(change: Change, current: Holding | None, wanted: Wanted, terms: Terms) -> None:
    """The plan begins, now or at the moment that was asked for, and the current one ends."""
    customer, now, plan = change.customer, change.now, wanted.version.plan
    start = find_start(change, current, wanted, terms)
    quantities = _quantities(current, wanted)
    later = start.starts_at > now
    replaced = None if later else current
    bill = Bill(plan, wanted.content, quantities, _seats(customer, current, wanted))
    change.lines += _due(change, replaced, bill, start, terms)
    if replaced and start.subscription is not replaced.subscription and not terms.without_payment:
        change.close(replaced.subscription)
    change.incoming.append(
        PlanChange(
            wanted.version,
            wanted.content,
            quantities,
            effective_at=start.starts_at if later else None,
        )
    )
    if replaced:
        change.outgoing.append(plan_change(replaced))
        change.outgoing[-1].effective_at = now
        change.leaving.append(replaced)
    if not plan.add_on and not wanted.content.one_off:
        _drop(change, main_plan(customer, plan.group, wanted.entity, "scheduled"))
    _join(change, start, bill)
    begun = Beginning(
        version=wanted.version,
        starts_at=start.starts_at,
        custom=wanted.custom,
        quantities=quantities,
        subscription=start.subscription,
        subscription_id=wanted.subscription_id,
        trial_ends_at=start.trial_ends_at,
        ends_at=terms.ends_at,
        reverts_to=start.reverts_to,
        entity=wanted.entity,
        anchor=reset_anchor(replaced, wanted, start, terms),
    )
    change.then(partial(begin, change.env, customer, begun, now, replaced, terms.inheritance))
    if not later:
        trialing = start.trial_ends_at is not None
        reward = partial(reward_purchase, change.env, customer, wanted.version)
        change.then(partial(reward, trialing=trialing, now=now))


def _seats(customer: Customer, current: Holding | None, wanted: Wanted) -> dict[Feature, float]:
    """The seats that are in use already: those of the plan before, or one for each entity."""
    seats = seats_in_use(customer, current) if current else {}
    if wanted.entity is None:
        for item in wanted.content.items:
            if item.feature.continuous:
                seats.setdefault(item.feature, customer.count_of(item.feature))
    return seats


def _due(
    change: Change, replaced: Holding | None, bill: Bill, start: Start, terms: Terms
) -> list[LineItem]:
    """What comes back of the old plan, what was used of it, and what the new one costs."""
    if terms.without_payment or start.starts_at > change.now:
        return []
    now, lines = change.now, list[LineItem]()
    if replaced and terms.prorate:
        cycle = replaced.subscription
        lines += as_paid(cycle, unused(bill_of(change.customer, replaced), cycle, now))
    if replaced:
        lines += arrears(change.customer, replaced, now, carried=terms.inheritance.usage)
    if terms.prorate or start.fresh:
        return lines + list(starting(bill, start.subscription, now))
    return lines + list(starting(bill, None, now))


def _join(change: Change, start: Start, bill: Bill) -> None:
    """Notes the cycle; its next period is news only if the first one doesn't start now."""
    if start.subscription is None:
        return
    if start.fresh:
        later = start.starts_at > change.now
        change.opens_cycle = change.opens_cycle or not later
        change.shows_next = later or start.trial_ends_at is not None
    change.cycle = start.subscription
    change.joining.append(bill)


def _quantities(current: Holding | None, wanted: Wanted) -> dict[str, float]:
    """What was asked for; packs that are paid again are kept where nothing was said."""
    quantities = dict(wanted.quantities)
    held = _packs(current) if current else {}
    for item in wanted.content.items:
        bought = held.get(item.feature)
        if item.price and item.prepaid and not item.sold_once and bought is not None:
            units = exact(item.included + bought * item.price.billing_units)
            quantities.setdefault(item.feature.id, units)
    return quantities


def _packs(holding: Holding) -> dict[Feature, float]:
    """How many packs of each feature a plan holds."""
    return {
        item.feature: packs(item.price, item.included, holding.quantities[item.feature.id])
        for item in holding.content.items
        if item.price and item.prepaid and item.feature.id in holding.quantities
    }


def require_redirectable(customer: Customer, terms: Terms) -> None:
    """Several plans at once can't be confirmed on a page once something is paid already."""
    if terms.redirect == "always" and customer.paying:
        raise ApiError(
            400,
            "invalid_redirect_mode",
            "redirect_mode 'always' is not supported with an existing subscription",
        )
