"""The tables of an outbox, what their rows mean, and SQLite's errors in our words."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from itertools import chain
from typing import Any
from zlib import crc32

import msgspec

from ..errors import StorageError, StorageFullError
from .segments import MAX_BYTES, MAX_EVENTS, NEVER_SENT, Trail

APPLICATION = 0x41754F62
"""Marks a file as ours."""

VERSION = 1
"""The layout of the tables."""

SCHEMA = (
    """CREATE TABLE segments (
        id INTEGER PRIMARY KEY AUTOINCREMENT, events INTEGER NOT NULL, size INTEGER NOT NULL,
        stored_at INTEGER NOT NULL, ready_at INTEGER NOT NULL, customer TEXT, lane TEXT, trail BLOB
    )""",
    "CREATE INDEX batches ON segments (ready_at, id) WHERE lane IS NULL",
    "CREATE INDEX lanes ON segments (lane, id) WHERE lane IS NOT NULL",
    "CREATE INDEX unknown ON segments (customer) WHERE customer IS NOT NULL",
    "CREATE TABLE bodies (id INTEGER PRIMARY KEY, checksum INTEGER NOT NULL, body BLOB NOT NULL)",
    """CREATE TABLE letters (
        id INTEGER PRIMARY KEY AUTOINCREMENT, event BLOB NOT NULL, reason TEXT NOT NULL,
        detail TEXT NOT NULL, died_at INTEGER NOT NULL, in_doubt INTEGER NOT NULL
    )""",
    "CREATE TABLE damaged (id INTEGER PRIMARY KEY, body BLOB NOT NULL, found_at INTEGER NOT NULL)",
    "CREATE TABLE customers (id TEXT PRIMARY KEY, seen_at INTEGER NOT NULL) WITHOUT ROWID",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)

COLUMNS = "id, events, size, stored_at, customer, lane, trail"
"""What is read of a segment before its body."""

Row = tuple[Any, ...]
"""Those."""

_TRAIL = msgspec.msgpack.Decoder(Trail)


@contextmanager
def translated(path: str) -> Generator[None, None, None]:
    """Raises SQLite's errors as ours."""
    try:
        yield
    except sqlite3.Error as error:
        message = f"the outbox {path}: {error}"
        if "full" in str(error):
            raise StorageFullError(message) from error
        raise StorageError(message) from error


def requests_of(rows: Iterable[Row], most: int) -> list[list[Row]]:
    """The rows of the next requests: one for each, but several that make one together at the end.

    Reads no more rows than it needs, for after an outage there are many.
    """
    found: list[list[Row]] = []
    left = iter(rows)
    while len(found) < most and (len(found) == 0 or len(found[-1]) == 1):
        taken, passed = mergeable(left)
        if not taken:
            break
        found.append(taken)
        left = chain(passed, left)
    return found


def mergeable(rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """The first row, and others that make one request with it; none that may have been sent.

    Those that don't fit are passed over, and returned apart: the small ones between large ones find
    together.
    """
    taken: list[Row] = []
    passed: list[Row] = []
    events = size = 0
    for row in rows:
        _, more, bytes_, *_ = row
        fits = _is_mergeable(row) and events + more <= MAX_EVENTS and size + bytes_ <= MAX_BYTES
        if fits or not taken:
            taken.append(row)
            events, size = events + more, size + bytes_
        else:
            passed.append(row)
        if events >= MAX_EVENTS or not _is_mergeable(taken[0]):
            break
    return taken, passed


def _is_mergeable(row: Row) -> bool:
    _, _, _, _, customer, _, trail = row
    return customer is None and trail is None


def packed(trail: Trail) -> bytes | None:
    """What has happened to a segment, for its column."""
    return None if trail == NEVER_SENT else msgspec.msgpack.encode(trail)


def unpacked(column: bytes | None) -> Trail:
    """What has happened to a segment, out of its column.

    Where that is damaged, the segment may have been sent, nobody knows when.
    """
    try:
        return NEVER_SENT if column is None else _TRAIL.decode(column)
    except (msgspec.MsgspecError, TypeError):  # one bit makes text of it, or a number
        return Trail(doubt_since=0)


_KEEPS_THE_TURN = 5 * 1024
"""Bytes up to which zlib doesn't let other threads run."""


def checksum(body: bytes) -> int:
    """The CRC-32 of a body.

    In pieces, for zlib would let other threads run while it sums a body, which takes 0.1 ms, and
    then wait until they let this one: 5 ms, while they compute.
    """
    view, found = memoryview(body), 0
    for start in range(0, len(body), _KEEPS_THE_TURN):
        found = crc32(view[start : start + _KEEPS_THE_TURN], found)
    return found
