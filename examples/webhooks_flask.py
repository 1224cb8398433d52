"""A Flask service that receives Autumn's webhooks.

    pip install autumn-async flask
    AUTUMN_WEBHOOK_SECRET=whsec_... flask --app examples.webhooks_flask run

The signature is over the raw body: take it from `request.get_data()`, not from `request.json`.
"""

from __future__ import annotations

import os

from flask import Flask, request

from autumn_async import WebhookReceiver, WebhookVerificationError, models

app = Flask(__name__)
receiver = WebhookReceiver(os.environ["AUTUMN_WEBHOOK_SECRET"])
handled: set[str] = set()  # in real life a table with a unique key


@app.post("/autumn")
def receive() -> tuple[str, int]:
    """Handles each delivery once; whatever isn't 2xx, Autumn sends again."""
    try:
        event = receiver.read(request.get_data(), request.headers)
    except WebhookVerificationError as error:
        return str(error), 400
    if event.delivery_id not in handled:
        if isinstance(event, models.BillingUpdatedEvent):
            for change in event.data.plan_changes:
                print(event.data.customer_id, change.action)
        handled.add(event.delivery_id)
    return "", 204
