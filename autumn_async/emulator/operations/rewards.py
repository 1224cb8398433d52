"""rewards.*"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..answers.rewards import coupon_answer, feature_grant_answer, reward_answer
from ..domain.failures import invalid_input, refused
from ..domain.intervals import Interval
from ..domain.redeeming import redeem
from ..domain.rewards import Coupon, FeatureGrant, PromoCode, Reward
from ..validation import (
    Issue,
    Rule,
    Shape,
    array,
    boolean,
    choice,
    integer,
    number,
    optional,
    required,
    text,
)
from .call import DONE, Answer, Call, Operation
from .plan_bodies import NOT_EMPTY

if TYPE_CHECKING:
    from ..domain.features import FeatureBook


def _unique(name: str, key: Callable[[Any], object], text: str) -> Rule:
    def rule(body: dict[str, Any]) -> Sequence[Issue]:
        keys = [key(entry) for entry in body.get(name) or ()]
        return [(name, text)] if len(set(keys)) < len(keys) else ()

    return rule


def _code(entry: dict[str, Any]) -> object:
    return entry["code"]


def _length_goes_with_months(body: dict[str, Any]) -> Sequence[Issue]:
    if (body["type"] == "months") == (body["length"] is not None):
        return ()
    return [("length", "Length is required for months and must otherwise be null")]


def _value_in_range(body: dict[str, Any]) -> Sequence[Issue]:
    if body["value"] <= 0:
        return [("value", "Too small: expected number to be >0")]
    if body["type"] == "percentage_discount" and body["value"] > 100:
        return [("value", "Percentage discounts must be at most 100")]
    return ()


_PLAN_IDS = array(text(NOT_EMPTY), least=1)
_UNIQUE_CODES = _unique("promo_codes", _code, "Promo codes must be unique")
_UNIQUE_PLANS = _unique("plan_ids", str, "Plans must be unique")
_UNIQUE_GRANTS = _unique("grants", lambda entry: entry["feature_id"], "Features must be unique")
_COUPON_CODES = array(
    Shape(
        {
            "code": required(text(NOT_EMPTY)),
            "global_max_redemption": optional(integer(1), nullable=True),
            "first_time_transaction": optional(boolean, nullable=True),
        },
        strict=True,
    )
)
_GRANT_CODES = array(
    Shape(
        {"code": required(text(NOT_EMPTY)), "max_uses": required(integer(1), nullable=True)},
        strict=True,
    ),
    least=1,
)
_EXPIRY = Shape(
    {
        "type": required(choice("day", "week", "month", "year")),
        "length": required(integer(1)),
    },
    strict=True,
)
_GRANTS = array(
    Shape(
        {
            "feature_id": required(text()),
            "included": required(number(0), nullable=True),
            "expiry": required(_EXPIRY, nullable=True),
        },
        strict=True,
    ),
    least=1,
)
_DURATION = Shape(
    {
        "type": required(choice("one_off", "months", "forever")),
        "length": required(integer(1), nullable=True),
    },
    rules=(_length_goes_with_months,),
    strict=True,
)
_NAMED = {
    "id": required(text(NOT_EMPTY)),
    "name": required(text()),
    "internal_id": optional(text()),
}
_COUPON = Shape(
    {
        **_NAMED,
        "type": required(choice("percentage_discount", "fixed_discount")),
        "value": required(number()),
        "duration": required(_DURATION),
        "plan_ids": required(_PLAN_IDS, nullable=True),
        "promo_codes": required(_COUPON_CODES),
    },
    rules=(_value_in_range, _UNIQUE_PLANS, _UNIQUE_CODES),
    strict=True,
)
_FEATURE_GRANT = Shape(
    {**_NAMED, "grants": required(_GRANTS), "promo_codes": required(_GRANT_CODES)},
    rules=(_UNIQUE_GRANTS, _UNIQUE_CODES),
    strict=True,
)
_COUPON_CHANGES = Shape(
    {
        "name": optional(text()),
        "plan_ids": optional(_PLAN_IDS, nullable=True),
        "promo_codes": optional(_COUPON_CODES),
    },
    rules=(_UNIQUE_PLANS, _UNIQUE_CODES),
    strict=True,
)
_FEATURE_GRANT_CHANGES = Shape(
    {
        "name": optional(text()),
        "grants": optional(_GRANTS),
        "promo_codes": optional(_GRANT_CODES),
    },
    rules=(_UNIQUE_GRANTS, _UNIQUE_CODES),
    strict=True,
)


def _one_kind(body: dict[str, Any]) -> Sequence[Issue]:
    if ("coupon" in body) != ("feature_grant" in body):
        return ()
    return [("", "Provide exactly one of coupon or feature_grant")]


CREATE = Shape(
    {"coupon": optional(_COUPON), "feature_grant": optional(_FEATURE_GRANT)},
    rules=(_one_kind,),
    strict=True,
)
UPDATE = Shape(
    {
        "reward_id": required(text()),
        "coupon": optional(_COUPON_CHANGES),
        "feature_grant": optional(_FEATURE_GRANT_CHANGES),
    },
    rules=(_one_kind,),
    strict=True,
)
NAMED = Shape({"reward_id": required(text())}, strict=True)
REDEEM = Shape({"code": required(text()), "customer_id": required(text())}, strict=True)


def create(call: Call) -> Answer:
    params, env = call.params, call.env
    if "coupon" in params:
        body = params["coupon"]
        reward = Reward(body["id"], body["name"], call.now, _coupon_codes(body))
        reward.coupon = Coupon(body["type"], body["value"], body["duration"], body["plan_ids"])
    else:
        body = params["feature_grant"]
        reward = Reward(body["id"], body["name"], call.now, _grant_codes(body))
        reward.grants = _grants(body, env.features)
    env.rewards.add(reward)
    return reward_answer(reward)


def get(call: Call) -> Answer:
    return reward_answer(call.env.rewards.get(call.params["reward_id"]))


def listing(call: Call) -> Answer:
    rewards = list(call.env.rewards)
    return {
        "coupons": [coupon_answer(each, each.coupon) for each in rewards if each.coupon],
        "feature_grants": [feature_grant_answer(each) for each in rewards if not each.coupon],
    }


def update(call: Call) -> Answer:
    params = call.params
    reward = call.env.rewards.get(params["reward_id"])
    if (reward.coupon is None) != ("feature_grant" in params):
        raise refused(f"Reward {reward.id} is of the other kind")
    changes: dict[str, Any] = params.get("coupon") or params.get("feature_grant") or {}
    if "grants" in changes:
        reward.grants = _grants(changes, call.env.features)
    if reward.coupon and "plan_ids" in changes:
        reward.coupon.plan_ids = changes["plan_ids"]
    if "promo_codes" in changes:
        reward.codes = _coupon_codes(changes) if reward.coupon else _grant_codes(changes)
    reward.name = changes.get("name", reward.name)
    return reward_answer(reward)


def delete(call: Call) -> Answer:
    rewards = call.env.rewards
    rewards.remove(rewards.get(call.params["reward_id"]))
    return DONE


def run_redeem(call: Call) -> Answer:
    params = call.params
    reward = redeem(call.env, params["code"], params["customer_id"], call.now)
    granted = [
        {"feature_id": each.feature.id, "balance": each.included or 0} for each in reward.grants
    ]
    return {"reward_id": reward.id, "entitlements_granted": granted}


def _coupon_codes(body: dict[str, Any]) -> tuple[PromoCode, ...]:
    return tuple(
        PromoCode(
            each["code"],
            each.get("global_max_redemption"),
            bool(each.get("first_time_transaction")),
        )
        for each in body["promo_codes"]
    )


def _grant_codes(body: dict[str, Any]) -> tuple[PromoCode, ...]:
    return tuple(PromoCode(each["code"], each["max_uses"]) for each in body["promo_codes"])


def _grants(body: dict[str, Any], features: FeatureBook) -> tuple[FeatureGrant, ...]:
    return tuple(_grant(index, each, features) for index, each in enumerate(body["grants"]))


def _grant(index: int, body: dict[str, Any], features: FeatureBook) -> FeatureGrant:
    feature = features.get(body["feature_id"])
    included, expiry = body["included"], body["expiry"]
    if feature.boolean != (included is None):
        text = "must be null for a boolean feature and a number for any other"
        raise invalid_input(f"feature_grant.grants.{index}.included", text)
    interval = Interval(expiry["type"], expiry["length"]) if expiry else None
    return FeatureGrant(feature, included, interval)


OPERATIONS = {
    "rewards.create": Operation(CREATE, create),
    "rewards.get": Operation(NAMED, get),
    "rewards.list": Operation(Shape({}), listing),
    "rewards.update": Operation(UPDATE, update),
    "rewards.delete": Operation(NAMED, delete),
    "rewards.redeem": Operation(REDEEM, run_redeem),
}
