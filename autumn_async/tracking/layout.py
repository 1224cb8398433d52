"""The tables of an outbox, and SQLite's errors in our words."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

from ..errors import StorageError, StorageFullError

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
