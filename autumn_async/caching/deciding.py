"""How a check is answered: from memory, by new balances, or by Autumn itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import (
    AutumnConnectionError,
    AutumnSDKError,
    AutumnTimeoutError,
    NotFoundError,
    RateLimitError,
    ServerError,
)
from ..models.checks import CheckResponse
from ..resources.root import CHECK
from ..settings import HOT, Settings, changed
from ..wire.caller import Caller
from ..wire.capture import capture, captured
from ..wire.codec import body_of
from ..wire.logs import reason, write
from .decisions import Decision, FailedOpenDecision, Source
from .listening import Listener
from .memory import ENTITY, Key, Memory, View
from .options import SECOND_LOOK, Options
from .refreshing import Refreshing
from .rules import Ruling

if TYPE_CHECKING:
    from ..client import AsyncAutumn
    from ..wire.transport import Transport

_UNREACHABLE = (AutumnConnectionError, AutumnTimeoutError, ServerError)
"""What a client lets pass, where it fails open."""

_NUMBERS = frozenset({int, float})

_LOCAL_OPTIONS = frozenset({"deadline_ms", "fail_open", "retries", "timeout_ms"})
"""Options of a call that don't make it one for Autumn alone."""


class Question(NamedTuple):
    """A check that was understood."""

    asked: Mapping[str, Any]
    """The arguments, as `check` takes them."""
    key: Key
    feature_id: str
    required: float
    settings: Settings
    is_for_autumn: bool
    """It can't be answered from memory."""
    wants_preview: bool


class Decider:
    """Answers checks from memory where it can, and by Autumn where it can't."""

    def __init__(
        self,
        client: AsyncAutumn,
        caller: Caller,
        options: Options,
        *,
        transports: Iterable[Transport],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.client = client
        self._settings = caller.settings
        self._clock = clock
        self._memory = Memory(options, clock)
        self._refreshing = Refreshing(caller, self._memory, options.max_entries, clock)
        self._listener = Listener(self._memory)
        for transport in transports:
            transport.watchers.add(self._listener)

    def question(self, asked: dict[str, Any], options: dict[str, Any]) -> Question:
        """Checks the arguments as `check` of the client would, before any I/O."""
        settings = self._settings
        if options:
            asked |= {name: options.pop(name) for name in CHECK.parameters & options.keys()}
            CHECK.take({}, dict(options))
            settings = changed(settings, options)
        body = body_of(CHECK, asked)
        required = body.get("required_balance", 1)
        return Question(
            {**asked, **options},
            (body["customer_id"], body.get("entity_id")),
            body["feature_id"],
            required if isinstance(required, (int, float)) else float(required),
            settings,
            bool(body.get("send_event") or "lock" in body or options.keys() - _LOCAL_OPTIONS),
            bool(body.get("with_preview")),
        )

    def known(self, question: Question) -> Decision | None:
        """What can be said from memory alone."""
        view = self._usable(question.key)
        if view is None:
            return None
        ruling = self._memory.ruling(view, question.feature_id, question.required)
        if ruling.verdict in ("yes", "no"):
            return self._made(view, ruling)
        return None

    def forget(self, customer_id: str | None) -> None:
        """Uses nothing that is known of a customer, or of all, any more."""
        self._memory.forget(customer_id)

    def granted(
        self, customer_id: str, feature_id: str, entity_id: str | None, required: Any
    ) -> Decision | None:
        """A yes from memory, for a check that needs no second thought; else None."""
        if required is None:
            required = 1
        elif required.__class__ not in _NUMBERS:
            return None
        try:
            place = customer_id if entity_id is None else (ENTITY, customer_id, entity_id)
            view = self._memory.young[place]
        except (KeyError, TypeError):  # unhashable: the long way says what an id must be
            return None
        now = self._clock()
        if now >= view.fresh_until:
            return None
        try:
            left, balance, flag, pool = view.simple[feature_id]
        except (KeyError, TypeError):
            return self._granted_by_rule(view, feature_id, required)
        if pool is not None and view.spent:
            left, balance = view.at_worst(pool)
        if not 0 < required <= left:
            return self._granted_by_rule(view, feature_id, required)
        return Decision(
            allowed=True,
            customer_id=customer_id,
            entity_id=entity_id,
            required_balance=required,
            balance=balance,
            flag=flag,
            source="cache",
            age_ms=(now - view.asked_at) * 1000,
        )

    def _granted_by_rule(self, view: View, feature_id: str, amount: float) -> Decision | None:
        if feature_id.__class__ is not str or feature_id not in view.rules or not amount < inf:
            return None
        ruling = view.rules[feature_id].ruling(amount, view.spent)
        return self._made(view, ruling, "cache") if ruling.verdict == "yes" else None

    async def decided(self, question: Question) -> Decision:
        """The decision, by Autumn where memory doesn't reach."""
        if question.is_for_autumn:
            return await self._live(question)
        view = self._usable(question.key)
        if view is None:
            return await self._fetched(question, None)
        ruling = self._memory.ruling(view, question.feature_id, question.required)
        if ruling.verdict == "unclear":
            return await self._live(question)
        if ruling.verdict == "yes":
            decision = self._made(view, ruling)
            if decision.source == "stale":
                self._refreshing.begin(question.key)
            return decision
        if ruling.verdict == "no" and self._clock() < view.asked_at + SECOND_LOOK:
            return await self._refused(question, view, ruling)
        return await self._fetched(question, view)

    def _usable(self, key: Key) -> View | None:
        view = self._memory.find(key)
        return view if view is not None and self._clock() < view.stale_until else None

    async def _fetched(self, question: Question, before: View | None) -> Decision:
        """A decision by new balances; by those from before where there are none."""
        try:
            deadline = question.settings.limits(HOT).deadline_ms
            view = await self._refreshing.fetched(question.key, deadline)
        except NotFoundError:
            return await self._live(question)  # which says what is missing in its own words
        except (*_UNREACHABLE, RateLimitError) as error:
            return self._without_autumn(question, before, error)
        ruling = self._memory.ruling(view, question.feature_id, question.required)
        if ruling.verdict == "spent":
            ruling = self._less_what_waits(question, view, ruling)
        if ruling.verdict == "unclear":
            return await self._live(question)
        if ruling.verdict == "yes":
            return self._made(view, ruling, "live")
        return await self._refused(question, view, ruling, "live")

    def _less_what_waits(self, question: Question, view: View, ruling: Ruling) -> Ruling:
        """The ruling on balances that show all usage, but for what Autumn hasn't taken yet."""
        again = self._memory.ruling(view, question.feature_id, question.required, view.waiting)
        if again.verdict == "yes" or all(name[0] is not None for name in view.waiting):
            return again
        return Ruling("unclear", ruling.required)

    async def _refused(
        self, question: Question, view: View, ruling: Ruling, source: Source | None = None
    ) -> Decision:
        """A no, with what could be bought if that is asked for."""
        if question.wants_preview:
            return await self._live(question)
        return self._made(view, ruling, source)

    def _without_autumn(
        self, question: Question, view: View | None, error: AutumnSDKError
    ) -> Decision:
        """What is known from before decides; where nothing is, the client's policy."""
        if view is not None and self._clock() < view.stale_until:
            ruling = self._memory.ruling(view, question.feature_id, question.required)
            return self._made(view, ruling)
        if CHECK.name in question.settings.fail_open and isinstance(error, _UNREACHABLE):
            write(self._settings.logger, "warning", "check failed open: %s", reason(error))
            return FailedOpenDecision(
                allowed=True, customer_id=question.key[0], entity_id=question.key[1],
                source="fail_open",
            )  # fmt: skip
        raise error

    async def _live(self, question: Question) -> Decision:
        """Autumn's own answer."""
        outer = captured.get()
        with capture() as answers:
            try:
                answer = await self.client.check(**question.asked)
            finally:
                if outer is not None:
                    outer += answers
        if answer.failed_open:
            return _decision(FailedOpenDecision, answer, "fail_open")
        self._memory.features.add(question.feature_id)
        return _decision(Decision, answer, "edge" if answers[-1].edge else "live")

    def _made(self, view: View, ruling: Ruling, source: Source | None = None) -> Decision:
        now, pool = self._clock(), ruling.pool
        return Decision(
            allowed=ruling.verdict == "yes",
            customer_id=view.key[0],
            entity_id=view.key[1],
            required_balance=ruling.required,
            balance=None if pool is None else view.at_worst(pool)[1],
            flag=ruling.flag,
            source=source or ("cache" if now < view.fresh_until else "stale"),
            age_ms=0 if source == "live" else (now - view.asked_at) * 1000,
        )


def _decision(kind: type[Decision], answer: CheckResponse, source: Source) -> Decision:
    fields = {name: getattr(answer, name) for name in answer.__struct_fields__}
    return kind(**fields, source=source)
