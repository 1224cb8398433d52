"""What comes back when invoices are written, changed or corrected."""
# ruff: noqa: RUF012 - msgspec copies an empty list for each instance

from datetime import datetime
from typing import Literal, TypeAlias

from .base import Integer, Milliseconds, Model, Number, to_datetime
from .invoices import Invoice
from .previews import InvoiceCredits, InvoiceTax

CreditReason: TypeAlias = (
    Literal["duplicate", "fraudulent", "order_change", "product_unsatisfactory"] | str
)
"""Why money is given back."""


class InvoiceDraftLine(Model, frozen=True, kw_only=True, gc=False):
    """A line as an invoice carries it, or would."""

    plan_id: str | None = None
    """The plan it belongs to; None for lines of your own."""
    feature_id: str | None = None
    """The feature sold; None for base prices and lines of your own."""
    entity_id: str | None = None
    """The entity it is for; None for the customer as a whole."""
    description: str = ""
    """The text printed on the invoice."""
    amount: Number
    """Amount before discounts, in major currency units."""
    amount_after_discounts: Number
    """Amount after discounts, in major currency units."""
    quantity: Number | None = None
    """Units sold; None where nothing is counted."""
    prorated: bool = False
    """True if it pays for a part of a billing period."""
    period_start: Milliseconds | None = None
    """When the time it pays for begins, milliseconds since the epoch (UTC); None without one."""
    period_end: Milliseconds | None = None
    """When that time ends, milliseconds since the epoch (UTC); None without one."""

    @property
    def period_start_datetime(self) -> datetime | None:
        """`period_start` as an aware UTC datetime."""
        return to_datetime(self.period_start)

    @property
    def period_end_datetime(self) -> datetime | None:
        """`period_end` as an aware UTC datetime."""
        return to_datetime(self.period_end)


class InvoiceDraft(Model, frozen=True, kw_only=True, gc=False):
    """What stands on an invoice, or would: money in major currency units."""

    currency: str
    """Three-letter ISO code, lower case."""
    lines: list[InvoiceDraftLine] = []
    """Its lines."""
    subtotal: Number
    """Amount before discounts."""
    discount_total: Number = 0
    """What discounts take off."""
    tax: InvoiceTax | None = None
    """The tax; None if none is computed."""
    total: Number
    """Amount after discounts and tax."""
    amount_due: Number
    """What is left to pay once credits are used."""
    issue_date: Milliseconds
    """Its date, milliseconds since the epoch (UTC)."""
    due_date: Milliseconds | None = None
    """By when it is to be paid, milliseconds since the epoch (UTC); None if at once."""
    invoice_credits: InvoiceCredits | None = None
    """Money in credit; None if that doesn't matter here."""

    @property
    def issue_date_datetime(self) -> datetime:
        """`issue_date` as an aware UTC datetime."""
        return to_datetime(self.issue_date)

    @property
    def due_date_datetime(self) -> datetime | None:
        """`due_date` as an aware UTC datetime."""
        return to_datetime(self.due_date)


class InvoiceResponse(Model, frozen=True, kw_only=True, gc=False):
    """An invoice after something was done with it."""

    invoice: Invoice
    """The invoice as it is now."""


class CreateInvoiceResponse(Model, frozen=True, kw_only=True, gc=False):
    """An invoice that was written, or would be."""

    invoice: Invoice | None = None
    """The invoice; None if only a preview was asked for."""
    preview: InvoiceDraft
    """What stands on it."""


class ReissueInvoiceResponse(CreateInvoiceResponse, frozen=True, kw_only=True, gc=False):
    """An invoice that takes the place of another, or would."""

    voided_invoice_id: str | None = None
    """The invoice voided for it; None if none was."""
    credit_note_id: str | None = None
    """The credit note over the one before; None if there is none."""


class InsertInvoicesResponse(Model, frozen=True, kw_only=True, gc=False):
    """Invoices that were recorded."""

    invoices: list[Invoice] = []
    """The invoices, as they were given."""


class CreditNoteLine(Model, frozen=True, kw_only=True, gc=False):
    """A line of a credit note."""

    invoice_line_item_id: str | None = None
    """The invoice item it corrects; None without one."""
    description: str | None = None
    """The text printed on it."""
    quantity: Number | None = None
    """Units given back; None where nothing is counted."""
    amount: Number
    """Money given back, in major currency units."""
    discount_amount: Number = 0
    """What discounts take off that."""


class CreditNote(Model, frozen=True, kw_only=True, gc=False):
    """A correction of an invoice that gives money back; all money in major currency units."""

    id: str | None = None
    """The server's id of it; None in a preview."""
    invoice_id: str
    """The invoice it corrects."""
    number: str | None = None
    """The number printed on it; None in a preview."""
    status: str | None = None
    """As Stripe calls it, such as `issued`; None in a preview."""
    currency: str
    """Three-letter ISO code, lower case."""
    subtotal: Number
    """Money given back before discounts and tax."""
    discount_amount: Number = 0
    """What discounts take off that."""
    tax_amount: Number = 0
    """Tax given back."""
    total: Number
    """Money given back in all."""
    pre_payment_amount: Number = 0
    """The part that lowers what was still to be paid."""
    post_payment_amount: Number = 0
    """The part that had been paid already."""
    refund_amount: Number = 0
    """The part sent back the way it was paid."""
    credit_amount: Number = 0
    """The part put on the customer's balance."""
    out_of_band_amount: Number = 0
    """The part given back outside of Stripe."""
    reason: CreditReason | None = None
    """Why; None if not said."""
    memo: str | None = None
    """A text printed on it; None without one."""
    pdf: str | None = None
    """Where it can be downloaded; None in a preview."""
    lines: list[CreditNoteLine] = []
    """Its lines."""


class CreditNoteResponse(Model, frozen=True, kw_only=True, gc=False):
    """A credit note that was issued, or would be."""

    credit_note: CreditNote
    """The credit note."""


class InvoiceTemplate(Model, frozen=True, kw_only=True, gc=False):
    """Texts and terms to write invoices with."""

    id: str
    """The template's id."""
    name: str = ""
    """The name people read."""
    footer: str | None = None
    """The text at the foot; None without one."""
    memo: str | None = None
    """The text above the lines; None without one."""
    net_terms_days: Integer | None = None
    """Days that the customer has to pay; None if not set."""
    created_at: Milliseconds | None = None
    """When it was made, milliseconds since the epoch (UTC)."""

    @property
    def created_at_datetime(self) -> datetime | None:
        """`created_at` as an aware UTC datetime."""
        return to_datetime(self.created_at)
