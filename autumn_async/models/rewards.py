"""Rewards: discounts and free units, given by code or by referral."""
# ruff: noqa: RUF012 - msgspec copies an empty list for each instance

from datetime import datetime
from typing import ClassVar, Literal, TypeAlias

from .base import Integer, Milliseconds, Model, Number, to_datetime
from .customers import DiscountDuration

CouponType: TypeAlias = Literal["percentage_discount", "fixed_discount", "invoice_credits"] | str
"""What a coupon takes off: percent, an amount, or an amount that lasts over invoices."""

GrantExpiryType: TypeAlias = Literal["day", "week", "month", "year"] | str
"""The unit that the lifetime of granted units is counted in."""


class CouponDuration(Model, frozen=True, kw_only=True, gc=False):
    """How long a discount lasts."""

    sent_as_null: ClassVar[frozenset[str]] = frozenset({"length"})
    """The fields that an input can't lack."""

    type: DiscountDuration
    """Once, for some months, or for good."""
    length: Number | None = None
    """How many months; None unless it is months."""


class CouponCode(Model, frozen=True, kw_only=True, gc=False):
    """A code that gives a discount."""

    code: str
    """The code."""
    global_max_redemption: Number | None = None
    """How often it can be used by all customers together; None without a limit."""
    first_time_transaction: bool | None = None
    """True if only a customer's first payment may use it."""


class Coupon(Model, frozen=True, kw_only=True, gc=False):
    """A reward that takes something off prices."""

    id: str
    """Your id of it."""
    name: str | None = None
    """The name people read; None without one."""
    type: CouponType
    """What it takes off."""
    value: Number
    """Percent, or money in major currency units."""
    duration: CouponDuration
    """How long it lasts."""
    plan_ids: list[str] | None = None
    """The plans it is for; None for all."""
    promo_codes: list[CouponCode] = []
    """Codes that give it."""
    created_at: Milliseconds
    """When it was made, milliseconds since the epoch (UTC)."""

    @property
    def created_at_datetime(self) -> datetime:
        """`created_at` as an aware UTC datetime."""
        return to_datetime(self.created_at)


class GrantExpiry(Model, frozen=True, kw_only=True, gc=False):
    """How long granted units last."""

    type: GrantExpiryType
    """The unit of `length`."""
    length: Integer
    """How many of them."""


class RewardGrant(Model, frozen=True, kw_only=True, gc=False):
    """What a reward grants of one feature."""

    sent_as_null: ClassVar[frozenset[str]] = frozenset({"expiry", "included"})
    """The fields that an input can't lack."""

    feature_id: str
    """The feature."""
    included: Number | None = None
    """How many units; None for a boolean feature."""
    expiry: GrantExpiry | None = None
    """How long they last; None for good."""


class FeatureGrantCode(Model, frozen=True, kw_only=True, gc=False):
    """A code that gives units."""

    sent_as_null: ClassVar[frozenset[str]] = frozenset({"max_uses"})
    """The fields that an input can't lack."""

    code: str
    """The code."""
    max_uses: Number | None = None
    """How often it can be used; None without a limit."""


class FeatureGrant(Model, frozen=True, kw_only=True, gc=False):
    """A reward that grants units of features."""

    id: str
    """Your id of it."""
    name: str | None = None
    """The name people read; None without one."""
    grants: list[RewardGrant] = []
    """What it grants."""
    promo_codes: list[FeatureGrantCode] = []
    """Codes that give it."""
    created_at: Milliseconds
    """When it was made, milliseconds since the epoch (UTC)."""

    @property
    def created_at_datetime(self) -> datetime:
        """`created_at` as an aware UTC datetime."""
        return to_datetime(self.created_at)


class Reward(Model, frozen=True, kw_only=True, gc=False):
    """A reward: one of the two is there, the other None."""

    coupon: Coupon | None = None
    """A discount."""
    feature_grant: FeatureGrant | None = None
    """Units of features."""


class RewardList(Model, frozen=True, kw_only=True, gc=False):
    """All rewards."""

    coupons: list[Coupon] = []
    """Those that take something off prices."""
    feature_grants: list[FeatureGrant] = []
    """Those that grant units."""


class GrantedBalance(Model, frozen=True, kw_only=True, gc=False):
    """What a redeemed code has granted of one feature."""

    feature_id: str
    """The feature."""
    balance: Number
    """How many units; 0 for a boolean feature."""


class RewardRedemption(Model, frozen=True, kw_only=True, gc=False):
    """What a redeemed code has granted."""

    reward_id: str
    """The reward."""
    entitlements_granted: list[GrantedBalance] = []
    """One entry for each feature, in no certain order."""
