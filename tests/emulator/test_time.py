"""Time that moves on demand: for the whole emulator, and for one customer."""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime, timedelta, timezone

import pytest

from autumn_async import AsyncAutumn, Autumn
from autumn_async.emulator import Emulator, EmulatorError

from .conftest import DAY, Api, StandingClock, moment, monthly

START = moment("2026-01-31T12:00:00")


def remaining(autumn: Autumn) -> float:
    balance = autumn.check(customer_id="ada", feature_id="m").balance
    assert balance is not None
    return balance.remaining


def furnish(autumn: Autumn) -> None:
    autumn.features.create(feature_id="m", name="M", type_="metered", consumable=True)
    autumn.plans.create(
        plan_id="free",
        name="Free",
        auto_enable=True,
        items=[{"feature_id": "m", "included": 10, "reset": {"interval": "month"}}],
    )
    autumn.customers.get_or_create(customer_id="ada")


def test_balances_reset_when_time_passes() -> None:
    emulator = Emulator(clock=StandingClock(START))
    with emulator, Autumn(emulator.secret_key, server_url=emulator.url) as autumn:
        furnish(autumn)
        autumn.track(customer_id="ada", feature_id="m", value=10)
        assert emulator.advance(days=27) == START + 27 * DAY
        assert remaining(autumn) == 0
        emulator.advance(days=1, seconds=1)
        assert remaining(autumn) == 10


async def test_time_moves_from_async_code_and_from_threads() -> None:
    emulator = Emulator(clock=StandingClock(START))
    async with emulator, AsyncAutumn(emulator.secret_key, server_url=emulator.url) as autumn:
        emulator.advance(hours=1)
        moves = (asyncio.to_thread(emulator.advance, minutes=1) for _ in range(60))
        await asyncio.gather(*moves)
        customer = await autumn.customers.get_or_create(customer_id="ada")
        assert customer.created_at == emulator.now == START + 2 * 3_600_000


def test_time_runs_on_from_where_it_was_moved_to() -> None:
    clock = StandingClock(START)
    with Emulator(clock=clock) as emulator:
        emulator.set_time(datetime(2026, 3, 1, tzinfo=timezone.utc))
        clock.advance(5)
        assert emulator.now == moment("2026-03-01T00:00:00") + 5
        assert emulator.set_time(START + 60 * DAY) == START + 60 * DAY


@pytest.mark.parametrize(
    ("span", "then"),
    [
        ({"months": 1}, "2026-02-28T12:00:00"),
        ({"years": 1, "months": 1}, "2027-02-28T12:00:00"),
        ({"weeks": 1, "days": 1, "hours": 1, "minutes": 1}, "2026-02-08T13:01:00"),
        ({"days": 0.5}, "2026-02-01T00:00:00"),
    ],
)
def test_spans_follow_the_calendar(span: dict[str, int], then: str) -> None:
    with Emulator(clock=StandingClock(START)) as emulator:
        assert emulator.advance(**span) == moment(then)


def test_time_never_goes_back() -> None:
    with Emulator(clock=StandingClock(START)) as emulator:
        with pytest.raises(ValueError, match="forward: it is 2026-01-31 12:00:00 UTC"):
            emulator.advance(days=-1)
        with pytest.raises(ValueError, match="forward"):
            emulator.set_time(START - 1)
        with pytest.raises(ValueError, match="zone"):
            emulator.set_time(datetime(2027, 1, 1))
        with pytest.raises(ValueError, match="9999"):
            emulator.set_time(moment("9999-12-31T23:59:59") + 1000)
        assert emulator.now == START


def test_time_stands_still_for_an_emulator_that_does_not_run() -> None:
    emulator = Emulator()
    for act in (lambda: emulator.now, lambda: emulator.advance(days=1), emulator.dump):
        with pytest.raises(EmulatorError, match="not running"):
            act()


def test_usage_that_was_accepted_happens_before_time_passes(recent_api: Api) -> None:
    metered(recent_api)
    gateway = recent_api.gateway
    recent_api.track("m", 4)
    recent_api.gateway.move_clock(gateway.clock() + DAY)
    assert recent_api.remaining("m") == 6


def metered(api: Api) -> None:
    api.metered("m")
    api.plan("free", monthly("m", 10))
    api.customer("alice", "free")


def set_clock(api: Api, frozen_time: int, customer_id: str = "alice") -> dict[str, object]:
    return api("customers.advance_test_clock", customer_id=customer_id, frozen_time=frozen_time)


def test_a_test_clock_moves_one_customer(api: Api, clock: StandingClock) -> None:
    metered(api)
    api.customer("bob", "free")
    for name in ("alice", "bob"):
        api.track("m", 10, customer_id=name)
    then = clock.now + 29 * DAY
    answer = {"customer_id": "alice", "frozen_time": then, "status": "ready"}
    assert set_clock(api, then) == answer
    assert [api.remaining("m", name) for name in ("alice", "bob")] == [10, 0]
    api.track("m", 3)
    (event,) = api("events.list", customer_id="alice", limit=1)["list"]
    assert event["timestamp"] == then


def test_a_test_clock_stands_still_and_only_moves_forward(api: Api, clock: StandingClock) -> None:
    metered(api)
    then = clock.now + DAY
    set_clock(api, then)
    clock.advance(10 * DAY)
    assert api.refused("customers.advance_test_clock", customer_id="alice", frozen_time=then - 1)
    assert set_clock(api, then)["frozen_time"] == then


def test_batches_and_lists_keep_to_the_clocks_of_their_customers(
    api: Api, clock: StandingClock
) -> None:
    metered(api)
    api.customer("bob", "free")
    for name in ("alice", "bob"):
        api.track("m", 10, customer_id=name)
    set_clock(api, clock.now + 29 * DAY)
    items = [{"customer_id": name, "feature_id": "m", "value": 2} for name in ("alice", "bob")]
    api("balances.batch_track", items)
    listed = api("customers.list")["list"]
    assert {each["id"]: each["balances"]["m"]["remaining"] for each in listed} == {
        "alice": 8,
        "bob": 0,
    }


def test_idempotency_keys_live_in_the_time_of_the_emulator(api: Api, clock: StandingClock) -> None:
    metered(api)
    api.track("m", idempotency_key="k")
    set_clock(api, clock.now + 365 * DAY)
    with pytest.raises(Exception, match="duplicate_idempotency_key"):
        api.track("m", idempotency_key="k")


def test_test_clocks_are_refused_where_they_make_no_sense(api: Api, clock: StandingClock) -> None:
    metered(api)
    refused = api.refused("customers.advance_test_clock", customer_id="x", frozen_time=clock.now)
    assert refused.code == "customer_not_found"
    assert api.refused("customers.advance_test_clock", customer_id="alice").code == "invalid_inputs"
    api.key = "am_sk_live_x"
    api.customer("alice")
    refused = api.refused(
        "customers.advance_test_clock", customer_id="alice", frozen_time=clock.now
    )
    assert "sandbox" in refused.message


def test_many_threads_may_move_time_while_calls_run() -> None:
    with Emulator() as emulator, Autumn(emulator.secret_key, server_url=emulator.url) as autumn:
        furnish(autumn)
        before = emulator.now
        threads = [
            threading.Thread(target=lambda: [emulator.advance(seconds=1) for _ in range(50)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for _ in range(50):
            autumn.track(customer_id="ada", feature_id="m", value=0)
        for thread in threads:
            thread.join()
        assert emulator.now - before >= timedelta(seconds=200) // timedelta(milliseconds=1)
