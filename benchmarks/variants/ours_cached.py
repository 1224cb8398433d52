"""Cached checks, and what they can't be cheaper than: a look into a dict, and an answer made."""

from __future__ import annotations

import asyncio
from typing import Any

from worker import AsyncCall, serve_async

from autumn_async import AsyncAutumn, Autumn, Decision

MANY = 100
"""How many are made in one call: a single one takes less than the loop around it."""


async def open_client(url: str) -> dict[str, AsyncCall]:
    autumn = AsyncAutumn("am_sk_test_x", server_url=url)
    cached = autumn.cached(max_age=3600)
    asked: Any = {"customer_id": "cus_123", "feature_id": "messages"}
    first = await cached.check(**asked)
    blocking = Autumn("am_sk_test_x", server_url=url).cached(max_age=3600)
    await asyncio.to_thread(lambda: blocking.check(**asked))
    known = {("cus_123", None): first.balance}

    async def decide() -> object:
        for _ in range(MANY):
            await cached.check(customer_id="cus_123", feature_id="messages")
        return None

    async def decide_blocking() -> object:
        for _ in range(MANY):
            blocking.check(customer_id="cus_123", feature_id="messages")
        return None

    async def floor() -> object:
        for _ in range(MANY):
            Decision(
                allowed=True,
                customer_id="cus_123",
                entity_id=None,
                required_balance=1,
                balance=known["cus_123", None],
                source="cache",
                age_ms=1.0,
            )
        return None

    async def live() -> object:
        return await autumn.check(**asked)

    return {"cached": decide, "cached, sync": decide_blocking, "floor": floor, "live": live}


serve_async(open_client)
