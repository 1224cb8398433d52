"""Forks, spawned processes, threads, signals and the end of Python, in programs of their own."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from autumn_async import Autumn, SQLiteStore
from tests.facade.scripts import LENIENT, PRELUDE, Finished, run_script, several

from .server import Server, all_once

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

PROGRAM = (
    PRELUDE
    + """\
from pathlib import Path
from autumn_async import MemoryStore, SQLiteStore
FOLDER = os.environ["FOLDER"]
KEYS = os.open(os.environ["KEYS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def tracker_of(client, **options): return client.tracker(SQLiteStore(FOLDER), **options)
def note(receipt): os.write(KEYS, receipt.key.encode() + b"\\n")
def put(tracker, **usage): note(tracker.put(**{"customer_id": "c", "feature_id": "f", **usage}))
def track(tracker, **usage): note(tracker.track(**{"customer_id": "c", "feature_id": "f", **usage}))
async def end(client, tracker):
    assert not (await tracker.close(10)).pending
    await client.aclose()
def files(): return sorted(path.name for path in Path(FOLDER).glob("*.outbox"))
def in_child(function, *arguments):
    child = os.fork()
    if child == 0:
        code = 1
        try:
            function(*arguments)
            code = 0
        finally:
            os._exit(code)
    return child
def ended_well(child): return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""
)


class Programs:
    """Runs programs that share a folder, and knows the keys that they noted."""

    def __init__(self, server: Server, path: Path) -> None:
        self._path = path
        self._url = f"http://127.0.0.1:{server.port}"
        self.server = server

    def run(self, code: str, **options: object) -> Finished:
        env = {"FOLDER": str(self._path / "outbox"), "KEYS": str(self._path / "keys")}
        settings = {"url": self._url, "env": env, "prelude": PROGRAM, **options}
        return run_script(code, **settings)  # type: ignore[arg-type]

    def drain(self) -> None:
        """Delivers what the programs have left, as the next program would."""
        store = SQLiteStore(self._path / "outbox")
        with (
            Autumn("am_sk_test_x", server_url=self._url) as client,
            client.tracker(store) as tracker,
        ):
            assert tracker.flush(20).pending == 0

    @property
    def keys(self) -> list[str]:
        return (self._path / "keys").read_text().split()

    def each_counted_once(self) -> bool:
        return all_once(self.server.billing, self.keys)


@pytest.fixture
def programs(server: Server, tmp_path: Path) -> Programs:
    return Programs(server, tmp_path)


@several(1)
def test_parent_and_forked_child_go_on_with_a_file_each(programs: Programs, attempt: int) -> None:
    programs.run("""
        client = autumn()
        tracker = tracker_of(client)
        put(tracker)
        def work():
            track(tracker)
            put(tracker)
            assert len(files()) == 2
            assert tracker.stats().tracked == 2
            assert not tracker.close().pending
        assert ended_well(in_child(work))
        put(tracker)
        assert not tracker.close().pending
        client.close()
    """).quietly()
    assert len(programs.keys) == 4
    assert programs.each_counted_once()


def test_a_tracker_made_before_workers_are_forked_opens_nothing_until_it_is_used(
    programs: Programs,
) -> None:
    programs.run("""
        tracker = tracker_of(autumn())
        assert threading.active_count() == 1 and files() == []
        def work():
            for n in range(20): put(tracker, customer_id=f"c{n}")
            assert not tracker.close().pending
        children = [in_child(work) for _ in range(3)]
        assert all([ended_well(child) for child in children])
        assert files() == []
    """).quietly()
    assert len(programs.keys) == 60
    assert programs.each_counted_once()


def test_what_is_in_the_buffer_at_a_fork_is_the_parents_alone(programs: Programs) -> None:
    programs.run("""
        client = autumn()
        tracker = tracker_of(client, linger_ms=1000)
        tracker.start()
        for n in range(50): track(tracker)
        def work():
            track(tracker)
            tracker.close()
        assert ended_well(in_child(work))
        assert not tracker.close().pending
        client.close()
    """).quietly()
    assert len(programs.keys) == 51
    assert programs.each_counted_once()


def test_a_child_does_not_keep_the_file_of_a_parent_that_was_killed(programs: Programs) -> None:
    programs.server.billing.always = "503"
    done = programs.run("""
        tracker = tracker_of(autumn())
        put(tracker)
        def outlive():
            for standard in (0, 1, 2): os.close(standard)  # or the test would wait for it
            time.sleep(60)
        print(in_child(outlive), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    assert done.code == -signal.SIGKILL
    programs.server.billing.always = None
    try:
        programs.drain()
    finally:
        os.kill(int(done.out), signal.SIGKILL)
    assert programs.each_counted_once()


def test_spawned_processes_share_a_folder(programs: Programs) -> None:
    programs.run(
        """
        def work(n):
            with autumn() as client, tracker_of(client) as tracker:
                for _ in range(10): put(tracker, customer_id=f"c{n}")
        if __name__ == "__main__":
            spawn = multiprocessing.get_context("spawn")
            children = [spawn.Process(target=work, args=(n,)) for n in range(2)]
            for child in children: child.start()
            for child in children: child.join()
            assert [child.exitcode for child in children] == [0, 0]
    """,
        flags=LENIENT,
    ).quietly()
    assert len(programs.keys) == 20
    assert programs.each_counted_once()


def test_an_asyncio_program_forks(programs: Programs) -> None:
    programs.run("""
        async def main():
            async with async_autumn() as client:
                async with client.tracker(SQLiteStore(FOLDER)) as tracker:
                    note(await tracker.put(customer_id="c", feature_id="f"))
                    async def work():
                        note(tracker.track(customer_id="c", feature_id="f"))
                        note(await tracker.put(customer_id="c", feature_id="f"))
                        assert not (await tracker.close()).pending
                        await client.aclose()
                    def child():
                        asyncio.events._set_running_loop(None)
                        asyncio.run(work())
                    assert ended_well(in_child(child))
                    note(await tracker.put(customer_id="c", feature_id="f"))
        asyncio.run(main())
    """).quietly()
    assert len(programs.keys) == 4
    assert programs.each_counted_once()


def test_one_tracker_on_one_loop_after_another(programs: Programs) -> None:
    programs.run(
        """
        client = async_autumn()
        tracker = client.tracker(SQLiteStore(FOLDER))
        async def work():
            note(await tracker.put(customer_id="c", feature_id="f"))
            await tracker.flush()
        asyncio.run(work())
        asyncio.run(work())
        asyncio.run(end(client, tracker))
    """,
        flags=LENIENT,
    ).quietly()  # its connections end with their loops
    assert programs.each_counted_once()


def test_a_loop_ends_while_a_segment_is_being_leased(programs: Programs) -> None:
    programs.run(
        """
        asked, go_on = threading.Event(), threading.Event()
        class Slow(SQLiteStore):
            def lease(self, *args, **options):
                segments = super().lease(*args, **options)
                if segments:
                    asked.set()
                    go_on.wait()
                return segments
        client = async_autumn()
        tracker = client.tracker(Slow(FOLDER))
        async def work():
            note(tracker.track(customer_id="c", feature_id="f"))  # put may share the step
            while not asked.is_set():
                await asyncio.sleep(0.01)
        asyncio.run(work())
        go_on.set()
        asyncio.run(end(client, tracker))
    """,
        flags=LENIENT,
    ).quietly()
    assert programs.each_counted_once()


def test_a_loop_ends_just_before_a_segment_is_sent(programs: Programs) -> None:
    programs.run(
        """
        from autumn_async.tracking import sender, tracker as tracker_module
        class Stopped(sender.Sender):
            def _launch(self, segment):
                self._loop.stop()
                super()._launch(segment)
        client = async_autumn()
        tracker = client.tracker(SQLiteStore(FOLDER), check_customers=False)
        async def work():
            tracker_module.Sender = Stopped
            note(tracker.track(customer_id="c", feature_id="f"))
            await asyncio.sleep(60)
        try:
            asyncio.run(work())
        except RuntimeError as error:
            assert "stopped" in str(error)
        tracker_module.Sender = sender.Sender
        asyncio.run(end(client, tracker))
    """,
        flags=LENIENT,
    ).quietly()
    assert programs.each_counted_once()


def test_a_loop_ends_while_segments_are_sent_and_leased_ahead(programs: Programs) -> None:
    """The next loop sends them, though the store failed when the first ended."""
    programs.server.billing.limit = 1_000
    programs.server.billing.faults.extend(["", *["hang after"] * 4])
    programs.run(
        """
        class Flaky(SQLiteStore):
            bad = holds = False
            def lease(self, *args, **options):
                return [] if self.holds else super().lease(*args, **options)
            def settle(self, *arguments):
                if self.bad:
                    raise StorageError("database is locked")
                return super().settle(*arguments)
            def leased(self):
                query = "SELECT count(*) FROM segments WHERE ready_at >= 1 << 62"
                return self._files[self._own].database._one(query)
        store = Flaky(FOLDER)
        client = async_autumn(timeout_ms=1_000)
        tracker = client.tracker(store, check_customers=False)
        async def put(**more):
            note(await tracker.put(customer_id="c", feature_id="f", **more))
        async def first():
            await put()
            await tracker.flush()
            store.holds = True
            for _ in range(15):  # segments that can't be merged: those are leased one by one
                await asyncio.gather(*(put(properties={"x": "y" * 120_000}) for _ in range(3)))
            store.holds = False
            tracker._sender.look()
            while await tracker._do(lambda store: store.leased()) <= 4: await asyncio.sleep(0.02)
            store.bad = True
        asyncio.run(first())
        async def second():
            store.bad = False
            await put()
            await tracker.flush()
            assert not (await tracker.close(10)).pending
            await client.aclose()
        asyncio.run(second())
    """,
        flags=LENIENT,
    ).quietly()
    assert programs.each_counted_once()


def test_many_threads_track_and_put(programs: Programs) -> None:
    programs.run("""
        with autumn() as client, tracker_of(client) as tracker:
            def work():
                for _ in range(50): track(tracker)
                for _ in range(5): put(tracker)
            threads = [threading.Thread(target=work) for _ in range(8)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            assert not tracker.flush(15).pending
    """).quietly()
    assert len(programs.keys) == 440
    assert programs.each_counted_once()


def test_a_signal_handler_tracks_in_the_middle_of_tracking(programs: Programs) -> None:
    programs.run("""
        with autumn() as client, tracker_of(client) as tracker:
            tracker.start()
            signal.signal(signal.SIGALRM, lambda *_: track(tracker))
            signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
            end = time.monotonic() + 0.5
            while time.monotonic() < end: track(tracker)
            signal.setitimer(signal.ITIMER_REAL, 0)
            assert not tracker.flush(20).pending
            assert tracker.stats().buffered_bytes == 0
    """).quietly()
    assert programs.each_counted_once()


@pytest.mark.parametrize(
    "end", ["", *(pytest.param(end, marks=pytest.mark.slow) for end in ("sys.exit(3)", "1 / 0"))]
)
def test_what_was_tracked_before_the_interpreter_exits_is_stored(
    programs: Programs, end: str
) -> None:
    programs.server.billing.always = "503"
    programs.run(f"""
        tracker = tracker_of(autumn(), linger_ms=500)
        for n in range(100): track(tracker)
        {end}
    """)
    programs.server.billing.always = None
    programs.drain()
    assert len(programs.keys) == 100
    assert programs.each_counted_once()


def test_a_program_that_is_terminated_leaves_its_events_to_the_next(programs: Programs) -> None:
    programs.server.billing.always = "503"
    noted = programs._path / "keys"
    done = programs.run(
        """
        tracker = tracker_of(autumn())
        for n in range(100_000): put(tracker)
        """,
        signals=[(signal.SIGTERM, lambda: noted.exists() and len(programs.keys) > 20)],
    )
    assert done.code == -signal.SIGTERM
    programs.server.billing.always = None
    programs.drain()
    assert set(programs.keys) <= programs.server.applied.keys()
    assert set(programs.server.applied.values()) == {1}


def test_ctrl_c_reaches_whoever_waits(programs: Programs) -> None:
    programs.server.billing.always = "503"
    noted = programs._path / "keys"
    programs.run(
        """
        with autumn() as client:
            tracker = tracker_of(client)
            try:
                receipt = tracker.put(customer_id="c", feature_id="f")
                note(receipt)
                receipt.accepted()
            except KeyboardInterrupt:
                print("interrupted")
            tracker.close(timeout=0)
        """,
        signals=[(signal.SIGINT, lambda: noted.exists() and programs.keys)],
    ).quietly()
    programs.server.billing.always = None
    programs.drain()
    assert programs.each_counted_once()


def test_a_child_that_ends_like_any_program_leaves_the_parents_files_alone(
    programs: Programs,
) -> None:
    programs.server.billing.always = "503"
    done = programs.run("""
        tracker = tracker_of(autumn())
        for n in range(20): put(tracker)
        def logs(): return sorted(path.stat().st_size > 0 for path in Path(FOLDER).glob("*-wal"))
        assert logs() == [True]
        child = os.fork()
        if child == 0:
            sys.exit(0)
        assert ended_well(child)
        assert logs() == [True]
        for n in range(20): put(tracker)
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    assert (done.code, done.err) == (-signal.SIGKILL, "")
    programs.server.billing.always = None
    programs.drain()
    assert len(programs.keys) == 40
    assert programs.each_counted_once()
