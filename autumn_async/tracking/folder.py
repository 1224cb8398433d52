"""A store on disk: a folder with a file for each process."""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Literal

import msgspec

from ..errors import StorageError
from .database import Database
from .ownership import Lock, check_platform
from .segments import Draft, Segment
from .store import Counts, Damaged, DeadLetter, Ended

SUFFIX = ".outbox"
_PARTS = ("", "-wal", "-shm")
"""What SQLite adds to the name of a file."""

Synchronous = Literal["FULL", "NORMAL"]


class SQLiteStore:
    """Keeps events in a folder on a local disk, through crashes and restarts.

        tracker = autumn.tracker(SQLiteStore("usage-outbox"))

    Any number of processes may share the folder: each has a file of its own, and what a process
    leaves behind, however it ended, is taken over by the others, or by the next one that starts.
    The folder belongs on a local file system of Linux or macOS; network file systems have no
    locks to rely on.

    Args:
        folder: The folder; it is made if it isn't there.
        synchronous: "FULL" (the default) loses nothing when the power fails, though what was just
            delivered may be sent once more, under its keys; "NORMAL" may lose the last moments
            then, and nothing when only the process dies. It is faster.

    Raises:
        StorageError: The folder can't be used.
        ValueError: The path is empty.
    """

    is_durable = True

    def __init__(
        self, folder: str | os.PathLike[str], *, synchronous: Synchronous = "FULL"
    ) -> None:
        if synchronous not in ("FULL", "NORMAL"):
            raise ValueError(f'synchronous must be "FULL" or "NORMAL", not {synchronous!r}')
        check_platform()
        if not os.fspath(folder):
            raise ValueError("folder must not be empty; give the path of a folder")
        self.folder: Path = Path(folder).absolute()
        self._synchronous: Synchronous = synchronous
        self._files: dict[str, _File] = {}
        self._own = ""
        self._foreign: set[int] = set()
        self._touched: ExitStack | None = None
        self._begun: set[str] = set()
        self._leased: list[str] = []
        """What was leased in the step that is being done."""
        self._is_lazy = False
        _make_usable(self.folder)

    def __repr__(self) -> str:
        return f"SQLiteStore({str(self.folder)!r}, synchronous={self._synchronous!r})"

    def open(self, now: int) -> None:
        """Takes over what was left behind, and opens a file if there was nothing."""
        if self._files:
            raise StorageError(f"{self!r} is in use by a tracker; give each a store of its own")
        try:
            self.adopt(now)
            if not self._files:
                self._open_new(now)
        except BaseException:
            self.close()  # so that others may have what was taken over
            raise
        self._own = next(iter(self._files))

    def close(self) -> None:
        """Closes all files; those that are empty are removed."""
        for name in list(self._files):
            self._files.pop(name).close()

    def abandon(self) -> None:
        """In a forked child: leaves the parent's files alone, for good.

        SQLite keeps its locks by file in each process, and this one inherited what it believes
        about them: it must not open these files again, even once the parent is gone.
        """
        for file in self._files.values():
            file.database.pin()  # again: not every server that forks runs Python's hooks
            file.lock.leave()
            self._foreign.add(file.inode)
        self._files = {}

    @contextmanager
    def transaction(self, *, lazily: bool = False) -> Generator[None, None, None]:
        """One step, in all files that it touches."""
        self._leased = []
        try:
            with ExitStack() as stack:
                self._begun, self._touched, self._is_lazy = set[str](), stack, lazily
                try:
                    yield
                finally:
                    self._touched = None
        except BaseException:
            if len(self._begun) > 1:  # one that was committed stays so
                self._free(self._leased)
            raise

    def _free(self, leased: Sequence[str]) -> None:
        """The step failed in one file, after it was done in another: nobody knows of these."""
        for id in leased:
            with suppress(StorageError):
                self._files[_file_of(id)].database.free(id)

    def counts(self) -> Counts:
        """What is in all files of this process."""
        total = Counts()
        for file in self._files.values():
            for name, value in msgspec.structs.asdict(file.database.counts()).items():
                setattr(total, name, getattr(total, name) + value)
        return total

    def append(self, drafts: Sequence[Draft], now: int) -> list[str]:
        """Stores segments in the file of this process."""
        return self._writing(self._own).append(drafts, now)

    def lease(self, now: int, *, most: int, merge: bool, busy: Collection[str]) -> list[Segment]:
        """Takes the next segments that are ready, of whichever file."""
        found: list[Segment] = []
        for name in self._files:
            if len(found) == most or (found and found[-1].merged):
                break
            left = most - len(found)
            found += self._writing(name).lease(now, most=left, merge=merge, busy=busy)
        self._leased += [segment.id for segment in found]
        return found

    def settle(self, ended: Sequence[Ended], now: int) -> list[list[str]]:
        """Ends leases."""
        by_file: dict[str, list[Ended]] = {}
        for each in ended:
            by_file.setdefault(_file_of(each.segment.id), []).append(each)
        found = {name: self._writing(name).settle(some, now) for name, some in by_file.items()}
        parts = {name: iter(some) for name, some in found.items()}
        return [next(parts[_file_of(segment.id)]) for segment, _ in ended]

    def hold(self, customer: str, until: int) -> None:
        """Leases no segments of this customer before that time."""
        for name in self._files:
            self._writing(name).hold(customer, until)

    def known(self, customer: str, now: int) -> None:
        """Notes that a customer exists."""
        for name in self._files:
            self._writing(name).known(customer, now)

    def customers(self, most: int) -> list[str]:
        """The customers that were noted last, in whichever file."""
        known: dict[str, None] = {}
        for name in self._files:
            known |= dict.fromkeys(self._writing(name).customers(most))
        return list(known)

    def next_ready(self, *, busy: Collection[str]) -> int | None:
        """When the next segment that can be leased will be ready."""
        return _least(file.database.next_ready(busy=busy) for file in self._files.values())

    def oldest(self) -> int | None:
        """When the oldest segment was stored."""
        return _least(file.database.oldest() for file in self._files.values())

    def ids(self) -> list[str]:
        """Segments of all files whose events Autumn hasn't taken."""
        return [id for file in self._files.values() for id in file.database.ids()]

    def read(self, id: str) -> bytes | None:
        """The body of a segment, if it is there and undamaged."""
        file = self._files.get(_file_of(id))
        return file.database.read(id) if file is not None else None

    def letters(self, after: str | None, most: int) -> list[DeadLetter]:
        """Dead letters, file by file."""
        found: list[DeadLetter] = []
        start, _, row = (after or ":0").rpartition(":")
        for name, file in self._files.items():
            if start in ("", name):
                found += file.database.letters(int(row), most - len(found))
                start, row = "", "0"
        return found

    def discard(self, id: str) -> bool:
        """Forgets a dead letter."""
        name = _file_of(id)
        return name in self._files and self._writing(name).discard(id)

    def damaged(self) -> list[Damaged]:
        """Records that were found damaged."""
        return [each for file in self._files.values() for each in file.database.damaged()]

    def adopt(self, now: int) -> list[str]:
        """Takes over the files of processes that have ended; returns their `ids`."""
        self._retire()
        found: list[str] = []
        for path in sorted(self.folder.glob(f"*{SUFFIX}")):
            if path.stem not in self._files and self._may_open(path):
                file = _File.open(path, self._synchronous)
                if file is not None:
                    self._files[path.stem] = file
                    found += file.database.ids()
        return found

    def _retire(self) -> None:
        """Removes adopted files that have become empty."""
        for name in [name for name in self._files if name != self._own]:
            if self._files[name].database.is_empty:
                self._files.pop(name).close()

    def _may_open(self, path: Path) -> bool:
        with suppress(FileNotFoundError):
            return path.stat().st_ino not in self._foreign
        return False

    def _open_new(self, now: int) -> None:
        file = None
        while file is None:
            name = f"{now:013d}-{os.getpid()}-{secrets.token_hex(4)}"
            file = _File.open(self.folder / f"{name}{SUFFIX}", self._synchronous)
        self._files[file.database.name] = file

    def _writing(self, name: str) -> Database:
        """The database of a file, as part of the step that is being done."""
        database = self._files[name].database
        if self._touched is not None and name not in self._begun:
            self._begun.add(name)
            self._touched.enter_context(database.transaction(lazily=self._is_lazy))
        return database


class _File:
    """One file in our possession."""

    def __init__(self, path: Path, lock: Lock, database: Database) -> None:
        self._path = path
        self.lock = lock
        self.database = database
        self.inode = path.stat().st_ino

    @classmethod
    def open(cls, path: Path, synchronous: Synchronous) -> _File | None:
        """The file, or None if it is another process's."""
        lock = Lock.take(path.with_suffix(".lock"))
        if lock is None:
            return None
        try:
            return cls(path, lock, Database(str(path), path.stem, synchronous))
        except BaseException:
            lock.release()
            raise

    def close(self) -> None:
        """Closes the file; an empty one is removed."""
        empty = self.database.is_empty
        self.database.close()
        if empty:
            for part in _PARTS:
                with suppress(FileNotFoundError):
                    os.unlink(f"{self._path}{part}")
        self.lock.release(remove=empty)


def _make_usable(folder: Path) -> None:
    """Makes the folder, and finds out whether files can be made in it."""
    probe = folder / f".probe-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch(mode=0o600)
        probe.unlink()
    except OSError as error:
        raise StorageError(
            f"the folder {folder} can't hold an outbox ({error.strerror}); "
            "give one that this user may write to"
        ) from error


def _file_of(id: str) -> str:
    return id.rpartition(":")[0]


def _least(values: Iterator[int | None]) -> int | None:
    return min((value for value in values if value is not None), default=None)
