"""What Autumn sends to your webhooks: is it really from Autumn, and what does it say?

    receiver = WebhookReceiver(os.environ["AUTUMN_WEBHOOK_SECRET"])

    event = receiver.read(raw_body, request.headers)
    if isinstance(event, models.BillingUpdatedEvent):
        for change in event.data.plan_changes:
            ...

Signatures follow Standard Webhooks: HMAC-SHA256 over id, time and the **raw** body. A body that a
framework has parsed and written anew doesn't match.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from .decoding import decoder_of
from .errors import UNREADABLE, WebhookPayloadError, WebhookVerificationError
from .models import webhook_events as events
from .models.webhook_events import WebhookEvent

TOLERANCE_SECONDS = 300
"""How old, or how far ahead of the clock, a delivery may be by default."""

EVENTS: dict[str, type[WebhookEvent]] = {
    "balances.limit_reached": events.LimitReachedEvent,
    "balances.usage_alert_triggered": events.UsageAlertTriggeredEvent,
    "billing.auto_topup_failed": events.AutoTopupFailedEvent,
    "billing.auto_topup_succeeded": events.AutoTopupSucceededEvent,
    "billing.updated": events.BillingUpdatedEvent,
    "customer.products.updated": events.ProductsUpdatedEvent,
    "customer.threshold_reached": events.ThresholdReachedEvent,
    "vercel.resources.deleted": events.VercelResourceDeletedEvent,
    "vercel.resources.provisioned": events.VercelResourceProvisionedEvent,
    "vercel.resources.rotate_secrets": events.VercelSecretsRotationEvent,
    "vercel.webhooks.event": events.VercelWebhookEvent,
}
"""The class of each type of event; all others are a plain `WebhookEvent`."""

_DECODERS: dict[str, msgspec.json.Decoder[WebhookEvent]] = {
    name: decoder_of(kind) for name, kind in EVENTS.items()
}


class _Tagged(msgspec.Struct):
    type: str


_TAG = decoder_of(_Tagged)
_ANY_EVENT = decoder_of(WebhookEvent)


class WebhookReceiver:
    """Verifies deliveries with the secrets of one endpoint, and decodes them.

    Args:
        secrets: The endpoint's secret, `whsec_...`, as `webhooks.create` told it; while it is
            being replaced, the old and the new one.
        tolerance_seconds: How old, or how far ahead of the clock, a delivery may be.

    Raises:
        ValueError: No secret, or one that isn't `whsec_` and base64.
    """

    def __init__(self, *secrets: str, tolerance_seconds: float = TOLERANCE_SECONDS) -> None:
        if not secrets:
            raise ValueError("no webhook secret: pass the endpoint's, it begins with whsec_")
        self._keys = [_key(secret) for secret in secrets]
        self._tolerance = tolerance_seconds

    def read(self, body: bytes, headers: Mapping[str, str]) -> WebhookEvent:
        """The event that a delivery brings, once it is verified.

        A delivery is repeated until it is answered with 2xx: `delivery_id` tells what you have
        handled already.

        Args:
            body: The raw body, byte for byte as it came.
            headers: The request's headers, by name in any case.

        Raises:
            WebhookVerificationError: Not from Autumn, changed on the way, or too old: answer 400.
            WebhookPayloadError: From Autumn, and not what its type should look like.
        """
        delivery_id = self.verify(body, headers)
        return msgspec.structs.replace(decode(body), delivery_id=delivery_id)

    def verify(self, body: bytes, headers: Mapping[str, str]) -> str:
        """Verifies a delivery and returns its id.

        Args:
            body: The raw body, byte for byte as it came.
            headers: The request's headers, by name in any case.

        Raises:
            WebhookVerificationError: Not from Autumn, changed on the way, or too old: answer 400.
        """
        if not _is_bytes(body):
            raise TypeError(f"body must be the raw bytes that came, not {type(body).__name__}")
        fields = {name.lower(): value for name, value in headers.items()}
        delivery_id, sent, signatures = (_field(fields, name) for name in _FIELDS)
        self._check_time(sent)
        content = f"{delivery_id}.{sent}.".encode() + body
        expected = [_digest(key, content) for key in self._keys]
        given = [_signature(part) for part in signatures.split(" ")]
        # All pairs are compared: how long it takes must not tell which secret almost fits.
        matches = [hmac.compare_digest(one, other) for one in expected for other in given]
        if not any(matches):
            raise WebhookVerificationError("no signature fits: another secret, or another body")
        return delivery_id

    def _check_time(self, sent: str) -> None:
        if not sent.isascii() or not sent.isdecimal():
            raise WebhookVerificationError("the delivery's timestamp is no number of seconds")
        age = time.time() - int(sent)
        if abs(age) > self._tolerance:
            how = "too old" if age > 0 else "too far ahead of this clock"
            raise WebhookVerificationError(f"the delivery is {how}: {abs(age):.0f} s")

    def __repr__(self) -> str:
        return f"{type(self).__name__}(secrets={len(self._keys)})"


def sign(secret: str, body: bytes, delivery_id: str, sent_at: datetime | float) -> dict[str, str]:
    """The headers that Autumn would send with a body: to test your receiver with.

    Args:
        secret: The endpoint's secret, `whsec_...`.
        body: The raw body.
        delivery_id: An id of your choice.
        sent_at: When it is sent: an aware datetime, or seconds since the epoch.
    """
    seconds = int(sent_at.timestamp() if isinstance(sent_at, datetime) else sent_at)
    digest = _digest(_key(secret), f"{delivery_id}.{seconds}.".encode() + body)
    signature = base64.b64encode(digest).decode()
    return {
        "svix-id": delivery_id,
        "svix-timestamp": str(seconds),
        "svix-signature": f"v1,{signature}",
    }


def decode(body: bytes) -> WebhookEvent:
    """The event in a body that you have verified yourself; `WebhookReceiver.read` does both.

    Raises:
        WebhookPayloadError: No event, or one that isn't what its type should look like.
    """
    try:
        kind = _TAG.decode(body).type
        return _DECODERS.get(kind, _ANY_EVENT).decode(body)
    except UNREADABLE as error:
        raise WebhookPayloadError(f"the body is no event that can be read: {error}") from error


_FIELDS = ("id", "timestamp", "signature")


def _field(headers: Mapping[str, str], name: str) -> str:
    for prefix in ("svix", "webhook"):
        value = headers.get(f"{prefix}-{name}")
        if value:
            return value
    raise WebhookVerificationError(f"the delivery has no header svix-{name}")


def _key(secret: str) -> bytes:
    """The key behind a secret. Never shows the secret in its errors."""
    prefix, _, encoded = secret.strip().rpartition("whsec_")
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        key = b""
    if prefix or not key:
        raise ValueError("a webhook secret is whsec_ followed by base64")
    return key


def _digest(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, content, "sha256")


def _signature(text: str) -> bytes:
    """The digest in one entry of the header; empty, which fits nothing, if it isn't version 1."""
    version, _, encoded = text.partition(",")
    try:
        return base64.b64decode(encoded, validate=True) if version == "v1" else b""
    except (binascii.Error, ValueError):
        return b""


def _is_bytes(body: Any) -> bool:
    return isinstance(body, bytes)
