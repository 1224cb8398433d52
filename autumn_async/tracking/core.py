"""What the trackers of both worlds have in common: events in, one outbox for each process."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from logging import Logger
from typing import Any

from ..errors import ClientClosedError, QueueFullError
from ..wire.watching import Watchers
from .clock import Clock
from .events import Event, check_names, checked_timestamp, encoded_event, is_plain
from .feed import Feed
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
        self._keys = Keys()
        self._outboxes: dict[int, Outbox] = {}
        """By process; those of the processes that this one was forked from are never touched."""
        self.latest: Outbox | None = None
        """The outbox that was opened last, maybe by the process that this one was forked from."""

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
        outbox = self.latest
        if outbox is None or outbox.pid != os.getpid():
            outbox = self._opened()
        entry = self.entry(event)
        if not outbox.enter(entry):
            entry.failure = QueueFullError("the event was dropped: too many wait to be stored")
        return entry

    def entry(self, event: Any) -> Entry:
        """Checks and encodes an event, and gives it its key."""
        if not is_plain(event):
            return self._careful_entry(event)
        now = event["timestamp"] = self.clock.stamp()
        key = event.get("idempotency_key")
        if key is None:
            key = event["idempotency_key"] = self._keys.mint(now)
        return Entry(
            key,
            encoded_event(event),
            event["customer_id"],
            event.get("feature_id"),
            event.get("event_name"),
            event.get("value", 1),
        )

    def _careful_entry(self, event: Any) -> Entry:
        check_names(event)
        now = self.clock.stamp()
        stamp, key = event.get("timestamp"), event.get("idempotency_key")
        event["timestamp"] = now if stamp is None else checked_timestamp(stamp, now)
        event["idempotency_key"] = self._keys.mint(now) if key is None else key
        is_ordered = event.pop("ordered", False)
        if not isinstance(is_ordered, bool):
            raise TypeError(f"ordered must be True or False, not {is_ordered!r}")
        made = Event(**event)
        made.async_ = False if is_ordered else None
        made.check()
        value = 1 if made.value is None else made.value
        lane = made.customer_id if is_ordered else None
        data = encoded_event(made)
        return Entry(
            made.idempotency_key,
            data,
            made.customer_id,
            made.feature_id,
            made.event_name,
            float(value),
            lane,
        )

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
        made = Outbox(self.store, self.options, self.clock, self.logger, self.feed, self._watchers)
        made.on_news = lambda: self._on_open(made)
        # Not a lock: a child may be forked while another thread of its parent holds it.
        kept = self._outboxes.setdefault(made.pid, made)
        if kept is made:
            if self.latest is not None:
                self.store.abandon()
            self.latest = made
            made.start()
        return kept


atexit.register(save_all)
