"""Receipts: what `track` returns, and how to wait for what becomes of an event."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ..errors import AutumnSDKError
from ..wire.watching import Pair, Units
from .fates import Batch, Fate
from .reports import Report, State
from .waiting import Waiter, taken, wait_on_loop, wait_on_thread

_SETTLED: tuple[State, ...] = ("accepted", "duplicate", "dead", "lost")


class Entry(msgspec.Struct, gc=False, eq=False):
    """An event in the buffer, and afterwards what is known of it."""

    key: str
    event: bytes
    """As it will travel; empty once it's stored."""
    customer_id: str
    feature_id: str | None
    event_name: str | None
    value: float
    lane: str | None = None
    batch: Batch | None = None
    failure: AutumnSDKError | None = None
    is_awaited: bool = False
    """Somebody is told if it can't be stored, so that it need not be kept."""
    waiters: list[Waiter] | None = None

    @property
    def pair(self) -> Pair:
        """Whose usage of what it is."""
        return self.customer_id, self.feature_id, self.event_name

    @property
    def units(self) -> Units:
        """So much usage of what by whom."""
        return self.pair, self.value

    @property
    def is_stored(self) -> bool:
        """Whether it's in the store, or was: or will never be."""
        return self.batch is not None or self.failure is not None

    @property
    def is_settled(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.failure is not None or self.report().state in _SETTLED

    def report(self) -> Report:
        """Where the event is."""
        batch = self.batch
        if self.failure is not None:
            return self._report(("refused", None, str(self.failure)))
        if batch is None:
            return self._report(("buffered", None, ""))
        return self._report(batch.fates.get(self.key) or batch.fate)

    def check(self) -> None:
        """Raises if the event could not be stored."""
        if self.failure is not None:
            raise self.failure

    def _report(self, fate: Fate) -> Report:
        state, reason, detail = fate
        return Report(
            key=self.key, state=state, reason=reason, detail=detail, customer_id=self.customer_id
        )


class AsyncReceipt(msgspec.Struct, gc=False, eq=False):
    """An event that was taken.

    receipt = tracker.track(customer_id="cus_123", feature_id="messages")
    await receipt.stored()
    """

    _entry: Entry

    @property
    def key(self) -> str:
        """The event's idempotency key."""
        return self._entry.key

    async def stored(self) -> None:
        """Returns once the event is in the store.

        Raises:
            StorageError: It can't be stored.
        """
        entry = self._entry
        while not entry.is_stored:
            await wait_on_loop(_waiters_of(entry), lambda: entry.is_stored)
        entry.check()

    async def accepted(self) -> Report:
        """Returns once Autumn has taken the event, or it has become a dead letter.

        May take as long as an outage does; wrap it in a timeout of your own.
        """
        await self.stored()
        entry, batch = self._entry, self._entry.batch
        while batch is not None and not entry.is_settled:
            await wait_on_loop(batch.waiters, lambda: entry.is_settled)
        return entry.report()

    def report(self) -> Report:
        """Where the event is now."""
        return self._entry.report()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(key={self.key!r}, state={self.report().state!r})"


class Receipt(msgspec.Struct, gc=False, eq=False):
    """An event that was taken.

    receipt = tracker.track(customer_id="cus_123", feature_id="messages")
    receipt.stored()
    """

    _entry: Entry

    @property
    def key(self) -> str:
        """The event's idempotency key."""
        return self._entry.key

    def stored(self, timeout: float | None = None) -> None:
        """Returns once the event is in the store.

        Args:
            timeout: Seconds to wait at most.

        Raises:
            StorageError: It can't be stored.
            TimeoutError: It takes longer.
        """
        entry = self._entry
        if not entry.is_stored:
            wait_on_thread(_waiters_of(entry), lambda: entry.is_stored, timeout)
        entry.check()

    def accepted(self, timeout: float | None = None) -> Report:
        """Returns once Autumn has taken the event, or it has become a dead letter.

        Args:
            timeout: Seconds to wait at most, for an outage may be long.

        Raises:
            StorageError: It can't be stored.
            TimeoutError: It takes longer.
        """
        self.stored(timeout)
        entry, batch = self._entry, self._entry.batch
        if batch is not None:
            wait_on_thread(batch.waiters, lambda: entry.is_settled, timeout)
        return entry.report()

    def report(self) -> Report:
        """Where the event is now."""
        return self._entry.report()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(key={self.key!r}, state={self.report().state!r})"


def _waiters_of(entry: Entry) -> list[Waiter]:
    if entry.waiters is None:
        entry.waiters = []
    return entry.waiters


def take_waiters(entries: Iterable[Entry]) -> list[Waiter]:
    """Those who wait for these events to be stored."""
    return [waiter for entry in entries if entry.waiters for waiter in taken(entry.waiters)]
