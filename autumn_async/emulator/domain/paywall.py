"""What to offer a customer who was denied something."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .environment import Environment
    from .features import Feature
    from .plans import Content, Plan
    from .subjects import Subject


class Paywall(NamedTuple):
    """The denied feature, and the plan that would grant it; None where no plan does."""

    feature: Feature
    plan: Plan | None


def paywall(env: Environment, subject: Subject, feature: Feature) -> Paywall:
    """The cheapest plan with the feature that costs more than what the subject holds.

    Add-ons come after main plans, those that are held already are left out.
    """
    held = {holding.version.plan for holding in subject.holdings()}
    paid = max((_amount(plan.latest.content) for plan in held if not plan.add_on), default=-1)
    for plan in sorted(env.plans.listed(archived=False), key=_order):
        content = plan.latest.content
        if not any(item.feature is feature for item in content.items):
            continue
        if (plan.add_on and (plan not in held or content.one_off)) or (
            not plan.add_on and _amount(content) > paid
        ):
            return Paywall(feature, plan)
    return Paywall(feature, None)


def _amount(content: Content) -> float:
    return content.price.amount if content.price else 0


def _order(plan: Plan) -> tuple[bool, float]:
    return plan.add_on, _amount(plan.latest.content)
