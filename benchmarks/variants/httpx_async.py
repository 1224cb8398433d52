"""httpx and msgspec by hand: the library that the official client stands on, without the client."""

from __future__ import annotations

import httpx
import msgspec
from worker import AsyncCall, serve_async

from autumn_async.models import CheckResponse

HEADERS = {
    "Accept": "application/json",
    "Content-Type": "application/json",
    "x-api-version": "2.3.0",
    "Authorization": "Bearer am_sk_test_x",
}


async def open_client(url: str) -> dict[str, AsyncCall]:
    client = httpx.AsyncClient(timeout=60)
    encoder, decoder = msgspec.json.Encoder(), msgspec.json.Decoder(CheckResponse)

    async def check() -> object:
        data = encoder.encode({"customer_id": "cus_123", "feature_id": "messages"})
        answer = await client.post(f"{url}/v1/balances.check", content=data, headers=HEADERS)
        return decoder.decode(answer.content)

    return {"check": check}


serve_async(open_client)
