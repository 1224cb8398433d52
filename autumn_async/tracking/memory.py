"""A store that ends with its process."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager

from ..errors import StorageError
from .database import Database
from .segments import Draft, Segment
from .store import Counts, Damaged, DeadLetter, Ended


class MemoryStore:
    """Keeps events in memory: for tests and throw-away scripts.

    **What isn't delivered when the process ends is lost.** Repeats, dead letters and all else work
    as in a `SQLiteStore`.

        tracker = autumn.tracker(MemoryStore())
    """

    is_durable = False

    def __init__(self) -> None:
        self._opened: Database | None = None
        self._is_open = False

    def __repr__(self) -> str:
        return "MemoryStore()"

    @property
    def _database(self) -> Database:
        if self._opened is None:
            self._opened = Database(":memory:", "memory", "OFF")
        return self._opened

    def open(self, now: int) -> None:
        """Takes up what is there from before, if the store was closed."""
        if self._is_open:
            raise StorageError("this MemoryStore is in use by a tracker; give each one of its own")
        self._is_open = True

    def close(self) -> None:
        """Keeps the events, so that another tracker in this process can take them up."""
        self._is_open = False

    def abandon(self) -> None:
        """Begins anew in a forked child: the events are the parent's."""
        self._opened, self._is_open = None, False

    def transaction(self, *, lazily: bool = False) -> AbstractContextManager[None]:
        """One step."""
        return self._database.transaction(lazily=lazily)

    def counts(self) -> Counts:
        """What is in the store."""
        return self._database.counts()

    def append(self, drafts: Sequence[Draft], now: int) -> list[str]:
        """Stores segments; returns their ids."""
        return self._database.append(drafts, now)

    def lease(self, now: int, *, most: int, merge: bool, busy: Collection[str]) -> list[Segment]:
        """Takes the next segments that are ready."""
        return self._database.lease(now, most=most, merge=merge, busy=busy)

    def settle(self, ended: Sequence[Ended], now: int) -> list[list[str]]:
        """Ends leases."""
        return self._database.settle(ended, now)

    def hold(self, customer: str, until: int) -> None:
        """Leases no segments of this customer before that time."""
        self._database.hold(customer, until)

    def known(self, customer: str, now: int) -> None:
        """Notes that a customer exists."""
        self._database.known(customer, now)

    def customers(self, most: int) -> list[str]:
        """The customers that were noted last."""
        return self._database.customers(most)

    def next_ready(self, *, busy: Collection[str]) -> int | None:
        """When the next segment that can be leased will be ready."""
        return self._database.next_ready(busy=busy)

    def oldest(self) -> int | None:
        """When the oldest segment was stored."""
        return self._database.oldest()

    def ids(self) -> list[str]:
        """Segments whose events Autumn hasn't taken."""
        return self._database.ids()

    def read(self, id: str) -> bytes | None:
        """The body of a segment."""
        return self._database.read(id)

    def letters(self, after: str | None, most: int) -> list[DeadLetter]:
        """Dead letters in order."""
        return self._database.letters(int((after or ":0").rpartition(":")[2]), most)

    def discard(self, id: str) -> bool:
        """Forgets a dead letter."""
        return self._database.discard(id)

    def damaged(self) -> list[Damaged]:
        """Records that were found damaged."""
        return self._database.damaged()

    def adopt(self, now: int) -> list[str]:
        """Nobody leaves anything behind."""
        return []
