"""Takes segments out of the store and sends them: the part that does the I/O."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from email.utils import parsedate_to_datetime
from logging import Logger
from typing import Any

from ..errors import AutumnError, AutumnSDKError, ClientClosedError
from ..exchange import Headers
from ..resources.customers import GET
from ..resources.root import BATCH_TRACK, TRACK
from ..wire.caller import Caller
from ..wire.codec import encoded
from .answers import Kind, Verdict, judge_answer, judge_error
from .clock import Clock
from .jobs import Job
from .outbox import Outbox
from .pace import MOMENT, Pace
from .segments import MAX_EVENTS, Segment
from .shipping import Change, Shipping
from .waiting import taken, wait_on_loop, wake

TRY_AGAIN_AFTER = 1.0
"""Seconds until it's tried again to find something to send, where that failed."""

_LOOK_AGAIN = 5.0
"""Seconds after which it is looked again for something to send."""


class Sender:
    """Sends what is in an outbox, on the event loop that `run` is awaited on."""

    def __init__(
        self,
        caller: Caller,
        outbox: Outbox,
        shipping: Shipping,
        pace: Pace,
        clock: Clock,
        logger: Logger,
    ) -> None:
        self._caller = caller
        self._outbox = outbox
        self._shipping = shipping
        self._pace = pace
        self._clock = clock
        self._logger = logger
        self._news = asyncio.Event()
        self._leased: deque[Segment] = deque()
        """What is to be sent next: several are leased in one step where they may go out at once."""
        self._launched: dict[str, Segment] = {}
        """What is about to be sent."""
        self._ships: set[asyncio.Task[None]] = set()
        """That, and what is being sent."""
        self._settling: list[Job[list[str]]] = []
        """What is being noted of what was answered."""
        self._asking: set[str] = set()
        self._was_idle = True
        self._in_a_hurry = False
        self.is_over: bool = False
        """Whether nothing can be sent any more: the client, or the tracker, is closed."""
        self._refusal: str | None = None
        self._trouble: AutumnSDKError | None = None
        self._loop = asyncio.get_running_loop()
        outbox.on_news = self.look

    def look(self) -> None:
        """Has the sender look for something to send. From any thread."""
        with suppress(RuntimeError):  # the loop is closed; another sender will look
            self._loop.call_soon_threadsafe(self._news.set)

    def hurry(self) -> None:
        """Sends at once what could wait for company, or for a server in trouble to recover."""
        self._in_a_hurry = True
        self._pace.hurry()
        self.look()

    async def run(self) -> None:
        """Sends, until it's cancelled, or the client is closed."""
        try:
            while not self.is_over:
                self._news.clear()
                delay = await self._send_next_safely()
                if delay > 0:
                    await self._rest(delay)
        finally:
            self._give_back([*self._launched.values(), *self._leased])
            self._leased.clear()  # a ship whose cancellation gets lost has nothing to go on with
            if not self._loop.is_closed():  # else nothing can be awaited
                for ship in tuple(self._ships):
                    ship.cancel()
                await asyncio.gather(*self._ships, return_exceptions=True)

    async def _rest(self, seconds: float) -> None:
        # Not wait_for, which before Python 3.12 may swallow a cancellation.
        alarm = self._loop.call_later(seconds, self._news.set)
        try:
            await self._news.wait()
        finally:
            alarm.cancel()

    async def _send_next_safely(self) -> float:
        """Whatever goes wrong, sending goes on: events wait for it."""
        try:
            return await self._send_next()
        except Exception:
            self._logger.exception("sending usage failed; trying again")
            return TRY_AGAIN_AFTER

    async def _send_next(self) -> float:
        """Sends a segment, or leases some; returns for how many seconds there is nothing to do."""
        if not self._has_room and len(self._leased) >= self._wanted:
            return _LOOK_AGAIN
        if self._is_behind():
            await wait_on_loop(self._outbox.on_settled, lambda: not self._is_behind(), _LOOK_AGAIN)
            return 0
        wait = self._pace.wait()
        if wait > 0:
            if wait > MOMENT:
                self._give_back(self._leased)  # not in doubt, should the program end meanwhile
                self._leased.clear()
            return wait
        if not (self._has_room and self._leased):
            return await self._lease()
        self._launch(self._begun())
        return 0

    @property
    def _has_room(self) -> bool:
        """Whether another request may be under way."""
        return len(self._ships) < self._pace.width

    @property
    def _wanted(self) -> int:
        """How many segments to have leased beforehand, while there are plenty."""
        under_way = len(self._ships) + len(self._leased)
        is_plenty = self._outbox.counts.events > MAX_EVENTS * (under_way + 1)
        return self._pace.burst // 2 if is_plenty else 0

    def _begun(self) -> Segment:
        """The next segment, which goes out now."""
        segment = self._leased.popleft()
        if segment.lane is None and segment.customer is None:
            self._pace.started()
        return segment

    def _following(self) -> Segment | None:
        """The next segment, if a ship that is back may take it at once.

        `run` would come to it two turns of the loop later, and between them the thread of the
        store runs.
        """
        is_full = len(self._ships) > self._pace.width or self._is_behind()
        if self.is_over or is_full or not self._leased or self._pace.wait() > 0:
            return None
        self._news.set()  # there is room for others to be leased
        return self._begun()

    def _is_behind(self) -> bool:
        """Whether much of what was answered isn't noted yet."""
        self._settling = [job for job in self._settling if not job.is_over]
        return len(self._settling) >= 2 * self._pace.width

    async def _lease(self) -> float:
        """Leases what is to be sent next; returns how long there is nothing, in seconds."""
        if self._was_idle:
            await self._linger()
        try:
            found = await self._next()
        except AutumnSDKError as error:
            self.is_over = isinstance(error, ClientClosedError)
            if self.is_over:
                return 0
            if self._trouble is None:
                self._logger.error("the outbox can't be read; trying again: %s", error)
            self._trouble = error
            return TRY_AGAIN_AFTER
        self._trouble = None
        self._leased.extend(found)
        if not self._has_room and not found:
            return _LOOK_AGAIN  # they were for later; what is under way makes news
        self._was_idle = not found
        if self._was_idle:
            self._in_a_hurry = False
            return await self._idle_seconds()
        return 0

    async def _linger(self) -> None:
        """Lets events gather for a request, while there are few and nobody is in a hurry."""
        until = self._clock.monotonic() + self._pace.linger
        while self._outbox.counts.events < MAX_EVENTS and not self._in_a_hurry:
            left = until - self._clock.monotonic()
            if left <= 0:
                return
            self._news.clear()
            await self._rest(left)

    async def _next(self) -> list[Segment]:
        leasing = self._outbox.lease(self._pace.burst, busy=tuple(self._asking))
        try:
            return await leasing.wait()
        except (asyncio.CancelledError, GeneratorExit):
            # They are leased all the same; another sender sends them.
            self._outbox.do(lambda _: None, lambda _: self._give_back(leasing.result or ()))
            raise

    def _give_back(self, segments: Iterable[Segment]) -> None:
        """They can't be sent at once after all, or not by this sender."""
        for segment in segments:
            self._outbox.settle(segment, _unsent(segment))

    async def _idle_seconds(self) -> float:
        busy = tuple(self._asking)
        ready = await self._outbox.do(lambda store: store.next_ready(busy=busy)).wait()
        if ready is None:
            return _LOOK_AGAIN
        seconds = (ready - self._clock.now()) / 1000
        return min(_LOOK_AGAIN, max(0.01, seconds))

    def _launch(self, segment: Segment) -> None:
        self._launched[segment.id] = segment
        ship = self._loop.create_task(self._ship(segment))
        self._ships.add(ship)
        ship.add_done_callback(self._landed)

    def _landed(self, ship: asyncio.Task[None]) -> None:
        self._ships.discard(ship)
        self._news.set()
        error = None if ship.cancelled() else ship.exception()
        if isinstance(error, Exception):  # Ctrl-C isn't one, and has ended the loop
            self._logger.error("sending usage failed", exc_info=error)

    async def _ship(self, segment: Segment) -> None:
        """Sends a segment, and those that can follow at once."""
        del self._launched[segment.id]
        following: Segment | None = segment
        while following is not None:
            await self._deliver(following)
            following = self._following()

    async def _deliver(self, segment: Segment) -> None:
        """Brings one segment to the end of its lease, come what may."""
        sent_at = self._clock.now()
        fallback: Kind = "doubtful" if segment.customer is None else "not stored"
        change = self._shipping.after(segment, Verdict(fallback), sent_at)
        try:
            change = await self._delivered(segment, sent_at)
        except ClientClosedError as error:
            change = self._shipping.after(segment, Verdict("not stored"), sent_at)
            self._end(error)
        finally:
            self._settling.append(self._outbox.settle(segment, change))

    def _end(self, error: ClientClosedError) -> None:
        """Says once that nothing is sent any more; those who wait for it need not."""
        if not self.is_over:
            self._logger.error("usage stays in the store: close the tracker first: %s", error)
        self.is_over = True
        wake(taken(self._outbox.on_settled))

    async def _delivered(self, segment: Segment, sent_at: int) -> Change:
        change = self._shipping.before(segment)
        if change is not None:
            return change
        if segment.customer is not None:
            return await self._introduced(segment, segment.customer)
        verdict = await self._sent(segment)
        self._warn(verdict)
        return self._shipping.after(segment, verdict, sent_at)

    async def _sent(self, segment: Segment) -> Verdict:
        """Sends the events, and learns from the answer."""
        stats, single = self._outbox.stats, segment.lane is not None
        operation, body = (TRACK, segment.body[1:-1]) if single else (BATCH_TRACK, segment.body)
        stats.requests += 1
        stats.sent_events += segment.events
        began = self._clock.monotonic()
        verdict = await self._asked(operation, body, single=single)
        stats.request_seconds += self._clock.monotonic() - began
        stats.answers[verdict.kind] = stats.answers.get(verdict.kind, 0) + 1
        return verdict

    async def _asked(self, operation: Any, body: bytes, *, single: bool) -> Verdict:
        sent = self._clock.wall()
        headers = Headers()
        try:
            answer = await self._caller.send(operation, body)
            headers, verdict = answer.headers, judge_answer(answer)
        except AutumnError as error:
            headers, verdict = error.headers, judge_error(error, single=single)
        except ClientClosedError:
            raise
        except AutumnSDKError as error:
            verdict = judge_error(error, single=single)
        except Exception as error:  # a source of keys that fails, say
            verdict = Verdict("refused", f"{type(error).__name__}: {error}")
        self._learn(headers, verdict, sent, single=single)
        return verdict

    def _learn(self, headers: Headers, verdict: Verdict, sent: float, *, single: bool) -> None:
        if not single:
            self._pace.learn(headers)
        self._pace.ended(verdict)
        server, received = _date_of(headers), self._clock.wall()
        if server is not None and verdict.kind == "future":
            self._clock.set_back(server, received)
        elif server is not None:
            self._clock.learn(server, sent, received)
        stats = self._outbox.stats
        stats.paused = self._pace.refusal
        stats.linger_ms, stats.skew_ms = self._pace.linger * 1000, self._clock.skew_ms

    async def _introduced(self, segment: Segment, customer: str) -> Change:
        """Asks for a customer who isn't known; their events travel like all others afterwards."""
        back = _unsent(segment)
        if customer in self._asking:
            return back
        self._asking.add(customer)
        try:
            self._outbox.stats.customers_asked += 1
            verdict = await self._looked_up(customer)
            if verdict.kind == "accepted":
                await self._outbox.known(customer).wait()
                return back
            if verdict.kind != "missing":
                self._warn(verdict)
                return back
            change = self._shipping.missing(segment, verdict.detail)
            if change.stays:
                until = change.ready_at
                await self._outbox.do(lambda store: store.hold(customer, until)).wait()
            return change
        finally:
            self._asking.discard(customer)

    async def _looked_up(self, customer: str) -> Verdict:
        try:
            body = {"customer_id": customer}
            await self._caller.send(GET, encoded(body))
            verdict = Verdict("accepted")
        except AutumnSDKError as error:
            if isinstance(error, ClientClosedError):
                raise
            verdict = judge_error(error, single=True)
            if verdict.kind == "poison":  # an id that Autumn doesn't take: it can't exist
                verdict = Verdict("missing", verdict.detail)
        self._pace.ended(verdict)
        return verdict

    def _warn(self, verdict: Verdict) -> None:
        """Says loudly what needs somebody's attention, once for each time that it begins."""
        if verdict.kind == "refused" and self._refusal != verdict.detail:
            self._refusal = verdict.detail
            self._logger.error(
                "usage is kept and not sent until this is put right: %s", verdict.detail
            )
        elif verdict.kind == "accepted":
            self._refusal = None


def _unsent(segment: Segment) -> Change:
    """It is as if it had never been leased."""
    return Change(stays=True, trail=segment.trail)


def _date_of(headers: Headers) -> float | None:
    """The server's clock, where the answer tells it."""
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError):
        return None
