"""What was tracked since comes off the balances in memory."""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress
from typing import Any

import pytest

from autumn_async import AutumnSDKError, MemoryStore
from tests.scripted_server import Hang, Reply, Reset

from .helpers import SUBJECT, Stage, staged

REFUSED = Reply(400, {"message": "No.", "code": "invalid_inputs"})
EVENT = {"customer_id": "ada", "value": 60}


def left(stage: Stage) -> float:
    """What is left at worst, as memory has it."""
    found = stage.cached.peek(**SUBJECT, required_balance=0)
    assert found is not None
    assert found.balance is not None
    return found.balance.remaining


def under_way(stage: Stage) -> Any:
    return {name: account.under_way for name, account in stage.decider._memory._accounts.items()}


async def fetch_again(stage: Stage) -> None:
    stage.cached.forget()
    await stage.ask()


async def test_tracking_counts_at_once_and_only_until_balances_show_it() -> None:
    async with staged() as stage:
        await stage.ask()
        await stage.autumn.track(**SUBJECT, value=60)
        assert left(stage) == 40
        await fetch_again(stage)
        assert left(stage) == 40
        assert under_way(stage) == {"ada": {}}


async def test_usage_counts_before_it_is_sent() -> None:
    async with staged() as stage:
        await stage.ask()
        stage.books.instead["balances.track"] = Hang()
        tracking = asyncio.ensure_future(stage.autumn.track(**SUBJECT, value=60))
        await asyncio.sleep(0)
        assert left(stage) == 40
        tracking.cancel()
        with suppress(asyncio.CancelledError):
            await tracking
        await fetch_again(stage)
        assert left(stage) == 40  # it may have arrived, or arrive yet
        stage.time.seconds += 10
        await fetch_again(stage)
        assert left(stage) == 100


@pytest.mark.parametrize(
    ("trouble", "after"), [(REFUSED, 100), (Reset(), 40), (Reply(500, {"code": "oops"}), 40)]
)
async def test_usage_that_surely_was_refused_does_not_count(trouble: Any, after: float) -> None:
    async with staged(client={"fail_open": False}) as stage:
        await stage.ask()
        stage.books.instead["balances.track"] = trouble
        with pytest.raises(AutumnSDKError):
            await stage.autumn.track(**SUBJECT, value=60)
        assert left(stage) == after


async def test_usage_in_a_queue_of_autumns_counts_until_it_is_surely_applied() -> None:
    async with staged() as stage:
        await stage.autumn.batch_track([{**EVENT, "feature_id": "messages"}])
        await stage.ask()
        assert left(stage) == 40
        stage.time.seconds += 9
        await fetch_again(stage)
        assert left(stage) == 40
        stage.time.seconds += 1
        await fetch_again(stage)
        assert left(stage) == 100


async def test_all_ways_of_using_are_heard_of() -> None:
    async with staged() as stage:
        await stage.ask()
        autumn = stage.autumn
        await autumn.check(**SUBJECT, required_balance=5, send_event=True)
        assert left(stage) == 95
        await autumn.check(**SUBJECT, required_balance=5, lock={"lock_id": "one"})
        assert left(stage) == 90
        await autumn.balances.finalize(lock_id="one", action="confirm", override_value=7)
        assert left(stage) == 88
        await autumn.track(customer_id="ada", event_name="sent", value=8)
        assert left(stage) == 80
        await autumn.with_options(timeout_ms=100).track(**SUBJECT)
        assert left(stage) == 79


async def test_what_is_given_back_counts_when_balances_are_fetched() -> None:
    async with staged() as stage:
        stage.books.left = 10
        await stage.ask()
        await stage.autumn.track(**SUBJECT, value=-5)
        assert left(stage) == 10
        await fetch_again(stage)
        assert left(stage) == 15


async def test_a_refused_use_takes_nothing() -> None:
    async with staged() as stage:
        await stage.ask()
        await stage.autumn.check(**SUBJECT, required_balance=101, send_event=True)
        assert left(stage) == 100


async def test_usage_while_balances_are_fetched_comes_off_them() -> None:
    async with staged() as stage:
        first = asyncio.ensure_future(stage.ask())
        await asyncio.sleep(0)
        await stage.autumn.track(**SUBJECT, value=60)
        await first
        assert left(stage) in (40, 0)  # once, or twice if the balance shows it already


async def test_events_of_a_tracker_count_at_once() -> None:
    async with staged() as stage:
        await stage.ask()
        tracker = stage.autumn.tracker(MemoryStore(), check_customers=False)
        tracker.track(**SUBJECT, value=60)
        assert left(stage) == 40
        await fetch_again(stage)
        assert left(stage) == 40
        await tracker.close()
        stage.time.seconds += 10
        await fetch_again(stage)
        assert left(stage) == 100  # the server of this test keeps no account of batches
        assert under_way(stage) == {"ada": {}}


async def test_what_a_tracker_has_not_sent_yet_is_not_granted_again() -> None:
    async with staged() as stage:
        await stage.ask()
        tracker = stage.autumn.tracker(MemoryStore(), check_customers=False)
        stage.books.instead["balances.batch_track"] = Hang()
        tracker.track(**SUBJECT, value=60)
        assert await stage.ask(40) == (True, "cache")
        assert await stage.ask(41) == (False, "live")
        await tracker.close(0)  # the event stays in the store, and nobody here sends it
        stage.time.seconds += 10
        assert await stage.ask(41) == (True, "live")
        assert under_way(stage) == {"ada": {}}


async def test_what_autumn_has_taken_is_left_to_it() -> None:
    async with staged() as stage:
        await stage.ask()
        await stage.autumn.batch_track([{**EVENT, "feature_id": "messages"}])
        stage.books.left = 40  # it is applied, though that isn't known for sure yet
        assert await stage.ask(40) == (True, "cache")
        await fetch_again(stage)
        assert await stage.ask(40) == (True, "live")


async def test_events_of_a_tracker_that_become_dead_letters_do_not_count() -> None:
    async with staged() as stage:
        await stage.ask()
        stage.books.instead["balances.batch_track"] = REFUSED
        async with stage.autumn.tracker(MemoryStore(), check_customers=False) as tracker:
            receipt = tracker.track(**SUBJECT, value=60)
            assert (await receipt.accepted()).state == "dead"
            assert left(stage) == 100
            stage.books.instead.clear()
            async for letter in tracker.dead_letters():
                await tracker.requeue(letter)
            assert left(stage) == 40


async def test_changing_a_customer_forgets_them() -> None:
    async with staged() as stage:
        await stage.ask()
        await stage.autumn.balances.update(customer_id="ben", feature_id="messages", remaining=5)
        assert await stage.ask() == (True, "cache")
        await stage.autumn.balances.update(customer_id="ada", feature_id="messages", remaining=5)
        assert await stage.ask() == (True, "live")
        stage.books.instead["customers.get_or_create"] = Reply(body={"id": "ada"})
        await stage.autumn.customers.get_or_create(customer_id="ada")
        assert await stage.ask() == (True, "cache")


async def test_while_a_customer_is_being_changed_autumn_is_asked() -> None:
    async with staged() as stage:
        await stage.ask()
        stage.books.instead["balances.update"] = Hang()
        change = stage.autumn.balances.update(customer_id="ada", feature_id="messages", remaining=0)
        changing = asyncio.ensure_future(change)
        await asyncio.sleep(0)
        assert await stage.ask() == (True, "live")
        changing.cancel()
        with suppress(asyncio.CancelledError):
            await changing


async def test_balances_that_were_asked_for_before_a_change_are_not_kept() -> None:
    async with staged() as stage:
        first = asyncio.ensure_future(stage.ask())
        await asyncio.sleep(0)
        stage.cached.forget("ada")
        assert await asyncio.gather(first, stage.ask()) == [(True, "live")] * 2
        assert stage.books.count("customers.get") == 2
        assert await stage.ask() == (True, "cache")


async def test_a_cache_that_nobody_has_any_more_hears_nothing() -> None:
    async with staged() as stage:
        watchers = stage.autumn._caller.transport.watchers
        assert len(watchers) == 1
        for _ in range(10):
            stage.autumn.cached(max_age=1)
        gc.collect()
        assert len(watchers) == 1
