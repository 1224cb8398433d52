"""Features: what customers may use, count or spend."""
# ruff: noqa: RUF012 - msgspec copies an empty list for each instance

from typing import Literal, TypeAlias

from .base import Integer, Model, Number
from .common import PropertyValue
from .pricing import TierBound

FeatureType: TypeAlias = Literal["boolean", "metered", "credit_system", "ai_credit_system"] | str
"""On or off, counted, or a pool of credits that other features (or AI models) draw from."""

PlanItemFeatureType: TypeAlias = (
    Literal[
        "static", "boolean", "single_use", "continuous_use", "credit_system", "ai_credit_system"
    ]
    | str
)
"""The older words for feature types, still used where a plan item embeds its feature."""

FeatureCombine: TypeAlias = Literal["sum", "max", "min"] | str
"""What several plans grant together: the sum, or the highest or lowest of the free grants."""

CreditTierBehavior: TypeAlias = Literal["graduated"] | str
"""How tiers of a credit cost apply; each unit costs what its own tier says."""


class FeatureDisplay(Model, frozen=True, kw_only=True, gc=False):
    """The words for units of a feature."""

    singular: str | None = None
    """The word for one unit."""
    plural: str | None = None
    """The word for several units."""


class CreditTier(Model, frozen=True, kw_only=True, gc=False):
    """One step of a tiered credit cost."""

    to: TierBound = "inf"
    """Last unit of this tier."""
    credit_cost: Number
    """Credits per billing unit within this tier."""


class CreditDimension(Model, frozen=True, kw_only=True, gc=False):
    """A credit cost of its own for events whose properties match."""

    match: dict[str, PropertyValue]
    """Properties, with their values, that an event must have."""
    credit_cost: Number | None = None
    """Credits per billing unit; None where `tiers` hold the cost."""
    tiers: list[CreditTier] | None = None
    """Cost by amount used; None where it is flat."""
    tier_behavior: CreditTierBehavior | None = None
    """How `tiers` apply; None where there are none, or where it is the default `graduated`."""
    priority: Integer | None = None
    """Of dimensions that match equally many properties the highest wins; None if not set."""


class CreditMultiplier(Model, frozen=True, kw_only=True, gc=False):
    """A change of the credit cost for events whose properties match."""

    match: dict[str, PropertyValue]
    """Properties, with their values, that an event must have."""
    factor: Number | None = None
    """What the cost is multiplied by, along with all others that match; None leaves it."""
    add: Number | None = None
    """Credits added per billing unit once all factors are in; None adds nothing."""


class CreditSchemaRow(Model, frozen=True, kw_only=True, gc=False):
    """What using one metered feature costs in credits."""

    metered_feature_id: str = ""
    """The feature that draws credits."""
    credit_cost: Number | None = None
    """Credits per billing unit; None where `tiers` hold the cost."""
    tiers: list[CreditTier] | None = None
    """Cost by amount used; None where it is flat."""
    tier_behavior: CreditTierBehavior | None = None
    """How `tiers` apply; None where there are none, or where it is the default `graduated`."""
    billing_units: Number | None = None
    """Units of the feature that the cost is for; None means one."""
    dimensions: dict[str, CreditDimension] | None = None
    """Named exceptions for events with certain properties; None without any."""
    multipliers: dict[str, CreditMultiplier] | None = None
    """Named surcharges and discounts for events with certain properties; None without any."""
    excluded: bool | None = None
    """True if a plan item takes this feature out of the credit system; None if not."""


class ModelMarkup(Model, frozen=True, kw_only=True, gc=False):
    """What is added to the price of one AI model."""

    markup: Number | None = None
    """Percent added to the model's price, -100 makes it free; None takes the next wider markup."""
    input_cost: Number | None = None
    """Own price of a million input tokens, in dollars; None takes the public price."""
    output_cost: Number | None = None
    """Own price of a million output tokens, in dollars; None takes the public price."""


class ProviderMarkup(Model, frozen=True, kw_only=True, gc=False):
    """What is added to the prices of all AI models of one provider."""

    markup: Number
    """Percent added to the prices; -100 makes them free."""


class StripeFeature(Model, frozen=True, kw_only=True, gc=False):
    """A feature as Stripe knows it."""

    product_id: str | None = None
    """Stripe's product, None if there is none."""
    meter_id: str | None = None
    """Stripe's meter, None if there is none."""


class FeatureProcessors(Model, frozen=True, kw_only=True, gc=False):
    """A feature's counterparts at payment processors."""

    stripe: StripeFeature | None = None
    """Its counterpart at Stripe; None without one."""


class Feature(Model, frozen=True, kw_only=True, gc=False):
    """Something that plans grant and customers use."""

    id: str
    """Your id of the feature."""
    name: str = ""
    """The name people read."""
    type: FeatureType
    """On or off, counted, or a credit system."""
    consumable: bool = False
    """True if use spends it for good (messages); False for things held and given back (seats)."""
    archived: bool = False
    """True once it was put away; grants and tracking go on."""
    combine: FeatureCombine = "sum"
    """How grants of several plans become one."""
    event_names: list[str] = []
    """Events that count as use of this feature."""
    credit_schema: list[CreditSchemaRow] | None = None
    """What each feature costs in credits; None but for credit systems."""
    model_markups: dict[str, ModelMarkup] | None = None
    """Markups by AI model; None but for AI credit systems that have some."""
    default_markup: Number | None = None
    """Percent added for AI models without a markup of their own; None but for AI credit systems."""
    provider_markups: dict[str, ProviderMarkup] | None = None
    """Markups by AI provider; None but for AI credit systems that have some."""
    display: FeatureDisplay | None = None
    """Words for its units; None until they were set."""
    processors: FeatureProcessors | None = None
    """Counterparts at payment processors; None without any."""


class PlanItemFeature(Model, frozen=True, kw_only=True, gc=False):
    """A feature as plan items embed it, with the older words for its type."""

    id: str
    """Your id of the feature."""
    name: str | None = None
    """The name people read; None if the server left it out."""
    type: PlanItemFeatureType
    """`single_use` is consumed, `continuous_use` is held and given back."""
    display: FeatureDisplay | None = None
    """Words for its units; None until they were set."""
    credit_schema: list[CreditSchemaRow] | None = None
    """What each feature costs in credits; None but for credit systems."""
    archived: bool | None = None
    """True once it was put away; None if the server left it out."""
