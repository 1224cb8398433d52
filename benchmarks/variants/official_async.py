"""autumn-sdk, awaited. Runs in an environment of its own."""

from __future__ import annotations

from autumn_sdk import Autumn
from worker import AsyncCall, serve_async


async def open_client(url: str) -> dict[str, AsyncCall]:
    autumn = Autumn("am_sk_test_x", server_url=url, x_api_version="2.3.0", timeout_ms=60_000)
    event = {"customer_id": "cus_123", "feature_id": "messages", "value": 1}
    batch = [dict(event) for _ in range(1000)]
    return {
        "check": lambda: autumn.check_async(customer_id="cus_123", feature_id="messages"),
        "track": lambda: autumn.track_async(customer_id="cus_123", feature_id="messages", value=1),
        "batch_track": lambda: autumn.batch_track_async(request=batch),
        "customers.list": lambda: autumn.customers.list_async(limit=100),
    }


serve_async(open_client)
