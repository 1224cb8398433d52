"""What a measured process does: waits for orders, runs a block of calls, says what it cost.

Needs nothing but the standard library, so that it also runs in the environments of the peers.
Orders come as JSON lines on stdin: {"operation": ..., "calls": ..., "at_once": ..., "timed": ...}.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

AsyncCall = Callable[[], Awaitable[object]]
SyncCall = Callable[[], object]


def serve_async(open_client: Callable[[str], Awaitable[dict[str, AsyncCall]]]) -> None:
    """Runs blocks of awaited calls, so many tasks at once, on one event loop."""

    async def run() -> None:
        calls = await open_client(sys.argv[1])
        for order in orders():
            took: list[float] = []
            work = _repeat_timed if order["timed"] else _repeat
            call, each = calls[order["operation"]], order["calls"] // order["at_once"]
            tasks = [work(call, each, took) for _ in range(order["at_once"])]
            gc.collect()
            cpu, wall = time.process_time(), time.perf_counter()
            await asyncio.gather(*tasks)
            report(cpu, wall, each * order["at_once"], took)

    asyncio.run(run())


async def _repeat(call: AsyncCall, times: int, took: list[float]) -> None:
    del took
    for _ in range(times):
        await call()


async def _repeat_timed(call: AsyncCall, times: int, took: list[float]) -> None:
    for _ in range(times):
        started = time.perf_counter()
        await call()
        took.append((time.perf_counter() - started) * 1e6)


def serve_sync(open_client: Callable[[str], dict[str, SyncCall]]) -> None:
    """Runs blocks of blocking calls, in so many threads at once."""
    calls = open_client(sys.argv[1])
    for order in orders():
        call, each = calls[order["operation"]], order["calls"] // order["at_once"]

        def work(call: SyncCall = call, each: int = each) -> None:
            for _ in range(each):
                call()

        threads = [threading.Thread(target=work) for _ in range(order["at_once"])]
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        report(cpu, wall, each * order["at_once"], [])


def orders() -> Iterator[Any]:
    """The orders, until stdin is closed."""
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        yield json.loads(line)


def report(cpu: float, wall: float, calls: int, took: list[float]) -> None:
    """Microseconds for each call: of the processor, by the clock, and of single calls."""
    cpu = (time.process_time() - cpu) / calls * 1e6
    wall = (time.perf_counter() - wall) / calls * 1e6
    print(json.dumps({"cpu": cpu, "wall": wall, "took": took}), flush=True)
