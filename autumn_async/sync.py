"""What the generated sync client stands on: its life, and the way to the private loop and back."""

from __future__ import annotations

import asyncio
import sys
import warnings
from asyncio import to_thread
from collections.abc import Callable, Coroutine, Generator, Mapping
from contextvars import Context, ContextVar, copy_context
from functools import partial
from inspect import CORO_CREATED, getcoroutinestate, isawaitable, iscoroutine
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import aiohttp
import msgspec

from . import portal, user_code
from .client import AsyncAutumn
from .settings import Settings, changed, client_options, settings_from
from .wire.caller import Caller
from .wire.network import Network
from .wire.pages import AsyncPager, Place, SyncPage, sync_page
from .wire.transport import SessionFactory, Transport

if TYPE_CHECKING:
    from typing_extensions import Self

    from .caching.sync_cache import BalanceCache
    from .tracking.store import Store
    from .tracking.sync_tracker import UsageTracker

P = ParamSpec("P")
T = TypeVar("T")

_key: ContextVar[Any] = ContextVar("autumn_key")
"""What the source of keys said to whoever makes the call, on its way to the private loop."""


class SyncResource:
    """A namespace of operations of one sync client."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge


class SyncClient:
    """The life of a sync client."""

    _bridge: Bridge
    _is_derived = False
    _edge: Self | None = None

    def _start(self, *, session: Any, **arguments: Any) -> None:
        if isinstance(session, aiohttp.ClientSession):
            raise TypeError(
                "session must be a function that makes an aiohttp.ClientSession: a session belongs "
                "to one event loop, and Autumn runs on a private loop and on yours"
            )
        settings = settings_from(**arguments)
        self._bridge = Bridge(settings, Connections(session, settings))

    def _with_options(self, arguments: dict[str, Any]) -> Self:
        derived = type(self).__new__(type(self))
        derived._bridge = self._bridge.with_options(client_options(arguments))
        derived._is_derived = True
        return derived

    def close(self) -> None:
        """Closes the connections of the sync calls. Can be repeated.

        Those of awaited `x_async` calls need the loop that they were awaited on: if any are open,
        this warns, and `aclose` closes both.
        """
        if self._is_derived:
            return
        connections = self._bridge.connections
        connections.close_private()
        if connections.twin.owns_open_session:
            connections.warned = True
            warnings.warn(
                "connections of x_async calls are still open; close with `await client.aclose()`, "
                "or use `async with`",
                ResourceWarning,
                stacklevel=user_code.stack_level(),
            )

    async def aclose(self) -> None:
        """Closes all connections, those of the sync calls and those of awaited ones."""
        if self._is_derived:
            return
        try:
            await self._bridge.connections.twin.aclose()
        finally:
            self._bridge.connections.close_private()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._bridge.settings!r})"


class Bridge:
    """The way from the methods of a sync client to the async originals."""

    def __init__(self, settings: Settings, connections: Connections) -> None:
        self.settings = settings
        self.connections = connections
        self.twin: AsyncAutumn = AsyncAutumn.over(settings, connections.twin)
        """Makes the calls of the `x_async` methods, on the loop that they are awaited on."""
        if not isinstance(settings.secret_key, str):
            settings = msgspec.structs.replace(settings, secret_key=_key.get)
        self.private: AsyncAutumn = AsyncAutumn.over(settings, connections.private)
        """Makes the calls that `run` runs on the private loop."""

    def having(self, namespace: str) -> Bridge:
        """This bridge, once both originals have a namespace: not inside its first request."""
        getattr(self.private, namespace)
        getattr(self.twin, namespace)
        return self

    def preload(self) -> None:
        """Loads all namespaces of both originals."""
        self.private.preload()
        self.twin.preload()

    def with_options(self, options: dict[str, Any]) -> Bridge:
        """A bridge with other settings over the same connections."""
        return Bridge(changed(self.settings, options), self.connections)

    def run(
        self, call: Callable[P, Coroutine[Any, Any, T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Makes the call on the private loop; what it raises looks as if it was raised here."""
        here = self.connections.portal()
        here.check_caller()
        portal.warn_if_blocking_a_loop()
        context = copy_context()
        key = self._key_for(context)
        try:
            job = here.run(partial(call, *args, **kwargs), context)
        finally:
            if key is not None:
                key.forget()
        error, job.error = job.error, None
        if error is None:
            return job.value
        try:
            raise portal.without_plumbing(error)
        finally:
            del error  # an exception must not be referred to by its own frames

    def page(self, pager: AsyncPager[T]) -> SyncPage[T]:
        """The first page of a list; each page takes one hop to the private loop."""
        fetch = pager.fetch
        return sync_page(lambda arguments: self.run(fetch, arguments), Place(pager.arguments))

    def run_alone(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Runs a coroutine function on the private loop that is nobody's call."""
        job = self.connections.portal().run(call, Context())
        error, job.error = job.error, None
        if error is not None:
            raise error
        return job.value

    def cached(self, max_age: object, stale: object, max_entries: object) -> BalanceCache:
        """A cache that fetches balances on the private loop."""
        from .caching.deciding import Decider
        from .caching.options import options_from
        from .caching.sync_cache import BalanceCache

        options = options_from(max_age, stale, max_entries)
        transports = [self.connections.private, self.connections.twin]
        caller = self._caller_of_its_own()
        return BalanceCache(self, Decider(self.private, caller, options, transports=transports))

    def tracker(self, store: Store, options: Mapping[str, Any]) -> UsageTracker:
        """A tracker that sends on the private loop."""
        from .tracking.clock import Clock
        from .tracking.options import options_from
        from .tracking.sync_tracker import UsageTracker

        caller = self._caller_of_its_own()
        return UsageTracker(store, options_from(dict(options)), caller, Clock(), self.run_alone)

    def _caller_of_its_own(self) -> Caller:
        """Makes calls on the private loop that nobody waits for on a thread."""
        settings = self.settings
        if not isinstance(settings.secret_key, str):
            key = partial(_asked_off_the_loop, settings.secret_key)
            settings = msgspec.structs.replace(settings, secret_key=key)
        return Caller(settings, self.connections.private)

    def _key_for(self, context: Context) -> _AwaitedOnce | None:
        """Asks the source of keys, if that's what we have, here on the thread of the caller.

        A key that is yet to come is returned too, for the caller to forget.
        """
        if isinstance(self.settings.secret_key, str):
            return None
        said = self.settings.secret_key()
        key = _AwaitedOnce(said) if iscoroutine(said) else None
        context.run(_key.set, key or said)
        return key


class _AwaitedOnce:
    """A key that is yet to come, for all the requests of one hop to the private loop."""

    def __init__(self, said: Coroutine[Any, Any, Any]) -> None:
        self._said = said
        self._task: asyncio.Task[Any] | None = None

    def __await__(self) -> Generator[Any, Any, Any]:
        if self._task is None:
            self._task = asyncio.ensure_future(self._said)
        return asyncio.shield(self._task).__await__()

    def forget(self) -> None:
        """Closes a coroutine that nobody has awaited, so that Python doesn't warn of it."""
        if getcoroutinestate(self._said) == CORO_CREATED:
            self._said.close()


async def _asked_off_the_loop(source: Callable[[], Any]) -> Any:
    """What a source of keys says, which may make calls of its own."""
    key = await to_thread(source)
    return await key if isawaitable(key) else key


class Connections:
    """The two transports of a sync client: one on the private loop, one on the caller's."""

    def __init__(self, session: SessionFactory | None, settings: Settings) -> None:
        network = Network(settings.server_url, settings.edge_url)
        self.private: Transport = Transport(session, network)
        self.twin: Transport = Transport(session, network)
        self._portal: portal.Portal | None = None
        self._made_at = user_code.line()
        self.warned = False

    def portal(self) -> portal.Portal:
        """The portal of this process; it keeps the private transport until that is closed."""
        here = portal.current()
        if here is not self._portal:
            here.keep(self.private)
            self._portal = here
        return here

    def close_private(self) -> None:
        """Closes what is open on the private loop."""
        self.private.refuse_calls()
        here = portal.existing()
        if here is not None:
            here.close(self.private)

    def __del__(self) -> None:
        """Warns of what was left open, and has it closed by the loops that it is open on."""
        private: Transport | None = self.__dict__.get("private")
        if private is None or sys.is_finalizing():
            return
        left_open = private.left_open or self.twin.left_open
        if self._portal is not None and self._portal is portal.existing():
            self._portal.reap(private)
        self.twin.abandon()
        if left_open and not self.warned:
            message = f"Autumn made at {self._made_at} was not closed"
            warnings.warn(message, ResourceWarning, stacklevel=1, source=self)
