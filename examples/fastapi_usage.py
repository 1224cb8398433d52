"""A FastAPI service that gates its endpoints, and bills what they did, whatever happens.

    pip install autumn-async fastapi uvicorn
    AUTUMN_SECRET_KEY=am_sk_... uvicorn examples.fastapi_usage:app --workers 4

Nobody waits for the billing: `track` puts an event into a folder on this machine, from where it is
sent in batches. While Autumn can't be reached the folder keeps it, also through restarts. Each
worker process has a file of its own there.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Request

from autumn_async import AsyncAutumn, AsyncUsageTracker, SQLiteStore

OUTBOX = os.environ.get("USAGE_OUTBOX", "usage-outbox")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Opens client and tracker with the service; what can't be sent at its end stays stored."""
    async with AsyncAutumn() as autumn, autumn.tracker(SQLiteStore(OUTBOX)) as tracker:
        app.state.gate = autumn.with_options(deadline_ms=200)
        app.state.tracker = tracker
        yield


app = FastAPI(lifespan=lifespan)


class Metered:
    """Lets a request in if the customer's plan allows it, and bills it if it succeeds."""

    def __init__(self, feature_id: str) -> None:
        self.feature_id = feature_id

    async def __call__(
        self, request: Request, x_customer: Annotated[str, Header()]
    ) -> AsyncIterator[str]:
        gate: AsyncAutumn = request.app.state.gate
        tracker: AsyncUsageTracker = request.app.state.tracker
        under_way = tracker.pending(x_customer, self.feature_id)
        answer = await gate.check(
            customer_id=x_customer, feature_id=self.feature_id, required_balance=1 + under_way
        )
        if not answer.allowed:
            raise HTTPException(402, f"no {self.feature_id} left on this plan")
        yield x_customer
        tracker.track(customer_id=x_customer, feature_id=self.feature_id)


@app.post("/messages")
async def send_message(
    customer_id: Annotated[str, Depends(Metered("messages"))], text: str
) -> dict[str, str]:
    """Sends a message; one that is refused isn't billed."""
    if not text.strip():
        raise HTTPException(400, "there is nothing to send")
    return {"sent": text, "by": customer_id}
