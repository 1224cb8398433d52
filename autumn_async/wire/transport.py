"""The seam to aiohttp: sessions in, bytes out, aiohttp's errors turned into ours."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib import import_module
from inspect import isawaitable
from io import BytesIO
from time import monotonic
from types import CodeType
from typing import Any, NoReturn, cast

import aiohttp
import msgspec
from multidict import CIMultiDict
from yarl import URL

from .._version import __version__
from ..errors import (
    DOUBT,
    AutumnConnectionError,
    AutumnSDKError,
    AutumnTimeoutError,
    ClientClosedError,
    Outcome,
)
from ..exchange import Request, Response, without_credentials
from .network import Network
from .posting import request_class
from .sockets import inherited, open_socket, watch
from .watching import Watchers

import_module("concurrent.futures.thread")  # now, not when asyncio first looks up a host

# asyncio reads into 256 KiB at a time. glibc maps such a block anew for every answer and unmaps it,
# until a larger one, as this is, was once given back: then it keeps the memory at hand.
bytes(2**19)

SessionFactory = Callable[[], aiohttp.ClientSession | Awaitable[aiohttp.ClientSession]]

_PYTHON = ".".join(map(str, sys.version_info[:3]))
USER_AGENT = f"autumn-async/{__version__} python/{_PYTHON} aiohttp/{aiohttp.__version__}"

_CONNECTING = aiohttp.BaseConnector.connect.__code__
"""aiohttp's code that finds or makes the connection for a request."""

_MOMENT = 0.001
"""Seconds that are as good as none."""

_ONE_PIECE = 2**20
"""Bytes up to which aiohttp takes a body in one piece; it warns of more."""

_closing: set[asyncio.Task[None]] = set()
"""Keeps alive what a loop wouldn't."""


class Destination(msgspec.Struct, frozen=True):
    """Where a request goes, and with which headers. Shows no headers: the key is among them."""

    url: URL
    headers: CIMultiDict[str]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.url)!r})"

    def __rich_repr__(self) -> Any:
        """Stands in for msgspec's own, which would show the key to rich's tracebacks."""
        yield str(self.url)


class Outgoing(Destination, frozen=True):
    """A request on its way, credentials included; errors and captures get `public()`."""

    body: bytes

    def public(self) -> Request:
        """The request without its credentials."""
        headers = without_credentials(self.headers)
        return Request(method="POST", url=str(self.url), headers=headers, body=self.body)


class Incoming(msgspec.Struct, frozen=True):
    """An answer as it came in."""

    status: int
    headers: Any
    content: bytes
    edge: bool = False
    """The edge answered it, without the API."""

    def public(self, attempts: int) -> Response:
        """The answer as errors and captures carry it."""
        return Response(
            status_code=self.status,
            headers=without_credentials(self.headers),
            content=self.content,
            attempts=attempts,
            edge=self.edge,
        )


class Transport:
    """The session of one client on one event loop.

    The session is opened at the first request. A loop that is closed is forgotten; a second loop
    beside a live one is an error, for a session can't be shared between them.
    """

    def __init__(self, session: object, network: Network) -> None:
        self.network = network
        self.watchers: Watchers = Watchers()
        """Those who are told of usage that goes over it."""
        self._given: aiohttp.ClientSession | None = None
        self._factory: SessionFactory | None = None
        if isinstance(session, aiohttp.ClientSession):
            self._given = session
        elif session is None or callable(session):
            self._factory = cast("SessionFactory | None", session)
            if session is not None:
                import_module(".deadlines", __package__)  # now, not inside the first request
        else:
            kind = type(session).__name__
            raise TypeError(
                f"session must be an aiohttp.ClientSession or a function that makes one, not {kind}"
            )
        if session is None:
            network.resolve()
        self._asks_for_proxies = session is None and network.has_proxies
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pid = os.getpid()
        self._opening = asyncio.Lock()
        self._closed = False

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a client can't be pickled or deep-copied: it has connections and a secret key; "
            "make one where it is needed"
        )

    @property
    def live_loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop that the open session is bound to, if that loop still lives, in this process."""
        if self._session is None or self._loop is None or self._pid != os.getpid():
            return None
        return None if self._loop.is_closed() else self._loop

    @property
    def owns_open_session(self) -> bool:
        """Whether there is a session that only `aclose` will close."""
        return self._given is None and self.live_loop is not None

    @property
    def left_open(self) -> bool:
        """Whether there is a session of ours that was not closed, be its loop alive or not."""
        if self._given is not None or self._session is None or self._pid != os.getpid():
            return False
        return not self._session.closed

    async def send(self, request: Outgoing, limit: aiohttp.ClientTimeout) -> Incoming:
        """Sends once and reads the whole answer; raises connection and timeout errors."""
        session, loop = self._session, asyncio.get_running_loop()
        if session is None or self._loop is not loop or self._pid != os.getpid():
            session, limit = await self._entered(loop, limit)
        if session.closed:
            raise ClientClosedError("the session is closed")
        body = request.body
        try:
            answer = await session.post(
                request.url,
                data=body if len(body) <= _ONE_PIECE else BytesIO(body),
                headers=request.headers,
                timeout=limit,
                allow_redirects=False,
                raise_for_status=False,
                proxy=self.network.proxy_for(request.url) if self._asks_for_proxies else None,
            )
            try:
                content = await answer.read()
            except BaseException:
                answer.close()
                raise
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            failure = _translated(error, request, limit)
        else:
            return Incoming(answer.status, answer.headers, content)
        try:
            raise failure  # not in `except`: its context would be aiohttp's error, with the key
        finally:
            del failure  # an exception must not be referred to by its own frames

    def refuse_calls(self) -> None:
        """Lets no more calls through: all that closing means while nothing is open."""
        self._closed = True

    async def aclose(self) -> None:
        """Closes the connections; a session that the user made stays open. Can be repeated."""
        if self._pid != os.getpid():
            self._leave_parent()
        if self.owns_open_session and self._loop is not asyncio.get_running_loop():
            raise RuntimeError("a client must be closed on the event loop that it was used on")
        self.refuse_calls()
        session, self._session, self._loop = self._session, None, None
        if session is not None and self._given is None:
            await session.close()

    def abandon(self) -> None:
        """Leaves it to a live loop to close what is open: for finalizers, on any thread."""
        session, loop = self._session, self.live_loop
        if session is not None and loop is not None and self._given is None:
            with suppress(RuntimeError):  # the loop may be closed by now
                loop.call_soon_threadsafe(_close_soon, loop, session)

    async def _entered(
        self, loop: asyncio.AbstractEventLoop, limit: aiohttp.ClientTimeout
    ) -> tuple[aiohttp.ClientSession, aiohttp.ClientTimeout]:
        """The session of the running loop, and what opening it has left of the time."""
        if self._factory is None:
            return await self._enter(loop), limit
        from .deadlines import within

        total = limit.total or 0
        until = monotonic() + total
        session = await within(total, self._enter(loop), "the session factory")
        # At the very least a moment: aiohttp takes 0 for no limit.
        return session, aiohttp.ClientTimeout(total=max(until - monotonic(), _MOMENT))

    async def _enter(self, loop: asyncio.AbstractEventLoop) -> aiohttp.ClientSession:
        """Comes to the running loop, which may be the first, or another than before."""
        if self._pid != os.getpid():
            self._check_not_shared()
            self._leave_parent()
        self._check_open()
        if self._given is not None:
            _check_loop(self._given, loop)
        if self._loop is not loop:
            await self._leave_dead_loop(loop)
        async with self._opening:
            self._check_open()
            session = self._session
            if session is None:
                session = self._session = await self._open()
            if self._closed:
                await self.aclose()  # again: it came while the session was being made
                self._check_open()
            return session

    def _check_open(self) -> None:
        if self._closed:
            raise ClientClosedError("this client is closed; make a new one")

    async def _leave_dead_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Moves to the running loop, if the one before it is closed, and lets go of its session."""
        self._check_alone()
        old, self._session = self._session, None
        self._loop, self._opening = loop, asyncio.Lock()
        if old is not None:
            await old.close()

    def _check_alone(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            raise AutumnSDKError(
                "this client is in use on another event loop that is still alive; "
                "make a client for each loop, or close this one first"
            )

    def _check_not_shared(self) -> None:
        if self._given is not None:
            raise AutumnSDKError(
                "this process was forked from the one that made the session; a session can't be "
                "shared between processes: make session and client in the child"
            )

    def _leave_parent(self) -> None:
        """Forgets what the parent process opened, without closing it: that would be felt there."""
        if self._session is not None:
            inherited.append(self._session)
        self._session = self._loop = None
        self._pid = os.getpid()

    async def _open(self) -> aiohttp.ClientSession:
        if self._given is not None:
            return self._given
        if self._factory is None:
            connector = aiohttp.TCPConnector(
                socket_factory=open_socket, ssl=self.network.verification
            )
            jar = aiohttp.DummyCookieJar()
            return watch(
                aiohttp.ClientSession(
                    connector=connector, cookie_jar=jar, request_class=request_class()
                )
            )
        made: Any = self._factory()
        session: Any = await made if isawaitable(made) else made
        if not isinstance(session, aiohttp.ClientSession):
            kind = type(session).__name__
            raise TypeError(f"session: the factory made a {kind}, not an aiohttp.ClientSession")
        _check_loop(session, asyncio.get_running_loop())
        return watch(session)


def _check_loop(session: aiohttp.ClientSession, loop: asyncio.AbstractEventLoop) -> None:
    """Raises if the session is of another loop: it would fail there in ways that nobody reads."""
    theirs: asyncio.AbstractEventLoop = getattr(session, "_loop", loop)
    if theirs is not loop:
        which = "closed" if theirs.is_closed() else "not the running one"
        raise AutumnSDKError(
            f"the session belongs to an event loop that is {which}; pass a factory as session=: "
            "it is called once for each loop, on that loop"
        )


def _close_soon(loop: asyncio.AbstractEventLoop, session: aiohttp.ClientSession) -> None:
    task = loop.create_task(session.close())
    _closing.add(task)
    task.add_done_callback(_closing.discard)


def _translated(
    error: Exception, request: Outgoing, limit: aiohttp.ClientTimeout
) -> AutumnSDKError:
    """What an error of aiohttp's means: was there no answer in time, or no connection?"""
    outcome: Outcome = "not sent" if _was_not_sent(error) else "unknown"
    kind: type[AutumnConnectionError] | type[AutumnTimeoutError] = AutumnConnectionError
    host = request.url.authority
    if isinstance(error, asyncio.TimeoutError):
        kind, what = AutumnTimeoutError, "connection to" if outcome == "not sent" else "answer from"
        message = f"no {what} {host} within {(limit.total or 0) * 1000:.0f} ms"
    elif outcome == "not sent":
        message = f"cannot connect to {host}: {_text_of(error)}"
    elif isinstance(error, (aiohttp.ClientResponseError, aiohttp.ClientPayloadError)):
        message = f"the answer of {host} can't be read: {_text_of(error)}"
    else:
        message = f"the connection to {host} was lost: {_text_of(error)}"
    failure = kind(message if outcome == "not sent" else f"{message}; {DOUBT}", outcome=outcome)
    failure.__cause__ = _presentable(error)
    return failure


def _text_of(error: Exception) -> str:
    """What went wrong, in one line and without what the rest of our message says already."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy answers {error.status} {error.message}"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the server closed it"
    if isinstance(error, aiohttp.ClientResponseError):
        return " ".join(error.message.split())
    origin = _presentable(error) or error
    return " ".join(str(origin).split()) or type(origin).__name__


def _presentable(error: Exception) -> BaseException | None:
    """The cause that our error may show. aiohttp's own often holds the request, key and all."""
    if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ClientResponseError)):
        return error.__cause__
    return error


def _was_not_sent(error: Exception) -> bool:
    """Whether the request never had a connection, so that it can't have arrived.

    aiohttp tells it by class for errors of connecting, but not for its total timeout. The traceback
    does: it shows whether the wait that was cut off was for a connection or for the answer.
    """
    if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError)):
        return True
    cut_off = error.__cause__ if isinstance(error, asyncio.TimeoutError) else error
    return cut_off is not None and _passed_through(cut_off, _CONNECTING)


def _passed_through(error: BaseException, code: CodeType) -> bool:
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code is not code:
        frames = frames.tb_next
    return frames is not None
