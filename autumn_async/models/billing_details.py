"""What stands on a customer's invoices: address, tax ids and own fields."""
# ruff: noqa: RUF012 - msgspec copies an empty list for each instance

from typing import Literal, TypeAlias

from msgspec import field

from .base import Model

TaxExempt: TypeAlias = Literal["none", "exempt", "reverse"] | str
"""Whether tax is charged: as usual, never, or by the customer itself (reverse charge)."""


class Address(Model, frozen=True, kw_only=True, gc=False):
    """A billing address; None for parts that are not known."""

    line1: str | None = None
    """Street and number."""
    line2: str | None = None
    """Second line, such as a floor."""
    city: str | None = None
    """Town."""
    state: str | None = None
    """State or province."""
    postal_code: str | None = None
    """Postal code."""
    country: str | None = None
    """Two-letter ISO code."""


class TaxId(Model, frozen=True, kw_only=True, gc=False):
    """A number under which the customer pays tax."""

    type: str
    """Its kind as Stripe calls it, such as `eu_vat`."""
    value: str
    """The number."""


class InvoiceField(Model, frozen=True, kw_only=True, gc=False):
    """A field of your own on invoices, such as a purchase order."""

    name: str
    """Its label."""
    value: str
    """Its text."""


class InvoiceSettings(Model, frozen=True, kw_only=True, gc=False):
    """How a customer's invoices look."""

    custom_fields: list[InvoiceField] = []
    """Fields of your own."""


class BillingDetails(Model, frozen=True, kw_only=True, gc=False):
    """What a customer's invoices carry."""

    address: Address | None = None
    """The billing address; None if not known."""
    tax_ids: list[TaxId] = []
    """Tax ids."""
    tax_exempt: TaxExempt | None = None
    """Whether tax is charged; None if never set."""
    invoice_settings: InvoiceSettings = field(default_factory=InvoiceSettings)
    """How invoices look."""
