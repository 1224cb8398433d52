"""One SQLite database of segments, dead letters and known customers."""

from __future__ import annotations

import ctypes
import os
import sqlite3
import sys
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Any, TypeVar
from weakref import WeakSet

import msgspec

from ..errors import StorageError, StorageFullError
from .bodies import Bodies
from .layout import (
    APPLICATION,
    COLUMNS,
    SCHEMA,
    VERSION,
    Row,
    checksum,
    packed,
    requests_of,
    translated,
    unpacked,
)
from .segments import MAX_EVENTS, Draft, Segment, merged
from .shipping import Burial, Change
from .store import Counts, Damaged, DeadLetter, Ended

T = TypeVar("T")

_LEASED = 2**62
"""The `ready_at` of a segment that is under way; one that was when its process ended is not."""

_UNREADABLE = _LEASED + 1
"""That of a segment which SQLite can't read."""

_ROWS_AT_ONCE = 1_000
"""How many segments one statement stores. Each statement lets other threads run, and waits until
they let this one: milliseconds, while they compute."""

_BODIES_AT_ONCE = 8
"""The same for their bodies, of which it holds a copy."""

HEADROOM = 8 * 1024 * 1024
"""Bytes of the disk that new events leave free: sending and deleting need room, too, at most what
SQLite's log holds before it is merged into the file."""

_THESE = "(SELECT value FROM json_each(?))"
_NOT_BUSY = f"(customer IS NULL OR customer NOT IN {_THESE})"
_NEXT_BATCHES = f"""
    SELECT {COLUMNS} FROM segments WHERE lane IS NULL AND ready_at <= ? AND {_NOT_BUSY}
    ORDER BY ready_at, id LIMIT ?"""
_NEXT_IN_LANES = f"""
    SELECT {COLUMNS} FROM segments AS it WHERE lane IS NOT NULL AND ready_at <= ?
    AND NOT EXISTS (SELECT 1 FROM segments WHERE lane = it.lane AND id < it.id)
    ORDER BY id LIMIT ?"""
_READY = f"""
    SELECT min(ready_at) FROM segments WHERE ready_at < ? AND {_NOT_BUSY}
    AND (lane IS NULL OR id IN (SELECT min(id) FROM segments WHERE lane IS NOT NULL GROUP BY lane))
"""


class Database:
    """The tables, through one connection, on one thread.

    Args:
        path: The file, or ":memory:".
        name: What the ids of its records begin with.
        synchronous: "FULL" or "NORMAL"; "OFF" in memory.
    """

    def __init__(self, path: str, name: str, synchronous: str) -> None:
        self.name = name
        self._path = path
        self._pid = os.getpid()
        self._synchronous, self._synchronized = synchronous, ""
        self._counts = Counts()
        self._bodies = Bodies()
        with translated(path):
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            try:
                self._set_up()
            except BaseException:
                self._connection.close()
                raise
        _open.add(self)

    def close(self) -> None:
        """Closes the connection; SQLite then merges its log into the file."""
        _open.discard(self)
        with translated(self._path):
            self._connection.close()

    def __del__(self) -> None:
        """Closes what nobody closed, such as a store in memory; never what belongs to a parent."""
        connection: sqlite3.Connection | None = self.__dict__.get("_connection")
        if connection is not None and self._pid == os.getpid():
            connection.close()

    def pin(self) -> None:
        """In a forked child: keeps the connection from ever being closed, also by Python's end.

        It is the parent's. SQLite, closing it, would tidy up files that the parent goes on using.
        """
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._connection))

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be lost with the file."""
        counts = self._counts
        return counts.segments + counts.dead + counts.quarantined == 0

    def counts(self) -> Counts:
        """What is in it."""
        return msgspec.structs.replace(self._counts)

    @contextmanager
    def transaction(self, *, lazily: bool = False) -> Generator[None, None, None]:
        """All that is done inside, or nothing; `lazily`, it may be undone by a loss of power."""
        before = self.counts()
        with translated(self._path):
            is_lazy = lazily and self._synchronous == "FULL"
            self._synchronize("NORMAL" if is_lazy else self._synchronous)
            self._run("BEGIN IMMEDIATE")
            try:
                yield
                self._run("COMMIT")
            except BaseException:
                self._counts = before
                self._bodies.clear()  # SQLite may give their rows to others
                with suppress(sqlite3.Error):
                    self._run("ROLLBACK")
                raise

    def append(self, drafts: Sequence[Draft], now: int) -> list[str]:
        """Stores segments."""
        self._check_room(sum(len(draft.body) for draft in drafts))
        return self._insert(drafts, now)

    def lease(self, now: int, *, most: int, merge: bool, busy: Collection[str]) -> list[Segment]:
        """Takes the next segments that are ready and undamaged."""
        while requests := self._ready(now, most, merge=merge, busy=busy):
            sound = [(rows, self._bodies_of(rows, now)) for rows in requests]
            found = [self._taken(rows, bodies) for rows, bodies in sound if bodies]
            if found:
                self._mark(found, now)
                return found
        return []

    def settle(self, ended: Sequence[Ended], now: int) -> list[list[str]]:
        """Ends leases."""
        gone = self._delete([self._row(it.id) for it, change in ended if not change.stays])
        parts: list[list[str]] = []
        for segment, change in ended:
            row, drafts = self._row(segment.id), change.drafts
            if change.stays:
                self._keep(row, segment, change)
            elif row in gone:
                self._bury(change.burials, now)
            parts.append(self._insert(drafts, segment.stored_at) if row in gone else [])
            gone.discard(row)
        return parts

    def hold(self, customer: str, until: int) -> None:
        """Leases no segments of this customer before that time."""
        self._run(
            "UPDATE segments SET ready_at = ? WHERE customer = ? AND ready_at < ?",
            (until, customer, _LEASED),
        )

    def known(self, customer: str, now: int) -> None:
        """Notes that a customer exists."""
        self._run("INSERT OR REPLACE INTO customers VALUES (?, ?)", (customer, now))
        self._run(
            "UPDATE segments SET customer = NULL, ready_at = iif(ready_at < ?, 0, ready_at)"
            " WHERE customer = ?",
            (_LEASED, customer),
        )

    def customers(self, most: int) -> list[str]:
        """The customers that were noted last."""
        self._run(
            "DELETE FROM customers WHERE id IN"
            " (SELECT id FROM customers ORDER BY seen_at DESC LIMIT -1 OFFSET ?)",
            (most,),
        )
        return [id for (id,) in self._run("SELECT id FROM customers ORDER BY seen_at")]

    def next_ready(self, *, busy: Collection[str]) -> int | None:
        """When the next segment that can be leased is ready."""
        found: int | None = self._one(_READY, (_LEASED, _listed(list(busy))))
        return found

    def free(self, id: str) -> None:
        """Ends a lease that nobody knows of."""
        with self.transaction():
            self._run(
                "UPDATE segments SET ready_at = 0 WHERE id = ? AND ready_at = ?",
                (self._row(id), _LEASED),
            )

    def oldest(self) -> int | None:
        """When the oldest segment was stored."""
        found: int | None = self._one("SELECT stored_at FROM segments ORDER BY id LIMIT 1")
        return found

    def ids(self) -> list[str]:
        """Segments whose events Autumn hasn't taken."""
        rows = self._run("SELECT id, trail FROM segments ORDER BY id")
        return [self._id(row) for row, trail in rows if unpacked(trail).accepted_at is None]

    def read(self, id: str) -> bytes | None:
        """The body of a segment, if it is there and undamaged."""
        return self._read(self._row(id))

    def letters(self, after: int, most: int) -> list[DeadLetter]:
        """Dead letters in order, those after the one named."""
        rows = self._run("SELECT * FROM letters WHERE id > ? ORDER BY id LIMIT ?", (after, most))
        return [
            DeadLetter(
                id=self._id(row),
                event=event,
                reason=reason,
                detail=detail,
                died_at=died_at,
                in_doubt=bool(in_doubt),
            )
            for row, event, reason, detail, died_at, in_doubt in rows
        ]

    def discard(self, id: str) -> bool:
        """Forgets a dead letter."""
        gone = self._run("DELETE FROM letters WHERE id = ?", (self._row(id),)).rowcount
        self._counts.dead -= gone
        return gone > 0

    def damaged(self) -> list[Damaged]:
        """Records that were found damaged."""
        rows = self._run("SELECT id, body, found_at FROM damaged ORDER BY id")
        return [Damaged(id=self._id(row), body=body, found_at=at) for row, body, at in rows]

    def _set_up(self) -> None:
        self._check_ours()
        self._run("PRAGMA page_size = 16384")  # a body is 200 KB: fewer pages, fewer writes
        self._page_size: int = self._one("PRAGMA page_size")  # an older file may have another
        self._run("PRAGMA wal_autocheckpoint = 256")  # 4 MB, as with SQLite's own pages
        self._run("PRAGMA journal_mode = WAL")
        self._synchronize(self._synchronous)
        self._run("PRAGMA journal_size_limit = 8388608")
        self._run("PRAGMA secure_delete = FAST")  # ON, as some builds have it, logs what is deleted
        if sys.platform == "darwin":
            self._run("PRAGMA fullfsync = ON")  # there, fsync alone leaves data in the drive
        if self._one("PRAGMA user_version") == 0:
            with self.transaction():
                for statement in SCHEMA:
                    self._run(statement)
        self._run("UPDATE segments SET ready_at = 0 WHERE ready_at = ?", (_LEASED,))
        self._counts = self._counted()

    def _synchronize(self, how: str) -> None:
        """Whether SQLite waits for the disk at the end of each transaction, or now and then."""
        if how != self._synchronized:
            self._run(f"PRAGMA synchronous = {how}")
            self._synchronized = how

    def _check_ours(self) -> None:
        application, version = self._one("PRAGMA application_id"), self._one("PRAGMA user_version")
        tables = self._one("SELECT count(*) FROM sqlite_master")
        if (application, version, tables) == (0, 0, 0):
            return
        if application != APPLICATION:
            raise StorageError(f"{self._path} is not an outbox of ours; it was left as it is")
        if version != VERSION:
            raise StorageError(
                f"{self._path} has version {version} of the format, and this release reads "
                f"{VERSION}; drain it with the release that wrote it"
            )

    def _counted(self) -> Counts:
        segments, size = self._run("SELECT count(*), total(size) FROM segments").fetchone()
        rows = self._run("SELECT events, trail FROM segments")
        waiting = sum(events for events, trail in rows if unpacked(trail).accepted_at is None)
        return Counts(
            segments=segments,
            events=waiting,
            bytes=int(size),
            dead=self._one("SELECT count(*) FROM letters"),
            quarantined=self._one("SELECT count(*) FROM damaged"),
        )

    def _check_room(self, size: int) -> None:
        """Raises while there is still room for what is stored already to be sent and deleted."""
        if self._path == ":memory:":
            return
        disk = os.statvfs(self._path)
        free = disk.f_bavail * disk.f_frsize
        unused = self._one("PRAGMA freelist_count") * self._page_size
        with suppress(FileNotFoundError):
            unused += os.stat(f"{self._path}-wal").st_size
        if free + unused < 2 * size + HEADROOM:
            raise StorageFullError(
                f"the disk of the outbox {self._path} is full but for {free} bytes, "
                f"of which {HEADROOM} are left for sending what is stored"
            )

    def _insert(self, drafts: Sequence[Draft], stored_at: int) -> list[str]:
        """Stores segments with few statements; first all rows, and then the bodies."""
        rows: list[int] = []
        for some in _pieces(drafts, _ROWS_AT_ONCE):
            rows += self._insert_rows(some, stored_at)
        for numbered in _pieces([*zip(rows, drafts, strict=True)], _BODIES_AT_ONCE):
            self._insert_bodies(numbered)
        return [self._id(row) for row in rows]

    def _insert_rows(self, drafts: Sequence[Draft], stored_at: int) -> Sequence[int]:
        values: list[Any] = []
        for draft in drafts:
            values += (draft.events, len(draft.body), stored_at)
            values += (draft.customer, draft.lane, packed(draft.trail))
        rows = ", ".join(["(?, ?, ?, 0, ?, ?, ?)"] * len(drafts))
        columns = "events, size, stored_at, ready_at, customer, lane, trail"
        last = self._run(f"INSERT INTO segments ({columns}) VALUES {rows}", values).lastrowid
        assert last is not None
        for draft in drafts:
            self._counts.segments += 1
            self._counts.bytes += len(draft.body)
            self._counts.events += draft.events if draft.trail.accepted_at is None else 0
        return range(last - len(drafts) + 1, last + 1)

    def _insert_bodies(self, numbered: Sequence[tuple[int, Draft]]) -> None:
        values: list[Any] = []
        for row, draft in numbered:
            values += (row, checksum(draft.body), draft.body)
            self._bodies.add(row, draft.body)
        places = ", ".join(["(?, ?, ?)"] * len(numbered))
        self._run(f"INSERT INTO bodies VALUES {places}", values)

    def _delete(self, rows: Sequence[int]) -> set[int]:
        """Deletes segments; returns which of them there were."""
        if not rows:
            return set()
        found = self._run(
            f"DELETE FROM segments WHERE id IN {_THESE} RETURNING id, events, size, trail",
            (_listed(rows),),
        ).fetchall()
        self._run(f"DELETE FROM bodies WHERE id IN {_THESE}", (_listed(rows),))
        for row, events, size, trail in found:
            self._bodies.drop(row)
            self._counts.segments -= 1
            self._counts.bytes -= size
            self._counts.events -= events if unpacked(trail).accepted_at is None else 0
        return {row for row, *_ in found}

    def _keep(self, row: int, segment: Segment, change: Change) -> None:
        if change.outcome == "accepted":
            self._counts.events -= segment.events
        self._run(
            "UPDATE segments SET ready_at = ?, trail = ? WHERE id = ?",
            (change.ready_at, packed(change.trail), row),
        )

    def _bury(self, burials: Sequence[Burial], now: int) -> None:
        for burial in burials:
            self._counts.dead += 1
            self._run(
                "INSERT INTO letters (event, reason, detail, died_at, in_doubt)"
                " VALUES (?, ?, ?, ?, ?)",
                (burial.event, burial.reason, burial.detail, now, burial.in_doubt),
            )

    def _ready(self, now: int, most: int, *, merge: bool, busy: Collection[str]) -> list[list[Row]]:
        """The rows of the next requests; those of one can be merged."""
        lanes = (most + 1) // 2  # or many of them would keep batches waiting
        found = [[row] for row in self._run(_NEXT_IN_LANES, (now, lanes))]
        left = most - len(found)
        values = now, _listed(list(busy)), MAX_EVENTS if merge else left
        with closing(self._run(_NEXT_BATCHES, values)) as rows:
            found += requests_of(rows, left) if merge else [[row] for row in rows]
        return found

    def _bodies_of(self, rows: Sequence[Row], now: int) -> list[bytes]:
        """The bodies of segments; none if one is damaged, which is put aside."""
        bodies = [self._bodies.get(row[0]) or self._read(row[0]) for row in rows]
        bad = [row for row, body in zip(rows, bodies, strict=True) if body is None]
        for row in bad:
            self._put_aside(row[0], now)
        return [] if bad else [body for body in bodies if body is not None]

    def _mark(self, segments: Sequence[Segment], now: int) -> None:
        """Notes that segments may be sent from now on."""
        marks: dict[bytes | None, list[int]] = {}
        for segment in segments:
            trail = segment.trail
            # A customer who isn't known is only asked for: nothing is sent yet.
            if segment.customer is None and trail.doubt_since is None:
                trail = msgspec.structs.replace(trail, doubt_since=now)
            marks.setdefault(packed(trail), []).append(self._row(segment.id))
        for column, rows in marks.items():
            self._run(
                f"UPDATE segments SET ready_at = ?, trail = ? WHERE id IN {_THESE}",
                (_LEASED, column, _listed(rows)),
            )

    def _taken(self, rows: list[Row], bodies: list[bytes]) -> Segment:
        """The segment of one row, or one that several become."""
        id, events, _, stored_at, customer, lane, column = rows[0]
        body, trail = bodies[0], unpacked(column)
        if len(rows) > 1:
            body, events = merged(bodies), sum(row[1] for row in rows)
            self._delete([row[0] for row in rows])
            (new,) = self._insert([Draft(body=body, events=events)], stored_at)
            id = self._row(new)
        self._bodies.drop(id)
        return Segment(
            id=self._id(id),
            body=body,
            events=events,
            stored_at=stored_at,
            customer=customer,
            lane=lane,
            trail=trail,
            merged=tuple(self._id(row[0]) for row in rows) if len(rows) > 1 else (),
        )

    def _read(self, row: int) -> bytes | None:
        """The body, if it is what was stored."""
        try:
            found = self._run("SELECT checksum, body FROM bodies WHERE id = ?", (row,)).fetchone()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            return None
        if found is None or not isinstance(found[1], bytes):  # one bit makes text of it
            return None
        return found[1] if checksum(found[1]) == found[0] else None

    def _put_aside(self, row: int, now: int) -> None:
        """Keeps what is left of a damaged record where nobody will send it."""
        self._counts.quarantined += 1
        try:
            found = self._run("SELECT body FROM bodies WHERE id = ?", (row,)).fetchone()
            body = found[0] if found is not None else b""
            self._run("INSERT OR REPLACE INTO damaged VALUES (?, ?, ?)", (row, body, now))
            self._delete([row])
        except sqlite3.DatabaseError:
            self._run("UPDATE segments SET ready_at = ? WHERE id = ?", (_UNREADABLE, row))

    def _run(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)

    def _one(self, statement: str, values: tuple[Any, ...] = ()) -> Any:
        with closing(self._run(statement, values)) as rows:
            row = rows.fetchone()
        return row[0] if row is not None else None

    def _id(self, row: int) -> str:
        return f"{self.name}:{row}"

    def _row(self, id: str) -> int:
        return int(id.rpartition(":")[2])


_open: WeakSet[Database] = WeakSet()
"""The databases that this process has open."""


def _let_go() -> None:
    """Runs in a forked child."""
    for database in tuple(_open):
        database.pin()
    _open.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)


def _listed(items: Sequence[Any]) -> str:
    """For `json_each`: one statement for many rows, each of which lets other threads run."""
    return msgspec.json.encode(items).decode()


def _pieces(items: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), most):
        yield items[start : start + most]
