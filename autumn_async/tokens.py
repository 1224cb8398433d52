"""Customer tokens that stay fresh: one refresh ahead of the end, shared by all who wait for it."""

from __future__ import annotations

import asyncio
import logging
import math
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import Context
from importlib import import_module

from . import settings
from .client import AsyncAutumn
from .errors import AutumnSDKError
from .models.keys import CustomerToken

_logger = logging.getLogger("autumn_async")

_RETRY_MS = 5_000
"""How long after a refresh the next one comes at the earliest, while the token holds."""


class TokenSource:
    """A customer token that renews itself: the `secret_key` of a client.

        token = await autumn.keys.mint(customer_id="cus_123")
        async with AsyncAutumn(TokenSource(token)) as theirs:
            answer = await theirs.check(customer_id="cus_123", feature_id="messages")

    Shortly before the token ends, the next call trades it for a new one, and calls that come
    meanwhile wait for that instead of doing the same. If that fails while the token still holds, it
    is used on and the next try waits a few seconds. One source may serve several clients, async and
    sync, on any loop and thread; it has no connections of its own to close.

    Args:
        token: What `keys.mint` or `keys.refresh` returned.
        ahead_ms: How long before its end a token is renewed, but not within the first half of its
            life; a minute by default.
        on_refresh: Called with each new token, to keep it: the one before is used up then.
        make_client: Makes the client that renews, from the refresh token; for other settings.

    Raises:
        ValueError: A token that ends, without a refresh token.
    """

    def __init__(
        self,
        token: CustomerToken,
        *,
        ahead_ms: float = 60_000,
        on_refresh: Callable[[CustomerToken], object] | None = None,
        make_client: Callable[[str], AsyncAutumn] = AsyncAutumn,
    ) -> None:
        if token.expires_at is not None and token.refresh_token is None:
            raise ValueError("the token ends and has no refresh token: mint another one then")
        self._token = token
        self._ahead = settings.milliseconds("ahead_ms", ahead_ms, zero=True)
        self._on_refresh = on_refresh
        self._make_client = make_client
        self._lock = threading.Lock()
        self._flight: _Flight | None = None
        ends = math.inf if token.expires_at is None else token.expires_at
        self._due_at = ends - self._ahead
        import_module(".resources.keys", __package__)  # now, not inside the first refresh

    @property
    def token(self) -> CustomerToken:
        """The newest token."""
        return self._token

    async def __call__(self) -> str:
        """The access token, renewed if that is due."""
        while (flight := self._joined()) is not None:
            # Shielded: whoever gives up waiting must not end the wait of the others.
            if await asyncio.shield(asyncio.wrap_future(flight.landed)):
                break
        return self._token.access_token

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._token!r})"

    def _joined(self) -> _Flight | None:
        """The refresh that is under way, or one that begins now on this loop, if one is due."""
        with self._lock:
            if _now() < self._due_at:
                return None
            if self._flight is None or self._flight.is_lost:
                self._flight = flight = _Flight()
                # In a context of its own: what it is answered is no business of its first caller.
                flight.task = Context().run(flight.loop.create_task, self._fly(flight))
            return self._flight

    async def _fly(self, flight: _Flight) -> None:
        """Renews the token and wakes all who wait; if this loop ends first, one of them goes on."""
        done, failure = False, None
        try:
            await self._refresh()
            done = True
        except Exception as error:
            done, failure = True, self._unless_usable(error)
        finally:
            self._flight = None
            if failure is None:
                flight.landed.set_result(done)
            else:
                flight.landed.set_exception(failure)

    async def _refresh(self) -> None:
        refresh_token = self._token.refresh_token
        if refresh_token is None:
            raise AutumnSDKError("the token has ended, and the server gave none to renew it with")
        async with self._make_client(refresh_token) as client:
            self._token = await client.keys.refresh()
        self._due_at = self._next_due()
        if self._on_refresh is not None:
            try:
                self._on_refresh(self._token)
            except Exception:
                _logger.exception("on_refresh failed; the token is renewed all the same")

    def _next_due(self) -> float:
        """When a token that has just come is renewed: not at once, however short-lived it is."""
        ends, now = self._token.expires_at, _now()
        if ends is None:
            return math.inf
        return max(ends - min(self._ahead, (ends - now) / 2), now + _RETRY_MS)

    def _unless_usable(self, error: Exception) -> Exception | None:
        """The error, unless the token holds on and a later try is early enough."""
        ends = self._token.expires_at
        if ends is None or _now() >= ends:
            return error
        self._due_at = min(_now() + _RETRY_MS, ends)
        _logger.warning("a customer token could not be renewed yet: %s", error)
        return None


class _Flight:
    """One refresh: the loop it runs on, and how others on any loop wait for it."""

    def __init__(self) -> None:
        self.landed: Future[bool] = Future()
        """True once it is done, False if it was cut off; or the error that all must hear of."""
        self.loop = asyncio.get_running_loop()
        self.task: asyncio.Task[None] | None = None
        self._pid = os.getpid()

    @property
    def is_lost(self) -> bool:
        """Whether it will never land: its loop is closed, or stayed behind in a parent process."""
        return self.loop.is_closed() or self._pid != os.getpid()


def _now() -> float:
    return time.time() * 1000
