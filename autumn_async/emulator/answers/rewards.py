"""Rewards on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..domain.invoices import CURRENCY

if TYPE_CHECKING:
    from ..domain.discounts import Discount
    from ..domain.intervals import Interval
    from ..domain.rewards import Coupon, Reward

Answer = dict[str, Any]


def reward_answer(reward: Reward) -> Answer:
    """A reward under the name of its kind."""
    if reward.coupon:
        return {"coupon": coupon_answer(reward, reward.coupon)}
    return {"feature_grant": feature_grant_answer(reward)}


def coupon_answer(reward: Reward, coupon: Coupon) -> Answer:
    return {
        "id": reward.id,
        "name": reward.name,
        "type": coupon.type,
        "value": coupon.value,
        "duration": coupon.duration,
        "plan_ids": coupon.plan_ids,
        "promo_codes": [
            {
                "code": each.code,
                "global_max_redemption": each.most_uses,
                "first_time_transaction": each.first_time_only,
            }
            for each in reward.codes
        ],
        "created_at": reward.created_at,
    }


def discount_answer(discount: Discount, subscription_id: str | None) -> Answer:
    """A coupon that a customer has; `subscription_id` None: it is for all of its plans."""
    coupon = discount.coupon
    return {
        "id": discount.reward_id,
        "name": discount.reward_name,
        "type": coupon.type,
        "discount_value": coupon.value,
        "duration_type": coupon.duration["type"],
        "duration_value": coupon.duration.get("length"),
        "currency": CURRENCY if coupon.type == "fixed_discount" else None,
        "start": discount.started_at,
        "end": discount.ends_at or None,
        "subscription_id": subscription_id,
        "total_discount_amount": None,
    }


def feature_grant_answer(reward: Reward) -> Answer:
    return {
        "id": reward.id,
        "name": reward.name,
        "grants": [
            {
                "feature_id": each.feature.id,
                "included": each.included,
                "expiry": _expiry(each.expiry),
            }
            for each in reward.grants
        ],
        "promo_codes": [{"code": each.code, "max_uses": each.most_uses} for each in reward.codes],
        "created_at": reward.created_at,
    }


def _expiry(expiry: Interval | None) -> Answer | None:
    return {"type": expiry.unit, "length": expiry.count} if expiry else None
