"""Events that wait in memory to be stored."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager

from ..errors import AutumnSDKError, ClientClosedError, QueueFullError, StorageFullError
from ..wire.watching import Pair
from .accounts import Accounts
from .options import Options
from .receipts import Entry

_PER_LOCK = 100
"""How many events are taken out without letting others at the buffer."""


class Buffer:
    """A bounded queue that any thread puts events into, and one thread empties.

    The lock is one that a thread may take twice: a signal handler may track in the middle of
    tracking.
    """

    def __init__(
        self, options: Options, lock: AbstractContextManager[object], accounts: Accounts
    ) -> None:
        self._lock = lock
        self._ledger = accounts.ledger
        self._stats = accounts.stats
        self._watchers = accounts.watchers
        self._raises = options.on_full == "raise"
        self._most_events = options.max_buffered_events
        self._most_bytes = options.max_buffered_bytes
        self._inbox: deque[Entry] = deque()
        self._taken = 0
        """Events that were taken out and aren't stored yet."""
        self._entered = 0
        """Events that were ever taken out."""
        self._refusal: Callable[[], AutumnSDKError] | None = None
        self.bytes: int = 0
        """The size of all that isn't stored yet."""

    def __len__(self) -> int:
        return len(self._inbox) + self._taken

    @property
    def is_waiting(self) -> bool:
        """Whether there is anything to take out."""
        return len(self._inbox) > 0

    @property
    def is_awaited(self) -> bool:
        """Whether somebody waits for the latest event to be stored."""
        return len(self._inbox) > 0 and self._inbox[-1].is_awaited

    @property
    def tracked(self) -> int:
        """Events that were ever put in, and not refused."""
        return self._entered + len(self._inbox)

    def put(self, entry: Entry) -> bool:
        """Puts an event in; False if there was no room for it."""
        size = len(entry.event)
        with self._lock:
            if self._refusal is not None:
                raise self._refusal()
            if not self.has_room(size):
                self._note_full(entry)
                return False
            self.bytes += size
            self._inbox.append(entry)
            if self._watchers:
                for watcher in self._watchers.alive():
                    watcher.tracked([(entry.pair, entry.value)])
        return True

    def has_room(self, size: int) -> bool:
        """Whether there is room for another event of this size."""
        return self.bytes + size <= self._most_bytes and len(self) < self._most_events

    def take(self, most: int) -> list[Entry]:
        """The next events, whose usage is in the ledger from now on."""
        entries: list[Entry] = []
        while self._inbox and len(entries) < most:
            with self._lock:  # for moments only: `track` waits for it
                for _ in range(min(_PER_LOCK, len(self._inbox))):
                    entry = self._inbox.popleft()
                    self._ledger.add(entry.pair, entry.value)
                    entries.append(entry)
                    self._entered += 1
                    self._taken += 1
        return entries

    def leave(self, events: int, size: int) -> None:
        """Events that were taken out are stored."""
        with self._lock:
            self._taken -= events
            self.bytes -= size

    def refuse(self, entries: Collection[Entry], error: AutumnSDKError) -> None:
        """Events that were taken out will never be stored."""
        with self._lock:
            self._entered -= len(entries)
            for entry in entries:
                entry.failure = error
                self._ledger.take(entry.pair, entry.value)
        for watcher in self._watchers.alive():
            watcher.dropped([(entry.pair, entry.value) for entry in entries])
        self.leave(len(entries), sum(len(entry.event) for entry in entries))

    def shut(self, error: AutumnSDKError | None = None) -> None:
        """Takes no more events."""
        closed = ClientClosedError("this tracker is closed; make a new one")
        with self._lock:
            self._refusal = lambda: error or closed

    def usage(self, pair: Pair) -> float:
        """Usage of one feature by one customer that is in here, or in the ledger."""
        with self._lock:
            waiting = [entry.value for entry in self._inbox if entry.pair == pair]
            return self._ledger.sum(pair) + sum(waiting)

    def _note_full(self, entry: Entry) -> None:
        """An event has no room: whoever can't wait is told, if that is what they want."""
        trouble = self._stats.storage_error
        if entry.is_awaited and trouble is not None:
            raise StorageFullError(trouble)
        if entry.is_awaited:
            return
        if self._raises:
            why = f": {trouble}" if trouble else ""
            waiting = f"{len(self)} events ({self.bytes} bytes) wait to be stored"
            raise QueueFullError(waiting + why)
        self._stats.dropped += 1
