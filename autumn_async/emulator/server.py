"""The gateway behind HTTP: aiohttp's bare server, every method and path through one handler."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress

import msgspec
from aiohttp import web
from multidict import CIMultiDict

from .faults import Fault, Faults
from .gateway import Gateway
from .keys import SANDBOX
from .messages import Reply, Request

GREETING = "This is an emulator of the Autumn API. Nothing here is billed.\n"
SHUTDOWN_S = 1.0
"""How long a shutdown waits for requests in flight, in seconds."""
SETTLING_TURNS = 3
FAULT_CODES = {429: "rate_limit_exceeded", 503: "service_unavailable"}

_JSON = CIMultiDict({"Content-Type": "application/json"})


class HttpServer:
    """Serves a gateway on the running event loop, between `open` and `close`."""

    def __init__(self, gateway: Gateway, faults: Faults) -> None:
        self._gateway = gateway
        self._faults = faults
        server = web.Server(self._handle, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=SHUTDOWN_S)
        self._socket: socket.socket | None = None

    async def open(self, host: str, port: int) -> int:
        """Starts to listen; answers the port, which the system picks for 0."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family)
        await self._runner.setup()
        await web.SockSite(self._runner, self._socket).start()
        return int(self._socket.getsockname()[1])

    async def close(self) -> None:
        """Stops listening and closes every connection, within about a second."""
        if self._socket:
            # asyncio loses connections that it accepted but hasn't set up when its server is
            # closed: let no more come in, and let it set up those that have.
            with suppress(NotImplementedError):
                asyncio.get_running_loop().remove_reader(self._socket.fileno())
            for _ in range(SETTLING_TURNS):
                await asyncio.sleep(0)
        await self._runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/":
            return web.Response(text=GREETING)
        body = await _read(request)
        asked = Request(request.method, request.path, request.headers, body, request.query_string)
        striking = self._faults.striking(asked.path) if self._faults else ()
        if striking:
            return await self._troubled(request, asked, striking)
        return _response(self._answered(asked))

    def _answered(self, asked: Request) -> Reply:
        reply = self._gateway.answer(asked)
        if self._gateway.queued:
            asyncio.get_running_loop().call_soon(self._gateway.apply_queued)
        return reply

    async def _troubled(
        self, request: web.BaseRequest, asked: Request, faults: Sequence[Fault]
    ) -> web.StreamResponse:
        """Waits for all of the faults, then lets the first that ends the call decide."""
        await asyncio.sleep(sum(fault.latency_ms for fault in faults) / 1000)
        for fault in faults:
            asked = asked._replace(body=fault.spoiled(asked.body))
        ending = next((fault for fault in faults if fault.drop or fault.status), None)
        if ending is None:
            return _response(self._answered(asked))
        if ending.applied:
            fails = ending.status is not None and ending.status >= 400
            self._answered(asked._replace(fails=fails))
        if ending.drop and request.transport:
            request.transport.abort()
        return _faulty(ending)


def _response(reply: Reply) -> web.Response:
    headers = {**_JSON, **reply.headers} if reply.headers else _JSON
    return web.Response(body=reply.body, status=reply.status, headers=headers)


def _faulty(fault: Fault) -> web.Response:
    """What a fault answers: text as it is, anything else as JSON."""
    status, body, headers = fault.status or 500, fault.body, fault.headers or {}
    if isinstance(body, str):
        return web.Response(text=body, status=status, headers=headers)
    if body is None:
        code = FAULT_CODES.get(status, "internal_error" if status >= 500 else "invalid_request")
        body = {"message": "A fault that was asked for", "code": code, "env": SANDBOX}
    content = msgspec.json.encode(body)
    return web.Response(body=content, status=status, headers={**_JSON, **headers})


async def _read(request: web.BaseRequest) -> bytes:
    """The whole body, as long as it may be; one that can't be read counts as empty."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    try:
        return await request.content.read()
    except (web.RequestPayloadError, OSError):
        return b""
