"""The seam to aiohttp: sessions in, bytes out, aiohttp's errors turned into ours."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from platform import python_version
from types import CodeType
from typing import Any, cast

import aiohttp
import anyio
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
from ..exchange import Headers, Request, Response, without_credentials
from .network import Network
from .sockets import open_socket

SessionFactory = Callable[[], aiohttp.ClientSession | Awaitable[aiohttp.ClientSession]]

USER_AGENT = f"autumn-async/{__version__} python/{python_version()} aiohttp/{aiohttp.__version__}"

_CONNECTING = aiohttp.BaseConnector.connect.__code__
"""aiohttp's code that finds or makes the connection for a request."""

_inherited: list[aiohttp.ClientSession] = []
"""Sessions that a fork brought along: kept and never touched, so that nothing finalizes them."""


class Outgoing(msgspec.Struct, frozen=True):
    """A request on its way, credentials included; errors and captures get `public()`."""

    url: URL
    headers: CIMultiDict[str]
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

    def public(self, attempts: int) -> Response:
        """The answer as errors and captures carry it."""
        return Response(
            status_code=self.status,
            headers=Headers(self.headers.items()),
            content=self.content,
            attempts=attempts,
        )


class Transport:
    """The session of one client on one event loop.

    The session is opened at the first request. A loop that is closed is forgotten; a second loop
    beside a live one is an error, for a session can't be shared between them.
    """

    def __init__(self, session: object, network: Network) -> None:
        self.network = network
        self._given: aiohttp.ClientSession | None = None
        self._factory: SessionFactory | None = None
        if isinstance(session, aiohttp.ClientSession):
            self._given = session
        elif session is None or callable(session):
            self._factory = cast("SessionFactory | None", session)
        else:
            kind = type(session).__name__
            raise TypeError(
                f"session must be an aiohttp.ClientSession or a function that makes one, not {kind}"
            )
        self._asks_for_proxies = session is None and network.has_proxies
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pid = os.getpid()
        self._opening = asyncio.Lock()
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether `aclose` was called."""
        return self._closed

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

    async def send(self, request: Outgoing, limit: aiohttp.ClientTimeout) -> Incoming:
        """Sends once and reads the whole answer; raises connection and timeout errors."""
        session, loop = self._session, asyncio.get_running_loop()
        if session is None or self._loop is not loop or self._pid != os.getpid():
            session = await self._entered(loop, limit)
        if session.closed:
            raise ClientClosedError("the session is closed")
        try:
            answer = await session.post(
                request.url,
                data=request.body,
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
            raise _translated(error, request, limit) from error
        return Incoming(answer.status, answer.headers, content)

    def refuse_calls(self) -> None:
        """Lets no more calls through: all that closing means while nothing is open."""
        self._closed = True

    async def aclose(self) -> None:
        """Closes the connections; a session that the user made stays open. Can be repeated."""
        self.refuse_calls()
        session, loop = self._session, self.live_loop
        self._session = self._loop = None
        if session is None or loop is None or self._given is not None:
            return
        if loop is not asyncio.get_running_loop():
            raise RuntimeError("a client must be closed on the event loop that it was used on")
        await session.close()

    async def _entered(
        self, loop: asyncio.AbstractEventLoop, limit: aiohttp.ClientTimeout
    ) -> aiohttp.ClientSession:
        try:
            with anyio.fail_after(limit.total):
                return await self._enter(loop)
        except TimeoutError as error:
            message = "the session factory took longer than the call may take"
            raise AutumnTimeoutError(message, outcome="not sent") from error

    async def _enter(self, loop: asyncio.AbstractEventLoop) -> aiohttp.ClientSession:
        """Comes to the running loop, which may be the first, or another than before."""
        if self._pid != os.getpid():
            self._leave_parent()
        if self._closed:
            raise ClientClosedError("this client is closed; make a new one")
        if self._loop is not loop:
            self._check_alone()
            self._loop, self._session, self._opening = loop, None, asyncio.Lock()
        async with self._opening:
            if self._session is None:
                self._session = await self._open()
            return self._session

    def _check_alone(self) -> None:
        if self._loop is None:
            return
        if not self._loop.is_closed():
            raise AutumnSDKError(
                "this client is in use on another event loop that is still alive; "
                "make a client for each loop, or close this one first"
            )
        if self._given is not None:
            raise AutumnSDKError(
                "the session belongs to an event loop that is closed; "
                "pass a factory as session= and it is called once for each loop"
            )

    def _leave_parent(self) -> None:
        """Forgets what the parent process opened, without closing it: that would be felt there."""
        if self._given is not None:
            raise AutumnSDKError(
                "this process was forked from the one that made the session; a session can't be "
                "shared between processes: make session and client in the child"
            )
        if self._session is not None:
            _inherited.append(self._session)
        self._session = self._loop = None
        self._pid = os.getpid()

    async def _open(self) -> aiohttp.ClientSession:
        if self._given is not None:
            return self._given
        if self._factory is None:
            connector = aiohttp.TCPConnector(
                socket_factory=open_socket, ssl=self.network.verification
            )
            return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        made: Any = self._factory()
        session: Any = await made if isawaitable(made) else made
        if not isinstance(session, aiohttp.ClientSession):
            kind = type(session).__name__
            raise TypeError(f"session: the factory made a {kind}, not an aiohttp.ClientSession")
        return session


def _translated(
    error: Exception, request: Outgoing, limit: aiohttp.ClientTimeout
) -> AutumnSDKError:
    """What an error of aiohttp's means: was there no answer in time, or no connection?"""
    outcome: Outcome = "not sent" if _was_not_sent(error) else "unknown"
    host = request.url.host
    if isinstance(error, asyncio.TimeoutError):
        what = "no connection to" if outcome == "not sent" else "no answer from"
        message = f"{what} {host} within {(limit.total or 0) * 1000:g} ms"
        return AutumnTimeoutError(_with_doubt(message, outcome), outcome=outcome)
    if outcome == "not sent":
        message = f"cannot connect to {host}: {error}"
    else:
        message = f"the connection to {host} was lost: {str(error) or type(error).__name__}"
    return AutumnConnectionError(_with_doubt(message, outcome), outcome=outcome)


def _with_doubt(message: str, outcome: Outcome) -> str:
    return message if outcome == "not sent" else f"{message}; {DOUBT}"


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
