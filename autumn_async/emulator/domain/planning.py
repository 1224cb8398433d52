"""Creating and changing plans: what changes in place, and what makes a new version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from .controls import merged
from .failures import ApiError, refused
from .plan_rules import check_auto_enable, check_content

if TYPE_CHECKING:
    from .environment import Environment
    from .plans import Content, Plan, PlanVersion

DETAILS = ("name", "group", "description", "add_on", "archived", "metadata")


class Versioning(Struct, frozen=True):
    """How the caller wants a change of content to be stored."""

    force: bool = False
    disable: bool = False
    all: bool = False

    def check(self) -> None:
        names = {"force_version": self.force, "disable_version": self.disable}
        given = [name for name, on in {**names, "all_versions": self.all}.items() if on]
        if len(given) > 1:
            message = f"Cannot use both {' and '.join(given)}"
            raise ApiError(400, "conflicting_version_flags", message)


def create_plan(env: Environment, plan: Plan, content: Content, now: int) -> None:
    env.plans.require_free(plan.id)
    check_content(content)
    if plan.auto_enable:
        check_auto_enable(env, plan, plan.group, content)
    plan.add_version(content, now)
    env.plans.add(plan)


def update_plan(
    env: Environment,
    version: PlanVersion,
    details: dict[str, Any],
    content: Content,
    how: Versioning,
    now: int,
) -> None:
    """Details change in place; content does too, unless customers are on the version."""
    how.check()
    check_content(content)
    plan = version.plan
    if details.get("auto_enable", plan.auto_enable):
        check_auto_enable(env, plan, details.get("group", plan.group), content)
    _rename(env, plan, details)
    for name in DETAILS:
        if name in details:
            setattr(plan, name, details[name])
    plan.auto_enable = details.get("auto_enable", plan.auto_enable)
    plan.config = {**plan.config, **details.get("config", {})}
    _store(env, version, content, how, now)


def changed_controls(content: Content, given: dict[str, Any]) -> dict[str, Any]:
    return merged(content.billing_controls, given)


def _store(
    env: Environment, version: PlanVersion, content: Content, how: Versioning, now: int
) -> None:
    in_use = version.holders and content != version.content and not how.disable
    if how.all:
        for each in version.plan.versions:
            _edit(env, each, content)
    elif how.force or in_use:
        version.plan.add_version(content, now)
    else:
        _edit(env, version, content)


def _edit(env: Environment, version: PlanVersion, content: Content) -> None:
    """Changes a version in place. Whoever holds it keeps the items and prices it had."""
    old, version.content = version.content, content
    if not version.holders:
        return
    same = (old.items, old.price) == (content.items, content.price)
    for customer in env.customers:
        for holding in customer.holdings:
            if holding.version is version and not (same and holding.custom is None):
                holding.custom = _kept(holding.custom or old, old, content)


def _kept(held: Content, old: Content, new: Content) -> Content:
    """Billing controls are no part of what was bought: those of the plan apply."""
    if held.billing_controls != old.billing_controls:
        return held
    return replace(held, billing_controls=new.billing_controls)


def _rename(env: Environment, plan: Plan, details: dict[str, Any]) -> None:
    new_id = details.get("new_plan_id", plan.id)
    if new_id == plan.id:
        return
    if plan.holders:
        text = "Cannot change product ID because it has existing customers"
        raise refused(text, status=409)
    if any(plan.id in program.plan_ids for program in env.referrals.programs()):
        text = "Cannot change product ID because reward programs refer to it"
        raise refused(text, status=409)
    env.plans.require_free(new_id, status=409)
    env.plans.rename(plan, new_id)
