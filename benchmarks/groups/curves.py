"""What the plots show: CPU for a call by concurrency, and how long single calls take."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from ..workers import AIOHTTP, FLOOR, HTTPX, OURS_ASYNC, PEER_ASYNC, Worker, race, running, shuffled
from . import Bench

VARIANTS = [OURS_ASYNC, PEER_ASYNC, HTTPX, AIOHTTP, FLOOR]
IN_FLIGHT = (1, 4, 16, 64, 256)
LATENCIES_AT = 16

Curves = dict[str, dict[str, list[float]]]
"""By title and by variant."""


def curves(bench: Bench) -> Curves:
    """`cpu` holds a median for each of `IN_FLIGHT`, `latency` all that was measured, in µs."""
    rounds = max(3, bench.rounds // 3)
    with running(VARIANTS, bench.server.url) as workers:
        cpu: dict[str, list[float]] = {variant.name: [] for variant in VARIANTS}
        for at_once in IN_FLIGHT:
            costs = race(workers, "check", bench.calls // 2, at_once, rounds)
            for variant, found in costs.items():
                cpu[variant.name].append(median(found))
        return {"cpu": cpu, "latency": _latencies(workers.values(), bench.calls, rounds)}


def _latencies(workers: Iterable[Worker], calls: int, rounds: int) -> dict[str, list[float]]:
    running = {worker.variant: worker for worker in workers}
    found: dict[str, list[float]] = {variant.name: [] for variant in VARIANTS}
    for _ in range(rounds):
        for variant in shuffled(running):
            count = max(4 * LATENCIES_AT, round(calls * variant.share))
            block = running[variant].block("check", count, LATENCIES_AT, timed=True)
            found[variant.name] += block["took"]
    return found
