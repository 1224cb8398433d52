"""`platform.*`: payment accounts of organisations that you manage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..models.common import SuccessResponse
from ..models.platform import (
    RevenueCatKeys,
    RevenueCatLink,
    RevenueCatSyncResponse,
    StripeConnection,
)
from ..settings import BILLING, READ, WRITE
from ..wire.operation import Operation
from .base import AsyncResource

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..inputs import RevenueCatEnv, StripeEnv
    from ..inputs.options import CallOptions

GET_STRIPE_CONNECTION = Operation(
    "platform.get_stripe_connection",
    "/v1/platform.get_stripe_connection",
    StripeConnection,
    READ,
    reads=True,
)
DISCONNECT_STRIPE = Operation(
    "platform.disconnect_stripe", "/v1/platform.disconnect_stripe", SuccessResponse, WRITE
)
LINK_REVENUE_CAT = Operation(
    "platform.link_revenue_cat", "/v1/platform.link_revenuecat", RevenueCatLink, WRITE
)
SYNC_REVENUE_CAT = Operation(
    "platform.sync_revenue_cat", "/v1/platform.sync_revenuecat", RevenueCatSyncResponse, BILLING
)
GET_REVENUE_CAT_KEYS = Operation(
    "platform.get_revenue_cat_keys",
    "/v1/platform.get_revenuecat_keys",
    RevenueCatKeys,
    READ,
    reads=True,
)


class AsyncPlatform(AsyncResource):
    """Payment accounts of organisations that you manage."""

    @GET_STRIPE_CONNECTION.declare
    async def get_stripe_connection(
        self, *, organization_slug: str, env: StripeEnv, **options: Unpack[CallOptions]
    ) -> StripeConnection:
        """Whether an organisation has connected its account at Stripe.

        Args:
            organization_slug: The organisation.
            env: Its test account, or the live one.

        Raises:
            NotFoundError: No such organisation.
        """
        return await self._call(GET_STRIPE_CONNECTION, locals())

    @DISCONNECT_STRIPE.declare
    async def disconnect_stripe(
        self, *, organization_slug: str, env: StripeEnv, **options: Unpack[CallOptions]
    ) -> SuccessResponse:
        """Lets go of an organisation's account at Stripe.

        Args:
            organization_slug: The organisation.
            env: Its test account, or the live one.

        Raises:
            NotFoundError: No such organisation.
        """
        return await self._call(DISCONNECT_STRIPE, locals())

    @LINK_REVENUE_CAT.declare
    async def link_revenue_cat(
        self,
        *,
        organization_slug: str,
        env: StripeEnv,
        project_name: str,
        redirect_url: str,
        **options: Unpack[CallOptions],
    ) -> RevenueCatLink:
        """The URL of a page on which an organisation links its RevenueCat project.

        Args:
            organization_slug: The organisation.
            env: Its test project, or the live one.
            project_name: The project at RevenueCat.
            redirect_url: Where the page leads back to.

        Raises:
            NotFoundError: No such organisation.
        """
        return await self._call(LINK_REVENUE_CAT, locals())

    @SYNC_REVENUE_CAT.declare
    async def sync_revenue_cat(
        self,
        *,
        organization_slug: str,
        env: RevenueCatEnv,
        product_ids: Sequence[str] | None = None,
        **options: Unpack[CallOptions],
    ) -> RevenueCatSyncResponse:
        """Makes an organisation's plans available as products at RevenueCat.

        Args:
            organization_slug: The organisation.
            env: Its test project, that of its sandbox, or the live one.
            product_ids: Only these plans.

        Raises:
            NotFoundError: No such organisation.
            BadRequestError: Its RevenueCat project isn't linked.
        """
        return await self._call(SYNC_REVENUE_CAT, locals())

    @GET_REVENUE_CAT_KEYS.declare
    async def get_revenue_cat_keys(
        self, *, organization_slug: str, env: RevenueCatEnv, **options: Unpack[CallOptions]
    ) -> RevenueCatKeys:
        """The keys of an organisation's RevenueCat project.

        Args:
            organization_slug: The organisation.
            env: Its test project, that of its sandbox, or the live one.

        Raises:
            NotFoundError: No such organisation.
        """
        return await self._call(GET_REVENUE_CAT_KEYS, locals())
