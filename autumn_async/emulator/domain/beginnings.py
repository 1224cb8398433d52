"""How plans begin and end for a customer, whoever has asked for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from .amounts import exact
from .changes import rows_of
from .features import Selection, none_of_them
from .granting import Grant, grant_rows
from .holdings import Holding
from .intervals import ONE_OFF, Interval
from .rows import Row, Share
from .subscriptions import Subscription
from .trials import note_trial

if TYPE_CHECKING:
    from .customers import Customer
    from .entities import Entity
    from .environment import Environment
    from .plans import Content, PlanVersion


class Beginning(Struct):
    """A plan that is about to begin. Moments in milliseconds."""

    version: PlanVersion
    starts_at: int
    custom: Content | None = None
    quantities: Mapping[str, float] = {}
    next_quantities: Mapping[str, float] = {}
    subscription: Subscription | None = None
    subscription_id: str | None = None
    trial_ends_at: int | None = None
    canceled_at: int | None = None
    ends_at: int | None = None
    reverts_to: Holding | None = None
    entity: Entity | None = None
    anchor: int | None = None
    """What the resets of its balances are counted from; None: from its start."""

    @property
    def content(self) -> Content:
        return self.custom or self.version.content


class Inheritance(Struct):
    """What a plan takes over from the one it replaces."""

    usage: Selection = none_of_them
    balance: Selection = none_of_them


def begin(
    env: Environment,
    customer: Customer,
    wanted: Beginning,
    now: int,
    replaced: Holding | None = None,
    inheritance: Inheritance | None = None,
) -> Holding:
    """Starts a plan, or schedules it. What it replaces ends, and hands its usage on."""
    grant = Grant(wanted.starts_at if wanted.anchor is None else wanted.anchor, wanted.quantities)
    if replaced:
        _hand_over(env, customer, replaced, inheritance or Inheritance(), grant, now)
        expire(customer, replaced, now)
    holding = Holding(
        id=env.ids.new("cus_prod", now),
        version=wanted.version,
        created_at=now,
        started_at=wanted.starts_at,
        subscription_id=wanted.subscription_id,
        trial_ends_at=wanted.trial_ends_at,
        entity=wanted.entity,
        custom=wanted.custom,
        subscription=wanted.subscription,
        quantities=dict(wanted.quantities),
        next_quantities=dict(wanted.next_quantities),
        canceled_at=wanted.canceled_at,
        ends_at=wanted.ends_at,
        reverts_to=wanted.reverts_to,
    )
    customer.holdings.append(holding)
    wanted.version.holders += 1
    if wanted.trial_ends_at is not None:
        note_trial(env, customer, wanted.version.plan, wanted.entity)
    if wanted.starts_at > now:
        holding.status = "scheduled"
    else:
        grant_rows(customer, holding, grant, env.ids, now)
    return holding


def activate(
    env: Environment, customer: Customer, holding: Holding, now: int, replaced: Holding | None
) -> None:
    """A scheduled plan starts; the usage of seats moves to it."""
    subscription = holding.subscription
    grant = Grant(subscription.anchor if subscription else now, holding.quantities)
    if replaced:
        _hand_over(env, customer, replaced, Inheritance(), grant, now)
        expire(customer, replaced, now)
    holding.status = "active"
    grant_rows(customer, holding, grant, env.ids, now)


def begin_default(env: Environment, customer: Customer, version: PlanVersion, now: int) -> None:
    """Starts a plan that new customers get; one with prices starts as a trial.

    Its balances are reset a month after the start, and not at the end of the trial.
    """
    wanted = Beginning(version, now)
    trial = version.content.free_trial
    if version.content.priced and trial:
        wanted.trial_ends_at = Interval(trial.unit, trial.length).after(now)
        wanted.subscription = Subscription(
            env.ids.new("sub", now), now, wanted.trial_ends_at, trial=True
        )
    begin(env, customer, wanted, now)


def expire(customer: Customer, holding: Holding, now: int) -> None:
    holding.status, holding.ends_at = "expired", now
    customer.holdings.remove(holding)
    customer.former.append(holding)
    for row in rows_of(customer, holding):
        customer.ledger.drop(row)


def drop_scheduled(customer: Customer, holding: Holding) -> None:
    """Takes back a plan that hasn't begun; it leaves no trace."""
    customer.holdings.remove(holding)
    holding.version.holders -= 1


def defaults(env: Environment, *, only_free: bool = False) -> Iterator[PlanVersion]:
    """One plan per group of those that new customers get; a trial wins over a free plan."""
    chosen: dict[str, PlanVersion] = {}
    for plan in env.plans.listed(archived=False):
        if plan.auto_enable and not (only_free and plan.latest.content.priced):
            known = chosen.get(plan.group)
            if known is None or plan.latest.content.priced:
                chosen[plan.group] = plan.latest
    yield from chosen.values()


def main_plan(
    customer: Customer, group: str, entity: Entity | None, status: str = "active"
) -> Holding | None:
    """The main plan of a group that a customer, or one of its entities, holds."""
    for holding in customer.holdings:
        mine = holding.entity is entity and holding.version.plan.group == group
        if mine and holding.main and holding.status == status:
            return holding
    return None


def default_successor(env: Environment, customer: Customer, ended: Holding) -> PlanVersion | None:
    """The free plan that new customers get in that group: it takes over when another ends."""
    plan = ended.version.plan
    if not ended.main or ended.entity is not None or _other_paid(customer, ended):
        return None
    for default in defaults(env, only_free=True):
        if default.plan.group == plan.group and default.plan is not plan:
            return default
    return None


def _other_paid(customer: Customer, ended: Holding) -> bool:
    return any(
        holding is not ended
        and holding.active
        and holding.main
        and holding.content.priced
        and holding.version.plan.group == ended.version.plan.group
        for holding in customer.holdings
    )


def _hand_over(
    env: Environment,
    customer: Customer,
    old: Holding,
    inheritance: Inheritance,
    grant: Grant,
    now: int,
) -> None:
    """Usage of seats always moves to the new plan, and so do rollovers; the rest if asked for."""
    for row in rows_of(customer, old):
        feature = row.feature
        grant.rollovers.setdefault(feature, []).extend(row.rollovers)
        for part in row.parts(None):
            if row.sold_once and part.balance > 0:
                # Packs that were paid once are not lost with the plan they came with.
                customer.ledger.add(_leftover(env, customer, row, part, now, None))
            elif feature.continuous or inheritance.usage(feature):
                _carry_usage(row, part, grant)
            elif inheritance.balance(feature) and part.balance > 0:
                leftover = _leftover(env, customer, row, part, now, row.next_reset_at)
                customer.ledger.add(leftover)


def _carry_usage(row: Row, part: Row | Share, grant: Grant) -> None:
    used = exact(part.ceiling - part.balance)
    if isinstance(part, Share):
        grant.inherited_shares[row.feature, part.entity] = used
    else:
        before = grant.inherited_usage.get(row.feature, 0)
        grant.inherited_usage[row.feature] = exact(before + used)


def _leftover(
    env: Environment,
    customer: Customer,
    row: Row,
    part: Row | Share,
    now: int,
    expires_at: int | None,
) -> Row:
    """What was left on a plan's row, as a standalone row."""
    return Row(
        id=env.ids.new("cus_ent", now),
        feature=row.feature,
        created_at=now,
        sequence=customer.ledger.next_sequence(),
        allowance=part.balance,
        balance=part.balance,
        reset=ONE_OFF,
        expires_at=expires_at,
        entity=part.entity,
    )
