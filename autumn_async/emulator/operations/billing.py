"""billing.attach, billing.multi_attach, billing.update, and their previews"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from ..answers.billing import attach_answer, preview_answer, redirect_answer
from ..domain.attach_terms import Terms
from ..domain.attaching import attach, attach_several, require_redirectable
from ..domain.changes import Change
from ..domain.failures import refused
from ..domain.passing_time import plan_ahead
from ..domain.payments import Order, carry_out, checkout_mode
from ..domain.updating import Update, target, update
from .billing_bodies import (
    ATTACH,
    KEEP_USAGE,
    MULTI_ATTACH,
    UPDATE,
    customized,
    quantities_from,
    require_consumable,
    terms_from,
    use_discounts,
    wanted_from,
)
from .call import Answer, Call, Operation
from .plan_bodies import free_trial_from

Planned = tuple[Change, Terms]


def planned_attach(call: Call) -> Planned:
    """What an attach with these parameters would do."""
    params = call.params
    subject = call.subject()
    require_consumable(call.env, params)
    terms = terms_from(params, call.now)
    wanted = wanted_from(call.env, params, subject.entity)
    change = attach(call.env, subject.customer, wanted, terms, call.now)
    use_discounts(call, change)
    return change, terms


def planned_multi_attach(call: Call) -> Planned:
    params = call.params
    subject = call.subject()
    terms = terms_from(params, call.now)
    if terms.starts_later(call.now):
        raise refused("starts_at must not be in the future")
    several = [
        wanted_from(call.env, each, call.subject({**params, **each}).entity)
        for each in params["plans"]
    ]
    if "free_trial" in params:
        trial = free_trial_from(params["free_trial"])
        for wanted in several:
            wanted.content = replace(wanted.content, free_trial=trial)
            wanted.trial_given = True
    change = attach_several(call.env, subject.customer, several, terms, call.now)
    require_redirectable(subject.customer, terms)
    use_discounts(call, change)
    return change, terms


def planned_update(call: Call) -> Planned:
    params, env = call.params, call.env
    customer, entity = call.subject()
    quantities = quantities_from(params) if "feature_quantities" in params else None
    holding = target(
        customer, entity, params.get("plan_id"), params.get("subscription_id"), quantities
    )
    version = holding.version.plan.version(params["version"]) if "version" in params else None
    customize = params.get("customize")
    content = None
    if customize:
        base = version.content if version else holding.content
        content = customized(env, base, customize)
    wanted = Update(
        holding=holding,
        action=params.get("cancel_action"),
        in_full=params.get("refund_last_payment") == "full",
        quantities=quantities,
        version=version,
        content=content,
        trial_given="free_trial" in (customize or {}),
        spread=params.get("recalculate_balances", {}).get("enabled", False),
    )
    terms = terms_from(params, call.now, KEEP_USAGE)
    change = update(env, customer, wanted, terms, call.now)
    use_discounts(call, change)
    return change, terms


def _carry_out(operation: str, planner: Callable[[Call], Planned], call: Call) -> Answer:
    change, terms = planner(call)
    order = call.order or Order(operation, call.params, call.params.get("success_url"))
    outcome = carry_out(change, terms, order)
    plan_ahead(change.customer, call.now)
    return attach_answer(call.params, outcome, call.origin)


def _preview(planner: Callable[[Call], Planned], call: Call) -> Answer:
    change, _ = planner(call)
    return _shown(call, change) | {"intent": change.intent}


def _preview_attach(planner: Callable[[Call], Planned], call: Call) -> Answer:
    change, terms = planner(call)
    has_card = change.customer.has_card and bool(change.customer.stripe_id)
    mode = checkout_mode(change, terms, has_card=has_card)
    return _shown(call, change) | redirect_answer(mode)


def _shown(call: Call, change: Change) -> Answer:
    params: Any = call.params
    return preview_answer(change, params["customer_id"], call.env.name, params["expand"])


OPERATIONS = {
    "billing.attach": Operation(ATTACH, partial(_carry_out, "billing.attach", planned_attach)),
    "billing.multi_attach": Operation(
        MULTI_ATTACH, partial(_carry_out, "billing.multi_attach", planned_multi_attach)
    ),
    "billing.update": Operation(UPDATE, partial(_carry_out, "billing.update", planned_update)),
    "billing.preview_attach": Operation(ATTACH, partial(_preview_attach, planned_attach)),
    "billing.preview_multi_attach": Operation(
        MULTI_ATTACH, partial(_preview_attach, planned_multi_attach)
    ),
    "billing.preview_update": Operation(UPDATE, partial(_preview, planned_update)),
}
