"""The two plots of the tracker: a long run, and an outage of an hour."""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from autumn_async import AsyncAutumn, AsyncUsageTracker, SQLiteStore
from autumn_async.tracking.answers import Verdict
from autumn_async.tracking.clock import Clock
from autumn_async.tracking.options import options_from
from autumn_async.tracking.pace import Pace
from autumn_async.tracking.segments import MAX_EVENTS, Draft, joined
from autumn_async.tracking.shipping import Shipping
from autumn_async.tracking.store import Ended

from .variants.tracker_ours import ENCODED, EVENT, resident

COLOURS = ("#c2571a", "#5b6770")
RATE = 1_000
"""Events in a second, in the outage."""
BEFORE, OUTAGE, AFTER = 300, 3_600, 1_500
"""Seconds."""


@dataclass
class Series:
    """What was seen, moment by moment."""

    at: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    second: list[float] = field(default_factory=list)

    def note(self, at: float, first: float, second: float) -> None:
        """Adds a moment."""
        self.at.append(at)
        self.first.append(first)
        self.second.append(second)


async def long_run(url: str, events: int) -> Series:
    """Events delivered in a second, and memory, while one task puts as fast as it can."""
    series = Series()
    with tempfile.TemporaryDirectory() as folder:
        async with (
            AsyncAutumn("am_sk_test_x", server_url=url) as autumn,
            autumn.tracker(SQLiteStore(folder)) as tracker,
        ):
            watching = asyncio.ensure_future(_watch(tracker, series, events))
            for number in range(events):
                if number % 2_000:
                    tracker.track(**EVENT)  # type: ignore[arg-type]
                else:
                    await tracker.put(**EVENT)  # type: ignore[arg-type]
            await tracker.flush(timeout=600)
            await watching
    return series


async def _watch(tracker: AsyncUsageTracker, series: Series, events: int) -> None:
    began, before, then = time.perf_counter(), 0, time.perf_counter()
    while before < events:
        await asyncio.sleep(1)
        now, accepted = time.perf_counter(), tracker.stats().accepted
        series.note(now - began, (accepted - before) / (now - then), resident())
        before, then = accepted, now


class Simulation:
    """A store on a real disk, the rules of the sender, and a clock that is moved by hand."""

    def __init__(self, folder: str) -> None:
        self.seconds = 1_800_000_000.0
        self.clock = Clock(lambda: self.seconds, lambda: self.seconds, lambda low, high: high)
        self.pace = Pace(self.clock, 4)
        self.shipping = Shipping(options_from({}), self.clock)
        self.store = SQLiteStore(folder, synchronous="NORMAL")
        self.store.open(self.clock.now())
        self.delivered = 0

    def second(self, *, is_up: bool) -> None:
        """A second of the world: events come in, and what may go out does."""
        draft = Draft(body=joined([ENCODED] * MAX_EVENTS), events=MAX_EVENTS)
        with self.store.transaction():
            self.store.append([draft] * (RATE // MAX_EVENTS), self.clock.now())
        end = self.seconds + 1
        while (wait := self.pace.wait()) < end - self.seconds and self._send(wait, is_up=is_up):
            pass
        self.seconds = max(self.seconds, end)

    def _send(self, wait: float, *, is_up: bool) -> bool:
        self.seconds += wait
        now = self.clock.now()
        with self.store.transaction():
            leased = self.store.lease(now, most=1, merge=True, busy=())
            if not leased:
                return False
            (segment,) = leased
            self.pace.started()
            verdict = Verdict("accepted" if is_up else "not stored")
            self.pace.ended(verdict)
            self.store.settle([Ended(segment, self.shipping.after(segment, verdict, now))], now)
        self.delivered += segment.events if is_up else 0
        return True


def outage() -> Series:
    """Events queued on the disk, and events delivered in a second, over an outage of an hour."""
    series = Series()
    with tempfile.TemporaryDirectory() as folder:
        simulation = Simulation(folder)
        for second in range(BEFORE + OUTAGE + AFTER):
            simulation.second(is_up=not BEFORE <= second < BEFORE + OUTAGE)
            if second % 10 == 9:
                queued = simulation.store.counts().bytes / 2**20
                series.note((second + 1 - BEFORE) / 60, queued, simulation.delivered / 10)
                simulation.delivered = 0
        simulation.store.close()
    return series


def draw(url: str, events: int, folder: Path) -> None:
    """Measures, and writes the pictures."""
    run = asyncio.run(long_run(url, events))
    rate, peak = sum(run.first) / len(run.first), max(run.second)
    print(f"{events:,} events in {run.at[-1]:.0f} s: {rate:,.0f} events/s, {peak:.0f} MiB at most")
    labels = ("seconds", "events delivered in a second", "memory, MiB")
    _drawn(run, labels, folder / "tracker-run.png")
    found = outage()
    queued, drained = max(found.first), max(found.second)
    print(f"outage: {queued:,.0f} MiB queued, drained at up to {drained:,.0f} events/s")
    labels = ("minutes; the outage is from 0 to 60", "queued, MiB", "events delivered in a second")
    _drawn(found, labels, folder / "tracker-outage.png")


def _drawn(series: Series, labels: tuple[str, str, str], path: Path) -> None:
    import matplotlib  # not before: the memory that is drawn is without it

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, left = pyplot.subplots(figsize=(8, 4.5))
    right = left.twinx()
    for axes, values, colour, label in (
        (left, series.first, COLOURS[0], labels[1]),
        (right, series.second, COLOURS[1], labels[2]),
    ):
        axes.plot(series.at, values, color=colour)
        axes.set_ylabel(label, color=colour)
        axes.set_ylim(0, max(values) * 1.15)
        axes.spines["top"].set_visible(False)
    left.set_xlabel(labels[0])
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
    print(f"wrote {path.name}")
