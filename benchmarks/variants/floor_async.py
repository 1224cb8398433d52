"""The floor of asyncio: a Protocol, httptools and msgspec; no pool worth the name, no errors."""

from __future__ import annotations

import asyncio
import ssl
from urllib.parse import urlsplit

import httptools
import msgspec
from worker import AsyncCall, serve_async

from autumn_async.models import CheckResponse

HEAD = (
    "POST /v1/balances.check HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\n"
    "Content-Type: application/json\r\nx-api-version: 2.3.0\r\n"
    "Authorization: Bearer am_sk_test_x\r\nContent-Length: {length}\r\n\r\n"
)


class Connection(asyncio.Protocol):
    """One request at a time."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def ask(self, request: bytes) -> asyncio.Future[bytes]:
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.parts: list[bytes] = []
        self.parser = httptools.HttpResponseParser(self)
        self.transport.write(request)
        return self.answer

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self.parts.append(body)

    def on_message_complete(self) -> None:
        self.answer.set_result(b"".join(self.parts))


async def open_client(url: str) -> dict[str, AsyncCall]:
    address = urlsplit(url)
    context = ssl.create_default_context() if address.scheme == "https" else None
    encoder, decoder = msgspec.json.Encoder(), msgspec.json.Decoder(CheckResponse)
    idle: list[Connection] = []

    async def connect() -> Connection:
        loop = asyncio.get_running_loop()
        host, port = address.hostname, address.port
        _, connection = await loop.create_connection(Connection, host, port, ssl=context)
        return connection

    async def check() -> object:
        body = encoder.encode({"customer_id": "cus_123", "feature_id": "messages"})
        head = HEAD.format(host=address.netloc, length=len(body))
        connection = idle.pop() if idle else await connect()
        answer = await connection.ask(head.encode() + body)
        idle.append(connection)
        return decoder.decode(answer)

    return {"check": check}


serve_async(open_client)
