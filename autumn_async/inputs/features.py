"""Inputs for features and credit systems."""

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from ..models.features import (
    CreditDimension,
    CreditMultiplier,
    CreditSchemaRow,
    CreditTier,
    FeatureDisplay,
    ModelMarkup,
    ProviderMarkup,
)
from ._typing import NotRequired, TypedDict
from .common import CreditTierBehavior, PropertyValue, Quantity, TierBound


class FeatureDisplayInput(TypedDict):
    """The words for units of a feature."""

    singular: str
    """The word for one unit."""
    plural: str
    """The word for several units."""


FeatureDisplayLike: TypeAlias = FeatureDisplayInput | FeatureDisplay


class CreditTierInput(TypedDict):
    """One step of a tiered credit cost."""

    to: TierBound
    """Last unit of this tier."""
    credit_cost: Quantity
    """Credits per billing unit within this tier."""


CreditTierLike: TypeAlias = CreditTierInput | CreditTier


class CreditDimensionInput(TypedDict):
    """A credit cost of its own for events whose properties match: `credit_cost` or `tiers`."""

    match: Mapping[str, PropertyValue]
    """Properties, with their values, that an event must have."""
    credit_cost: NotRequired[Quantity]
    """Credits per billing unit."""
    tiers: NotRequired[Sequence[CreditTierLike]]
    """Cost by amount used."""
    tier_behavior: NotRequired[CreditTierBehavior]
    """How `tiers` apply; `graduated` by default."""
    priority: NotRequired[int]
    """Of dimensions that match equally many properties the highest wins."""


CreditDimensionLike: TypeAlias = CreditDimensionInput | CreditDimension


class CreditMultiplierInput(TypedDict):
    """A change of the credit cost for events whose properties match."""

    match: Mapping[str, PropertyValue]
    """Properties, with their values, that an event must have."""
    factor: NotRequired[Quantity]
    """What the cost is multiplied by, along with all others that match."""
    add: NotRequired[Quantity]
    """Credits added per billing unit once all factors are in."""


CreditMultiplierLike: TypeAlias = CreditMultiplierInput | CreditMultiplier


class CreditSchemaRowInput(TypedDict):
    """What using one metered feature costs in credits: `credit_cost` or `tiers`."""

    metered_feature_id: str
    """The feature that draws credits; consumable, and no credit system itself."""
    credit_cost: NotRequired[Quantity]
    """Credits per billing unit."""
    tiers: NotRequired[Sequence[CreditTierLike]]
    """Cost by amount used."""
    tier_behavior: NotRequired[CreditTierBehavior]
    """How `tiers` apply; `graduated` by default."""
    billing_units: NotRequired[Quantity]
    """Units of the feature that the cost is for; 1 by default."""
    dimensions: NotRequired[Mapping[str, CreditDimensionLike]]
    """Named exceptions for events with certain properties."""
    multipliers: NotRequired[Mapping[str, CreditMultiplierLike]]
    """Named surcharges and discounts for events with certain properties."""


CreditSchemaRowLike: TypeAlias = CreditSchemaRowInput | CreditSchemaRow


class CreditExclusionInput(TypedDict):
    """Takes a feature out of a credit system, for the customers of one plan."""

    metered_feature_id: str
    """The feature that no longer draws credits."""
    excluded: Literal[True]
    """Always True; tells it from a row that lacks its cost."""


class ModelMarkupInput(TypedDict):
    """What is added to the price of one AI model."""

    markup: NotRequired[Quantity]
    """Percent added to the model's price; -100 makes it free."""
    input_cost: NotRequired[Quantity]
    """Own price of a million input tokens, in dollars; for `custom/` models."""
    output_cost: NotRequired[Quantity]
    """Own price of a million output tokens, in dollars; for `custom/` models."""


ModelMarkupLike: TypeAlias = ModelMarkupInput | ModelMarkup


class ProviderMarkupInput(TypedDict):
    """What is added to the prices of all AI models of one provider."""

    markup: Quantity
    """Percent added to the prices; -100 makes them free."""


ProviderMarkupLike: TypeAlias = ProviderMarkupInput | ProviderMarkup
