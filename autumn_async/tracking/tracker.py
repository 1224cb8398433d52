"""The tracker of asyncio programs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from inspect import isawaitable
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from ..wire.caller import Caller
from ..wire.logs import write
from .clock import Clock
from .core import Core
from .feed import iterate
from .letters import edited, page, requeue
from .options import Options
from .outbox import Outbox
from .pace import Pace
from .receipts import AsyncReceipt
from .reports import FlushResult, Report, Stats
from .segments import heads, joined
from .sender import Sender
from .shipping import Shipping
from .store import DeadLetter, Store
from .waiting import wait_on_loop

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from .events import UsageEvent

T = TypeVar("T")

CLOSE_SECONDS = 10.0
"""How long closing tries to deliver what is left, by default."""


class AsyncUsageTracker:
    """Tracks usage so that none is lost and none is billed twice; `AsyncAutumn.tracker` makes it.

        async with autumn.tracker(SQLiteStore("usage-outbox")) as tracker:
            tracker.track(customer_id="cus_123", feature_id="messages")

    Events are stored first, then sent in batches, and sent again until Autumn has taken them. The
    module `autumn_async.tracking` says what the server itself may still lose or count twice.

    `track` can be called from any thread. Everything else belongs on one event loop. In a forked
    process the tracker begins anew, with a file of its own.
    """

    def __init__(self, store: Store, options: Options, caller: Caller, clock: Clock) -> None:
        self._caller = caller
        watchers = caller.transport.watchers
        self._core = Core(store, options, caller.settings.logger, clock, self._note_news, watchers)
        self._of: Outbox | None = None
        """The outbox that was sent from last."""
        self._served: Outbox | None = None
        """The outbox that is being sent from."""
        self._sender: Sender | None = None
        self._sending: asyncio.Task[None] | None = None
        self._callbacks: set[asyncio.Task[object]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        if options.on_report is not None:
            self._core.feed.add(self._tell(options.on_report))

    def track(self, **event: Unpack[UsageEvent]) -> AsyncReceipt:
        """Takes an event; returns at once. It is in the store moments later: see the receipt.

            tracker.track(customer_id="cus_123", feature_id="messages", value=3)

        Takes the fields of `UsageEvent`. Can be called from any thread.

        Raises:
            TypeError, ValueError: The event can't be sent as it is.
            QueueFullError: Too many events wait to be stored.
            StorageError: The store can't be opened.
        """
        core = self._core
        entry = core.entry(event)
        (core.present or core.outbox()).buffer.put(entry)
        if self._served is not core.latest:
            self._start_here()
        return AsyncReceipt(entry)

    async def put(self, **event: Unpack[UsageEvent]) -> AsyncReceipt:
        """Takes an event; returns once it is safe in the store.

            await tracker.put(customer_id="cus_123", feature_id="messages", value=3)

        Takes the fields of `UsageEvent`. Waits where there is no room: this is how a program is
        slowed down that tracks more than can be stored.

        Raises:
            TypeError, ValueError: The event can't be sent as it is.
            StorageError: The event can't be stored, and was not taken.
        """
        outbox = self._core.outbox()
        entry = self._core.entry(event)
        entry.is_awaited = True
        while not outbox.buffer.put(entry):
            await wait_on_loop(outbox.on_room, lambda: outbox.may_enter(entry))
        if self._served is not self._core.latest:
            self._start_here()
        receipt = AsyncReceipt(entry)
        await receipt.stored()
        return receipt

    async def flush(self, timeout: float = CLOSE_SECONDS) -> FlushResult:
        """Sends everything there is, without waiting for company; tells what came of it.

        Args:
            timeout: Seconds after which to return, whatever is still pending.
        """
        until = monotonic() + timeout
        outbox = self._core.outbox()
        before = outbox.snapshot()
        await self._do(lambda _: None)
        self._start_here()
        if self._sender is not None:
            self._sender.hurry()
        while not self._is_flushed(outbox) and monotonic() < until:
            left = max(0.0, until - monotonic())
            await wait_on_loop(outbox.on_settled, lambda: self._is_flushed(outbox), left)
        return outcome(before, outbox)

    async def close(self, timeout: float = CLOSE_SECONDS) -> FlushResult:
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
                await self.flush(timeout)
        finally:
            await self._stop_sending()
            outbox.stop()
            await asyncio.wrap_future(outbox.ended)
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

    async def dead_letters(self) -> AsyncGenerator[DeadLetter, None]:
        """Events that can't be delivered, oldest first."""
        after: str | None = None
        while letters := await self._do(page(after)):
            for letter in letters:
                yield letter
            after = letters[-1].id

    async def requeue(self, letter: DeadLetter, **changes: Any) -> bool:
        """Sends a dead letter again, with some fields changed if you like.

            async for letter in tracker.dead_letters():
                await tracker.requeue(letter, feature_id="messages")

        As it is, it keeps its key. Changed, it gets a new one: check `in_doubt` first. Returns
        False if the letter is gone.
        """
        return await self._do(*requeuing(self._core, letter, changes))

    async def discard(self, letter: DeadLetter) -> bool:
        """Forgets a dead letter: its usage is never billed. False if it is gone already."""
        return await self._do(lambda store: store.discard(letter.id))

    def reports(self) -> AsyncGenerator[Report, None]:
        """The fate of each event from now on: accepted, duplicate, dead or lost.

        async for report in tracker.reports():
            print(report.key, report.state)
        """
        return iterate(self._core.feed, self._note_dropped)

    async def start(self) -> None:
        """Opens the store, and begins to send what is in it. The first event does so, too.

        Raises:
            StorageError: The store can't be opened.
        """
        await self._do(lambda _: None)
        self._start_here()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._core.store!r})"

    def _is_flushed(self, outbox: Outbox) -> bool:
        return not outbox.pending or (self._sender is not None and self._sender.is_over)

    async def _do(
        self, work: Callable[[Store], T], after: Callable[[T], object] | None = None
    ) -> T:
        return await self._core.outbox().do(work, after).wait()

    def _start_here(self) -> None:
        """Sends on the running loop, if there is one and nothing sends yet."""
        loop = asyncio._get_running_loop()
        outbox = self._core.existing
        if loop is None or outbox is None or outbox.failure is not None:
            return
        if self._of is outbox and self._sender is not None and self._sender.is_over:
            return
        is_over = self._sending is None or self._sending.done() or self._of is not outbox
        if is_over or self._loop is None or self._loop.is_closed():
            self._loop, self._of, self._served = loop, outbox, outbox
            self._sender = sender_for(self._core, outbox, self._caller)
            self._sending = loop.create_task(self._sender.run())
            self._sending.add_done_callback(self._note_end)

    def _note_end(self, sending: asyncio.Task[None]) -> None:
        """The next event starts sending again, maybe on another loop."""
        if self._sending is sending:
            self._served = None

    def _note_news(self, outbox: Outbox) -> None:
        """Nothing sends yet: that begins on an event loop."""

    async def _stop_sending(self) -> None:
        sending, self._sending, self._served = self._sending, None, None
        if sending is not None and self._loop is asyncio.get_running_loop():
            sending.cancel()
            await asyncio.wait([sending])

    def _note_dropped(self, reports: int) -> None:
        if self._core.existing is not None:
            self._core.existing.stats.reports_dropped += reports

    def _tell(self, function: Callable[[Report], object]) -> Callable[[Sequence[Report]], None]:
        """Calls the function on the loop; whatever it awaits runs in tasks."""

        def listener(reports: Sequence[Report]) -> None:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._call, function, reports)

        return listener

    def _call(self, function: Callable[[Report], object], reports: Sequence[Report]) -> None:
        for report in reports:
            try:
                result = function(report)
                if isawaitable(result):
                    task = asyncio.ensure_future(result)
                    self._callbacks.add(task)
                    task.add_done_callback(self._callbacks.discard)
            except Exception as error:
                write(self._core.logger, "error", "on_report failed: %r", error)


def sender_for(core: Core, outbox: Outbox, caller: Caller) -> Sender:
    """A sender for the running loop."""
    pace = Pace(core.clock, core.options.max_requests)
    shipping = Shipping(core.options, core.clock)
    return Sender(caller, outbox, shipping, pace, core.clock, core.logger)


def outcome(before: Stats, outbox: Outbox) -> FlushResult:
    """What has changed since."""
    now = outbox.snapshot()
    return FlushResult(
        accepted=now.accepted + now.duplicates - before.accepted - before.duplicates,
        pending=outbox.pending,
        dead=sum(now.died.values()) - sum(before.died.values()),
    )


def requeuing(
    core: Core, letter: DeadLetter, changes: dict[str, Any]
) -> tuple[Callable[[Store], bool], Callable[[bool], None]]:
    """What sends a dead letter again, and what is to be noted afterwards."""
    now, event = core.clock.stamp(), letter.event
    if changes:
        event = edited(letter, changes, core.mint(), now)
    outbox = core.outbox()

    def after(is_done: bool) -> None:
        if is_done:
            outbox.accounts.found(heads(joined([event])))
            outbox.on_news()

    return lambda store: requeue(store, letter, event, core.clock.now()), after
