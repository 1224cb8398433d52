"""Customer tokens: keys with which a customer's own programs make calls."""

from datetime import datetime
from typing import ClassVar

from .base import Milliseconds, Model, SecretModel, to_datetime


class CustomerToken(SecretModel, frozen=True, kw_only=True, gc=False):
    """A token that speaks for one customer, and what renews it."""

    secret_fields: ClassVar[frozenset[str]] = frozenset({"access_token", "refresh_token"})
    """The fields that are secret."""

    access_token: str
    """The `secret_key` of a client that speaks for the customer."""
    expires_at: Milliseconds | None = None
    """When the token ends, milliseconds since the epoch (UTC); None if it never does."""
    refresh_token: str | None = None
    """What `keys.refresh` takes; None for a token that never ends."""
    refresh_expires_at: Milliseconds | None = None
    """When the refresh token ends, milliseconds since the epoch (UTC); None without one."""

    @property
    def expires_at_datetime(self) -> datetime | None:
        """`expires_at` as an aware UTC datetime."""
        return to_datetime(self.expires_at)

    @property
    def refresh_expires_at_datetime(self) -> datetime | None:
        """`refresh_expires_at` as an aware UTC datetime."""
        return to_datetime(self.refresh_expires_at)


class RevokeKeysResponse(Model, frozen=True, kw_only=True, gc=False):
    """The answer to a revocation."""

    revoked: bool = True
    """True; a call that fails raises instead."""
