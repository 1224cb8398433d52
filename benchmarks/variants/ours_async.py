"""autumn-async, awaited."""

from __future__ import annotations

from worker import AsyncCall, serve_async

from autumn_async import AsyncAutumn


async def open_client(url: str) -> dict[str, AsyncCall]:
    autumn = AsyncAutumn("am_sk_test_x", server_url=url)
    event = {"customer_id": "cus_123", "feature_id": "messages", "value": 1}
    batch = [dict(event) for _ in range(1000)]

    async def page() -> object:
        return await autumn.customers.list(limit=100)

    return {
        "check": lambda: autumn.check(customer_id="cus_123", feature_id="messages"),
        "track": lambda: autumn.track(customer_id="cus_123", feature_id="messages", value=1),
        "batch_track": lambda: autumn.batch_track(batch),
        "customers.list": page,
    }


serve_async(open_client)
