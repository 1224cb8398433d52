"""`invoices.*`: invoices at Stripe, written, corrected and recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..models.invoice_answers import (
    CreateInvoiceResponse,
    CreditNoteResponse,
    InsertInvoicesResponse,
    InvoiceResponse,
    InvoiceTemplate,
    ReissueInvoiceResponse,
)
from ..models.invoices import Invoice
from ..models.pages import Page
from ..settings import BILLING, READ, WRITE
from ..wire.operation import Operation
from ..wire.pages import AsyncPager
from .base import AsyncResource

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..inputs import (
        AddLineInput,
        CreditDestination,
        CreditLineInput,
        CreditReason,
        DiscountInput,
        InsertInvoiceInput,
        InvoicePlanInput,
        InvoiceProcessor,
        InvoiceStatus,
        IssueMethod,
        PaymentMethodType,
        Quantity,
        ReissueCustomerInput,
        ReissueFieldsInput,
        ReissueLinesInput,
        Timestamp,
    )
    from ..inputs.options import CallOptions

CREATE = Operation("invoices.create", "/v1/invoices.create", CreateInvoiceResponse, BILLING)
FINALIZE = Operation("invoices.finalize", "/v1/invoices.finalize", InvoiceResponse, BILLING)
INSERT = Operation("invoices.insert", "/v1/invoices.insert", InsertInvoicesResponse, WRITE)
LIST = Operation("invoices.list", "/v1/invoices.list", Page[Invoice], READ, reads=True)
LIST_TEMPLATES = Operation(
    "invoices.list_templates",
    "/v1/invoices.listTemplates",
    Page[InvoiceTemplate],
    READ,
    reads=True,
)
PAY = Operation("invoices.pay", "/v1/invoices.pay", InvoiceResponse, BILLING)
ISSUE_CREDIT_NOTE = Operation(
    "invoices.issue_credit_note", "/v1/invoices.issue_credit_note", CreditNoteResponse, BILLING
)
REISSUE = Operation("invoices.reissue", "/v1/invoices.reissue", ReissueInvoiceResponse, BILLING)
UPDATE = Operation("invoices.update", "/v1/invoices.update", InvoiceResponse, BILLING)
VOID = Operation("invoices.void", "/v1/invoices.void", InvoiceResponse, BILLING)


class AsyncInvoices(AsyncResource):
    """Invoices at Stripe: written, corrected and recorded."""

    @CREATE.declare
    async def create(
        self,
        *,
        customer_id: str,
        entity_id: str | None = None,
        plans: Sequence[InvoicePlanInput] | None = None,
        custom_line_items: Sequence[AddLineInput] | None = None,
        discounts: Sequence[DiscountInput] | None = None,
        invoice_template_id: str | None = None,
        net_terms_days: int | None = None,
        issue_date: Timestamp | None = None,
        due_date: Timestamp | None = None,
        tax_rate_id: str | None = None,
        payment_method_types: Sequence[PaymentMethodType] | None = None,
        period_start: Timestamp | None = None,
        period_end: Timestamp | None = None,
        preview: bool | None = None,
        issue_method: IssueMethod | None = None,
        **options: Unpack[CallOptions],
    ) -> CreateInvoiceResponse:
        """Writes an invoice over plans, units or lines of your own; no plan changes by it.

            answer = await autumn.invoices.create(
                customer_id="cus_123",
                custom_line_items=[{"amount": 250, "description": "Onboarding"}],
                issue_method="draft",
            )

        Args:
            customer_id: Who it is for.
            entity_id: The entity it is for.
            plans: The plans to bill.
            custom_line_items: Lines of your own; major currency units.
            discounts: Discounts to apply.
            invoice_template_id: A template for its texts and terms.
            net_terms_days: Days that the customer has to pay.
            issue_date: Its date, in milliseconds or as an aware datetime.
            due_date: By when it is to be paid.
            tax_rate_id: A tax rate of Stripe's.
            payment_method_types: Ways to pay.
            period_start: When the time it pays for begins, for lines that don't say.
            period_end: When that time ends.
            preview: Only say what would stand on it.
            issue_method: How far it goes by itself.

        Raises:
            CustomerNotFoundError, PlanNotFoundError: No such customer, no such plan.
            BadRequestError: Nothing to bill, or something that can't be billed like this.
        """
        return await self._call(CREATE, locals())

    @FINALIZE.declare
    async def finalize(self, *, invoice_id: str, **options: Unpack[CallOptions]) -> InvoiceResponse:
        """Opens a draft: from now on it can be paid, and no longer be changed.

        Args:
            invoice_id: The invoice, by its `id`.

        Raises:
            NotFoundError: No such invoice.
            BadRequestError: It is no draft.
        """
        return await self._call(FINALIZE, locals())

    @INSERT.declare
    async def insert(
        self, *, invoices: Sequence[InsertInvoiceInput], **options: Unpack[CallOptions]
    ) -> InsertInvoicesResponse:
        """Records invoices that were written elsewhere; nothing is charged or sent.

        Args:
            invoices: The invoices; amounts in major currency units.

        Raises:
            CustomerNotFoundError, PlanNotFoundError: No such customer, no such plan.
        """
        return await self._call(INSERT, locals())

    @LIST.declare
    def list(
        self,
        *,
        start_cursor: str | None = None,
        limit: int | None = None,
        customer_id: str | None = None,
        entity_id: str | None = None,
        invoice_id: str | None = None,
        stripe_id: str | None = None,
        status: Sequence[InvoiceStatus] | None = None,
        processor_types: Sequence[InvoiceProcessor] | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncPager[Invoice]:
        """Invoices, newest first, of one customer or of all.

            async for invoice in autumn.invoices.list(status=["open"]):
                ...

        Args:
            start_cursor: The `next_cursor` of the page before.
            limit: How many a page holds at most.
            customer_id: Only those of one customer.
            entity_id: Only those of one entity.
            invoice_id: Only this one.
            stripe_id: Only this one, by Stripe's id.
            status: Only those with one of these.
            processor_types: Only those whose money one of these collects.
        """
        return self._pager(LIST, locals())

    @LIST_TEMPLATES.declare
    def list_templates(
        self,
        *,
        offset: int | None = None,
        limit: int | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncPager[InvoiceTemplate]:
        """Templates to write invoices with.

        Args:
            offset: How many to skip.
            limit: How many a page holds at most; 10 by default.
        """
        return self._pager(LIST_TEMPLATES, locals())

    @PAY.declare
    async def pay(self, *, invoice_id: str, **options: Unpack[CallOptions]) -> InvoiceResponse:
        """Charges an open invoice to the customer's payment method now.

        Args:
            invoice_id: The invoice, by its `id`.

        Raises:
            NotFoundError: No such invoice.
            BadRequestError: It isn't open, or the payment failed.
        """
        return await self._call(PAY, locals())

    @ISSUE_CREDIT_NOTE.declare
    async def issue_credit_note(
        self,
        *,
        invoice_id: str,
        amount: Quantity | None = None,
        lines: Sequence[CreditLineInput] | None = None,
        destination: CreditDestination | None = None,
        send_email: bool | None = None,
        reason: CreditReason | None = None,
        memo: str | None = None,
        preview: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> CreditNoteResponse:
        """Gives back money of an invoice, or lowers what is to be paid on it.

        Args:
            invoice_id: The invoice, by its `id`.
            amount: How much, in major currency units. Give this or `lines`.
            lines: Which of its items.
            destination: Where the money goes; the customer's balance by default.
            send_email: Tell the customer by email; True by default.
            reason: Why.
            memo: A text printed on it.
            preview: Only say what would stand on it.

        Raises:
            NotFoundError: No such invoice.
            BadRequestError: More than there is to give back.
        """
        return await self._call(ISSUE_CREDIT_NOTE, locals())

    @REISSUE.declare
    async def reissue(
        self,
        *,
        invoice_id: str,
        invoice_template_id: str | None = None,
        net_terms_days: int | None = None,
        preview: bool | None = None,
        issue_method: IssueMethod | None = None,
        update_customer_email: str | None = None,
        invoice: ReissueFieldsInput | None = None,
        customer: ReissueCustomerInput | None = None,
        lines: ReissueLinesInput | None = None,
        **options: Unpack[CallOptions],
    ) -> ReissueInvoiceResponse:
        """Writes an invoice anew with corrections, and voids or credits the one before.

        Args:
            invoice_id: The invoice to replace, by its `id`.
            invoice_template_id: A template for texts and terms of the new one.
            net_terms_days: Days that the customer has to pay it.
            preview: Only say what would stand on it.
            issue_method: How far it goes by itself.
            update_customer_email: Another email address for the customer, for good.
            invoice: What is different on it.
            customer: What is different about the customer on it.
            lines: How its lines differ.

        Raises:
            NotFoundError: No such invoice.
            BadRequestError: It can't be replaced.
        """
        return await self._call(REISSUE, locals())

    @UPDATE.declare
    async def update(
        self,
        *,
        invoice_id: str,
        payment_method_types: Sequence[PaymentMethodType],
        **options: Unpack[CallOptions],
    ) -> InvoiceResponse:
        """Changes how an invoice may be paid.

        Args:
            invoice_id: The invoice, by its `id`.
            payment_method_types: Ways to pay, in place of those before.

        Raises:
            NotFoundError: No such invoice.
        """
        return await self._call(UPDATE, locals())

    @VOID.declare
    async def void(self, *, invoice_id: str, **options: Unpack[CallOptions]) -> InvoiceResponse:
        """Declares an open invoice void: it is never paid.

        Args:
            invoice_id: The invoice, by its `id`.

        Raises:
            NotFoundError: No such invoice.
            BadRequestError: It is a draft, or paid.
        """
        return await self._call(VOID, locals())
