"""When a plan begins to be paid: in which cycle, and after which trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from .failures import refused
from .intervals import Interval
from .pricing import is_upgrade
from .subscriptions import Subscription
from .trials import trial_available

if TYPE_CHECKING:
    from .attach_terms import Terms, Wanted
    from .changes import Change
    from .holdings import Holding


class Start(Struct):
    """When a plan begins, in which cycle it is paid, and until when it is tried for free."""

    starts_at: int
    subscription: Subscription | None
    trial_ends_at: int | None
    fresh: bool = False
    """The cycle begins with this plan."""
    reverts_to: Holding | None = None
    """The plan that comes back when the trial ends."""


def find_start(change: Change, current: Holding | None, wanted: Wanted, terms: Terms) -> Start:
    """Joins a cycle that there is, or begins one: for a trial, or where nothing is paid yet."""
    now, cycle = change.now, wanted.content.cycle
    starts_at = now if terms.starts_at is None else terms.starts_at
    if cycle is None or terms.without_payment:
        kept = current.subscription if current and cycle else None
        return Start(starts_at, kept, None)
    existing = _existing(change, current, terms)
    trial_end = _trial_end(change, wanted, existing)
    shares = existing is not None and (
        existing is change.cycle or (trial_end is None and terms.anchor is None)
    )
    if existing and shares and (not existing.trialing(now) or _keeps_trial(current, wanted)):
        shared_trial = existing.anchor if existing.trialing(now) else None
        return Start(starts_at, existing, shared_trial)
    anchor = terms.anchor or trial_end or starts_at
    tried = trial_end is not None
    new = Subscription(change.env.ids.new("sub", now), starts_at, anchor, tried)
    trial = wanted.content.free_trial
    reverts = tried and trial is not None and trial.on_end == "revert"
    return Start(starts_at, new, trial_end, True, current if reverts else None)


def _keeps_trial(current: Holding | None, wanted: Wanted) -> bool:
    """An upgrade ends the trial of the plan it replaces; anything else shares it."""
    return current is None or not is_upgrade(current.content, wanted.content)


def _existing(change: Change, current: Holding | None, terms: Terms) -> Subscription | None:
    """The cycle that the plan is paid in, if it doesn't begin one of its own."""
    if change.cycle:
        return change.cycle
    if terms.own_subscription or terms.starts_later(change.now):
        return None
    if current and current.subscription:
        return current.subscription
    held = (holding.subscription for holding in change.customer.holdings if holding.active)
    return next((subscription for subscription in held if subscription), None)


def _trial_end(change: Change, wanted: Wanted, existing: Subscription | None) -> int | None:
    trial = wanted.content.free_trial
    if trial is None or wanted.content.cycle is None:
        return None
    plan = wanted.version.plan
    if not wanted.trial_given and not trial_available(
        change.env, change.customer, plan, wanted.entity
    ):
        return None
    if trial.on_end == "revert" and existing is None:
        raise refused("A trial that reverts requires a current paid subscription")
    return Interval(trial.unit, trial.length).after(change.now)


def reset_anchor(
    replaced: Holding | None, wanted: Wanted, start: Start, terms: Terms
) -> int | None:
    """What the resets of balances are counted from; None: from the start of the plan."""
    if terms.anchor is not None:
        return terms.anchor
    if start.subscription:
        return start.subscription.anchor
    if replaced and not replaced.content.priced and not wanted.content.priced:
        return replaced.started_at
    return None
