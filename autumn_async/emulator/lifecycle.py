"""Starting and stopping an emulator: on the caller's event loop, or on a thread of its own."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import keys
from .domain.clock import Clock, wall_clock
from .errors import EmulatorError
from .keys import Organisation
from .server_thread import ServerThread

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from .faults import Faults
    from .gateway import Gateway
    from .server import HttpServer


class Emulator:
    """An Autumn API in this process, for development and tests.

    Start it with `async with` (it then runs on your event loop) or with `with` (it then runs
    on a thread of its own). Each instance runs once. Its methods work from any thread, and from
    async code without `await`.

    `port`: 0 picks a free one. `host`: a loopback address; with `allow_remote` any address of
    this machine, which lets everybody in who can reach it. `secret_key`: the only key that is
    good; without it every `am_sk_test_…` and `am_sk_live_…` key is, unless it contains
    `doesnotexist`. All keys open one organisation, but `am_sk_test_org_NAME` and
    `am_sk_live_org_NAME`, which open one of that name.

    `state`: a file that keeps everything from one run to the next, also after a crash; without
    it everything is in memory. `catalog`: features and plans that each organisation begins with,
    as `{"features": [...], "plans": [...]}` of the bodies that create them, or as the path of a
    `.json` or `.toml` file. `rate_limits`: whether calls are counted and refused as Autumn does.
    `clock`: answers the time in milliseconds since the epoch.

    Raises `ValueError` for a host that isn't loopback or a key that isn't well-formed,
    `CatalogError` (a `ValueError`) for a catalog that isn't good, `StateError` for a file that
    isn't a state of this version, and `EmulatorError` when it is entered twice or its port is
    taken.

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
        state: str | Path | None = None,
        catalog: str | Path | Mapping[str, Any] | None = None,
        rate_limits: bool = False,
        allow_remote: bool = False,
    ) -> None:
        _require_host(host, allow_remote)
        _require_key(secret_key)
        self._host = "127.0.0.1" if host == "localhost" else host
        self._port = port
        self._secret_key = secret_key
        self._clock = clock
        self._state = state
        self._catalog = catalog
        self._rate_limits = rate_limits
        self._used = False
        self._url: str | None = None
        self._running: Gateway | None = None
        self._server: HttpServer | None = None
        self._thread: ServerThread | None = None
        self._organisations = count(1)

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

    @cached_property
    def faults(self) -> Faults:
        """What goes wrong with calls: see `Faults.add`."""
        from .faults import Faults

        return Faults()

    @property
    def now(self) -> int:
        """The time in the emulator, in milliseconds since the epoch."""
        return self._gateway.clock()

    def advance(
        self,
        *,
        years: int = 0,
        months: int = 0,
        weeks: float = 0,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
    ) -> int:
        """Lets so much time pass at once; answers the new time in milliseconds.

        What is due by then happens at the next call that looks: balances reset, trials and
        plans end, locks expire. Usage that was accepted is applied first. Raises `ValueError`
        for a span that is negative.

            emulator.advance(months=1)
        """
        from .clocks import later

        span = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        return self.set_time(later(self.now, span, years=years, months=months))

    def set_time(self, moment: int | datetime) -> int:
        """Moves the time forward to a moment: milliseconds, or a datetime that has a zone.

        It runs on from there. Raises `ValueError` for a moment that has passed.
        """
        from .clocks import milliseconds

        self._gateway.move_clock(milliseconds(moment))
        return self.now

    def organisation(self, name: str | None = None) -> Organisation:
        """An organisation apart from all others, empty but for the catalog; its keys open it.

        Costs next to nothing: take a new one for each test. Without a name it is a new one.
        """
        if self._secret_key:
            raise EmulatorError("an emulator with one good key has one organisation")
        return Organisation(f"{next(self._organisations)}" if name is None else name)

    def forget(self, organisation: Organisation) -> None:
        """Removes what an organisation has, if there is anything."""
        self._gateway.forget(organisation.name)

    @contextmanager
    def isolated(self) -> Generator[Organisation, None, None]:
        """A new organisation for a block, as a test wants it.

        At the end of the block it is forgotten, all faults are removed and the time is what it
        was before: whatever a test does, the next one finds a clean emulator.

            with emulator.isolated() as organisation:
                autumn = Autumn(organisation.secret_key, server_url=emulator.url)
        """
        clock = self._gateway.clock
        ahead_ms = clock.ahead_ms
        organisation = self.organisation()
        try:
            yield organisation
        finally:
            clock.ahead_ms = ahead_ms
            self.faults.clear()
            self.forget(organisation)

    def dump(self) -> bytes:
        """Everything it remembers, its time included, for `load`."""
        return self._gateway.dump()

    def load(self, data: bytes) -> None:
        """Makes it remember what was dumped, and nothing else.

        Raises `StateError` for data that isn't a dump of this version.
        """
        self._gateway.load(data)

    @property
    def _gateway(self) -> Gateway:
        if self._running is None:
            raise EmulatorError("The emulator is not running")
        return self._running

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
        self._thread = ServerThread(self._start, self._stop)
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
        from .server import HttpServer

        gateway = self._made()
        server = HttpServer(gateway, self.faults)
        try:
            port = await server.open(self._host, self._port)
        except (OSError, OverflowError) as error:
            gateway.close()
            place = f"{self._host}:{self._port}"
            raise EmulatorError(f"The emulator cannot listen on {place}: {error}") from error
        self._running, self._server = gateway, server
        name = f"[{self._host}]" if ":" in self._host else self._host
        self._url = f"http://{name}:{port}"

    def _made(self) -> Gateway:
        from .catalog import read_catalog
        from .gateway import Gateway

        catalog = None if self._catalog is None else read_catalog(self._catalog)
        state = None
        if self._state is not None:
            from .state.journal import StateFile

            state = StateFile(self._state)
        try:
            return Gateway(
                self._clock,
                self._secret_key,
                catalog=catalog,
                state=state,
                rate_limits=self._rate_limits,
            )
        except BaseException:
            if state:
                state.close()
            raise

    async def _stop(self) -> None:
        server, self._server, self._url = self._server, None, None
        if server:
            await server.close()
        gateway, self._running = self._running, None
        if gateway:
            gateway.close()


async def serve(emulator: Emulator, on_ready: Callable[[Emulator], None]) -> None:
    """Runs an emulator until it is cancelled; `on_ready` is handed it once it listens."""
    async with emulator:
        on_ready(emulator)
        await asyncio.Event().wait()


def _require_host(host: str, allow_remote: bool) -> None:
    loopback = host == "localhost"
    with suppress(ValueError):
        loopback = loopback or ipaddress.ip_address(host).is_loopback
    if not loopback and not allow_remote:
        raise ValueError(
            f"The emulator listens on loopback addresses only, not on {host!r}:"
            " with allow_remote it does, and then everybody who can reach it may use it"
        )


def _require_key(secret_key: str | None) -> None:
    if secret_key is not None and not secret_key.startswith(tuple(keys.PREFIXES)):
        raise ValueError(f"A secret key starts with {' or '.join(keys.PREFIXES)}")
