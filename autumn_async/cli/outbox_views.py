"""What is in an outbox, as tables and as JSON lines."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import click
import msgspec
from rich.console import Console
from rich.table import Table

from ..errors import StorageError
from ..tracking.store import DeadLetter
from ..tracking.view import View, views

_encode = msgspec.json.Encoder().encode


def show_files(folder: Path, *, as_json: bool) -> int:
    """Prints a line for each file; returns the exit code."""
    errors: list[StorageError] = []
    now = int(time.time() * 1000)
    rows = [_described(view, now) for view in views(folder, errors)]
    table = _table("file", "owner", "segments", "events", "dead", "damaged", "bytes", "age")
    for row in rows:
        cells = [row[name] for name in ("segments", "events", "dead", "damaged", "bytes")]
        age = "" if row["age_ms"] is None else _duration(row["age_ms"])
        table.add_row(row["file"], row["owner"], *(f"{cell:,}" for cell in cells), age)
    return _shown(rows, table, errors, as_json=as_json)


def _described(view: View, now: int) -> dict[str, Any]:
    counts, oldest = view.counts(), view.oldest()
    return {
        "file": view.name,
        "owner": "running" if view.is_owned else "orphan",
        "segments": counts.segments,
        "events": counts.events,
        "dead": counts.dead,
        "damaged": counts.quarantined,
        "bytes": counts.bytes,
        "age_ms": None if oldest is None else max(0, now - oldest),
    }


def show_sums(folder: Path, *, as_json: bool) -> int:
    """Prints events and bytes by state and reason; returns the exit code."""
    errors: list[StorageError] = []
    totals: dict[tuple[str, str | None], list[int]] = {}
    for view in views(folder, errors):
        for part in view.sums():
            _add(totals, (part.state, part.reason), part.events, part.bytes)
        for record in view.damaged():
            _add(totals, ("damaged", None), 1, len(record.body))
    rows: list[dict[str, Any]] = [
        {"state": state, "reason": reason, "events": events, "bytes": size}
        for (state, reason), (events, size) in sorted(totals.items(), key=lambda item: str(item[0]))
    ]
    table = _table("state", "reason", "events", "bytes")
    for row in rows:
        table.add_row(row["state"], row["reason"], f"{row['events']:,}", f"{row['bytes']:,}")
    return _shown(rows, table, errors, as_json=as_json)


def _add(
    totals: dict[tuple[str, str | None], list[int]], what: tuple[str, str | None], *more: int
) -> None:
    before = totals.get(what, [0, 0])
    totals[what] = [a + b for a, b in zip(before, more, strict=True)]


def show_letters(folder: Path, reason: str | None, *, as_json: bool) -> int:
    """Prints the dead letters; returns the exit code."""
    errors: list[StorageError] = []
    letters = [
        letter
        for view in views(folder, errors)
        for letter in view.all_letters()
        if reason in (None, letter.reason)
    ]
    table = _table("id", "died", "reason", "key", "event")
    for letter in letters:
        died = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(letter.died_at / 1000))
        why = f"{letter.reason}{' (in doubt)' if letter.in_doubt else ''}\n{letter.detail}"
        table.add_row(letter.id, died, why, letter.key, letter.event.decode())
    return _shown([lettered(letter) for letter in letters], table, errors, as_json=as_json)


def lettered(letter: DeadLetter) -> dict[str, Any]:
    """A dead letter as JSON shows it."""
    return {
        "state": "dead",
        "id": letter.id,
        "key": letter.key,
        "reason": letter.reason,
        "detail": letter.detail,
        "died_at": letter.died_at,
        "in_doubt": letter.in_doubt,
        "event": msgspec.Raw(letter.event),
    }


def export_events(folder: Path, output: Path | None, only: str | None) -> int:
    """Writes all events as JSON lines; returns the exit code."""
    errors: list[StorageError] = []
    written = damaged = 0
    with ExitStack() as stack:
        target = _target(output, stack)
        for view in views(folder, errors):
            for line in _lines(view, only):
                target.write(line + b"\n")
                written += 1
            damaged += len(view.damaged())
        target.flush()
    click.echo(f"{written:,} events were written", err=True)
    if damaged:
        click.echo(f"{damaged:,} damaged records can't be written", err=True)
    return _complain(errors)


def _target(output: Path | None, stack: ExitStack) -> BinaryIO:
    if output is None:
        return sys.stdout.buffer
    try:
        return stack.enter_context(output.open("xb"))
    except FileExistsError:
        raise ValueError(f"{output} is there already; name a new file") from None


def _lines(view: View, only: str | None) -> Generator[bytes, None, None]:
    if only != "dead":
        for state, event in view.waiting():
            yield _encode({"state": state, "event": msgspec.Raw(event)})
    if only != "waiting":
        for letter in view.all_letters():
            yield _encode(lettered(letter))


def _table(*titles: str) -> Table:
    table = Table()
    words = ("file", "owner", "state", "reason", "id", "died", "key", "event")
    for title in titles:
        is_word = title in words
        table.add_column(title, justify="left" if is_word else "right", overflow="fold")
    return table


def _shown(
    rows: Sequence[dict[str, Any]], table: Table, errors: list[StorageError], *, as_json: bool
) -> int:
    if as_json:
        for row in rows:
            click.echo(_encode(row).decode())
    elif rows:
        Console().print(table, markup=False, highlight=False)
    elif not errors:
        click.echo("there is nothing")
    return _complain(errors)


def _complain(errors: list[StorageError]) -> int:
    for error in errors:
        click.echo(f"Error: {error}", err=True)
    return 1 if errors else 0


def _duration(milliseconds: int) -> str:
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return (
        f"{days}d {hours:02}:{minutes:02}:{seconds:02}"
        if days
        else f"{hours:02}:{minutes:02}:{seconds:02}"
    )
