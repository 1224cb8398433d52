"""Tracks millions of events in one process: memory stays flat, and no file is left open.

    python -m benchmarks.soak                     # ten million events
    python -m benchmarks.soak --events 1000000

Prints a line for each tenth of the run. Ends with an error if memory grew by more than a tenth
after the first tenth of the events, if more files are open at the end than at the beginning, or if
the server counted other than what was tracked.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp

from autumn_async import AsyncAutumn, AsyncUsageTracker, SQLiteStore

from .tracker import server
from .variants.tracker_ours import EVENT, resident

PUT_EVERY = 2_000
"""One event in so many is put, not tracked: this is what slows the program down to the disk."""

MOST_GROWTH = 1.1


@dataclass(frozen=True)
class Moment:
    """The process, so far into the run."""

    events: int
    seconds: float
    memory: float
    files: int


async def soak(url: str, events: int) -> AsyncIterator[Moment]:
    """Tracks so many events; yields after each tenth, once it's delivered, and after closing."""
    began = time.perf_counter()

    def moment(events: int) -> Moment:
        return Moment(events, time.perf_counter() - began, resident(), len(os.listdir("/dev/fd")))

    with tempfile.TemporaryDirectory() as folder:
        yield moment(0)
        async with (
            AsyncAutumn("am_sk_test_x", server_url=url) as autumn,
            autumn.tracker(SQLiteStore(folder), check_customers=False) as tracker,
        ):
            for tenth in range(1, 11):
                await track(tracker, events // 10)
                yield moment(events // 10 * tenth)
        yield moment(events // 10 * 10)


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


async def run(url: str, events: int) -> None:
    """Prints the run, and says what is wrong with it."""
    moments: list[Moment] = []
    print("| events | seconds | MiB | open files |")
    print("| ---: | ---: | ---: | ---: |")
    async for each in soak(url, events):
        moments.append(each)
        line = f"| {each.events:,} | {each.seconds:.0f} | {each.memory:.1f} | {each.files} |"
        print(line, flush=True)
    start, first, *_, last, end = moments
    growth, arrived = last.memory / first.memory, await counted(url)
    print(
        f"memory: {growth:.2f} times what it was after the first tenth; {arrived:,} events counted"
    )
    if growth > MOST_GROWTH or end.files > start.files or arrived != end.events:
        raise SystemExit("that is not as it should be")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=10_000_000)
    options = parser.parse_args()
    with server() as url:
        asyncio.run(run(url, options.events))


if __name__ == "__main__":
    main()
