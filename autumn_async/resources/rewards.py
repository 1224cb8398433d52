"""`rewards.*`: discounts and free units, given by code or by referral."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..models.common import SuccessResponse
from ..models.rewards import Reward, RewardList, RewardRedemption
from ..settings import READ, WRITE
from ..wire.operation import Operation
from .base import AsyncResource

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..inputs import (
        CouponInput,
        CouponUpdateInput,
        FeatureGrantInput,
        FeatureGrantUpdateInput,
    )
    from ..inputs.options import CallOptions

ONE = ("coupon", "feature_grant")

CREATE = Operation("rewards.create", "/v1/rewards.create", Reward, WRITE, one_of=ONE)
LIST = Operation("rewards.list", "/v1/rewards.list", RewardList, READ, reads=True)
GET = Operation("rewards.get", "/v1/rewards.get", Reward, READ, reads=True)
UPDATE = Operation("rewards.update", "/v1/rewards.update", Reward, WRITE, one_of=ONE)
DELETE = Operation("rewards.delete", "/v1/rewards.delete", SuccessResponse, WRITE)
REDEEM_CODE = Operation("rewards.redeem_code", "/v1/rewards.redeem", RewardRedemption, WRITE)


class AsyncRewards(AsyncResource):
    """Discounts and free units, given by code or by referral."""

    @CREATE.declare
    async def create(
        self,
        *,
        coupon: CouponInput | None = None,
        feature_grant: FeatureGrantInput | None = None,
        **options: Unpack[CallOptions],
    ) -> Reward:
        """Makes a reward: a coupon or a grant of units.

            await autumn.rewards.create(
                feature_grant={
                    "id": "welcome",
                    "name": "Welcome",
                    "grants": [{"feature_id": "messages", "included": 100, "expiry": None}],
                    "promo_codes": [{"code": "HELLO", "max_uses": None}],
                }
            )

        Args:
            coupon: Something off prices. Give this or `feature_grant`.
            feature_grant: Units of features.

        Raises:
            FeatureNotFoundError, PlanNotFoundError: No such feature, no such plan.
            BadRequestError: The id or a code is taken, or the values can't be.
        """
        return await self._call(CREATE, locals())

    @LIST.declare
    async def list(self, **options: Unpack[CallOptions]) -> RewardList:
        """All rewards, by kind."""
        return await self._call(LIST, locals())

    @GET.declare
    async def get(self, *, reward_id: str, **options: Unpack[CallOptions]) -> Reward:
        """One reward.

        Args:
            reward_id: Your id of it.

        Raises:
            NotFoundError: No such reward.
        """
        return await self._call(GET, locals())

    @UPDATE.declare
    async def update(
        self,
        *,
        reward_id: str,
        coupon: CouponUpdateInput | None = None,
        feature_grant: FeatureGrantUpdateInput | None = None,
        **options: Unpack[CallOptions],
    ) -> Reward:
        """Changes what is given of a reward.

        Args:
            reward_id: Your id of it.
            coupon: What to change, if it is a coupon. Give this or `feature_grant`.
            feature_grant: What to change, if it is a grant of units.

        Raises:
            NotFoundError: No such reward.
            BadRequestError: It is of the other kind.
        """
        return await self._call(UPDATE, locals())

    @DELETE.declare
    async def delete(self, *, reward_id: str, **options: Unpack[CallOptions]) -> SuccessResponse:
        """Deletes a reward; what it has given stays.

        Args:
            reward_id: Your id of it.

        Raises:
            NotFoundError: No such reward.
        """
        return await self._call(DELETE, locals())

    @REDEEM_CODE.declare
    async def redeem_code(
        self, *, code: str, customer_id: str, **options: Unpack[CallOptions]
    ) -> RewardRedemption:
        """Gives a customer the units that a code stands for, once.

        Args:
            code: The code.
            customer_id: Who redeems it.

        Raises:
            NotFoundError: No such customer or code.
            BadRequestError: A coupon's code, one that is used up, or one redeemed before.
        """
        return await self._call(REDEEM_CODE, locals())
