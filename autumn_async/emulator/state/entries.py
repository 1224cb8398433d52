"""Requests as they are put on file."""

from __future__ import annotations

import msgspec


class Entry(msgspec.Struct, array_like=True, frozen=True):
    """One request, as it was let in. Header values are bytes: they need not be text."""

    now: int
    organisation: str
    environment: str
    path: str
    version: str | None = None
    idempotency_key: bytes | None = None
    query: str = ""
    body: bytes = b""
    method: str = "POST"
    failed: bool = False
    """Whether it was carried out, but a fault had it answered with an error."""
    origin: str = "http://127.0.0.1"
    """The address by which the client knew the server; links in answers begin with it."""
