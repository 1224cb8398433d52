"""Checks that are answered from memory, beside the least that they could cost."""

from __future__ import annotations

from collections.abc import Iterator

from ..rows import LESS, SHARE, Row
from ..workers import OURS_CACHED, running, shuffled
from . import Bench

MANY = 100
"""Checks in one measured call."""

KINDS = {"cached, sync": "cached check, sync", "cached": "cached check, awaited"}
FLOOR = "a look into a dict, an answer made"


def rows(bench: Bench) -> Iterator[Row]:
    """A cached check against its floor, and against asking Autumn."""
    costs: dict[str, list[float]] = {name: [] for name in (*KINDS, "floor", "live")}
    with running([OURS_CACHED], bench.server.url) as workers:
        for number in range(bench.rounds + 1):
            for name in shuffled(costs):
                cost = workers[OURS_CACHED].block(name, bench.calls, 1)["cpu"]
                if number:  # the first round is a warm-up
                    costs[name].append(cost if name == "live" else cost / MANY)
    for name, what in KINDS.items():
        yield Row(what, FLOOR, costs[name], costs["floor"], "µs", SHARE, 6)
    what = KINDS["cached"]
    yield Row(what, "autumn-async, live", costs["cached"], costs["live"], "µs", LESS)
