"""Inputs for customers and entities."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from ..models.billing_details import Address, BillingDetails, InvoiceField, TaxId
from ..models.customers import CustomerConfig
from ._typing import NotRequired, TypedDict
from .billing_controls import BillingControlsLike, EntityBillingControlsLike
from .common import TaxExempt


class CustomerConfigInput(TypedDict):
    """Switches of a customer."""

    disable_pooled_balance: NotRequired[bool]
    """True to keep entities from drawing on the customer's own balances."""
    disable_overage_billing: NotRequired[bool]
    """True to count overage but not charge for it."""


CustomerConfigLike: TypeAlias = CustomerConfigInput | CustomerConfig


class AddressInput(TypedDict):
    """A billing address."""

    line1: NotRequired[str | None]
    """Street and number."""
    line2: NotRequired[str | None]
    """Second line, such as a floor."""
    city: NotRequired[str | None]
    """Town."""
    state: NotRequired[str | None]
    """State or province."""
    postal_code: NotRequired[str | None]
    """Postal code."""
    country: NotRequired[str | None]
    """Two-letter ISO code."""


AddressLike: TypeAlias = AddressInput | Address


class TaxIdInput(TypedDict):
    """A number under which the customer pays tax."""

    type: str
    """Its kind as Stripe calls it, such as `eu_vat`."""
    value: str
    """The number."""


TaxIdLike: TypeAlias = TaxIdInput | TaxId


class TaxIdChangesInput(TypedDict):
    """Tax ids to add and remove; the others stay."""

    add: NotRequired[Sequence[TaxIdLike]]
    """To add; those the customer has already are skipped."""
    remove: NotRequired[Sequence[TaxIdLike]]
    """To remove; those the customer doesn't have are skipped."""


class InvoiceFieldInput(TypedDict):
    """A field of your own on invoices, such as a purchase order."""

    name: str
    """Its label."""
    value: str
    """Its text."""


InvoiceFieldLike: TypeAlias = InvoiceFieldInput | InvoiceField


class InvoiceSettingsInput(TypedDict):
    """How a customer's invoices look."""

    custom_fields: NotRequired[Sequence[InvoiceFieldLike] | None]
    """Fields of your own, in place of those set before; None removes them."""


class BillingDetailsInput(TypedDict):
    """What to put on a customer's invoices when a plan is attached."""

    address: NotRequired[AddressLike]
    """The billing address."""
    tax_ids: NotRequired[Sequence[TaxIdLike]]
    """Tax ids to add; none is removed."""
    tax_exempt: NotRequired[TaxExempt]
    """Whether tax is charged."""


BillingDetailsLike: TypeAlias = BillingDetailsInput | BillingDetails


class CustomerBillingDetailsInput(TypedDict):
    """What to put on a customer's invoices, or take off them."""

    address: NotRequired[AddressLike | None]
    """The billing address; None removes it."""
    tax_ids: NotRequired[TaxIdChangesInput]
    """Tax ids to add and remove."""
    tax_exempt: NotRequired[TaxExempt]
    """Whether tax is charged."""
    invoice_settings: NotRequired[InvoiceSettingsInput]
    """How invoices look."""


class CustomerDataInput(TypedDict):
    """A customer to make, should there be none yet."""

    name: NotRequired[str | None]
    """The name."""
    email: NotRequired[str | None]
    """The email address."""
    fingerprint: NotRequired[str | None]
    """What tells people apart who come back for another free trial."""
    metadata: NotRequired[Mapping[str, Any] | None]
    """Your own data."""
    stripe_id: NotRequired[str | None]
    """A customer of Stripe's to link."""
    create_in_stripe: NotRequired[bool]
    """True to make the customer at Stripe too."""
    auto_enable_plan_id: NotRequired[str]
    """A plan to attach instead of those that new customers get by themselves."""
    send_email_receipts: NotRequired[bool]
    """True to send receipts by email."""
    currency: NotRequired[str | None]
    """The currency to bill in; three-letter ISO code."""
    billing_controls: NotRequired[BillingControlsLike]
    """Caps, top-ups and alerts."""
    config: NotRequired[CustomerConfigLike]
    """Switches."""


class EntityDataInput(TypedDict):
    """An entity to make, should there be none yet."""

    feature_id: str
    """The feature that counts such entities."""
    name: NotRequired[str]
    """The name people read."""
    billing_controls: NotRequired[EntityBillingControlsLike]
    """Caps and alerts."""


class PlanFilterInput(TypedDict):
    """Customers or entities that hold a plan."""

    id: str
    """The plan."""
    versions: NotRequired[Sequence[int]]
    """Certain versions of it; all by default."""


class LicenseEntityInput(TypedDict):
    """An entity that gets a license; made now if there is none yet."""

    entity_id: str
    """Your id of the entity."""
    name: NotRequired[str | None]
    """The name people read, for a new one."""
    feature_id: NotRequired[str]
    """The feature that counts such entities, for a new one."""
