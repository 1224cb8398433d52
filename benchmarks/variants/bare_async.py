"""The floor of async code on these libraries: aiohttp and msgspec by hand, the same requests.

Of our package, only the models: the transport would change how the process allocates memory.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import msgspec
from worker import AsyncCall, serve_async

from autumn_async.models import CheckResponse, Customer, Page, SuccessResponse, TrackResponse

HEADERS = {
    "Accept": "application/json",
    "Content-Type": "application/json",
    "User-Agent": "autumn-async/0.1.0 python/3.11.7 aiohttp/3.14.5",
    "x-api-version": "2.3.0",
    "Authorization": "Bearer am_sk_test_x",
}


async def open_client(url: str) -> dict[str, AsyncCall]:
    session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5))
    encoder = msgspec.json.Encoder()

    def call(path: str, body: Any, answer: Any) -> Callable[[], Awaitable[object]]:
        decoder = msgspec.json.Decoder(answer)

        async def post() -> object:
            data = encoder.encode(body)
            async with session.post(f"{url}/v1/{path}", data=data, headers=HEADERS) as response:
                return decoder.decode(await response.read())

        return post

    event = {"customer_id": "cus_123", "feature_id": "messages", "value": 1}
    asked = {"customer_id": "cus_123", "feature_id": "messages"}
    return {
        "check": call("balances.check", asked, CheckResponse),
        "track": call("balances.track", event, TrackResponse),
        "batch_track": call(
            "balances.batch_track", [dict(event) for _ in range(1000)], SuccessResponse
        ),
        "customers.list": call("customers.list", {"limit": 100}, Page[Customer]),
    }


serve_async(open_client)
