"""`referrals.*`: referral codes and their redemption."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..models.referrals import ReferralCode, ReferralRedemption
from ..settings import WRITE
from ..wire.operation import Operation
from .base import AsyncResource

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..inputs.options import CallOptions

CREATE_CODE = Operation("referrals.create_code", "/v1/referrals.create_code", ReferralCode, WRITE)
REDEEM_CODE = Operation(
    "referrals.redeem_code", "/v1/referrals.redeem_code", ReferralRedemption, WRITE
)


class AsyncReferrals(AsyncResource):
    """Referral codes and their redemption."""

    @CREATE_CODE.declare
    async def create_code(
        self, *, customer_id: str, program_id: str, **options: Unpack[CallOptions]
    ) -> ReferralCode:
        """The customer's code in a referral program, made now if there is none yet.

        Args:
            customer_id: Who brings others.
            program_id: The referral program.

        Raises:
            NotFoundError: No such customer or program.
        """
        return await self._call(CREATE_CODE, locals())

    @REDEEM_CODE.declare
    async def redeem_code(
        self, *, code: str, customer_id: str, **options: Unpack[CallOptions]
    ) -> ReferralRedemption:
        """Redeems somebody's code; the rewards follow the rules of its program.

        Args:
            code: The code.
            customer_id: Who redeems it.

        Raises:
            NotFoundError: No such customer or code.
            BadRequestError: The code is used up, or the customer may not redeem it.
        """
        return await self._call(REDEEM_CODE, locals())
