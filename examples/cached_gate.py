"""A FastAPI service whose gate doesn't wait for the network.

    pip install autumn-async fastapi uvicorn
    AUTUMN_SECRET_KEY=am_sk_... uvicorn examples.cached_gate:app

Balances may be 30 seconds old, and five minutes while Autumn can't be reached. What this process
has tracked meanwhile comes off them at once: it lets nobody through beyond what they have.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, Header, HTTPException, Request

from autumn_async import AsyncAutumn, SQLiteStore

OUTBOX = os.environ.get("USAGE_OUTBOX", "usage-outbox")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Opens client, cache and tracker with the service."""
    async with AsyncAutumn() as autumn, autumn.tracker(SQLiteStore(OUTBOX)) as tracker:
        app.state.cached = autumn.cached(max_age=30, stale=300)
        app.state.tracker = tracker
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/messages")
async def send_message(request: Request, x_customer: Annotated[str, Header()]) -> dict[str, str]:
    """Sends a message, if the customer has any left; neither check nor track waits for Autumn."""
    state = request.app.state
    decision = await state.cached.check(customer_id=x_customer, feature_id="messages")
    if not decision.allowed:
        raise HTTPException(402, "no messages left on this plan")
    state.tracker.track(customer_id=x_customer, feature_id="messages")
    return {"decided_by": decision.source}
