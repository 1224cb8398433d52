"""Billing controls: caps, top-ups and alerts for what a customer or entity spends."""

from datetime import datetime
from typing import Literal, TypeAlias

from .base import Milliseconds, Model, Number, to_datetime
from .common import PropertyValue
from .pricing import ResetInterval

ControlSource: TypeAlias = Literal["customer", "plan"] | str
"""Where a control was set; controls of a plan are inherited by its customers."""

PurchaseLimitInterval: TypeAlias = Literal["hour", "day", "week", "month"] | str
"""The span in which automatic top-ups are counted."""

SpendLimitType: TypeAlias = Literal["absolute", "usage_percentage"] | str
"""Whether a spend limit is in units or in percent of what the main plan grants."""

UsageLimitInterval: TypeAlias = Literal["day", "week", "month", "year"] | str
"""The span in which a usage limit counts."""

UsageLimitAnchor: TypeAlias = Literal["billing_cycle", "utc"] | str
"""Whether the span of a usage limit follows the customer's renewals or the UTC calendar."""

UsageAlertThresholdType: TypeAlias = (
    Literal["usage", "usage_percentage", "remaining", "remaining_percentage"] | str
)
"""What the threshold of an alert is compared with: units or percent, used or left."""

UsageAlertBasis: TypeAlias = Literal["balance", "included", "recurring", "usage_limit"] | str
"""What an alert takes for 100 %: all grants, those of plans, those that reset, or a usage limit."""


class EntityAllocation(Model, frozen=True, kw_only=True, gc=False):
    """The part of a customer's balance that is set aside for one entity."""

    entity_id: str
    """The entity."""
    amount: Number
    """Units set aside for it."""


class BalanceAllocation(Model, frozen=True, kw_only=True, gc=False):
    """How a customer's balance is shared out among entities."""

    feature_id: str
    """The feature whose balance is shared out."""
    interval: ResetInterval
    """Which of its balances: the one with this reset interval."""
    allocations: list[EntityAllocation]
    """The shares asked for; they shrink in proportion where the balance is smaller."""


class PurchaseLimit(Model, frozen=True, kw_only=True, gc=False):
    """How many automatic top-ups are allowed."""

    interval: PurchaseLimitInterval | None = None
    """The span in which they are counted; None where no limit is set."""
    interval_count: Number | None = 1
    """How many intervals the span is long; None where no limit is set."""
    limit: Number | None = None
    """Top-ups allowed in the span; None where no limit is set."""
    count: Number | None = None
    """Top-ups made in the current span; None unless expanded."""
    next_reset_at: Milliseconds | None = None
    """When the count starts anew, milliseconds since the epoch (UTC); None unless expanded."""

    @property
    def next_reset_at_datetime(self) -> datetime | None:
        """`next_reset_at` as an aware UTC datetime."""
        return to_datetime(self.next_reset_at)


class AutoTopup(Model, frozen=True, kw_only=True, gc=False):
    """Buys more units by itself when few are left."""

    feature_id: str
    """The feature to top up."""
    enabled: bool = False
    """False while switched off."""
    threshold: Number
    """Buys when fewer units than this are left."""
    quantity: Number
    """Units to buy each time."""
    purchase_limit: PurchaseLimit | None = None
    """How often it may buy; None for no limit."""
    invoice_mode: bool | None = None
    """True to send an invoice instead of charging the card; None if never set."""
    source: ControlSource | None = None
    """Where it was set; None before API 2.3."""


class SpendLimit(Model, frozen=True, kw_only=True, gc=False):
    """Caps the overage of one feature, or of all."""

    feature_id: str | None = None
    """The feature it caps; None for all features."""
    enabled: bool = False
    """False while switched off."""
    limit_type: SpendLimitType | None = None
    """What `overage_limit` is measured in; None means units."""
    overage_limit: Number | None = None
    """Most units, or percent of the grant, beyond what is included; None if never set."""
    skip_overage_billing: bool | None = None
    """True if overage is counted but not charged for; None if never set."""
    source: ControlSource | None = None
    """Where it was set; None before API 2.3."""


class ControlFilter(Model, frozen=True, kw_only=True, gc=False):
    """Restricts a control to events with certain properties."""

    properties: dict[str, PropertyValue]
    """Properties, with their values, that an event must have."""


class UsageLimit(Model, frozen=True, kw_only=True, gc=False):
    """Caps how much of a feature may be used in a span of time."""

    feature_id: str
    """The feature it caps."""
    enabled: bool = True
    """False while switched off."""
    limit: Number
    """Most units in the span."""
    interval: UsageLimitInterval
    """The span."""
    anchor: UsageLimitAnchor | None = None
    """What the span is aligned to; None means the billing cycle."""
    filter: ControlFilter | None = None
    """Which events count; None for all."""
    usage: Number | None = None
    """Units used in the current span; None where the server doesn't count them."""
    source: ControlSource | None = None
    """Where it was set; None before API 2.3."""


class UsageAlert(Model, frozen=True, kw_only=True, gc=False):
    """Sends a webhook when a threshold is crossed."""

    feature_id: str | None = None
    """The feature it watches; None for all features."""
    enabled: bool = True
    """False while switched off."""
    threshold: Number
    """The threshold, in units or percent."""
    threshold_type: UsageAlertThresholdType
    """What the threshold is compared with."""
    basis: UsageAlertBasis = "balance"
    """What counts as 100 %."""
    filter: ControlFilter | None = None
    """Which events count; None for all."""
    name: str | None = None
    """Your name for it; None without one."""
    source: ControlSource | None = None
    """Where it was set; None before API 2.3."""


class OverageAllowed(Model, frozen=True, kw_only=True, gc=False):
    """Allows or forbids use beyond the balance, whatever the plan says."""

    feature_id: str
    """The feature it is about."""
    enabled: bool = False
    """True to allow overage, False to forbid it."""
    source: ControlSource | None = None
    """Where it was set; None before API 2.3."""


class BillingControls(Model, frozen=True, kw_only=True, gc=False):
    """The controls of a customer, an entity or a plan; None for a list that was never set."""

    balance_allocations: list[BalanceAllocation] | None = None
    """Shares of balances set aside for entities; only on customers."""
    auto_topups: list[AutoTopup] | None = None
    """Automatic purchases; not on entities."""
    spend_limits: list[SpendLimit] | None = None
    """Caps on overage."""
    usage_limits: list[UsageLimit] | None = None
    """Caps on use by span of time."""
    usage_alerts: list[UsageAlert] | None = None
    """Alerts by webhook."""
    overage_allowed: list[OverageAllowed] | None = None
    """Features whose overage is allowed or forbidden by hand."""
