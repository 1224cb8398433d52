"""Events that wait in memory to be stored."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import repeat, starmap
from time import sleep

from ..errors import AutumnSDKError, ClientClosedError, QueueFullError, StorageFullError
from ..wire.watching import Pair, Watchers
from .ledger import Ledger
from .options import Options
from .receipts import Entry
from .reports import Stats
from .segments import MAX_EVENTS

_MUCH = 8 * MAX_EVENTS
"""How many events may wait before the program that tracks them makes way."""

_AN_INSTANT = 1e-6
"""Seconds: systems make some 0.1 ms of it, enough for another thread to begin."""


class Buffer:
    """A bounded queue that any thread puts events into, and one thread empties.

    Putting takes no lock: `track` waits for nobody, not even in a signal handler that runs in the
    middle of another `track`. Appending to a deque is one step, and whoever appends looks
    afterwards whether the buffer was shut meanwhile. What is read together with the ledger is read
    under the ledger's lock, under which events go over to it.

    Args:
        options: How much fits in, and what happens to what doesn't.
        ledger: Where the usage goes that leaves.
        stats: Where is counted what was dropped.
        ring: Wakes the thread that empties the buffer.
        watchers: Are told of what comes in, before it can leave, and of what will never be stored.
    """

    def __init__(
        self,
        options: Options,
        ledger: Ledger,
        stats: Stats,
        ring: Callable[[], object],
        watchers: Watchers,
    ) -> None:
        self._ledger = ledger
        self._stats = stats
        self._ring = ring
        self._watchers = watchers
        self._raises = options.on_full == "raise"
        self._most_events = options.max_buffered_events
        self._most_bytes = options.max_buffered_bytes
        self._inbox: deque[Entry] = deque()
        self._room = self._most_events
        """How many events the inbox may hold."""
        self.taken: list[Entry] = []
        """Events that are being stored, or couldn't be."""
        self._taken_bytes = 0
        """The size of those."""
        self._stored = 0
        """Events that were ever stored."""
        self._refusal: AutumnSDKError | None = None
        self.bytes: int = 0
        """The size of all that isn't stored yet: counted at each step, and added to since. Threads
        that add at the very same moment may get it slightly wrong, until the next step."""
        self.is_asleep: bool = False
        """Whether the thread that empties the buffer is to be woken by the next event."""

    def __len__(self) -> int:
        with self._ledger.lock:
            return len(self._inbox) + len(self.taken)

    @property
    def is_waiting(self) -> bool:
        """Whether there is anything to take out."""
        return len(self._inbox) > 0

    @property
    def is_awaited(self) -> bool:
        """Whether somebody waits for the latest event to be stored."""
        try:
            return self._inbox[-1].is_awaited
        except IndexError:
            return False

    @property
    def tracked(self) -> int:
        """Events that were ever put in, and not refused."""
        with self._ledger.lock:
            return self._stored + len(self)

    def put(self, entry: Entry) -> bool:
        """Puts an event in, or drops it; False if whoever waits for it has to wait for room."""
        size = len(entry.event)
        waiting = len(self._inbox)
        if waiting >= self._room or self.bytes + size > self._most_bytes:
            return self._note_full(entry)
        if self._watchers:
            for watcher in self._watchers.alive():
                watcher.tracked([entry.units])
        self.bytes += size
        self._inbox.append(entry)
        # Enough for a request; threads that put at once may miss it, and the next step is soon.
        if self.is_asleep or waiting == MAX_EVENTS or entry.is_awaited:
            self.is_asleep = False
            self._ring()
        if self._refusal is not None:
            self._take_back(entry, self._refusal)
        return True

    def make_way(self) -> None:
        """Lets the thread that empties the buffer run, if much waits for it.

        A thread that computes lets others run when they have asked for 5 ms. A busy event loop
        looks for I/O more often than that, after which they ask anew: hundreds of thousands of
        events would wait in memory until it has time.
        """
        if len(self._inbox) > _MUCH:
            sleep(_AN_INSTANT)

    def has_room(self, size: int) -> bool:
        """Whether there is room for another event of this size."""
        return self.bytes + size <= self._most_bytes and len(self._inbox) < self._room

    def take(self, most: int) -> list[Entry]:
        """What couldn't be stored before, and so many of the next events."""
        with self._ledger.lock:
            count, pop = min(most, len(self._inbox)), self._inbox.popleft
            self.taken += starmap(pop, repeat((), count))  # a loop in Python takes twice as long
            self._taken_bytes = self.bytes - self._inbox_bytes()
            self._measure_room()
        return self.taken

    def leave(self, segments: Iterable[tuple[str, Sequence[Entry]]]) -> None:
        """All events that were taken out are stored, in these; the ledger has their usage now."""
        with self._ledger.lock:
            for id, entries in segments:
                self._ledger.stored(id, entries)
            self._stored += len(self.taken)
            self.taken, self.bytes = [], self.bytes - self._taken_bytes
            self._measure_room()

    def refuse(self, entries: Collection[Entry], error: AutumnSDKError) -> None:
        """Some events that were taken out will never be stored."""
        with self._ledger.lock:
            for entry in entries:
                entry.failure = error
            self.taken = [entry for entry in self.taken if entry.failure is None]
            self._measure()
        for watcher in self._watchers.alive():
            watcher.dropped([entry.units for entry in entries])

    def shut(self, error: AutumnSDKError | None = None) -> None:
        """Takes no more events."""
        with self._ledger.lock:
            self._refusal = error or ClientClosedError("this tracker is closed; make a new one")
            self._measure()

    def usage(self, pair: Pair) -> float:
        """Usage of one feature by one customer that is in here, or in the ledger."""
        with self._ledger.lock:
            waiting = self.taken + list(self._inbox)
            return self._ledger.sum(pair) + sum(
                entry.value for entry in waiting if entry.pair == pair
            )

    def _measure(self) -> None:
        self._taken_bytes = sum([len(entry.event) for entry in self.taken])
        self.bytes = self._taken_bytes + self._inbox_bytes()
        self._measure_room()

    def _inbox_bytes(self) -> int:
        return sum([len(entry.event) for entry in list(self._inbox)])

    def _measure_room(self) -> None:
        self._room = self._most_events - len(self.taken) if self._refusal is None else 0

    def _take_back(self, entry: Entry, refusal: AutumnSDKError) -> None:
        """The buffer was shut at the same moment; what was taken out just before is stored."""
        try:
            self._inbox.remove(entry)
        except ValueError:
            return
        for watcher in self._watchers.alive():
            watcher.dropped([entry.units])
        raise refusal.with_traceback(None)

    def _note_full(self, entry: Entry) -> bool:
        """An event has no room: whoever can't wait is told, if that is what they want."""
        trouble = self._stats.storage_error
        if self._refusal is not None:
            raise self._refusal.with_traceback(None)
        if entry.is_awaited and trouble is not None:
            raise StorageFullError(trouble)
        if entry.is_awaited:
            return False
        if self._raises:
            why = f": {trouble}" if trouble else ""
            waiting = f"{len(self)} events ({self.bytes} bytes) wait to be stored"
            raise QueueFullError(waiting + why)
        self._stats.dropped += 1
        entry.failure = QueueFullError("the event was dropped: too many wait to be stored")
        return True
