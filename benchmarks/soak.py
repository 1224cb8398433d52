"""What many calls leave behind: as little memory as a few, and no file that stays open.

    python -m benchmarks.soak                  # every soak; takes long
    python -m benchmarks.soak calls            # one of them
    python -m benchmarks.soak --share 0.01     # a look, not a result

Needs the package installed with its `bench` extra, and nginx. Each soak runs in a process of its
own. What it has at the end is compared with what it had after a tenth of the way.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterator

from rich.console import Console

from .environments import clean_environment
from .report import show
from .rows import SHARE, Row
from .server import running_server
from .tracker import server as counting_server

CALLS = 1_000_000
EVENTS = 10_000_000

LOOKS = 10
"""How often a soak is looked at on its way; the first look is what the last is compared with."""

CHECKS = """
import asyncio, gc, os, sys
from autumn_async import AsyncAutumn

def figures():
    gc.collect()
    with open("/proc/self/statm") as statm:
        resident = int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    return resident, len(os.listdir("/proc/self/fd"))

async def main(url, calls, looks):
    async with AsyncAutumn("am_sk_test_x", server_url=url) as autumn:
        async def work(count):
            for _ in range(count):
                await autumn.check(customer_id="cus_123", feature_id="messages")
        for _ in range(looks):
            await asyncio.gather(*(work(calls // looks // 16) for _ in range(16)))
            print(*figures(), flush=True)

asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
"""

Soak = Callable[[float], Iterator[Row]]


def calls(share: float) -> Iterator[Row]:
    """A million checks, 16 in flight."""
    count = round(CALLS * share)
    with running_server() as server:
        found = list(_figures("-c", CHECKS, server.url, str(count), str(LOOKS)))
    yield from _first_and_last(f"{count:,} checks", found)


def events(share: float) -> Iterator[Row]:
    """Ten million events through a tracker, all of which have to arrive."""
    count = round(EVENTS * share)
    with counting_server() as url:
        found = list(_figures("-m", "benchmarks.soak_events", url, str(count), str(LOOKS)))
    yield from _first_and_last(f"{count:,} tracked events", found)


SOAKS: dict[str, Soak] = {"calls": calls, "events": events}


def _figures(*arguments: str) -> Iterator[tuple[float, float]]:
    """Memory in MiB and open files, at each look."""
    command = [sys.executable, *arguments]
    output = subprocess.check_output(command, text=True, env=clean_environment())
    for line in output.splitlines():
        memory, files = map(float, line.split())
        yield memory, files


def _first_and_last(what: str, found: list[tuple[float, float]]) -> Iterator[Row]:
    (memory, files), (memory_after, files_after) = found[0], found[-1]
    peer = "itself, a tenth of the way"
    yield Row(f"memory after {what}", peer, [memory_after], [memory], "MiB", SHARE, 1.05)
    yield Row(f"open files after {what}", peer, [files_after], [files], "", SHARE, 1.0)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("soaks", nargs="*", metavar="SOAK", help=f"of {', '.join(SOAKS)}")
    parser.add_argument("--share", type=float, default=1.0, help="the part of each to run")
    options = parser.parse_args()
    unknown = sorted(set(options.soaks) - SOAKS.keys())
    if unknown:
        parser.error(f"there is no soak {unknown[0]!r}; there is {', '.join(SOAKS)}")
    console = Console()
    console.print(f"load of the machine when it began: {os.getloadavg()[0]:.1f}", highlight=False)
    for name in options.soaks or SOAKS:
        show(console, list(SOAKS[name](options.share)))


if __name__ == "__main__":
    main()
