"""The tracker of programs without asyncio."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autumn_async import Autumn, MemoryStore, Report, SQLiteStore, Store, UsageTracker

from .helpers import USAGE
from .server import Billing, Server, all_once


@contextmanager
def tracking(
    server: Server, store: Store, secret_key: Any = "am_sk_test_x", **options: Any
) -> Iterator[UsageTracker]:
    url = f"http://127.0.0.1:{server.port}"
    with Autumn(secret_key, server_url=url) as autumn:
        tracker = autumn.tracker(store, **options)
        try:
            yield tracker
        finally:
            tracker.close(timeout=0)


def wait(condition: Any) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_receipts_block_until_events_are_stored_and_accepted(
    server: Server, billing: Billing, folder: Path
) -> None:
    with tracking(server, SQLiteStore(folder)) as tracker:
        receipt = tracker.track(**USAGE, value=2)
        receipt.stored(timeout=20)
        assert receipt.accepted(timeout=20).state == "accepted"
        assert "accepted" in repr(receipt)
        assert tracker.pending("c", "f") == 0
        billing.always = "503"
        waiting = tracker.put(**USAGE)
        with pytest.raises(TimeoutError):
            waiting.accepted(timeout=0.05)
        assert tracker.flush(timeout=0.05).pending == 1
    assert all_once(billing, [receipt.key])


def test_a_function_that_flushes_at_each_invocation(server: Server) -> None:
    with tracking(server, MemoryStore()) as tracker:
        for _ in range(3):
            tracker.track(**USAGE)
            result = tracker.flush(timeout=20)
            assert (result.accepted, result.pending, result.dead) == (1, 0, 0)


def test_many_threads_track_and_put(server: Server, billing: Billing, folder: Path) -> None:
    keys: list[str] = []
    with tracking(server, SQLiteStore(folder)) as tracker:

        def work() -> None:
            keys.extend(tracker.track(**USAGE).key for _ in range(50))
            keys.extend(tracker.put(**USAGE).key for _ in range(5))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert tracker.flush(20).pending == 0
    assert len(keys) == 440
    assert all_once(billing, keys)


def test_reports_are_told_and_iterated_over(server: Server) -> None:
    told: list[Report] = []
    seen: list[Report] = []
    with tracking(server, MemoryStore(), on_report=told.append) as tracker:
        reports = tracker.reports()
        thread = threading.Thread(target=lambda: seen.append(next(reports)), daemon=True)
        thread.start()
        wait(lambda: len(tracker._core.feed._listeners) == 2)
        receipt = tracker.put(**USAGE)
        thread.join(20)
        wait(lambda: told)
    assert [(report.key, report.state) for report in told + seen] == 2 * [(receipt.key, "accepted")]


def test_the_key_may_come_from_a_function_which_may_block(server: Server, billing: Billing) -> None:
    asked: list[str] = []

    def key() -> str:
        asked.append(threading.current_thread().name)
        return "am_sk_test_x"

    with tracking(server, MemoryStore(), key) as tracker:
        receipt = tracker.put(**USAGE)
        assert tracker.flush(20).pending == 0
    assert all_once(billing, [receipt.key])
    assert asked
    assert "autumn-async" not in asked


def test_dead_letters_are_requeued_edited_or_discarded(server: Server, billing: Billing) -> None:
    billing.features = {"f"}
    with tracking(server, MemoryStore(), check_customers=False) as tracker:
        for name in "abd":
            tracker.put(customer_id="c", feature_id=name)
        assert tracker.flush(20).dead == 3
        first, second, third = tracker.dead_letters()
        billing.features = {"f", "a"}
        assert tracker.requeue(first)
        assert tracker.requeue(second, feature_id="f", value=7)
        assert tracker.discard(third)
        assert not tracker.discard(third)
        assert tracker.flush(20).accepted == 2
        assert list(tracker.dead_letters()) == []
    assert sorted(event.get("value", 1) for event in billing.events.values()) == [1, 7]


def test_a_client_that_is_closed_first_leaves_the_events_in_the_store(
    server: Server, billing: Billing, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    autumn = Autumn("am_sk_test_x", server_url=f"http://127.0.0.1:{server.port}")
    tracker = autumn.tracker(SQLiteStore(folder), check_customers=False)
    tracker.start()
    autumn.close()
    receipt = tracker.put(**USAGE)
    wait(lambda: "close the tracker first" in caplog.text)
    assert tracker.close(timeout=0).pending == 1
    with tracking(server, SQLiteStore(folder)) as another:
        another.start()
        assert another.flush(20).pending == 0
    assert all_once(billing, [receipt.key])


def test_threads_that_track_first_at_once_open_one_outbox(
    server: Server, billing: Billing, folder: Path
) -> None:
    keys: list[str] = []
    with tracking(server, SQLiteStore(folder)) as tracker:
        barrier = threading.Barrier(6)

        def work() -> None:
            barrier.wait()
            keys.append(tracker.track(**USAGE).key)

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert tracker.flush(20).pending == 0
        assert len(list(folder.glob("*.outbox"))) == 1
    assert all_once(billing, keys)
