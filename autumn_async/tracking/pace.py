"""When the next request may go out."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from .answers import Verdict
from .clock import Clock
from .options import BACKOFF, CONFIGURATION_WAIT, PROBING_AFTER, REQUESTS_PER_SECOND

LINGER = (0.02, 5.0)
"""Seconds that a request waits for more events: at first, and at most."""

MOMENT = 0.02
"""Seconds for which it's worth being ready beforehand."""

_MOST_AT_ONCE = 16
"""Requests that are got ready together at the most: their bodies are kept in memory."""

_SLACK = 1.01
"""Leaves some of the server's limit unused: two clocks never agree."""

_SHORTEST = 1e-6
"""Seconds between requests at the least, whatever a server says."""

_MAKES_UP = 0.5
"""The part of an interval that a request may make up for: timers are late, and never early."""

_GOOD_SPELL = 20
"""Answers without a 429 after which requests may be smaller again."""


class Pace:
    """Keeps to the server's limit, and away from a server in trouble. Does no I/O.

    Requests are spread evenly: the server counts in windows, and a burst at the end of one with a
    burst at the beginning of the next would go over its limit.
    """

    def __init__(self, clock: Clock, most: int) -> None:
        self._clock = clock
        self._most = most
        self._interval = _SLACK / REQUESTS_PER_SECOND
        self._next = 0.0
        self._blocked_until = 0.0
        self._good = 0
        self.failures: int = 0
        """Failures in a row."""
        self.refusal: str | None = None
        """Why everything is paused, or None."""
        self.linger: float = LINGER[0]
        """Seconds that a request waits for more events. Grows under 429: the server counts
        requests, not events."""

    @property
    def width(self) -> int:
        """How many requests may be under way: one, while it's tried whether it works again."""
        probing = self.failures >= PROBING_AFTER or self.refusal is not None
        return 1 if probing else self._most

    @property
    def burst(self) -> int:
        """How many requests may go out within the next moment, at the most: one, at the least."""
        return max(1, min(2 * self.width, _MOST_AT_ONCE, int(MOMENT / self._interval)))

    def wait(self) -> float:
        """Seconds until a request may go out."""
        now = self._clock.monotonic()
        return max(0.0, self._next - now, self._blocked_until - now)

    def started(self) -> None:
        """A request goes out."""
        earliest = self._clock.monotonic() - _MAKES_UP * self._interval
        self._next = max(earliest, self._next) + self._interval

    def ended(self, verdict: Verdict) -> None:
        """A request has had its effect, or none."""
        kind = verdict.kind
        if kind == "limited":
            self._slow_down(verdict)
        elif kind in ("not stored", "doubtful"):
            self.failures += 1
            self._block(max(self._backoff(), verdict.retry_after or 0.0))
        elif kind == "refused":
            self.refusal = verdict.detail
            self._block(CONFIGURATION_WAIT)
        else:
            self.failures, self.refusal = 0, None
            self._speed_up()

    def learn(self, headers: Mapping[str, str]) -> None:
        """Reads the limit out of an answer's `RateLimit-*` headers, where they say it."""
        limit, window = _limit_of(headers)
        if 0 < limit < inf and 0 < window < inf:
            self._interval = max(_SLACK * window / limit, _SHORTEST)

    def hurry(self) -> None:
        """Forgets how long to wait for a server in trouble; its limit still holds."""
        if self.failures or self.refusal:
            self._blocked_until = 0.0

    def _slow_down(self, verdict: Verdict) -> None:
        asked = verdict.retry_after
        wait = self._interval if asked is None else asked
        self._block(wait * self._clock.uniform(1.0, 1.1) + self._clock.uniform(0.0, 0.05))
        self._good = 0
        self.linger = min(self.linger * 2, LINGER[1])

    def _speed_up(self) -> None:
        self._good += 1
        if self._good >= _GOOD_SPELL:
            self._good = 0
            self.linger = max(self.linger / 2, LINGER[0])

    def _backoff(self) -> float:
        first, longest = BACKOFF
        most = min(longest, first * 2.0 ** min(self.failures, 30))
        return self._clock.uniform(first, most)

    def _block(self, seconds: float) -> None:
        until = self._clock.monotonic() + seconds
        self._blocked_until = max(self._blocked_until, until)


def _limit_of(headers: Mapping[str, str]) -> tuple[float, float]:
    """Requests, and the seconds that they are for; zeros where the headers don't say."""
    policy = headers.get("ratelimit-policy", "")
    limit, _, window = policy.partition(";w=")
    try:
        return float(limit), float(window.partition(";")[0])
    except ValueError:
        return 0.0, 0.0
