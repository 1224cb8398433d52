"""`licenses.*`: plans that are sold by the seat, handed out to entities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..models.common import SuccessResponse
from ..settings import BILLING
from ..wire.operation import Operation
from .base import AsyncResource

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..inputs import LicenseEntityInput
    from ..inputs.options import CallOptions

ATTACH = Operation("licenses.attach", "/v1/licenses.attach", SuccessResponse, BILLING)
RELEASE = Operation("licenses.release", "/v1/licenses.release", SuccessResponse, BILLING)


class AsyncLicenses(AsyncResource):
    """Plans that are sold by the seat, handed out to entities."""

    @ATTACH.declare
    async def attach(
        self,
        *,
        customer_id: str,
        plan_id: str,
        entities: Sequence[LicenseEntityInput],
        **options: Unpack[CallOptions],
    ) -> SuccessResponse:
        """Hands out licenses to entities.

            await autumn.licenses.attach(
                customer_id="cus_123", plan_id="seat", entities=[{"entity_id": "user_1"}]
            )

        Args:
            customer_id: Who holds the licenses.
            plan_id: The plan sold as a license.
            entities: Who gets one; entities that don't exist are made.

        Raises:
            CustomerNotFoundError, PlanNotFoundError: No such customer, no such plan.
            BadRequestError: Fewer licenses are left.
            LockedError: Another billing call for this customer is under way.
        """
        return await self._call(ATTACH, locals())

    @RELEASE.declare
    async def release(
        self,
        *,
        customer_id: str,
        entity_ids: Sequence[str],
        license_plan_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> SuccessResponse:
        """Takes licenses back from entities, to hand them out to others.

        Args:
            customer_id: Who holds the licenses.
            entity_ids: Who gives one back.
            license_plan_id: Only licenses of this plan.

        Raises:
            CustomerNotFoundError, EntityNotFoundError: No such customer, no such entity.
            LockedError: Another billing call for this customer is under way.
        """
        return await self._call(RELEASE, locals())
