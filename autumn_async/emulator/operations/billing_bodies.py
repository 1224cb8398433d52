"""The bodies of billing operations, and the terms that become of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from ..domain.attach_terms import Terms, Wanted
from ..domain.beginnings import Inheritance
from ..domain.discounts import Discount, discount_from, redeemable
from ..domain.failures import refused
from ..domain.features import Selection, all_of_them, none_of_them
from ..domain.plan_rules import check_content
from ..validation import (
    Issue,
    Issues,
    Shape,
    array,
    boolean,
    choice,
    moment,
    number,
    optional,
    record,
    required,
    text,
)
from .controls import BILLING_CONTROLS
from .plan_bodies import BASE_PRICE, BILLING, FREE_TRIAL, ITEM, RESETS, content_from, item_from

if TYPE_CHECKING:
    from ..domain.changes import Change
    from ..domain.entities import Entity
    from ..domain.environment import Environment
    from ..domain.features import Feature
    from ..domain.plans import Content, Item
    from .call import Call

_CUSTOMIZABLE = ("price", "items", "add_items", "remove_items", "free_trial", "billing_controls")
_CHANGES = (
    "feature_quantities",
    "version",
    "customize",
    "cancel_action",
    "recalculate_balances",
    "billing_cycle_anchor",
    "discounts",
)


def _customize_is_empty(body: dict[str, Any]) -> Sequence[Issue]:
    if any(name in body for name in _CUSTOMIZABLE):
        return ()
    names = f"{', '.join(_CUSTOMIZABLE[:-1])} or {_CUSTOMIZABLE[-1]}"
    return [("", f"When using customize, at least one of {names} must be provided")]


def _changes_something(body: dict[str, Any]) -> Sequence[Issue]:
    if any(name in body for name in (*_CHANGES, "free_trial")):
        return ()
    names = f"{', '.join(_CHANGES[:-1])}, or {_CHANGES[-1]}"
    return [("", f"At least one update parameter must be provided ({names})")]


def _refunds_sensibly(body: dict[str, Any]) -> Sequence[Issue]:
    if "refund_last_payment" not in body:
        return ()
    if body.get("cancel_action") != "cancel_immediately":
        return [("refund_last_payment", "can only be used with cancel_immediately")]
    if "proration_behavior" in body:
        return [("refund_last_payment", "cannot be combined with proration_behavior")]
    return ()


def _names_a_discount(body: dict[str, Any]) -> Sequence[Issue]:
    if len(body) == 1:
        return ()
    return [("", "Provide exactly one of reward_id or promotion_code")]


def _now_or_moment(value: Any, path: str, issues: Issues) -> Any:
    return value if value == "now" else moment()(value, path, issues)


_QUANTITIES = array(
    Shape(
        {
            "feature_id": required(text()),
            "quantity": optional(number(0)),
            "adjustable": optional(boolean),
        }
    )
)
_CARRY_OVER = Shape({"enabled": required(boolean), "feature_ids": optional(array(text()))})
_REMOVED_ITEM = Shape(
    {
        "feature_id": optional(text()),
        "billing_method": optional(choice("prepaid", "usage_based")),
        "interval": optional(choice(*dict.fromkeys((*RESETS, *BILLING)))),
        "interval_count": optional(number()),
        "included": optional(number()),
    }
)
_CUSTOMIZE = Shape(
    {
        "price": optional(BASE_PRICE, nullable=True),
        "items": optional(array(ITEM)),
        "add_items": optional(array(ITEM)),
        "remove_items": optional(array(_REMOVED_ITEM)),
        "free_trial": optional(FREE_TRIAL, nullable=True),
        "billing_controls": optional(BILLING_CONTROLS),
    },
    rules=(_customize_is_empty,),
    unserved=("update_items", "upsert_licenses", "remove_licenses"),
)
_PRORATION = choice("prorate_immediately", "none", "bill_difference")
_ONE_PLAN = {
    "plan_id": required(text()),
    "version": optional(number()),
    "feature_quantities": optional(_QUANTITIES),
    "customize": optional(_CUSTOMIZE),
    "free_trial": optional(FREE_TRIAL, nullable=True),
    "subscription_id": optional(text()),
    "entity_id": optional(text()),
}
_TERMS = {
    "customer_id": required(text()),
    "entity_id": optional(text()),
    "redirect_mode": optional(choice("always", "if_required", "never")),
    "proration_behavior": optional(_PRORATION),
    "invoice_mode": optional(
        Shape(
            {
                "enabled": required(boolean),
                "enable_plan_immediately": optional(boolean, default=False),
                "finalize": optional(boolean, default=True),
            }
        )
    ),
    "discounts": optional(
        array(
            Shape(
                {"reward_id": optional(text()), "promotion_code": optional(text())},
                rules=(_names_a_discount,),
            )
        ),
    ),
    "success_url": optional(text()),
    "new_billing_subscription": optional(boolean),
    "billing_cycle_anchor": optional(_now_or_moment),
    "starts_at": optional(moment()),
    "ends_at": optional(moment()),
    "carry_over_usages": optional(_CARRY_OVER),
    "carry_over_balances": optional(_CARRY_OVER),
    "no_billing_changes": optional(boolean, default=False),
    "checkout_session_params": optional(record()),
    "metadata": optional(record()),
    "expand": optional(array(text()), default=()),
}
_OWN_LINES = optional(array(Shape({"amount": required(number()), "description": required(text())})))
ATTACH_FIELDS = {
    **_TERMS,
    **_ONE_PLAN,
    "plan_schedule": optional(choice("immediate", "end_of_cycle")),
    "custom_line_items": _OWN_LINES,
}
ATTACH = Shape(ATTACH_FIELDS)
MULTI_ATTACH = Shape(
    {
        **_TERMS,
        "plans": required(
            array(Shape(_ONE_PLAN), least=1, empty="At least one plan must be provided")
        ),
        "free_trial": optional(FREE_TRIAL, nullable=True),
    },
)
_CANCEL_ACTION = choice("cancel_immediately", "cancel_end_of_cycle", "uncancel")
_REFUND = choice("prorated", "full")
MULTI_UPDATE = Shape(
    {
        "customer_id": required(text()),
        "entity_id": optional(text()),
        "updates": required(
            array(
                Shape(
                    {
                        "cancel_action": required(_CANCEL_ACTION),
                        "plan_id": optional(text()),
                        "subscription_id": optional(text()),
                        "entity_id": optional(text()),
                        "proration_behavior": optional(_PRORATION),
                    }
                ),
                least=1,
            )
        ),
        "refund_last_payment": optional(_REFUND),
    }
)
VERIFY = Shape(
    {
        "customer_id": required(text()),
        "subscription_ids": optional(array(text())),
        "strict": optional(boolean),
    }
)
UPDATE = Shape(
    {
        **_TERMS,
        **_ONE_PLAN,
        "plan_id": optional(text()),
        "custom_line_items": _OWN_LINES,
        "cancel_action": optional(_CANCEL_ACTION),
        "refund_last_payment": optional(_REFUND),
        "recalculate_balances": optional(Shape({"enabled": required(boolean)})),
    },
    rules=(_changes_something, _refunds_sensibly),
)


def use_discounts(call: Call, change: Change) -> None:
    """Takes the coupons off that a body names, by their reward or by one of its codes."""
    rewards, found = call.env.rewards, list[Discount]()
    named: Sequence[Mapping[str, str]] = call.params.get("discounts", ())
    for each in named:
        if "reward_id" in each:
            reward = rewards.get(each["reward_id"])
        else:
            reward, promo = rewards.by_code(each["promotion_code"])
            redeemable(reward, promo, change.customer)
            change.then(partial(reward.count_use, promo.code))
        found.append(discount_from(reward, call.now))
    change.use(found)


def quantities_from(params: Mapping[str, Any]) -> dict[str, float]:
    """Units by feature; a feature that is named without a number counts as none of it."""
    listed: Sequence[Mapping[str, Any]] = params.get("feature_quantities", ())
    return {each["feature_id"]: each.get("quantity", 0) for each in listed}


def wanted_from(env: Environment, params: Mapping[str, Any], entity: Entity | None) -> Wanted:
    """The plan that one part of a body asks for."""
    version = env.plans.version(params["plan_id"], params.get("version"))
    customize = customization(params)
    return Wanted(
        version=version,
        content=customized(env, version.content, customize),
        quantities=quantities_from(params),
        subscription_id=params.get("subscription_id"),
        trial_given="free_trial" in customize,
        entity=entity,
    )


def customization(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """What shall be special for the customer; a trial may also stand beside the rest of it."""
    customize: Mapping[str, Any] = params.get("customize", {})
    if "free_trial" in params:
        return {"free_trial": params["free_trial"], **customize}
    return customize


def customized(env: Environment, base: Content, customize: Mapping[str, Any]) -> Content:
    """What a customer gets instead of `base`; checked like the content of any plan."""
    if not customize:
        return base
    content = content_from(customize, env.features, base)
    removed: Sequence[Mapping[str, Any]] = customize.get("remove_items", ())
    kept = [item for item in content.items if not any(_matches(item, each) for each in removed)]
    added = [item_from(each, env.features) for each in customize.get("add_items", ())]
    content = replace(content, items=(*kept, *added))
    if content.one_off:
        # Nobody tries what is paid once: the trial asked for is ignored.
        content = replace(content, free_trial=None)
    check_content(content)
    return content


def _matches(item: Item, wanted: Mapping[str, Any]) -> bool:
    price, reset = item.price, item.price.interval if item.price else item.reset
    found = {
        "feature_id": item.feature.id,
        "billing_method": price.billing_method if price else None,
        "interval": reset.unit if reset else None,
        "interval_count": reset.count if reset else None,
        "included": item.included,
    }
    return all(found[name] == value for name, value in wanted.items())


def terms_from(params: Mapping[str, Any], now: int, usage: Selection = none_of_them) -> Terms:
    """How it shall be done. `usage`: what is carried over where the body doesn't say."""
    invoice: Mapping[str, Any] = params.get("invoice_mode", {})
    balances: Mapping[str, Any] | None = params.get("carry_over_balances")
    usages: Mapping[str, Any] | None = params.get("carry_over_usages")
    anchor: Any = params.get("billing_cycle_anchor")
    lines: Sequence[Mapping[str, Any]] = params.get("custom_line_items", ())
    return Terms(
        prorate=params.get("proration_behavior") != "none",
        schedule=params.get("plan_schedule"),
        redirect=params.get("redirect_mode", "if_required"),
        inheritance=Inheritance(
            usage=_selection(usages) if usages is not None else usage,
            balance=_selection(balances) if balances is not None else none_of_them,
        ),
        carries_balances=bool(balances and balances["enabled"]),
        without_payment=params["no_billing_changes"],
        by_invoice=invoice.get("enabled", False),
        draft=not invoice.get("finalize", True),
        enable_at_once=invoice.get("enable_plan_immediately", False),
        own_subscription=params.get("new_billing_subscription"),
        starts_at=params.get("starts_at"),
        ends_at=params.get("ends_at"),
        anchor=now if anchor == "now" else anchor,
        own_lines=[(line["description"], line["amount"]) for line in lines],
    )


def _selection(carry_over: Mapping[str, Any]) -> Selection:
    """Which consumable features are carried over to the new plan."""
    if not carry_over["enabled"]:
        return none_of_them
    names: Sequence[str] | None = carry_over.get("feature_ids")

    def selected(feature: Feature) -> bool:
        return feature.consumable and (names is None or feature.id in names)

    return selected


def require_consumable(env: Environment, params: Mapping[str, Any]) -> None:
    """Only what is used up can be left over."""
    carried: Mapping[str, Any] = params.get("carry_over_balances") or {}
    for feature_id in carried.get("feature_ids", ()):
        if not env.features.get(feature_id).consumable:
            raise refused(f"carry_over_balances is not supported for feature {feature_id}")


KEEP_USAGE = all_of_them
"""Unlike a switch, an update keeps all usage unless it is told not to."""
