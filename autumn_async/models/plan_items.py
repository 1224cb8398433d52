"""Plan items: what a plan grants of each feature, and what more of it costs."""

from typing import Literal, TypeAlias

from .base import Model, Number
from .common import Display
from .features import CreditSchemaRow, ModelMarkup, PlanItemFeature, ProviderMarkup
from .pricing import (
    BillingInterval,
    BillingMethod,
    CurrencyAmount,
    PriceTier,
    ProrationOnDecrease,
    ProrationOnIncrease,
    ResetInterval,
    RolloverExpiry,
    TierBehavior,
)

PurchaseExpiry: TypeAlias = Literal["day", "week", "month", "year"] | str
"""The unit that the lifetime of bought units is counted in."""


class StripePrice(Model, frozen=True, kw_only=True, gc=False):
    """A price as Stripe knows it."""

    price_id: str
    """Stripe's price."""


class PriceProcessors(Model, frozen=True, kw_only=True, gc=False):
    """A price's counterparts at payment processors."""

    stripe: StripePrice | None = None
    """Its counterpart at Stripe; None without one."""


class PlanItemReset(Model, frozen=True, kw_only=True, gc=False):
    """How often an item's units are granted anew."""

    interval: ResetInterval
    """How often; `one_off` grants once, for good."""
    interval_count: Number = 1
    """How many intervals lie between two resets."""


class PlanItemPrice(Model, frozen=True, kw_only=True, gc=False):
    """What units beyond the included ones cost."""

    amount: Number | None = None
    """Price of `billing_units` units, in major currency units; None where `tiers` hold it."""
    tiers: list[PriceTier] | None = None
    """Price by amount; None where it is flat."""
    tier_behavior: TierBehavior | None = None
    """How `tiers` apply; None where there are none."""
    interval: BillingInterval
    """How often it is charged."""
    interval_count: Number = 1
    """How many intervals make one period."""
    billing_units: Number = 1
    """Units that the price is for."""
    billing_method: BillingMethod
    """Bought in advance or billed after use."""
    max_purchase: Number | None = None
    """Most units that can be bought beyond the included ones; None without a cap."""
    additional_currencies: list[CurrencyAmount] | None = None
    """The price in further currencies; None where there are none."""
    processors: PriceProcessors | None = None
    """Counterparts at payment processors; None without any."""


class PlanItemRollover(Model, frozen=True, kw_only=True, gc=False):
    """How unused units are carried over to the next period."""

    max: Number | None = None
    """Most units kept in all; None without a cap."""
    max_percentage: Number | None = None
    """Most units kept, in percent of what was included and bought; None without such a cap."""
    expiry_duration_type: RolloverExpiry
    """Whether carried-over units lapse."""
    expiry_duration_length: Number | None = None
    """Months that they last; None where they last for good."""


class PlanItemExpiry(Model, frozen=True, kw_only=True, gc=False):
    """How long prepaid units of a one-off purchase last."""

    duration: PurchaseExpiry
    """The unit of `length`."""
    length: Number
    """How many of them."""


class PlanItemProration(Model, frozen=True, kw_only=True, gc=False):
    """What happens to the price when a prepaid quantity changes within a period."""

    on_increase: ProrationOnIncrease
    """When it goes up."""
    on_decrease: ProrationOnDecrease
    """When it goes down."""


class ThresholdBilling(Model, frozen=True, kw_only=True, gc=False):
    """Invoices overage before the period ends, once enough of it has come together."""

    threshold: Number
    """Units of overage that are enough."""


class FeatureMarkups(Model, frozen=True, kw_only=True, gc=False):
    """Markups of AI prices that hold within one plan only."""

    default_markup: Number | None = None
    """Percent added for AI models without a markup of their own; None leaves the feature's."""
    provider_markups: dict[str, ProviderMarkup] | None = None
    """Markups by AI provider; None leaves the feature's."""
    model_markups: dict[str, ModelMarkup] | None = None
    """Markups by AI model; None leaves the feature's."""


class FeatureOverride(Model, frozen=True, kw_only=True, gc=False):
    """What a plan changes about a credit system, for its customers only."""

    credit_schema: list[CreditSchemaRow] | None = None
    """Costs that differ, and features taken out; None leaves the feature's."""
    markups: FeatureMarkups | None = None
    """Markups that differ; None leaves the feature's."""


class PlanItem(Model, frozen=True, kw_only=True, gc=False):
    """What a plan grants of one feature."""

    feature_id: str
    """The feature."""
    included: Number = 0
    """Units free of charge per reset period; 0 for boolean and unlimited features."""
    unlimited: bool = False
    """True if use isn't limited."""
    pooled: bool = False
    """True if units granted to entities go into a balance that the customer shares."""
    reset: PlanItemReset | None = None
    """How often units are granted anew; None for boolean features and things held."""
    price: PlanItemPrice | None = None
    """What further units cost; None if they can't be bought."""
    proration: PlanItemProration | None = None
    """How changes within a period are priced; None in plans, which don't show it."""
    rollover: PlanItemRollover | None = None
    """How unused units are carried over; None if they lapse."""
    expiry: PlanItemExpiry | None = None
    """How long bought units last; None if they don't lapse."""
    threshold_billing: ThresholdBilling | None = None
    """When overage is invoiced early; None if never."""
    feature_override: FeatureOverride | None = None
    """What the plan changes about a credit system; None if nothing."""
    feature: PlanItemFeature | None = None
    """The feature itself; None unless expanded."""
    display: Display | None = None
    """Words for a pricing page; None within customizations."""


class PlanItemFilter(Model, frozen=True, kw_only=True, gc=False):
    """Which items a customization removes: those that match all that is not None."""

    feature_id: str | None = None
    """Items of this feature."""
    billing_method: BillingMethod | None = None
    """Items billed this way."""
    interval: ResetInterval | None = None
    """Items with this interval, of price or reset."""
    interval_count: Number | None = None
    """Items with this number of intervals."""
    included: Number | None = None
    """Items that include this many units."""
