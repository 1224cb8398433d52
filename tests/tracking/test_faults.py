"""Every fault that a tracker has to survive, on a real socket and a real disk."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from autumn_async import AsyncAutumn, MemoryStore, SQLiteStore
from autumn_async.tracking.outbox import Outbox

from .helpers import USAGE, drain, tracking, until
from .server import Billing, Server, all_once


async def test_events_are_delivered_once_in_batches(
    server: Server, billing: Billing, folder: Path
) -> None:
    async with tracking(server, SQLiteStore(folder)) as tracker:
        receipts = [tracker.track(**USAGE) for _ in range(2_500)]
        await drain(tracker)
        assert {receipt.report().state for receipt in receipts} == {"accepted"}
    assert all_once(billing, [receipt.key for receipt in receipts])
    assert len(billing.bodies) < 20
    assert os.listdir(folder) == []


async def test_nothing_leaves_the_figures_before_its_fate_is_known(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tracking(server, SQLiteStore(folder)) as tracker:
        await tracker.start()
        outbox, pending = tracker._core.outbox(), list[int]()
        settled = outbox.accounts.settled

        def watched(*arguments: Any) -> Any:
            pending.append(outbox.pending)
            return settled(*arguments)

        monkeypatch.setattr(outbox.accounts, "settled", watched)
        await tracker.put(**USAGE)
        await drain(tracker)
    assert set(pending) == {1}
    assert outbox.pending == 0


@pytest.mark.parametrize(
    "fault",
    ["reset before", "500 before", "502", "503", "429", "reset after", "500 after", "502 after",
     "hang after", "portal"],
)  # fmt: skip
async def test_a_failed_request_is_repeated_byte_for_byte_and_counts_once(
    server: Server, billing: Billing, folder: Path, fault: str
) -> None:
    billing.faults.append(fault)
    async with tracking(server, SQLiteStore(folder), timeout_ms=300) as tracker:
        receipts = [await tracker.put(**USAGE) for _ in range(3)]
        await drain(tracker)
        assert tracker.stats().accepted == 3
    assert all_once(billing, [receipt.key for receipt in receipts])
    if fault not in ("429", "503"):  # what surely wasn't taken may be joined by newer events
        assert max(billing.bodies.count(body) for body in billing.bodies) > 1


async def test_applied_and_then_the_connection_dies(
    server: Server, billing: Billing, folder: Path
) -> None:
    billing.faults.extend(["reset after", "reset after"])
    async with tracking(server, SQLiteStore(folder)) as tracker:
        receipt = await tracker.put(**USAGE)
        await until(lambda: receipt.report().state == "possibly accepted")
        await drain(tracker)
        assert receipt.report().state == "accepted"
    assert all_once(billing, [receipt.key])


async def test_an_api_that_is_down_keeps_everything_on_disk(server: Server, folder: Path) -> None:
    url = "http://127.0.0.1:9"
    async with (
        AsyncAutumn("am_sk_test_x", server_url=url) as autumn,
        autumn.tracker(SQLiteStore(folder)) as tracker,
    ):
        receipts = [await tracker.put(**USAGE) for _ in range(50)]
        result = await tracker.close(timeout=0)
    assert (result.accepted, result.pending, result.dead) == (0, 50, 0)
    async with tracking(server, SQLiteStore(folder)) as tracker:
        await drain(tracker)
    assert all_once(server.billing, [receipt.key for receipt in receipts])


@pytest.mark.parametrize("fault", ["401", "403 scopes", "403 disabled", "version"])
async def test_a_wrong_configuration_pauses_everything_keeps_it_and_says_so(
    server: Server, billing: Billing, folder: Path, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    billing.always = fault
    async with tracking(server, SQLiteStore(folder), check_customers=False) as tracker:
        receipt = await tracker.put(**USAGE)
        await until(lambda: tracker.stats().paused is not None)
        assert fault[:2] in str(tracker.stats().paused)
        assert len([r for r in caplog.records if r.levelno >= logging.ERROR]) == 1
        assert tracker.stats().stored_events == 1
        assert billing.applied == {}
        billing.always = None
        await drain(tracker)
        assert tracker.stats().paused is None
    assert all_once(billing, [receipt.key])


async def test_poison_events_are_buried_with_the_reason_and_the_rest_is_delivered(
    server: Server, billing: Billing, folder: Path
) -> None:
    billing.features = {"f"}
    bad = [{"properties": {"poison": "index"}}, {"properties": {"poison": "silent"}},
           {"feature_id": "unknown"}]  # fmt: skip
    async with tracking(server, SQLiteStore(folder), check_customers=False) as tracker:
        receipts = [tracker.track(**{**USAGE, **(bad[n % 3] if n % 10 == 0 else {})})
                    for n in range(60)]  # fmt: skip
        await drain(tracker)
        states = [receipt.report().state for receipt in receipts]
        assert states == ["dead" if n % 10 == 0 else "accepted" for n in range(60)]
        letters = [letter async for letter in tracker.dead_letters()]
        assert {letter.reason for letter in letters} == {"invalid"}
        assert "Feature unknown not found" in receipts[20].report().detail
        assert tracker.stats().died == {"invalid": 6}
    good = [receipt.key for n, receipt in enumerate(receipts) if n % 10]
    assert all_once(billing, good)


async def test_a_proxy_that_refuses_large_requests_gets_smaller_ones(
    server: Server, billing: Billing, folder: Path
) -> None:
    async with tracking(server, SQLiteStore(folder), check_customers=False) as tracker:
        billing.faults.extend(["413", "413", "413"])
        receipts = [tracker.track(**USAGE) for _ in range(8)]
        await drain(tracker)
    assert all_once(billing, [receipt.key for receipt in receipts])


async def test_a_429_storm_loses_nothing_and_batches_grow(
    server: Server, billing: Billing, folder: Path
) -> None:
    billing.faults.extend(["429"] * 3)
    async with tracking(server, SQLiteStore(folder), check_customers=False) as tracker:
        receipts = [await tracker.put(**USAGE)]
        await until(lambda: tracker.stats().answers.get("limited", 0) == 3)
        assert tracker.stats().linger_ms >= 8 * 20
        receipts += [tracker.track(**USAGE) for _ in range(3_000)]
        await drain(tracker)
    assert all_once(billing, [receipt.key for receipt in receipts])


async def test_the_limit_of_the_server_is_kept(
    server: Server, billing: Billing, folder: Path
) -> None:
    billing.limit = 10
    async with tracking(server, SQLiteStore(folder), check_customers=False) as tracker:
        receipts = [tracker.track(**USAGE) for _ in range(15_000)]
        await drain(tracker)
        requests = tracker.stats().requests
    assert all_once(billing, [receipt.key for receipt in receipts])
    assert requests < 60
    assert billing.refused < requests / 2


async def test_what_was_leased_ahead_is_given_back_when_the_server_is_in_trouble(
    server: Server, billing: Billing, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = {"properties": {"x": "y" * 100_000}}
    billing.limit = 1_000

    def under_way() -> int:
        (path,) = folder.glob("*.outbox")
        with closing(sqlite3.connect(path)) as database:
            query = "SELECT count(*) FROM segments WHERE ready_at >= 1 << 62 OR trail IS NOT NULL"
            found: int = database.execute(query).fetchone()[0]
            return found

    async with tracking(server, SQLiteStore(folder), check_customers=False) as tracker:
        receipts = [await tracker.put(**USAGE)]
        await drain(tracker)  # and learns the limit from the answer
        leases, lease = list[int](), Outbox.lease

        def noted(outbox: Outbox, most: int, **options: Any) -> Any:
            leases.append(most)
            return lease(outbox, most, **options)

        monkeypatch.setattr(Outbox, "lease", noted)
        billing.always = "503"
        for _ in range(50):
            receipts.append(await tracker.put(**USAGE, **large))
        await until(lambda: tracker.stats().answers.get("not stored", 0) >= 4)
        await until(lambda: under_way() == 0)
        assert max(leases) == 8
        billing.always = None
        await drain(tracker)
    assert all_once(billing, [receipt.key for receipt in receipts])


async def test_items_dropped_in_silence_are_recovered_by_sending_again(
    server: Server, billing: Billing, folder: Path
) -> None:
    dropped: list[str] = []

    def lose(event: dict[str, Any]) -> bool:
        key = event["idempotency_key"]
        if key in dropped or len(dropped) == 10:
            return False
        dropped.append(key)
        return True

    billing.lose = lose
    options: dict[str, Any] = {"assurance": "resend", "resend_after_ms": 300}
    async with tracking(server, SQLiteStore(folder), **options) as tracker:
        receipts = [tracker.track(**USAGE) for _ in range(100)]
        await drain(tracker)
        assert len(dropped) == 10
        assert tracker.stats().accepted == 100
        await until(lambda: len(billing.applied) == 100)
        await until(lambda: tracker.stats().stored_bytes == 0)
    assert all_once(billing, [receipt.key for receipt in receipts])


async def test_what_was_taken_and_is_kept_to_be_sent_again_is_not_pending_after_a_restart(
    server: Server, folder: Path
) -> None:
    options: dict[str, Any] = {"assurance": "resend", "resend_after_ms": 60_000}
    async with tracking(server, SQLiteStore(folder), **options) as tracker:
        await tracker.put(**USAGE)
        await drain(tracker)
        assert tracker.stats().stored_bytes > 0
    async with tracking(server, SQLiteStore(folder), **options) as tracker:
        await tracker.flush(timeout=1)
        assert not tracker._core.outbox()._backlog
        assert tracker.pending("c", "f") == 0


async def test_accepted_and_applied_late_is_counted_once(
    server: Server, billing: Billing, folder: Path
) -> None:
    billing.is_late = True
    billing.faults.append("reset after")
    async with tracking(server, SQLiteStore(folder)) as tracker:
        receipts = [tracker.track(**USAGE) for _ in range(20)]
        await drain(tracker)
    billing.work()
    assert all_once(billing, [receipt.key for receipt in receipts])


async def test_two_consumers_of_the_same_events_have_one_effect(
    server: Server, billing: Billing, tmp_path: Path
) -> None:
    async with (
        AsyncAutumn("am_sk_test_x", server_url="http://127.0.0.1:9") as autumn,
        autumn.tracker(SQLiteStore(tmp_path / "one")) as tracker,
    ):
        receipts = [await tracker.put(**USAGE) for _ in range(30)]
        await tracker.close(timeout=0)
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    async with (
        tracking(server, SQLiteStore(tmp_path / "one")) as first,
        tracking(server, SQLiteStore(tmp_path / "two")) as second,
    ):
        await asyncio.gather(drain(first), drain(second))
    assert all_once(billing, [receipt.key for receipt in receipts])


@pytest.mark.parametrize("hours", [-1, 1])
async def test_clocks_that_differ_by_an_hour(
    server: Server, billing: Billing, folder: Path, hours: int
) -> None:
    billing.skew = -3600.0 * hours
    async with tracking(server, SQLiteStore(folder), check_customers=False) as tracker:
        receipts = [await tracker.put(**USAGE) for _ in range(3)]
        await drain(tracker)
        receipts.append(await tracker.put(**USAGE))
        await drain(tracker)
        skew = tracker.stats().skew_ms
    assert all_once(billing, [receipt.key for receipt in receipts])
    assert (3_590_000 < skew < 3_610_000) if hours > 0 else skew == 0
    stamps = [event["timestamp"] for event in billing.events.values()]
    assert max(stamps) <= billing.now * 1000


async def test_a_clock_that_is_a_little_ahead(server: Server, billing: Billing) -> None:
    billing.skew = -0.4
    async with tracking(server, MemoryStore(), check_customers=False) as tracker:
        receipts = [await tracker.put(**USAGE) for _ in range(3)]
        await drain(tracker)
    assert all_once(billing, [receipt.key for receipt in receipts])


async def test_customers_never_seen_before_are_asked_for_once(
    server: Server, billing: Billing, folder: Path
) -> None:
    async with tracking(server, SQLiteStore(folder)) as tracker:
        for _ in range(3):
            await asyncio.gather(*(tracker.put(customer_id=f"c{n}", feature_id="f")
                                   for n in range(20)))  # fmt: skip
            await drain(tracker)
    assert sorted(billing.lookups) == sorted({f"c{n}" for n in range(20)})
    async with tracking(server, SQLiteStore(folder), linger_ms=1) as tracker:
        await tracker.put(customer_id="c1", feature_id="f")
        await drain(tracker)
    assert len(billing.applied) == 61


async def test_events_of_a_customer_who_does_not_exist_are_held(
    server: Server, billing: Billing, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autumn_async.tracking.shipping.CUSTOMER_WAITS_MS", (200, 3_000))
    billing.customers = {"known"}
    async with tracking(server, SQLiteStore(folder)) as tracker:
        early = await tracker.put(customer_id="early", feature_id="f")
        never = await tracker.put(customer_id="never", feature_id="f")
        known = await tracker.put(customer_id="known", feature_id="f")
        await until(lambda: known.report().state == "accepted")
        assert early.report().state == never.report().state == "stored"
        billing.customers.add("early")
        await drain(tracker)
        assert early.report().state == "accepted"
        assert never.report().state == "dead"
        assert never.report().reason == "customer_not_found"
    assert all_once(billing, [early.key, known.key])


async def test_customers_are_not_asked_for_where_that_is_switched_off(
    server: Server, billing: Billing
) -> None:
    async with tracking(server, MemoryStore(), check_customers=False) as tracker:
        await tracker.put(**USAGE)
        await drain(tracker)
    assert billing.lookups == []


async def test_ordered_events_arrive_in_order_one_at_a_time(
    server: Server, billing: Billing, folder: Path
) -> None:
    billing.faults.extend(["", "503", "reset before", "429"])
    async with tracking(server, SQLiteStore(folder)) as tracker:
        receipts = [tracker.track(**USAGE, value=n, ordered=True) for n in (1, -1, 1, -1, 1)]
        await drain(tracker)
    assert billing.order == [receipt.key for receipt in receipts]
    assert all(json.loads(r.body).get("async") is False for r in server.requests
               if r.path.endswith("balances.track"))  # fmt: skip


async def test_a_409_after_a_doubt_of_our_own_is_asked_again_and_then_delivered(
    server: Server, billing: Billing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autumn_async.tracking.shipping.ASK_AGAIN_MS", 300)
    billing.faults.append("reset after")
    async with tracking(server, MemoryStore()) as tracker:
        receipt = await tracker.put(**USAGE, ordered=True)
        await drain(tracker)
        assert receipt.report().state == "duplicate"
        assert tracker.stats().answers["duplicate"] == 2
    assert all_once(billing, [receipt.key])


async def test_a_409_while_the_first_attempt_later_fails_is_asked_again_and_applied(
    server: Server, billing: Billing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autumn_async.tracking.shipping.ASK_AGAIN_MS", 300)
    billing.faults.extend(["reset before", "409"])  # and by the third the key is free again
    async with tracking(server, MemoryStore()) as tracker:
        receipt = await tracker.put(**USAGE, ordered=True)
        await drain(tracker)
        assert receipt.report().state == "accepted"
    assert all_once(billing, [receipt.key])


async def test_a_key_of_the_callers_own_counts_once_across_trackers(
    server: Server, billing: Billing, folder: Path
) -> None:
    for _ in range(2):
        async with tracking(server, SQLiteStore(folder)) as tracker:
            await tracker.put(**USAGE, idempotency_key="invoice-7")
            await drain(tracker)
    assert all_once(billing, ["invoice-7"])


async def test_dead_letters_are_requeued_edited_or_discarded(
    server: Server, billing: Billing, folder: Path
) -> None:
    billing.features = {"f"}
    async with tracking(server, SQLiteStore(folder), check_customers=False) as tracker:
        keys = [(await tracker.put(customer_id="c", feature_id=name)).key for name in "abd"]
        await drain(tracker)
        letters = [letter async for letter in tracker.dead_letters()]
        assert sorted(letter.key for letter in letters) == sorted(keys)
        by_key = {letter.key: letter for letter in letters}
        billing.features.add("a")
        assert await tracker.requeue(by_key[keys[0]])
        assert await tracker.requeue(by_key[keys[1]], feature_id="f")
        assert await tracker.discard(by_key[keys[2]])
        assert not await tracker.requeue(by_key[keys[2]])
        await drain(tracker)
        assert tracker.stats().dead_letters == 0
    assert billing.applied[keys[0]] == 1
    assert len(billing.applied) == 2
    (edited,) = billing.applied.keys() - {keys[0]}
    assert billing.events[edited]["feature_id"] == "f"
    assert edited != keys[1]
