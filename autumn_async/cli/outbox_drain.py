"""`autumn outbox drain`: sends what ended processes have left behind."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from math import inf
from pathlib import Path

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from ..client import AsyncAutumn
from ..errors import StorageError
from ..tracking.folder import SQLiteStore
from ..tracking.reports import FlushResult, Stats
from ..tracking.tracker import AsyncUsageTracker
from ..tracking.view import check_outbox, views

_LOOK_EVERY = 0.1


@dataclass
class Outcome:
    """How far a drain has come."""

    stats: Stats
    why: str = ""
    """Why it ended before everything was sent."""


def run_drain(folder: Path, secret_key: str | None, server_url: str | None, patience: float) -> int:
    """Sends what waits; returns the exit code, 0 only if nothing is left."""
    check_outbox(folder)
    outcome = Outcome(Stats())
    try:
        asyncio.run(_drain(folder, secret_key, server_url, patience, outcome))
    except KeyboardInterrupt:
        outcome.why = "interrupted"
    return _summary(folder, outcome)


async def _drain(
    folder: Path, secret_key: str | None, server_url: str | None, patience: float, outcome: Outcome
) -> None:
    async with AsyncAutumn(secret_key, server_url=server_url) as autumn:
        tracker = autumn.tracker(SQLiteStore(folder))
        await tracker.start()
        outcome.stats = tracker.stats()
        sending = asyncio.ensure_future(tracker.flush(timeout=inf))
        try:
            outcome.why = await _watch(tracker, sending, patience)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            await tracker.close(timeout=0)
            outcome.stats = tracker.stats()


async def _watch(
    tracker: AsyncUsageTracker, sending: asyncio.Future[FlushResult], patience: float
) -> str:
    """Until everything is sent, or it's no use to go on; returns why that is."""
    settled, moved_at = 0, time.monotonic()
    with _progress() as progress:
        bar = progress.add_task("events", total=None)
        while not sending.done():
            await asyncio.wait([sending], timeout=_LOOK_EVERY)
            stats = tracker.stats()
            before, settled = settled, _advance(progress, bar, stats)
            moved_at = time.monotonic() if settled != before else moved_at
            if stats.paused is not None:
                return stats.paused
            if time.monotonic() - moved_at >= patience and not sending.done():
                return f"no progress for {patience:g} seconds{_answers(stats)}"
    sending.result()
    return ""


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True))


def _advance(progress: Progress, bar: TaskID, stats: Stats) -> int:
    settled = _settled(stats)
    progress.update(bar, completed=settled, total=settled + stats.stored_events)
    return settled


def _settled(stats: Stats) -> int:
    return stats.accepted + stats.duplicates + sum(stats.died.values()) + stats.lost


def _answers(stats: Stats) -> str:
    """What became of the requests that failed."""
    bad = [f"{kind} {n:,}" for kind, n in stats.answers.items() if kind != "accepted"]
    return f" (requests: {', '.join(bad)})" if bad else ""


def _summary(folder: Path, outcome: Outcome) -> int:
    """Says what was sent and what is left, by looking again; returns the exit code."""
    stats = outcome.stats
    click.echo(f"{stats.accepted + stats.duplicates:,} events were delivered")
    died = ", ".join(f"{reason} {n:,}" for reason, n in stats.died.items())
    if died:
        click.echo(f"can't be delivered, and are dead letters now: {died}")
    errors: list[StorageError] = []
    ours = held = letters = damaged = 0
    for view in views(folder, errors):
        counts = view.counts()
        letters, damaged = letters + counts.dead, damaged + counts.quarantined
        held += counts.events if view.is_owned else 0
        ours += 0 if view.is_owned else counts.events
    for number, text in (
        (ours, f"events are still stored: {outcome.why or 'they came in meanwhile'}"),
        (held, "events are in files of running processes, which send them"),
        (letters, "dead letters in all; see: autumn outbox DIR dead"),
        (damaged, "damaged records"),
    ):
        if number:
            click.echo(f"{number:,} {text}")
    for error in errors:
        click.echo(f"Error: {error}", err=True)
    return 1 if ours or held or died or errors else 0
