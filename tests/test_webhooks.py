"""Webhooks: what is verified, what is refused, what events become."""

from __future__ import annotations

import base64
import json
import time
from datetime import datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook as Oracle
from standardwebhooks import WebhookVerificationError as OracleError

from autumn_async import WebhookPayloadError, WebhookReceiver, WebhookVerificationError, models
from autumn_async.inputs import common
from autumn_async.webhooks import EVENTS, decode, sign

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
OTHER = "whsec_" + base64.b64encode(b"another secret of the endpoint").decode()
BODY = (
    b'{"type":"balances.limit_reached",'
    b'"data":{"customer_id":"c","feature_id":"f","limit_type":"included"}}'
)


def signed(body: bytes = BODY, secret: str = SECRET, age: float = 0) -> dict[str, str]:
    return sign(secret, body, "msg_1", time.time() - age)


def test_the_published_vector() -> None:
    headers = sign(SECRET, BODY, "msg_1", 1700000000)
    assert headers == {
        "svix-id": "msg_1",
        "svix-timestamp": "1700000000",
        "svix-signature": "v1,BeWRSB5c/PW3tMZTBLBzuXyjLw4afe28PAz9T9UT+4o=",
    }
    assert sign(SECRET, BODY, "msg_1", datetime(2023, 11, 14, 22, 13, 20, tzinfo=timezone.utc)) == (
        headers
    )


def test_a_delivery_is_read() -> None:
    event = WebhookReceiver(SECRET).read(BODY, signed())
    assert isinstance(event, models.LimitReachedEvent)
    assert (event.type, event.delivery_id) == ("balances.limit_reached", "msg_1")
    assert event.data.limit_type == "included"


@given(st.binary(min_size=1, max_size=64), st.binary(max_size=200), st.text(min_size=1, max_size=9))
def test_signatures_are_those_of_standard_webhooks(key: bytes, body: bytes, name: str) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    now = datetime.now(timezone.utc)
    ours = sign(secret, body, name, now)
    seconds = now.replace(microsecond=0)
    text = body.decode("latin-1")
    assert sign(secret, text.encode(), name, now)["svix-signature"] == Oracle(secret).sign(
        msg_id=name, timestamp=seconds, data=text
    )
    assert WebhookReceiver(secret).verify(body, ours) == name


@pytest.mark.parametrize("age", [-302, -298, 0, 298, 302])
def test_the_tolerance_is_that_of_standard_webhooks(age: int) -> None:
    headers = signed(age=age)
    theirs = {name.replace("svix", "webhook"): value for name, value in headers.items()}
    try:
        Oracle(SECRET).verify(BODY, theirs)
    except OracleError:
        with pytest.raises(WebhookVerificationError, match=r"too (old|far ahead)"):
            WebhookReceiver(SECRET).verify(BODY, headers)
    else:
        assert WebhookReceiver(SECRET).verify(BODY, theirs) == "msg_1"
    wide = WebhookReceiver(SECRET, tolerance_seconds=400)
    assert wide.verify(BODY, headers) == "msg_1"


def test_several_secrets_and_several_signatures_while_a_secret_is_replaced() -> None:
    both = WebhookReceiver(SECRET, OTHER)
    assert both.verify(BODY, signed()) == both.verify(BODY, signed(secret=OTHER)) == "msg_1"
    headers = signed()
    good = headers["svix-signature"]
    headers["svix-signature"] = f"v1,bm90IHRoaXM= v2,x v1,%% {good} nonsense"
    assert WebhookReceiver(SECRET).verify(BODY, headers) == "msg_1"


def test_header_names_may_come_in_any_case() -> None:
    headers = {name.title(): value for name, value in signed().items()}
    assert WebhookReceiver(SECRET).verify(BODY, headers) == "msg_1"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"svix-id": "msg_2"}, "no signature fits"),
        ({"svix-signature": "v1,"}, "no signature fits"),
        ({"svix-signature": "v2,x"}, "no signature fits"),
        ({"svix-signature": "ü"}, "no signature fits"),
        ({"svix-signature": ""}, "no header svix-signature"),
        ({"svix-timestamp": "now"}, "no number of seconds"),
        ({"svix-timestamp": "-5"}, "no number of seconds"),
        ({"svix-timestamp": "٣"}, "no number of seconds"),
        ({"svix-timestamp": "9" * 30}, "too far ahead"),
    ],
)
def test_a_delivery_that_does_not_fit_is_refused(change: dict[str, str], reason: str) -> None:
    with pytest.raises(WebhookVerificationError, match=reason):
        WebhookReceiver(SECRET).read(BODY, {**signed(), **change})


@pytest.mark.parametrize("position", range(0, len(BODY), 7))
def test_a_changed_body_is_refused(position: int) -> None:
    changed = BODY[:position] + b"#" + BODY[position + 1 :]
    with pytest.raises(WebhookVerificationError, match="no signature fits"):
        WebhookReceiver(SECRET).read(changed, signed())


def test_another_secret_is_refused() -> None:
    with pytest.raises(WebhookVerificationError):
        WebhookReceiver(OTHER).read(BODY, signed())


@pytest.mark.parametrize("body", [BODY.decode(), json.loads(BODY), None])
def test_only_raw_bytes_can_be_verified(body: Any) -> None:
    with pytest.raises(TypeError, match="raw bytes"):
        WebhookReceiver(SECRET).read(body, signed())


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_%%%", "am_sk_x_whsec_aaaa", "whsec_a"])
def test_a_secret_that_cannot_be_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_ followed by base64") as caught:
        WebhookReceiver(secret)
    assert not secret or secret == "whsec_" or secret not in str(caught.value)
    with pytest.raises(ValueError, match="no webhook secret"):
        WebhookReceiver()


def test_a_receiver_shows_no_secret() -> None:
    assert repr(WebhookReceiver(SECRET, OTHER)) == "WebhookReceiver(secrets=2)"


# Events

EXAMPLES: dict[str, dict[str, Any]] = {
    "billing.updated": {
        "object": "billing.updated",
        "customer_id": "c",
        "entity_id": None,
        "plan_changes": [
            {
                "action": "activated",
                "subscription": {
                    "plan_id": "pro",
                    "status": "active",
                    "past_due": False,
                    "started_at": 1700000000000,
                    "canceled_at": None,
                    "expires_at": None,
                    "trial_ends_at": None,
                    "current_period_start": 1700000000000,
                    "current_period_end": None,
                },
                "previous_attributes": {"status": "scheduled"},
                "item_changes": [],
            },
            {
                "action": "paused",
                "purchase": {"plan_id": "topup", "status": "expired", "expires_at": None},
                "previous_attributes": None,
                "plan_change": {"from": "free"},
                "item_changes": [],
            },
        ],
        "tags": ["trial_ended"],
    },
    "balances.limit_reached": {
        "customer_id": "c",
        "entity_id": "e",
        "feature_id": "f",
        "limit_type": "usage_limit",
        "filter": {"properties": {"region": "eu"}},
    },
    "balances.usage_alert_triggered": {
        "customer_id": "c",
        "feature_id": "f",
        "usage_alert": {
            "name": "soon out",
            "threshold": 80,
            "threshold_type": "usage_percentage_threshold",
        },
    },
    "billing.auto_topup_succeeded": {
        "customer_id": "c",
        "feature_id": "f",
        "quantity_granted": 100,
        "threshold": 10,
        "balance_after": 105.5,
        "invoice_mode": False,
        "invoice": {"stripe_id": "in_1", "status": "paid", "total": 2000, "currency": "usd"},
    },
    "billing.auto_topup_failed": {
        "customer_id": "c",
        "feature_id": "f",
        "reason": "charge_failed",
        "quantity": 100,
        "threshold": 10,
        "balance": 5,
        "invoice_mode": True,
        "error": {"code": "card_declined", "decline_code": "insufficient_funds"},
    },
    "customer.products.updated": {
        "scenario": "upgrade",
        "customer": {"id": "c"},
        "updated_product": {"id": "pro"},
    },
    "customer.threshold_reached": {
        "threshold_type": "limit_reached",
        "customer": {"id": "c"},
        "feature": {"id": "f"},
    },
    "vercel.resources.deleted": {"resource": {"id": "r"}, "installation_id": "i"},
    "vercel.resources.provisioned": {
        "resource": {"id": "r", "name": "R"},
        "installation_id": "i",
        "access_token": "hush",
    },
    "vercel.resources.rotate_secrets": {
        "resource": {"id": "r"},
        "installation_id": "i",
        "vercel_request_body": {"reason": "x"},
    },
    "vercel.webhooks.event": {"installation_id": "i", "event": {"a": [1]}},
}


def kept(data: Any, event: Any) -> bool:
    """Whether an event has all that was sent."""
    if isinstance(data, dict) and not isinstance(event, dict):
        return all(kept(value, getattr(event, name)) for name, value in data.items())
    if isinstance(data, list):
        return all(kept(one, other) for one, other in zip(data, event, strict=True))
    return bool(data == event)


def test_every_event_that_can_be_subscribed_to_has_a_class_or_is_known_to_have_none() -> None:
    assert {*get_args(common.WebhookEventType)} - EVENTS.keys() == {"invoice.finalized"}
    assert EXAMPLES.keys() == EVENTS.keys()


@pytest.mark.parametrize("kind", EVENTS)
def test_an_event_is_decoded_with_nothing_lost(kind: str) -> None:
    body = {"type": kind, "id": "evt_1", "occurred_at": 1700000000000, "data": EXAMPLES[kind]}
    event = decode(json.dumps(body).encode())
    assert type(event) is EVENTS[kind]
    assert kept(body, event)
    assert event.occurred_at_datetime == datetime(2023, 11, 14, 22, 13, 20, tzinfo=timezone.utc)
    assert "hush" not in repr(event)


def test_an_unknown_type_is_kept_as_it_came() -> None:
    for data in ({"id": "in_1"}, None, [1]):
        event = decode(json.dumps({"type": "invoice.finalized", "data": data}).encode())
        assert type(event) is models.WebhookEvent
        assert (event.type, event.data) == ("invoice.finalized", data)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"type":5,"data":{}}',
        b'{"type":"billing.updated","data":{}}',
        b'{"type":"billing.updated"}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_what_is_no_event_is_an_error_of_its_own(body: bytes) -> None:
    with pytest.raises(WebhookPayloadError, match="no event that can be read"):
        WebhookReceiver(SECRET).read(body, signed(body))


def test_a_body_cannot_choose_its_delivery_id() -> None:
    body = b'{"type":"new","data":1,"delivery_id":"forged"}'
    assert WebhookReceiver(SECRET).read(body, signed(body)).delivery_id == "msg_1"


def test_an_aware_datetime_of_any_zone_is_a_time_to_sign_at() -> None:
    sent = datetime.now(timezone(timedelta(hours=5)))
    assert WebhookReceiver(SECRET).verify(BODY, sign(SECRET, BODY, "m", sent)) == "m"
