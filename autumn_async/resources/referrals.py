"""`referrals.*`: referral programs, their codes, and the redemption of these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import UNSET, UnsetType

from ..models.common import SuccessResponse
from ..models.pages import Page
from ..models.referrals import ReferralCode, ReferralProgram, ReferralRedemption
from ..settings import READ, WRITE
from ..wire.operation import Operation
from ..wire.pages import AsyncPager
from .base import AsyncResource

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..inputs import ReceivedBy, RedeemOn
    from ..inputs.options import CallOptions

CREATE_CODE = Operation("referrals.create_code", "/v1/referrals.create_code", ReferralCode, WRITE)
REDEEM_CODE = Operation(
    "referrals.redeem_code", "/v1/referrals.redeem_code", ReferralRedemption, WRITE
)
CREATE_PROGRAM = Operation(
    "referrals.create_program", "/v1/referral_programs.create", ReferralProgram, WRITE
)
LIST_PROGRAMS = Operation(
    "referrals.list_programs",
    "/v1/referral_programs.list",
    Page[ReferralProgram],
    READ,
    reads=True,
)
GET_PROGRAM = Operation(
    "referrals.get_program", "/v1/referral_programs.get", ReferralProgram, READ, reads=True
)
UPDATE_PROGRAM = Operation(
    "referrals.update_program", "/v1/referral_programs.update", ReferralProgram, WRITE
)
DELETE_PROGRAM = Operation(
    "referrals.delete_program", "/v1/referral_programs.delete", SuccessResponse, WRITE
)


class AsyncReferrals(AsyncResource):
    """Referral programs, their codes, and the redemption of these."""

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

    @CREATE_PROGRAM.declare
    async def create_program(
        self,
        *,
        id: str,
        reward_id: str,
        redeem_on: RedeemOn,
        received_by: ReceivedBy,
        max_redemptions: int | UnsetType | None = UNSET,
        plan_ids: Sequence[str] | UnsetType | None = UNSET,
        exclude_trial: bool | UnsetType | None = UNSET,
        internal_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> ReferralProgram:
        """Makes a referral program.

            await autumn.referrals.create_program(
                id="friends",
                reward_id="ten_off",
                redeem_on="checkout",
                received_by="all",
                max_redemptions=10,
                plan_ids=["pro"],
            )

        Args:
            id: Your id of it.
            reward_id: The reward it gives.
            redeem_on: "customer_creation" gives it once a code is redeemed, "checkout" once the
                new customer buys one of `plan_ids`.
            received_by: "referrer", or "all" for the new customer too.
            max_redemptions: How often one code counts at most; needed with "checkout".
            plan_ids: The plans of which buying one counts; needed with "checkout".
            exclude_trial: Let buying count only once a trial is over.
            internal_id: The server's id of it, for a copy; left to the server by default.

        Raises:
            NotFoundError: No such reward or plan.
            BadRequestError: The id is taken, or "checkout" lacks what it needs.
        """
        return await self._call(CREATE_PROGRAM, locals())

    @LIST_PROGRAMS.declare
    def list_programs(
        self,
        *,
        request: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncPager[ReferralProgram]:
        """All referral programs.

            async for program in autumn.referrals.list_programs():
                ...

        Args:
            request: An empty mapping, as programs for autumn-sdk pass it.
        """
        return self._pager(LIST_PROGRAMS, locals())

    @GET_PROGRAM.declare
    async def get_program(
        self, *, referral_program_id: str, **options: Unpack[CallOptions]
    ) -> ReferralProgram:
        """One referral program.

        Args:
            referral_program_id: Your id of it.

        Raises:
            NotFoundError: No such program.
        """
        return await self._call(GET_PROGRAM, locals())

    @UPDATE_PROGRAM.declare
    async def update_program(
        self,
        *,
        referral_program_id: str,
        reward_id: str | None = None,
        redeem_on: RedeemOn | None = None,
        received_by: ReceivedBy | None = None,
        max_redemptions: int | UnsetType | None = UNSET,
        plan_ids: Sequence[str] | UnsetType | None = UNSET,
        exclude_trial: bool | UnsetType | None = UNSET,
        **options: Unpack[CallOptions],
    ) -> ReferralProgram:
        """Changes what is given of a referral program.

        Args:
            referral_program_id: Your id of it.
            reward_id: The reward it gives.
            redeem_on: When that is given.
            received_by: Who is rewarded.
            max_redemptions: How often one code counts at most; None for no limit.
            plan_ids: The plans of which buying one counts; None for none.
            exclude_trial: Let buying count only once a trial is over.

        Raises:
            NotFoundError: No such program, reward or plan.
            BadRequestError: "checkout" lacks what it needs.
        """
        return await self._call(UPDATE_PROGRAM, locals())

    @DELETE_PROGRAM.declare
    async def delete_program(
        self, *, referral_program_id: str, **options: Unpack[CallOptions]
    ) -> SuccessResponse:
        """Deletes a referral program.

        Args:
            referral_program_id: Your id of it.

        Raises:
            NotFoundError: No such program.
        """
        return await self._call(DELETE_PROGRAM, locals())
