"""What waits in memory: bounded, and never in nobody's hands."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from autumn_async import ClientClosedError, MemoryStore, QueueFullError
from autumn_async.tracking.buffer import Buffer
from autumn_async.tracking.ledger import Latest, Ledger, Sums, sums_of
from autumn_async.tracking.options import options_from
from autumn_async.tracking.receipts import Entry
from autumn_async.tracking.reports import Stats
from autumn_async.tracking.segments import MAX_BYTES, MAX_EVENTS, chunks
from autumn_async.wire.watching import Watchers

from .helpers import drain, tracking
from .server import Server

PAIR = ("c", "f", None)


def entry(size: int = 10) -> Entry:
    return Entry("k", b"x" * size, "c", "f", None, 1)


def buffer(ring: Callable[[], object] = lambda: None, **options: Any) -> Buffer:
    return Buffer(options_from(options), Ledger(), Stats(), ring, Watchers())


def test_an_event_that_comes_while_the_buffer_is_shut_is_refused() -> None:
    one = buffer(lambda: one.shut())
    one.is_asleep = True
    with pytest.raises(ClientClosedError):
        one.put(entry())
    assert len(one) == 0
    with pytest.raises(ClientClosedError):
        one.put(entry())


def test_an_event_that_was_taken_just_before_the_buffer_was_shut_is_not_refused() -> None:
    def ring() -> None:
        one.shut()
        one.take(10)

    one = buffer(ring)
    one.is_asleep = True
    assert one.put(entry())
    assert len(one.taken) == 1


def test_events_that_could_not_be_stored_take_up_room() -> None:
    one = buffer(max_buffered_events=3, max_buffered_bytes=131_072)
    assert one.put(entry())
    one.take(1)
    assert one.put(entry(131_000))
    with pytest.raises(QueueFullError, match=r"2 events \(131010 bytes\)"):
        one.put(entry(100))
    assert one.put(entry())
    with pytest.raises(QueueFullError, match="3 events"):
        one.put(entry())
    assert len(one.take(10)) == 3
    one.leave([sums_of(one.taken)])
    assert (len(one), one.bytes, one.tracked, one.usage(PAIR)) == (0, 0, 3, 3)


def test_usage_is_counted_once_while_events_of_many_threads_move_on() -> None:
    one = buffer()

    def put() -> None:
        for _ in range(2_000):
            one.put(entry())

    threads = [Thread(target=put) for _ in range(4)]
    for thread in threads:
        thread.start()
    seen, stored = [0.0], 0
    while stored < 8_000:
        taken = one.take(100)
        seen.append(one.usage(PAIR))
        stored += len(taken)
        one.leave([sums_of(taken)])
        seen.append(one.usage(PAIR))
    for thread in threads:
        thread.join()
    assert seen == sorted(seen)
    assert (len(one), one.tracked, one.usage(PAIR)) == (0, 8_000, 8_000)


@given(st.lists(st.sampled_from([1, 100, 1_000, MAX_BYTES // 3, 2 * MAX_BYTES]), max_size=40),
       st.integers(0, 3))  # fmt: skip
@settings(max_examples=50, deadline=None)
def test_pieces_fit_into_segments(sizes: list[int], thousands: int) -> None:
    events = [b"x" * size for size in sizes] + thousands * MAX_EVENTS * [b"y"]
    pieces = list(chunks(events))
    assert [event for piece in pieces for event in piece] == events
    for piece in pieces:
        assert 1 <= len(piece) <= MAX_EVENTS
        assert len(piece) == 1 or sum(map(len, piece)) + len(piece) <= MAX_BYTES


def test_the_usage_of_merged_segments_is_that_of_their_parts() -> None:
    latest, other = Latest(), ("d", "f", None)
    latest.add("1", {PAIR: [2, 1]})
    latest.add("2", {PAIR: [3, 2], other: [1, 1]})
    latest.merge(["1", "2"], "3")
    assert latest.pop("3") == {PAIR: [5, 3], other: [1, 1]}
    assert latest.pop("1") is None


def test_what_is_not_remembered_of_a_part_is_not_remembered_of_the_whole() -> None:
    latest = Latest()
    sums: Sums = {PAIR: [1, 1]}
    for number in range(70):
        latest.add(str(number), sums)
    latest.merge(["0", "69"], "70")
    assert latest.pop("70") is None
    assert latest.pop("68") == sums


async def test_usage_that_was_merged_is_not_pending_any_more(server: Server) -> None:
    server.billing.always = "503"
    async with tracking(server, MemoryStore(), check_customers=False) as tracker:
        for _ in range(100):  # more segments than are remembered
            await tracker.put(customer_id="c", feature_id="f", value=0.5)
        assert tracker.pending("c", "f") == 50
        server.billing.always = None
        await drain(tracker)
        assert tracker.pending("c", "f") == 0
        assert tracker._core.outbox().ledger._sums == {}
