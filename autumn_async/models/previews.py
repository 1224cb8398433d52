"""What attaching or changing a plan would do and cost."""
# ruff: noqa: RUF012 - msgspec copies an empty list for each instance

from datetime import datetime
from typing import Literal, TypeAlias

from .base import Milliseconds, Model, Number, to_datetime
from .invoices import BillingPeriod, LineItem
from .plans import FeatureQuantity, Plan

UpdateIntent: TypeAlias = (
    Literal[
        "update_plan",
        "update_quantity",
        "cancel_immediately",
        "cancel_end_of_cycle",
        "uncancel",
        "none",
    ]
    | str
)
"""What the server takes an update for."""

CheckoutType: TypeAlias = Literal["stripe_checkout", "autumn_checkout"] | str
"""Whose page the customer would be sent to."""

TaxStatus: TypeAlias = Literal["complete", "incomplete", "requires_location"] | str
"""Whether the tax is known."""


class PlanChange(Model, frozen=True, kw_only=True, gc=False):
    """A plan that would come, go or change."""

    plan_id: str
    """The plan."""
    plan: Plan | None = None
    """The plan itself; None unless expanded."""
    feature_quantities: list[FeatureQuantity] = []
    """Prepaid units it is held with."""
    effective_at: Milliseconds | None = None
    """When the change happens, milliseconds since the epoch (UTC); None for now."""
    canceled_at: Milliseconds | None = None
    """When cancelling was asked for, milliseconds since the epoch (UTC); None if it wasn't."""
    expires_at: Milliseconds | None = None
    """When the plan ends, milliseconds since the epoch (UTC); None if it goes on."""

    @property
    def effective_at_datetime(self) -> datetime | None:
        """`effective_at` as an aware UTC datetime."""
        return to_datetime(self.effective_at)

    @property
    def canceled_at_datetime(self) -> datetime | None:
        """`canceled_at` as an aware UTC datetime."""
        return to_datetime(self.canceled_at)

    @property
    def expires_at_datetime(self) -> datetime | None:
        """`expires_at` as an aware UTC datetime."""
        return to_datetime(self.expires_at)


class UsageLineItem(Model, frozen=True, kw_only=True, gc=False):
    """A line for use that is billed afterwards, so that its amount isn't known yet."""

    display_name: str = ""
    """What is sold."""
    plan_id: str
    """The plan it belongs to."""
    feature_id: str | None = None
    """The feature used."""
    period: BillingPeriod | None = None
    """The time it pays for; None if not known."""


class NextCycle(Model, frozen=True, kw_only=True, gc=False):
    """What the next billing period would cost."""

    starts_at: Milliseconds
    """When it begins, milliseconds since the epoch (UTC)."""
    subtotal: Number
    """Amount before discounts, in major currency units."""
    total: Number
    """Amount after discounts, in major currency units."""
    line_items: list[LineItem] = []
    """What is charged in advance."""
    usage_line_items: list[UsageLineItem] = []
    """What is charged by use."""

    @property
    def starts_at_datetime(self) -> datetime:
        """`starts_at` as an aware UTC datetime."""
        return to_datetime(self.starts_at)


class InvoiceTax(Model, frozen=True, kw_only=True, gc=False):
    """The tax on an invoice that isn't written yet."""

    total: Number
    """The tax in all, in major currency units."""
    amount_inclusive: Number = 0
    """The part that prices contain already."""
    amount_exclusive: Number = 0
    """The part that comes on top."""
    status: TaxStatus
    """Whether it is known."""


class TaxPreview(InvoiceTax, frozen=True, kw_only=True, gc=False):
    """The tax on what is due now."""

    currency: str
    """Three-letter ISO code, lower case."""


class InvoiceCredits(Model, frozen=True, kw_only=True, gc=False):
    """Money the customer has in credit."""

    balance: Number
    """Credit there is, in major currency units."""
    currency: str
    """Three-letter ISO code, lower case."""
    applied: Number | None = None
    """Credit that this would use up; None if none."""


class BillingPreview(Model, frozen=True, kw_only=True, gc=False):
    """What attaching or changing plans would do and cost; nothing has happened yet."""

    customer_id: str
    """The customer."""
    line_items: list[LineItem] = []
    """What would be charged now, or given back."""
    subtotal: Number
    """Due now before discounts, in major currency units; negative for a credit."""
    total: Number
    """Due now, in major currency units; negative for a credit."""
    currency: str
    """Three-letter ISO code, lower case."""
    next_cycle: NextCycle | None = None
    """The next period; None for free plans, one-off purchases and first payments."""
    incoming: list[PlanChange] = []
    """Plans that would be held, now or from `effective_at` on; also those that would end later."""
    outgoing: list[PlanChange] = []
    """Plans that would end or be replaced."""
    intent: UpdateIntent | None = None
    """What an update amounts to; None but in previews of updates."""
    redirect_to_checkout: bool | None = None
    """True if the customer would have to pay on a page; None in previews of updates."""
    checkout_type: CheckoutType | None = None
    """Whose page that would be; None if none, and in previews of updates."""
    resets_usage: bool | None = None
    """True if the customer's usage would start anew; None from servers that don't say."""
    tax: TaxPreview | None = None
    """Tax on what is due now; None if none is computed."""
    invoice_credits: InvoiceCredits | None = None
    """Money in credit; None if that doesn't matter here."""
    expand: list[str] | None = None
    """What was expanded; None if nothing."""


class SubscriptionPreview(BillingPreview, frozen=True, kw_only=True, gc=False):
    """What updating several plans would do to one subscription, and cost on it."""

    plan_ids: list[str] = []
    """The plans that are billed by it."""


class MultiUpdatePreview(Model, frozen=True, kw_only=True, gc=False):
    """What updating several plans would do and cost; nothing has happened yet."""

    customer_id: str
    """The customer."""
    currency: str
    """Three-letter ISO code, lower case."""
    total: Number
    """Due now over all subscriptions, in major currency units; negative for a credit."""
    subscriptions: list[SubscriptionPreview] = []
    """The same, one subscription at a time."""
