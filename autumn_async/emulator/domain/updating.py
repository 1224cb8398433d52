"""Changing a plan that is held: its packs, its terms, its version, its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct

from .beginnings import Beginning, begin
from .cancelling import cancel
from .changes import Change, bill_of, plan_change
from .discounts import as_paid
from .failures import ApiError, refused
from .intervals import Interval
from .invoices import Bill, LineItem, starting, unused
from .quantities import change_quantities
from .subscriptions import Subscription
from .topups import top_up

if TYPE_CHECKING:
    from .attach_terms import Terms
    from .customers import Customer
    from .entities import Entity
    from .environment import Environment
    from .holdings import Holding
    from .plans import Content, PlanVersion


class Update(Struct):
    """What is to become of a plan that is held; what is None stays as it is."""

    holding: Holding
    action: str | None = None
    in_full: bool = False
    quantities: Mapping[str, float] | None = None
    version: PlanVersion | None = None
    content: Content | None = None
    trial_given: bool = False
    spread: bool = False
    """Spread a change of packs over all balances of the feature."""


def update(env: Environment, customer: Customer, wanted: Update, terms: Terms, now: int) -> Change:
    """Changes one plan; the first thing that was asked for says what kind of change it is."""
    holding = wanted.holding
    change = Change(env, customer, now, holding.entity, cycle=holding.subscription)
    if holding.status == "scheduled" and not wanted.action and not terms.without_payment:
        raise refused("Cannot update a scheduled plan; cancel it or wait until it has started")
    if wanted.content or wanted.version or terms.anchor is not None:
        _update_plan(change, wanted, terms)
    elif wanted.quantities is not None and holding.content.buys_once(wanted.quantities):
        _require_top_up_alone(wanted)
        top_up(change, holding, wanted.quantities, terms)
    elif wanted.quantities is not None:
        change_quantities(change, holding, wanted.quantities, terms, spread=wanted.spread)
    elif wanted.action:
        cancel(change, holding, wanted.action, terms, in_full=wanted.in_full)
    change.bill_instead(holding.version.plan.id, terms.own_lines)
    return change


def target(
    customer: Customer,
    entity: Entity | None,
    plan_id: str | None,
    name: str | None,
    quantities: Mapping[str, float] | None,
) -> Holding:
    """The plan that is meant; without a hint the one that comes first in the list."""
    asked = quantities or {}
    hinted = name is not None or plan_id is not None
    for holding in customer.subscribed():
        named = name is None or name in (holding.id, holding.subscription_id)
        meant = named and plan_id in (None, holding.version.plan.id)
        if holding.entity is entity and meant and (hinted or holding.content.sells(asked)):
            return holding
    owner = f"customer '{customer.shown_id}'"
    if name is not None:
        text = f"No active subscription found with subscription_id '{name}' for {owner}"
    elif plan_id is not None:
        text = f"No active subscription found for plan '{plan_id}' on {owner}"
    else:
        text = f"No active subscription found for {owner}"
    raise ApiError(404, "cus_product_not_found", text)


def _require_top_up_alone(wanted: Update) -> None:
    if wanted.action or len(wanted.quantities or ()) != 1:
        raise refused("A top-up takes exactly one feature and nothing else")


def _update_plan(change: Change, wanted: Update, terms: Terms) -> None:
    """The same plan with other terms; what the customer has used stays used."""
    holding, now = wanted.holding, change.now
    version = wanted.version or holding.version
    content = wanted.content or version.content
    _require_difference(holding, version, content, terms)
    change.intent = "update_plan"
    quantities = {**holding.quantities, **(wanted.quantities or {})}
    subscription, trial_ends_at = _cycle(change, wanted, content, terms)
    bill = bill_of(change.customer, holding)
    renewed = Bill(version.plan, content, quantities, bill.seats)
    if not terms.without_payment:
        change.lines += _difference(holding, bill, renewed, subscription, terms, now)
        if subscription is not holding.subscription:
            change.close(holding.subscription)
    change.leaving.append(holding)
    change.cycle = subscription
    change.joining.append(renewed)
    begun = Beginning(
        version=version,
        starts_at=holding.started_at,
        custom=None if content == version.content else content,
        quantities=quantities,
        subscription=subscription,
        subscription_id=holding.subscription_id,
        trial_ends_at=trial_ends_at,
        canceled_at=holding.canceled_at,
        ends_at=holding.ends_at,
        reverts_to=holding.reverts_to,
        next_quantities=holding.next_quantities,
        entity=holding.entity,
        anchor=subscription.anchor if subscription else holding.started_at,
    )
    regrants = version is not holding.version or content.items != holding.content.items
    if not regrants and terms.anchor is None and quantities == holding.quantities:
        change.then(partial(_reprice, holding, begun))
        return
    change.incoming.append(plan_change(holding))
    change.incoming[0].version, change.incoming[0].content = version, content
    change.incoming[0].quantities = quantities
    change.outgoing.append(plan_change(holding))
    change.outgoing[0].effective_at = now
    change.then(partial(begin, change.env, change.customer, begun, now, holding, terms.inheritance))


def _reprice(holding: Holding, begun: Beginning) -> None:
    """Other prices for the same items change the plan where it is."""
    holding.custom = begun.custom
    holding.subscription = begun.subscription
    holding.trial_ends_at = begun.trial_ends_at


def _require_difference(
    holding: Holding, version: PlanVersion, content: Content, terms: Terms
) -> None:
    if content.one_off != holding.one_off:
        raise refused("Cannot change a plan between one-off and recurring prices")
    same = version is holding.version and content == holding.content
    if same and terms.anchor is None:
        raise refused("The plan is already held with exactly these items")


def _cycle(
    change: Change, wanted: Update, content: Content, terms: Terms
) -> tuple[Subscription | None, int | None]:
    """The cycle the changed plan is paid in, and the end of its trial."""
    holding, now = wanted.holding, change.now
    held = holding.subscription
    unlinked = holding.content.cycle is not None and held is None
    if content.cycle is None or terms.without_payment or unlinked:
        return (held if content.cycle else None), holding.trial_ends_at
    trial_end = _trial_end(holding, wanted, content, now)
    restarts = (
        held is None
        or terms.anchor is not None
        or trial_end != (holding.trial_ends_at if holding.trialing(now) else None)
    )
    if not restarts:
        return held, trial_end
    change.opens_cycle = True
    anchor = terms.anchor or trial_end or now
    trial = trial_end is not None
    return Subscription(change.env.ids.new("sub", now), now, anchor, trial), trial_end


def _trial_end(holding: Holding, wanted: Update, content: Content, now: int) -> int | None:
    if not wanted.trial_given:
        return holding.trial_ends_at if holding.trialing(now) else None
    trial = content.free_trial
    return Interval(trial.unit, trial.length).after(now) if trial else None


def _difference(
    holding: Holding,
    old: Bill,
    new: Bill,
    subscription: Subscription | None,
    terms: Terms,
    now: int,
) -> list[LineItem]:
    """What comes back and what is due; prices that stay the same are not mentioned."""
    if not terms.prorate:
        return []
    credits = list(unused(old, holding.subscription, now))
    charges = [line for line in starting(new, subscription, now) if line.period]
    same = [
        (credit, charge) for credit in credits for charge in charges if _offsets(credit, charge)
    ]
    gone: Sequence[LineItem] = [line for pair in same for line in pair]
    due = [line for line in charges if line not in gone]
    return as_paid(holding.subscription, (each for each in credits if each not in gone)) + due


def _offsets(credit: LineItem, charge: LineItem) -> bool:
    return (
        credit.feature_id == charge.feature_id
        and credit.period == charge.period
        and credit.quantity == charge.quantity
        and credit.amount == -charge.amount
    )
