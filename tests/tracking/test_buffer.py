"""What waits in memory: bounded, and never in nobody's hands."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from threading import Thread
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from autumn_async import ClientClosedError, MemoryStore, QueueFullError
from autumn_async.tracking.buffer import Buffer
from autumn_async.tracking.ledger import Ledger, sums_of
from autumn_async.tracking.options import options_from
from autumn_async.tracking.receipts import Entry
from autumn_async.tracking.reports import Stats
from autumn_async.tracking.segments import MAX_BYTES, MAX_EVENTS, chunks
from autumn_async.wire.watching import Watchers

from .helpers import drain, tracking
from .server import Server

PAIR = ("c", "f", None)


def entry(size: int = 10, value: float = 1) -> Entry:
    return Entry("k", b"x" * size, "c", "f", None, value)


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
    one.leave([("1", one.taken)])
    assert (len(one), one.bytes, one.tracked, one.usage(PAIR)) == (0, 0, 3, 3)


def test_a_thousand_events_need_not_wait_for_company() -> None:
    rings: list[int] = []
    one = buffer(lambda: rings.append(len(one)))
    for _ in range(2 * MAX_EVENTS):
        one.put(entry())
    assert rings == [MAX_EVENTS + 1]


def test_a_program_makes_way_when_much_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    naps: list[float] = []
    monkeypatch.setattr("autumn_async.tracking.buffer.sleep", naps.append)
    one = buffer()
    for _ in range(8 * MAX_EVENTS):
        one.put(entry())
        one.make_way()
    assert naps == []
    one.put(entry())
    one.make_way()
    assert len(naps) == 1
    assert naps[0] < 1e-4
    one.take(10)
    one.make_way()
    assert len(naps) == 1


def test_the_size_is_right_after_each_step() -> None:
    one = buffer()
    for size in (10, 20, 30):
        one.put(entry(size))
    one.take(2)
    one.put(entry(40))
    assert one.bytes == 100
    one.leave([("1", one.taken)])
    assert one.bytes == 70
    one.refuse(one.take(1), ClientClosedError("no"))
    assert one.bytes == 40


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
        one.leave([(str(stored), taken)])
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


MOVES = st.lists(
    st.sampled_from(["store", "merge", "scatter", "end", "ask"]), min_size=1, max_size=300
)


@given(MOVES, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_the_usage_under_way_is_that_of_the_segments_that_have_not_ended(
    moves: list[str], chance: Random
) -> None:
    ledger, there = Ledger(), dict[str, list[Entry]]()
    for number, move in enumerate(moves):
        some = chance.sample(sorted(there), min(len(there), chance.randint(1, 3)))
        if move == "store":
            there[str(number)] = [entry(value=chance.randint(-2, 9)) for _ in range(3)]
            ledger.stored(str(number), there[str(number)])
        elif move == "merge" and len(some) > 1:
            there[str(number)] = [event for id in some for event in there.pop(id)]
            ledger.merged(some, str(number))
        elif move == "scatter" and some:
            there[str(number)] = there.pop(some[0])
            ledger.scattered(some[0])
        elif move == "end" and some:
            assert ledger.events(some[0]) in (None, there[some[0]])
            if not ledger.ended(some[0]):
                ledger.remove(sums_of(there[some[0]]))
            del there[some[0]]
        elif move == "ask":
            assert ledger.sum(PAIR) == sum(e.value for each in there.values() for e in each)
    left = sum(event.value for each in there.values() for event in each)
    assert ledger.units() == ([(PAIR, left)] if there else [])


def test_what_is_remembered_of_segments_is_bounded() -> None:
    ledger = Ledger()
    for number in range(1_000):
        ledger.stored(str(number), [entry()])
    assert sum(ledger.events(str(number)) is not None for number in range(1_000)) == 64
    known = sum(ledger.ended(str(number)) for number in range(1_000))
    assert known == 128
    assert ledger.sum(PAIR) == 1_000 - known


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
