"""May the customer use so much of a feature? Which balance answers, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct

from . import controls, windows
from .amounts import exact
from .standing import Standing, standing

if TYPE_CHECKING:
    from .environment import Environment
    from .features import Feature, Funding
    from .subjects import Subject


class Pool(Struct):
    """What can be drawn on of one feature, and what the asked amount comes to there."""

    feature: Feature
    required: float
    standing: Standing


class Verdict(Struct):
    """What the answer is, and which pool gives it."""

    allowed: bool
    pool: Pool


class Question(NamedTuple):
    """Who asks for how much of what; `amount` is in units of the feature."""

    subject: Subject
    feature: Feature
    amount: float
    properties: Mapping[str, Any]
    now: int


def check(env: Environment, question: Question) -> Verdict:
    """The feature's own balance answers, or the first credit system that seems able to pay."""
    pool, allowed = _choose(env, question)
    if pool.feature is question.feature:
        return Verdict(allowed, pool)
    return Verdict(allows(question, pool, pool.required), pool)


def price(question: Question, funding: Funding) -> float:
    """What the asked amount costs in a credit system: tiers go on from where its row stands."""
    rate = funding.member.rate_of(question.properties)
    position = 0.0
    if rate.tiers:
        rows = question.subject.rows(funding.system, question.now)
        position = rows[0].metered.get((question.feature, rate.name), 0) if rows else 0
    return rate.credits(position, question.amount)


def _choose(env: Environment, question: Question) -> tuple[Pool, bool]:
    """Compares the amount unconverted, as the server does; only the verdict converts it."""
    own = _pool(question, question.feature, question.amount)
    if allows(question, own, question.amount):
        return own, True
    funded = [
        _pool(question, each.system, price(question, each))
        for each in env.features.funding(question.feature)
    ]
    for pool in funded:
        if allows(question, pool, question.amount):
            return pool, True
    owned = [pool for pool in (*funded, own) if pool.standing.rows]
    return (owned or funded or [own])[0], False


def _pool(question: Question, feature: Feature, required: float) -> Pool:
    return Pool(feature, required, standing(question.subject, feature, question.now))


def allows(question: Question, pool: Pool, required: float) -> bool:
    """The formula: unlimited, usage limits, overage and its limits, what remains."""
    total = pool.standing
    if not total.rows:
        return False
    if question.feature.boolean or total.unlimited or required < 0:
        return True
    if not _within_usage_limits(question, pool, required):
        return False
    return required <= total.remaining or required <= exact(
        total.remaining + _overage_left(question.subject, pool)
    )


def _within_usage_limits(question: Question, pool: Pool, required: float) -> bool:
    subject, properties, now = question.subject, question.properties, question.now
    room = windows.room(subject, question.feature, properties, now)
    if room is not None and room < question.amount:
        return False
    if pool.feature is question.feature:
        return True
    room = windows.room(subject, pool.feature, properties, now)
    return room is None or room >= required


def _overage_left(subject: Subject, pool: Pool) -> float:
    """How much may be used beyond what remains."""
    total = pool.standing
    choice = controls.overage_choice(subject, pool.feature)
    if choice is False or not (choice or total.overage_allowed):
        return 0
    limit = controls.spend_limit(subject, pool.feature, total.granted)
    if limit is None:
        limit = total.overage_cap if total.overage_allowed else None
    return float("inf") if limit is None else max(0, limit - total.overage)
