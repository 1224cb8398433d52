"""`send_raw`: what the library has no method for."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import anyio.to_thread
import pytest

from autumn_async import (
    AsyncAutumn,
    Autumn,
    AutumnConnectionError,
    CustomerNotFoundError,
    ResponseValidationError,
)
from tests.scripted_server import Reply, Reset, ScriptedServer
from tests.wire.helpers import KEY, autumn_error, client

PATH = "/v1/things.create"


async def test_all_clients_return_the_decoded_json() -> None:
    answer = {"id": "thing_1", "parts": [1, 2.5, None]}
    with ScriptedServer([Reply(body=answer)]) as server:
        async with AsyncAutumn(KEY, server_url=server.url) as autumn:
            assert await autumn.send_raw(PATH, {"id": "thing_1"}) == answer
        async with Autumn(KEY, server_url=server.url) as both:
            assert await both.send_raw_async(PATH, {"id": "thing_1"}) == answer
            assert await anyio.to_thread.run_sync(both.send_raw, PATH, {"id": "thing_1"}) == answer
    assert [(r.method, r.path, r.json) for r in server.requests] == [
        ("POST", PATH, {"id": "thing_1"})
    ] * 3
    assert {r.headers["authorization"] for r in server.requests} == {f"Bearer {KEY}"}


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        (None, {}),
        ({}, {}),
        ([], []),
        ([{"customer_id": "c"}], [{"customer_id": "c"}]),
        ({"async_": True, "id": "", "nothing": None}, {"async_": True, "id": "", "nothing": None}),
        (
            {"amount": Decimal("1.5"), "at": datetime(2026, 8, 1, tzinfo=timezone.utc)},
            {"amount": 1.5, "at": 1785542400000},
        ),
    ],
)
async def test_the_body_goes_out_as_it_is(body: Any, sent: Any) -> None:
    with ScriptedServer([Reply(body={})]) as server:
        async with client(server) as autumn:
            await autumn.send_raw(PATH, body)
    assert server.requests[0].json == sent


async def test_options_apply_as_to_any_call() -> None:
    with ScriptedServer([Reply(body={})]) as server:
        async with client(server) as autumn:
            headers = {"x-trace": "t-1"}
            await autumn.send_raw(PATH, {}, idempotency_key="once", http_headers=headers)
            with pytest.raises(TypeError, match=r"send_raw|/v1/things\.create\(\).*'timeout'"):
                await autumn.send_raw(PATH, {}, timeout=5)  # type: ignore[call-arg]
    (request,) = server.requests
    assert (request.headers["idempotency-key"], request.headers["x-trace"]) == ("once", "t-1")


async def test_errors_are_those_of_any_call() -> None:
    with ScriptedServer([autumn_error("customer_not_found", 404)]) as server:
        async with client(server) as autumn:
            with pytest.raises(CustomerNotFoundError):
                await autumn.send_raw(PATH, {"customer_id": "c"})


async def test_an_answer_without_a_body_is_none_and_one_that_is_no_json_an_error() -> None:
    with ScriptedServer([Reply(204, b""), Reply(200, b"<html>")]) as server:
        async with client(server) as autumn:
            assert await autumn.send_raw(PATH) is None
            with pytest.raises(ResponseValidationError, match="not JSON"):
                await autumn.send_raw(PATH)


async def test_it_is_repeated_after_a_lost_connection_only_under_a_key() -> None:
    with ScriptedServer([Reset(), Reset(), Reply(body={"ok": True})]) as server:
        async with client(server) as autumn:
            with pytest.raises(AutumnConnectionError):
                await autumn.send_raw(PATH)
            assert len(server.requests) == 1
            assert await autumn.send_raw(PATH, idempotency_key="once") == {"ok": True}
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "path", ["", "v1/things", "//evil.example/x", "/v1/things?x=1", "/v1/a b", "/v1/ü", "/v1/x\n"]
)
async def test_a_path_that_cannot_be_is_refused(path: str) -> None:
    with ScriptedServer([Reply(body={})]) as server:
        async with client(server) as autumn:
            with pytest.raises(ValueError, match="path must be one such as"):
                await autumn.send_raw(path)
    assert not server.requests


@pytest.mark.parametrize("body", ["text", 5, {"x": float("nan")}, {"x": object()}])
async def test_a_body_that_cannot_be_sent_is_refused(body: Any) -> None:
    with ScriptedServer([Reply(body={})]) as server:
        async with client(server) as autumn:
            with pytest.raises((TypeError, ValueError), match="body"):
                await autumn.send_raw(PATH, body)
    assert not server.requests
