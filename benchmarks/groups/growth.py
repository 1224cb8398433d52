"""What changes with concurrency: as little as possible. Over a million calls: `benchmarks.soak`."""

from __future__ import annotations

from collections.abc import Iterator

from ..rows import SHARE, Row
from ..workers import OURS_ASYNC, race, running
from . import Bench

MOST = 256


def rows(bench: Bench) -> Iterator[Row]:
    """CPU for a call with 256 in flight against 1 in flight."""
    with running([OURS_ASYNC], bench.server.url) as workers:
        calls = max(bench.calls, 4 * MOST)
        one, many = list[float](), list[float]()
        for _ in range(bench.rounds):
            one += race(workers, "check", calls, 1, 1)[OURS_ASYNC]
            many += race(workers, "check", calls, MOST, 1)[OURS_ASYNC]
    yield Row(f"async check, {MOST} in flight", "itself, 1 in flight", many, one, "µs", SHARE, 1.2)
