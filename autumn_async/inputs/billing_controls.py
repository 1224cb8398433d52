"""Inputs for billing controls; each list given replaces the one that was set before."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from ..models.billing_controls import (
    AutoTopup,
    BalanceAllocation,
    BillingControls,
    ControlFilter,
    EntityAllocation,
    OverageAllowed,
    PurchaseLimit,
    SpendLimit,
    UsageAlert,
    UsageLimit,
)
from ._typing import NotRequired, TypedDict
from .common import (
    ControlSource,
    PropertyValue,
    PurchaseLimitInterval,
    Quantity,
    ResetInterval,
    SpendLimitType,
    UsageAlertBasis,
    UsageAlertThresholdType,
    UsageLimitAnchor,
    UsageLimitInterval,
)


class EntityAllocationInput(TypedDict):
    """The part of a customer's balance to set aside for one entity."""

    entity_id: str
    """The entity."""
    amount: Quantity
    """Units to set aside for it."""


EntityAllocationLike: TypeAlias = EntityAllocationInput | EntityAllocation


class BalanceAllocationInput(TypedDict):
    """How to share out a customer's balance among entities."""

    feature_id: str
    """The feature whose balance is shared out."""
    interval: ResetInterval
    """Which of its balances: the one with this reset interval."""
    allocations: Sequence[EntityAllocationLike]
    """All shares; entities left out give theirs back."""


BalanceAllocationLike: TypeAlias = BalanceAllocationInput | BalanceAllocation


class PurchaseLimitInput(TypedDict):
    """How many automatic top-ups are allowed."""

    interval: PurchaseLimitInterval
    """The span in which they are counted."""
    interval_count: NotRequired[int]
    """How many intervals the span is long; 1 by default."""
    limit: int
    """Top-ups allowed in the span."""
    count: NotRequired[int]
    """Sets the count of the current span; left alone by default."""


PurchaseLimitLike: TypeAlias = PurchaseLimitInput | PurchaseLimit


class AutoTopupInput(TypedDict):
    """Buys more units by itself when few are left."""

    feature_id: str
    """The feature to top up."""
    enabled: NotRequired[bool]
    """False by default."""
    threshold: Quantity
    """Buy when fewer units than this are left."""
    quantity: Quantity
    """Units to buy each time, at least 1."""
    purchase_limit: NotRequired[PurchaseLimitLike]
    """How often it may buy."""
    invoice_mode: NotRequired[bool]
    """True to send an invoice instead of charging the card."""


AutoTopupLike: TypeAlias = AutoTopupInput | AutoTopup


class SpendLimitInput(TypedDict):
    """Caps the overage of one feature, or of all."""

    feature_id: NotRequired[str]
    """The feature to cap; all features by default."""
    enabled: NotRequired[bool]
    """False by default."""
    limit_type: NotRequired[SpendLimitType]
    """What `overage_limit` is measured in; `absolute`, that is units, by default."""
    overage_limit: NotRequired[Quantity]
    """Most units, or percent of the grant, beyond what is included."""
    skip_overage_billing: NotRequired[bool]
    """True to count overage but not charge for it."""


SpendLimitLike: TypeAlias = SpendLimitInput | SpendLimit


class ControlFilterInput(TypedDict):
    """Restricts a control to events with certain properties."""

    properties: Mapping[str, PropertyValue]
    """One to four properties, with their values, that an event must have."""


ControlFilterLike: TypeAlias = ControlFilterInput | ControlFilter


class UsageLimitInput(TypedDict):
    """Caps how much of a feature may be used in a span of time."""

    feature_id: str
    """The feature to cap."""
    enabled: NotRequired[bool]
    """True by default."""
    limit: Quantity
    """Most units in the span."""
    interval: UsageLimitInterval
    """The span."""
    anchor: NotRequired[UsageLimitAnchor]
    """What the span is aligned to; `billing_cycle` by default."""
    filter: NotRequired[ControlFilterLike]
    """Which events count; all by default."""


UsageLimitLike: TypeAlias = UsageLimitInput | UsageLimit


class UsageLimitUpdateInput(UsageLimitInput):
    """A usage limit together with what has been used of it."""

    usage: NotRequired[Quantity]
    """Sets the units used in the current span; left alone by default."""
    source: NotRequired[ControlSource]
    """Ignored; so that a limit can be sent back as it was read."""


class UsageCounterInput(TypedDict):
    """Sets what has been used of a usage limit that stays as it is."""

    feature_id: str
    """The feature that is capped."""
    usage: Quantity
    """Units used in the current span."""
    filter: NotRequired[ControlFilterLike]
    """The filter of the limit, if it has one."""
    source: NotRequired[ControlSource]
    """Ignored; so that a limit can be sent back as it was read."""


UsageLimitUpdateLike: TypeAlias = UsageLimitUpdateInput | UsageCounterInput | UsageLimit


class UsageAlertInput(TypedDict):
    """Sends a webhook when a threshold is crossed."""

    feature_id: NotRequired[str]
    """The feature to watch; all features by default."""
    enabled: NotRequired[bool]
    """True by default."""
    threshold: Quantity
    """The threshold, in units or percent."""
    threshold_type: UsageAlertThresholdType
    """What the threshold is compared with."""
    basis: NotRequired[UsageAlertBasis]
    """What counts as 100 %; `balance` by default."""
    filter: NotRequired[ControlFilterLike]
    """Which events count; all by default."""
    name: NotRequired[str]
    """Your name for it, sent along with the webhook."""


UsageAlertLike: TypeAlias = UsageAlertInput | UsageAlert


class OverageAllowedInput(TypedDict):
    """Allows or forbids use beyond the balance, whatever the plan says."""

    feature_id: str
    """The feature it is about."""
    enabled: NotRequired[bool]
    """True to allow overage, False (the default) to forbid it."""


OverageAllowedLike: TypeAlias = OverageAllowedInput | OverageAllowed


class SharedControlsInput(TypedDict):
    """The controls that every kind of owner takes in the same shape."""

    spend_limits: NotRequired[Sequence[SpendLimitLike]]
    """Caps on overage, one for each feature."""
    usage_alerts: NotRequired[Sequence[UsageAlertLike]]
    """Alerts by webhook."""
    overage_allowed: NotRequired[Sequence[OverageAllowedLike]]
    """Features whose overage is allowed or forbidden by hand."""


class EntityBillingControlsInput(SharedControlsInput):
    """Controls for a new entity."""

    usage_limits: NotRequired[Sequence[UsageLimitLike]]
    """Caps on use by span of time."""


class BillingControlsInput(EntityBillingControlsInput):
    """Controls for a plan or a new customer."""

    auto_topups: NotRequired[Sequence[AutoTopupLike]]
    """Automatic purchases, one for each feature."""


class EntityBillingControlsUpdateInput(SharedControlsInput):
    """Controls for an entity that exists."""

    usage_limits: NotRequired[Sequence[UsageLimitUpdateLike]]
    """Caps on use by span of time."""


class BillingControlsUpdateInput(EntityBillingControlsUpdateInput):
    """Controls for a customer that exists."""

    auto_topups: NotRequired[Sequence[AutoTopupLike]]
    """Automatic purchases, one for each feature."""
    balance_allocations: NotRequired[Sequence[BalanceAllocationLike]]
    """Shares of balances set aside for entities; an empty list gives all of them back."""


BillingControlsLike: TypeAlias = BillingControlsInput | BillingControls
EntityBillingControlsLike: TypeAlias = EntityBillingControlsInput | BillingControls
EntityBillingControlsUpdateLike: TypeAlias = EntityBillingControlsUpdateInput | BillingControls
BillingControlsUpdateLike: TypeAlias = BillingControlsUpdateInput | BillingControls
