"""Rewards: coupons, and grants of features that a code or a referral brings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from .failures import ApiError, reward_not_found

if TYPE_CHECKING:
    from .customers import Customer
    from .features import Feature
    from .intervals import Interval


class FeatureGrant(Struct, frozen=True):
    """So much of a feature; a flag has no amount. Without `expiry` it stays for good."""

    feature: Feature
    included: float | None
    expiry: Interval | None


class PromoCode(Struct, frozen=True):
    """A code that redeems a reward, so many times if it says so."""

    code: str
    most_uses: float | None = None
    first_time_only: bool = False

    def used_up(self, reward: Reward) -> bool:
        return self.most_uses is not None and reward.uses.get(self.code, 0) >= self.most_uses


class Coupon(Struct):
    """A discount: so many percent, or an amount per invoice; None for all plans."""

    type: str
    value: float
    duration: Mapping[str, Any]
    plan_ids: Sequence[str] | None


class Reward(Struct, eq=False):
    """Either a coupon or grants of features."""

    id: str
    name: str
    created_at: int
    codes: tuple[PromoCode, ...] = ()
    coupon: Coupon | None = None
    grants: tuple[FeatureGrant, ...] = ()
    uses: dict[str, int] = {}
    """How often each code has been redeemed."""
    redeemers: set[Customer] = set()

    def count_use(self, code: str) -> None:
        self.uses[code] = self.uses.get(code, 0) + 1


class RewardBook:
    """All rewards of an environment, found by id and by code."""

    def __init__(self) -> None:
        self._by_id: dict[str, Reward] = {}

    def __iter__(self) -> Iterator[Reward]:
        return iter(self._by_id.values())

    def get(self, reward_id: str) -> Reward:
        reward = self._by_id.get(reward_id)
        if reward is None:
            raise reward_not_found(f"Reward {reward_id} not found")
        return reward

    def by_code(self, code: str) -> tuple[Reward, PromoCode]:
        for reward in self:
            for promo in reward.codes:
                if promo.code == code:
                    return reward, promo
        raise reward_not_found(f'No reward found for code "{code}"')

    def add(self, reward: Reward) -> None:
        if reward.id in self._by_id:
            message = f"Reward id {reward.id} is already in use"
            raise ApiError(400, "duplicate_reward_id", message)
        self._by_id[reward.id] = reward

    def remove(self, reward: Reward) -> None:
        del self._by_id[reward.id]
