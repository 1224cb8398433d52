"""How segments follow each other: never too many at once, never without need, none left behind."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest

from autumn_async import AsyncUsageTracker, MemoryStore, StorageError
from autumn_async.tracking.answers import Verdict
from autumn_async.tracking.sender import Sender

from .helpers import drain, tracking, until
from .server import Billing, Server, all_once

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs POSIX locks")

USAGE: dict[str, Any] = {"customer_id": "c", "feature_id": "f"}
LARGE = {**USAGE, "properties": {"x": "y" * 120_000}}


class Flaky(MemoryStore):
    """A store that can't note what becomes of leases while it is `bad`."""

    bad = False

    def settle(self, *arguments: Any) -> list[list[str]]:
        if self.bad:
            raise StorageError("database is locked")
        return super().settle(*arguments)


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


async def put_segments(tracker: AsyncUsageTracker, count: int) -> list[str]:
    """Puts events that make so many segments, of which no two can be merged."""
    keys: list[str] = []
    for _ in range(count):
        some = await asyncio.gather(*(tracker.put(**LARGE) for _ in range(3)))
        keys += [receipt.key for receipt in some]
    return keys


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
    leased = "SELECT count(*) FROM segments WHERE ready_at >= 1 << 62"
    store = MemoryStore()
    turns: list[float] = []
    send_next = Sender._send_next

    async def noted(self: Sender) -> float:
        turns.append(await send_next(self))
        return turns[-1]

    async with tracking(server, store, check_customers=False) as tracker:
        keys = await learned(tracker)
        billing.faults.extend([""] * 3 + ["hang after"] * 4)
        keys += [tracker.track(**USAGE).key for _ in range(20_000)]
        await until(lambda: not billing.faults)
        await asyncio.sleep(0.3)
        monkeypatch.setattr(Sender, "_send_next", noted)
        await asyncio.sleep(0.5)
        assert len(turns) <= 2
        assert 4 + 4 <= store._database._one(leased) < 4 + 4 + 8
        await drain(tracker)
    assert all_once(billing, keys)
