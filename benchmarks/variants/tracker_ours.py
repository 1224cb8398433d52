"""The tracker, and the floors that it is compared with: one piece of work, in its own process.

    python tracker_ours.py WORK URL FOLDER EVENTS

Prints a JSON object of figures.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import msgspec

from autumn_async import AsyncAutumn, AsyncUsageTracker, MemoryStore, SQLiteStore
from autumn_async.tracking.clock import Clock
from autumn_async.tracking.core import Core
from autumn_async.tracking.options import options_from
from autumn_async.tracking.segments import MAX_EVENTS

PROPERTIES = {"region": "eu-central", "model": "small"}
EVENT = {
    "customer_id": "cus_123",
    "feature_id": "api_calls",
    "value": 3,
    "properties": PROPERTIES,
}
SENT = {
    **EVENT,
    "timestamp": 1795353002812,
    "idempotency_key": "aa1_019ab3c4d5e67fff8000000000000000",
}
ENCODED = msgspec.json.encode(SENT)
TASKS = 500
IN_FLIGHT = 64


def resident() -> float:
    """MiB of memory that this process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def with_tracker(
    url: str, folder: str, work: Callable[[AsyncUsageTracker], Awaitable[None]], **options: object
) -> None:
    async with AsyncAutumn("am_sk_test_x", server_url=url) as autumn:
        tracker = autumn.tracker(SQLiteStore(folder), **options)  # type: ignore[arg-type]
        await tracker.start()
        await tracker.put(**EVENT)  # type: ignore[arg-type]
        await tracker.flush(timeout=5)
        try:
            await work(tracker)
        finally:
            await tracker.close(timeout=0)


def track(url: str, folder: str, events: int) -> dict[str, float]:
    """What a call of track() takes of its thread, and what the floor does, in turn."""
    ours = floor = 0.0

    async def work(tracker: AsyncUsageTracker) -> None:
        nonlocal ours, floor
        for _ in range(10):
            began = time.thread_time()
            for _ in range(events // 10):  # with keywords, as programs write it: ** copies a dict
                tracker.track(
                    customer_id="cus_123", feature_id="api_calls", value=3, properties=PROPERTIES
                )
            ours += time.thread_time() - began
            await tracker.flush(timeout=60)
            found: list[bytes] = []
            began = time.thread_time()
            for _ in range(events // 10):
                found.append(msgspec.json.encode(dict(SENT)))
            floor += time.thread_time() - began

    asyncio.run(with_tracker(url, folder, work, max_buffered_events=events))
    return {"ours": ours / events * 1e6, "floor": floor / events * 1e6}


def put(url: str, folder: str, events: int) -> dict[str, float]:
    """Events that 500 tasks put, each waiting until its event is on the disk."""
    took = 0.0

    async def work(tracker: AsyncUsageTracker) -> None:
        nonlocal took

        async def one() -> None:
            for _ in range(events // TASKS):
                await tracker.put(**EVENT)  # type: ignore[arg-type]

        began = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(TASKS)))
        took = time.perf_counter() - began

    asyncio.run(with_tracker(url, folder, work))
    return {"wall": took / events * 1e6}


def transactions(url: str, folder: str, events: int) -> dict[str, float]:
    """The floor of put: one transaction of SQLite for each event."""
    os.makedirs(folder)
    database = sqlite3.connect(f"{folder}/floor", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, event BLOB)")
    began = time.perf_counter()
    for _ in range(events):
        database.execute("INSERT INTO events (event) VALUES (?)", (ENCODED,))
    took = time.perf_counter() - began
    database.close()
    return {"wall": took / events * 1e6}


def deliver(url: str, folder: str, events: int) -> dict[str, float]:
    """Events from the first track() until the server has taken the last."""
    figures: dict[str, float] = {}

    async def work(tracker: AsyncUsageTracker) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        for number in range(events):
            tracker.track(
                customer_id="cus_123", feature_id="api_calls", value=3, properties=PROPERTIES
            )
            if number % 1000 == 0:
                await asyncio.sleep(0)
        result = await tracker.flush(timeout=300)
        assert result.pending == 0, result
        figures["wall"] = (time.perf_counter() - wall) / events * 1e6
        figures["cpu"] = (time.process_time() - cpu) / events * 1e6

    asyncio.run(with_tracker(url, folder, work, max_buffered_events=events))
    return figures


def post(url: str, folder: str, events: int) -> dict[str, float]:
    """The floor of delivering: one POST with aiohttp for each event, one after another."""
    return asyncio.run(posted(url, events, 1))


def posts(url: str, folder: str, events: int) -> dict[str, float]:
    """The same with many under way at once, which is faster and keeps a server busier."""
    return asyncio.run(posted(url, events, IN_FLIGHT))


async def posted(url: str, events: int, in_flight: int) -> dict[str, float]:
    """What a POST takes with so many under way."""
    headers = {"Authorization": "Bearer am_sk_test_x", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def some(count: int) -> None:
            for _ in range(count):
                data = msgspec.json.encode(SENT)
                async with session.post(f"{url}/v1/balances.track", data=data) as response:
                    await response.read()

        await some(10)
        wall, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(some(events // in_flight) for _ in range(in_flight)))
        done = events // in_flight * in_flight
        return {
            "wall": (time.perf_counter() - wall) / done * 1e6,
            "cpu": (time.process_time() - cpu) / done * 1e6,
        }


def limited(url: str, folder: str, events: int) -> dict[str, float]:
    """At a server with a limit: microseconds for each event, while there is always one to send."""
    took = 0.0

    async def work(tracker: AsyncUsageTracker) -> None:
        nonlocal took
        for _ in range(events):
            tracker.track(**EVENT)  # type: ignore[arg-type]
        seen: list[tuple[float, int]] = []
        async for _ in tracker.reports():
            accepted = tracker.stats().accepted
            if not seen or accepted != seen[-1][1]:
                seen.append((time.perf_counter(), accepted))
            if tracker.stats().stored_events <= 2 * MAX_EVENTS:
                break
        (began, before), (ended, after) = seen[0], seen[-1]
        took = (ended - began) / (after - before) * 1e6

    asyncio.run(with_tracker(url, folder, work, max_buffered_events=events + 1))
    return {"wall": took}


def queued(url: str, folder: str, events: int) -> dict[str, float]:
    """Memory with so many events on the disk, over what it was when the tracker had started."""
    growth = 0.0

    async def work() -> None:
        nonlocal growth
        async with AsyncAutumn("am_sk_test_x", server_url="http://127.0.0.1:9") as autumn:
            tracker = autumn.tracker(
                SQLiteStore(folder, synchronous="NORMAL"), check_customers=False
            )
            await tracker.start()
            before = resident()
            for number in range(events):
                tracker.track(**EVENT)  # type: ignore[arg-type]
                if number % 20_000 == 0:
                    await tracker.put(**EVENT)  # type: ignore[arg-type]
            await tracker.put(**EVENT)  # type: ignore[arg-type]
            gc.collect()
            growth = resident() - before
            await tracker.close(timeout=0)

    asyncio.run(work())
    return {"MiB": growth}


def reopen(url: str, folder: str, events: int) -> dict[str, float]:
    """Opening what `queued` left, and handing out all bodies; the floor reads the files."""
    began = time.perf_counter()
    for path in Path(folder).glob("*"):
        path.read_bytes()
    floor = time.perf_counter() - began
    began = time.perf_counter()
    store = SQLiteStore(folder)
    store.open(int(time.time() * 1000))
    opened = time.perf_counter() - began
    assert store.counts().events >= events
    for id in store.ids():
        assert store.read(id) is not None
    read = time.perf_counter() - began
    store.close()
    return {"opened": opened * 1e3, "read": read * 1e3, "floor": floor * 1e3}


def size(url: str, folder: str, events: int) -> dict[str, float]:
    """How large the measured event is."""
    core = Core(MemoryStore(), options_from({}), None, Clock(), lambda outbox: None)  # type: ignore[arg-type]
    return {"bytes": float(len(core.entry(dict(EVENT)).event))}


if __name__ == "__main__":
    name, url, folder, events = sys.argv[1:]
    print(json.dumps(globals()[name](url, folder, int(events))))
