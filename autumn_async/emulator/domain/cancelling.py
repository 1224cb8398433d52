"""Cancelling plans, now or when their cycle ends, and taking that back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from .beginnings import (
    Beginning,
    begin,
    begin_default,
    default_successor,
    drop_scheduled,
    expire,
    main_plan,
)
from .changes import Change, PlanChange, bill_of, plan_change
from .discounts import as_paid
from .failures import refused
from .invoices import unused
from .overages import arrears

if TYPE_CHECKING:
    from .attach_terms import Terms
    from .holdings import Holding


def cancel(change: Change, holding: Holding, action: str, terms: Terms, *, in_full: bool) -> None:
    """Adds to a change what such an action does to a plan."""
    change.intent = action
    change.cycle = holding.subscription
    if holding.status == "scheduled":
        _cancel_scheduled(change, holding, action)
    elif action == "cancel_immediately":
        _cancel_now(change, holding, terms, in_full)
    elif action == "cancel_end_of_cycle":
        _cancel_at_end(change, holding)
    else:
        _uncancel(change, holding)


def end_of_cycle(holding: Holding, now: int) -> int | None:
    """When what was paid for a plan runs out; None for plans that nobody pays again."""
    cycle = holding.content.cycle
    if cycle is None:
        return None
    period = holding.period(now)
    return period.end if period else cycle.next_after(holding.started_at, now)


def set_ending(holding: Holding, canceled_at: int | None, ends_at: int | None) -> None:
    """Marks a plan as one that will end, or as one that won't."""
    holding.canceled_at, holding.ends_at = canceled_at, ends_at


def drop_successor(change: Change, holding: Holding) -> None:
    """The plan that was to follow in the group won't."""
    group = holding.version.plan.group
    successor = main_plan(change.customer, group, holding.entity, "scheduled")
    if holding.main and successor and successor is not holding:
        change.leaving.append(successor)
        change.then(partial(drop_scheduled, change.customer, successor))


def _cancel_scheduled(change: Change, holding: Holding, action: str) -> None:
    """A plan that hasn't begun goes, and the one it was to replace stays."""
    if action == "uncancel":
        raise refused("Cannot uncancel a scheduled plan")
    change.outgoing.append(plan_change(holding))
    change.leaving.append(holding)
    change.then(partial(drop_scheduled, change.customer, holding))
    current = main_plan(change.customer, holding.version.plan.group, holding.entity)
    if current and holding.main:
        change.then(partial(set_ending, current, None, None))


def _cancel_now(change: Change, holding: Holding, terms: Terms, in_full: bool) -> None:
    customer, now = change.customer, change.now
    bill = bill_of(customer, holding)
    if terms.prorate and not terms.without_payment:
        credits = unused(bill, holding.subscription, now, in_full=in_full)
        change.lines += as_paid(holding.subscription, credits)
    if not terms.without_payment:
        change.lines += arrears(customer, holding, now)
        change.close(holding.subscription)
    change.outgoing.append(plan_change(holding))
    change.outgoing[-1].effective_at = now
    change.leaving.append(holding)
    drop_successor(change, holding)
    change.then(partial(set_ending, holding, now, now))
    change.then(partial(expire, customer, holding, now))
    if successor := default_successor(change.env, customer, holding):
        change.incoming.append(PlanChange(successor, successor.content, {}))
        change.then(partial(begin_default, change.env, customer, successor, now))


def _cancel_at_end(change: Change, holding: Holding) -> None:
    now, moment = change.now, end_of_cycle(holding, change.now)
    if moment is None:
        kind = "One-off" if holding.one_off else "Free"
        raise refused(
            f"{kind} products do not have billing cycles; use cancel: 'immediately' instead."
        )
    leaving = plan_change(holding)
    leaving.canceled_at, leaving.expires_at = holding.canceled_at or now, moment
    change.outgoing.append(plan_change(holding))
    change.outgoing[-1].effective_at = moment
    change.leaving.append(holding)
    if holding.canceled_at is None:
        drop_successor(change, holding)
        change.then(partial(set_ending, holding, now, moment))
        _schedule_default(change, holding, moment)
    change.incoming.append(leaving)


def _schedule_default(change: Change, holding: Holding, moment: int) -> None:
    successor = default_successor(change.env, change.customer, holding)
    if successor is None:
        return
    change.incoming.append(PlanChange(successor, successor.content, {}, effective_at=moment))
    later = Beginning(successor, moment)
    change.then(partial(begin, change.env, change.customer, later, change.now))


def _uncancel(change: Change, holding: Holding) -> None:
    """The plan goes on, and whatever was to follow it doesn't begin."""
    change.incoming.append(plan_change(holding))
    change.outgoing.append(plan_change(holding))
    change.outgoing[-1].effective_at = change.now
    if holding.canceled_at is not None:
        drop_successor(change, holding)
        change.then(partial(set_ending, holding, None, None))
        # It is paid again in the period that follows.
        change.joining.append(bill_of(change.customer, holding))
