"""`entities.*`: parts of a customer with balances of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import UNSET, UnsetType

from ..models.common import SuccessResponse
from ..models.entities import Entity
from ..models.pages import Page
from ..settings import READ, WRITE
from ..wire.operation import Operation
from ..wire.pages import AsyncPager
from .base import AsyncResource

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..inputs import (
        CustomerDataInput,
        EntityBillingControlsLike,
        EntityBillingControlsUpdateLike,
        PlanFilterInput,
        Processor,
        SubscriptionStatus,
    )
    from ..inputs.options import CallOptions

CREATE = Operation("entities.create", "/v1/entities.create", Entity, WRITE)
GET = Operation("entities.get", "/v1/entities.get", Entity, READ, reads=True)
UPDATE = Operation("entities.update", "/v1/entities.update", Entity, WRITE)
DELETE = Operation("entities.delete", "/v1/entities.delete", SuccessResponse, WRITE)
LIST = Operation("entities.list", "/v1/entities.list", Page[Entity], READ, reads=True)


class AsyncEntities(AsyncResource):
    """Parts of a customer with balances of their own, such as seats or workspaces."""

    @CREATE.declare
    async def create(
        self,
        *,
        feature_id: str,
        customer_id: str,
        entity_id: str,
        name: str | UnsetType | None = UNSET,
        billing_controls: EntityBillingControlsLike | None = None,
        customer_data: CustomerDataInput | None = None,
        **options: Unpack[CallOptions],
    ) -> Entity:
        """Makes an entity, which occupies one unit of its feature.

            await autumn.entities.create(
                customer_id="cus_123", feature_id="seats", entity_id="seat_1"
            )

        Args:
            feature_id: The feature that counts such entities; not a consumable one.
            customer_id: The customer that it is part of; made if there is none yet.
            entity_id: Your id of it, unique for the customer.
            name: What people read.
            billing_controls: Caps and alerts.
            customer_data: What a customer who is made now is like.

        Raises:
            FeatureNotFoundError: No such feature.
            ConflictError: The customer has an entity with this id.
            BadRequestError: The feature is consumable, or its limit is reached.
            LockedError: Another entity is being made for this customer.
        """
        return await self._call(CREATE, locals())

    @GET.declare
    async def get(
        self,
        *,
        entity_id: str,
        customer_id: str | None = None,
        expand: Sequence[str] | None = None,
        **options: Unpack[CallOptions],
    ) -> Entity:
        """One entity, with what it has itself and what it shares with its customer.

        Args:
            entity_id: Your id of it.
            customer_id: The customer that it is part of; needed if several have such an entity.
            expand: What to add to the answer.

        Raises:
            EntityNotFoundError: No such entity of that customer.
        """
        return await self._call(GET, locals())

    @UPDATE.declare
    async def update(
        self,
        *,
        entity_id: str,
        customer_id: str | None = None,
        billing_controls: EntityBillingControlsUpdateLike | None = None,
        **options: Unpack[CallOptions],
    ) -> Entity:
        """Changes an entity's caps and alerts, and returns it as it is then.

        Args:
            entity_id: Your id of it.
            customer_id: The customer that it is part of; needed if several have such an entity.
            billing_controls: Caps and alerts: each list given replaces the one before.

        Raises:
            NotFoundError: No such customer or entity.
        """
        return await self._call(UPDATE, locals())

    @DELETE.declare
    async def delete(
        self,
        *,
        entity_id: str,
        customer_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> SuccessResponse:
        """Deletes an entity, frees its unit, and ends the plans that it had itself.

        Args:
            entity_id: Your id of it.
            customer_id: The customer that it is part of; needed if several have such an entity.

        Raises:
            EntityNotFoundError: No such entity of that customer.
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
        customer_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncPager[Entity]:
        """Entities, newest first.

            async for entity in autumn.entities.list(customer_id="cus_123"):
                ...

        Args:
            start_cursor: The `next_cursor` of the page before (API 2.3.0 and later).
            offset: How many to skip (API up to 2.2.0).
            limit: How many a page holds at most.
            plans: Only entities that have one of these plans.
            subscription_status: Which of their plans count.
            search: A part of id or name.
            processors: Only those of customers linked to one of these.
            customer_id: Only those of one customer.
        """
        return self._pager(LIST, locals())
