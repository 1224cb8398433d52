"""What is leased together, and leases that end together."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autumn_async import MemoryStore, SQLiteStore, StorageError, Store
from autumn_async.tracking.database import Database
from autumn_async.tracking.layout import mergeable, requests_of
from autumn_async.tracking.segments import Draft, Segment, Trail
from autumn_async.tracking.shipping import Burial, Change
from autumn_async.tracking.store import Ended

from .helpers import draft, opened

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs POSIX locks")


def database_of(store: Store) -> Database:
    if isinstance(store, SQLiteStore):
        return store._files[store._own].database
    assert isinstance(store, MemoryStore)
    return store._database


def doubtful(*keys: str) -> Draft:
    """A segment that is never merged with others."""
    return draft(*keys, trail=Trail(doubt_since=1))


def append(store: Store, *drafts: Draft) -> list[str]:
    with store.transaction():
        return store.append(drafts, 1_000)


def lease(store: Store, most: int) -> list[Segment]:
    with store.transaction():
        return store.lease(2_000, most=most, merge=True, busy=())


@pytest.mark.parametrize(
    "first", [(1, 1_000, 9, 0, None, None, None), (1, 1, 9, 0, None, None, b"x")]
)
def test_no_more_rows_are_read_than_make_a_request(first: tuple[Any, ...]) -> None:
    rows = iter([first, first, (2, 1, 9, 0, None, None, None)])
    assert requests_of(rows, 2) == [[first], [first]]
    assert len(list(rows)) == 1
    assert requests_of(iter(()), 2) == []


@given(
    st.lists(st.tuples(st.sampled_from([1, 300, 700, 1_000]), st.booleans()), max_size=30),
    st.integers(0, 8),
)
def test_requests_are_as_if_leased_one_by_one(sizes: list[tuple[int, bool]], most: int) -> None:
    """Up to the first that several segments become."""
    rows = [
        (number, events, 9, 0, None, None, None if is_new else b"x")
        for number, (events, is_new) in enumerate(sizes)
    ]
    left, expected = list(rows), []
    while left and len(expected) < most and (not expected or len(expected[-1]) == 1):
        taken, _ = mergeable(iter(left))
        expected.append(taken)
        left = [row for row in left if row not in taken]
    assert requests_of(iter(rows), most) == expected


def test_a_damaged_segment_does_not_keep_others_from_being_leased(store: Store) -> None:
    ids = append(store, *[doubtful(key) for key in "abc"])
    database = database_of(store)
    database._run("UPDATE bodies SET checksum = checksum + 1 WHERE id = 2")
    database._bodies.clear()
    leased = lease(store, 5)
    assert [segment.id for segment in leased] == [ids[0], ids[2]]
    assert [each.id for each in store.damaged()] == [ids[1]]
    assert lease(store, 5) == []


def test_leases_end_together(store: Store) -> None:
    ids = append(store, *[doubtful(key) for key in "abcd"])
    a, b, c, d = lease(store, 9)
    with store.transaction():
        assert store.settle([Ended(b, Change(outcome="accepted"))], 3_000) == [[]]
    burial = Burial(event=d.body[1:-1], reason="invalid", detail="no", in_doubt=False)
    with store.transaction():
        parts = store.settle(
            [
                Ended(a, Change(stays=True, trail=a.trail, ready_at=5_000)),
                Ended(b, Change(drafts=[draft("x")])),  # it was noted before
                Ended(c, Change(drafts=[draft("y"), draft("z")])),
                Ended(d, Change(burials=[burial])),
            ],
            3_000,
        )
    assert [len(some) for some in parts] == [0, 0, 2, 0]
    assert set(store.ids()) == {ids[0], *parts[2]}
    assert [letter.event for letter in store.letters(None, 9)] == [burial.event]
    assert store.next_ready(busy=()) == 0
    counts = store.counts()
    assert (counts.segments, counts.events, counts.dead) == (3, 3, 1)


def test_what_becomes_one_is_leased_last_in_its_step(store: Store) -> None:
    full = [f"f{number}" for number in range(1_000)]
    append(store, doubtful("a"), draft(*full), draft("b"), draft("c"), draft(*full))
    steps = [[segment.events for segment in lease(store, 5)] for _ in range(3)]
    assert steps == [[1, 1_000, 2], [1_000], []]


def test_a_lease_ends_once(store: Store) -> None:
    append(store, doubtful("a"))
    ended = Ended(lease(store, 1)[0], Change(drafts=[draft("new")]))
    with store.transaction():
        first, again = store.settle([ended, ended], 3_000)
    assert (len(first), again) == (1, [])
    assert store.counts().events == 1


def test_what_can_not_be_leased_yet_is_not_waited_for(store: Store) -> None:
    append(store, draft("a1", lane="a"), draft("a2", lane="a"), draft("x", customer="x"))
    assert store.next_ready(busy=()) == 0
    lease(store, 1)
    assert store.next_ready(busy=()) == 0
    assert store.next_ready(busy=["x"]) is None


def test_lanes_do_not_keep_batches_waiting(store: Store) -> None:
    append(store, *[draft(key, lane=key) for key in "abcdef"], draft("x"))
    assert [segment.lane for segment in lease(store, 4)] == ["a", "b", None]


def test_heads_of_lanes_come_first(store: Store) -> None:
    append(store, draft("x"), *[draft(key, lane=key[0]) for key in ("a1", "a2", "b1")])
    leased = lease(store, 5)
    assert [(segment.lane, segment.events) for segment in leased] == [("a", 1), ("b", 1), (None, 1)]
    assert lease(store, 5) == []


def test_no_more_is_leased_than_asked_for(store: Store) -> None:
    append(store, draft("a1", lane="a"), draft("b1", lane="b"), *map(doubtful, "xyz"))
    found = [len(lease(store, 2)) for _ in range(4)]
    assert found == [2, 2, 1, 0]
    with store.transaction():
        assert store.lease(2_000, most=0, merge=True, busy=()) == []


def test_a_step_that_fails_in_one_of_two_files_leaves_nothing_leased(folder: Path) -> None:
    left = [opened(folder) for _ in range(2)]
    for each, key in zip(left, "ab", strict=True):
        append(each, doubtful(key))
        each.close()
    store = opened(folder)
    commits: list[int] = []

    def fail_in_the_second() -> None:
        commits.append(len(commits))
        if len(commits) == 2:
            raise StorageError("the disk failed")

    for file in store._files.values():
        run = file.database._run

        def watched(statement: str, *values: Any, run: Any = run) -> Any:
            if statement == "COMMIT":
                fail_in_the_second()
            return run(statement, *values)

        file.database._run = watched  # type: ignore[method-assign]
    with pytest.raises(StorageError):
        lease(store, 5)
    assert len(commits) > 2
    assert len(lease(store, 5)) == 2
    store.close()


def test_leases_of_several_files_end_together(folder: Path) -> None:
    left = [opened(folder) for _ in range(2)]
    for each, key in zip(left, "ab", strict=True):
        append(each, doubtful(key))
    for each in left:
        each.close()
    store = opened(folder)
    append(store, doubtful("c"))
    leased = lease(store, 5)
    assert len({segment.id.rpartition(":")[0] for segment in leased}) == 2
    assert len(leased) == 3
    change = Change(drafts=[draft("new")])
    with store.transaction():
        parts = store.settle([Ended(segment, change) for segment in reversed(leased)], 3_000)
    assert [ids[0].rpartition(":")[0] for ids in parts] == [
        segment.id.rpartition(":")[0] for segment in reversed(leased)
    ]
    store.close()
