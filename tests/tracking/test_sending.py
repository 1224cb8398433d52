"""How segments follow each other: never too many at once, never without need, none left behind."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest

from autumn_async import AsyncUsageTracker, MemoryStore
from autumn_async.tracking.answers import Verdict
from autumn_async.tracking.sender import Sender
from autumn_async.tracking.store import Ended

from .helpers import LARGE, USAGE, Flaky, drain, tracking, until
from .server import Billing, Server, all_once

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs POSIX locks")


@pytest.fixture
def billing(billing: Billing) -> Billing:
    """A server that takes requests quickly one after another."""
    billing.limit = 1_000
    return billing


async def learned(tracker: AsyncUsageTracker) -> list[str]:
    """Lets a tracker learn the limit from an answer; returns the keys it took."""
    receipt = await tracker.put(**USAGE)
    await drain(tracker)
    return [receipt.key]


def noted_turns(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A list that each turn of a sender is added to from now on."""
    turns: list[float] = []
    send_next = Sender._send_next

    async def noted(self: Sender) -> float:
        turns.append(await send_next(self))
        return turns[-1]

    monkeypatch.setattr(Sender, "_send_next", noted)
    return turns


async def put_segments(tracker: AsyncUsageTracker, count: int) -> list[str]:
    """Puts events that make so many segments, of which no two can be merged."""
    keys: list[str] = []
    for _ in range(count):
        some = await asyncio.gather(*(tracker.put(**LARGE) for _ in range(3)))
        keys += [receipt.key for receipt in some]
    return keys


async def test_one_lease_whose_end_can_not_be_noted_does_not_keep_others_from_being_sent(
    server: Server, billing: Billing
) -> None:
    class Stuck(Flaky):
        def settle(self, ended: Sequence[Ended], now: int) -> list[list[str]]:
            self.bad = any(segment.id.endswith(":2") for segment, _ in ended)
            return super().settle(ended, now)

    async with tracking(server, Stuck(), max_requests=1, check_customers=False) as tracker:
        keys = await learned(tracker)
        keys += await put_segments(tracker, 8)
        await until(lambda: len(billing.applied) == len(keys))
        await until(lambda: tracker.stats().stored_events == 3)
    assert all_once(billing, keys)


@pytest.mark.parametrize("most", [1, 4])
async def test_a_lane_that_waits_for_an_answer_is_not_looked_at_again_and_again(
    server: Server, billing: Billing, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    options: dict[str, Any] = {"max_requests": most, "check_customers": False}
    async with tracking(server, MemoryStore(), **options) as tracker:
        await learned(tracker)
        billing.faults.append("hang after")
        for _ in range(3_000):
            tracker.track(**USAGE, ordered=True)
        await until(lambda: not billing.faults)
        await asyncio.sleep(0.2)
        turns = noted_turns(monkeypatch)
        await asyncio.sleep(0.5)
        assert len(turns) <= 2
        assert tracker._sender is not None
        is_idle = tracker._sender._was_idle  # only where there is room for something else
        assert is_idle == (most > 1)


async def test_nothing_more_is_sent_once_the_tracker_is_closed(
    server: Server, billing: Billing, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answered = Sender._asked, asyncio.Event()

    async def deaf(self: Sender, *arguments: Any, **options: Any) -> Verdict:
        with suppress(asyncio.CancelledError):  # as a library may, by mistake
            await answered.wait()
        answered.set()
        return await asked(self, *arguments, **options)

    async with tracking(server, MemoryStore(), check_customers=False) as tracker:
        await learned(tracker)
        monkeypatch.setattr(Sender, "_asked", deaf)
        await put_segments(tracker, 12)
        await asyncio.sleep(0.2)
    await asyncio.sleep(0.2)
    assert len(billing.bodies) == 1 + 4


async def test_a_flush_does_not_wait_for_company(
    server: Server, billing: Billing, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tracking(server, MemoryStore(), check_customers=False) as tracker:
        keys = await learned(tracker)
        assert tracker._sender is not None
        await until(lambda: tracker._sender and not tracker._sender._in_a_hurry)
        tracker._sender._pace.linger = 60.0
        keys += [tracker.track(**USAGE).key]
        await asyncio.sleep(0.2)
        assert len(billing.bodies) == 1
        result = await tracker.flush(timeout=10)
    assert result.pending == 0
    assert all_once(billing, keys)


@pytest.mark.parametrize("most", [1, 3])
async def test_no_more_requests_are_under_way_than_may_be(
    server: Server, billing: Billing, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    under_way: list[int] = [0]
    asked = Sender._asked

    async def counted(self: Sender, *arguments: Any, **options: Any) -> Verdict:
        under_way.append(under_way[-1] + 1)
        try:
            await asyncio.sleep(0.01)
            return await asked(self, *arguments, **options)
        finally:
            under_way.append(under_way[-1] - 1)

    async with tracking(server, MemoryStore(), max_requests=most, check_customers=False) as tracker:
        keys = await learned(tracker)
        monkeypatch.setattr(Sender, "_asked", counted)
        keys += await put_segments(tracker, 12)
        await drain(tracker)
    assert max(under_way) == most
    assert under_way[-1] == 0
    assert all_once(billing, keys)


async def test_not_much_is_sent_while_it_can_not_be_noted_what_became_of_it(
    server: Server, billing: Billing
) -> None:
    store = Flaky()
    async with tracking(server, store, max_requests=2, check_customers=False) as tracker:
        keys = await learned(tracker)
        store.bad = True
        keys += await put_segments(tracker, 20)
        await until(lambda: len(billing.bodies) >= 4)
        await asyncio.sleep(0.7)
        assert len(billing.bodies) <= 1 + 3 * 2
        store.bad = False
        await drain(tracker)
    assert len(billing.bodies) == 1 + 20
    assert all_once(billing, keys)


async def test_a_few_are_ready_while_all_requests_are_under_way_and_nothing_is_done(
    server: Server, billing: Billing, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Flaky()
    async with tracking(server, store, check_customers=False) as tracker:
        keys = await learned(tracker)
        billing.faults.extend([""] * 3 + ["hang after"] * 4)
        keys += [tracker.track(**USAGE).key for _ in range(20_000)]
        await until(lambda: not billing.faults)
        await asyncio.sleep(0.3)
        turns = noted_turns(monkeypatch)
        await asyncio.sleep(0.5)
        assert len(turns) <= 2
        assert 4 + 4 <= store.leased < 4 + 4 + 8
        await drain(tracker)
    assert all_once(billing, keys)
