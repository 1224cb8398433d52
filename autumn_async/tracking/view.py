"""Looking at an outbox without disturbing those who use it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import msgspec

from ..errors import StorageError
from .database import Database
from .folder import SUFFIX
from .layout import translated, unpacked
from .ownership import Lock, check_platform
from .reports import State
from .segments import Trail, events_of
from .store import Counts, DeadLetter

_AT_ONCE = 100


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a file is in one state."""

    state: State
    """`stored`, `possibly accepted`, `dead`, or `accepted`: kept to be sent once more."""
    reason: str | None = None
    """Why it's dead."""
    events: int
    bytes: int


class View(Database):
    """One file of an outbox at one moment. Reads, and never writes.

    What its owner does meanwhile isn't seen, and isn't held up.
    """

    def __init__(self, path: Path) -> None:
        self.name: str = path.stem
        self.is_owned: bool = Lock.is_held(path.with_suffix(".lock"))
        """Whether a running process has the file."""
        self._path, self._pid = str(path), os.getpid()
        with translated(self._path):
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro",
                uri=True,
                isolation_level=None,
                check_same_thread=False,  # it may be on any thread that it is finalized
            )
            try:
                self._run("BEGIN")
                self._check_ours()
                self.is_blank: bool = self._one("PRAGMA user_version") == 0
                """Whether whoever made the file got no further than that."""
                self._counts = Counts() if self.is_blank else self._counted()
            except BaseException:
                self._connection.close()
                raise

    def sums(self) -> list[Sum]:
        """What is in the file, by state and reason."""
        totals: dict[State, tuple[int, int]] = {}
        for events, size, packed in self._run("SELECT events, size, trail FROM segments"):
            state = _state(unpacked(packed))
            before = totals.get(state, (0, 0))
            totals[state] = before[0] + events, before[1] + size
        found = [Sum(state=key, events=n, bytes=size) for key, (n, size) in totals.items()]
        dead = self._run("SELECT reason, count(*), sum(length(event)) FROM letters GROUP BY reason")
        return found + [
            Sum(state="dead", reason=why, events=n, bytes=size) for why, n, size in dead
        ]

    def all_letters(self) -> Generator[DeadLetter, None, None]:
        """All dead letters, oldest first."""
        after = 0
        while found := self.letters(after, _AT_ONCE):
            yield from found
            after = self._row(found[-1].id)

    def waiting(self) -> Generator[tuple[State, bytes], None, None]:
        """All events that Autumn hasn't taken, oldest first, as they will travel."""
        rows = self._run("SELECT id, trail FROM segments ORDER BY id").fetchall()
        for row, packed in rows:
            state = _state(unpacked(packed))
            body = self._read(row) if state != "accepted" else None
            for event in events_of(body) if body is not None else ():
                yield state, event


def _state(trail: Trail) -> State:
    if trail.accepted_at is not None:
        return "accepted"
    return "stored" if trail.doubt_since is None else "possibly accepted"


def check_outbox(folder: Path) -> None:
    """Raises `StorageError` for what can't be an outbox: it holds other things, or isn't there."""
    check_platform()
    if not folder.is_dir():
        raise StorageError(f"{folder} is not a folder; name the one that your tracker's store has")
    names = [path.name for path in folder.iterdir()]
    if names and not any(name.endswith((SUFFIX, ".lock")) for name in names):
        raise StorageError(
            f"{folder} is not an outbox: it holds other things, and no {SUFFIX} file"
        )


def views(folder: Path, errors: list[StorageError]) -> Generator[View, None, None]:
    """The files of an outbox, one after another; what can't be read is noted and left out.

    A file whose owner does away with it meanwhile has nothing left in it.
    """
    check_outbox(folder)
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            view = View(path)
        except StorageError as error:
            if path.exists():
                errors.append(error)
            continue
        with closing(view):
            if not view.is_blank:
                yield view
