"""What the plots show: CPU by concurrency, how long single calls take, events in a second."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from ..workers import (
    AIOHTTP,
    FLOOR,
    HTTPX,
    OURS_ASYNC,
    PEER_ASYNC,
    Variant,
    Worker,
    race,
    running,
    shuffled,
)
from . import Bench

VARIANTS = [OURS_ASYNC, PEER_ASYNC, HTTPX, AIOHTTP, FLOOR]
IN_FLIGHT = (1, 4, 16, 64, 256)
LATENCIES_AT = 16

BATCH = 1000
EVENTS: dict[str, tuple[Variant, str, int]] = {
    f"{OURS_ASYNC.name}, batches": (OURS_ASYNC, "batch_track", BATCH),
    f"{PEER_ASYNC.name}, batches": (PEER_ASYNC, "batch_track", BATCH),
    f"{AIOHTTP.name}, one by one": (AIOHTTP, "track", 1),
    f"{PEER_ASYNC.name}, one by one": (PEER_ASYNC, "track", 1),
}
"""Who sends events, by which operation, and how many in a request."""

Curves = dict[str, dict[str, list[float]]]
"""By title and by variant."""


def curves(bench: Bench) -> Curves:
    """`cpu` holds a median for each of `IN_FLIGHT`, `latency` all that was measured, in µs.

    `events` holds the events that were sent in a second, in each round.
    """
    rounds = max(3, bench.rounds // 3)
    with running(VARIANTS, bench.server.url) as workers:
        cpu: dict[str, list[float]] = {variant.name: [] for variant in VARIANTS}
        for at_once in IN_FLIGHT:
            costs = race(workers, "check", bench.calls // 2, at_once, rounds)
            for variant, found in costs.items():
                cpu[variant.name].append(median(found))
        return {
            "cpu": cpu,
            "latency": _latencies(workers.values(), bench.calls, rounds),
            "events": _events(workers, bench.calls, rounds),
        }


def _events(workers: dict[Variant, Worker], calls: int, rounds: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in EVENTS}
    for _ in range(rounds):
        for name, (variant, operation, size) in EVENTS.items():
            count = max(8, round(calls * variant.share / (50 if size > 1 else 1)))
            wall = workers[variant].block(operation, count, 1)["wall"]
            found[name].append(1e6 * size / wall)
    return found


def _latencies(workers: Iterable[Worker], calls: int, rounds: int) -> dict[str, list[float]]:
    running = {worker.variant: worker for worker in workers}
    found: dict[str, list[float]] = {variant.name: [] for variant in VARIANTS}
    for _ in range(rounds):
        for variant in shuffled(running):
            count = max(4 * LATENCIES_AT, round(calls * variant.share))
            block = running[variant].block("check", count, LATENCIES_AT, timed=True)
            found[variant.name] += block["took"]
    return found
