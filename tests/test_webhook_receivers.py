"""The receivers in `examples/`: they take what Autumn signed, once, and nothing else."""

from __future__ import annotations

import asyncio
import json
import runpy
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autumn_async.webhooks import sign

EXAMPLES = Path(__file__).parents[1] / "examples"
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
CHANGE = {"action": "activated", "purchase": {"plan_id": "topup", "status": "active"}}
BODY = json.dumps(
    {"type": "billing.updated", "data": {"customer_id": "ada", "plan_changes": [CHANGE]}},
    indent=1,  # parsed and written anew, it would be another body
).encode()

Post = Callable[[bytes, dict[str, str]], int]
"""Posts a body with headers; returns the status."""


def by_fastapi(example: dict[str, Any]) -> Post:
    async def post(body: bytes, headers: dict[str, str]) -> int:
        sent: list[dict[str, Any]] = []
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/autumn",
            "raw_path": b"/autumn",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "http_version": "1.1",
            "scheme": "http",
            "server": ("test", 80),
            "client": ("test", 1),
            "root_path": "",
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(event: dict[str, Any]) -> None:
            sent.append(event)

        await example["app"](scope, receive, send)
        return int(sent[0]["status"])

    return lambda body, headers: asyncio.run(post(body, headers))


def by_flask(example: dict[str, Any]) -> Post:
    client = example["app"].test_client()
    return lambda body, headers: client.post("/autumn", data=body, headers=headers).status_code


def by_django(example: dict[str, Any]) -> Post:
    from django.conf import settings
    from django.test import RequestFactory

    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["*"])
    (route,) = example["urlpatterns"]
    assert route.resolve("autumn")

    def post(body: bytes, headers: dict[str, str]) -> int:
        request = RequestFactory().post(
            "/autumn", data=body, content_type="application/json", headers=headers
        )
        return int(route.callback(request).status_code)

    return post


SERVED = {"fastapi": by_fastapi, "flask": by_flask, "django": by_django}


@pytest.fixture(params=SERVED)
def post(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Post:
    monkeypatch.setenv("AUTUMN_WEBHOOK_SECRET", SECRET)
    example = runpy.run_path(str(EXAMPLES / f"webhooks_{request.param}.py"))
    return SERVED[request.param](example)


def signed(body: bytes, delivery_id: str) -> dict[str, str]:
    return sign(SECRET, body, delivery_id, time.time())


def test_a_delivery_is_handled_once(post: Post, capsys: pytest.CaptureFixture[str]) -> None:
    assert [post(BODY, signed(BODY, name)) for name in ("m-1", "m-1", "m-2")] == [204] * 3
    assert capsys.readouterr().out == "ada activated\n" * 2


def test_what_was_not_signed_is_refused(post: Post, capsys: pytest.CaptureFixture[str]) -> None:
    rewritten = json.dumps(json.loads(BODY)).encode()
    old = sign(SECRET, BODY, "m-1", time.time() - 3600)
    assert post(rewritten, signed(BODY, "m-1")) == post(BODY, old) == post(BODY, {}) == 400
    assert capsys.readouterr().out == ""


def test_types_that_the_example_does_not_handle_are_accepted(post: Post) -> None:
    body = b'{"type":"invoice.finalized","data":{"id":"in_1"}}'
    assert post(body, signed(body, "m-1")) == 204
