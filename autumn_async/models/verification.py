"""Where what Autumn knows of a customer's billing differs from what the processor has."""
# ruff: noqa: RUF012 - msgspec copies an empty list for each instance

from datetime import datetime
from typing import Literal, TypeAlias

from .base import Milliseconds, Model, Number, to_datetime

MismatchType: TypeAlias = (
    Literal[
        "base_price_mismatch",
        "item_mismatch",
        "prepaid_quantity_mismatch",
        "prepaid_price_mismatch",
        "schedule_mismatch",
        "cancel_state_mismatch",
        "reward_mismatch",
        "stripe_sub_not_in_autumn",
        "plan_on_ending_subscription",
        "stale_subscription_link",
        "expected_state_error",
        "shared_stripe_customer",
    ]
    | str
)
"""What differs."""

MismatchReason: TypeAlias = (
    Literal[
        "missing",
        "unexpected",
        "amount_mismatch",
        "quantity_mismatch",
        "price_mismatch",
        "missing_schedule",
        "unexpected_schedule",
        "phase_count_mismatch",
        "phase_start_mismatch",
        "billing_cycle_anchor_mismatch",
    ]
    | str
)
"""In which way it differs."""

MismatchSeverity: TypeAlias = Literal["error", "warning"] | str
"""Whether a difference is wrong, or only worth a look."""

MismatchPriceType: TypeAlias = Literal["usage", "prepaid", "allocated", "fixed"] | str
"""What a price that differs is for."""

VerificationStatus: TypeAlias = Literal["correct", "mismatched"] | str
"""Whether anything differs."""


class MismatchCustomer(Model, frozen=True, kw_only=True, gc=False):
    """Another customer of yours with the same customer at Stripe."""

    id: str
    """Your id of the customer."""
    name: str | None = None
    """The name; None without one."""
    email: str | None = None
    """The email address; None without one."""


class BillingMismatch(Model, frozen=True, kw_only=True, gc=False):
    """A difference; None for what doesn't belong to its `type`."""

    type: MismatchType
    """What differs."""
    reason: MismatchReason | None = None
    """In which way."""
    message: str | None = None
    """The same in words."""
    severity: MismatchSeverity | None = None
    """Whether it is wrong, or only worth a look."""
    plan_id: str | None = None
    """The plan concerned."""
    plan_name: str | None = None
    """The name of that plan."""
    feature_id: str | None = None
    """The feature concerned."""
    price_type: MismatchPriceType | None = None
    """What the price is for."""
    price_amount: Number | None = None
    """The price, in major currency units."""
    price_interval: str | None = None
    """How often it is charged."""
    price_interval_count: Number | None = None
    """How many intervals make one period."""
    expected_price_id: str | None = None
    """The price at Stripe that should be there."""
    actual_price_id: str | None = None
    """The price at Stripe that is there."""
    expected_amount: str | None = None
    """The amount that should be charged, as text."""
    actual_amount: str | None = None
    """The amount that is charged, as text."""
    expected_unit_amount: str | None = None
    """The price of a unit that should be charged, as text."""
    actual_unit_amount: str | None = None
    """The price of a unit that is charged, as text."""
    expected_quantity: Number | None = None
    """Units that should be billed."""
    actual_quantity: Number | None = None
    """Units that are billed."""
    phase_starts_at: Milliseconds | None = None
    """When the phase concerned begins, milliseconds since the epoch (UTC)."""
    expected_phase_count: Number | None = None
    """How many phases there should be."""
    actual_phase_count: Number | None = None
    """How many phases there are."""
    actual_phase_starts_at: list[Milliseconds] | None = None
    """When the phases that are there begin, milliseconds since the epoch (UTC)."""
    expected_canceling: bool | None = None
    """Whether the subscription should be about to end."""
    actual_canceling: bool | None = None
    """Whether it is."""
    missing_reward_ids: list[str] | None = None
    """Rewards that should apply and don't."""
    unexpected_reward_ids: list[str] | None = None
    """Rewards that apply and shouldn't."""
    ending_subscription_id: str | None = None
    """The subscription that is about to end."""
    error: str | None = None
    """Why it couldn't be worked out what should be there."""
    stripe_customer_id: str | None = None
    """The customer at Stripe that several customers of yours share."""
    other_customer_ids: list[str] | None = None
    """The other customers, by your ids."""
    other_customers: list[MismatchCustomer] | None = None
    """The other customers."""

    @property
    def phase_starts_at_datetime(self) -> datetime | None:
        """`phase_starts_at` as an aware UTC datetime."""
        return to_datetime(self.phase_starts_at)

    @property
    def actual_phase_starts_at_datetime(self) -> list[datetime] | None:
        """`actual_phase_starts_at` as aware UTC datetimes."""
        moments = self.actual_phase_starts_at
        return None if moments is None else [to_datetime(moment) for moment in moments]


class SubscriptionVerification(Model, frozen=True, kw_only=True, gc=False):
    """Where one subscription differs."""

    stripe_subscription_id: str
    """The subscription at Stripe."""
    status: VerificationStatus
    """Whether anything differs."""
    mismatches: list[BillingMismatch] = []
    """What differs."""


class BillingVerification(Model, frozen=True, kw_only=True, gc=False):
    """Where a customer's billing differs."""

    customer_id: str
    """The customer."""
    customer_mismatches: list[BillingMismatch] = []
    """What differs about the customer as a whole."""
    subscriptions: list[SubscriptionVerification] = []
    """The subscriptions that were looked at."""
