"""Starting and stopping an emulator: on the caller's event loop, or on a thread of its own."""

from __future__ import annotations

import asyncio
import ipaddress
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from . import keys
from .domain.clock import Clock, wall_clock

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from .server import HttpServer

Step = Callable[[], Awaitable[None]]

START_S: Final = 10.0
STOP_S: Final = 5.0
"""How long entering and leaving wait for the emulator's own thread, in seconds."""


class EmulatorError(RuntimeError):
    """The emulator cannot do that: it is running, has run, or can't have its port."""


class Emulator:
    """An Autumn API in this process, for development and tests.

    Start it with `async with` (it then runs on your event loop) or with `with` (it then runs
    on a thread of its own). It keeps everything in memory, and each instance runs once.

    `port`: 0 picks a free one. `host`: a loopback address. `secret_key`: the only key that is
    good; without it every `am_sk_test_…` and `am_sk_live_…` key is, unless it contains
    `doesnotexist`. `clock`: answers the time in milliseconds since the epoch.

    Raises `ValueError` for a host that isn't loopback or a key that isn't well-formed, and
    `EmulatorError` when it is entered twice or its port is taken.

        with Emulator() as emulator:
            autumn = Autumn(secret_key=emulator.secret_key, server_url=emulator.url)
    """

    def __init__(
        self,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        secret_key: str | None = None,
        clock: Clock = wall_clock,
    ) -> None:
        _require_loopback(host)
        _require_key(secret_key)
        self._host = "127.0.0.1" if host == "localhost" else host
        self._port = port
        self._secret_key = secret_key
        self._clock = clock
        self._used = False
        self._url: str | None = None
        self._server: HttpServer | None = None
        self._thread: _ServerThread | None = None

    def __repr__(self) -> str:
        return f"Emulator({self._url or 'not running'})"

    @property
    def url(self) -> str:
        """Where it listens, like `http://127.0.0.1:40100`. Raises unless it is running."""
        if self._url is None:
            raise EmulatorError("The emulator is not running")
        return self._url

    @property
    def secret_key(self) -> str:
        """A key it accepts, of the sandbox environment unless you gave it another one."""
        return self._secret_key or keys.READY

    async def __aenter__(self) -> Self:
        self._claim()
        await self._start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stop()

    def __enter__(self) -> Self:
        self._claim()
        self._thread = _ServerThread(self._start, self._stop)
        self._thread.start_and_wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._thread:
            self._thread.stop_and_wait()

    def _claim(self) -> None:
        if self._used:
            raise EmulatorError("An Emulator runs once: make another one")
        self._used = True

    async def _start(self) -> None:
        # Loaded here, so that importing the package costs nothing.
        from .gateway import Gateway
        from .server import HttpServer

        server = HttpServer(Gateway(self._clock, self._secret_key))
        try:
            port = await server.open(self._host, self._port)
        except (OSError, OverflowError) as error:
            place = f"{self._host}:{self._port}"
            raise EmulatorError(f"The emulator cannot listen on {place}: {error}") from error
        self._server = server
        name = f"[{self._host}]" if ":" in self._host else self._host
        self._url = f"http://{name}:{port}"

    async def _stop(self) -> None:
        server, self._server, self._url = self._server, None, None
        if server:
            await server.close()


class _ServerThread:
    """A daemon thread with an event loop, on which something is started and later stopped."""

    def __init__(self, start: Step, stop: Step) -> None:
        self._start = start
        self._stop = stop
        self._started: Future[None] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._main, name="autumn-emulator", daemon=True)

    def start_and_wait(self) -> None:
        self._thread.start()
        try:
            self._started.result(START_S)
        except BaseException:
            self.stop_and_wait()
            raise

    def stop_and_wait(self) -> None:
        if self._loop and self._stopping:
            with suppress(RuntimeError):  # the loop may have been closed by now
                self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(STOP_S)

    def _main(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        try:
            await self._start()
        except BaseException as error:
            self._started.set_exception(error)
            return
        self._started.set_result(None)
        await self._stopping.wait()
        await self._stop()


async def serve(
    *,
    port: int,
    host: str = "127.0.0.1",
    secret_key: str | None = None,
    on_ready: Callable[[Emulator], None],
) -> None:
    """Runs an emulator until it is cancelled; `on_ready` is handed it once it listens.

    Raises what `Emulator` raises.
    """
    async with Emulator(port=port, host=host, secret_key=secret_key) as emulator:
        on_ready(emulator)
        await asyncio.Event().wait()


def _require_loopback(host: str) -> None:
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ValueError(f"The emulator listens on loopback addresses only, not on {host!r}")


def _require_key(secret_key: str | None) -> None:
    if secret_key is not None and not secret_key.startswith(tuple(keys.PREFIXES)):
        raise ValueError(f"A secret key starts with {' or '.join(keys.PREFIXES)}")
