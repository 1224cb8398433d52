"""Inputs for writing, correcting and recording invoices."""

from collections.abc import Mapping, Sequence
from typing import Any

from ._typing import NotRequired, TypedDict
from .billing import CustomLineItemInput, DiscountInput
from .common import (
    BillingInterval,
    BillingMethod,
    InvoiceProcessor,
    InvoiceStatus,
    PaymentMethodType,
    Quantity,
    TierBehavior,
    Timestamp,
)
from .customers import AddressLike, InvoiceFieldLike, TaxIdLike
from .features import CreditSchemaRowLike
from .plans import PriceTierLike


class StripePriceInput(TypedDict):
    """A price as Stripe knows it."""

    price_id: str
    """Stripe's price."""


class PriceProcessorsInput(TypedDict):
    """A price's counterparts at payment processors."""

    stripe: NotRequired[StripePriceInput | None]
    """Its counterpart at Stripe; None for none."""


class InvoicePriceInput(TypedDict):
    """Another base price, on one invoice."""

    amount: Quantity
    """Price per period, in major currency units."""
    interval: BillingInterval
    """How often it is charged."""
    interval_count: NotRequired[int]
    """How many intervals make one period; 1 by default."""
    processors: NotRequired[PriceProcessorsInput]
    """Counterparts at payment processors."""


class InvoiceItemPriceInput(TypedDict):
    """What units of a feature cost on one invoice: `amount` or `tiers`."""

    amount: NotRequired[Quantity]
    """Price of `billing_units` units, in major currency units."""
    tiers: NotRequired[Sequence[PriceTierLike]]
    """Price by amount."""
    tier_behavior: NotRequired[TierBehavior]
    """How `tiers` apply."""
    interval: BillingInterval
    """How often it is charged."""
    interval_count: NotRequired[int]
    """How many intervals make one period; 1 by default."""
    billing_units: NotRequired[Quantity]
    """Units that the price is for; 1 by default."""
    billing_method: BillingMethod
    """Bought in advance or billed after use."""
    processors: NotRequired[PriceProcessorsInput]
    """Counterparts at payment processors."""


class InvoiceOverrideInput(TypedDict):
    """Other credit costs, on one invoice."""

    credit_schema: NotRequired[Sequence[CreditSchemaRowLike]]
    """What each feature costs in credits."""


class InvoicePlanItemInput(TypedDict):
    """How a feature is priced on one invoice."""

    feature_id: str
    """The feature."""
    price: NotRequired[InvoiceItemPriceInput]
    """What its units cost."""
    feature_override: NotRequired[InvoiceOverrideInput]
    """Other credit costs."""


class InvoiceCustomizeInput(TypedDict):
    """What to change about a plan, on one invoice."""

    price: NotRequired[InvoicePriceInput | None]
    """Another base price; None leaves it off."""
    items: NotRequired[Sequence[InvoicePlanItemInput]]
    """How its features are priced."""


class InvoiceUsageInput(TypedDict):
    """Use to bill, of a feature that draws credits."""

    feature_id: str
    """The feature used."""
    quantity: Quantity
    """Units used."""
    properties: NotRequired[Mapping[str, Any]]
    """Properties that its cost goes by."""


class InvoiceQuantityInput(TypedDict):
    """Units of a feature to bill: a `quantity`, or the `usage` it comes from."""

    feature_id: str
    """The feature sold."""
    billing_behavior: BillingMethod
    """Bought in advance or billed after use."""
    quantity: NotRequired[Quantity]
    """How many units."""
    usage: NotRequired[Sequence[InvoiceUsageInput]]
    """What was used of the features that draw on a credit system."""
    prorate: NotRequired[bool]
    """True to charge only for the part of the period that is given."""
    period_start: NotRequired[Timestamp]
    """When the time it pays for begins."""
    period_end: NotRequired[Timestamp]
    """When the time it pays for ends."""


class InvoiceLicenseInput(TypedDict):
    """Licenses to bill."""

    license_plan_id: str
    """The plan sold as a license."""
    quantity: int
    """How many."""
    customize: NotRequired[InvoiceCustomizeInput]
    """What to change about the license plan."""
    feature_quantities: NotRequired[Sequence[InvoiceQuantityInput]]
    """Units of its features to bill."""
    prorate: NotRequired[bool]
    """True to charge only for the part of the period that is given."""
    period_start: NotRequired[Timestamp]
    """When the time they pay for begins."""
    period_end: NotRequired[Timestamp]
    """When the time they pay for ends."""


class InvoicePlanInput(TypedDict):
    """A plan to bill."""

    plan_id: str
    """The plan."""
    version: NotRequired[int]
    """A certain version; the latest by default."""
    entity_id: NotRequired[str | None]
    """The entity it is for; None for the customer."""
    customize: NotRequired[InvoiceCustomizeInput]
    """What to change about it."""
    feature_quantities: NotRequired[Sequence[InvoiceQuantityInput]]
    """Units of its features to bill."""
    license_quantities: NotRequired[Sequence[InvoiceLicenseInput]]
    """Licenses to bill."""
    discounts: NotRequired[Sequence[DiscountInput]]
    """Discounts on its lines."""
    prorate: NotRequired[bool]
    """True to charge only for the part of the period that is given."""
    period_start: NotRequired[Timestamp]
    """When the time it pays for begins."""
    period_end: NotRequired[Timestamp]
    """When the time it pays for ends."""


class InsertInvoiceInput(TypedDict):
    """An invoice that was written elsewhere."""

    customer_id: str
    """The customer it is for."""
    stripe_id: str
    """Stripe's id of it."""
    status: InvoiceStatus
    """How it stands with it."""
    total: Quantity
    """Amount, in major currency units."""
    created_at: Timestamp
    """When it was written."""
    plan_ids: NotRequired[Sequence[str]]
    """The plans it bills."""
    processor_type: NotRequired[InvoiceProcessor]
    """Who collects the money; `stripe` by default."""
    amount_paid: NotRequired[Quantity | None]
    """Money paid on it; None if not known."""
    refunded_amount: NotRequired[Quantity]
    """Money given back; 0 by default."""
    currency: NotRequired[str]
    """Three-letter ISO code."""
    hosted_invoice_url: NotRequired[str | None]
    """Page where it can be seen and paid; None for none."""


class CreditLineInput(TypedDict):
    """An invoice item to give money back for."""

    id: str
    """The item, by its `id`."""
    amount: NotRequired[Quantity]
    """Money to give back, in major currency units. Give this or `quantity`."""
    quantity: NotRequired[Quantity]
    """Units to give back."""


class ReissueFieldsInput(TypedDict):
    """What is different on the new invoice; None takes away what was there."""

    automatic_tax: NotRequired[bool]
    """True to let Stripe compute the tax."""
    custom_fields: NotRequired[Sequence[InvoiceFieldLike]]
    """Fields of your own."""
    tax_rate_id: NotRequired[str | None]
    """A tax rate of Stripe's."""
    account_tax_ids: NotRequired[Sequence[str] | None]
    """Your own tax ids, as Stripe knows them."""
    footer: NotRequired[str | None]
    """The text at the foot."""
    memo: NotRequired[str | None]
    """The text above the lines."""
    payment_method_types: NotRequired[Sequence[PaymentMethodType]]
    """Ways to pay."""


class ReissueCustomerInput(TypedDict):
    """What is different about the customer on the new invoice."""

    email: NotRequired[str]
    """The email address."""
    name: NotRequired[str]
    """The name."""
    address: NotRequired[AddressLike]
    """The billing address."""
    tax_ids: NotRequired[Sequence[TaxIdLike]]
    """Tax ids."""
    invoice_settings_custom_fields: NotRequired[Sequence[InvoiceFieldLike] | None]
    """Fields of your own on all invoices from now on; None removes them."""


class LineChangeInput(TypedDict):
    """An invoice item to change."""

    id: str
    """The item, by its `id`."""
    amount: NotRequired[Quantity]
    """Another amount, in major currency units."""
    description: NotRequired[str]
    """Another text."""


class ReissueLinesInput(TypedDict):
    """How the lines of the new invoice differ."""

    add: NotRequired[Sequence[CustomLineItemInput | InvoicePlanInput]]
    """Lines of your own, or plans to bill."""
    update: NotRequired[Sequence[LineChangeInput]]
    """Lines to change."""
    remove: NotRequired[Sequence[str]]
    """Lines to leave off, by their `id`."""
