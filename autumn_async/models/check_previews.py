"""What a denied check proposes to sell, in the API's older words: products for plans."""
# ruff: noqa: RUF012 - msgspec copies an empty list for each instance

from datetime import datetime
from typing import Literal, TypeAlias

from .base import Integer, Milliseconds, Model, Number, to_datetime
from .billing_controls import BillingControls
from .common import Display, Env
from .features import PlanItemFeature, PlanItemFeatureType
from .pricing import (
    PriceTier,
    ProrationOnDecrease,
    ProrationOnIncrease,
    ResetInterval,
    RolloverExpiry,
    TierBehavior,
    TrialDuration,
    TrialEnd,
)

CheckScenario: TypeAlias = Literal["usage_limit", "feature_flag"] | str
"""Whether the customer has run out of a feature or doesn't have it."""

ProductScenario: TypeAlias = (
    Literal[
        "scheduled",
        "active",
        "new",
        "renew",
        "upgrade",
        "update_prepaid_quantity",
        "downgrade",
        "cancel",
        "expired",
        "past_due",
    ]
    | str
)
"""What attaching the product would be for the customer."""

ProductItemType: TypeAlias = Literal["feature", "priced_feature", "price"] | str
"""Whether an item grants a feature, sells one, or is the base price."""

UsageModel: TypeAlias = Literal["prepaid", "pay_per_use"] | str
"""Bought in advance or billed after use."""


class ProductRollover(Model, frozen=True, kw_only=True, gc=False):
    """How unused units are carried over to the next period."""

    max: Number | None = None
    """Most units kept in all; None without a cap."""
    max_percentage: Number | None = None
    """Most units kept, in percent of what was included and bought; None without such a cap."""
    length: Number
    """Months that carried-over units last; says nothing where they last for good."""
    duration: RolloverExpiry = "month"
    """Whether carried-over units lapse."""


class ProductItemConfig(Model, frozen=True, kw_only=True, gc=False):
    """Finer points of an item; None for what doesn't apply to it."""

    rollover: ProductRollover | None = None
    """How unused units are carried over."""
    on_increase: ProrationOnIncrease | None = None
    """What happens to the price when the quantity goes up."""
    on_decrease: ProrationOnDecrease | None = None
    """What happens to the price when the quantity goes down."""


class ProductItem(Model, frozen=True, kw_only=True, gc=False):
    """A grant or a price of a product; None for what doesn't apply to it."""

    type: ProductItemType | None = None
    """Grant, sale, or base price."""
    feature_id: str | None = None
    """The feature; None for the base price."""
    feature_type: PlanItemFeatureType | None = None
    """The feature's type, in the older words."""
    feature: PlanItemFeature | None = None
    """The feature itself."""
    included_usage: Number | str | None = None
    """Units free of charge per interval, or `"inf"`."""
    interval: ResetInterval | None = None
    """How often units are granted and prices charged; None for once."""
    interval_count: Number | None = None
    """How many intervals make one period."""
    price: Number | None = None
    """Price of `billing_units` units, or the base price, in major currency units."""
    tiers: list[PriceTier] | None = None
    """Price by amount."""
    tier_behavior: TierBehavior | None = None
    """How `tiers` apply."""
    usage_model: UsageModel | None = None
    """Bought in advance or billed after use."""
    billing_units: Number | None = None
    """Units that the price is for."""
    reset_usage_when_enabled: bool | None = None
    """True if use starts anew when the product is attached."""
    entity_feature_id: str | None = None
    """The feature whose entities get the units, each for itself."""
    display: Display | None = None
    """Words for a pricing page."""
    quantity: Number | None = None
    """Units the customer pays for in advance."""
    next_cycle_quantity: Number | None = None
    """Units the customer will pay for in the next period."""
    config: ProductItemConfig | None = None
    """Finer points."""


class ProductFreeTrial(Model, frozen=True, kw_only=True, gc=False):
    """Time in which a product costs nothing."""

    duration: TrialDuration
    """The unit of `length`."""
    length: Number
    """How long."""
    unique_fingerprint: bool = False
    """True if customers who share a fingerprint get it only once."""
    card_required: bool = False
    """True if a payment method is needed to start it."""
    on_end: TrialEnd | None = None
    """What follows; None means that billing starts."""
    trial_available: bool | None = True
    """False if the customer has had it."""


class ProductProperties(Model, frozen=True, kw_only=True, gc=False):
    """What follows from a product's items."""

    is_free: bool = False
    """True if nothing has a price."""
    is_one_off: bool = False
    """True if nothing is charged twice."""
    interval_group: str | None = None
    """How often it is charged; None if it isn't."""
    has_trial: bool | None = None
    """True if it starts with a free trial."""
    updateable: bool | None = None
    """True if quantities can be changed while it is held."""


class Product(Model, frozen=True, kw_only=True, gc=False):
    """A plan in the API's older words."""

    id: str
    """Your id of the plan."""
    name: str = ""
    """The name people read."""
    group: str | None = None
    """Plans of one group replace each other; None is a group too."""
    env: Env | None = None
    """The environment it lives in."""
    is_add_on: bool = False
    """True if it comes in addition and replaces nothing."""
    is_default: bool = False
    """True if new customers get it by themselves."""
    archived: bool = False
    """True once it was put away."""
    version: Integer = 1
    """Counts up when a plan that has customers changes."""
    created_at: Milliseconds | None = None
    """When this version was made, milliseconds since the epoch (UTC)."""
    items: list[ProductItem] = []
    """Prices and grants."""
    free_trial: ProductFreeTrial | None = None
    """The free trial it starts with; None without one."""
    base_variant_id: str | None = None
    """The plan that this one varies; None if it is no variant."""
    billing_controls: BillingControls | None = None
    """Controls that its customers inherit; None from servers that don't say."""
    scenario: ProductScenario | None = None
    """What attaching it would be for the customer; None if the server left it out."""
    properties: ProductProperties | None = None
    """What follows from its items; None if the server left it out."""

    @property
    def created_at_datetime(self) -> datetime | None:
        """`created_at` as an aware UTC datetime."""
        return to_datetime(self.created_at)


class CheckPreview(Model, frozen=True, kw_only=True, gc=False):
    """What to offer a customer to whom a feature was denied."""

    scenario: CheckScenario
    """Whether the customer has run out of the feature or doesn't have it."""
    title: str = ""
    """A headline to show."""
    message: str = ""
    """A text to show."""
    feature_id: str
    """The feature denied."""
    feature_name: str = ""
    """Its name."""
    products: list[Product] = []
    """Plans that would give (more of) it."""
    upgrade_product_id: str | None = None
    """The plan that the texts speak of; None if there is none to offer."""
