"""What changes with concurrency, and over a million calls: as little as possible."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from ..environments import clean_environment
from ..rows import SHARE, Row
from ..workers import OURS_ASYNC, race, running
from . import Bench

MOST = 256

MILLION = """
import asyncio, os, sys
from autumn_async import AsyncAutumn
def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
async def main():
    async with AsyncAutumn("am_sk_test_x", server_url=sys.argv[1]) as autumn:
        async def work(count):
            for _ in range(count):
                await autumn.check(customer_id="cus_123", feature_id="messages")
        for count in (10_000, 990_000):
            await asyncio.gather(*(work(count // 16) for _ in range(16)))
            print(resident(), len(os.listdir("/proc/self/fd")), flush=True)
asyncio.run(main())
"""


def rows(bench: Bench) -> Iterator[Row]:
    """CPU for a call with 256 in flight against 1 in flight."""
    with running([OURS_ASYNC], bench.server.url) as workers:
        calls = max(bench.calls, 4 * MOST)
        one, many = list[float](), list[float]()
        for _ in range(bench.rounds):
            one += race(workers, "check", calls, 1, 1)[OURS_ASYNC]
            many += race(workers, "check", calls, MOST, 1)[OURS_ASYNC]
    yield Row(f"async check, {MOST} in flight", "itself, 1 in flight", many, one, "µs", SHARE, 1.2)


def million_rows(bench: Bench) -> Iterator[Row]:
    """Memory and open files after a million calls against after the first ten thousand."""
    command = [sys.executable, "-c", MILLION, bench.server.url]
    output = subprocess.check_output(command, text=True, env=clean_environment())
    (memory, files), (memory_after, files_after) = (
        map(float, line.split()) for line in output.splitlines()
    )
    peer = "itself, 10,000 checks"
    yield Row("memory after 1,000,000 checks", peer, [memory_after], [memory], "MiB", SHARE, 1.05)
    yield Row("open files after 1,000,000 checks", peer, [files_after], [files], "", SHARE, 1.0)
