"""The bodies of plans.create and plans.update, and what becomes of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from ..domain.failures import invalid_input
from ..domain.intervals import ONE_OFF, Interval
from ..domain.planning import changed_controls
from ..domain.plans import (
    BasePrice,
    Content,
    FreeTrial,
    Item,
    Price,
    Proration,
    RolloverTerms,
    Tier,
)
from ..validation import (
    Check,
    Issue,
    Issues,
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
from .controls import BILLING_CONTROLS

if TYPE_CHECKING:
    from ..domain.features import FeatureBook

BILLING = ("one_off", "week", "month", "quarter", "semi_annual", "year")
RESETS = ("one_off", "minute", "hour", "day", *BILLING[1:])
NOT_EMPTY = (re.compile(r"(?s)."), "cannot be empty")
PLAN_ID = (
    re.compile(r"\A[a-zA-Z0-9_-]+\Z"),
    "must contain only letters, numbers, underscores, hyphens",
)

RESET = Shape({"interval": required(choice(*RESETS)), "interval_count": optional(number())})


def _infinite_or_number(value: Any, path: str, issues: Issues) -> Any:
    return value if value == "inf" else number()(value, path, issues)


def _item_rules(body: dict[str, Any]) -> Sequence[Issue]:
    price = body.get("price")
    if not price:
        return ()
    texts = [*_reset_rules(body, price), *_amount_rules(price)]
    if body.get("proration") and price["billing_method"] == "usage_based":
        texts.append("proration is only supported for prepaid features.")
    texts += _tier_rules(price, body.get("included", 0))
    return [("", text) for text in texts]


def _reset_rules(item: dict[str, Any], price: dict[str, Any]) -> Sequence[str]:
    reset = item.get("reset")
    if not reset or price["billing_method"] == "prepaid" or _interval(reset) == _interval(price):
        return ()
    return ("reset.interval and price.interval can only differ for prepaid prices.",)


def _amount_rules(price: dict[str, Any]) -> Sequence[str]:
    if "amount" in price and price.get("tiers"):
        return ("'amount' and 'tiers' cannot both be defined in 'price'.",)
    if "amount" not in price and not price.get("tiers"):
        return ("If 'price' is present, either 'amount' or 'tiers' must be defined.",)
    return ()


def _tier_rules(price: dict[str, Any], included: float) -> Iterator[str]:
    tiers = price.get("tiers") or ()
    volume = price.get("tier_behavior") == "volume"
    flat = [tier.get("flat_amount") or 0 for tier in tiers]
    if any(flat) and not volume:
        yield "flat_amount on tiers is only supported for volume-based pricing."
    if any(flat) and len(tiers) == 1:
        yield "flat_amount is not supported on single-tier pricing."
    if min(flat, default=0) < 0:
        yield "flat_amount must be 0 or greater."
    if volume and price["billing_method"] != "prepaid":
        yield "volume-based pricing is only supported for prepaid features."
    if tiers and tiers[0]["to"] != "inf" and included and tiers[0]["to"] <= included:
        yield "tiers[0].to must be greater than included."


_TIER = Shape(
    {
        "to": required(_infinite_or_number),
        "amount": required(number()),
        "flat_amount": optional(number(), nullable=True),
    }
)
ITEM = Shape(
    {
        "feature_id": required(text()),
        "included": optional(number(), default=0),
        "unlimited": optional(boolean, default=False),
        "reset": optional(RESET),
        "price": optional(
            Shape(
                {
                    "amount": optional(number()),
                    "tiers": optional(array(_TIER)),
                    "tier_behavior": optional(choice("graduated", "volume")),
                    "interval": required(choice(*BILLING)),
                    "interval_count": optional(number()),
                    "billing_units": optional(number(), default=1),
                    "billing_method": required(choice("prepaid", "usage_based")),
                    "max_purchase": optional(number(), nullable=True),
                }
            )
        ),
        "entity_feature_id": optional(text(), nullable=True),
        "proration": optional(
            Shape(
                {
                    "on_increase": required(
                        choice(
                            "bill_immediately",
                            "prorate_immediately",
                            "prorate_next_cycle",
                            "bill_next_cycle",
                        )
                    ),
                    "on_decrease": required(
                        choice(
                            "prorate",
                            "prorate_immediately",
                            "prorate_next_cycle",
                            "none",
                            "no_prorations",
                        )
                    ),
                }
            )
        ),
        "rollover": optional(
            Shape(
                {
                    "max": optional(number(), nullable=True),
                    "max_percentage": optional(number(), nullable=True),
                    "expiry_duration_type": required(choice("month", "forever")),
                    "expiry_duration_length": optional(number(), default=1),
                }
            )
        ),
    },
    rules=(_item_rules,),
    unserved=("feature_override",),
)
BASE_PRICE = Shape(
    {
        "amount": required(number()),
        "interval": required(choice(*BILLING)),
        "interval_count": optional(number()),
    }
)
FREE_TRIAL = Shape(
    {
        "duration_length": required(number()),
        "duration_type": optional(choice("day", "month", "year"), default="month"),
        "card_required": optional(boolean, default=True),
        "on_end": optional(choice("bill", "revert"), nullable=True),
    }
)
_COMMON = {
    "group": optional(text()),
    "add_on": optional(boolean),
    "auto_enable": optional(boolean),
    "items": optional(array(ITEM)),
    "config": optional(Shape({"ignore_past_due": optional(boolean, default=False)})),
    "billing_controls": optional(BILLING_CONTROLS),
    "metadata": optional(record()),
}
CREATE: Check = Shape(
    {
        "plan_id": required(text(NOT_EMPTY, PLAN_ID)),
        "name": required(text(NOT_EMPTY)),
        "description": optional(text(), nullable=True),
        "price": optional(BASE_PRICE),
        "free_trial": optional(FREE_TRIAL),
        **_COMMON,
    },
    unserved=("licenses",),
)
UPDATE: Check = Shape(
    {
        "plan_id": required(text()),
        "new_plan_id": optional(text(NOT_EMPTY, PLAN_ID)),
        "name": optional(text(NOT_EMPTY)),
        "description": optional(text()),
        "price": optional(BASE_PRICE, nullable=True),
        "free_trial": optional(FREE_TRIAL, nullable=True),
        "archived": optional(boolean),
        "version": optional(number()),
        "force_version": optional(boolean, default=False),
        "disable_version": optional(boolean, default=False),
        "all_versions": optional(boolean, default=False),
        **_COMMON,
    },
    unserved=("licenses",),
)


def content_from(params: Mapping[str, Any], features: FeatureBook, base: Content) -> Content:
    """The content a body asks for; what it doesn't mention stays as in `base`."""
    content = base
    if "items" in params:
        items = tuple(item_from(item, features) for item in params["items"])
        content = replace(content, items=items)
    if "price" in params:
        content = replace(content, price=_base_price(params["price"]))
    if "free_trial" in params:
        content = replace(content, free_trial=free_trial_from(params["free_trial"]))
    controls = changed_controls(content, params.get("billing_controls", {}))
    return replace(content, billing_controls=controls)


def item_from(body: dict[str, Any], features: FeatureBook) -> Item:
    feature = features.get(body["feature_id"])
    price = _price(body["price"]) if "price" in body else None
    unlimited = body["unlimited"] and not feature.boolean
    entity_feature_id = body.get("entity_feature_id")
    return Item(
        feature=feature,
        included=0 if feature.boolean or unlimited else body["included"],
        unlimited=unlimited,
        reset=None if feature.boolean or feature.continuous else _item_reset(body, price),
        price=price,
        rollover=_rollover(body["rollover"]) if "rollover" in body else None,
        proration=Proration(**body["proration"]) if "proration" in body else Proration(),
        entity_feature=features.get(entity_feature_id) if entity_feature_id else None,
    )


def _item_reset(body: dict[str, Any], price: Price | None) -> Interval:
    """What was asked for, else the interval it is paid in, else a grant for life."""
    if body["unlimited"]:
        return ONE_OFF
    if "reset" in body:
        return _interval(body["reset"])
    return price.interval if price else ONE_OFF


def _interval(body: dict[str, Any]) -> Interval:
    return Interval(body["interval"], body.get("interval_count", 1))


def _price(body: dict[str, Any]) -> Price:
    return Price(
        interval=_interval(body),
        billing_method=body["billing_method"],
        amount=body.get("amount"),
        tiers=tuple(
            Tier(tier["to"], tier["amount"], tier.get("flat_amount"))
            for tier in body.get("tiers", ())
        ),
        tier_behavior=body.get("tier_behavior"),
        billing_units=body["billing_units"],
        max_purchase=body.get("max_purchase"),
    )


def _rollover(body: dict[str, Any]) -> RolloverTerms:
    return RolloverTerms(
        duration=body["expiry_duration_type"],
        length=body["expiry_duration_length"],
        max=body.get("max"),
        max_percentage=body.get("max_percentage"),
    )


def _base_price(body: dict[str, Any] | None) -> BasePrice | None:
    return BasePrice(body["amount"], _interval(body)) if body else None


def free_trial_from(body: dict[str, Any] | None) -> FreeTrial | None:
    if body is None:
        return None
    if body["duration_length"] <= 0:
        raise invalid_input("length", "Free trial length must be greater than 0")
    return FreeTrial(
        length=body["duration_length"],
        unit=body["duration_type"],
        card_required=body["card_required"],
        on_end=body.get("on_end"),
    )
