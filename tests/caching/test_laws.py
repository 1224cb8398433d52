"""Whatever happens, memory grants no more than what was known, less what was used since."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autumn_async import AsyncAutumn, Autumn, MemoryStore, RetryConfig
from autumn_async.caching.memory import Memory, View
from autumn_async.caching.options import options_from
from autumn_async.caching.rules import Known, rules_of
from autumn_async.emulator import Emulator
from autumn_async.models import Balance, BalanceBreakdown, Feature
from autumn_async.models.features import CreditSchemaRow

from .helpers import FakeTime, Stage

MESSAGES, CREDITS, COST = 20.0, 30.0, 2.0
"""What the customer has, and what an image costs, of which there are none but for credits."""

AMOUNTS = [step / 2 for step in range(1, 65)]
"""What might be asked for."""

numbers = count()
features = st.sampled_from(["messages", "images", "credits"])
values = st.sampled_from([0.5, 1, 2, 5, 11])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("check"), features, st.sampled_from([0.5, 1, 4, 9, 15, 20, 30])),
        st.tuples(st.just("track"), features, values),
        st.tuples(st.just("queue"), features, values),
        st.tuples(st.just("wait"), st.sampled_from([0.5, 5, 31]), st.none()),
        st.tuples(st.just("outage"), st.booleans(), st.booleans()),
        st.tuples(st.just("forget"), st.none(), st.none()),
    ),
    min_size=4,
    max_size=25,
)


class Spending:
    """What is left when all that Autumn got, or will get, is counted."""

    def __init__(self) -> None:
        self.messages, self.credits = MESSAGES, CREDITS
        self.is_deaf = False
        """Calls come to nothing, so that what isn't queued never counts."""

    def use(self, feature_id: str, value: float) -> None:
        if feature_id == "messages":
            self.messages = max(0, self.messages - value)
        else:
            cost = COST if feature_id == "images" else 1
            self.credits = max(0, self.credits - value * cost)

    def allows(self, feature_id: str, required: float) -> bool:
        if feature_id == "messages":
            return required <= self.messages
        return required * (COST if feature_id == "images" else 1) <= self.credits


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running, Autumn(running.secret_key, server_url=running.url) as autumn:
        for id in ("messages", "images"):
            autumn.features.create(feature_id=id, name=id, type_="metered", consumable=True)
        schema: Any = [{"metered_feature_id": "images", "credit_cost": COST}]
        autumn.features.create(
            feature_id="credits", name="c", type_="credit_system", credit_schema=schema
        )
        yield running


@settings(max_examples=12, deadline=None, suppress_health_check=[*HealthCheck])
@given(steps)
def test_no_grant_from_memory_is_more_than_there_is(emulator: Emulator, steps: Any) -> None:
    asyncio.run(_run(emulator, steps))


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=[*HealthCheck])
@given(steps)
def test_no_grant_from_memory_is_more_than_there_is_at_length(
    emulator: Emulator, steps: Any
) -> None:
    asyncio.run(_run(emulator, steps))


async def _run(emulator: Emulator, steps: Any) -> None:
    customer_id = f"customer-{next(numbers)}"
    async with AsyncAutumn(
        emulator.secret_key, server_url=emulator.url, retry_config=RetryConfig("none")
    ) as autumn:
        await autumn.customers.get_or_create(customer_id=customer_id)
        for feature_id, granted in (("messages", MESSAGES), ("credits", CREDITS)):
            await autumn.balances.create(
                customer_id=customer_id, feature_id=feature_id, included_grant=granted
            )
        stage, truth = Stage(autumn, None), Spending()  # type: ignore[arg-type]
        async with autumn.tracker(MemoryStore(), linger_ms=1) as tracker:
            try:
                for step in steps:
                    await _take(stage, truth, tracker, emulator, customer_id, *step)
                    _look(stage, truth, customer_id)
            finally:
                emulator.faults.clear()
                await stage.settle()


def _look(stage: Stage, truth: Spending, customer_id: str) -> None:
    """Looks at everything that memory might grant."""
    for feature_id in ("messages", "images", "credits"):
        for required in AMOUNTS:
            decision = stage.cached.peek(
                customer_id=customer_id, feature_id=feature_id, required_balance=required
            )
            if decision is not None and decision.allowed:
                assert truth.allows(feature_id, required), decision


async def _take(
    stage: Stage,
    truth: Spending,
    tracker: Any,
    emulator: Emulator,
    customer_id: str,
    what: str,
    first: Any,
    second: Any,
) -> None:
    subject = {"customer_id": customer_id, "feature_id": first}
    if what == "check":
        decision = await stage.cached.check(**subject, required_balance=second)
        if decision.source in ("cache", "stale") and decision.allowed:
            assert truth.allows(first, second), decision
    elif what == "track":
        if not truth.is_deaf:
            truth.use(first, second)
        await stage.autumn.track(**subject, value=second)
    elif what == "queue":
        truth.use(first, second)
        tracker.track(**subject, value=second)
    elif what == "wait":
        await tracker.flush(0.05 if emulator.faults else 5)
        stage.time.seconds += first
        await stage.settle()
    elif what == "outage":
        emulator.faults.clear()
        truth.is_deaf = first and not second
        if first:
            emulator.faults.add("*", status=503, applied=second)
    else:
        stage.cached.forget(customer_id)


events = st.lists(
    st.one_of(
        st.tuples(st.just("use"), st.sampled_from(["messages", "images", "credits"]), values),
        st.tuples(st.sampled_from(["apply", "queue", "drop"]), st.integers(0, 9), st.none()),
        st.tuples(st.sampled_from(["ask", "answer"]), st.none(), st.none()),
        st.tuples(st.just("wait"), st.sampled_from([1, 9, 10, 40]), st.none()),
    ),
    max_size=60,
)


@settings(max_examples=120, deadline=None)
@given(events)
def test_grants_hold_however_usage_and_fetching_interleave(events: Any) -> None:
    world = World()
    for event in events:
        world.take(*event)
        world.check()


class World:
    """A server that applies usage late, and a memory that hears of it."""

    def __init__(self) -> None:
        self.time = FakeTime()
        self.memory = Memory(options_from(30, 300, 10), self.time)
        self.applied = Spending()
        self.open: list[tuple[str, float]] = []
        """Usage whose fate isn't known yet."""
        self.queued: list[tuple[float, str, float]] = []
        """Usage that the server applies by then."""
        self.fetching: tuple[View, Known] | None = None

    def take(self, what: str, first: Any, second: Any) -> None:
        if what == "use":
            self.open.append((first, second))
            self.memory.tracked([(("ada", first, None), second)])
        elif what in ("apply", "queue", "drop") and self.open:
            self._end(what, *self.open.pop(first % len(self.open)))
        elif what == "ask" and self.fetching is None:
            view = self.memory.ask(("ada", None))
            self.fetching = view, self._known()
        elif what == "answer" and self.fetching is not None:
            (view, known), self.fetching = self.fetching, None
            self.memory.keep(view, rules_of(known, of_entity=False), float("inf"))
        elif what == "wait":
            self.time.seconds += first
            self._apply_queued()

    def _end(self, what: str, feature_id: str, value: float) -> None:
        usage = [(("ada", feature_id, None), value)]
        if what == "drop":
            self.memory.dropped(usage)
        elif what == "apply":
            self.applied.use(feature_id, value)
            self.memory.applied(usage)
        else:
            self.queued.append((self.time.seconds + 9.5, feature_id, value))
            self.memory.taken(usage)

    def _apply_queued(self) -> None:
        due = [each for each in self.queued if each[0] <= self.time.seconds]
        self.queued = [each for each in self.queued if each[0] > self.time.seconds]
        for _, feature_id, value in due:
            self.applied.use(feature_id, value)

    def check(self) -> None:
        """Asks for everything that memory might grant."""
        view = self.memory.find(("ada", None))
        if view is None or self.time.seconds >= view.stale_until:
            return
        final = Spending()
        final.messages, final.credits = self.applied.messages, self.applied.credits
        for late in [*self.open, *(each[1:] for each in self.queued)]:
            final.use(*late)
        for feature_id in ("messages", "images", "credits"):
            for required in AMOUNTS:
                if self.memory.ruling(view, feature_id, required).verdict == "yes":
                    assert final.allows(feature_id, required)

    def _known(self) -> Known:
        schema = [CreditSchemaRow(metered_feature_id="images", credit_cost=COST)]
        held = {"messages": self.applied.messages, "credits": self.applied.credits}
        kinds = {"messages": "metered", "credits": "credit_system"}
        return Known(
            balances={
                id: Balance(
                    feature_id=id,
                    granted=left,
                    remaining=left,
                    usage=0,
                    feature=Feature(
                        id=id, type=kinds[id], credit_schema=schema if id == "credits" else None
                    ),
                    breakdown=[BalanceBreakdown(remaining=left, usage=0, included_grant=left)],
                )
                for id, left in held.items()
            }
        )
