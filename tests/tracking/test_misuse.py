"""What a careless program does with trackers costs it no usage, and is said clearly."""

from __future__ import annotations

import asyncio
import gc
import logging
from pathlib import Path

import aiohttp
import pytest

from autumn_async import (
    AsyncAutumn,
    AsyncReceipt,
    Autumn,
    MemoryStore,
    SQLiteStore,
    StorageError,
    Store,
)

from .helpers import SECONDS, USAGE, draft, opened, tracking, until
from .server import Server, all_once


def client(server: Server) -> Autumn:
    return Autumn("am_sk_test_x", server_url=f"http://127.0.0.1:{server.port}")


def test_a_client_that_is_closed_before_its_tracker_is_said_once_and_loses_nothing(
    server: Server, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    autumn = client(server)
    tracker = autumn.tracker(SQLiteStore(folder))
    autumn.close()
    receipt = tracker.put(**USAGE)
    assert tracker.flush(timeout=SECONDS).pending == 1
    assert tracker.flush(timeout=SECONDS).pending == 1
    assert tracker.close(timeout=SECONDS).pending == 1
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == [
        "usage stays in the store: close the tracker first: this client is closed; make a new one"
    ]
    with client(server) as again, again.tracker(SQLiteStore(folder)) as tracker:
        assert tracker.flush(timeout=SECONDS).pending == 0
    assert all_once(server.billing, [receipt.key])


def test_ctrl_c_in_the_middle_of_sending_is_nothing_to_complain_of(
    server: Server,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Before Python 3.11, where it became a cancellation, it may come at any place."""
    receipts: list[AsyncReceipt] = []

    def interrupted(*_: object, **__: object) -> None:
        monkeypatch.undo()
        raise KeyboardInterrupt

    async def main() -> None:
        async with tracking(server, SQLiteStore(folder)) as tracker:
            receipts.append(await tracker.put(**USAGE))
            await tracker.flush(timeout=SECONDS)

    monkeypatch.setattr(aiohttp.ClientSession, "post", interrupted)
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []
    with client(server) as again, again.tracker(SQLiteStore(folder)) as tracker:
        assert tracker.flush(timeout=SECONDS).pending == 0
    assert all_once(server.billing, [receipts[0].key])


async def test_an_async_client_that_is_closed_before_its_tracker(
    server: Server, folder: Path
) -> None:
    autumn = AsyncAutumn("am_sk_test_x", server_url=f"http://127.0.0.1:{server.port}")
    tracker = autumn.tracker(SQLiteStore(folder))
    await tracker.start()
    await autumn.aclose()
    await tracker.put(**USAGE)
    assert (await tracker.flush(timeout=SECONDS)).pending == 1
    assert (await tracker.close(timeout=SECONDS)).pending == 1


@pytest.mark.parametrize("is_durable", [True, False])
def test_a_store_belongs_to_one_tracker(server: Server, folder: Path, is_durable: bool) -> None:
    store: Store = SQLiteStore(folder) if is_durable else MemoryStore()
    with client(server) as autumn, autumn.tracker(store) as first:
        with pytest.raises(StorageError, match="in use by a tracker"):
            autumn.tracker(store).start()
        receipt = first.put(**USAGE)
        assert first.flush(timeout=SECONDS).pending == 0
        first.close()
        with autumn.tracker(store) as second:
            assert second.flush(timeout=SECONDS).pending == 0
    assert all_once(server.billing, [receipt.key])


def test_two_trackers_share_a_folder_in_one_process(server: Server, folder: Path) -> None:
    with client(server) as autumn:
        trackers = [autumn.tracker(SQLiteStore(folder)) for _ in range(2)]
        keys = [tracker.put(**USAGE).key for tracker in trackers for _ in range(3)]
        assert [tracker.close(timeout=SECONDS).pending for tracker in trackers] == [0, 0]
    assert all_once(server.billing, keys)
    assert list(folder.iterdir()) == []


def test_a_store_that_cannot_be_opened_leaves_the_rest_to_others(folder: Path) -> None:
    store = opened(folder)
    store.append([draft("a")], 1_000)
    store.close()
    (folder / "z.outbox").write_bytes(b"not a database" * 100)
    with pytest.raises(StorageError, match=r"z\.outbox"):
        opened(folder)
    (folder / "z.outbox").unlink()
    other = opened(folder)
    assert other.counts().events == 1
    other.close()


def test_a_path_that_is_empty_is_refused() -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        SQLiteStore("")


async def test_a_tracker_that_nobody_holds_goes_on_sending(server: Server, folder: Path) -> None:
    server.billing.always = "503"
    url = f"http://127.0.0.1:{server.port}"
    async with AsyncAutumn("am_sk_test_x", server_url=url) as autumn:
        key = (await autumn.tracker(SQLiteStore(folder)).put(**USAGE)).key
        gc.collect()
        await until(lambda: server.billing.bodies)
        server.billing.always = None
        gc.collect()
        await until(lambda: server.applied)
    assert all_once(server.billing, [key])


async def test_whoever_gives_up_waiting_for_the_end_does_not_disturb_it(
    server: Server, folder: Path
) -> None:
    server.billing.always = "hang after"
    async with tracking(server, SQLiteStore(folder)) as tracker:
        await tracker.put(**USAGE)
        for seconds in (0.0, 0.05):
            closing = asyncio.ensure_future(tracker.close(timeout=30))
            await asyncio.sleep(seconds)
            closing.cancel()
            await asyncio.gather(closing, return_exceptions=True)
        assert (await tracker.close()).pending == 1


async def test_a_task_that_is_cancelled_while_it_puts_takes_no_others_along(
    server: Server, folder: Path
) -> None:
    async with tracking(server, SQLiteStore(folder), max_buffered_events=1) as tracker:
        puts = [asyncio.ensure_future(tracker.put(**USAGE)) for _ in range(50)]
        await asyncio.sleep(0)
        for put in puts[::2]:
            put.cancel()
        receipts = await asyncio.gather(*puts[1::2])
        await asyncio.gather(*puts, return_exceptions=True)
        await tracker.flush(timeout=SECONDS)
    assert {receipt.key for receipt in receipts} <= server.applied.keys()
    assert set(server.applied.values()) == {1}


async def test_a_dead_letter_cannot_be_put_into_an_order(server: Server, folder: Path) -> None:
    server.billing.features = {"f"}
    async with tracking(server, SQLiteStore(folder)) as tracker:
        await tracker.put(customer_id="c", feature_id="unknown")
        await tracker.flush(timeout=SECONDS)
        (letter,) = [letter async for letter in tracker.dead_letters()]
        with pytest.raises(TypeError, match="ordered"):
            await tracker.requeue(letter, feature_id="f", ordered=True)
        assert await tracker.requeue(letter, feature_id="f", timestamp=None)
        await tracker.flush(timeout=SECONDS)
    assert len(server.applied) == 1
