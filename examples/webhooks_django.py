"""A Django view that receives Autumn's webhooks; put `urlpatterns` into your project's.

    pip install autumn-async django
    AUTUMN_WEBHOOK_SECRET=whsec_... python manage.py runserver

The signature is over the raw body: take it from `request.body`. Autumn has no CSRF token: the
signature stands in for it.
"""

from __future__ import annotations

import os

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from autumn_async import WebhookReceiver, WebhookVerificationError, models

receiver = WebhookReceiver(os.environ["AUTUMN_WEBHOOK_SECRET"])
handled: set[str] = set()  # in real life a table with a unique key


@csrf_exempt
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """Handles each delivery once; whatever isn't 2xx, Autumn sends again."""
    try:
        event = receiver.read(request.body, request.headers)
    except WebhookVerificationError as error:
        return HttpResponseBadRequest(str(error))
    if event.delivery_id not in handled:
        if isinstance(event, models.BillingUpdatedEvent):
            for change in event.data.plan_changes:
                print(event.data.customer_id, change.action)
        handled.add(event.delivery_id)
    return HttpResponse(status=204)


urlpatterns = [path("autumn", receive)]
