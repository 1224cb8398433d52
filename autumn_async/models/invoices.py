"""Invoices, written and to come, and the lines on them."""
# ruff: noqa: RUF012 - msgspec copies an empty list for each instance

from datetime import datetime
from typing import Literal, TypeAlias

from .base import Milliseconds, Model, Number, to_datetime

InvoiceProcessor: TypeAlias = Literal["stripe", "revenuecat"] | str
"""Who collected the money."""


class BillingPeriod(Model, frozen=True, kw_only=True, gc=False):
    """The span of time that a line pays for."""

    start: Milliseconds
    """Its first moment, milliseconds since the epoch (UTC)."""
    end: Milliseconds
    """The moment it ends, milliseconds since the epoch (UTC)."""

    @property
    def start_datetime(self) -> datetime:
        """`start` as an aware UTC datetime."""
        return to_datetime(self.start)

    @property
    def end_datetime(self) -> datetime:
        """`end` as an aware UTC datetime."""
        return to_datetime(self.end)


class LineItemDiscount(Model, frozen=True, kw_only=True, gc=False):
    """What one discount takes off a line."""

    amount_off: Number
    """Money taken off, in major currency units."""
    percent_off: Number | None = None
    """Percent taken off; None for fixed discounts."""
    reward_id: str | None = None
    """The reward behind it; None without one."""
    reward_name: str | None = None
    """The name of that reward; None without one."""


class LineItem(Model, frozen=True, kw_only=True, gc=False):
    """A line of an invoice; its amount is negative where money is given back."""

    display_name: str = ""
    """What is sold: the plan, or a feature."""
    description: str = ""
    """The text printed on the invoice."""
    subtotal: Number
    """Amount before discounts, in major currency units; not rounded in previews."""
    total: Number
    """Amount after discounts, in major currency units; not rounded in previews."""
    plan_id: str
    """The plan it belongs to."""
    feature_id: str | None = None
    """The feature sold; None for the base price."""
    quantity: Number = 1
    """Units sold."""
    discounts: list[LineItemDiscount] = []
    """What was taken off."""
    period: BillingPeriod | None = None
    """The time it pays for; None for one-off sales."""


class InvoiceItemEntity(Model, frozen=True, kw_only=True, gc=False):
    """One entity's part of an invoice item."""

    entity_id: str
    """The entity."""
    quantity: Number | None = None
    """Units sold to it; None where nothing is counted."""
    amount: Number
    """Its part of the amount, in major currency units."""


class InvoiceItem(Model, frozen=True, kw_only=True, gc=False):
    """A line of an invoice that was written."""

    id: str
    """The server's id of it."""
    description: str = ""
    """The text printed on the invoice."""
    period_start: Milliseconds | None = None
    """When the time it pays for begins, milliseconds since the epoch (UTC); None without one."""
    period_end: Milliseconds | None = None
    """When that time ends, milliseconds since the epoch (UTC); None without one."""
    plan_id: str | None = None
    """The plan it belongs to; None for lines of your own."""
    feature_id: str | None = None
    """The feature sold; None for base prices and lines of your own."""
    feature_name: str | None = None
    """The name of that feature."""
    quantity: Number | None = None
    """Units sold; None where nothing is counted."""
    amount: Number
    """Amount, in major currency units."""
    entities: list[InvoiceItemEntity] = []
    """The parts of it that fall to entities."""

    @property
    def period_start_datetime(self) -> datetime | None:
        """`period_start` as an aware UTC datetime."""
        return to_datetime(self.period_start)

    @property
    def period_end_datetime(self) -> datetime | None:
        """`period_end` as an aware UTC datetime."""
        return to_datetime(self.period_end)


class Invoice(Model, frozen=True, kw_only=True, gc=False):
    """An invoice. What only `invoices.*` tells is None in a customer, an entity or an attach."""

    id: str | None = None
    """The server's id of it, by which `invoices.*` know it."""
    stripe_id: str
    """Stripe's id of it."""
    status: str | None = None
    """As Stripe calls it, such as `open` or `paid`; None if not known yet."""
    total: Number
    """Amount, in major currency units."""
    currency: str
    """Three-letter ISO code, lower case."""
    hosted_invoice_url: str | None = None
    """Page where the invoice can be seen and paid; None without one."""
    plan_ids: list[str] = []
    """The plans it bills; empty in the answer of an attach."""
    created_at: Milliseconds | None = None
    """When it was written, milliseconds since the epoch (UTC); None in the answer of an attach."""
    processor_type: InvoiceProcessor = "stripe"
    """Who collected the money."""
    customer_id: str | None = None
    """The customer it is for."""
    entity_id: str | None = None
    """The entity it is for; None also if it is for the customer as a whole."""
    amount_paid: Number | None = None
    """Money paid on it, in major currency units; None also if not known."""
    refunded_amount: Number | None = None
    """Money given back, in major currency units."""
    items: list[InvoiceItem] | None = None
    """Its lines; None where the server left them out."""

    @property
    def created_at_datetime(self) -> datetime | None:
        """`created_at` as an aware UTC datetime."""
        return to_datetime(self.created_at)


class InvoicePreview(Model, frozen=True, kw_only=True, gc=False):
    """The next invoice of a subscription, as it stands now."""

    plan_ids: list[str] = []
    """The plans it will bill."""
    invoice_at: Milliseconds | None = None
    """When it will be written, milliseconds since the epoch (UTC)."""
    currency: str
    """Three-letter ISO code, lower case."""
    subtotal: Number
    """Amount before discounts, in major currency units."""
    total: Number
    """Amount after discounts, in major currency units."""
    line_items: list[LineItem] = []
    """Its lines."""

    @property
    def invoice_at_datetime(self) -> datetime | None:
        """`invoice_at` as an aware UTC datetime."""
        return to_datetime(self.invoice_at)
