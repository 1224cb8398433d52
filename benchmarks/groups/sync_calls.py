"""The sync client, in one thread and in many."""

from __future__ import annotations

from collections.abc import Iterator

from ..rows import LESS, SHARE, Row, compared
from ..workers import HTTP_CLIENT, OFFICIAL_SYNC, OURS_SYNC, PEER_SYNC, race, running
from . import Bench

THREADS = {1: 10.0, 8: 14.0, 32: 14.0}
"""How many threads, and how many times less than the official client that should take."""


def rows(bench: Bench) -> Iterator[Row]:
    """`check` beside every peer, plain; then over TLS."""
    variants = [OURS_SYNC, *OFFICIAL_SYNC.values(), HTTP_CLIENT]
    with running(variants, bench.server.url) as workers:
        for at_once, target in THREADS.items():
            costs = race(workers, "check", bench.calls, at_once, bench.rounds)
            what = f"sync check, {at_once} thread{'s' if at_once > 1 else ''}"
            for peer in OFFICIAL_SYNC.values():
                goal = target if peer is PEER_SYNC else None
                yield compared(what, costs, OURS_SYNC, peer, LESS, goal)
            yield compared(what, costs, OURS_SYNC, HTTP_CLIENT, SHARE)
    server, variants = bench.server, [OURS_SYNC, PEER_SYNC, HTTP_CLIENT]
    with running(variants, server.tls_url, server.authority) as workers:
        costs = race(workers, "check", bench.calls, 8, bench.rounds)
        what = "sync check over TLS, 8 threads"
        yield compared(what, costs, OURS_SYNC, PEER_SYNC, LESS)
        yield compared(what, costs, OURS_SYNC, HTTP_CLIENT, SHARE)
