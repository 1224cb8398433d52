"""What a new process pays: importing, its first answer, its memory at that point."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from resource import struct_rusage

from ..environments import clean_environment
from ..rows import LESS, SHARE, Row, compared
from ..workers import AIOHTTP, OFFICIAL_ASYNC, OURS_ASYNC, PEER_ASYNC, Variant, shuffled
from . import Bench

IMPORT = """
import time; started = time.process_time()
{statement}
print((time.process_time() - started) * 1e3)
"""

OURS = """
import asyncio, sys
from autumn_async import AsyncAutumn
async def main():
    async with AsyncAutumn("am_sk_test_x", server_url=sys.argv[1]) as autumn:
        await autumn.check(customer_id="cus_123", feature_id="messages")
asyncio.run(main())
"""
OFFICIAL = """
import asyncio, sys
from autumn_sdk import Autumn
async def main():
    async with Autumn("am_sk_test_x", server_url=sys.argv[1], x_api_version="2.3.0") as autumn:
        await autumn.check_async(customer_id="cus_123", feature_id="messages")
asyncio.run(main())
"""
SCRIPT = """
import asyncio, json, sys, aiohttp
async def main():
    async with aiohttp.ClientSession() as session:
        body = {"customer_id": "cus_123", "feature_id": "messages"}
        async with session.post(sys.argv[1] + "/v1/balances.check", json=body) as response:
            json.loads(await response.read())
asyncio.run(main())
"""

BARE = Variant("a script with aiohttp", AIOHTTP.script)
FIRST_CHECK = {OURS_ASYNC: OURS, **dict.fromkeys(OFFICIAL_ASYNC.values(), OFFICIAL), BARE: SCRIPT}

Measure = Callable[[Variant, str, str], float]


def rows(bench: Bench) -> Iterator[Row]:
    """Processes in turns, each measured as a whole."""
    official = IMPORT.format(statement="from autumn_sdk import Autumn")
    imports = {
        OURS_ASYNC: IMPORT.format(statement="import autumn_async"),
        **dict.fromkeys(OFFICIAL_ASYNC.values(), official),
    }
    costs = _in_turns(_printed, imports, bench)
    yield from _beside_official("import", costs, 20, "ms")
    costs = _in_turns(_cpu, FIRST_CHECK, bench)
    what = "process start to first check"
    yield from _beside_official(what, costs, 2, "ms")
    yield compared(what, costs, OURS_ASYNC, BARE, SHARE, 1.15, "ms")
    costs = _in_turns(_memory, FIRST_CHECK, bench)
    what = "most memory up to the first check"
    yield compared(what, costs, OURS_ASYNC, PEER_ASYNC, SHARE, 0.8, "MiB")
    yield compared(what, costs, OURS_ASYNC, BARE, SHARE, None, "MiB")


def _beside_official(
    what: str, costs: dict[Variant, list[float]], target: float, unit: str
) -> Iterator[Row]:
    for peer in OFFICIAL_ASYNC.values():
        goal = target if peer is PEER_ASYNC else None
        yield compared(what, costs, OURS_ASYNC, peer, LESS, goal, unit)


def _in_turns(
    measure: Measure, scripts: dict[Variant, str], bench: Bench
) -> dict[Variant, list[float]]:
    """The first round is a warm-up: it leaves bytecode and files in memory behind."""
    costs: dict[Variant, list[float]] = {variant: [] for variant in scripts}
    for number in range(bench.rounds + 1):
        for variant in shuffled(scripts):
            cost = measure(variant, scripts[variant], bench.server.url)
            if number:
                costs[variant].append(cost)
    return costs


def _command(variant: Variant, script: str, url: str) -> list[str]:
    return [str(variant.python), "-c", script, url]


def _environment() -> dict[str, str]:
    """Packages are found as they are where they are installed."""
    environment = clean_environment()
    del environment["PYTHONPATH"]
    return environment


def _printed(variant: Variant, script: str, url: str) -> float:
    command = _command(variant, script, url)
    return float(subprocess.check_output(command, text=True, env=_environment()))


def _cpu(variant: Variant, script: str, url: str) -> float:
    """Milliseconds of user and system time of a whole process."""
    usage = _usage(variant, script, url)
    return (usage.ru_utime + usage.ru_stime) * 1000


def _memory(variant: Variant, script: str, url: str) -> float:
    """MiB that a whole process had resident at most."""
    return _usage(variant, script, url).ru_maxrss / 1024


def _usage(variant: Variant, script: str, url: str) -> struct_rusage:
    process = subprocess.Popen(_command(variant, script, url), env=_environment())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{variant.name} failed")
    return usage
