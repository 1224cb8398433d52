"""Usage that has been accepted and is not applied yet."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Pending(Struct):
    """One track as it was asked for; `key` is the idempotency key of a batch item."""

    params: dict[str, Any]
    received_at: int
    key: str | None = None
