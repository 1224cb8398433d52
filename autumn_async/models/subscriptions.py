"""What customers and entities hold: subscriptions and one-off purchases."""

from datetime import datetime
from typing import Literal, TypeAlias

from .base import Milliseconds, Model, Number, to_datetime
from .common import Scope
from .plans import Plan, SubscriptionStatus

PurchaseStatus: TypeAlias = Literal["active", "scheduled", "expired"] | str
"""In force, to come, or over."""


class Subscription(Model, frozen=True, kw_only=True, gc=False):
    """A recurring or free plan that a customer or entity holds, or soon will."""

    id: str
    """Your subscription id if you gave one, else the server's."""
    plan_id: str
    """The plan."""
    plan: Plan | None = None
    """The plan itself; None unless expanded."""
    status: SubscriptionStatus
    """In force or scheduled."""
    auto_enable: bool = False
    """True for plans that new customers get by themselves."""
    add_on: bool = False
    """True for plans that come in addition."""
    past_due: bool = False
    """True while an invoice is overdue."""
    quantity: Number = 1
    """How many times it is held."""
    started_at: Milliseconds | None = None
    """When it began or will, milliseconds since the epoch (UTC)."""
    canceled_at: Milliseconds | None = None
    """When cancelling was asked for, milliseconds since the epoch (UTC); None if it wasn't."""
    expires_at: Milliseconds | None = None
    """When it ends, milliseconds since the epoch (UTC); None if it goes on."""
    trial_ends_at: Milliseconds | None = None
    """When the free trial ends, milliseconds since the epoch (UTC); None but on trial."""
    current_period_start: Milliseconds | None = None
    """When the billing period began, milliseconds since the epoch (UTC); None for free plans."""
    current_period_end: Milliseconds | None = None
    """When the billing period ends, milliseconds since the epoch (UTC); None for free plans."""
    scope: Scope | None = None
    """Whether the customer or an entity holds it; None from servers that don't say."""

    @property
    def started_at_datetime(self) -> datetime | None:
        """`started_at` as an aware UTC datetime."""
        return to_datetime(self.started_at)

    @property
    def canceled_at_datetime(self) -> datetime | None:
        """`canceled_at` as an aware UTC datetime."""
        return to_datetime(self.canceled_at)

    @property
    def expires_at_datetime(self) -> datetime | None:
        """`expires_at` as an aware UTC datetime."""
        return to_datetime(self.expires_at)

    @property
    def trial_ends_at_datetime(self) -> datetime | None:
        """`trial_ends_at` as an aware UTC datetime."""
        return to_datetime(self.trial_ends_at)

    @property
    def current_period_start_datetime(self) -> datetime | None:
        """`current_period_start` as an aware UTC datetime."""
        return to_datetime(self.current_period_start)

    @property
    def current_period_end_datetime(self) -> datetime | None:
        """`current_period_end` as an aware UTC datetime."""
        return to_datetime(self.current_period_end)


class Purchase(Model, frozen=True, kw_only=True, gc=False):
    """A one-off plan that a customer or entity has bought."""

    plan_id: str
    """The plan."""
    plan: Plan | None = None
    """The plan itself; None unless expanded."""
    quantity: Number = 1
    """How many times it was bought."""
    started_at: Milliseconds | None = None
    """When it was bought, milliseconds since the epoch (UTC)."""
    expires_at: Milliseconds | None = None
    """When it ends, milliseconds since the epoch (UTC); None if it never does."""
    scope: Scope | None = None
    """Whether the customer or an entity has it; None from servers that don't say."""

    @property
    def started_at_datetime(self) -> datetime | None:
        """`started_at` as an aware UTC datetime."""
        return to_datetime(self.started_at)

    @property
    def expires_at_datetime(self) -> datetime | None:
        """`expires_at` as an aware UTC datetime."""
        return to_datetime(self.expires_at)


class SubscriptionRecord(Subscription, frozen=True, kw_only=True, gc=False):
    """A subscription with its owner, as `customers.list_subscriptions` gives it.

    Its status may also be `expired`.
    """

    customer_id: str
    """The customer who holds it."""
    entity_id: str | None = None
    """The entity that holds it; None for the customer's own."""
    created_at: Milliseconds
    """When it was made, milliseconds since the epoch (UTC)."""

    @property
    def created_at_datetime(self) -> datetime:
        """`created_at` as an aware UTC datetime."""
        return to_datetime(self.created_at)


class PurchaseRecord(Purchase, frozen=True, kw_only=True, gc=False):
    """A purchase with its owner, as `customers.list_purchases` gives it."""

    id: str
    """The server's id of it."""
    status: PurchaseStatus
    """In force, to come, or over."""
    customer_id: str
    """The customer who has it."""
    entity_id: str | None = None
    """The entity that has it; None for the customer's own."""
    created_at: Milliseconds
    """When it was made, milliseconds since the epoch (UTC)."""

    @property
    def created_at_datetime(self) -> datetime:
        """`created_at` as an aware UTC datetime."""
        return to_datetime(self.created_at)
