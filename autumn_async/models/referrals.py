"""Referrals: programs, codes that customers hand on, and what comes of them."""

from datetime import datetime
from typing import Literal, TypeAlias

from .base import Integer, Milliseconds, Model, to_datetime

RedeemOn: TypeAlias = Literal["customer_creation", "checkout"] | str
"""Whether a reward is given when a code is redeemed, or once the new customer buys a plan."""

ReceivedBy: TypeAlias = Literal["referrer", "all"] | str
"""Whether only the customer who refers is rewarded, or the new one too."""


class ReferralCustomer(Model, frozen=True, kw_only=True, gc=False):
    """A customer on either side of a referral."""

    id: str
    """Your id of the customer."""
    name: str | None = None
    """The name; None without one."""
    email: str | None = None
    """The email address; None without one."""
    created_at: Milliseconds | None = None
    """When the customer was made, milliseconds since the epoch (UTC); None within a `Customer`."""

    @property
    def created_at_datetime(self) -> datetime | None:
        """`created_at` as an aware UTC datetime."""
        return to_datetime(self.created_at)


class ReferralCode(Model, frozen=True, kw_only=True, gc=False):
    """A customer's code for a referral program."""

    code: str
    """The code to hand on."""
    customer_id: str
    """The customer who refers others."""
    created_at: Milliseconds | None = None
    """When it was made, milliseconds since the epoch (UTC)."""

    @property
    def created_at_datetime(self) -> datetime | None:
        """`created_at` as an aware UTC datetime."""
        return to_datetime(self.created_at)


class ReferralRedemption(Model, frozen=True, kw_only=True, gc=False):
    """A code that was redeemed."""

    id: str
    """The server's id of the redemption."""
    customer_id: str
    """The customer who redeemed it."""
    reward_id: str
    """The reward it gives."""
    referrer: ReferralCustomer | None = None
    """Whose code it is; None from servers that don't say."""
    redeemer: ReferralCustomer | None = None
    """Who redeemed it; None from servers that don't say."""


class ReferralProgram(Model, frozen=True, kw_only=True, gc=False):
    """The rules by which referrals are rewarded."""

    id: str
    """Your id of the program."""
    reward_id: str
    """The reward it gives."""
    redeem_on: RedeemOn
    """When it is given."""
    received_by: ReceivedBy
    """Who is rewarded."""
    max_redemptions: Integer | None = None
    """How often one code counts at most; None without a limit."""
    plan_ids: list[str] | None = None
    """The plans of which buying one counts, for `checkout`."""
    exclude_trial: bool | None = None
    """True if buying counts only once a trial is over."""
    created_at: Milliseconds
    """When it was made, milliseconds since the epoch (UTC)."""

    @property
    def created_at_datetime(self) -> datetime:
        """`created_at` as an aware UTC datetime."""
        return to_datetime(self.created_at)
