"""Promo codes are redeemed, and rewards given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import balances
from .balances import NewBalance
from .discounts import coupons, discount_from
from .failures import ApiError
from .subjects import Subject

if TYPE_CHECKING:
    from .customers import Customer
    from .environment import Environment
    from .rewards import Reward


def redeem(env: Environment, code: str, customer_id: str, now: int) -> Reward:
    """Gives a customer what a promo code stands for, once."""
    reward, promo = env.rewards.by_code(code)
    if reward.coupon:
        raise ApiError(400, "invalid_reward", f"Reward {reward.id} is not a feature grant")
    if promo.used_up(reward):
        message = f'Code "{code}" has reached max redemptions'
        raise ApiError(400, "referral_code_max_redemptions_reached", message)
    customer = env.customers.get(customer_id)
    if customer in reward.redeemers:
        message = f'Customer "{customer_id}" has already redeemed this reward'
        raise ApiError(400, "customer_already_redeemed_referral_code", message)
    grant(env, customer, reward, f"reward_{code}", now)
    reward.count_use(code)
    reward.redeemers.add(customer)
    return reward


def grant(env: Environment, customer: Customer, reward: Reward, source: str, now: int) -> None:
    """Puts the granted features on standalone rows; `source` begins their balance ids.

    A coupon is for whatever the customer pays, unless it has one already.
    """
    if reward.coupon and not coupons(customer, None, now):
        customer.discount = discount_from(reward, now)
    subject = Subject(customer)
    for each in reward.grants:
        feature = each.feature
        if feature.boolean and subject.rows(feature, now):
            continue
        wanted = NewBalance(
            feature,
            balance_id=env.ids.new(f"{source}_{feature.id}_bal", now),
            included_grant=None if feature.boolean else each.included or 0,
            expires_at=each.expiry.after(now) if each.expiry else None,
        )
        balances.create(subject, wanted, env.ids, now)
