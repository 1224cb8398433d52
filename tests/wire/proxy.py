"""A small HTTP proxy, in the event loop of the test."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit


class Proxy:
    """`async with Proxy() as proxy:` then `proxy.url`, `proxy.requests`.

    Forwards plain requests and tunnels those of `CONNECT`, or refuses both with a status.
    """

    def __init__(self, refuses_with: int | None = None) -> None:
        self._refusal = refuses_with
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        """Method, target and headers of each request that came by."""
        self.port = 0

    @property
    def address(self) -> str:
        return f"localhost:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # for the transports to notice

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.append(writer)
        with suppress(ConnectionError, EOFError):
            await self._pass_on(reader, writer)
        writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        line, *fields = head.decode().split("\r\n")
        method, target, _ = line.split(" ")
        pairs = (field.split(": ", 1) for field in fields if field)
        headers = {name.lower(): value for name, value in pairs}
        self.requests.append((method, target, headers))
        if self._refusal is not None:
            writer.write(b"HTTP/1.1 %d No\r\ncontent-length: 0\r\n\r\n" % self._refusal)
            await writer.drain()
            return
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            there = urlsplit(f"//{target}")
            greeting = b""
        else:
            there = urlsplit(target)
            greeting = head.replace(target.encode(), there.path.encode(), 1)
        assert there.port is not None
        reader_there, writer_there = await asyncio.open_connection("127.0.0.1", there.port)
        self._writers.append(writer_there)
        writer_there.write(greeting)
        await asyncio.gather(_pour(reader, writer_there), _pour(reader_there, writer))


async def _pour(source: asyncio.StreamReader, into: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await source.read(65_536):
            into.write(data)
            await into.drain()
    into.close()
