"""How a tracker is told to behave, and the numbers that go with it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from ..inputs._typing import TypedDict

if TYPE_CHECKING:
    from .reports import Report

MAX_EVENT_BYTES = 128 * 1024
"""The largest event that is taken, encoded."""

FUTURE_MS = 60_000
"""How far ahead a timestamp may be; it is moved back to now. Other machines' clocks differ."""

DOUBT_SHARE = 0.8
"""The part of a key's lifetime in which it is relied on."""

ASK_AGAIN_MS = 35_000
"""When to ask again after a 409 that may be the echo of an attempt of our own."""

CUSTOMER_WAITS_MS = (5_000, 30_000, 120_000, 600_000, 1_800_000)
"""When to look for a customer again who wasn't there."""

CONFIGURATION_WAIT = 60.0
"""Seconds until it is tried whether a wrong key, scope or version has been put right."""

BACKOFF = (0.2, 60.0)
"""Seconds: the longest first wait after a failure, and the longest of all."""

PROBING_AFTER = 5
"""Failures in a row after which one request at a time is tried."""

REQUESTS_PER_SECOND = 10.0
"""What the server allows, until its headers say otherwise."""

Assurance = Literal["accepted", "resend"]
Expired = Literal["hold", "resend", "drop"]
Full = Literal["raise", "drop"]


class TrackerOptions(TypedDict, total=False):
    """What can be chosen for a tracker, by keyword."""

    assurance: Assurance
    """ "accepted" (the default): sent until Autumn has taken it. "resend": the same bytes once more
    some minutes later, which brings back what Autumn took and dropped, at twice the requests."""
    resend_after_ms: float
    """When to send once more, with `assurance="resend"`; 5 minutes by default."""
    key_lifetime_ms: float
    """How long your organisation's idempotency keys live; 24 hours by default."""
    on_expired: Expired
    """What happens to events that Autumn may have counted and whose keys have expired since: "hold"
    (the default) makes dead letters of them, "resend" may bill twice, "drop" may lose them."""
    on_full: Full
    """What `track` does when the buffer is full: "raise" `QueueFullError` (the default), or "drop"
    the event, which `stats` counts."""
    max_buffered_events: int
    """How many events may wait in memory to be stored; 100,000 by default."""
    max_buffered_bytes: int
    """How many bytes of them; 64 MiB by default."""
    max_stored_bytes: int
    """How many bytes of events the store may hold; 10 GiB by default."""
    linger_ms: float
    """How long `track` lets events gather before they are stored; 50 by default. Those who wait
    in `put` are not kept waiting."""
    check_customers: bool
    """Whether to ask once for each customer never seen before (True by default). Autumn drops the
    events of unknown customers in silence; asked for, they are held, and reported."""
    max_customers: int
    """How many customers are remembered as known; 50,000 by default."""
    max_requests: int
    """How many requests may be under way at once; 4 by default."""
    on_report: Callable[[Report], object]
    """Called with the fate of each event; a function, or a coroutine function."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """`TrackerOptions`, checked and complete."""

    assurance: Assurance = "accepted"
    resend_after_ms: float = 300_000
    key_lifetime_ms: float = 86_400_000
    on_expired: Expired = "hold"
    on_full: Full = "raise"
    max_buffered_events: int = 100_000
    max_buffered_bytes: int = 64 * 1024 * 1024
    max_stored_bytes: int = 10 * 1024**3
    linger_ms: float = 50
    check_customers: bool = True
    max_customers: int = 50_000
    max_requests: int = 4
    on_report: Callable[[Report], object] | None = None

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                known = ", ".join(map(repr, choices))
                raise ValueError(f"{name} must be one of {known}, not {getattr(self, name)!r}")
        for name, (low, high) in _RANGES.items():
            _check_number(name, getattr(self, name), low, high)
        if self.resend_after_ms >= self.doubt_lasts_ms:
            raise ValueError("resend_after_ms must be less than 0.8 of key_lifetime_ms")
        if self.on_report is not None and not callable(self.on_report):
            raise TypeError("on_report must be a function that takes a Report")

    @property
    def doubt_lasts_ms(self) -> float:
        """How long a repeat under the same key is safe."""
        return DOUBT_SHARE * self.key_lifetime_ms


_HOUR = 3_600_000
_CHOICES: dict[str, tuple[Any, ...]] = {
    "assurance": ("accepted", "resend"),
    "check_customers": (True, False),
    "on_expired": ("hold", "resend", "drop"),
    "on_full": ("raise", "drop"),
}
_RANGES: dict[str, tuple[float, float]] = {
    "key_lifetime_ms": (_HOUR, 30 * 24 * _HOUR),
    "linger_ms": (0, 60_000),
    "max_buffered_bytes": (MAX_EVENT_BYTES, math.inf),
    "max_buffered_events": (1, math.inf),
    "max_customers": (1, math.inf),
    "max_requests": (1, 100),
    "max_stored_bytes": (1, math.inf),
    "resend_after_ms": (1, math.inf),
}


def _check_number(name: str, value: Any, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number, not {type(value).__name__}")
    if not low <= value <= high:
        bounds = f"at least {low:g}" if high == math.inf else f"{low:g} to {high:g}"
        raise ValueError(f"{name} must be {bounds}, not {value!r}")


def options_from(given: dict[str, Any]) -> Options:
    """The options of a tracker; raises `TypeError` for one that there isn't."""
    unknown = given.keys() - set(Options.__struct_fields__)
    if unknown:
        known = ", ".join(sorted(Options.__struct_fields__))
        raise TypeError(f"tracker() has no option {min(unknown)!r}; it takes {known}")
    return Options(**given)
