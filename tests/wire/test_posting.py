"""The short way to send a request, beside aiohttp's own: nobody may see a difference."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import inspect
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme
from aiohttp.http import StreamWriter

from autumn_async import AutumnSDKError
from autumn_async.wire import posting
from tests.scripted_server import Action, Hang, Raw, Reply, Reset, ScriptedServer
from tests.wire.helpers import HTML, OK, ONCE, SUBJECT, client, refused_port

ANSWER = b'{"allowed": true, "customer_id": "cus_1", "balance": null, "flag": null}'

SOURCES = "2a1538dc"
"""The beginning of the digest of what `ShortPost` relies on, as it was when both were compared."""


@contextmanager
def way(short: bool) -> Iterator[list[type]]:
    """Sends the short way, whatever the version of aiohttp, or aiohttp's way; tells the classes."""
    used: list[type] = []

    def chosen() -> type[aiohttp.ClientRequest]:
        used.append(posting.ShortPost if short else aiohttp.ClientRequest)
        return used[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("autumn_async.wire.transport.request_class", chosen)
        yield used
    assert used


class Wiretap:
    """A server that keeps each byte it gets, and answers each request the same."""

    def __init__(self) -> None:
        self.heard = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await self._one(reader, writer)
        except asyncio.IncompleteReadError:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heard += head
        if b"Expect: 100-continue" in head:
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", head)
        assert length is not None
        self.heard += await reader.readexactly(int(length[1]))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(ANSWER) + ANSWER)


async def on_the_wire(
    short: bool, tls: ssl.SSLContext | None, url: str | None, request: dict[str, Any]
) -> bytes:
    """The bytes of two checks over one connection."""
    tap = Wiretap()
    server = await asyncio.start_server(tap.serve, "localhost", 0, ssl=tls, limit=2**22)
    port = server.sockets[0].getsockname()[1]
    with way(short), pytest.MonkeyPatch.context() as patch:
        if url is not None:
            patch.setenv("HTTP_PROXY", f"http://localhost:{port}")
        scheme = "http" if tls is None else "https"
        async with client(url or f"{scheme}://localhost:{port}") as autumn:
            for _ in range(2):
                await autumn.check(**SUBJECT, **request)
    server.close()
    await server.wait_closed()
    return re.sub(rb"localhost:\d+", b"localhost:PORT", tap.heard)


REQUESTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "of 32 KiB": {"properties": {"note": "x" * 2**15}},
    "of 3 MiB": {"properties": {"note": "x" * 3 * 2**20}},
    "traced": {"http_headers": {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}},
    "for another host": {"http_headers": {"host": "api.example.com"}},
    "not in ASCII": {"http_headers": {"X-Name": "Zoë"}},
    "with headers of aiohttp's": {
        "http_headers": {"accept-encoding": "identity", "User-Agent": "me", "Connection": "close"}
    },
    "with a cookie": {"http_headers": {"Cookie": "a=b; c=d"}},
    "that asks first": {"http_headers": {"Expect": "100-continue"}},
    "encoded": {"http_headers": {"Content-Encoding": "identity"}},
}


class TestOnTheWire:
    @pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
    async def test_same_bytes(self, request_: dict[str, Any]) -> None:
        ours = await on_the_wire(True, None, None, request_)
        assert ours.count(b"POST /v1/balances.check HTTP/1.1\r\n") == 2
        assert ours == await on_the_wire(False, None, None, request_)

    async def test_same_bytes_over_tls(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ca, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert("localhost").configure_cert(context)
        ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        ours = await on_the_wire(True, context, None, {})
        assert ours == await on_the_wire(False, context, None, {})

    async def test_same_bytes_to_a_proxy(self) -> None:
        url = "http://api.example.com"
        ours = await on_the_wire(True, None, url, {})
        assert ours.startswith(b"POST http://api.example.com/v1/balances.check HTTP/1.1\r\n")
        assert ours == await on_the_wire(False, None, url, {})


ACTIONS: dict[str, list[Action]] = {
    "answered": [OK],
    "refused by the server": [Reply(404, {"message": "No.", "code": "customer_not_found"})],
    "redirected": [Reply(302, headers={"location": "/elsewhere"}), OK],
    "not JSON": [Reply(200, b"<html>", HTML)],
    "nonsense": [Raw(b"hello\r\n\r\n")],
    "reset before the answer": [Reset()],
    "cut in the head": [Reply(body=OK.body, cut_after=10)],
    "cut in the body": [Reply(body=OK.body, cut_after=100)],
    "told to close": [Reply(body=OK.body, headers={"connection": "close"})],
}

STALLS: dict[str, list[Action]] = {
    "never answered": [Hang()],
    "stalled in the head": [Reply(body=OK.body, stall_after=10)],
    "stalled in the body": [Reply(body=OK.body, stall_after=100)],
}


async def outcome(
    short: bool, actions: list[Action] | None, timeout_ms: float = 10_000
) -> list[object]:
    """What two checks come to, and what the server saw; None stands for no server."""
    seen: list[object] = []
    with way(short), ScriptedServer(actions or [OK]) as server:
        url = server.url if actions else f"http://localhost:{refused_port()}"
        settings: dict[str, Any] = {"retry_config": ONCE, "timeout_ms": timeout_ms}
        async with client(url, **settings) as autumn:
            for _ in range(2):
                try:
                    seen.append(await autumn.check(**SUBJECT))
                except AutumnSDKError as error:
                    text = re.sub(r"localhost:\d+|port \d+|, \d+\)", "", str(error))
                    seen += [
                        type(error),
                        text,
                        getattr(error, "outcome", None),
                        type(error.__cause__),
                    ]
        seen += [(request.path, request.body) for request in server.requests]
    return seen


class TestWhatItComesTo:
    @pytest.mark.parametrize("actions", ACTIONS.values(), ids=ACTIONS)
    async def test_same(self, actions: list[Action]) -> None:
        ours = await outcome(True, list(actions))
        assert ours == await outcome(False, list(actions))

    @pytest.mark.parametrize("actions", STALLS.values(), ids=STALLS)
    async def test_same_when_time_is_up(self, actions: list[Action]) -> None:
        ours = await outcome(True, list(actions), 300)
        assert ours == await outcome(False, list(actions), 300)

    async def test_same_without_a_server(self) -> None:
        assert await outcome(True, None) == await outcome(False, None)


class Marked(aiohttp.ClientRequest):
    """A request class of a user's."""

    def update_headers(self, headers: Any) -> None:
        super().update_headers(headers)
        self.headers["X-Mine"] = "yes"


class TestWhoseClass:
    @pytest.mark.parametrize("given", [True, False])
    async def test_a_users_session_keeps_its_own(self, given: bool) -> None:
        with ScriptedServer([OK]) as server:
            async with aiohttp.ClientSession(request_class=Marked) as session:
                settings: dict[str, Any] = {"session": session if given else lambda: session}
                async with client(server, **settings) as autumn:
                    await autumn.check(**SUBJECT)
            assert server.requests[0].headers["x-mine"] == "yes"

    async def test_traces_that_a_tool_adds_to_sessions_take_part(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tracing = aiohttp.TraceConfig()

        async def mark(session: object, context: object, params: Any) -> None:
            params.headers["traceparent"] = "00-a-b-01"

        tracing.on_request_start.append(mark)
        begin = aiohttp.ClientSession.__init__
        traced = functools.partialmethod(begin, trace_configs=[tracing])
        monkeypatch.setattr(aiohttp.ClientSession, "__init__", traced)
        with ScriptedServer([OK]) as server:
            async with client(server) as autumn:
                await autumn.check(**SUBJECT)
            assert server.requests[0].headers["traceparent"] == "00-a-b-01"

    def test_aiohttps_own_where_it_was_not_compared(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(aiohttp, "__version__", "3.99.0")
        assert posting.request_class() is aiohttp.ClientRequest

    @pytest.mark.parametrize("name", ["__init__", "send"])
    def test_aiohttps_own_where_a_tool_has_wrapped_it(
        self, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(aiohttp, "__version__", min(posting.COMPARED))
        assert posting.request_class() is posting.ShortPost
        wrapped: Callable[..., Any] = getattr(aiohttp.ClientRequest, name)

        @functools.wraps(wrapped)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return wrapped(*args, **kwargs)

        monkeypatch.setattr(aiohttp.ClientRequest, name, wrapper)
        assert posting.request_class() is aiohttp.ClientRequest


def methods(kind: type) -> list[Any]:
    """What a class does. The source of the class itself would be looked for with `ast`, which in
    Python 3.11 may fail when garbage is collected meanwhile."""
    return [method for method in vars(kind).values() if inspect.isfunction(method)]


def test_aiohttp_is_what_it_was_when_it_was_compared() -> None:
    relied_on: list[Any] = [
        *methods(aiohttp.ClientRequest),
        aiohttp.ClientResponse.__init__,
        aiohttp.ClientSession._request,
        aiohttp.BaseConnector.connect,
        *methods(StreamWriter),
    ]
    source = "".join(map(inspect.getsource, relied_on))
    assert hashlib.sha256(source.encode()).hexdigest().startswith(SOURCES), (
        f"aiohttp {aiohttp.__version__} differs: read what has changed, mend ShortPost, run this "
        "file, then change SOURCES and posting.COMPARED"
    )
