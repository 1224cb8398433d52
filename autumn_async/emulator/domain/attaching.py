"""Attaching plans that need no payment, switching between them, and cancelling them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .amounts import exact
from .failures import ApiError, not_emulated, refused
from .granting import Grant, grant_rows
from .holdings import Holding
from .intervals import ONE_OFF, Interval
from .referrals import reward_purchase
from .rows import Row, Share

if TYPE_CHECKING:
    from .customers import Customer
    from .entities import Entity
    from .environment import Environment
    from .features import Feature
    from .plans import Plan, PlanVersion

Selection = Callable[["Feature"], bool]


def none_of_them(feature: Feature) -> bool:
    return False


@dataclass(slots=True)
class Terms:
    """How a plan is attached."""

    subscription_id: str | None = None
    quantities: Mapping[str, float] = field(default_factory=dict[str, float])
    carry_usage: Selection = none_of_them
    carry_balance: Selection = none_of_them
    entity: Entity | None = None
    """Who gets it alone; None attaches it to the customer."""
    without_payment: bool = False


def attach(
    env: Environment, customer: Customer, version: PlanVersion, terms: Terms, now: int
) -> Holding:
    """Attaches a plan; a main plan replaces the one held in its group at once."""
    current = _current(customer, version.plan, terms.entity)
    if current and current.version.plan is version.plan:
        raise ApiError(
            409,
            "plan_already_attached",
            f"Cannot attach because the customer's current product '{version.plan.name}'"
            " is the same as the product being attached",
        )
    _require_payable(version, current, terms)
    _require_unused(customer, terms.subscription_id)
    grant = Grant(now, terms.quantities)
    if current:
        _leave(env, customer, current, terms, grant, now)
    holding = _begin(env, customer, version, terms, grant, now)
    trialing = holding.trial_ends_at is not None
    reward_purchase(env, customer, version, trialing=trialing, now=now)
    return holding


def attach_default(env: Environment, customer: Customer, version: PlanVersion, now: int) -> None:
    """Attaches a plan that new customers get; one with prices starts as a trial."""
    holding = _begin(env, customer, version, Terms(), Grant(now), now)
    trial = version.content.free_trial
    if version.content.priced and trial:
        holding.trial_ends_at = Interval(trial.unit, trial.length).after(now)


def cancel(env: Environment, customer: Customer, holding: Holding, now: int) -> None:
    """Ends a plan at once; the group's free default plan takes its place, if there is one."""
    expire(customer, holding)
    plan = holding.version.plan
    if plan.add_on or holding.one_off or holding.entity:
        return
    for default in defaults(env, only_free=True):
        if default.plan.group == plan.group and default.plan is not plan:
            attach_default(env, customer, default, now)


def expire(customer: Customer, holding: Holding) -> None:
    holding.status = "expired"
    customer.holdings.remove(holding)
    customer.former.append(holding)
    for row in _rows_of(customer, holding):
        customer.ledger.drop(row)


def defaults(env: Environment, *, only_free: bool = False) -> Iterator[PlanVersion]:
    """One plan per group of those that new customers get; a trial wins over a free plan."""
    chosen: dict[str, PlanVersion] = {}
    for plan in env.plans.listed(archived=False):
        if plan.auto_enable and not (only_free and plan.latest.content.priced):
            known = chosen.get(plan.group)
            if known is None or plan.latest.content.priced:
                chosen[plan.group] = plan.latest
    yield from chosen.values()


def end_trials(env: Environment, customer: Customer, now: int) -> None:
    """A default trial that nobody paid for ends with the plan, at the next read."""
    for holding in tuple(customer.holdings):
        if holding.trial_ends_at is not None and holding.trial_ends_at <= now:
            cancel(env, customer, holding, now)


def _current(customer: Customer, plan: Plan, entity: Entity | None) -> Holding | None:
    """The main plan that attaching this one to the same subject would replace."""
    if plan.add_on or plan.latest.content.one_off:
        return None
    for holding in customer.holdings:
        held = holding.version.plan
        if holding.entity is not entity:
            continue
        if held.group == plan.group and not held.add_on and not holding.one_off:
            return holding
    return None


def _require_payable(version: PlanVersion, current: Holding | None, terms: Terms) -> None:
    paid = version.content.priced or (current is not None and current.version.content.priced)
    if paid and not terms.without_payment:
        raise not_emulated(f"billing.attach of plans with prices (plan {version.plan.id})")


def _require_unused(customer: Customer, subscription_id: str | None) -> None:
    if subscription_id is None:
        return
    if any(holding.subscription_id == subscription_id for holding in customer.holdings):
        message = f"subscription_id '{subscription_id}' is already in use for this customer"
        raise ApiError(409, "duplicate_subscription_id", message)


def _begin(
    env: Environment,
    customer: Customer,
    version: PlanVersion,
    terms: Terms,
    grant: Grant,
    now: int,
) -> Holding:
    holding = Holding(env.ids.new("cus_prod", now), version, now, now, terms.subscription_id)
    holding.entity = terms.entity
    customer.holdings.append(holding)
    version.holders += 1
    grant_rows(customer, holding, grant, env.ids, now)
    return holding


def _leave(
    env: Environment, customer: Customer, old: Holding, terms: Terms, grant: Grant, now: int
) -> None:
    """Ends the old plan. Its cycle goes on; usage of seats always moves to the new plan."""
    grant.anchor = old.started_at
    for row in _rows_of(customer, old):
        feature = row.feature
        grant.rollovers.setdefault(feature, []).extend(row.rollovers)
        for part in row.parts(None):
            if feature.continuous or terms.carry_usage(feature):
                _carry_usage(row, part, grant)
            elif terms.carry_balance(feature) and part.balance > 0:
                customer.ledger.add(_leftover(env, customer, row, part, now))
    expire(customer, old)


def _carry_usage(row: Row, part: Row | Share, grant: Grant) -> None:
    used = exact(part.ceiling - part.balance)
    if isinstance(part, Share):
        grant.inherited_shares[row.feature, part.entity] = used
    else:
        before = grant.inherited_usage.get(row.feature, 0)
        grant.inherited_usage[row.feature] = exact(before + used)


def _leftover(env: Environment, customer: Customer, row: Row, part: Row | Share, now: int) -> Row:
    """What was left on a plan's row, as a standalone row that ends with the old period."""
    return Row(
        id=env.ids.new("cus_ent", now),
        feature=row.feature,
        created_at=now,
        sequence=customer.ledger.next_sequence(),
        allowance=part.balance,
        balance=part.balance,
        reset=ONE_OFF,
        expires_at=row.next_reset_at,
        entity=part.entity,
    )


def _rows_of(customer: Customer, holding: Holding) -> list[Row]:
    return [row for row in customer.ledger.all_rows() if row.holding is holding]


def require_cancellable(holding: Holding, action: str, *, without_payment: bool) -> None:
    """Only an immediate cancel makes sense for plans without a billing cycle."""
    at_end = action == "cancel_end_of_cycle"
    if holding.version.content.priced and (at_end or not without_payment):
        raise not_emulated(f"billing.update of plans with prices ({holding.version.plan.id})")
    if at_end:
        raise refused(
            "Free products do not have billing cycles; use cancel: 'immediately' instead."
        )
