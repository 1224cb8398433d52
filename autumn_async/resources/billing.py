"""`billing.*`: plans of a customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from msgspec import UNSET, UnsetType

from ..models.billing import (
    AttachResponse,
    BillingSchedule,
    CustomerPortalResponse,
    SetupPaymentResponse,
)
from ..models.billing_imports import BillingImport
from ..models.previews import BillingPreview, MultiUpdatePreview
from ..models.verification import BillingVerification
from ..settings import BILLING
from ..wire.operation import Operation
from .base import AsyncResource

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..inputs import (
        AddLineInput,
        AttachPlanInput,
        BillingCycleAnchor,
        BillingDetailsLike,
        CancelAction,
        CarryOverInput,
        CustomerDataInput,
        CustomizeLike,
        CustomLineItemInput,
        DiscountInput,
        EntityDataInput,
        FeatureQuantityLike,
        FreeTrialLike,
        ImportBillableInput,
        ImportCustomerInput,
        ImportProcessorInput,
        InvoiceModeInput,
        LicenseQuantityInput,
        PlanSchedule,
        PlanUpdateInput,
        ProrationBehavior,
        RecalculateBalancesInput,
        RedirectMode,
        RefundLastPayment,
        RemoveLineInput,
        RewardReferenceInput,
        SchedulePhaseInput,
        SchedulePlanInput,
        TaxInput,
        Timestamp,
    )
    from ..inputs.options import CallOptions

ATTACH = Operation("billing.attach", "/v1/billing.attach", AttachResponse, BILLING)
MULTI_ATTACH = Operation(
    "billing.multi_attach", "/v1/billing.multi_attach", AttachResponse, BILLING
)
PREVIEW_ATTACH = Operation(
    "billing.preview_attach", "/v1/billing.preview_attach", BillingPreview, BILLING, reads=True
)
PREVIEW_MULTI_ATTACH = Operation(
    "billing.preview_multi_attach",
    "/v1/billing.preview_multi_attach",
    BillingPreview,
    BILLING,
    reads=True,
)
UPDATE = Operation("billing.update", "/v1/billing.update", AttachResponse, BILLING)
PREVIEW_UPDATE = Operation(
    "billing.preview_update", "/v1/billing.preview_update", BillingPreview, BILLING, reads=True
)
OPEN_CUSTOMER_PORTAL = Operation(
    "billing.open_customer_portal",
    "/v1/billing.open_customer_portal",
    CustomerPortalResponse,
    BILLING,
)
SETUP_PAYMENT = Operation(
    "billing.setup_payment", "/v1/billing.setup_payment", SetupPaymentResponse, BILLING
)
CREATE_SCHEDULE = Operation(
    "billing.create_schedule", "/v1/billing.create_schedule", BillingSchedule, BILLING
)
MULTI_UPDATE = Operation(
    "billing.multi_update", "/v1/billing.multi_update", AttachResponse, BILLING
)
PREVIEW_MULTI_UPDATE = Operation(
    "billing.preview_multi_update",
    "/v1/billing.preview_multi_update",
    MultiUpdatePreview,
    BILLING,
    reads=True,
)
VERIFY = Operation("billing.verify", "/v1/billing.verify", BillingVerification, BILLING, reads=True)
IMPORT = Operation("billing.import_", "/v1/billing.import", BillingImport, BILLING)


class AsyncBilling(AsyncResource):
    """Plans of a customer: attach, change, cancel, preview, pay."""

    @ATTACH.declare
    async def attach(
        self,
        *,
        customer_id: str,
        plan_id: str,
        entity_id: str | None = None,
        feature_quantities: Sequence[FeatureQuantityLike] | None = None,
        version: int | None = None,
        free_trial: FreeTrialLike | UnsetType | None = UNSET,
        customize: CustomizeLike | None = None,
        invoice_mode: InvoiceModeInput | None = None,
        proration_behavior: ProrationBehavior | None = None,
        redirect_mode: RedirectMode | None = None,
        subscription_id: str | None = None,
        discounts: Sequence[DiscountInput] | None = None,
        success_url: str | None = None,
        new_billing_subscription: bool | None = None,
        billing_cycle_anchor: BillingCycleAnchor | None = None,
        plan_schedule: PlanSchedule | None = None,
        starts_at: Timestamp | None = None,
        ends_at: Timestamp | None = None,
        checkout_session_params: Mapping[str, Any] | None = None,
        long_lived_checkout: bool | None = None,
        custom_line_items: Sequence[CustomLineItemInput] | None = None,
        remove_lines: Sequence[RemoveLineInput] | None = None,
        add_lines: Sequence[AddLineInput] | None = None,
        processor_subscription_id: str | None = None,
        carry_over_balances: CarryOverInput | None = None,
        carry_over_usages: CarryOverInput | None = None,
        license_quantities: Sequence[LicenseQuantityInput] | None = None,
        metadata: Mapping[str, str] | None = None,
        no_billing_changes: bool | None = None,
        enable_plan_immediately: bool | None = None,
        tax: TaxInput | None = None,
        billing_details: BillingDetailsLike | None = None,
        tax_rate_id: str | None = None,
        currency: str | None = None,
        remove_plan_ids: Sequence[str] | None = None,
        remove_discounts: Sequence[RewardReferenceInput] | None = None,
        **options: Unpack[CallOptions],
    ) -> AttachResponse:
        """Gives a customer a plan: the first, a higher or lower one, or an add-on.

        If a payment page is needed, the answer has its `payment_url` and nothing changes until the
        customer has paid there.

            answer = await autumn.billing.attach(customer_id="cus_123", plan_id="pro")
            if answer.payment_url:
                ...  # send the customer there

        Args:
            customer_id: Who gets the plan.
            plan_id: The plan.
            entity_id: The entity that gets it, instead of the whole customer.
            feature_quantities: Prepaid units to buy, the included ones counted.
            version: A certain version of the plan; the latest by default.
            free_trial: Another trial than the plan's; None for none.
            customize: What to change about the plan for this customer.
            invoice_mode: Send an invoice instead of charging.
            proration_behavior: How a change within a billing period is charged.
            redirect_mode: When the customer is sent to a page; "if_required" by default.
            subscription_id: Your id of the subscription, unique for the customer.
            discounts: Discounts to apply.
            success_url: Where the payment page leads to.
            new_billing_subscription: Bill it apart from what the customer has.
            billing_cycle_anchor: What billing periods are aligned to.
            plan_schedule: "immediate" or "end_of_cycle", instead of what fits the change.
            starts_at: When the plan begins, in milliseconds or as an aware datetime.
            ends_at: When it ends.
            checkout_session_params: More parameters for Stripe's checkout.
            long_lived_checkout: Make a payment page that stays open.
            custom_line_items: Lines of your own, in place of those computed; major currency units.
            remove_lines: Lines to leave off this invoice.
            add_lines: Lines to add to this invoice.
            processor_subscription_id: A subscription of the processor's to bill it with.
            carry_over_balances: Units left of the plan before to take along.
            carry_over_usages: Usage of the plan before to take along.
            license_quantities: How many licenses to hold.
            metadata: Your own data.
            no_billing_changes: Put the plan in place without charging anything.
            enable_plan_immediately: Give the plan before it is paid for.
            tax: How tax is computed.
            billing_details: What stands on the customer's invoices.
            tax_rate_id: A tax rate of Stripe's.
            currency: The currency to bill in; a three-letter code.
            remove_plan_ids: Plans to take away at the same time.
            remove_discounts: Discounts to take away.

        Raises:
            CustomerNotFoundError, PlanNotFoundError: No such customer, no such plan.
            ConflictError: The customer has this plan already.
            LockedError: Another billing call for this customer is under way.
        """
        return await self._call(ATTACH, locals())

    @PREVIEW_ATTACH.declare
    async def preview_attach(
        self,
        *,
        customer_id: str,
        plan_id: str,
        entity_id: str | None = None,
        feature_quantities: Sequence[FeatureQuantityLike] | None = None,
        version: int | None = None,
        free_trial: FreeTrialLike | UnsetType | None = UNSET,
        customize: CustomizeLike | None = None,
        invoice_mode: InvoiceModeInput | None = None,
        proration_behavior: ProrationBehavior | None = None,
        redirect_mode: RedirectMode | None = None,
        subscription_id: str | None = None,
        discounts: Sequence[DiscountInput] | None = None,
        success_url: str | None = None,
        new_billing_subscription: bool | None = None,
        billing_cycle_anchor: BillingCycleAnchor | None = None,
        plan_schedule: PlanSchedule | None = None,
        starts_at: Timestamp | None = None,
        ends_at: Timestamp | None = None,
        checkout_session_params: Mapping[str, Any] | None = None,
        long_lived_checkout: bool | None = None,
        custom_line_items: Sequence[CustomLineItemInput] | None = None,
        remove_lines: Sequence[RemoveLineInput] | None = None,
        add_lines: Sequence[AddLineInput] | None = None,
        processor_subscription_id: str | None = None,
        carry_over_balances: CarryOverInput | None = None,
        carry_over_usages: CarryOverInput | None = None,
        license_quantities: Sequence[LicenseQuantityInput] | None = None,
        metadata: Mapping[str, str] | None = None,
        no_billing_changes: bool | None = None,
        enable_plan_immediately: bool | None = None,
        tax: TaxInput | None = None,
        billing_details: BillingDetailsLike | None = None,
        tax_rate_id: str | None = None,
        currency: str | None = None,
        remove_plan_ids: Sequence[str] | None = None,
        remove_discounts: Sequence[RewardReferenceInput] | None = None,
        **options: Unpack[CallOptions],
    ) -> BillingPreview:
        """What `attach` with the same arguments would charge and change. Nothing changes.

        Amounts are in major currency units.

        Raises:
            CustomerNotFoundError, PlanNotFoundError: No such customer, no such plan.
            ConflictError: The customer has this plan already.
        """
        return await self._call(PREVIEW_ATTACH, locals())

    @MULTI_ATTACH.declare
    async def multi_attach(
        self,
        *,
        customer_id: str,
        plans: Sequence[AttachPlanInput],
        entity_id: str | None = None,
        free_trial: FreeTrialLike | UnsetType | None = UNSET,
        starts_at: Timestamp | None = None,
        currency: str | None = None,
        invoice_mode: InvoiceModeInput | None = None,
        discounts: Sequence[DiscountInput] | None = None,
        billing_behavior: ProrationBehavior | None = None,
        billing_cycle_anchor: Literal["now"] | None = None,
        success_url: str | None = None,
        checkout_session_params: Mapping[str, Any] | None = None,
        redirect_mode: RedirectMode | None = None,
        new_billing_subscription: bool | None = None,
        enable_plan_immediately: bool | None = None,
        customer_data: CustomerDataInput | None = None,
        entity_data: EntityDataInput | None = None,
        **options: Unpack[CallOptions],
    ) -> AttachResponse:
        """Gives a customer several plans at once, on one bill; all of them begin now.

        Args:
            customer_id: Who gets the plans.
            plans: The plans, at most one main plan of each group.
            entity_id: The entity that gets them, instead of the whole customer.
            free_trial: A trial for all of them; None for none.
            starts_at: When they began, in milliseconds or as an aware datetime; not in the future.
            currency: The currency to bill in; a three-letter code.
            invoice_mode: Send an invoice instead of charging.
            discounts: Discounts to apply.
            billing_behavior: How a change within a billing period is charged.
            billing_cycle_anchor: Begin a new billing period now.
            success_url: Where the payment page leads to.
            checkout_session_params: More parameters for Stripe's checkout.
            redirect_mode: When the customer is sent to a page; "if_required" by default.
            new_billing_subscription: Bill them apart from what the customer has.
            enable_plan_immediately: Give the plans before they are paid for.
            customer_data: What a customer who is made now is like.
            entity_data: What an entity that is made now is like.

        Raises:
            CustomerNotFoundError, PlanNotFoundError: No such customer, no such plan.
            BadRequestError: The plans don't go together.
            LockedError: Another billing call for this customer is under way.
        """
        return await self._call(MULTI_ATTACH, locals())

    @PREVIEW_MULTI_ATTACH.declare
    async def preview_multi_attach(
        self,
        *,
        customer_id: str,
        plans: Sequence[AttachPlanInput],
        entity_id: str | None = None,
        free_trial: FreeTrialLike | UnsetType | None = UNSET,
        starts_at: Timestamp | None = None,
        currency: str | None = None,
        invoice_mode: InvoiceModeInput | None = None,
        discounts: Sequence[DiscountInput] | None = None,
        billing_behavior: ProrationBehavior | None = None,
        billing_cycle_anchor: Literal["now"] | None = None,
        success_url: str | None = None,
        checkout_session_params: Mapping[str, Any] | None = None,
        redirect_mode: RedirectMode | None = None,
        new_billing_subscription: bool | None = None,
        enable_plan_immediately: bool | None = None,
        customer_data: CustomerDataInput | None = None,
        entity_data: EntityDataInput | None = None,
        **options: Unpack[CallOptions],
    ) -> BillingPreview:
        """What `multi_attach` with the same arguments would charge and change. Nothing changes.

        Amounts are in major currency units.

        Raises:
            CustomerNotFoundError, PlanNotFoundError: No such customer, no such plan.
            BadRequestError: The plans don't go together.
        """
        return await self._call(PREVIEW_MULTI_ATTACH, locals())

    @UPDATE.declare
    async def update(
        self,
        *,
        customer_id: str,
        entity_id: str | None = None,
        plan_id: str | None = None,
        feature_quantities: Sequence[FeatureQuantityLike] | None = None,
        version: int | None = None,
        free_trial: FreeTrialLike | UnsetType | None = UNSET,
        customize: CustomizeLike | None = None,
        invoice_mode: InvoiceModeInput | None = None,
        proration_behavior: ProrationBehavior | None = None,
        redirect_mode: RedirectMode | None = None,
        subscription_id: str | None = None,
        discounts: Sequence[DiscountInput] | None = None,
        remove_discounts: Sequence[RewardReferenceInput] | None = None,
        custom_line_items: Sequence[CustomLineItemInput] | None = None,
        remove_lines: Sequence[RemoveLineInput] | None = None,
        add_lines: Sequence[AddLineInput] | None = None,
        cancel_action: CancelAction | None = None,
        billing_cycle_anchor: BillingCycleAnchor | None = None,
        no_billing_changes: bool | None = None,
        refund_last_payment: RefundLastPayment | None = None,
        subscription_params: Mapping[str, Any] | None = None,
        recalculate_balances: RecalculateBalancesInput | None = None,
        carry_over_usages: CarryOverInput | None = None,
        license_quantities: Sequence[LicenseQuantityInput] | None = None,
        **options: Unpack[CallOptions],
    ) -> AttachResponse:
        """Changes a plan that a customer has: quantities, contents, cancellation.

            await autumn.billing.update(
                customer_id="cus_123", plan_id="pro", cancel_action="cancel_end_of_cycle"
            )

        Args:
            customer_id: Whose plan it is.
            entity_id: The entity that has it.
            plan_id: Which plan, if it isn't the main one.
            feature_quantities: Prepaid units to hold, the included ones counted.
            version: Another version of the plan.
            free_trial: Another trial; None ends it.
            customize: What to change about the plan for this customer.
            invoice_mode: Send an invoice instead of charging.
            proration_behavior: How a change within a billing period is charged.
            redirect_mode: When the customer is sent to a page; "if_required" by default.
            subscription_id: Which subscription, by your id or Autumn's.
            discounts: Discounts to apply.
            remove_discounts: Discounts to take away.
            custom_line_items: Lines of your own, in place of those computed; major currency units.
            remove_lines: Lines to leave off this invoice.
            add_lines: Lines to add to this invoice.
            cancel_action: "cancel_immediately", "cancel_end_of_cycle", or "uncancel" to keep it.
            billing_cycle_anchor: What billing periods are aligned to.
            no_billing_changes: Change the plan without charging anything.
            refund_last_payment: With "cancel_immediately": how much is given back.
            subscription_params: More parameters for the processor's subscription.
            recalculate_balances: Spread a change of quantity over all balances of the feature.
            carry_over_usages: Whether usage is taken along; by default it is.
            license_quantities: How many licenses to hold.

        Raises:
            CustomerNotFoundError: No such customer.
            NotFoundError: The customer has no such plan.
            BadRequestError: Nothing to change, or a change that can't be.
            LockedError: Another billing call for this customer is under way.
        """
        return await self._call(UPDATE, locals())

    @PREVIEW_UPDATE.declare
    async def preview_update(
        self,
        *,
        customer_id: str,
        entity_id: str | None = None,
        plan_id: str | None = None,
        feature_quantities: Sequence[FeatureQuantityLike] | None = None,
        version: int | None = None,
        free_trial: FreeTrialLike | UnsetType | None = UNSET,
        customize: CustomizeLike | None = None,
        invoice_mode: InvoiceModeInput | None = None,
        proration_behavior: ProrationBehavior | None = None,
        redirect_mode: RedirectMode | None = None,
        subscription_id: str | None = None,
        discounts: Sequence[DiscountInput] | None = None,
        remove_discounts: Sequence[RewardReferenceInput] | None = None,
        custom_line_items: Sequence[CustomLineItemInput] | None = None,
        remove_lines: Sequence[RemoveLineInput] | None = None,
        add_lines: Sequence[AddLineInput] | None = None,
        cancel_action: CancelAction | None = None,
        billing_cycle_anchor: BillingCycleAnchor | None = None,
        no_billing_changes: bool | None = None,
        refund_last_payment: RefundLastPayment | None = None,
        subscription_params: Mapping[str, Any] | None = None,
        recalculate_balances: RecalculateBalancesInput | None = None,
        carry_over_usages: CarryOverInput | None = None,
        license_quantities: Sequence[LicenseQuantityInput] | None = None,
        **options: Unpack[CallOptions],
    ) -> BillingPreview:
        """What `update` with the same arguments would charge and change. Nothing changes.

        Amounts are in major currency units.

        Raises:
            CustomerNotFoundError: No such customer.
            NotFoundError: The customer has no such plan.
        """
        return await self._call(PREVIEW_UPDATE, locals())

    @OPEN_CUSTOMER_PORTAL.declare
    async def open_customer_portal(
        self,
        *,
        customer_id: str,
        configuration_id: str | None = None,
        return_url: str | None = None,
        **options: Unpack[CallOptions],
    ) -> CustomerPortalResponse:
        """The URL of a page on which the customer manages payment methods and invoices.

        Args:
            customer_id: Whose page it is.
            configuration_id: A configuration of Stripe's portal.
            return_url: Where the page leads back to.

        Raises:
            CustomerNotFoundError: No such customer.
        """
        return await self._call(OPEN_CUSTOMER_PORTAL, locals())

    @SETUP_PAYMENT.declare
    async def setup_payment(
        self,
        *,
        customer_id: str,
        entity_id: str | None = None,
        plan_id: str | None = None,
        feature_quantities: Sequence[FeatureQuantityLike] | None = None,
        version: int | None = None,
        free_trial: FreeTrialLike | UnsetType | None = UNSET,
        customize: CustomizeLike | None = None,
        proration_behavior: ProrationBehavior | None = None,
        subscription_id: str | None = None,
        discounts: Sequence[DiscountInput] | None = None,
        success_url: str | None = None,
        billing_cycle_anchor: BillingCycleAnchor | None = None,
        starts_at: Timestamp | None = None,
        ends_at: Timestamp | None = None,
        checkout_session_params: Mapping[str, Any] | None = None,
        custom_line_items: Sequence[CustomLineItemInput] | None = None,
        remove_lines: Sequence[RemoveLineInput] | None = None,
        add_lines: Sequence[AddLineInput] | None = None,
        processor_subscription_id: str | None = None,
        carry_over_balances: CarryOverInput | None = None,
        carry_over_usages: CarryOverInput | None = None,
        license_quantities: Sequence[LicenseQuantityInput] | None = None,
        metadata: Mapping[str, str] | None = None,
        no_billing_changes: bool | None = None,
        enable_plan_immediately: bool | None = None,
        tax: TaxInput | None = None,
        billing_details: BillingDetailsLike | None = None,
        tax_rate_id: str | None = None,
        currency: str | None = None,
        remove_plan_ids: Sequence[str] | None = None,
        remove_discounts: Sequence[RewardReferenceInput] | None = None,
        **options: Unpack[CallOptions],
    ) -> SetupPaymentResponse:
        """The URL of a page on which the customer adds or changes a payment method.

        The customer is made if there is none yet. With a `plan_id`, that plan is attached once the
        page is completed; the other arguments are those of `attach` then.

        Args:
            customer_id: Whose payment method it is.
            entity_id: The entity that gets the plan.
            plan_id: A plan to attach afterwards.
            success_url: Where the page leads to.

        Raises:
            PlanNotFoundError: No such plan.
            BadRequestError: The plan couldn't be attached like this.
        """
        return await self._call(SETUP_PAYMENT, locals())

    @CREATE_SCHEDULE.declare
    async def create_schedule(
        self,
        *,
        customer_id: str,
        phases: Sequence[SchedulePhaseInput],
        entity_id: str | None = None,
        free_trial: FreeTrialLike | UnsetType | None = UNSET,
        currency: str | None = None,
        invoice_mode: InvoiceModeInput | None = None,
        discounts: Sequence[DiscountInput] | None = None,
        success_url: str | None = None,
        checkout_session_params: Mapping[str, Any] | None = None,
        redirect_mode: RedirectMode | None = None,
        billing_behavior: ProrationBehavior | None = None,
        no_billing_changes: bool | None = None,
        billing_cycle_anchor: Literal["now"] | None = None,
        enable_plan_immediately: bool | None = None,
        preserve_add_ons: bool | None = None,
        unscheduled_plans: Sequence[SchedulePlanInput] | None = None,
        **options: Unpack[CallOptions],
    ) -> BillingSchedule:
        """Gives a customer plans that follow each other: a cheap start, then the full price.

            await autumn.billing.create_schedule(
                customer_id="cus_123",
                phases=[
                    {"starts_at": "now", "plans": [{"plan_id": "starter"}]},
                    {
                        "starting_after": {"duration_type": "month", "duration_count": 3},
                        "plans": [{"plan_id": "pro"}],
                    },
                ],
            )

        Args:
            customer_id: Who gets the plans.
            phases: The phases, the first one first.
            entity_id: The entity that gets the plans, instead of the whole customer.
            free_trial: A trial at the beginning; None for none.
            currency: The currency to bill in; a three-letter code.
            invoice_mode: Send an invoice instead of charging.
            discounts: Discounts to apply.
            success_url: Where the payment page leads to.
            checkout_session_params: More parameters for Stripe's checkout.
            redirect_mode: When the customer is sent to a page; "if_required" by default.
            billing_behavior: How the change to the first phase is charged.
            no_billing_changes: Put the plans in place without charging anything.
            billing_cycle_anchor: Begin a new billing period now.
            enable_plan_immediately: Give the plans before they are paid for.
            preserve_add_ons: Keep the add-ons that the customer has.
            unscheduled_plans: Plans to give as well, which no phase ends.

        Raises:
            CustomerNotFoundError, PlanNotFoundError: No such customer, no such plan.
            BadRequestError: The phases don't follow each other, or their plans don't go together.
            LockedError: Another billing call for this customer is under way.
        """
        return await self._call(CREATE_SCHEDULE, locals())

    @MULTI_UPDATE.declare
    async def multi_update(
        self,
        *,
        customer_id: str,
        updates: Sequence[PlanUpdateInput],
        entity_id: str | None = None,
        refund_last_payment: RefundLastPayment | None = None,
        subscription_params: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> AttachResponse:
        """Cancels several plans of a customer at once, or keeps them after all.

        Args:
            customer_id: Whose plans they are.
            updates: The plans, with what to do about each.
            entity_id: The entity that has them.
            refund_last_payment: With "cancel_immediately": how much is given back.
            subscription_params: More parameters for the processor's subscription.

        Raises:
            CustomerNotFoundError: No such customer.
            NotFoundError: The customer has no such plan.
            LockedError: Another billing call for this customer is under way.
        """
        return await self._call(MULTI_UPDATE, locals())

    @PREVIEW_MULTI_UPDATE.declare
    async def preview_multi_update(
        self,
        *,
        customer_id: str,
        updates: Sequence[PlanUpdateInput],
        entity_id: str | None = None,
        refund_last_payment: RefundLastPayment | None = None,
        subscription_params: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> MultiUpdatePreview:
        """What `multi_update` with the same arguments would charge and change. Nothing changes.

        Amounts are in major currency units.

        Raises:
            CustomerNotFoundError: No such customer.
            NotFoundError: The customer has no such plan.
        """
        return await self._call(PREVIEW_MULTI_UPDATE, locals())

    @VERIFY.declare
    async def verify(
        self,
        *,
        customer_id: str,
        subscription_ids: Sequence[str] | None = None,
        strict: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> BillingVerification:
        """Compares a customer's plans with what Stripe bills, and says where they differ.

        Args:
            customer_id: Whose plans to look at.
            subscription_ids: Only these subscriptions, by Stripe's ids.
            strict: Also name what is only worth a look.

        Raises:
            CustomerNotFoundError: No such customer.
        """
        return await self._call(VERIFY, locals())

    @IMPORT.declare
    async def import_(
        self,
        *,
        customer_id: str,
        billables: Sequence[ImportBillableInput],
        customer_data: ImportCustomerInput | None = None,
        processors: Sequence[ImportProcessorInput] | None = None,
        dry_run: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> BillingImport:
        """Brings in what a customer pays for already, without charging anything.

        Args:
            customer_id: Who pays for it; made now if there is none yet.
            billables: What is billed, with the plans it stands for.
            customer_data: What a customer who is made now is like.
            processors: The customer as payment processors know it.
            dry_run: Only say what would be done.

        Raises:
            PlanNotFoundError: No such plan.
            BadRequestError: The processor has no such subscription, or it doesn't fit the plan.
        """
        return await self._call(IMPORT, locals())
