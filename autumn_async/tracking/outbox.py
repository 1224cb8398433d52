"""The buffer of one process, and the thread that puts what is in it into the store."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from logging import Logger
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, NamedTuple, TypeVar
from weakref import WeakSet

import msgspec

from ..errors import (
    AutumnSDKError,
    ClientClosedError,
    StorageError,
    StorageFullError,
)
from ..forks import Rest
from ..wire.watching import Watchers
from .accounts import Accounts
from .backlog import Backlog
from .buffer import Buffer
from .clock import Clock
from .customers import Customers
from .fates import Batch
from .feed import Feed
from .jobs import Job, results_of
from .ledger import Ledger
from .options import Options
from .receipts import Entry, take_waiters
from .reports import Stats
from .sealing import Sealed, drafts_of
from .segments import Segment
from .shipping import Change
from .store import Counts, Ended, Store
from .waiting import Waiter, taken, wake

T = TypeVar("T")

ADOPT_EVERY = 2.0
"""Seconds between looks at what other processes have left behind."""

STORE_AGAIN_AFTER = 0.5
"""Seconds until it's tried again to store what couldn't be stored."""

_at_work = Rest()
"""SQLite's own locks are among those that a child would never see released."""

_AT_ONCE = 50_000
"""How many events are stored in one transaction at most."""

live: WeakSet[Outbox] = WeakSet()
"""The outboxes of this process that have a thread."""


class Outbox:
    """Takes events from any thread, and stores them a whole group at a time."""

    def __init__(
        self,
        store: Store,
        options: Options,
        clock: Clock,
        logger: Logger,
        feed: Feed,
        watchers: Watchers,
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
        self.accounts: Accounts = Accounts(feed, watchers)
        self.stats: Stats = self.accounts.stats
        self.ledger: Ledger = self.accounts.ledger
        self.buffer: Buffer = Buffer(options, self.ledger, self.stats, self._ring, watchers)
        self._store = store
        self._options = options
        self._logger = logger
        self._jobs: deque[Job[Any]] = deque()
        self._customers = Customers(options.max_customers)
        self._known = self._customers if options.check_customers else None
        self._backlog = Backlog(self.accounts.found)
        self._bell: SimpleQueue[None] = SimpleQueue()
        self._unsettled: list[Job[Any]] = []
        """Ends of leases that couldn't be noted."""
        self._adopt_at = self._store_at = self._settle_at = 0.0
        self._oldest: int | None = None
        self._stopping = False
        self.ended: Future[None] = Future()
        self.ended.set_running_or_notify_cancel()  # whoever waits for it may give up
        self._thread = Thread(target=self._serve, name="autumn-async outbox", daemon=True)

    def start(self) -> None:
        """Starts the thread, which opens the store."""
        live.add(self)
        self._thread.start()

    @property
    def pending(self) -> int:
        """Events that Autumn hasn't taken."""
        return len(self.buffer) + self.counts.events

    def may_enter(self, entry: Entry) -> bool:
        """Whether it's worth trying again for somebody who waits for room."""
        is_hopeless = self.failure is not None or self.stats.storage_error is not None
        return is_hopeless or self.buffer.has_room(len(entry.event))

    def snapshot(self) -> Stats:
        """The figures as they are now."""
        stats = msgspec.structs.replace(self.stats)
        stats.died, stats.answers = dict(stats.died), dict(stats.answers)
        stats.tracked = self.buffer.tracked
        stats.buffered_events, stats.buffered_bytes = len(self.buffer), self.buffer.bytes
        stats.stored_events, stats.stored_bytes = self.counts.events, self.counts.bytes
        stats.dead_letters, stats.quarantined = self.counts.dead, self.counts.quarantined
        if self._oldest is not None and self.counts.events:
            stats.oldest_ms = max(0, self.clock.now() - self._oldest)
        return stats

    def do(self, work: Callable[[Store], T], after: Callable[[T], object] | None = None) -> Job[T]:
        """Has something done with the store, as a part of its next step."""
        return self._added(Job(work, after))

    def _added(self, job: Job[T]) -> Job[T]:
        self._jobs.append(job)
        self._ring()
        if self.failure is not None:
            self._refuse_jobs()
        return job

    def lease(self, most: int, *, busy: Collection[str]) -> Job[list[Segment]]:
        """Takes the next segments that are ready, at most so many."""

        def work(store: Store) -> list[Segment]:
            return store.lease(self.clock.now(), most=most, merge=not self._backlog, busy=busy)

        def after(segments: list[Segment]) -> None:
            for segment in segments:
                self.accounts.leased(segment)
                self._backlog.count(segment.id, segment.body)

        return self.do(work, after)

    def settle(self, segment: Segment, change: Change) -> Job[list[str]]:
        """Ends a lease, and tells those who ask for its events.

        Until it works, or the store is closed: meanwhile the segment is under way, and not sent.
        """
        now = self.clock.now()

        def after(parts: list[str]) -> None:
            self.on_settled.extend(self.accounts.settled(segment, change, parts, now))
            if change.stays:
                self.on_news()  # maybe to another sender than the one that gives it back

        return self._added(Job(Ended(segment, change), after))

    def known(self, customer: str) -> Job[None]:
        """Notes that a customer exists."""
        now = self.clock.now()
        return self.do(
            lambda store: store.known(customer, now), lambda _: self._customers.add(customer)
        )

    def save(self, timeout: float) -> None:
        """Returns once the events that are in the buffer now are in the store, or time is up."""
        until = self.clock.monotonic() + timeout
        with suppress(AutumnSDKError, TimeoutError):
            while len(self.buffer) and self.clock.monotonic() < until:
                self.do(lambda _: None).wait_here(timeout)
                if self.stats.storage_error is not None:
                    return

    def stop(self) -> None:
        """Stores what is in the buffer and closes the store; returns at once."""
        self.buffer.shut()
        self._stopping = True
        self._ring()

    def _ring(self) -> None:
        """Wakes the thread."""
        self._bell.put(None)

    def _serve(self) -> None:
        """The life of the thread."""
        try:
            with _at_work:
                self._open()
        except Exception as error:
            self._fail(error)
            return
        while not (self._stopping and not self._has_work):
            with _at_work:
                self._step_safely()
            if self._stopping and (self.buffer.taken or self._unsettled):
                break
            if not self._stopping:
                self._wait()
        with _at_work:
            self._end()

    @property
    def _has_work(self) -> bool:
        return self.buffer.is_waiting or bool(self._jobs or self._unsettled)

    def _open(self) -> None:
        now = self.clock.now()
        self._store.open(now)
        with self._store.transaction():
            for customer in self._store.customers(self._options.max_customers):
                self._customers.add(customer)
        self._backlog.add(self._store.ids())
        self.counts = self._store.counts()
        self._adopt_at = self.clock.monotonic() + ADOPT_EVERY
        self.on_news()

    def _end(self) -> None:
        self.failure = ClientClosedError("this tracker is closed; make a new one")
        unstored = self.buffer.taken
        if unstored:
            self._logger.error("%d events could not be stored and are lost", len(unstored))
            self.stats.lost += len(unstored)
            self._refuse(unstored, self.failure)
        self._refuse_jobs()
        self.accounts.close()
        live.discard(self)
        try:
            self._store.close()
        except Exception as error:
            self._logger.error("the usage tracker's store can't be closed: %s", error)
        self.ended.set_result(None)

    def _fail(self, error: Exception) -> None:
        known = error if isinstance(error, AutumnSDKError) else StorageError(str(error))
        self.failure = known
        self.buffer.shut(known)
        self._logger.error("the usage tracker can't use its store: %s", known)
        while self.buffer.is_waiting:
            self._refuse(self.buffer.take(_AT_ONCE), known)
        self._refuse_jobs()
        live.discard(self)
        self.ended.set_result(None)

    def _wait(self) -> None:
        """Until there is something to do; events that nobody waits for may gather a little."""
        if self.buffer.is_waiting and not self._jobs:
            self._listen(self._options.linger_ms / 1000)
        elif not self._jobs and not self._backlog:
            buffer = self.buffer
            buffer.is_asleep = True
            if not buffer.is_waiting and not self._jobs and not self._stopping:
                is_to_try = buffer.taken or self._unsettled
                self._listen(STORE_AGAIN_AFTER if is_to_try else ADOPT_EVERY)
            was_woken, buffer.is_asleep = not buffer.is_asleep, False
            if was_woken and not self._jobs and not buffer.is_awaited:
                self._listen(self._options.linger_ms / 1000)

    def _listen(self, seconds: float) -> None:
        with suppress(Empty):
            self._bell.get(timeout=max(seconds, 0.0005))
            while True:
                self._bell.get_nowait()

    def _step_safely(self) -> None:
        """Whatever goes wrong, the thread goes on: events wait for it."""
        try:
            self._step()
        except Exception:
            self._logger.exception("the usage tracker's store failed; trying again")
            self._listen(STORE_AGAIN_AFTER)

    def _step(self) -> None:
        """Everything that has come in, in one transaction; one by one if that fails."""
        entries, jobs = self._entries(), self._taken_jobs()
        if entries or jobs:
            try:
                step = self._commit(entries, jobs)
            except Exception:
                self._one_by_one(entries, jobs)
            else:
                self._note(step)
            self._oldest = self._store.oldest()  # not in the step, which must not fail for it
            if entries:
                self.on_news()
        if self._backlog:
            self._backlog.look(self._store)
        if self.clock.monotonic() >= self._adopt_at:
            self._adopt()

    def _entries(self) -> list[Entry]:
        """What has come in, and what couldn't be stored before, if it's time to try again."""
        too_soon = self.buffer.taken and self.clock.monotonic() < self._store_at
        return [] if too_soon and not self._stopping else self.buffer.take(_AT_ONCE)

    def _taken_jobs(self) -> list[Job[Any]]:
        jobs: list[Job[Any]] = []
        if self._stopping or self.clock.monotonic() >= self._settle_at:
            jobs, self._unsettled = self._unsettled, jobs
        with suppress(IndexError):  # another thread may be refusing them
            while True:
                jobs.append(self._jobs.popleft())
        return jobs

    def _commit(self, entries: list[Entry], jobs: list[Job[Any]]) -> _Step:
        """Either all, or nothing."""
        began = self.clock.monotonic()
        drafts = list(drafts_of(entries, self._known))
        ids: list[str] = []
        lazily = not drafts and all(job.ends_lease for job in jobs)
        with self._store.transaction(lazily=lazily):
            if drafts:
                self._check_size(drafts)
                ids = self._store.append([draft for draft, _ in drafts], self.clock.now())
            stored = self._store.counts()
            results = results_of(jobs, self._store, self.clock.now())
        self.stats.commits += 1
        self.stats.commit_seconds += self.clock.monotonic() - began
        return _Step(drafts, ids, stored, jobs, results)

    def _note(self, step: _Step) -> None:
        """Tells everybody of what was committed, and must not be done again."""
        waiters: list[Waiter] = []
        if step.drafts:
            self.stats.storage_error = None
            self.counts = step.stored  # before the buffer lets go of them: never too few in between
            waiters += self._note_stored(step.ids, step.drafts)
        waiters += self._note_done(step.jobs, step.results)
        wake(waiters)  # together, for each call to a loop interrupts it

    def _note_done(self, jobs: Sequence[Job[Any]], results: Sequence[Any]) -> list[Waiter]:
        """Events leave the figures after their fates are known, and before anybody is told."""
        for job, result in zip(jobs, results, strict=True):
            job.note(result)
        self.counts = self._store.counts()
        for job in jobs:
            job.is_over = True
        return [*_waiters_of(jobs), *taken(self.on_settled)] if jobs else []

    def _check_size(self, drafts: Sequence[Sealed]) -> None:
        new = sum(len(draft.body) for draft, _ in drafts)
        if self._store.counts().bytes + new > self._options.max_stored_bytes:
            raise StorageFullError(
                f"the store has {self._store.counts().bytes} bytes of events, and max_stored_bytes "
                f"is {self._options.max_stored_bytes}"
            )

    def _note_stored(self, ids: Sequence[str], drafts: Sequence[Sealed]) -> list[Waiter]:
        self.buffer.leave(zip(ids, (members for _, members in drafts), strict=True))
        awaited: list[Entry] = []
        for id, (_, members) in zip(ids, drafts, strict=True):
            batch = Batch()
            for entry in members:
                entry.batch, entry.event = batch, b""
                if entry.waiters is not None:
                    awaited.append(entry)
            self.accounts.stored(id, batch)
        return [*take_waiters(awaited), *taken(self.on_room)]

    def _one_by_one(self, entries: list[Entry], jobs: list[Job[Any]]) -> None:
        """Each job by itself, and the events apart: what fails must not take others with it."""
        for job in jobs:
            try:
                step = self._commit([], [job])
            except Exception as error:
                self._note_failed(job, error)
            else:
                self._note(step)
        if not entries:
            return
        try:
            step = self._commit(entries, [])
        except Exception as error:
            self._keep(entries, error)
        else:
            self._note(step)

    def _note_failed(self, job: Job[Any], error: Exception) -> None:
        if job.ends_lease:
            self._unsettled.append(job)
            self._settle_at = self.clock.monotonic() + STORE_AGAIN_AFTER
        else:
            job.fail(error)
            wake(taken(job.waiters))

    def _keep(self, entries: list[Entry], error: Exception) -> None:
        """Refuses the events of those who can be told; the others are kept and tried again."""
        known = error if isinstance(error, AutumnSDKError) else StorageError(str(error))
        if self.stats.storage_error is None:
            self._logger.error("usage can't be stored, and is kept in memory: %s", known)
        self.stats.storage_error = str(known)
        self._refuse([entry for entry in entries if entry.is_awaited], known)
        self._store_at = self.clock.monotonic() + STORE_AGAIN_AFTER

    def _refuse(self, entries: list[Entry], error: AutumnSDKError) -> None:
        self.buffer.refuse(entries, error)
        wake([*take_waiters(entries), *taken(self.on_room)])

    def _refuse_jobs(self) -> None:
        jobs = self._taken_jobs()
        for job in jobs:
            job.fail(self.failure or ClientClosedError("this tracker is closed"))
        wake(_waiters_of(jobs))

    def _adopt(self) -> None:
        self._adopt_at = self.clock.monotonic() + ADOPT_EVERY
        try:
            found = self._store.adopt(self.clock.now())
        except Exception as error:
            self._logger.error("what another process left behind can't be taken over: %s", error)
            self._adopt_at += 15 * ADOPT_EVERY
            return
        if found:
            self._backlog.add(found)
            self.counts = self._store.counts()
            self.on_news()


class _Step(NamedTuple):
    """What was committed together."""

    drafts: list[Sealed]
    ids: list[str]
    stored: Counts
    """What was in the store once the events were, and before the jobs."""
    jobs: list[Job[Any]]
    results: list[Any]


def _waiters_of(jobs: Iterable[Job[Any]]) -> list[Waiter]:
    return [waiter for job in jobs for waiter in taken(job.waiters)]


def save_all(timeout: float = 2.0) -> None:
    """Stores what is in the buffers of this process: at its end, for those who didn't close."""
    for outbox in tuple(live):
        if outbox.pid == os.getpid():
            outbox.save(timeout)
