"""An HTTP server on a real socket that does what a test tells it, however bad.

It runs on a thread of its own, so that sync and async clients can be tested against it, speaks
HTTP/1.1 with keep-alive, and records every request that it has read.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Recorded:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int
    """Which connection it came over, counted from 0."""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    """An answer, and how it goes out."""

    status: int = 200
    body: Any = field(default_factory=dict)
    """JSON, or bytes that are sent as they are."""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds before the first byte."""
    cut_after: int | None = None
    """Send so many bytes of head and body, then reset the connection."""
    stall_after: int | None = None
    """Send so many bytes of head and body, then nothing more."""
    close: bool = False
    """Close the connection after the answer, without having said so."""

    def encoded(self) -> bytes:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        headers = {"content-type": "application/json", **self.headers}
        if self.status != 204:
            headers.setdefault("content-length", str(len(body)))
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {self.status} Scripted\r\n{head}\r\n".encode() + body


class Reset:
    """Read the request, then reset the connection without a byte of an answer."""


class Hang:
    """Read the request, then never answer."""


@dataclass
class Raw:
    """Send these bytes, whatever they are, and close the connection."""

    data: bytes


Action = Reply | Reset | Hang | Raw
Script = Callable[[Recorded], Action]


class ScriptedServer:
    """`with ScriptedServer(actions) as server:` then `server.url`, `server.requests`.

    `actions` is a function of the request, or a list of actions used one after another, the last
    one again and again.
    """

    def __init__(self, actions: Script | list[Action], tls: ssl.SSLContext | None = None) -> None:
        self._script = actions if callable(actions) else self._from_list(list(actions))
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections = 0
        self.requests: list[Recorded] = []
        self.hang_ups = 0
        """How many clients have closed the connection while they were kept waiting."""
        self.port = 0

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://localhost:{self.port}"

    @property
    def connections(self) -> int:
        """How many connections have been opened so far."""
        return self._connections

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        number, self._connections = self._connections, self._connections + 1
        try:
            while (request := await self._read(reader, number)) is not None:
                self.requests.append(request)
                if not await self._act(self._script(request), reader, writer):
                    return
        except (ConnectionError, ValueError, EOFError, asyncio.CancelledError):
            pass  # gone, not HTTP, or stopped
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _read(self, reader: asyncio.StreamReader, number: int) -> Recorded | None:
        line = await reader.readline()
        if not line:
            return None
        method, path, _ = line.decode().split(" ", 2)
        headers: dict[str, str] = {}
        while (text := (await reader.readline()).decode().strip()) != "":
            name, _, value = text.partition(":")
            headers[name.strip().lower()] = value.strip()
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        return Recorded(method, path, headers, body, number)

    async def _act(
        self, action: Action, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Carries an action out; False ends the connection."""
        if isinstance(action, Hang):
            return await self._keep_waiting(reader)
        if isinstance(action, Reset):
            writer.transport.abort()
            return False
        if isinstance(action, Raw):
            writer.write(action.data)
            await writer.drain()
            return False
        await asyncio.sleep(action.delay)
        data = action.encoded()
        if action.cut_after is not None:
            writer.write(data[: action.cut_after])
            await writer.drain()
            writer.transport.abort()
            return False
        if action.stall_after is not None:
            writer.write(data[: action.stall_after])
            return await self._keep_waiting(reader)
        writer.write(data)
        await writer.drain()
        return not action.close

    async def _keep_waiting(self, reader: asyncio.StreamReader) -> bool:
        with suppress(ConnectionError):
            await reader.read()
        self.hang_ups += 1
        return False

    def _from_list(self, actions: list[Action]) -> Script:
        def script(_: Recorded) -> Action:
            return actions.pop(0) if len(actions) > 1 else actions[0]

        return script
