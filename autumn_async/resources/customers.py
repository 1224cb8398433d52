"""`customers.*`: customers and what they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, UnsetType

from ..models.common import SuccessResponse
from ..models.customers import Customer, TestClock
from ..models.pages import Page
from ..models.subscriptions import PurchaseRecord, SubscriptionRecord
from ..settings import BILLING, READ, WRITE
from ..wire.operation import Operation
from ..wire.pages import AsyncPager
from .base import AsyncResource

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..inputs import (
        BillingControlsLike,
        BillingControlsUpdateLike,
        CustomerBillingDetailsInput,
        CustomerConfigLike,
        CustomerExpand,
        HeldStatus,
        PlanFilterInput,
        Processor,
        SortOrder,
        SubscriptionStatus,
        TimeRangeInput,
        Timestamp,
    )
    from ..inputs.options import CallOptions

GET_OR_CREATE = Operation("customers.get_or_create", "/v1/customers.get_or_create", Customer, WRITE)
GET = Operation("customers.get", "/v1/customers.get", Customer, READ, reads=True)
UPDATE = Operation("customers.update", "/v1/customers.update", Customer, WRITE)
DELETE = Operation("customers.delete", "/v1/customers.delete", SuccessResponse, WRITE)
LIST = Operation("customers.list", "/v1/customers.list", Page[Customer], READ, reads=True)
ADVANCE_TEST_CLOCK = Operation(
    "customers.advance_test_clock", "/v1/customers.advance_test_clock", TestClock, BILLING
)
LIST_SUBSCRIPTIONS = Operation(
    "customers.list_subscriptions",
    "/v1/subscriptions.list",
    Page[SubscriptionRecord],
    READ,
    reads=True,
)
LIST_PURCHASES = Operation(
    "customers.list_purchases", "/v1/purchases.list", Page[PurchaseRecord], READ, reads=True
)


class AsyncCustomers(AsyncResource):
    """Customers and what they have."""

    @GET_OR_CREATE.declare
    async def get_or_create(
        self,
        *,
        customer_id: str | None,
        name: str | UnsetType | None = UNSET,
        email: str | UnsetType | None = UNSET,
        fingerprint: str | UnsetType | None = UNSET,
        metadata: Mapping[str, Any] | UnsetType | None = UNSET,
        stripe_id: str | UnsetType | None = UNSET,
        create_in_stripe: bool | None = None,
        auto_enable_plan_id: str | None = None,
        send_email_receipts: bool | None = None,
        currency: str | UnsetType | None = UNSET,
        billing_controls: BillingControlsLike | None = None,
        config: CustomerConfigLike | None = None,
        billing_details: CustomerBillingDetailsInput | None = None,
        expand: Sequence[CustomerExpand] | None = None,
        **options: Unpack[CallOptions],
    ) -> Customer:
        """The customer with this id, made now if there is none yet.

        Of a customer that exists only a missing name or email is filled in; `update` changes the
        rest. A new one gets the plans that are enabled for everybody.

            customer = await autumn.customers.get_or_create(customer_id="cus_123", name="Ada")

        Args:
            customer_id: Your id: letters, digits, `_`, `-` and `:`. None for somebody known by
                email only.
            name: The name.
            email: The email address; an existing customer without an id is found by it.
            fingerprint: What tells people apart who come back for another free trial.
            metadata: Your own data.
            stripe_id: A customer of Stripe's to link.
            create_in_stripe: Also make the customer at Stripe now.
            auto_enable_plan_id: Give a new customer this free plan instead of the usual ones.
            send_email_receipts: Send receipts by email.
            currency: The currency to bill in; a three-letter code.
            billing_controls: Caps, top-ups and alerts.
            config: Switches.
            billing_details: What stands on the customer's invoices.
            expand: What to add to the answer.

        Raises:
            BadRequestError: Neither id nor email, or an id with other characters.
        """
        return await self._call(GET_OR_CREATE, locals())

    @GET.declare
    async def get(
        self,
        *,
        customer_id: str,
        expand: Sequence[CustomerExpand] | None = None,
        **options: Unpack[CallOptions],
    ) -> Customer:
        """One customer.

        Args:
            customer_id: Your id of the customer.
            expand: What to add to the answer.

        Raises:
            CustomerNotFoundError: No such customer.
        """
        return await self._call(GET, locals())

    @UPDATE.declare
    async def update(
        self,
        *,
        customer_id: str,
        name: str | UnsetType | None = UNSET,
        email: str | UnsetType | None = UNSET,
        fingerprint: str | UnsetType | None = UNSET,
        metadata: Mapping[str, Any] | UnsetType | None = UNSET,
        stripe_id: str | UnsetType | None = UNSET,
        send_email_receipts: bool | None = None,
        currency: str | UnsetType | None = UNSET,
        billing_controls: BillingControlsUpdateLike | None = None,
        config: CustomerConfigLike | None = None,
        billing_details: CustomerBillingDetailsInput | None = None,
        new_customer_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Customer:
        """Changes what is given of a customer, and returns the customer as they are then.

        Args:
            customer_id: Your id of the customer.
            name: The name; None removes it.
            email: The email address; None removes it.
            fingerprint: What tells people apart who come back for another free trial.
            metadata: Your own data, merged key by key; a value of None removes its key.
            stripe_id: A customer of Stripe's to link; None unlinks.
            send_email_receipts: Send receipts by email.
            currency: The currency to bill in; a three-letter code.
            billing_controls: Caps, top-ups and alerts: each list given replaces the one before.
            config: Switches.
            billing_details: What stands on the customer's invoices.
            new_customer_id: Another id.

        Raises:
            CustomerNotFoundError: No such customer.
            ConflictError: The new id is taken.
        """
        return await self._call(UPDATE, locals())

    @DELETE.declare
    async def delete(
        self,
        *,
        customer_id: str,
        delete_in_stripe: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> SuccessResponse:
        """Deletes a customer with everything that belongs to them.

        Args:
            customer_id: Your id of the customer.
            delete_in_stripe: Also delete them at Stripe, which cancels their subscriptions.

        Raises:
            CustomerNotFoundError: No such customer.
        """
        return await self._call(DELETE, locals())

    @LIST.declare
    def list(
        self,
        *,
        start_cursor: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
        plans: Sequence[PlanFilterInput] | None = None,
        subscription_status: SubscriptionStatus | None = None,
        search: str | None = None,
        processors: Sequence[Processor] | None = None,
        sort_order: SortOrder | None = None,
        created_at_range: TimeRangeInput | None = None,
        request: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncPager[Customer]:
        """Customers, newest first.

            async for customer in autumn.customers.list(search="ada"):
                ...
            page = await autumn.customers.list(limit=10)

        Args:
            start_cursor: The `next_cursor` of the page before (API 2.3.0 and later).
            offset: How many to skip (API up to 2.2.0).
            limit: How many a page holds at most.
            plans: Only customers who have one of these plans.
            subscription_status: Which of their plans count.
            search: A part of id, name or email.
            processors: Only customers linked to one of these.
            sort_order: By time of creation.
            created_at_range: Only customers made in this span of time.
            request: The same arguments in one mapping, as programs for autumn-sdk pass them.
        """
        return self._pager(LIST, locals())

    @ADVANCE_TEST_CLOCK.declare
    async def advance_test_clock(
        self, *, customer_id: str, frozen_time: Timestamp, **options: Unpack[CallOptions]
    ) -> TestClock:
        """Moves on the time that a sandbox customer's billing goes by: trials end, invoices come.

        The answer may come while Stripe is still catching up.

        Args:
            customer_id: Your id of the customer, who must have a test clock at Stripe.
            frozen_time: The new time, later than the one before, in milliseconds or as an aware
                datetime.

        Raises:
            CustomerNotFoundError: No such customer.
            BadRequestError: No test clock, a live environment, or a time that can't be.
        """
        return await self._call(ADVANCE_TEST_CLOCK, locals())

    @LIST_SUBSCRIPTIONS.declare
    def list_subscriptions(
        self,
        *,
        start_cursor: str | None = None,
        limit: int | None = None,
        customer_id: str | None = None,
        entity_id: str | None = None,
        statuses: Sequence[HeldStatus] | None = None,
        plan_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncPager[SubscriptionRecord]:
        """Recurring and free plans, of one customer or of all.

            async for held in autumn.customers.list_subscriptions(plan_id="pro"):
                print(held.customer_id, held.status)

        Args:
            start_cursor: The `next_cursor` of the page before.
            limit: How many a page holds at most; it may hold fewer although more follow.
            customer_id: Only those of one customer.
            entity_id: Only those of one entity.
            statuses: Only those with one of these.
            plan_id: Only those of one plan.
        """
        return self._pager(LIST_SUBSCRIPTIONS, locals())

    @LIST_PURCHASES.declare
    def list_purchases(
        self,
        *,
        start_cursor: str | None = None,
        limit: int | None = None,
        customer_id: str | None = None,
        entity_id: str | None = None,
        statuses: Sequence[HeldStatus] | None = None,
        plan_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncPager[PurchaseRecord]:
        """One-off purchases, of one customer or of all.

            async for bought in autumn.customers.list_purchases(plan_id="topup"):
                print(bought.customer_id, bought.status)

        Args:
            start_cursor: The `next_cursor` of the page before.
            limit: How many a page holds at most; it may hold fewer although more follow.
            customer_id: Only those of one customer.
            entity_id: Only those of one entity.
            statuses: Only those with one of these.
            plan_id: Only those of one plan.
        """
        return self._pager(LIST_PURCHASES, locals())
