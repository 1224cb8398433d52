"""What the trackers of both worlds have in common: events in, one outbox for each process."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterator
from logging import Logger
from typing import Any
from weakref import WeakSet

from ..errors import ClientClosedError, QueueFullError
from .clock import Clock
from .feed import Feed
from .intake import entry_of
from .keys import Keys
from .options import Options
from .outbox import Outbox, save_all
from .receipts import Entry
from .reports import Stats
from .store import Store


class Core:
    """Takes events from any thread of any process, also of one that was forked."""

    def __init__(
        self,
        store: Store,
        options: Options,
        logger: Logger,
        clock: Clock,
        on_open: Callable[[Outbox], object],
    ) -> None:
        self.store = store
        self.options = options
        self.logger = logger
        self.clock = clock
        self.feed: Feed = Feed()
        self.is_closed: bool = False
        self._on_open = on_open
        self._keys = Keys()
        self._outboxes: dict[int, Outbox] = {}
        """By process; those of the processes that this one was forked from are never touched."""
        self.latest: Outbox | None = None
        """The outbox that was opened last, maybe by the process that this one was forked from."""
        self._present: Outbox | None = None
        """The outbox of this process, as of this moment."""
        self._block: Iterator[str] = iter(())
        self._stamp = 0
        self._since = self._until = 0.0
        _in_use.add(self)

    @property
    def existing(self) -> Outbox | None:
        """The outbox of this process, if it has one."""
        outbox = self.latest
        return outbox if outbox is not None and outbox.pid == os.getpid() else None

    def outbox(self) -> Outbox:
        """The outbox of this process; the first event opens it."""
        return self.existing or self._opened()

    def take(self, event: Any) -> Entry:
        """Puts an event into the buffer, at once or not at all."""
        entry = self.entry(event)
        outbox = self._present or self._opened()
        if not outbox.buffer.put(entry):
            entry.failure = QueueFullError("the event was dropped: too many wait to be stored")
        return entry

    def entry(self, event: Any) -> Entry:
        """Checks and encodes an event, and gives it its key."""
        now = self.clock.wall()
        if not self._since <= now < self._until:
            self._begin_moment(now)
        return entry_of(event, self._stamp, next(self._block, None) or self.mint())

    def _begin_moment(self, now: float) -> None:
        """Once a millisecond: what the events in it share, and what is too slow for each of them.

        A process that was forked by a server which doesn't run Python's hooks finds out here.
        """
        self._present = self.existing
        self._stamp = self.clock.stamp()
        self._block = self._keys.block(self._stamp)
        self._since, self._until = now, now + 0.001

    def forget_moment(self) -> None:
        """Nothing is known of the process that this one was forked from."""
        self._until = 0.0

    def mint(self) -> str:
        """A key that no other event has."""
        return self._keys.mint(self.clock.stamp())

    def stats(self) -> Stats:
        """A copy of the figures."""
        return Stats() if self.existing is None else self.existing.snapshot()

    def pending(self, customer_id: str, feature_id: str | None, event_name: str | None) -> float:
        """Usage that is under way."""
        if (feature_id is None) == (event_name is None):
            raise TypeError("pending() takes exactly one of feature_id and event_name")
        outbox = self.outbox()
        return outbox.buffer.usage((customer_id, feature_id, event_name))

    def close(self) -> None:
        """Takes no more events."""
        self.is_closed = True

    def _opened(self) -> Outbox:
        """An outbox for this process, which may have been forked from one that has another."""
        if self.is_closed:
            raise ClientClosedError("this tracker is closed; make a new one")
        made = Outbox(self.store, self.options, self.clock, self.logger, self.feed)
        made.on_news = lambda: self._on_open(made)
        # Not a lock: a child may be forked while another thread of its parent holds it.
        kept = self._outboxes.setdefault(made.pid, made)
        if kept is made:
            if self.latest is not None:
                self.store.abandon()
            self.latest = self._present = made
            made.start()
        return kept


_in_use: WeakSet[Core] = WeakSet()


def _forget() -> None:
    """Runs in a forked child."""
    for core in tuple(_in_use):
        core.forget_moment()


atexit.register(save_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
