"""What to offer a customer who was denied something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from .beginnings import main_plan
from .trials import trial_available

if TYPE_CHECKING:
    from .environment import Environment
    from .features import Feature
    from .plans import Content, Plan, PlanVersion
    from .subjects import Subject


class Offer(NamedTuple):
    """A plan that would grant the feature."""

    version: PlanVersion
    upgrades: bool
    """It takes the place of a plan that is paid for."""
    tries_for_free: bool

    @property
    def extra(self) -> bool:
        """It is bought in addition to what is held."""
        return self.version.plan.add_on or self.version.content.one_off


class Paywall(NamedTuple):
    """The denied feature and the plans that would grant it, the one to name first."""

    feature: Feature
    offers: Sequence[Offer]


def paywall(env: Environment, subject: Subject, feature: Feature) -> Paywall:
    """The plans with the feature that cost more than what the subject holds, the cheapest first.

    Add-ons come after main plans, those that are held already are left out.
    """
    held = {holding.version.plan for holding in subject.holdings()}
    paid = max((_amount(plan.latest.content) for plan in held if not plan.add_on), default=-1)
    offers: list[Offer] = []
    for plan in sorted(env.plans.listed(archived=False), key=_order):
        content = plan.latest.content
        if not any(item.feature is feature for item in content.items):
            continue
        if (plan.add_on and (plan not in held or content.one_off)) or (
            not plan.add_on and _amount(content) > paid
        ):
            offers.append(_offer(env, subject, plan))
    return Paywall(feature, offers)


def _offer(env: Environment, subject: Subject, plan: Plan) -> Offer:
    current = None if plan.add_on else main_plan(subject.customer, plan.group, subject.entity)
    trial = plan.latest.content.free_trial
    tries = trial is not None and trial_available(env, subject.customer, plan, subject.entity)
    return Offer(plan.latest, current is not None and current.content.priced, tries)


def _amount(content: Content) -> float:
    return content.price.amount if content.price else 0


def _order(plan: Plan) -> tuple[bool, float]:
    return plan.add_on, _amount(plan.latest.content)
