"""A state file: a snapshot of everything, and the requests that came after it.

What a request changes is for the domain to know; the file needs not know it. It keeps the requests
themselves, each with the moment at which it happened, before it is carried out. Opening the file
takes the snapshot and carries the requests out again: operations depend on nothing but the state,
the request and that moment, so the state comes out the same, ids included. When the requests take
up more room than the snapshot, a new snapshot replaces both, so a write costs what its own request
weighs, whatever the number of customers, and opening a file never takes much longer than reading
its snapshot.

SQLite writes it. After the process was killed every request that was carried out is there; after
the machine lost its power the last ones may be missing, for nothing waits for the disk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from ..._version import __version__
from ..errors import StateError
from .entries import Entry

MAGIC: Final = b"SQLite format 3\0"
APPLICATION: Final = 0x41754574
"""What marks the files of emulators among those of SQLite."""
APPLICATION_AT: Final = 68
HEADER: Final = 100
LEAST: Final = 4 * 2**20
"""Requests of so many bytes are kept before the next snapshot, however small the last one was."""

_TABLES: Final = f"""
    BEGIN IMMEDIATE;
    PRAGMA application_id = {APPLICATION};
    CREATE TABLE facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
    CREATE TABLE requests (number INTEGER PRIMARY KEY, entry BLOB NOT NULL);
    COMMIT;
"""


class StateFile:
    """An open state file; nobody else can open it meanwhile.

    Raises `StateError` for files that it can't go on from, without changing them.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        known = self._inspected()
        try:
            self._database = self._opened()
            if not known:
                self._database.executescript(_TABLES)
                self._save(version=__version__)
            self._check_version()
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
        except sqlite3.Error as error:
            raise self._refusal(error) from error
        self._weight = 0
        self._enough = LEAST

    @property
    def snapshot(self) -> bytes | None:
        """The state before the first of the requests; None for a new file."""
        found: bytes | None = self._fact("snapshot")
        return found

    @property
    def ahead_ms(self) -> int:
        """How far the emulator's time is ahead."""
        return self._fact("ahead_ms") or 0

    @property
    def full(self) -> bool:
        """Is it time for a snapshot?"""
        return self._weight > self._enough

    def entries(self) -> Iterator[Entry]:
        """The requests since the snapshot, in their order."""
        decoder = msgspec.msgpack.Decoder(Entry)
        for (data,) in self._database.execute("SELECT entry FROM requests ORDER BY number"):
            self._weight += len(data)
            yield decoder.decode(data)

    def append(self, entry: Entry) -> None:
        data = msgspec.msgpack.encode(entry)
        self._database.execute("INSERT INTO requests (entry) VALUES (?)", (data,))
        self._weight += len(data)

    def move_clock(self, ahead_ms: int) -> None:
        self._save(ahead_ms=ahead_ms)

    def replace(self, snapshot: bytes, ahead_ms: int) -> None:
        """Forgets the requests for what they came to."""
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            self._save(snapshot=snapshot, ahead_ms=ahead_ms)
            self._database.execute("DELETE FROM requests")
        self._weight = 0
        self._enough = max(LEAST, len(snapshot))

    def close(self) -> None:
        self._database.close()

    def _inspected(self) -> bool:
        """Whether it is a state file; False for one that is missing or empty."""
        try:
            with self._path.open("rb") as file:
                header = file.read(HEADER)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._refusal(error) from error
        if not header:
            return False
        mark = int.from_bytes(header[APPLICATION_AT : APPLICATION_AT + 4], "big")
        if not header.startswith(MAGIC) or mark != APPLICATION:
            raise StateError(
                f"{self._path} is not a state file of an Autumn emulator; it was left as it is"
            )
        return True

    def _opened(self) -> sqlite3.Connection:
        database = sqlite3.connect(
            self._path, timeout=0, isolation_level=None, check_same_thread=False
        )
        try:
            database.execute("PRAGMA locking_mode = EXCLUSIVE")
            database.execute("BEGIN EXCLUSIVE")
            database.execute("COMMIT")
        except BaseException:
            database.close()
            raise
        return database

    def _check_version(self) -> None:
        version = self._fact("version")
        if version != __version__:
            self._database.close()
            raise StateError(
                f"{self._path} is the state of autumn-async {version}, and this is {__version__};"
                " it was left as it is: use that version, or another file"
            )

    def _fact(self, name: str) -> Any:
        found = self._database.execute("SELECT value FROM facts WHERE name = ?", (name,))
        row = found.fetchone()
        return row[0] if row else None

    def _save(self, **facts: str | int | bytes) -> None:
        statement = "INSERT OR REPLACE INTO facts VALUES (?, ?)"
        self._database.executemany(statement, facts.items())

    def _refusal(self, error: Exception) -> StateError:
        if "locked" in str(error):
            return StateError(f"{self._path} is in use by another emulator")
        return StateError(f"the state file {self._path} can't be used: {error}")
