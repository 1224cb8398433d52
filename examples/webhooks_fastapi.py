"""A FastAPI (or Starlette) service that receives Autumn's webhooks.

    pip install autumn-async fastapi uvicorn
    AUTUMN_WEBHOOK_SECRET=whsec_... uvicorn examples.webhooks_fastapi:app

The signature is over the raw body: take it from `request.body()`, not from a parsed parameter.
"""

from __future__ import annotations

import os

from fastapi import FastAPI, HTTPException, Request

from autumn_async import WebhookReceiver, WebhookVerificationError, models

app = FastAPI()
receiver = WebhookReceiver(os.environ["AUTUMN_WEBHOOK_SECRET"])
handled: set[str] = set()  # in real life a table with a unique key


@app.post("/autumn", status_code=204)
async def receive(request: Request) -> None:
    """Handles each delivery once; whatever isn't 2xx, Autumn sends again."""
    try:
        event = receiver.read(await request.body(), request.headers)
    except WebhookVerificationError as error:
        raise HTTPException(400, str(error)) from None
    if event.delivery_id in handled:
        return
    if isinstance(event, models.BillingUpdatedEvent):
        for change in event.data.plan_changes:
            print(event.data.customer_id, change.action)
    handled.add(event.delivery_id)
