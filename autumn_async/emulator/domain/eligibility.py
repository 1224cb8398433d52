"""What attaching a plan would mean for a customer, for price lists that know who is looking."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .beginnings import main_plan
from .pricing import is_upgrade
from .trials import trial_available

if TYPE_CHECKING:
    from .environment import Environment
    from .holdings import Holding
    from .plans import PlanVersion
    from .subjects import Subject


class Eligibility(NamedTuple):
    """`held` is what the customer has of the plan already."""

    action: str
    held: Holding | None
    tries_for_free: bool


def eligibility(env: Environment, subject: Subject, version: PlanVersion) -> Eligibility:
    plan, content = version.plan, version.content
    held = next((each for each in subject.holdings() if each.version.plan is plan), None)
    available = trial_available(env, subject.customer, plan, subject.entity)
    tries = content.free_trial is not None and available
    if content.one_off:
        return Eligibility("purchase", held, tries)
    return Eligibility("none" if held else _action(subject, version), held, tries)


def _action(subject: Subject, version: PlanVersion) -> str:
    current = main_plan(subject.customer, version.plan.group, subject.entity)
    if version.plan.add_on or current is None:
        return "activate"
    return "upgrade" if is_upgrade(current.content, version.content) else "downgrade"
