"""The thread of the store: steps that fail, what is done again, and what must not be."""

from __future__ import annotations

import asyncio
import os
from logging import getLogger
from pathlib import Path

import pytest

from autumn_async import MemoryStore, SQLiteStore
from autumn_async.tracking import outbox as outbox_module
from autumn_async.tracking.clock import Clock
from autumn_async.tracking.core import Core
from autumn_async.tracking.options import options_from
from autumn_async.tracking.outbox import Outbox
from autumn_async.tracking.waiting import Waiter

from .helpers import LARGE, USAGE, Flaky, drain, tracking, until
from .server import Billing, Server, all_once


def outbox(sizes: list[int]) -> Outbox:
    """An outbox that nobody sends from, with segments of so many large events."""
    options = options_from({"check_customers": False})
    core = Core(MemoryStore(), options, getLogger(__name__), Clock(), lambda _: None)
    made = core.outbox()
    for size in sizes:
        for _ in range(size):
            made.buffer.put(core.entry(LARGE))
        made.do(lambda _: None).wait_here(10)
    return made


@pytest.mark.parametrize(
    ("sizes", "steps"),
    [
        ([3, 3, 3, 3, 3], [[3, 3, 3, 3], [3], []]),
        # Those that are written anew take half a MiB of SQLite's log each: room for one is sure.
        ([1, 1, 1, 1, 1, 1], [[4], [2], []]),
        ([3, 1, 1, 1], [[4], [2], []]),
    ],
)
def test_several_segments_are_leased_in_a_step(sizes: list[int], steps: list[list[int]]) -> None:
    made = outbox(sizes)
    found = [made.lease(4, busy=()).wait_here(10) for _ in steps]
    assert [[segment.events for segment in step] for step in found] == steps
    made.stop()
    made.ended.result(10)


async def test_what_became_of_events_is_noted_until_it_works(
    server: Server, billing: Billing
) -> None:
    store = Flaky()
    async with tracking(server, store, check_customers=False) as tracker:
        await tracker.start()
        store.bad = True
        receipts = [tracker.track(**USAGE) for _ in range(5)]
        await until(lambda: billing.bodies)
        await asyncio.sleep(0.7)
        assert store.leased == 1
        assert receipts[0].report().state == "stored"
        store.bad = False
        await drain(tracker)
        assert {receipt.report().state for receipt in receipts} == {"accepted"}
    assert len(billing.bodies) == 1
    assert all_once(billing, [receipt.key for receipt in receipts])


async def test_a_step_that_was_committed_is_not_done_again(
    server: Server, billing: Billing, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [RuntimeError("a bug")]
    wake = outbox_module.wake

    def failing(waiters: list[Waiter]) -> None:
        wake(waiters)
        if failures:
            raise failures.pop()

    async with tracking(server, MemoryStore(), check_customers=False) as tracker:
        await tracker.start()
        monkeypatch.setattr(outbox_module, "wake", failing)
        receipt = tracker.track(**USAGE)
        await receipt.stored()
        await drain(tracker)
        assert tracker.stats().tracked == tracker.stats().accepted == 1
    assert failures == []
    assert all_once(billing, [receipt.key])


async def test_closing_ends_though_the_empty_file_cannot_be_removed(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with tracking(server, SQLiteStore(folder)) as tracker:
        await tracker.put(**USAGE)
        await drain(tracker)

        def forbidden(path: str) -> None:
            raise PermissionError(path)

        with monkeypatch.context() as patched:
            patched.setattr(os, "unlink", forbidden)
            assert (await tracker.close()).pending == 0
    assert "can't be closed" in caplog.text
