"""The tracker of programs without asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import AutumnSDKError
from ..wire.caller import Caller
from .clock import Clock
from .core import Core
from .feed import Teller, iterate_blocking
from .letters import page
from .options import Options
from .outbox import Outbox
from .receipts import Receipt
from .reports import FlushResult, Report, Stats
from .sender import Sender
from .store import DeadLetter, Store
from .tracker import CLOSE_SECONDS, outcome, requeuing, sender_for
from .waiting import wait_on_thread

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from .events import UsageEvent

T = TypeVar("T")

RunOnLoop = Callable[[Callable[[], Coroutine[Any, Any, T]]], T]


class UsageTracker:
    """Tracks usage so that none is lost and none is billed twice; `Autumn.tracker` makes it.

        with autumn.tracker(SQLiteStore("usage-outbox")) as tracker:
            tracker.track(customer_id="cus_123", feature_id="messages")

    Events are stored first, then sent in batches, and sent again until Autumn has taken them. The
    module `autumn_async.tracking` says what the server itself may still lose or count twice.

    All methods can be called from any thread. Make it before a server forks its workers, or in
    each of them: nothing is opened before the first event, and a forked process begins anew, with
    a file of its own.
    """

    def __init__(
        self, store: Store, options: Options, caller: Caller, clock: Clock, run: RunOnLoop[Any]
    ) -> None:
        self._caller = caller
        self._run = run
        watchers = caller.transport.watchers
        self._core = Core(store, options, caller.settings.logger, clock, self._begin, watchers)
        self._sending: tuple[Outbox, Sender, asyncio.Task[None]] | None = None
        if options.on_report is not None:
            self._core.feed.add(Teller(options.on_report, self._core.logger))

    def track(self, **event: Unpack[UsageEvent]) -> Receipt:
        """Takes an event; returns at once. It is in the store moments later: see the receipt.

            tracker.track(customer_id="cus_123", feature_id="messages", value=3)

        Takes the fields of `UsageEvent`.

        Raises:
            TypeError, ValueError: The event can't be sent as it is.
            QueueFullError: Too many events wait to be stored.
            StorageError: The store can't be opened.
        """
        core = self._core
        entry = core.entry(event)
        (core.present or core.outbox()).buffer.put(entry)
        return Receipt(entry)

    def put(self, **event: Unpack[UsageEvent]) -> Receipt:
        """Takes an event; returns once it is safe in the store.

            tracker.put(customer_id="cus_123", feature_id="messages", value=3)

        Takes the fields of `UsageEvent`. Waits where there is no room.

        Raises:
            TypeError, ValueError: The event can't be sent as it is.
            StorageError: The event can't be stored, and was not taken.
        """
        outbox = self._core.outbox()
        entry = self._core.entry(event)
        entry.is_awaited = True
        while not outbox.buffer.put(entry):
            wait_on_thread(outbox.on_room, lambda: outbox.may_enter(entry), None)
        receipt = Receipt(entry)
        receipt.stored()
        return receipt

    def flush(self, timeout: float = CLOSE_SECONDS) -> FlushResult:
        """Sends everything there is, without waiting for company; tells what came of it.

        For functions that are frozen between two invocations: flush at the end of each.

        Args:
            timeout: Seconds after which to return, whatever is still pending.
        """
        until = monotonic() + timeout
        outbox = self._core.outbox()
        before = outbox.snapshot()
        self._do(lambda _: None)
        if self._sending is not None:
            self._sending[1].hurry()
        with suppress(TimeoutError):
            wait_on_thread(
                outbox.on_settled, lambda: self._is_flushed(outbox), max(0.0, until - monotonic())
            )
        return outcome(before, outbox)

    def close(self, timeout: float = CLOSE_SECONDS) -> FlushResult:
        """Takes no more events, and delivers what it can; the rest stays in the store.

        Args:
            timeout: Seconds to try to deliver for.
        """
        outbox = self._core.existing
        if outbox is None or self._core.is_closed:
            self._core.close()
            return FlushResult(accepted=0, pending=outbox.pending if outbox else 0, dead=0)
        self._core.close()
        before = outbox.snapshot()
        try:
            if outbox.failure is None:
                self.flush(timeout)
        finally:
            self._stop_sending()
            outbox.stop()
            outbox.ended.result()
        return outcome(before, outbox)

    def stats(self) -> Stats:
        """The figures of this process."""
        return self._core.stats()

    def pending(
        self, customer_id: str, feature_id: str | None = None, *, event_name: str | None = None
    ) -> float:
        """How many units of a feature are tracked and not yet counted by Autumn.

            left = answer.balance.remaining - tracker.pending("cus_123", "messages")

        Usage from before a restart is included as soon as it has been read, which takes moments.
        """
        return self._core.pending(customer_id, feature_id, event_name)

    def dead_letters(self) -> Generator[DeadLetter, None, None]:
        """Events that can't be delivered, oldest first."""
        after: str | None = None
        while letters := self._do(page(after)):
            yield from letters
            after = letters[-1].id

    def requeue(self, letter: DeadLetter, **changes: Any) -> bool:
        """Sends a dead letter again, with some fields changed if you like.

            for letter in tracker.dead_letters():
                tracker.requeue(letter, feature_id="messages")

        As it is, it keeps its key. Changed, it gets a new one: check `in_doubt` first. Returns
        False if the letter is gone.
        """
        return self._do(*requeuing(self._core, letter, changes))

    def discard(self, letter: DeadLetter) -> bool:
        """Forgets a dead letter: its usage is never billed. False if it is gone already."""
        return self._do(lambda store: store.discard(letter.id))

    def reports(self) -> Generator[Report, None, None]:
        """The fate of each event from now on: accepted, duplicate, dead or lost.

        for report in tracker.reports():
            print(report.key, report.state)
        """
        return iterate_blocking(self._core.feed, self._note_dropped)

    def start(self) -> None:
        """Opens the store, and begins to send what is in it. The first event does so, too.

        Raises:
            StorageError: The store can't be opened.
        """
        self._do(lambda _: None)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._core.store!r})"

    def _is_flushed(self, outbox: Outbox) -> bool:
        return not outbox.pending or (self._sending is not None and self._sending[1].is_over)

    def _do(self, work: Callable[[Store], T], after: Callable[[T], object] | None = None) -> T:
        return self._core.outbox().do(work, after).wait_here()

    def _begin(self, outbox: Outbox) -> None:
        """Begins to send, on the private loop. Called on the thread of the outbox."""

        async def begin() -> None:
            sender = sender_for(self._core, outbox, self._caller)
            self._sending = outbox, sender, asyncio.create_task(sender.run())

        try:
            self._run(begin)
        except AutumnSDKError as error:  # the interpreter exits: the events are stored
            self._core.logger.debug("nothing is sent any more: %s", error)

    def _stop_sending(self) -> None:
        sending, self._sending = self._sending, None

        async def stop() -> None:
            if sending is not None:
                sending[2].cancel()
                await asyncio.wait([sending[2]])

        if sending is not None and sending[0] is self._core.existing:
            self._run(stop)

    def _note_dropped(self, reports: int) -> None:
        if self._core.existing is not None:
            self._core.existing.stats.reports_dropped += reports
