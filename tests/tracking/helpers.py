"""What the tests of trackers share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from autumn_async import (
    AsyncAutumn,
    AsyncUsageTracker,
    FlushResult,
    MemoryStore,
    SQLiteStore,
    StorageError,
    Store,
)
from autumn_async.tracking.clock import Clock
from autumn_async.tracking.options import options_from
from autumn_async.tracking.pace import Pace
from autumn_async.tracking.segments import Draft, joined
from autumn_async.tracking.shipping import Shipping
from autumn_async.tracking.store import Ended
from autumn_async.tracking.tracker import sender_for

from .server import Server

SECONDS = 20.0
"""How long a test waits for something that a machine under load may take its time for."""

__all__ = ["Pace", "sender_for"]


USAGE: dict[str, Any] = {"customer_id": "c", "feature_id": "f"}
LARGE: dict[str, Any] = {**USAGE, "properties": {"x": "y" * 120_000}}
"""Four of these don't fit into a segment, so that segments of three are never merged."""


class Flaky(MemoryStore):
    """A store that can't note what becomes of leases while it is `bad`."""

    bad = False

    def settle(self, ended: Sequence[Ended], now: int) -> list[list[str]]:
        if self.bad:
            raise StorageError("database is locked")
        return super().settle(ended, now)

    @property
    def leased(self) -> int:
        """How many segments are under way, or are to be."""
        query = "SELECT count(*) FROM segments WHERE ready_at >= 1 << 62"
        found: int = self._database._one(query)
        return found


class FakeClock:
    """A clock that a test sets, and dice that always fall the same way."""

    def __init__(self, seconds: float = 1_800_000_000.0) -> None:
        self.seconds = seconds
        self.passed = 0.0

    def wall(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.passed

    def advance(self, seconds: float) -> None:
        self.seconds += seconds
        self.passed += seconds

    def clock(self) -> Clock:
        return Clock(self.wall, self.monotonic, lambda low, high: high)


def shipping(clock: FakeClock, **options: Any) -> Shipping:
    return Shipping(options_from(options), clock.clock())


@asynccontextmanager
async def tracking(
    server: Server, store: Store, *, timeout_ms: float = 2_000, **options: Any
) -> AsyncIterator[AsyncUsageTracker]:
    """A tracker of a client of this server. What it can't deliver at the end is left."""
    url = f"http://127.0.0.1:{server.port}"
    async with AsyncAutumn("am_sk_test_x", server_url=url, timeout_ms=timeout_ms) as autumn:
        tracker = autumn.tracker(store, **options)
        await tracker.start()
        try:
            yield tracker
        finally:
            await tracker.close(timeout=0)


async def drain(tracker: AsyncUsageTracker, seconds: float = SECONDS) -> FlushResult:
    """Flushes until nothing is pending, without waiting for a server in trouble to recover."""
    until = time.monotonic() + seconds
    result = await tracker.flush(timeout=0.2)
    while result.pending and time.monotonic() < until:
        result = await tracker.flush(timeout=0.2)
    return result


async def until(condition: Callable[[], object], seconds: float = SECONDS) -> None:
    """Waits for something that happens elsewhere."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it didn't happen"
        await asyncio.sleep(0.005)


def event(key: str, **fields: Any) -> bytes:
    """An encoded event."""
    import msgspec

    return msgspec.json.encode(
        {"customer_id": "c", "feature_id": "f", "timestamp": 1, "idempotency_key": key, **fields}
    )


def draft(*keys: str, **fields: Any) -> Draft:
    """A segment of events with these keys."""
    made = {name: fields.pop(name) for name in ("customer", "lane", "trail") if name in fields}
    return Draft(body=joined([event(key, **fields) for key in keys]), events=len(keys), **made)


def opened(folder: Any, **options: Any) -> SQLiteStore:
    """A store that is in our possession."""
    store = SQLiteStore(folder, **options)
    store.open(1_000)
    return store
