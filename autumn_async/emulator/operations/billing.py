"""billing.attach, billing.multi_attach, billing.update, and their previews"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..answers.billing import (
    attach_answer,
    preview_answer,
    redirect_answer,
    several_answer,
    verification_answer,
)
from ..domain.attach_terms import Terms
from ..domain.attaching import attach, attach_several, require_redirectable
from ..domain.changes import Change
from ..domain.failures import refused
from ..domain.passing_time import plan_ahead
from ..domain.payments import Order, carry_out, checkout_mode, require_no_checkout
from ..domain.updating import Update, target, update
from .billing_bodies import (
    ATTACH,
    KEEP_USAGE,
    MULTI_ATTACH,
    MULTI_UPDATE,
    UPDATE,
    VERIFY,
    customization,
    customized,
    quantities_from,
    require_consumable,
    terms_from,
    use_discounts,
    wanted_from,
)
from .call import Answer, Call, Operation

Planned = tuple[Change, Terms]


def planned_attach(call: Call) -> Planned:
    """What an attach with these parameters would do."""
    params = call.params
    subject = call.subject()
    require_consumable(call.env, params)
    terms = terms_from(params, call.now)
    wanted = wanted_from(call.env, params, subject.entity)
    change = attach(call.env, subject.customer, wanted, terms, call.now)
    require_no_checkout(change, terms)
    use_discounts(call, change)
    return change, terms


def planned_multi_attach(call: Call) -> Planned:
    params = call.params
    subject = call.subject()
    terms = terms_from(params, call.now)
    if terms.starts_later(call.now):
        raise refused("starts_at must not be in the future")
    shared = {name: params[name] for name in ("free_trial",) if name in params}
    several = [
        wanted_from(call.env, {**shared, **each}, call.subject({**params, **each}).entity)
        for each in params["plans"]
    ]
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
    customize = customization(params)
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
        trial_given="free_trial" in customize,
        spread=params.get("recalculate_balances", {}).get("enabled", False),
    )
    terms = terms_from(params, call.now, KEEP_USAGE)
    change = update(env, customer, wanted, terms, call.now)
    use_discounts(call, change)
    return change, terms


def planned_multi_update(call: Call) -> list[Change]:
    """What cancelling several plans, or going on with them, would do: by billing cycle."""
    params = call.params
    by_cycle: dict[object, Change] = {}
    for each in params["updates"]:
        asked = {**params, **each}
        customer, entity = call.subject(asked)
        holding = target(customer, entity, each.get("plan_id"), each.get("subscription_id"), None)
        in_full = params.get("refund_last_payment") == "full"
        wanted = Update(holding, each["cancel_action"], in_full)
        terms = Terms(prorate=each.get("proration_behavior") != "none")
        change = update(call.env, customer, wanted, terms, call.now)
        known = by_cycle.setdefault(holding.subscription or holding, change)
        if known is not change:
            known.join(change)
    for change in by_cycle.values():
        change.use(())
    return list(by_cycle.values())


def multi_update(call: Call) -> Answer:
    first, *others = planned_multi_update(call)
    for change in others:
        first.join(change)
    order = call.order or Order("billing.multi_update", call.params)
    outcome = carry_out(first, Terms(), order)
    plan_ahead(first.customer, call.now)
    return attach_answer(call.params, outcome, call.origin)


def preview_multi_update(call: Call) -> Answer:
    changes = planned_multi_update(call)
    return several_answer(changes, call.params["customer_id"], call.env.name)


def verify(call: Call) -> Answer:
    """Compares nothing: payments are simulated, and so always as they should be."""
    wanted = call.params.get("subscription_ids")
    customer = call.customer()
    cycles = dict.fromkeys(each.subscription.id for each in customer.holdings if each.subscription)
    shown = [each for each in cycles if wanted is None or each in wanted]
    return verification_answer(call.params["customer_id"], shown)


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
    "billing.multi_update": Operation(MULTI_UPDATE, multi_update),
    "billing.preview_multi_update": Operation(MULTI_UPDATE, preview_multi_update),
    "billing.verify": Operation(VERIFY, verify),
}
