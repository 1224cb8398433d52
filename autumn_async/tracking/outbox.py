"""The buffer of one process, and the thread that puts what is in it into the store."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection
from concurrent.futures import Future
from contextlib import suppress
from logging import Logger
from queue import Empty, SimpleQueue
from threading import RLock, Thread
from typing import Any, TypeVar
from weakref import WeakSet

import msgspec

from ..errors import (
    AutumnSDKError,
    ClientClosedError,
    QueueFullError,
    StorageError,
    StorageFullError,
)
from .accounts import Accounts
from .clock import Clock
from .customers import Customers
from .fates import Batch
from .feed import Feed
from .ledger import Ledger, Pair
from .options import Options
from .receipts import Entry, take_waiters
from .reports import Stats
from .segments import Draft, Segment, chunks, heads, joined
from .shipping import Change
from .store import Counts, Store
from .waiting import Waiter, taken, wake

T = TypeVar("T")

ADOPT_EVERY = 2.0
"""Seconds between looks at what other processes have left behind."""

STORE_AGAIN_AFTER = 0.5
"""Seconds until it's tried again to store what couldn't be stored."""

_AT_ONCE = 50_000
"""How many events are stored in one transaction at most."""

_COUNT_AT_ONCE = 8
"""How many reopened segments are looked into between two steps."""

live: WeakSet[Outbox] = WeakSet()
"""The outboxes of this process that have a thread."""


class Job:
    """Something to be done with the store, on its thread, and afterwards, once it's committed."""

    __slots__ = ("after", "future", "work")

    def __init__(self, work: Callable[[Store], Any], after: Callable[[Any], object] | None) -> None:
        self.work: Callable[[Store], Any] = work
        self.after: Callable[[Any], object] | None = after
        self.future: Future[Any] = Future()
        self.future.set_running_or_notify_cancel()  # whoever waits may give up; this can't be

    def succeed(self, result: Any) -> None:
        """Hands over what it came to."""
        if self.after is not None:
            self.after(result)
        self.future.set_result(result)


class Outbox:
    """Takes events from any thread, and stores them a whole group at a time."""

    def __init__(
        self, store: Store, options: Options, clock: Clock, logger: Logger, feed: Feed
    ) -> None:
        self.pid: int = os.getpid()
        self.clock = clock
        self.counts: Counts = Counts()
        """What is in the store, as of the last step."""
        self.failure: AutumnSDKError | None = None
        """Why this can't be used."""
        self.on_news: Callable[[], object] = lambda: None
        """Called on this thread when there is something to send."""
        self.on_settled: list[Waiter] = []
        """Those who wait for leases to end."""
        self.on_room: list[Waiter] = []
        """Those who wait for room in the buffer."""
        self._lock = RLock()
        self.accounts: Accounts = Accounts(self._lock, feed)
        self.stats: Stats = self.accounts.stats
        self.ledger: Ledger = self.accounts.ledger
        self._store = store
        self._options = options
        self._logger = logger
        self._inbox: deque[Entry] = deque()
        self._jobs: deque[Job] = deque()
        self._unstored: list[Entry] = []
        self._customers = Customers(options.max_customers)
        self._uncounted: dict[str, None] = {}
        """Segments from before, whose usage the ledger doesn't have yet."""
        self._bell: SimpleQueue[None] = SimpleQueue()
        self._asleep = False
        self._most_events = options.max_buffered_events
        self._most_bytes = options.max_buffered_bytes
        self._bytes = self._taken = self._entered = 0
        self._is_shut = False
        self._adopt_at = self._store_at = 0.0
        self._oldest: int | None = None
        self._stopping = False
        self.ended: Future[None] = Future()
        self._thread = Thread(target=self._serve, name="autumn-async outbox", daemon=True)

    def start(self) -> None:
        """Starts the thread, which opens the store."""
        live.add(self)
        self._thread.start()

    @property
    def buffered(self) -> tuple[int, int]:
        """Events that wait to be stored, and their bytes."""
        return len(self._inbox) + self._taken, self._bytes

    @property
    def pending(self) -> int:
        """Events that Autumn hasn't taken."""
        return self.buffered[0] + self.counts.events

    def enter(self, entry: Entry) -> bool:
        """Takes an event into the buffer; False if there was no room for it."""
        size = len(entry.event)
        with self._lock:
            if self._is_shut:
                raise self.failure or ClientClosedError("this tracker is closed; make a new one")
            if self._bytes + size > self._most_bytes or len(self._inbox) >= self._most_events:
                self._note_full(entry)
                return False
            self._bytes += size
            self._inbox.append(entry)
        if self._asleep or entry.is_awaited:
            self._asleep = False
            self._bell.put(None)
        return True

    def may_enter(self, entry: Entry) -> bool:
        """Whether it's worth trying again for somebody who waits for room."""
        is_hopeless = self.failure is not None or self.stats.storage_error is not None
        return is_hopeless or self.has_room(len(entry.event))

    def snapshot(self) -> Stats:
        """The figures as they are now."""
        stats = msgspec.structs.replace(self.stats)
        stats.died, stats.answers = dict(stats.died), dict(stats.answers)
        stats.tracked = self._entered + len(self._inbox)
        stats.buffered_events, stats.buffered_bytes = self.buffered
        stats.stored_events, stats.stored_bytes = self.counts.events, self.counts.bytes
        stats.dead_letters, stats.quarantined = self.counts.dead, self.counts.quarantined
        if self._oldest is not None and self.counts.events:
            stats.oldest_ms = max(0, self.clock.now() - self._oldest)
        return stats

    def usage(self, pair: Pair) -> float:
        """Usage of one feature by one customer that Autumn hasn't taken."""
        with self._lock:
            waiting = [
                e.value for e in self._inbox if (e.customer, e.feature, e.event_name) == pair
            ]
            return self.ledger.sum(pair) + sum(waiting)

    def has_room(self, size: int) -> bool:
        """Whether the buffer takes another event of this size."""
        return self._bytes + size <= self._most_bytes and len(self._inbox) < self._most_events

    def do(
        self, work: Callable[[Store], T], after: Callable[[T], object] | None = None
    ) -> Future[T]:
        """Has something done with the store, as a part of its next step."""
        job = Job(work, after)
        self._jobs.append(job)
        self._bell.put(None)
        if self.failure is not None:
            self._refuse_jobs()
        return job.future

    def lease(self, *, busy: Collection[str]) -> Future[Segment | None]:
        """Takes the next segment that is ready."""

        def work(store: Store) -> Segment | None:
            merge = not self._uncounted
            return store.lease(self.clock.now(), lanes=True, merge=merge, busy=busy)

        def after(segment: Segment | None) -> None:
            if segment is not None:
                self.accounts.fates.leased(segment)
                self._count(segment.id, segment.body)

        return self.do(work, after)

    def settle(self, segment: Segment, change: Change) -> Future[list[str]]:
        """Ends a lease, and tells those who ask for its events."""
        now = self.clock.now()

        def after(parts: list[str]) -> None:
            waiters = self.accounts.settled(segment, change, parts, now)
            self.counts = self._store.counts()
            wake([*waiters, *taken(self.on_settled)])

        return self.do(lambda store: store.settle(segment, change, now), after)

    def known(self, customer: str) -> Future[None]:
        """Notes that a customer exists."""
        now = self.clock.now()
        return self.do(
            lambda store: store.known(customer, now), lambda _: self._customers.add(customer)
        )

    def save(self, timeout: float) -> None:
        """Returns once the events that are in the buffer now are in the store, or time is up."""
        with suppress(Exception):
            self.do(lambda _: None).result(timeout)

    def stop(self) -> None:
        """Stores what is in the buffer and closes the store; returns at once."""
        with self._lock:
            self._stopping = self._is_shut = True
        self._bell.put(None)

    def _serve(self) -> None:
        """The life of the thread."""
        try:
            self._open()
        except Exception as error:
            self._fail(error)
            return
        while not (self._stopping and not self._inbox and not self._jobs):
            self._step()
            if self._stopping and self._unstored:
                break
            if not self._stopping:
                self._wait()
        self._end()

    def _open(self) -> None:
        now = self.clock.now()
        self._store.open(now)
        with self._store.transaction():
            for customer in self._store.customers(self._options.max_customers):
                self._customers.add(customer)
        self._uncounted = dict.fromkeys(self._store.ids())
        self.counts = self._store.counts()
        self._adopt_at = self.clock.monotonic() + ADOPT_EVERY
        self.on_news()

    def _end(self) -> None:
        self.failure = ClientClosedError("this tracker is closed; make a new one")
        self._refuse_jobs()
        live.discard(self)
        with suppress(StorageError):
            self._store.close()
        self.ended.set_result(None)

    def _fail(self, error: Exception) -> None:
        known = error if isinstance(error, AutumnSDKError) else StorageError(str(error))
        self.failure, self._is_shut = known, True
        self._logger.error("the usage tracker can't use its store: %s", known)
        self._refuse(self._entries(), known)
        self._refuse_jobs()
        live.discard(self)
        self.ended.set_result(None)

    def _wait(self) -> None:
        """Until there is something to do; events that nobody waits for may gather a little."""
        if self._inbox and not self._jobs:
            self._listen(self._options.linger_ms / 1000)
        elif not self._jobs and not self._uncounted:
            self._asleep = True
            if not self._inbox and not self._jobs and not self._stopping:
                self._listen(STORE_AGAIN_AFTER if self._unstored else ADOPT_EVERY)
            was_woken, self._asleep = not self._asleep, False
            if was_woken and not self._jobs and not self._is_awaited:
                self._listen(self._options.linger_ms / 1000)

    @property
    def _is_awaited(self) -> bool:
        return len(self._inbox) > 0 and self._inbox[-1].is_awaited

    def _listen(self, seconds: float) -> None:
        with suppress(Empty):
            self._bell.get(timeout=max(seconds, 0.0005))
            while True:
                self._bell.get_nowait()

    def _step(self) -> None:
        """Everything that has come in, in one transaction; one by one if that fails."""
        entries, jobs = self._entries(), self._taken_jobs()
        if entries or jobs:
            try:
                self._commit(entries, jobs)
            except Exception:
                self._one_by_one(entries, jobs)
            self._oldest = self._store.oldest()
            if entries:
                self.on_news()
        if self._uncounted:
            self._look_back()
        if self.clock.monotonic() >= self._adopt_at:
            self._adopt()

    def _entries(self) -> list[Entry]:
        """What has come in, and what couldn't be stored before, if it's time to try again."""
        if self._unstored and self.clock.monotonic() < self._store_at and not self._stopping:
            return []
        entries, self._unstored = self._unstored, []
        with self._lock:
            while self._inbox and len(entries) < _AT_ONCE:
                entry = self._inbox.popleft()
                self.ledger.add(entry.pair, entry.value)
                entries.append(entry)
                self._entered += 1
                self._taken += 1
        return entries

    def _taken_jobs(self) -> list[Job]:
        jobs: list[Job] = []
        with suppress(IndexError):  # another thread may be refusing them
            while True:
                jobs.append(self._jobs.popleft())
        return jobs

    def _commit(self, entries: list[Entry], jobs: list[Job]) -> None:
        began = self.clock.monotonic()
        drafts = list(self._drafts(entries))
        results: list[Any] = []
        with self._store.transaction():
            if drafts:
                self._check_size(drafts)
                now = self.clock.now()
                ids = self._store.append([draft for draft, _ in drafts], now)
            else:
                ids = []
            results += [job.work(self._store) for job in jobs]
        self.stats.commits += 1
        self.stats.commit_seconds += self.clock.monotonic() - began
        if drafts:
            self.stats.storage_error = None
        for id, (_, members) in zip(ids, drafts, strict=True):
            self._note_stored(id, members)
        self.counts = self._store.counts()
        wake(take_waiters(entries))
        for job, result in zip(jobs, results, strict=True):
            job.succeed(result)

    def _check_size(self, drafts: list[tuple[Draft, list[Entry]]]) -> None:
        new = sum(len(draft.body) for draft, _ in drafts)
        if self._store.counts().bytes + new > self._options.max_stored_bytes:
            raise StorageFullError(
                f"the store has {self._store.counts().bytes} bytes of events, and max_stored_bytes "
                f"is {self._options.max_stored_bytes}"
            )

    def _note_stored(self, id: str, members: list[Entry]) -> None:
        batch = Batch()
        size = 0
        for entry in members:
            size += len(entry.event)
            entry.batch, entry.event = batch, b""
        self.accounts.fates.stored(id, batch)
        self._leave(len(members), size)

    def _leave(self, events: int, size: int) -> None:
        with self._lock:
            self._taken -= events
            self._bytes -= size
        wake(taken(self.on_room))

    def _one_by_one(self, entries: list[Entry], jobs: list[Job]) -> None:
        """Each job by itself, and the events apart: what fails must not take others with it."""
        for job in jobs:
            try:
                self._commit([], [job])
            except Exception as error:
                job.future.set_exception(error)
        if not entries:
            return
        try:
            self._commit(entries, [])
        except Exception as error:
            self._keep(entries, error)

    def _keep(self, entries: list[Entry], error: Exception) -> None:
        """Refuses the events of those who can be told; the others are kept and tried again."""
        known = error if isinstance(error, AutumnSDKError) else StorageError(str(error))
        if self.stats.storage_error is None:
            self._logger.error("usage can't be stored, and is kept in memory: %s", known)
        self.stats.storage_error = str(known)
        self._refuse([entry for entry in entries if entry.is_awaited], known)
        self._unstored = [entry for entry in entries if not entry.is_awaited]
        self._store_at = self.clock.monotonic() + STORE_AGAIN_AFTER

    def _refuse(self, entries: list[Entry], error: AutumnSDKError) -> None:
        with self._lock:
            self._entered -= len(entries)
            for entry in entries:
                entry.failure = error
                self.ledger.take(entry.pair, entry.value)
        self._leave(len(entries), sum(len(entry.event) for entry in entries))
        wake(take_waiters(entries))

    def _refuse_jobs(self) -> None:
        for job in self._taken_jobs():
            job.future.set_exception(self.failure or ClientClosedError("this tracker is closed"))

    def _look_back(self) -> None:
        """Counts the usage in a few segments that were there before."""
        for id in list(self._uncounted)[:_COUNT_AT_ONCE]:
            body = self._store.read(id)
            if body is None:
                self._uncounted.pop(id)
            else:
                self._count(id, body)

    def _count(self, id: str, body: bytes) -> None:
        if id in self._uncounted:
            del self._uncounted[id]
            with suppress(msgspec.MsgspecError):
                self.ledger.add_all(heads(body))

    def _adopt(self) -> None:
        self._adopt_at = self.clock.monotonic() + ADOPT_EVERY
        try:
            found = self._store.adopt(self.clock.now())
        except Exception as error:
            self._logger.error("what another process left behind can't be taken over: %s", error)
            self._adopt_at += 15 * ADOPT_EVERY
            return
        if found:
            self._uncounted.update(dict.fromkeys(found))
            self.counts = self._store.counts()
            self.on_news()

    def _drafts(self, entries: list[Entry]) -> list[tuple[Draft, list[Entry]]]:
        """The events as segments: together where their customers are known."""
        together: list[Entry] = []
        apart: dict[str, list[Entry]] = {}
        drafts: list[tuple[Draft, list[Entry]]] = []
        check = self._options.check_customers
        for entry in entries:
            if entry.lane is not None:
                body = joined([entry.event])
                drafts.append((Draft(body=body, events=1, lane=entry.lane), [entry]))
            elif not check or entry.customer in self._customers:
                together.append(entry)
            else:
                apart.setdefault(entry.customer, []).append(entry)
        drafts += _chunked(together, None)
        for customer, members in apart.items():
            drafts += _chunked(members, customer)
        return drafts

    def _note_full(self, entry: Entry) -> None:
        """An event has no room: whoever can't wait is told, if that is what they want."""
        trouble = self.stats.storage_error
        if entry.is_awaited and trouble is not None:
            raise StorageFullError(trouble)
        if entry.is_awaited:
            return
        if self._options.on_full == "raise":
            events, size = self.buffered
            why = f": {trouble}" if trouble else ""
            raise QueueFullError(f"{events} events ({size} bytes) wait to be stored{why}")
        self.stats.dropped += 1


def _chunked(entries: list[Entry], customer: str | None) -> list[tuple[Draft, list[Entry]]]:
    drafts: list[tuple[Draft, list[Entry]]] = []
    start = 0
    for events in chunks([entry.event for entry in entries]):
        members = entries[start : start + len(events)]
        start += len(events)
        drafts.append((Draft(body=joined(events), events=len(events), customer=customer), members))
    return drafts


def save_all(timeout: float = 2.0) -> None:
    """Stores what is in the buffers of this process: at its end, for those who didn't close."""
    for outbox in tuple(live):
        if outbox.pid == os.getpid():
            outbox.save(timeout)
