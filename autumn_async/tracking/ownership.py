"""Who may open a file: the process that holds the lock beside it.

The lock is on a file of its own. Were it on the database, closing any other descriptor of the
database would drop the locks that SQLite holds on it.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from ..errors import StorageError

if sys.platform != "win32":
    import fcntl

_held: set[int] = set()
"""The descriptors of the locks that this process holds."""


class Lock:
    """Possession of one file. It ends with the process, however that ends.

    A forked child must not unlock it, for the lock is one and the same in both; it closes its own
    descriptor, or the lock would outlive the parent.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self._pid = os.getpid()

    @classmethod
    def take(cls, path: Path) -> Lock | None:
        """The lock, or None if another process has it, or has just done away with it."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_current = os.path.samestat(os.fstat(descriptor), path.stat())
        except (BlockingIOError, FileNotFoundError):
            is_current = False
        except BaseException:
            os.close(descriptor)
            raise
        if not is_current:
            os.close(descriptor)
            return None
        _held.add(descriptor)
        return cls(path, descriptor)

    @staticmethod
    def is_held(path: Path) -> bool:
        """Whether any process has the lock."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def leave(self) -> None:
        """In a forked child: closes its own descriptor, and leaves the lock to the parent."""
        if self._descriptor in _held:
            _held.discard(self._descriptor)
            os.close(self._descriptor)

    def release(self, *, remove: bool = False) -> None:
        """Ends the possession; the file goes first, so that nobody gets the lock of a dead name."""
        if self._pid != os.getpid() or self._descriptor not in _held:
            return
        _held.discard(self._descriptor)
        if remove:
            with suppress(FileNotFoundError):
                self._path.unlink()
        os.close(self._descriptor)


def check_platform() -> None:
    """Raises where there are no such locks."""
    if sys.platform == "win32":
        raise StorageError("SQLiteStore needs the file locks of Linux or macOS; use MemoryStore")


def _let_go() -> None:
    """Runs in a forked child."""
    for descriptor in tuple(_held):
        with suppress(OSError):
            os.close(descriptor)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)
