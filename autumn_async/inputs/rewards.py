"""Inputs for rewards."""

from collections.abc import Sequence
from typing import TypeAlias

from ..models.rewards import (
    CouponCode,
    CouponDuration,
    FeatureGrantCode,
    GrantExpiry,
    RewardGrant,
)
from ._typing import NotRequired, TypedDict
from .common import CouponType, DiscountDuration, GrantExpiryType, Quantity


class CouponDurationInput(TypedDict):
    """How long a discount lasts."""

    type: DiscountDuration
    """Once, for some months, or for good."""
    length: int | None
    """How many months; None unless it is months."""


CouponDurationLike: TypeAlias = CouponDurationInput | CouponDuration


class CouponCodeInput(TypedDict):
    """A code that gives a discount."""

    code: str
    """The code."""
    global_max_redemption: NotRequired[int | None]
    """How often it can be used by all customers together; None for no limit."""
    first_time_transaction: NotRequired[bool | None]
    """True if only a customer's first payment may use it."""


CouponCodeLike: TypeAlias = CouponCodeInput | CouponCode


class CouponInput(TypedDict):
    """A reward that takes something off prices."""

    id: str
    """Your id of it."""
    name: str
    """The name people read."""
    type: CouponType
    """What it takes off."""
    value: Quantity
    """Percent, at most 100, or money in major currency units."""
    duration: CouponDurationLike
    """How long it lasts."""
    plan_ids: Sequence[str] | None
    """The plans it is for; None for all."""
    promo_codes: Sequence[CouponCodeLike]
    """Codes that give it; may be empty."""
    internal_id: NotRequired[str]
    """The server's id of it, for a copy; left to the server by default."""


class GrantExpiryInput(TypedDict):
    """How long granted units last."""

    type: GrantExpiryType
    """The unit of `length`."""
    length: int
    """How many of them."""


GrantExpiryLike: TypeAlias = GrantExpiryInput | GrantExpiry


class RewardGrantInput(TypedDict):
    """What a reward grants of one feature."""

    feature_id: str
    """The feature."""
    included: Quantity | None
    """How many units; None for a boolean feature."""
    expiry: GrantExpiryLike | None
    """How long they last; None for good."""


RewardGrantLike: TypeAlias = RewardGrantInput | RewardGrant


class FeatureGrantCodeInput(TypedDict):
    """A code that gives units."""

    code: str
    """The code."""
    max_uses: int | None
    """How often it can be used; None for no limit."""


FeatureGrantCodeLike: TypeAlias = FeatureGrantCodeInput | FeatureGrantCode


class FeatureGrantInput(TypedDict):
    """A reward that grants units of features."""

    id: str
    """Your id of it."""
    name: str
    """The name people read."""
    grants: Sequence[RewardGrantLike]
    """What it grants; at least one feature, each once."""
    promo_codes: Sequence[FeatureGrantCodeLike]
    """Codes that give it; at least one."""
    internal_id: NotRequired[str]
    """The server's id of it, for a copy; left to the server by default."""


class CouponUpdateInput(TypedDict):
    """What to change about a coupon."""

    name: NotRequired[str]
    """The name people read."""
    plan_ids: NotRequired[Sequence[str] | None]
    """The plans it is for; None for all."""
    promo_codes: NotRequired[Sequence[CouponCodeLike]]
    """Codes that give it, in place of those before."""


class FeatureGrantUpdateInput(TypedDict):
    """What to change about a grant of units."""

    name: NotRequired[str]
    """The name people read."""
    grants: NotRequired[Sequence[RewardGrantLike]]
    """What it grants, in place of what it did."""
    promo_codes: NotRequired[Sequence[FeatureGrantCodeLike]]
    """Codes that give it, in place of those before."""
