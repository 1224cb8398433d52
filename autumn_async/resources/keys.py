"""`keys.*`: tokens with which a customer's own programs make calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..models.keys import CustomerToken, RevokeKeysResponse
from ..settings import WRITE
from ..wire.operation import Operation
from .base import AsyncResource

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..inputs.options import CallOptions

MINT = Operation("keys.mint", "/v1/keys.mint", CustomerToken, WRITE)
REFRESH = Operation(
    "keys.refresh", "/v1/keys.refresh", CustomerToken, WRITE, bearer="refresh_token"
)
REVOKE = Operation("keys.revoke", "/v1/keys.revoke", RevokeKeysResponse, WRITE)


class AsyncKeys(AsyncResource):
    """Tokens with which a customer's own programs make calls."""

    @MINT.declare
    async def mint(
        self, *, customer_id: str, indefinite: bool | None = None, **options: Unpack[CallOptions]
    ) -> CustomerToken:
        """Makes a token that speaks for one customer, fit to be handed to their own programs.

        It serves as the `secret_key` of a client that can check, track and read for that customer
        alone. `TokenSource` keeps one fresh.

            token = await autumn.keys.mint(customer_id="cus_123")
            token.access_token  # the secret_key of a client that speaks for them

        Args:
            customer_id: The customer it speaks for.
            indefinite: Let it last until it is revoked, instead of about an hour.

        Raises:
            CustomerNotFoundError: No such customer.
        """
        return await self._call(MINT, locals())

    @REFRESH.declare
    async def refresh(
        self, *, refresh_token: str | None = None, **options: Unpack[CallOptions]
    ) -> CustomerToken:
        """Trades a refresh token for a new pair of tokens; the refresh token is used up.

        Keep the new pair: a refresh token that is used again later takes all tokens of its family
        with it.

        Args:
            refresh_token: What authenticates this call in place of the client's key; by default
                the client's key is taken for one.

        Raises:
            AuthenticationError: The refresh token is used up, revoked or past its end.
        """
        return await self._call(REFRESH, locals())

    @REVOKE.declare
    async def revoke(
        self, *, customer_id: str, **options: Unpack[CallOptions]
    ) -> RevokeKeysResponse:
        """Ends all tokens of a customer.

        Args:
            customer_id: The customer they speak for.

        Raises:
            CustomerNotFoundError: No such customer.
        """
        return await self._call(REVOKE, locals())
