"""How long calls take: taking the time, and the tables of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import quantiles

from rich.table import Table

BINS = 16
"""Lines of a histogram."""

BAR = 40
"""Characters of its longest bar."""


@dataclass
class Phase:
    """One part of the traffic: seconds of each call, by operation, and of the whole."""

    name: str
    seconds: dict[str, list[float]] = field(default_factory=lambda: {"check": [], "track": []})
    total: float = 0.0

    @contextmanager
    def running(self) -> Generator[None, None, None]:
        """Takes the time of the whole."""
        started = time.perf_counter()
        yield
        self.total = time.perf_counter() - started

    @contextmanager
    def timed(self, operation: str) -> Generator[None, None, None]:
        """Takes the time of one call."""
        started = time.perf_counter()
        yield
        self.seconds[operation].append(time.perf_counter() - started)


def latencies(phases: Sequence[Phase], percents: Sequence[int]) -> Table:
    """A table of percentiles, a line for each operation that was called.

    Rates are among them where the time of the whole was taken.
    """
    table, rated = Table(title="latency"), any(phase.total for phase in phases)
    figures = ["calls", *(f"p{percent} ms" for percent in percents), *["calls/s"] * rated]
    for title in ("", "call", *figures):
        table.add_column(title, justify="right" if title in figures else "left")
    for phase in phases:
        calls = sum(len(seconds) for seconds in phase.seconds.values())
        rate = [f"{calls / phase.total:,.0f}"] if phase.total else []
        for operation, seconds in phase.seconds.items():
            if seconds:
                found = (f"{percentile(seconds, percent) * 1000:.2f}" for percent in percents)
                table.add_row(phase.name, operation, f"{len(seconds):,}", *found, *rate)
    return table


def percentile(seconds: Sequence[float], percent: int) -> float:
    """What so many percent of the calls, 1 to 99, stay below."""
    if len(seconds) == 1:
        return seconds[0]
    return quantiles(seconds, n=100, method="inclusive")[percent - 1]


def histogram(title: str, seconds: Sequence[float]) -> Table:
    """How many calls took how long, in equal steps up to the 99th percentile."""
    shortest = min(seconds)
    step = (percentile(seconds, 99) - shortest) / BINS or 1e-6
    counts = Counter(min(int((took - shortest) / step), BINS) for took in seconds)
    table = Table(title=title, box=None, show_header=False)
    table.add_column(justify="right")
    for number in range(BINS + 1):
        bar = "█" * round(counts[number] / max(counts.values()) * BAR)
        edge = f"from {(shortest + number * step) * 1000:.2f} ms"
        table.add_row(edge, bar.ljust(BAR), f"{counts[number]:,}")
    return table
