"""Usage that has been accepted and is not applied yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Pending:
    """One track as it was asked for; `key` is the idempotency key of a batch item."""

    params: dict[str, Any]
    received_at: int
    key: str | None = None
