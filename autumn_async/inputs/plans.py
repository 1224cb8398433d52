"""Inputs for plans: prices, items, trials, licenses and customizations."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from ..models.plan_items import (
    FeatureMarkups,
    FeatureOverride,
    PlanItem,
    PlanItemExpiry,
    PlanItemFilter,
    PlanItemPrice,
    PlanItemProration,
    PlanItemRollover,
    ThresholdBilling,
)
from ..models.plans import (
    BasePrice,
    FreeTrial,
    LicenseReference,
    PlanConfig,
    PlanCustomization,
    PlanLicense,
)
from ..models.pricing import CurrencyAmount, PriceTier
from ._typing import NotRequired, TypedDict
from .balances import ResetLike
from .billing_controls import BillingControlsLike
from .common import (
    BillingInterval,
    BillingMethod,
    ProrationOnDecrease,
    ProrationOnIncrease,
    PurchaseExpiry,
    Quantity,
    ResetInterval,
    RolloverExpiry,
    TierBehavior,
    TierBound,
    TrialDuration,
    TrialEnd,
)
from .features import (
    CreditExclusionInput,
    CreditSchemaRowLike,
    ModelMarkupLike,
    ProviderMarkupLike,
)


class CurrencyAmountInput(TypedDict):
    """A price in a currency besides the default one; it isn't converted."""

    currency: str
    """Three-letter ISO code."""
    amount: Quantity
    """The price, in major units of that currency."""


CurrencyAmountLike: TypeAlias = CurrencyAmountInput | CurrencyAmount


class TierCurrencyAmountInput(TypedDict):
    """One tier of a price in a currency besides the default one."""

    currency: str
    """Three-letter ISO code."""
    amount: NotRequired[Quantity]
    """Price per billing unit, in major units of that currency."""
    flat_amount: NotRequired[Quantity]
    """Fixed price of the tier, in major units of that currency."""


TierCurrencyAmountLike: TypeAlias = TierCurrencyAmountInput | CurrencyAmount


class PriceTierInput(TypedDict):
    """One step of a tiered price."""

    to: TierBound
    """Last unit of this tier, the included ones counted; `"inf"` for the last tier."""
    amount: NotRequired[Quantity]
    """Price per billing unit within this tier, in major currency units."""
    flat_amount: NotRequired[Quantity]
    """Fixed price of reaching this tier, in major currency units; only for `volume` tiers."""
    additional_currencies: NotRequired[Sequence[TierCurrencyAmountLike]]
    """The same tier in further currencies."""


PriceTierLike: TypeAlias = PriceTierInput | PriceTier


class BasePriceInput(TypedDict):
    """The fixed price of a plan."""

    amount: Quantity
    """Price per period, in major currency units such as dollars; at most two decimals."""
    interval: BillingInterval
    """How often it is charged."""
    interval_count: NotRequired[int]
    """How many intervals make one period; 1 by default."""
    additional_currencies: NotRequired[Sequence[CurrencyAmountLike]]
    """The price in further currencies."""


BasePriceLike: TypeAlias = BasePriceInput | BasePrice


class PlanItemPriceInput(TypedDict):
    """What units beyond the included ones cost: `amount` or `tiers`."""

    amount: NotRequired[Quantity]
    """Price of `billing_units` units, in major currency units."""
    tiers: NotRequired[Sequence[PriceTierLike]]
    """Price by amount."""
    tier_behavior: NotRequired[TierBehavior]
    """How `tiers` apply; `volume` is for prepaid prices only."""
    interval: BillingInterval
    """How often it is charged."""
    interval_count: NotRequired[int]
    """How many intervals make one period; 1 by default."""
    billing_units: NotRequired[Quantity]
    """Units that the price is for, 1 by default; what is used is rounded up to it."""
    billing_method: BillingMethod
    """Bought in advance or billed after use."""
    max_purchase: NotRequired[Quantity | None]
    """Most units that can be bought beyond the included ones; None for no cap."""
    additional_currencies: NotRequired[Sequence[CurrencyAmountLike]]
    """The price in further currencies."""


PlanItemPriceLike: TypeAlias = PlanItemPriceInput | PlanItemPrice


class PlanItemProrationInput(TypedDict):
    """What happens to the price when a prepaid quantity changes within a period."""

    on_increase: ProrationOnIncrease
    """When it goes up."""
    on_decrease: ProrationOnDecrease
    """When it goes down."""


PlanItemProrationLike: TypeAlias = PlanItemProrationInput | PlanItemProration


class PlanItemRolloverInput(TypedDict):
    """How unused units are carried over to the next period."""

    max: NotRequired[Quantity]
    """Most units kept in all."""
    max_percentage: NotRequired[Quantity]
    """Most units kept, in percent of what was included and bought; instead of `max`."""
    expiry_duration_type: RolloverExpiry
    """Whether carried-over units lapse."""
    expiry_duration_length: NotRequired[int]
    """Months that they last; 1 by default."""


PlanItemRolloverLike: TypeAlias = PlanItemRolloverInput | PlanItemRollover


class PlanItemExpiryInput(TypedDict):
    """How long prepaid units of a one-off purchase last."""

    duration: PurchaseExpiry
    """The unit of `length`."""
    length: int
    """How many of them."""


PlanItemExpiryLike: TypeAlias = PlanItemExpiryInput | PlanItemExpiry


class ThresholdBillingInput(TypedDict):
    """Invoices overage before the period ends, once enough of it has come together."""

    threshold: Quantity
    """Units of overage that are enough."""


ThresholdBillingLike: TypeAlias = ThresholdBillingInput | ThresholdBilling


class FeatureMarkupsInput(TypedDict):
    """Markups of AI prices that hold within one plan only."""

    default_markup: NotRequired[Quantity]
    """Percent added for AI models without a markup of their own; -100 makes them free."""
    provider_markups: NotRequired[Mapping[str, ProviderMarkupLike] | None]
    """Markups by AI provider."""
    model_markups: NotRequired[Mapping[str, ModelMarkupLike] | None]
    """Markups by AI model."""


FeatureMarkupsLike: TypeAlias = FeatureMarkupsInput | FeatureMarkups


class FeatureOverrideInput(TypedDict):
    """What a plan changes about a credit system, for its customers only."""

    credit_schema: NotRequired[Sequence[CreditSchemaRowLike | CreditExclusionInput]]
    """Costs that differ, and features taken out."""
    markups: NotRequired[FeatureMarkupsLike]
    """Markups that differ."""


FeatureOverrideLike: TypeAlias = FeatureOverrideInput | FeatureOverride


class PlanItemInput(TypedDict):
    """What a plan grants of one feature."""

    feature_id: str
    """The feature."""
    included: NotRequired[Quantity]
    """Units free of charge per reset period."""
    unlimited: NotRequired[bool]
    """True to not limit use."""
    pooled: NotRequired[bool]
    """True to let units granted to entities go into a balance that the customer shares."""
    reset: NotRequired[ResetLike]
    """How often units are granted anew; by default with the price, or never without one."""
    price: NotRequired[PlanItemPriceLike]
    """What further units cost."""
    proration: NotRequired[PlanItemProrationLike]
    """How changes of a prepaid quantity within a period are priced."""
    rollover: NotRequired[PlanItemRolloverLike]
    """How unused units are carried over."""
    expiry: NotRequired[PlanItemExpiryLike]
    """How long bought units last."""
    threshold_billing: NotRequired[ThresholdBillingLike | None]
    """When overage is invoiced early; None for never."""
    feature_override: NotRequired[FeatureOverrideLike]
    """What the plan changes about a credit system."""


PlanItemLike: TypeAlias = PlanItemInput | PlanItem


class PlanItemFilterInput(TypedDict):
    """Which items to remove: those that match all keys given."""

    feature_id: NotRequired[str]
    """Items of this feature."""
    billing_method: NotRequired[BillingMethod]
    """Items billed this way."""
    interval: NotRequired[ResetInterval]
    """Items with this interval, of price or reset."""
    interval_count: NotRequired[int]
    """Items with this number of intervals."""
    included: NotRequired[Quantity]
    """Items that include this many units."""


PlanItemFilterLike: TypeAlias = PlanItemFilterInput | PlanItemFilter


class FreeTrialInput(TypedDict):
    """Time in which a plan costs nothing."""

    duration_length: int
    """How long, in units of `duration_type`."""
    duration_type: NotRequired[TrialDuration]
    """The unit of `duration_length`; `month` by default."""
    card_required: NotRequired[bool]
    """True if a payment method is needed to start it; the default differs by API version."""
    on_end: NotRequired[TrialEnd]
    """What follows; `bill` by default."""


FreeTrialLike: TypeAlias = FreeTrialInput | FreeTrial


class PlanConfigInput(TypedDict):
    """Switches of a plan; those left out stay as they are."""

    ignore_past_due: NotRequired[bool]
    """True to reset balances even while an invoice is overdue."""
    anchor_to_month_start: NotRequired[bool]
    """True to align billing and resets to the first of the month, UTC."""


PlanConfigLike: TypeAlias = PlanConfigInput | PlanConfig


class LicenseReferenceInput(TypedDict):
    """A license plan by its id."""

    license_plan_id: str
    """The plan sold as a license."""


LicenseReferenceLike: TypeAlias = LicenseReferenceInput | LicenseReference


class LicenseCustomizeInput(TypedDict):
    """What to change about a license plan."""

    price: NotRequired[BasePriceLike | None]
    """Another base price; None takes it away."""
    add_items: NotRequired[Sequence[PlanItemLike]]
    """Items to add."""
    remove_items: NotRequired[Sequence[PlanItemFilterLike]]
    """Items to remove."""


LicenseCustomizeLike: TypeAlias = LicenseCustomizeInput | PlanCustomization


class PlanLicenseInput(TypedDict):
    """A plan to sell by the seat along with another."""

    license_plan_id: str
    """The plan sold as a license."""
    version_slug: NotRequired[str]
    """A certain version of it, by name."""
    included: NotRequired[int]
    """Licenses free of charge."""
    prepaid_only: NotRequired[bool]
    """True to hand out no more licenses than are included."""
    customize: NotRequired[LicenseCustomizeLike | None]
    """What to change about the license plan; None for nothing."""
    metadata: NotRequired[Mapping[str, Any]]
    """Your own data."""


PlanLicenseLike: TypeAlias = PlanLicenseInput | PlanLicense


class SharedCustomizeInput(LicenseCustomizeInput):
    """What can be changed about a plan wherever it can be changed."""

    billing_controls: NotRequired[BillingControlsLike]
    """Other billing controls."""
    upsert_licenses: NotRequired[Sequence[PlanLicenseLike]]
    """Licenses to add or change."""
    remove_licenses: NotRequired[Sequence[LicenseReferenceLike]]
    """Licenses to remove."""


class VariantCustomizeInput(SharedCustomizeInput):
    """What to change about a plan, to make a variant of it."""

    free_trial: NotRequired[FreeTrialLike | None]
    """Another free trial; None takes it away."""


VariantCustomizeLike: TypeAlias = VariantCustomizeInput | PlanCustomization


class CustomizeInput(VariantCustomizeInput):
    """What to change about a plan for one customer; at least one key."""

    items: NotRequired[Sequence[PlanItemLike]]
    """All items, in place of the plan's; not together with `add_items` or `remove_items`."""


CustomizeLike: TypeAlias = CustomizeInput | PlanCustomization


class MigrationInput(TypedDict):
    """How customers of a plan that is changed in place move to the change."""

    draft: NotRequired[bool]
    """True to draft a migration for them; False by default."""
    include_custom: NotRequired[bool]
    """True to include customers whose plan was customized."""


class PlanVariantInput(TypedDict):
    """A variant to make or change."""

    variant_plan_id: str
    """The variant's plan id."""
    name: NotRequired[str]
    """The name people read; needed to make a new one."""
    customize: VariantCustomizeLike
    """What to change about the base plan."""
    disable_version: NotRequired[bool]
    """True to change the variant in place."""
    force_version: NotRequired[bool]
    """True to make a new version of it in any case."""
    migration: NotRequired[MigrationInput]
    """How its customers move."""


class LicenseParentInput(TypedDict):
    """A version of a plan that sells licenses."""

    plan_id: str
    """The plan."""
    version: int
    """Its version."""
