"""`balances.*`: grants that are managed by hand, and reserved units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, UnsetType

from ..models.balances import BalanceRecord
from ..models.common import SuccessResponse
from ..models.pages import Page
from ..settings import READ, WRITE
from ..wire.operation import Operation
from ..wire.pages import AsyncPager
from .base import AsyncResource

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..inputs import (
        BalanceRolloverInput,
        BalanceStatus,
        LockAction,
        Quantity,
        ResetInterval,
        ResetLike,
        Timestamp,
    )
    from ..inputs.options import CallOptions

CREATE = Operation("balances.create", "/v1/balances.create", SuccessResponse, WRITE)
UPDATE = Operation("balances.update", "/v1/balances.update", SuccessResponse, WRITE)
DELETE = Operation("balances.delete", "/v1/balances.delete", SuccessResponse, WRITE)
FINALIZE = Operation(
    "balances.finalize",
    "/v1/balances.finalize",
    SuccessResponse,
    WRITE,
    empty=lambda _: SuccessResponse(),
)
LIST = Operation("balances.list", "/v1/balances.list", Page[BalanceRecord], READ, reads=True)


class AsyncBalances(AsyncResource):
    """Grants that are managed by hand, and reserved units."""

    @CREATE.declare
    async def create(
        self,
        *,
        customer_id: str,
        feature_id: str,
        entity_id: str | None = None,
        included_grant: Quantity | None = None,
        unlimited: bool | None = None,
        reset: ResetLike | None = None,
        rollover: BalanceRolloverInput | None = None,
        expires_at: Timestamp | None = None,
        next_reset_at: Timestamp | None = None,
        balance_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> SuccessResponse:
        """Gives a customer units of a feature, apart from any plan.

            await autumn.balances.create(
                customer_id="cus_123", feature_id="messages", included_grant=500
            )

        Args:
            customer_id: Who gets the units.
            feature_id: What they are units of; a boolean feature is switched on.
            entity_id: The entity that gets them, instead of the whole customer.
            included_grant: How many. Give this or `unlimited` for a metered feature.
            unlimited: As many as they like.
            reset: How often the units are granted anew; without it, once.
            rollover: What happens to units that are left at a reset.
            expires_at: When they end, in milliseconds or as an aware datetime. An expiring
                balance doesn't reset unless `next_reset_at` says so.
            next_reset_at: When the first reset is; by default one interval from now.
            balance_id: Your id of this balance, unique for the customer.

        Raises:
            NotFoundError: No such customer, entity or feature.
            ConflictError: The `balance_id` is in use, or the boolean feature is on already.
        """
        return await self._call(CREATE, locals())

    @UPDATE.declare
    async def update(
        self,
        *,
        customer_id: str,
        feature_id: str,
        entity_id: str | None = None,
        remaining: Quantity | None = None,
        add_to_balance: Quantity | None = None,
        usage: Quantity | None = None,
        interval: ResetInterval | None = None,
        included_grant: Quantity | None = None,
        balance_id: str | None = None,
        next_reset_at: Timestamp | None = None,
        expires_at: Timestamp | None = None,
        **options: Unpack[CallOptions],
    ) -> SuccessResponse:
        """Sets or shifts what a customer has left of a feature; no event is recorded.

        Args:
            customer_id: Whose balance it is.
            feature_id: The feature.
            entity_id: The balance of one entity.
            remaining: Have exactly this many units left.
            add_to_balance: Add so many units, or take them with a negative number.
            usage: Have exactly this many units used.
            interval: Only balances that reset this often.
            included_grant: Change how many units are granted; what is used stays.
            balance_id: Only this balance.
            next_reset_at: When the next reset is, in milliseconds or as an aware datetime.
            expires_at: When the balance ends, in the future.

        Raises:
            NotFoundError: No such customer, feature or balance.
        """
        return await self._call(UPDATE, locals())

    @DELETE.declare
    async def delete(
        self,
        *,
        customer_id: str,
        entity_id: str | None = None,
        feature_id: str | None = None,
        balance_id: str | None = None,
        recalculate_balances: bool | None = None,
        interval: ResetInterval | None = None,
        **options: Unpack[CallOptions],
    ) -> SuccessResponse:
        """Takes balances away from a customer; those with a price stay with their plan.

        Args:
            customer_id: Whose balances they are.
            entity_id: Balances of one entity.
            feature_id: Balances of one feature.
            balance_id: Only this balance.
            recalculate_balances: Take what was used of them off the balances that remain; needs
                `feature_id`.
            interval: Only balances that reset this often.

        Raises:
            NotFoundError: Nothing fits.
            ConflictError: One of them has a price.
        """
        return await self._call(DELETE, locals())

    @FINALIZE.declare
    async def finalize(
        self,
        *,
        lock_id: str,
        action: LockAction,
        override_value: Quantity | None = None,
        properties: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> SuccessResponse:
        """Settles units that `check` reserved with a lock.

        Args:
            lock_id: The id that was given to `check`.
            action: "confirm" keeps them as used, "release" gives them all back.
            override_value: With "confirm": how many were used in the end.
            properties: Recorded with the correcting event.

        Raises:
            BadRequestError: No such lock: it is settled already, or has expired.
            ConflictError: Another call is settling it.
        """
        return await self._call(FINALIZE, locals())

    @LIST.declare
    def list(
        self,
        *,
        start_cursor: str | None = None,
        limit: int | None = None,
        customer_id: str | None = None,
        entity_id: str | None = None,
        statuses: Sequence[BalanceStatus] | None = None,
        plan_id: str | UnsetType | None = UNSET,
        feature_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncPager[BalanceRecord]:
        """The rows of balances, of one customer or of all.

            async for balance in autumn.balances.list(feature_id="messages"):
                print(balance.customer_id, balance.remaining)

        Args:
            start_cursor: The `next_cursor` of the page before.
            limit: How many a page holds at most; it may hold fewer although more follow.
            customer_id: Only those of one customer.
            entity_id: Only those of one entity.
            statuses: Only active ones, or only expired ones.
            plan_id: Only those that a plan grants; None for those granted by hand.
            feature_id: Only those of one feature.
        """
        return self._pager(LIST, locals())
