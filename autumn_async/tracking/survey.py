"""A look at an outbox from outside, without taking anything over: also while it is in use."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ..errors import StorageError
from .folder import SUFFIX
from .layout import APPLICATION
from .ownership import Lock


class FileReport(msgspec.Struct, frozen=True, kw_only=True):
    """What is in one file of an outbox."""

    path: str
    in_use: bool
    """Whether a process has it open; the files of ended processes are taken over by others."""
    bytes: int
    """What it takes of the disk."""
    segments: int
    events: int
    """Events in these segments, those included that are kept to be sent once more."""
    oldest: int | None
    """When the oldest of them was stored, in milliseconds."""
    dead: int
    """Dead letters."""
    damaged: int
    """Records that were put aside."""


def survey(folder: str | os.PathLike[str]) -> Iterator[FileReport]:
    """Each file of an outbox, in order.

        for file in survey("usage-outbox"):
            print(file.path, file.events, file.dead)

    Raises:
        StorageError: A file isn't one of ours, or can't be read.
    """
    for path in sorted(Path(folder).glob(f"*{SUFFIX}")):
        yield _report(path)


def _report(path: Path) -> FileReport:
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            return _read(connection, path)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StorageError(f"the outbox {path} can't be read: {error}") from error


def _read(connection: sqlite3.Connection, path: Path) -> FileReport:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
        raise StorageError(f"{path} is not an outbox of ours")
    segments, events, oldest = connection.execute(
        "SELECT count(*), total(events), min(stored_at) FROM segments"
    ).fetchone()
    (dead,) = connection.execute("SELECT count(*) FROM letters").fetchone()
    (damaged,) = connection.execute("SELECT count(*) FROM damaged").fetchone()
    return FileReport(
        path=str(path),
        in_use=Lock.is_held(path.with_suffix(".lock")),
        bytes=sum(each.stat().st_size for each in path.parent.glob(f"{path.name}*")),
        segments=segments,
        events=int(events),
        oldest=oldest,
        dead=dead,
        damaged=damaged,
    )
