"""Folders and files: who owns them, what is in them, what happens when they are damaged or full."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sqlite3
import subprocess
import threading
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from autumn_async import (
    AsyncUsageTracker,
    MemoryStore,
    SQLiteStore,
    StorageError,
    StorageFullError,
    Store,
)
from autumn_async.errors import QueueFullError
from autumn_async.tracking.bodies import MOST_BYTES, Bodies
from autumn_async.tracking.database import Database
from autumn_async.tracking.layout import checksum
from autumn_async.tracking.segments import NEVER_SENT, Segment, Trail, events_of
from autumn_async.tracking.shipping import Burial, Change
from autumn_async.tracking.store import Counts, Ended
from autumn_async.tracking.view import View, views

from .helpers import draft, drain, event, opened, tracking
from .server import Server, all_once

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs POSIX locks")


def append(store: Store, *drafts: object) -> list[str]:
    with store.transaction():
        return store.append(drafts, 1_000)  # type: ignore[arg-type]


def lease(store: Store, now: int = 2_000, *, merge: bool = True) -> Segment | None:
    with store.transaction():
        return next(iter(store.lease(now, most=1, merge=merge, busy=())), None)


def settle(store: Store, segment: Segment, change: Change) -> list[str]:
    with store.transaction():
        return store.settle([Ended(segment, change)], 3_000)[0]


def test_what_is_leased_is_not_leased_again_until_it_is_settled(store: Store) -> None:
    append(store, draft("a", trail=Trail(doubt_since=1)))
    segment = lease(store)
    assert segment is not None
    assert lease(store) is None
    settle(store, segment, Change(stays=True, trail=segment.trail, ready_at=5_000))
    assert lease(store, 4_999) is None
    assert store.next_ready(busy=()) == 5_000
    again = lease(store, 5_000)
    assert again is not None
    assert again.body == segment.body
    settle(store, again, Change(outcome="accepted"))
    assert store.counts().segments == store.counts().bytes == 0


def test_small_segments_that_were_never_sent_become_one(store: Store) -> None:
    ids = append(store, draft("a", "b"), draft("c"), draft("d", trail=Trail(doubt_since=1)))
    segment = lease(store)
    assert segment is not None
    assert events_of(segment.body) == [
        *events_of(draft("a", "b").body),
        *events_of(draft("c").body),
    ]
    assert segment.merged == tuple(ids[:2])
    assert store.counts().events == 4
    doubtful = lease(store)
    assert doubtful is not None
    assert doubtful.body == draft("d").body


def test_small_segments_between_large_ones_become_one(store: Store) -> None:
    large = [f"l{number}" for number in range(900)]
    append(store, draft("a"), draft(*large), draft("b"), draft(*large), draft("c", "d"))
    sizes = []
    while segment := lease(store):
        sizes.append(segment.events)
        settle(store, segment, Change(outcome="accepted"))
    assert sizes == [904, 900]


@pytest.mark.parametrize("size", [0, 1, 5_120, 5_121, 200_000])
def test_a_checksum_is_the_crc_of_the_whole(size: int) -> None:
    body = random.Random(size).randbytes(size)
    assert checksum(body) == zlib.crc32(body)


@pytest.mark.parametrize(
    ("synchronous", "levels"), [("FULL", (2, 1)), ("NORMAL", (1, 1)), ("OFF", (0, 0))]
)
def test_only_what_is_done_lazily_does_not_wait_for_the_disk(
    tmp_path: Path, synchronous: str, levels: tuple[int, int]
) -> None:
    database = Database(str(tmp_path / "x"), "x", synchronous)

    def level(*, lazily: bool) -> int:
        with database.transaction(lazily=lazily):
            found: int = database._one("PRAGMA synchronous")
            return found

    usual, lazy = levels
    found = [level(lazily=lazily) for lazily in (False, True, True, False)]
    assert found == [usual, lazy, lazy, usual]
    database.close()


async def test_usage_is_billed_once_though_the_end_of_its_lease_is_lost(
    server: Server, folder: Path, tmp_path: Path
) -> None:
    """The disk as a loss of power may leave it: as it was before the lease ended."""
    copy = tmp_path / "copy"

    class Copied(SQLiteStore):
        def settle(self, *arguments: Any) -> list[str]:
            if not copy.exists():
                shutil.copytree(folder, copy)
            return super().settle(*arguments)

    async with tracking(server, Copied(folder), check_customers=False) as tracker:
        receipt = await tracker.put(customer_id="c", feature_id="f")
        await drain(tracker)
    async with tracking(server, SQLiteStore(copy), check_customers=False) as again:
        assert again.stats().stored_events == 1
        await drain(again)
    assert len(server.billing.bodies) == 2
    assert len(set(server.billing.bodies)) == 1
    assert all_once(server.billing, [receipt.key])


async def test_only_the_ends_of_leases_are_noted_lazily(server: Server, folder: Path) -> None:
    steps: list[tuple[bool, set[str]]] = []

    class Watched(SQLiteStore):
        @contextmanager
        def transaction(self, *, lazily: bool = False) -> Iterator[None]:
            steps.append((lazily, set()))
            with super().transaction(lazily=lazily):
                yield

        def append(self, *arguments: Any) -> list[str]:
            steps[-1][1].add("append")
            return super().append(*arguments)

        def lease(self, *arguments: Any, **options: Any) -> list[Segment]:
            steps[-1][1].add("lease")
            return super().lease(*arguments, **options)

        def settle(self, *arguments: Any) -> list[list[str]]:
            steps[-1][1].add("settle")
            return super().settle(*arguments)

    async with tracking(server, Watched(folder)) as tracker:
        for _ in range(20):
            await tracker.put(customer_id="c", feature_id="f")
        await drain(tracker)
    done = {frozenset(work) for lazily, work in steps if lazily}
    assert done == {frozenset({"settle"})}


def test_a_step_that_fails_leaves_nothing(store: Store) -> None:
    append(store, draft("a"))
    before = store.counts()
    with pytest.raises(AttributeError), store.transaction():
        store.append([draft("b", "c"), None], 1_000)  # type: ignore[list-item]
    assert store.counts() == before
    assert len(store.ids()) == 1


def test_many_segments_stored_at_once_have_ids_in_their_order(store: Store) -> None:
    append(store, draft("gone"))
    first = lease(store)
    assert first is not None
    settle(store, first, Change(outcome="accepted"))
    drafts = [draft(f"k{number}", *["x"] * (number % 3)) for number in range(100)]
    ids = append(store, *drafts)
    assert first.id not in ids
    assert len(set(ids)) == 100
    assert [store.read(id) for id in ids] == [each.body for each in drafts]
    assert store.counts() == Counts(
        segments=100,
        events=sum(each.events for each in drafts),
        bytes=sum(len(each.body) for each in drafts),
    )
    for id, each in zip(ids, drafts, strict=True):
        segment = lease(store, merge=False)
        assert segment is not None
        assert (segment.id, segment.body, segment.events) == (id, each.body, each.events)


def test_a_store_gives_out_bodies_whether_they_are_in_memory_or_not(store: Store) -> None:
    def fail() -> None:
        with store.transaction():
            store.append([draft("never", properties={"x": "z" * 500_000})] * 40, 1_000)
            raise ZeroDivisionError

    bodies = [draft(str(number), properties={"x": "y" * 500_000}) for number in range(40)]
    with pytest.raises(ZeroDivisionError):
        fail()
    ids = append(store, *bodies)
    assert [store.read(id) for id in ids] == [each.body for each in bodies]
    for each in bodies:
        segment = lease(store)
        assert segment is not None
        assert segment.body == each.body
        settle(store, segment, Change(outcome="accepted"))


def test_memory_for_bodies_is_bounded_and_used_again() -> None:
    bodies, large = Bodies(), b"x" * (MOST_BYTES // 2)
    for row in range(3):
        bodies.add(row, large)
    assert [bodies.get(row) is not None for row in range(3)] == [True, True, False]
    bodies.drop(0)
    bodies.drop(0)
    bodies.add(3, large)
    bodies.add(4, b"x")
    assert [bodies.get(row) is not None for row in (0, 1, 3, 4)] == [False, True, True, False]


def test_lanes_are_served_one_event_at_a_time(store: Store) -> None:
    append(store, draft("a1", lane="a"), draft("a2", lane="a"), draft("b1", lane="b"))
    first, second = lease(store), lease(store)
    assert first is not None
    assert second is not None
    assert (first.lane, second.lane) == ("a", "b")
    assert lease(store) is None
    settle(store, first, Change(outcome="accepted"))
    third = lease(store)
    assert third is not None
    assert third.body == draft("a2").body


def test_customers_who_are_not_known_are_apart_until_they_are(store: Store) -> None:
    append(store, draft("a", customer="new"), draft("b", customer="new"), draft("c"))
    with store.transaction():
        store.hold("new", 9_000)
    segment = lease(store)
    assert segment is not None
    assert segment.body == draft("c").body
    with store.transaction():
        store.known("new", 4_000)
    segment = lease(store)
    assert segment is not None
    assert (segment.events, segment.customer) == (2, None)
    with store.transaction():
        assert store.customers(10) == ["new"]
        assert store.customers(0) == []


def test_a_process_that_ended_in_the_middle_left_its_leases(folder: Path) -> None:
    first = opened(folder)
    append(first, draft("a"))
    segment = lease(first)
    assert segment is not None
    first.close()
    second = opened(folder)
    again = lease(second)
    assert again is not None
    assert again.body == segment.body
    assert again.trail.doubt_since == 2_000
    assert segment.trail == NEVER_SENT
    second.close()


def test_each_owner_has_a_file_and_takes_over_what_is_left(folder: Path) -> None:
    first, second = opened(folder), opened(folder)
    append(first, draft("a"))
    append(second, draft("b"))
    assert len(list(folder.glob("*.outbox"))) == 2
    assert second.adopt(5_000) == []
    first.close()
    assert len(second.adopt(5_000)) == 1
    bodies = {lease(second, merge=False).body, lease(second, merge=False).body}  # type: ignore[union-attr]
    assert bodies == {draft("a").body, draft("b").body}
    second.close()


def test_empty_files_are_removed(folder: Path) -> None:
    first = opened(folder)
    append(first, draft("a"))
    first.close()
    second = opened(folder)
    segment = lease(second)
    assert segment is not None
    settle(second, segment, Change(outcome="accepted"))
    second.close()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("content", [b"not a database" * 100, None])
def test_a_foreign_file_is_left_as_it_is(folder: Path, content: bytes | None) -> None:
    folder.mkdir()
    path = folder / "theirs.outbox"
    if content is None:
        with sqlite3.connect(path) as theirs:
            theirs.execute("CREATE TABLE precious (x)")
        theirs.close()
        content = path.read_bytes()
    path.write_bytes(content)
    with pytest.raises(StorageError, match=r"theirs\.outbox"):
        opened(folder)
    assert path.read_bytes() == content


def test_a_file_of_another_version_is_left_as_it_is(folder: Path) -> None:
    store = opened(folder)
    append(store, draft("a"))
    store.close()
    (path,) = folder.glob("*.outbox")
    with sqlite3.connect(path) as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    content = path.read_bytes()
    with pytest.raises(StorageError, match="version 99"):
        opened(folder)
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file"):
        SQLiteStore(tmp_path / "file")
    with pytest.raises(StorageError, match="proc"):
        SQLiteStore("/proc/outbox")
    with pytest.raises(ValueError, match="synchronous"):
        SQLiteStore(tmp_path / "x", synchronous="OFF")  # type: ignore[arg-type]


def flip(folder: Path) -> None:
    (path,) = folder.glob("*.outbox")
    path.write_bytes(path.read_bytes().replace(b"MARK", b"MERK"))


async def test_flipped_bytes_on_disk_are_put_aside_and_the_rest_is_delivered(
    server: Server, folder: Path
) -> None:
    store = opened(folder)
    ids = append(store, draft("good"), draft("bad", properties={"x": "MARK"}), draft("fine"))
    store.close()
    flip(folder)
    async with tracking(server, SQLiteStore(folder)) as tracker:
        await drain(tracker)
        assert tracker.stats().quarantined == 1
    assert all_once(server.billing, ["good", "fine"])
    store = opened(folder)
    (damaged,) = store.damaged()
    assert b"MERK" in damaged.body
    assert len(ids) == 3
    store.close()


async def test_a_bit_that_makes_text_of_a_body_is_found(server: Server, folder: Path) -> None:
    store = opened(folder)
    append(store, draft("good"), draft("bad"))
    store.close()
    with closing(sqlite3.connect(folder / f"{store._own}.outbox")) as database:
        database.execute("UPDATE bodies SET body = CAST(body AS TEXT) WHERE id = 2")
        database.commit()
    async with tracking(server, SQLiteStore(folder)) as tracker:
        await drain(tracker)
        assert tracker.stats().quarantined == 1
    assert all_once(server.billing, ["good"])


@pytest.mark.parametrize("damaged", ["x'ff'", "'text'", "5"])
async def test_events_whose_history_is_damaged_are_not_sent_blindly(
    server: Server, folder: Path, damaged: str
) -> None:
    store = opened(folder)
    append(store, draft("good"), draft("doubtful"))
    store.close()
    with closing(sqlite3.connect(folder / f"{store._own}.outbox")) as database:
        database.execute(f"UPDATE segments SET trail = {damaged} WHERE id = 2")
        database.commit()
    async with tracking(server, SQLiteStore(folder)) as tracker:
        await drain(tracker)
        letters = [letter async for letter in tracker.dead_letters()]
    assert [(letter.reason, letter.in_doubt) for letter in letters] == [("ambiguous_expired", True)]
    assert all_once(server.billing, ["good"])


def test_the_end_of_a_lease_is_noted_once(store: Store) -> None:
    append(store, draft("a", "b"))
    segment = lease(store)
    assert segment is not None
    burial = Burial(event=event("a"), reason="invalid", detail="", in_doubt=False)
    change = Change(drafts=[draft("b")], burials=[burial])
    assert len(settle(store, segment, change)) == 1
    before = store.counts()
    assert settle(store, segment, change) == []
    assert store.counts() == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of its own with room for 24 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("a small file system can't be mounted here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


async def put_many(tracker: AsyncUsageTracker, keys: list[str], times: int, **usage: Any) -> None:
    for _ in range(times):
        keys.append((await tracker.put(**usage)).key)


def track_many(tracker: AsyncUsageTracker, keys: list[str], times: int, **usage: Any) -> None:
    for _ in range(times):
        keys.append(tracker.track(**usage).key)


def fill(path: Path) -> None:
    """Takes what is left of a disk."""
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while file.write(bytes(100_000)):
            pass


BIG: dict[str, Any] = {"customer_id": "c", "feature_id": "f", "properties": {"x": "y" * 100_000}}


async def test_a_full_disk_is_told_and_intake_resumes(server: Server, small_disk: Path) -> None:
    keys: list[str] = []
    server.billing.always = "503"
    store = SQLiteStore(small_disk / "outbox")
    async with tracking(server, store, max_buffered_bytes=500_000, check_customers=False) as it:
        with pytest.raises(StorageFullError, match="full"):
            await put_many(it, keys, 300, **BIG)
        assert 20 < len(keys) < 200
        waiting: list[str] = []
        with pytest.raises(QueueFullError, match="full"):
            track_many(it, waiting, 20, **BIG)
        server.billing.always = None
        await drain(it)
        keys += waiting
        await put_many(it, keys, 30, **BIG)
        await drain(it)
        assert it.stats().storage_error is None
    assert all_once(server.billing, keys)


async def test_a_disk_that_others_fill_to_the_brim_loses_nothing(
    server: Server, small_disk: Path
) -> None:
    keys: list[str] = []
    server.billing.always = "503"
    async with tracking(server, SQLiteStore(small_disk / "outbox"), check_customers=False) as it:
        await put_many(it, keys, 20, **BIG)
        filler = small_disk / "filler"
        fill(filler)
        with pytest.raises(StorageFullError):
            await it.put(**BIG)
        server.billing.always = None
        await it.flush(timeout=0.5)
        filler.unlink()
        await put_many(it, keys, 1, **BIG)
        await drain(it)
    assert all_once(server.billing, keys)


async def test_a_store_that_may_not_grow_refuses_whoever_waits(
    server: Server, folder: Path
) -> None:
    server.billing.always = "503"
    async with tracking(server, SQLiteStore(folder), max_stored_bytes=1_000) as tracker:
        with pytest.raises(StorageFullError, match="max_stored_bytes"):
            await put_many(tracker, [], 20, customer_id="c", feature_id="f")
        server.billing.always = None
        await drain(tracker)
        await tracker.put(customer_id="c", feature_id="f")


async def test_a_full_buffer_raises_or_drops_as_chosen_and_put_waits(
    server: Server, folder: Path
) -> None:
    usage: dict[str, Any] = {"customer_id": "c", "feature_id": "f"}
    options: dict[str, Any] = {"max_buffered_events": 10, "linger_ms": 2_000}
    async with tracking(server, SQLiteStore(folder), **options) as tracker:
        with pytest.raises(QueueFullError, match="10 events"):
            track_many(tracker, [], 11, **usage)
        receipts = await asyncio.gather(*(tracker.put(**usage) for _ in range(50)))
        assert len({receipt.key for receipt in receipts}) == 50
    async with tracking(server, MemoryStore(), on_full="drop", **options) as tracker:
        states = [tracker.track(**usage).report().state for _ in range(15)]
        assert states.count("refused") == tracker.stats().dropped == 5


def test_a_second_connection_in_a_child_is_another_file(tmp_path: Path) -> None:
    store = opened(tmp_path)
    append(store, draft("a"))
    store.abandon()
    assert store.adopt(1) == []  # the file is the parent's, for good
    store.open(1)
    assert len(list(tmp_path.glob("*.outbox"))) == 2
    store.close()


def test_memory_outlives_a_tracker_and_not_a_process() -> None:
    store = MemoryStore()
    assert not store.is_durable
    store.open(0)
    append(store, draft("a"))
    store.close()
    store.open(0)
    assert store.counts().events == 1
    store.abandon()
    assert store.counts().events == 0


def test_an_interrupted_creation_is_finished_by_the_next(tmp_path: Path) -> None:
    (tmp_path / "x.outbox").write_bytes(b"")
    store = opened(tmp_path)
    append(store, draft("a"))
    store.close()
    assert Database(str(tmp_path / "x.outbox"), "x", "NORMAL").counts().events == 1


def test_an_outbox_can_be_looked_at_while_it_is_in_use(folder: Path) -> None:
    store = opened(folder)
    append(store, draft("a", "b"), draft("c"))
    segment = lease(store, merge=False)
    assert segment is not None
    burial = Burial(event=event("a"), reason="invalid", detail="no", in_doubt=False)
    settle(store, segment, Change(burials=[burial]))
    errors: list[StorageError] = []
    ((is_owned, counts, oldest),) = look(folder, errors)
    assert (is_owned, counts.segments, counts.events, counts.dead) == (True, 1, 1, 1)
    assert oldest == 1_000
    store.close()
    ((is_owned, counts, _),) = look(folder, errors)
    assert (is_owned, counts.events, counts.dead, counts.quarantined) == (False, 1, 1, 0)
    (folder / "begun.outbox").write_bytes(b"")
    assert len(look(folder, errors)) == 1
    assert errors == []
    (folder / "theirs.outbox").write_bytes(b"not a database" * 100)
    assert len(look(folder, errors)) == 1
    assert "theirs.outbox" in str(errors)


def test_a_view_may_be_finalized_on_any_thread(folder: Path) -> None:
    store = opened(folder)
    append(store, draft("a"))
    (path,) = folder.glob("*.outbox")
    held = [View(path)]
    thread = threading.Thread(target=held.clear)
    thread.start()
    thread.join()
    assert held == []
    store.close()


def look(folder: Path, errors: list[StorageError]) -> list[tuple[bool, Counts, int | None]]:
    return [(view.is_owned, view.counts(), view.oldest()) for view in views(folder, errors)]
