"""Rewards on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
