"""Plans: what is for sale, at which price, and what it grants."""
# ruff: noqa: RUF012 - msgspec copies an empty list or dict for each instance

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypeAlias

from msgspec import field

from .base import Integer, Milliseconds, Model, Number, to_datetime
from .billing_controls import BillingControls
from .common import Display, Env
from .plan_items import PlanItem, PlanItemFilter, PriceProcessors
from .pricing import BillingInterval, CurrencyAmount, TrialDuration, TrialEnd

AttachAction: TypeAlias = Literal["activate", "upgrade", "downgrade", "none", "purchase"] | str
"""What attaching a plan would be for a certain customer."""

SubscriptionStatus: TypeAlias = Literal["active", "scheduled"] | str
"""In force now (on trial and past due included), or to come."""


class BasePrice(Model, frozen=True, kw_only=True, gc=False):
    """The fixed price of a plan."""

    amount: Number
    """Price per period, in major currency units such as dollars."""
    interval: BillingInterval
    """How often it is charged."""
    interval_count: Number = 1
    """How many intervals make one period."""
    additional_currencies: list[CurrencyAmount] | None = None
    """The price in further currencies; None where there are none."""
    display: Display | None = None
    """Words for a pricing page; None within customizations."""
    processors: PriceProcessors | None = None
    """Counterparts at payment processors; None without any."""


class FreeTrial(Model, frozen=True, kw_only=True, gc=False):
    """Time in which a plan costs nothing."""

    duration_length: Number
    """How long, in units of `duration_type`."""
    duration_type: TrialDuration = "month"
    """The unit of `duration_length`."""
    card_required: bool = False
    """True if a payment method is needed to start it."""
    on_end: TrialEnd | None = None
    """What follows; None means that billing starts."""


class PlanConfig(Model, frozen=True, kw_only=True, gc=False):
    """Switches of a plan."""

    ignore_past_due: bool = False
    """True if balances are reset even while an invoice is overdue."""
    anchor_to_month_start: bool = False
    """True if billing and resets are aligned to the first of the month, UTC."""


class FeatureQuantity(Model, frozen=True, kw_only=True, gc=False):
    """How many units of a prepaid feature are bought."""

    feature_id: str
    """The prepaid feature."""
    quantity: Number | None = None
    """Units, the included ones counted; None if not set."""
    adjustable: bool | None = None
    """True if the buyer may change it at checkout; None in answers."""


class StripePlan(Model, frozen=True, kw_only=True, gc=False):
    """A plan as Stripe knows it."""

    product_id: str
    """Stripe's product."""
    additional_product_ids: list[str] | None = None
    """Further products at Stripe that stand for the plan; None without any."""


class RevenueCatProduct(Model, frozen=True, kw_only=True, gc=False):
    """A product of RevenueCat that sells a plan."""

    product_id: str
    """RevenueCat's product."""
    feature_quantities: list[FeatureQuantity] | None = None
    """Prepaid units that the product comes with; None without any."""


class RevenueCatPlan(Model, frozen=True, kw_only=True, gc=False):
    """A plan as RevenueCat knows it."""

    products: list[RevenueCatProduct]
    """The products that sell it."""


class PlanProcessors(Model, frozen=True, kw_only=True, gc=False):
    """A plan's counterparts at payment processors."""

    stripe: StripePlan | None = None
    """Its counterpart at Stripe; None without one."""
    revenuecat: RevenueCatPlan | None = None
    """Its counterpart at RevenueCat; None without one."""


class CustomerEligibility(Model, frozen=True, kw_only=True, gc=False):
    """What a plan means for the customer that the plans were listed for."""

    attach_action: AttachAction
    """What attaching it would be."""
    trial_available: bool = False
    """True if the customer would get the free trial."""
    status: SubscriptionStatus | None = None
    """Whether the customer has the plan, now or scheduled; None if not."""
    canceling: bool = False
    """True if the customer has it and it ends with the period."""
    trialing: bool = False
    """True if the customer is on its free trial."""


class LicenseReference(Model, frozen=True, kw_only=True, gc=False):
    """A license plan by its id."""

    license_plan_id: str
    """The plan sold as a license."""


class PlanCustomization(Model, frozen=True, kw_only=True, gc=False):
    """What differs from a plan, in a variant or a license; None for what stays."""

    price: BasePrice | None = None
    """Another base price. None also if the price is taken away."""
    add_items: list[PlanItem] | None = None
    """Items to add."""
    remove_items: list[PlanItemFilter] | None = None
    """Items to remove."""
    free_trial: FreeTrial | None = None
    """Another free trial. None also if the trial is taken away."""
    billing_controls: BillingControls | None = None
    """Other billing controls."""
    upsert_licenses: list[PlanLicense] | None = None
    """Licenses to add or change."""
    remove_licenses: list[LicenseReference] | None = None
    """Licenses to remove."""


class PlanLicense(Model, frozen=True, kw_only=True, gc=False):
    """A plan that another plan sells by the seat, to hand out to entities."""

    license_plan_id: str
    """The plan sold as a license."""
    version: Integer | None = None
    """Version of the license plan; None within customizations."""
    version_slug: str | None = None
    """Name of that version; None if the link follows no single one."""
    included: Number | None = None
    """Licenses free of charge; None within customizations that leave it."""
    prepaid_only: bool | None = None
    """True if no more can be handed out than are included; None as with `included`."""
    customize: PlanCustomization | None = None
    """What differs from the license plan; None if nothing."""
    metadata: dict[str, Any] | None = None
    """Your own data; None without any."""
    plan: Plan | None = None
    """The license plan itself; None unless expanded."""


class VariantDetails(Model, frozen=True, kw_only=True, gc=False):
    """What a variant is made from."""

    base_plan_id: str
    """The plan it varies."""
    customize: PlanCustomization | None = None
    """What differs from that plan; None if nothing."""


class PlanVariant(Model, frozen=True, kw_only=True, gc=False):
    """A variant of a plan, as its base plan lists it."""

    variant_plan_id: str
    """The variant's plan id."""
    name: str = ""
    """The name people read."""
    customize: PlanCustomization | None = None
    """What differs from the base plan; None if nothing."""
    plan: Plan | None = None
    """The variant itself; None unless expanded."""


class Plan(Model, frozen=True, kw_only=True, gc=False):
    """A plan, add-on or one-off purchase: a price and what it grants."""

    id: str
    """Your id of the plan."""
    name: str = ""
    """The name people read."""
    description: str | None = None
    """A text about it; None without one."""
    group: str | None = None
    """Plans of one group replace each other; None is a group too."""
    version: Integer = 1
    """Counts up when a plan that has customers changes."""
    version_slug: str | None = None
    """Name of the version, `v2` if you gave none; None from servers that don't say."""
    active: bool | None = None
    """True for the version in force, at most one is; None from servers that don't say."""
    add_on: bool = False
    """True if it comes in addition and replaces nothing."""
    auto_enable: bool = False
    """True if new customers get it by themselves."""
    price: BasePrice | None = None
    """The fixed price; None for free plans and those priced by use alone."""
    items: list[PlanItem] = []
    """What it grants."""
    free_trial: FreeTrial | None = None
    """The free trial it starts with; None without one."""
    created_at: Milliseconds | None = None
    """When this version was made, milliseconds since the epoch (UTC)."""
    env: Env | None = None
    """The environment it lives in."""
    archived: bool = False
    """True once it was put away; it isn't listed then."""
    config: PlanConfig = field(default_factory=PlanConfig)
    """Switches."""
    metadata: dict[str, Any] = {}
    """Your own data."""
    billing_controls: BillingControls | None = None
    """Controls that its customers inherit; None from servers that don't say."""
    base_variant_id: str | None = None
    """The plan that this one varies; None if it is no variant."""
    variant_details: VariantDetails | None = None
    """What it varies and how; None if it is no variant."""
    variants: list[PlanVariant] | None = None
    """Its variants; None but in lists that were asked for them."""
    licenses: list[PlanLicense] | None = None
    """Plans it sells as licenses; None without any."""
    processors: PlanProcessors | None = None
    """Counterparts at payment processors; None without any."""
    customer_eligibility: CustomerEligibility | None = None
    """What it means for a customer; None unless listed for one."""

    @property
    def created_at_datetime(self) -> datetime | None:
        """`created_at` as an aware UTC datetime."""
        return to_datetime(self.created_at)
