"""A FastAPI service: an endpoint that a customer's plan must allow.

    pip install autumn-async fastapi uvicorn
    AUTUMN_SECRET_KEY=am_sk_... uvicorn examples.fastapi_gate:app

One client for the whole service, made when it starts and closed when it ends. The gate has a
deadline of its own: while Autumn can't be reached, it opens after 200 ms.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Request

from autumn_async import AsyncAutumn, DuplicateRequestError


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Opens the client with the service, and closes it with the service."""
    async with AsyncAutumn() as autumn:
        app.state.autumn = autumn
        app.state.gate = autumn.with_options(deadline_ms=200)
        yield


app = FastAPI(lifespan=lifespan)


def client(request: Request) -> AsyncAutumn:
    """The service's client."""
    autumn: AsyncAutumn = request.app.state.autumn
    return autumn


async def allowed_customer(request: Request, x_customer: Annotated[str, Header()]) -> str:
    """The customer, if they may send a message; else 402."""
    gate: AsyncAutumn = request.app.state.gate
    answer = await gate.check(customer_id=x_customer, feature_id="messages")
    if not answer.allowed:
        raise HTTPException(402, "no messages left on this plan")
    return x_customer


@app.post("/messages")
async def send_message(
    customer_id: Annotated[str, Depends(allowed_customer)],
    autumn: Annotated[AsyncAutumn, Depends(client)],
    message_id: str,
) -> dict[str, str]:
    """Sends a message, and records it once, however often the request is repeated."""
    with suppress(DuplicateRequestError):  # it was recorded before
        await autumn.track(
            customer_id=customer_id, feature_id="messages", idempotency_key=f"message-{message_id}"
        )
    return {"sent": message_id}
