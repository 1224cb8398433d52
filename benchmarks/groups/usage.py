"""Usage events: what tracking takes, next to a POST for each. `benchmarks.tracker` has it all."""

from __future__ import annotations

from collections.abc import Iterator

from ..environments import LATEST
from ..rows import LESS, Row
from ..tracker import Work, of, raced, server, track_row
from . import Bench

EVENTS_PER_CALL = 40
"""Events for each call that a block of the other groups has."""


def rows(bench: Bench) -> Iterator[Row]:
    """`track()` by itself, and events from `track()` to the server."""
    events, rounds = EVENTS_PER_CALL * bench.calls, min(5, bench.rounds)
    works: dict[str, tuple[Work, float | None]] = {
        "aiohttp POST per event": (("ours", "post", events // 32), 30),
        "the same, 64 in flight": (("ours", "posts", events // 32), None),
        f"autumn-sdk {LATEST} track": (("official", "track", events // 160), 200),
    }
    with server() as url:
        yield track_row(url, events, rounds)
        found = raced(
            url,
            {
                "ours": ("ours", "deliver", events),
                **{name: work for name, (work, _) in works.items()},
            },
            rounds,
        )
    for name, (_, target) in works.items():
        ours, theirs = of(found["ours"], "cpu"), of(found[name], "cpu")
        yield Row("usage event, delivered", name, ours, theirs, "µs", LESS, target)
