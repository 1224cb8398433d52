"""Bounds on what a caller's own functions take: session factories and sources of keys.

Loaded only by clients that were given such functions: anyio's backend is as large as all of ours.
"""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import suppress
from importlib import import_module
from typing import TypeVar

import anyio

from ..errors import AutumnTimeoutError

T = TypeVar("T")

with suppress(ImportError):
    # Else anyio would load it inside the first request, where it takes time, and where a fork
    # would leave the child with a module that is locked for ever.
    import_module("anyio._backends._asyncio")


async def within(seconds: float, awaitable: Awaitable[T], what: str) -> T:
    """What the awaitable gives, or `AutumnTimeoutError` if it takes longer."""
    with anyio.move_on_after(seconds):
        return await awaitable
    raise AutumnTimeoutError(f"{what} took longer than {seconds * 1000:g} ms", outcome="not sent")
