"""The gateway behind HTTP: aiohttp's bare server, every method and path through one handler."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

from aiohttp import web
from multidict import CIMultiDict

from .gateway import Gateway, Request
from .payment_pages import answer_page

GREETING = "This is an emulator of the Autumn API. Nothing here is billed.\n"
SHUTDOWN_S = 1.0
"""How long a shutdown waits for requests in flight, in seconds."""
SETTLING_TURNS = 3

_JSON = CIMultiDict({"Content-Type": "application/json"})


class HttpServer:
    """Serves a gateway on the running event loop, between `open` and `close`."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
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
        incoming = Request(
            request.method, request.path, request.headers, body, request.query_string
        )
        if page := answer_page(self._gateway, incoming):
            return web.Response(text=page.text, status=page.status, headers=page.headers)
        reply = self._gateway.answer(incoming)
        if self._gateway.queued:
            asyncio.get_running_loop().call_soon(self._gateway.apply_queued)
        return web.Response(body=reply.body, status=reply.status, headers=_JSON)


async def _read(request: web.BaseRequest) -> bytes:
    """The whole body, as long as it may be; one that can't be read counts as empty."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    try:
        return await request.content.read()
    except (web.RequestPayloadError, OSError):
        return b""
