"""Trackers and reservations, as programs write them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

from typing_extensions import assert_type

from autumn_async import (
    AsyncAutumn,
    AsyncReceipt,
    AsyncReservation,
    AsyncUsageTracker,
    Autumn,
    DeadLetter,
    FlushResult,
    MemoryStore,
    Receipt,
    Report,
    Reservation,
    SQLiteStore,
    Stats,
    Store,
    TrackerOptions,
    UsageEvent,
    UsageTracker,
    models,
)

MOMENT = datetime(2026, 8, 1, tzinfo=timezone.utc)


def heard(report: Report) -> None:
    assert_type(report.key, str)
    assert_type(report.reason, str | None)
    if report.state == "dead":
        print(report.customer_id, report.detail)  # noqa: T201


async def heard_on_the_loop(report: Report) -> int:
    return len(report.key)


# Trackers


def trackers(autumn: AsyncAutumn, sync: Autumn) -> None:
    stores: list[Store] = [SQLiteStore("outbox"), SQLiteStore(Path("outbox")), MemoryStore()]
    assert_type(autumn.tracker(stores[0]), AsyncUsageTracker)
    assert_type(sync.tracker(SQLiteStore("outbox")), UsageTracker)
    autumn.tracker(MemoryStore(), on_report=heard)
    autumn.tracker(MemoryStore(), on_report=heard_on_the_loop)
    sync.tracker(MemoryStore(), on_report=lambda report: print(report.state))  # noqa: T201
    options: TrackerOptions = {
        "assurance": "resend",
        "check_customers": False,
        "key_lifetime_ms": 3.6e6,
        "linger_ms": 5,
        "max_buffered_bytes": 2**20,
        "max_buffered_events": 1000,
        "max_customers": 10,
        "max_requests": 2,
        "max_stored_bytes": 2**30,
        "on_expired": "drop",
        "on_full": "drop",
        "resend_after_ms": 60_000,
    }
    autumn.tracker(MemoryStore(), **options)
    sync.tracker(MemoryStore(), **options)


async def tracked(autumn: AsyncAutumn) -> None:
    async with autumn.tracker(SQLiteStore("outbox")) as tracker:
        assert_type(tracker, AsyncUsageTracker)
        receipt = tracker.track(customer_id="c", feature_id="f")
        assert_type(receipt, AsyncReceipt)
        assert_type(receipt.key, str)
        assert_type(receipt.report(), Report)
        assert_type(await receipt.accepted(), Report)
        await receipt.stored()
        assert_type(await tracker.put(customer_id="c", event_name="e"), AsyncReceipt)
        assert_type(await tracker.flush(5), FlushResult)
        assert_type((await tracker.close(timeout=0.5)).pending, int)


def tracked_at_once(sync: Autumn) -> None:
    with sync.tracker(SQLiteStore("outbox")) as tracker:
        assert_type(tracker, UsageTracker)
        receipt = tracker.track(customer_id="c", feature_id="f")
        assert_type(receipt, Receipt)
        assert_type(receipt.key, str)
        assert_type(receipt.report(), Report)
        assert_type(receipt.accepted(timeout=5), Report)
        receipt.stored(1.5)
        assert_type(tracker.put(customer_id="c", event_name="e"), Receipt)
        assert_type(tracker.flush(5), FlushResult)
        assert_type(tracker.close(timeout=0.5).accepted, int)


async def events(tracker: AsyncUsageTracker, sync_tracker: UsageTracker) -> None:
    event: UsageEvent = {"customer_id": "c", "feature_id": "f"}
    tracker.track(**event)
    sync_tracker.put(**event)
    await tracker.put(customer_id="c", feature_id="f", value=-1, timestamp=1785580200000)
    await tracker.put(
        customer_id="c",
        feature_id="f",
        value=Decimal("0.5"),
        entity_id="e",
        properties={"region": "eu", "sizes": [1, 2.5, None]},
        timestamp=MOMENT,
        overage_behavior="overflow",
        idempotency_key="k",
        ordered=True,
    )
    sync_tracker.track(customer_id="c", feature_id=None, event_name="e", value=None, timestamp=None)


async def figures(tracker: AsyncUsageTracker, sync_tracker: UsageTracker) -> None:
    stats = tracker.stats()
    assert_type(stats, Stats)
    assert_type(sync_tracker.stats(), Stats)
    assert_type(stats.died, dict[str, int])
    assert_type(stats.paused, str | None)
    assert_type(stats.oldest_ms, int)
    assert_type(tracker.pending("c"), float)
    assert_type(sync_tracker.pending("c", event_name="e"), float)
    assert_type(tracker.reports(), AsyncGenerator[Report, None])
    assert_type(sync_tracker.reports(), Generator[Report, None, None])
    async for report in tracker.reports():
        heard(report)


async def dead_letters(tracker: AsyncUsageTracker, sync_tracker: UsageTracker) -> None:
    async for letter in tracker.dead_letters():
        assert_type(letter, DeadLetter)
        assert_type(await tracker.requeue(letter), bool)
        assert_type(await tracker.requeue(letter, feature_id="f", value=2), bool)
        assert_type(await tracker.discard(letter), bool)
    for letter in sync_tracker.dead_letters():
        assert_type((letter.key, letter.customer_id, letter.in_doubt), tuple[str, str, bool])
        assert_type(letter.event, bytes)
        assert_type(sync_tracker.requeue(letter, customer_id="c"), bool)
        assert_type(sync_tracker.discard(letter), bool)


# Reservations


async def reserved(autumn: AsyncAutumn, sync: Autumn) -> None:
    assert_type(autumn.reserve("c", "f", 4), AsyncReservation)
    assert_type(sync.reserve("c", "f", 0.5), Reservation)
    assert_type(sync.reserve_async("c", "f"), AsyncReservation)
    async with autumn.reserve("c", "f", Decimal(4), expires_at=MOMENT, timeout_ms=500) as hold:
        assert_type(hold, AsyncReservation)
        hold.settle(3)
    with sync.reserve("c", feature_id="f", entity_id="e", properties={"region": "eu"}) as held:
        assert_type(held, Reservation)
        assert_type(held.answer.balance, models.Balance | None)
        assert_type(held.lock_id, str)
        held.settle(Decimal("1.5"))
