"""What the trackers of both worlds have in common: events in, one outbox for each process."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from logging import Logger
from typing import Any
from weakref import WeakSet

from ..errors import ClientClosedError
from ..wire.watching import Watchers
from .clock import Clock
from .feed import Feed
from .intake import Intake
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
        watchers: Watchers | None = None,
    ) -> None:
        self.store = store
        self.options = options
        self.logger = logger
        self.clock = clock
        self.feed: Feed = Feed()
        self.is_closed: bool = False
        self._on_open = on_open
        self._watchers = Watchers() if watchers is None else watchers
        self._intake = Intake(clock, self._look_around)
        self.entry: Callable[[Any], Entry] = self._intake.entry
        """Checks and encodes an event, and gives it its key."""
        self._outboxes: dict[int, Outbox] = {}
        """By process; those of the processes that this one was forked from are never touched."""
        self.latest: Outbox | None = None
        """The outbox that was opened last, maybe by the process that this one was forked from."""
        self.present: Outbox | None = None
        """The outbox of this process if it has one, as of this moment: sooner than `outbox()`."""
        _in_use.add(self)

    @property
    def existing(self) -> Outbox | None:
        """The outbox of this process, if it has one."""
        outbox = self.latest
        return outbox if outbox is not None and outbox.pid == os.getpid() else None

    def outbox(self) -> Outbox:
        """The outbox of this process; the first event opens it."""
        return self.existing or self._opened()

    def mint(self) -> str:
        """A key that no other event has."""
        return self._intake.mint()

    def begin_anew(self) -> None:
        """In a forked child: the first event finds out that this is one."""
        self.present = None
        self._intake.begin_anew()

    def _look_around(self) -> None:
        """Once a millisecond, for doing this for each event would be slow.

        A process that was forked by a server which doesn't run Python's hooks finds out here.
        """
        self.present = outbox = self.existing
        if outbox is not None:
            outbox.buffer.make_way()

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
        made = Outbox(self.store, self.options, self.clock, self.logger, self.feed, self._watchers)
        made.on_news = lambda: self._on_open(made)
        # Not a lock: a child may be forked while another thread of its parent holds it.
        kept = self._outboxes.setdefault(made.pid, made)
        if kept is made:
            if self.latest is not None:
                self.store.abandon()
            self.latest = self.present = made
            made.start()
        return kept


_in_use: WeakSet[Core] = WeakSet()


def _forget() -> None:
    """Runs in a forked child."""
    for core in tuple(_in_use):
        core.begin_anew()


atexit.register(save_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
