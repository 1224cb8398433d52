"""Dead letters that are put back or forgotten, in files that no running process has."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ..errors import StorageError
from ..tracking.clock import Clock
from ..tracking.folder import SQLiteStore
from ..tracking.keys import Keys
from ..tracking.letters import edited, page, requeue
from ..tracking.store import DeadLetter
from ..tracking.view import check_outbox, views

_JSON_FIELDS = ("value", "properties", "timestamp")


@dataclass(frozen=True)
class Choice:
    """Which dead letters are meant."""

    names: tuple[str, ...]
    """Idempotency keys and ids."""
    everything: bool
    reason: str | None
    yes: bool
    """Whether not to ask."""

    def __post_init__(self) -> None:
        if (bool(self.names) + self.everything + (self.reason is not None)) != 1:
            raise ValueError("name keys or ids, or give --all, or --reason; one of the three")

    def takes(self, letter: DeadLetter) -> bool:
        """Whether this one is meant."""
        if self.names:
            return letter.id in self.names or letter.key in self.names
        return self.everything or letter.reason == self.reason


def parsed(changes: tuple[str, ...]) -> dict[str, Any]:
    """The values of `--set`: JSON where a field isn't text."""
    found: dict[str, Any] = {}
    for change in changes:
        name, sign, text = change.partition("=")
        if not sign:
            raise ValueError(f"--set takes FIELD=VALUE, not {change!r}")
        found[name] = (_json(name, text) if name in _JSON_FIELDS else text) if text else None
    return found


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError(f"--set {name}= takes JSON, and {text!r} is none") from None


def requeue_letters(folder: Path, choice: Choice, changes: dict[str, Any]) -> int:
    """Puts dead letters back; returns the exit code."""
    clock, keys = Clock(), Keys()

    def put_back(store: SQLiteStore, letter: DeadLetter) -> bool:
        now, event = clock.stamp(), letter.event
        if changes:
            event = edited(letter, changes, keys.mint(now), now)
        return requeue(store, letter, event, clock.now())

    return _each(folder, choice, put_back, "put back")


def discard_letters(folder: Path, choice: Choice) -> int:
    """Forgets dead letters; returns the exit code."""
    return _each(folder, choice, lambda store, letter: store.discard(letter.id), "discarded")


def _each(
    folder: Path, choice: Choice, act: Callable[[SQLiteStore, DeadLetter], bool], done: str
) -> int:
    """Does it to all letters that are meant, in one step: with all or, if one is bad, with none."""
    check_outbox(folder)
    with _possession(folder) as store:
        letters = [letter for letter in _letters(store) if choice.takes(letter)]
        _confirm(choice, letters, done)
        with store.transaction():
            for letter in letters:
                act(store, letter)
    click.echo(f"{len(letters):,} dead letters were {done}")
    return _missed(folder, choice, letters)


@contextmanager
def _possession(folder: Path) -> Generator[SQLiteStore, None, None]:
    store = SQLiteStore(folder)
    try:
        store.open(Clock().now())
        yield store
    finally:
        store.close()


def _letters(store: SQLiteStore) -> Generator[DeadLetter, None, None]:
    after: str | None = None
    while letters := page(after)(store):
        yield from letters
        after = letters[-1].id


def _confirm(choice: Choice, letters: list[DeadLetter], done: str) -> None:
    if choice.names or choice.yes or not letters:
        return
    doubts = sum(letter.in_doubt for letter in letters)
    may = f", {doubts:,} of which may have been counted" if doubts else ""
    click.confirm(
        f"{len(letters):,} dead letters{may}: shall they be {done}?", abort=True, err=True
    )


def _missed(folder: Path, choice: Choice, letters: list[DeadLetter]) -> int:
    """Says which of those that are meant were not reached; returns the exit code."""
    errors: list[StorageError] = []
    held = [
        letter
        for view in views(folder, errors)
        if view.is_owned
        for letter in view.all_letters()
        if choice.takes(letter)
    ]
    if held:
        click.echo(
            f"{len(held):,} more are in files of running processes, and were left: use the "
            "tracker's own method there, or end the process first",
            err=True,
        )
    found = {name for letter in (*letters, *held) for name in (letter.id, letter.key)}
    missing = [name for name in choice.names if name not in found]
    for name in missing:
        click.echo(f"there is no dead letter {name}", err=True)
    return 1 if held or missing else 0
