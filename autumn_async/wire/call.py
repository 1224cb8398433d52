"""What is known of one call while it is under way."""

from __future__ import annotations

from time import monotonic
from typing import Any

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from ..errors import AutumnTimeoutError
from ..settings import Limits, RetryConfig, Settings
from .operation import Operation
from .transport import USER_AGENT, Destination, Outgoing

_MOMENT = 0.005
"""Seconds by which a deadline may be passed."""


class Route(Destination, frozen=True):
    """What the settings make of an operation: worked out once, used by every call.

    The headers lack `Authorization` where the key has to be asked for.
    """

    edge: URL | None
    limits: Limits
    timeout: aiohttp.ClientTimeout
    """The limit of one attempt."""
    retries: RetryConfig
    fails_open: bool


def route_of(operation: Operation[Any], settings: Settings) -> Route:
    """The route of an operation under some settings."""
    limits = settings.limits(operation.limits)
    edge = settings.edge_url if settings.use_edge and operation.edge else None
    return Route(
        url=URL(settings.server_url + operation.path),
        edge=None if edge is None else URL(edge + operation.path),
        headers=_headers_of(operation, settings),
        limits=limits,
        timeout=aiohttp.ClientTimeout(total=limits.timeout_ms / 1000),
        retries=settings.retries,
        fails_open=operation.name in settings.fail_open,
    )


def _headers_of(operation: Operation[Any], settings: Settings) -> CIMultiDict[str]:
    headers = CIMultiDict(
        {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "x-api-version": settings.x_api_version,
        }
    )
    if isinstance(settings.secret_key, str):
        headers["Authorization"] = f"Bearer {settings.secret_key}"
    if settings.idempotency_key is not None and not operation.key_in_body:
        headers["Idempotency-Key"] = settings.idempotency_key
    if settings.http_headers:
        headers.update(settings.http_headers)
    return headers


class Call:
    """One call: what is sent, how long it may take, what has happened so far."""

    __slots__ = (
        "attempts", "body", "changes", "doubt", "keyed", "operation", "request", "route", "started"
    )  # fmt: skip

    def __init__(
        self,
        operation: Operation[Any],
        route: Route,
        request: Outgoing,
        body: Any,
        *,
        changes: bool,
        keyed: bool,
        started: float,
    ) -> None:
        self.operation: Operation[Any] = operation
        self.route: Route = route
        self.request: Outgoing = request
        self.body: Any = body
        self.changes: bool = changes
        """It changes something on the server."""
        self.keyed: bool = keyed
        """The server recognises a repeat by its idempotency key."""
        self.started: float = started
        self.attempts: int = 0
        self.doubt: bool = False
        """An earlier attempt may have been carried out."""

    @property
    def asks_for_key(self) -> bool:
        """The request still lacks its key: it has to come from a function."""
        return "Authorization" not in self.request.headers

    def elapsed_seconds(self) -> float:
        """How long the call has taken so far."""
        return monotonic() - self.started

    def seconds_left(self) -> float:
        """What is left of the deadline."""
        return self.route.limits.deadline_ms / 1000 - self.elapsed_seconds()

    def timeout(self) -> aiohttp.ClientTimeout:
        """The limit of the attempt that is made now. One of 0 would mean none to aiohttp."""
        whole, left = self.route.limits.timeout_ms / 1000, self.seconds_left()
        if left <= 0:
            message = f"nothing was sent within {self.route.limits.deadline_ms:g} ms"
            raise AutumnTimeoutError(message, outcome="not sent")
        # The first attempt begins in the same moment as the call: that's not worth an object.
        return self.route.timeout if left > whole - _MOMENT else aiohttp.ClientTimeout(total=left)
