"""What can happen on a socket, and what the caller gets."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from autumn_async import (
    AsyncAutumn,
    AutumnConnectionError,
    AutumnSDKError,
    AutumnTimeoutError,
    RedirectError,
    ResponseValidationError,
    ServerError,
)
from tests.scripted_server import Action, Hang, Raw, Recorded, Reply, Reset, ScriptedServer
from tests.wire.helpers import (
    ALLOWED,
    BOTH,
    HTML,
    KEY,
    OK,
    ONCE,
    SUBJECT,
    TRACKED,
    Detours,
    client,
    eventually,
    refused_port,
    silent_listener,
    within,
)

HEAD_AND_MORE = 100
"""Bytes of an answer: its whole head and the beginning of its body."""

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"".join(
    b"%x\r\n%s\r\n" % (len(chunk), chunk)
    for chunk in (b'{"allowed": true, "customer_', b'id": "cus_1', b'", "new": 1}', b"")
)


async def error_of(server: ScriptedServer | str, **settings: Any) -> AutumnSDKError:
    """What a check that isn't repeated raises."""
    settings = {"retry_config": ONCE, "timeout_ms": 5_000, **settings}
    with within():
        async with client(server, **settings) as autumn:
            with pytest.raises(AutumnSDKError) as caught:
                await autumn.check(**SUBJECT)
    return caught.value


async def error_after(action: Action, **settings: Any) -> AutumnSDKError:
    """What a check raises that the server treats like this."""
    with ScriptedServer([action]) as server:
        error = await error_of(server, **settings)
        assert len(server.requests) == 1
    return error


class TestNotSent:
    """The server never had the request: whoever reads the error may simply call again."""

    async def test_refused(self) -> None:
        error = await error_of(f"http://localhost:{refused_port()}")
        assert isinstance(error, AutumnConnectionError)
        assert error.outcome == "not sent"
        assert str(error).startswith("cannot connect to localhost:")
        assert "outcome" not in str(error)

    async def test_name_not_found(self) -> None:
        connectors = [aiohttp.TCPConnector(resolver=Detours(None), use_dns_cache=False)]
        error = await error_of(
            "http://api.nowhere.invalid",
            session=lambda: aiohttp.ClientSession(connector=connectors.pop()),
        )
        assert isinstance(error, AutumnConnectionError)
        assert error.outcome == "not sent"
        assert "cannot connect to api.nowhere.invalid" in str(error)
        assert "Name or service not known" in str(error)

    async def test_tls_handshake_that_never_ends(self) -> None:
        with silent_listener() as port:
            error = await error_of(f"https://127.0.0.1:{port}", timeout_ms=150)
        assert isinstance(error, AutumnTimeoutError)
        assert error.outcome == "not sent"
        assert f"no connection to 127.0.0.1:{port} within" in str(error)

    async def test_no_tls_at_the_other_end(self) -> None:
        with ScriptedServer([OK]) as server:
            error = await error_of(server.url.replace("http:", "https:"))
            assert server.requests == []
        assert isinstance(error, AutumnConnectionError)
        assert error.outcome == "not sent"

    async def test_no_free_connection_in_time(self) -> None:
        def narrow() -> aiohttp.ClientSession:
            return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1))

        with ScriptedServer([Hang()]) as server:
            async with client(server, session=narrow, retry_config=ONCE) as autumn:
                first = asyncio.ensure_future(autumn.check(**SUBJECT, timeout_ms=60_000))
                await eventually(lambda: len(server.requests) == 1)
                with pytest.raises(AutumnTimeoutError) as caught:
                    await autumn.check(**SUBJECT, timeout_ms=100)
                first.cancel()
        assert caught.value.outcome == "not sent"
        assert len(server.requests) == 1


class TestUnknown:
    """The server may have had the request."""

    @pytest.mark.parametrize(
        "action",
        [
            pytest.param(Reset(), id="reset before the answer"),
            pytest.param(Reply(body=ALLOWED, cut_after=10), id="in the middle of the status line"),
            pytest.param(Reply(body=ALLOWED, cut_after=40), id="in the middle of a header"),
            pytest.param(Reply(body=ALLOWED, cut_after=HEAD_AND_MORE), id="in the middle of body"),
            pytest.param(Raw(CHUNKED[:90]), id="in the middle of a chunk"),
        ],
    )
    async def test_connection_lost(self, action: Action) -> None:
        error = await error_after(action)
        assert isinstance(error, AutumnConnectionError)
        assert error.outcome == "unknown"
        assert "the outcome is unknown: Autumn may have carried the call out" in str(error)
        assert "RawResponseMessage" not in str(error)

    @pytest.mark.parametrize(
        "data",
        [
            b"HTTP/1.1 abc\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
            b"SSH-2.0-OpenSSH_9.6\r\n",
            b"HTTP/1.1 200 OK\r\nx: " + b"a" * 20_000 + b"\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope",
        ],
    )
    async def test_answer_that_is_not_http(self, data: bytes) -> None:
        error = await error_after(Raw(data))
        assert isinstance(error, AutumnConnectionError)
        assert error.outcome == "unknown"
        assert "\n" not in str(error)

    @pytest.mark.parametrize(
        "action",
        [
            pytest.param(Hang(), id="before the answer"),
            pytest.param(Reply(body=ALLOWED, stall_after=10), id="in the middle of the head"),
            pytest.param(Reply(body=ALLOWED, stall_after=HEAD_AND_MORE), id="in the body"),
            pytest.param(Reply(body=ALLOWED, delay=30), id="very late"),
        ],
    )
    async def test_no_answer_in_time(self, action: Action) -> None:
        error = await error_after(action, timeout_ms=150)
        assert isinstance(error, AutumnTimeoutError)
        assert error.outcome == "unknown"
        assert "no answer from localhost:" in str(error)

    async def test_answer_just_in_time(self) -> None:
        with ScriptedServer([Reply(body=ALLOWED, delay=0.2)]) as server:
            async with client(server, retry_config=ONCE) as autumn:
                assert (await autumn.check(**SUBJECT)).allowed


class TestBodies:
    @pytest.mark.parametrize("content_type", ["text/plain", "text/html; charset=utf-8", ""])
    async def test_wrong_content_type_is_no_matter_where_the_body_is_json(
        self, content_type: str
    ) -> None:
        reply = Reply(body=ALLOWED, headers={"content-type": content_type})
        with ScriptedServer([reply]) as server:
            async with client(server) as autumn:
                assert (await autumn.check(**SUBJECT)).allowed

    @pytest.mark.parametrize(
        "reply",
        [
            Reply(200, b"", HTML),
            Reply(204, b""),
            Reply(200, b"  \n"),
            Reply(200, b"<html>Welcome to nginx!</html>", HTML),
            Reply(200, b"\xff\xfe\x00"),
            Reply(200, b'{"allowed": tru'),
            Reply(200, b"[" * 50_000),
            Reply(200, b'{"allowed":true,"customer_id":"c","x":' + b"[" * 50_000),
        ],
    )
    async def test_that_is_not_json(self, reply: Reply) -> None:
        error = await error_after(reply)
        assert isinstance(error, ResponseValidationError)
        assert error.status_code == reply.status
        assert error.body == reply.body.decode("utf-8", "replace")
        beginning = " ".join(error.body.split())[:20]
        assert (beginning or "it is empty") in str(error)
        assert len(str(error)) < 600

    @pytest.mark.parametrize("status", [200, 202, 204])
    async def test_track_takes_an_empty_one(self, status: int) -> None:
        with ScriptedServer([Reply(status, b"")]) as server:
            async with client(server) as autumn:
                answer = await autumn.track(**SUBJECT, value=3)
        assert (answer.customer_id, answer.value, answer.balance) == ("cus_1", 3, None)
        assert not answer.failed_open
        assert not answer.duplicate

    @pytest.mark.parametrize("status", [200, 201, 202, 299])
    async def test_any_2xx_is_an_answer(self, status: int) -> None:
        with ScriptedServer([Reply(status, ALLOWED)]) as server:
            async with client(server) as autumn:
                assert (await autumn.check(**SUBJECT)).allowed

    @pytest.mark.parametrize(
        ("encoding", "encode"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
    )
    async def test_compressed(self, encoding: str, encode: Callable[[bytes], bytes]) -> None:
        body = encode(b'{"allowed": true, "customer_id": "cus_gz"}')
        with ScriptedServer([Reply(200, body, {"content-encoding": encoding})]) as server:
            async with client(server) as autumn:
                assert (await autumn.check(**SUBJECT)).customer_id == "cus_gz"
        assert encoding in server.requests[0].headers["accept-encoding"]

    async def test_chunked(self) -> None:
        with ScriptedServer([Raw(CHUNKED)]) as server:
            async with client(server) as autumn:
                assert (await autumn.check(**SUBJECT)).allowed

    async def test_without_a_length_ends_with_the_connection(self) -> None:
        data = b'HTTP/1.1 200 OK\r\n\r\n{"allowed": true, "customer_id": "c"}'
        with ScriptedServer([Raw(data)]) as server:
            async with client(server) as autumn:
                assert (await autumn.check(**SUBJECT)).allowed

    async def test_huge_answer(self) -> None:
        body = {**ALLOWED, "padding": ["x" * 1_000] * 20_000}
        with ScriptedServer([Reply(body=body)]) as server:
            async with client(server) as autumn:
                assert (await autumn.check(**SUBJECT, timeout_ms=30_000)).allowed

    async def test_huge_request(self) -> None:
        """aiohttp warns of a body of more than a megabyte in one piece."""
        padding = "x" * 3_000_000
        replies = [Reply(503, headers={"retry-after": "0"}), Reply(body=TRACKED)]
        with ScriptedServer(replies) as server:
            async with client(server) as autumn:
                await autumn.track(**SUBJECT, properties={"x": padding}, timeout_ms=30_000)
        first, second = server.requests
        assert first.body == second.body
        assert first.json["properties"] == {"x": padding}
        assert first.headers["content-length"] == str(len(first.body))


class TestRedirects:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    async def test_are_not_followed_and_nothing_is_sent_on(self, status: int) -> None:
        with ScriptedServer([OK]) as elsewhere:
            location = f"{elsewhere.url}/v1/balances.check"
            error = await error_after(Reply(status, b"", {"location": location}))
            assert elsewhere.connections == 0
        assert isinstance(error, RedirectError)
        assert (error.status_code, error.location) == (status, location)
        assert location in str(error)
        assert "server_url" in str(error)

    async def test_do_not_fail_open_and_are_not_repeated(self) -> None:
        with ScriptedServer([Reply(302, b"", {"location": "http://localhost/x"})]) as server:
            async with client(server, fail_open=True) as autumn:
                with pytest.raises(RedirectError):
                    await autumn.check(**SUBJECT)
        assert len(server.requests) == 1

    async def test_without_a_location(self) -> None:
        error = await error_after(Reply(304, b""))
        assert isinstance(error, RedirectError)
        assert error.location is None


class TestConnections:
    async def test_are_kept_alive(self) -> None:
        with ScriptedServer([OK]) as server:
            async with client(server) as autumn:
                for _ in range(5):
                    await autumn.check(**SUBJECT)
                    await autumn.track(**SUBJECT)
        assert server.connections == 1

    async def test_after_errors_too(self) -> None:
        def script(request: Recorded) -> Action:
            return Reply(404, {"message": "no", "code": "customer_not_found"})

        with ScriptedServer(script) as server:
            async with client(server) as autumn:
                for _ in range(3):
                    with pytest.raises(AutumnSDKError):
                        await autumn.check(**SUBJECT)
        assert server.connections == 1

    async def test_closed_by_the_server_while_idle_is_replaced(self) -> None:
        with ScriptedServer([Reply(body=BOTH, close=True)]) as server:
            async with client(server, retry_config=ONCE) as autumn:
                for _ in range(3):
                    await autumn.track(**SUBJECT)
                    await asyncio.sleep(0.05)
        assert server.connections == 3

    async def test_dying_as_the_next_call_comes_is_repeated_where_that_is_safe(self) -> None:
        def script(request: Recorded) -> Action:
            seen = [earlier.connection for earlier in server.requests]
            return OK if seen.count(request.connection) == 1 else Reset()

        with ScriptedServer(script) as server:
            async with client(server) as autumn:
                await autumn.check(**SUBJECT)
                assert (await autumn.check(**SUBJECT)).allowed
                assert server.connections == 2
                with pytest.raises(AutumnConnectionError, match="outcome is unknown"):
                    await autumn.track(**SUBJECT)
        assert [request.connection for request in server.requests] == [0, 0, 1, 1]

    async def test_200_calls_at_once_get_each_its_own_answer(self) -> None:
        def script(request: Recorded) -> Action:
            return Reply(body={**ALLOWED, "customer_id": request.json["customer_id"]})

        with ScriptedServer(script) as server:
            async with client(server) as autumn:
                answers = await asyncio.gather(
                    *(
                        autumn.check(customer_id=f"cus_{number}", feature_id="messages")
                        for number in range(200)
                    )
                )
        assert [answer.customer_id for answer in answers] == [f"cus_{n}" for n in range(200)]
        assert server.connections <= 100


class TestCancellation:
    @pytest.mark.parametrize(
        "action", [Hang(), Reply(body=BOTH, stall_after=HEAD_AND_MORE)], ids=["head", "body"]
    )
    async def test_closes_the_connection_and_leaves_nothing_behind(self, action: Action) -> None:
        tasks_before = asyncio.all_tasks()
        with ScriptedServer([action, OK]) as server:
            async with client(server) as autumn:
                call = asyncio.ensure_future(autumn.check(**SUBJECT))
                await eventually(lambda: len(server.requests) == 1)
                await asyncio.sleep(0.02)
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
                await eventually(lambda: server.hang_ups == 1)
                assert asyncio.all_tasks() == tasks_before
                assert (await autumn.check(**SUBJECT)).allowed
                assert server.requests[1].connection == 1, "the dirty one isn't used again"

    async def test_is_not_taken_for_an_outage(self) -> None:
        with ScriptedServer([Hang()]) as server:
            async with client(server, fail_open=True) as autumn:
                call = asyncio.ensure_future(autumn.check(**SUBJECT))
                await eventually(lambda: len(server.requests) == 1)
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
        assert len(server.requests) == 1

    async def test_of_one_call_leaves_the_others_alone(self) -> None:
        def script(request: Recorded) -> Action:
            return Hang() if request.json["customer_id"] == "slow" else Reply(body=BOTH, delay=0.05)

        with ScriptedServer(script) as server:
            async with client(server) as autumn:
                slow = asyncio.ensure_future(autumn.check(customer_id="slow", feature_id="f"))
                others = [asyncio.ensure_future(autumn.check(**SUBJECT)) for _ in range(20)]
                await eventually(lambda: len(server.requests) == 21)
                slow.cancel()
                answers = await asyncio.gather(*others)
        assert all(answer.allowed for answer in answers)

    async def test_of_the_first_call_while_the_session_is_made(self) -> None:
        async def slow() -> aiohttp.ClientSession:
            await asyncio.sleep(0.05)
            return aiohttp.ClientSession()

        with ScriptedServer([OK]) as server:
            async with client(server, session=slow) as autumn:
                first = asyncio.ensure_future(autumn.check(**SUBJECT))
                second = asyncio.ensure_future(autumn.check(**SUBJECT))
                await asyncio.sleep(0.01)
                first.cancel()
                assert (await second).allowed
                with pytest.raises(asyncio.CancelledError):
                    await first


async def test_limit_of_the_caller_around_a_call_is_a_plain_cancellation() -> None:
    async def call(autumn: AsyncAutumn) -> Awaitable[Any]:
        return await autumn.check(**SUBJECT, fail_open=True)

    with ScriptedServer([Hang()]) as server:
        async with client(server) as autumn:
            with pytest.raises(asyncio.TimeoutError) as caught:
                await asyncio.wait_for(call(autumn), 0.1)
    assert not isinstance(caught.value, AutumnSDKError)


async def test_server_errors_are_answers_and_not_lost_connections() -> None:
    error = await error_after(Reply(500, {"message": "boom", "code": "internal_error"}))
    assert type(error) is ServerError
    assert KEY not in str(error)
