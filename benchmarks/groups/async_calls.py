"""The async client: single calls, batches, lists, and TLS."""

from __future__ import annotations

from collections.abc import Iterator

from ..rows import LESS, SHARE, Row, compared
from ..workers import (
    AIOHTTP,
    FLOOR,
    HTTPX,
    OFFICIAL_ASYNC,
    OURS_ASYNC,
    PEER_ASYNC,
    Variant,
    Worker,
    race,
    running,
)
from . import Bench

IN_FLIGHT = {1: 18.0, 16: 35.0, 64: 35.0}
"""How many calls at once, and how many times less than the official client that should take."""

BATCH = 1000


def rows(bench: Bench) -> Iterator[Row]:
    """`check` beside every peer, then what only some of them have."""
    variants = [OURS_ASYNC, *OFFICIAL_ASYNC.values(), HTTPX, AIOHTTP, FLOOR]
    with running(variants, bench.server.url) as workers:
        for at_once, target in IN_FLIGHT.items():
            costs = race(workers, "check", bench.calls, at_once, bench.rounds)
            yield from _beside_all(f"async check, {at_once} in flight", costs, target)
    with running([OURS_ASYNC, PEER_ASYNC, AIOHTTP], bench.server.url) as workers:
        yield from _usage_events(workers, bench)
        costs = race(workers, "customers.list", max(16, bench.calls // 30), 1, bench.rounds)
        what = "page of 100 customers, request and decoding"
        yield compared(what, costs, OURS_ASYNC, PEER_ASYNC, LESS, 7)
        yield compared(what, costs, OURS_ASYNC, AIOHTTP, SHARE)
    server = bench.server
    variants = [OURS_ASYNC, PEER_ASYNC, AIOHTTP]
    with running(variants, server.tls_url, server.authority) as workers:
        costs = race(workers, "check", bench.calls, 16, bench.rounds)
        yield from _beside_all("async check over TLS, 16 in flight", costs, None)


def _usage_events(workers: dict[Variant, Worker], bench: Bench) -> Iterator[Row]:
    """Events in batches, beside batches of the official client and its events one by one."""
    costs = race(workers, "batch_track", max(16, bench.calls // 60), 1, bench.rounds)
    events = {variant: [cost / BATCH for cost in found] for variant, found in costs.items()}
    what = f"batch_track of {BATCH}, per event"
    yield compared(what, events, OURS_ASYNC, PEER_ASYNC, LESS, 8)
    yield compared(what, events, OURS_ASYNC, AIOHTTP, SHARE)
    one_by_one = race({PEER_ASYNC: workers[PEER_ASYNC]}, "track", bench.calls, 1, bench.rounds)
    peer = f"{PEER_ASYNC.name}, track"
    yield Row(what, peer, events[OURS_ASYNC], one_by_one[PEER_ASYNC], "µs", LESS, 1000)


def _beside_all(
    what: str, costs: dict[Variant, list[float]], target: float | None
) -> Iterator[Row]:
    for peer in costs:
        if peer is PEER_ASYNC:
            yield compared(what, costs, OURS_ASYNC, peer, LESS, target)
        elif peer in OFFICIAL_ASYNC.values() or peer is HTTPX:
            yield compared(what, costs, OURS_ASYNC, peer, LESS)
        elif peer is not OURS_ASYNC:
            yield compared(what, costs, OURS_ASYNC, peer, SHARE, 1.10 if peer is AIOHTTP else None)
