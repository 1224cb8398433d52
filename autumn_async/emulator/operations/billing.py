"""billing.attach and billing.update, as far as no payment is involved"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..domain.attaching import (
    Selection,
    Terms,
    attach,
    cancel,
    none_of_them,
    require_cancellable,
)
from ..domain.failures import ApiError
from ..validation import (
    Issue,
    Shape,
    array,
    boolean,
    choice,
    number,
    optional,
    record,
    required,
    text,
)
from .call import Answer, Call, Operation

if TYPE_CHECKING:
    from ..domain.features import Feature
    from ..domain.holdings import Holding
    from ..domain.subjects import Subject

_CHANGES = (
    "feature_quantities",
    "version",
    "customize",
    "cancel_action",
    "recalculate_balances",
    "billing_cycle_anchor",
    "discounts",
)


def _changes_something(body: dict[str, Any]) -> Sequence[Issue]:
    if any(name in body for name in _CHANGES):
        return ()
    names = f"{', '.join(_CHANGES[:-1])}, or {_CHANGES[-1]}"
    return [("", f"At least one update parameter must be provided ({names})")]


def _customize_is_empty(body: dict[str, Any]) -> Sequence[Issue]:
    if body.get("customize", True):
        return ()
    return [("customize", "When using customize, say what: at least one key must be provided")]


_QUANTITIES = array(Shape({"feature_id": required(text()), "quantity": optional(number(0))}))
_CARRY_OVER = Shape({"enabled": required(boolean), "feature_ids": optional(array(text()))})
_UNSERVED = (
    "billing_cycle_anchor",
    "customize",
    "discounts",
    "ends_at",
    "free_trial",
    "invoice_mode",
    "starts_at",
)
ATTACH = Shape(
    {
        "customer_id": required(text()),
        "plan_id": required(text()),
        "entity_id": optional(text()),
        "version": optional(number()),
        "feature_quantities": optional(_QUANTITIES, default=()),
        "redirect_mode": optional(choice("always", "if_required", "never")),
        "plan_schedule": optional(choice("immediate", "end_of_cycle")),
        "subscription_id": optional(text()),
        "carry_over_usages": optional(_CARRY_OVER),
        "carry_over_balances": optional(_CARRY_OVER),
        "no_billing_changes": optional(boolean, default=False),
        "customize": optional(record()),
    },
    rules=(_customize_is_empty,),
    unserved=_UNSERVED,
)
UPDATE = Shape(
    {
        "customer_id": required(text()),
        "plan_id": optional(text()),
        "subscription_id": optional(text()),
        "entity_id": optional(text()),
        "feature_quantities": optional(_QUANTITIES),
        "no_billing_changes": optional(boolean, default=False),
        "cancel_action": optional(choice("cancel_immediately", "cancel_end_of_cycle", "uncancel")),
    },
    rules=(_changes_something,),
    unserved=(*_UNSERVED, "recalculate_balances", "version"),
)


def run_attach(call: Call) -> Answer:
    params, env = call.params, call.env
    subject = call.subject()
    version = env.plans.version(params["plan_id"], params.get("version"))
    terms = Terms(
        subscription_id=params.get("subscription_id"),
        quantities={
            each["feature_id"]: each.get("quantity", 0) for each in params["feature_quantities"]
        },
        carry_usage=_selection(params.get("carry_over_usages")),
        carry_balance=_selection(params.get("carry_over_balances")),
        entity=subject.entity,
        without_payment=params["no_billing_changes"],
    )
    attach(env, subject.customer, version, terms, call.now)
    return _answer(call)


def run_update(call: Call) -> Answer:
    subject = call.subject()
    holding = _target(subject, call.params)
    action: str | None = call.params.get("cancel_action")
    if action in ("cancel_immediately", "cancel_end_of_cycle"):
        unpaid: bool = call.params["no_billing_changes"]
        require_cancellable(holding, action, without_payment=unpaid)
        cancel(call.env, subject.customer, holding, call.now)
    return _answer(call)


def _target(subject: Subject, params: dict[str, Any]) -> Holding:
    """The plan that is meant; without a hint the one that comes first in the list."""
    plan_id, name = params.get("plan_id"), params.get("subscription_id")
    for holding in subject.customer.subscribed():
        if holding.entity is not subject.entity:
            continue
        by_name = name is None or name in (holding.id, holding.subscription_id)
        if by_name and plan_id in (None, holding.version.plan.id):
            return holding
    owner = f"customer '{params['customer_id']}'"
    if name is not None:
        text = f"No active subscription found with subscription_id '{name}' for {owner}"
    elif plan_id is not None:
        text = f"No active subscription found for plan '{plan_id}' on {owner}"
    else:
        text = f"No active subscription found for {owner}"
    raise ApiError(404, "cus_product_not_found", text)


def _selection(carry_over: Mapping[str, Any] | None) -> Selection:
    """Which consumable features are carried over to the new plan."""
    if not carry_over or not carry_over["enabled"]:
        return none_of_them
    wanted = carry_over.get("feature_ids")

    def selected(feature: Feature) -> bool:
        return feature.consumable and (wanted is None or feature.id in wanted)

    return selected


def _answer(call: Call) -> Answer:
    return {"customer_id": call.params["customer_id"], "payment_url": None}


OPERATIONS = {
    "billing.attach": Operation(ATTACH, run_attach),
    "billing.update": Operation(UPDATE, run_update),
}
