"""Tracks millions of events in one process, for `benchmarks.soak`.

    python -m benchmarks.soak_events URL EVENTS LOOKS

Prints memory in MiB and the number of open files at each look, once what was tracked so far is
delivered. Ends with an error if the server counted other than what was tracked.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile

import aiohttp

from autumn_async import AsyncAutumn, AsyncUsageTracker, SQLiteStore

from .variants.tracker_ours import EVENT, resident

PUT_EVERY = 2_000
"""One event in so many is put, not tracked: this is what slows the program down to the disk."""


async def soak(url: str, events: int, looks: int) -> None:
    """Tracks so many events, and prints what the process has at each look."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            AsyncAutumn("am_sk_test_x", server_url=url) as autumn,
            autumn.tracker(SQLiteStore(folder), check_customers=False) as tracker,
        ):
            for _ in range(looks):
                await track(tracker, events // looks)
                print(resident(), len(os.listdir("/dev/fd")), flush=True)
    arrived, expected = await counted(url), events // looks * looks
    if arrived != expected:
        raise SystemExit(f"{expected:,} events were tracked, and {arrived:,} counted")


async def track(tracker: AsyncUsageTracker, events: int) -> None:
    """Tracks so many events, and waits until they are delivered."""
    for number in range(events):
        if number % PUT_EVERY:
            tracker.track(**EVENT)  # type: ignore[arg-type]
        else:
            await tracker.put(**EVENT)  # type: ignore[arg-type]
    result = await tracker.flush(timeout=600)
    if result.pending or result.dead:
        raise SystemExit(f"not everything was delivered: {result}")


async def counted(url: str) -> int:
    """How many events the server has counted."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/counted") as answer:
        return int(await answer.text())


if __name__ == "__main__":
    asyncio.run(soak(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
