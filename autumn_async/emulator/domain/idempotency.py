"""Idempotency keys: claimed by the first request, refused to any other for a day."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from .failures import ApiError

LIFETIME_MS: Final = 24 * 3_600_000

HEADER_KEYS: Final = "header"
BODY_KEYS: Final = "body"
"""The name spaces of keys; that of bodies is one for single tracks and items of batches."""


class Claims:
    """The keys in use. Keys of the header and keys of the body are separate name spaces."""

    def __init__(self) -> None:
        self._until: OrderedDict[tuple[str, str], int] = OrderedDict()

    def claim(self, space: str, key: str, now: int) -> bool:
        """True if the key was free; it then lives for 24 hours, unless released."""
        self._expire(now)
        if self._until.get((space, key), now) > now:
            return False
        self._until.pop((space, key), None)
        self._until[space, key] = now + LIFETIME_MS
        return True

    def require(self, space: str, key: str, now: int) -> None:
        """Claims the key or refuses the request; the first answer is not replayed."""
        if not self.claim(space, key, now):
            message = f"Another request with idempotency key {key} has already been received"
            raise ApiError(409, "duplicate_idempotency_key", message)

    def release(self, space: str, key: str) -> None:
        """A request that failed gives its key back."""
        self._until.pop((space, key), None)

    def _expire(self, now: int) -> None:
        """All live equally long, so the oldest claims come first."""
        while self._until and next(iter(self._until.values())) <= now:
            self._until.popitem(last=False)
