"""Opening, closing, and what happens to a client that nobody closes."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from autumn_async import AsyncAutumn, Autumn, ClientClosedError, portal

from .scripts import Server, run_script, wait_until

ASK = {"customer_id": "c", "feature_id": "f"}


def make(server: Server, **options: Any) -> Autumn:
    return Autumn("am_sk_test_x", server_url=server.url, fail_open=False, **options)


def make_here(server: Server) -> Autumn:
    return Autumn("am_sk_test_x", server_url=server.url)  # made here


@contextmanager
def one_warning(line: str) -> Iterator[None]:
    """Expects one ResourceWarning, naming the line with this text; and no other warning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
        gc.collect()
    numbered = enumerate(Path(__file__).read_text().splitlines(), 1)
    (number,) = [number for number, text in numbered if text.rstrip().endswith(f"# {line}")]
    (warning,) = [str(each.message) for each in caught]
    assert warning.endswith(f"Autumn made at {__file__}:{number} was not closed")


def test_with_closes(either_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with make(either_server) as client:
        client.check(**ASK)
        assert either_server.open_connections == 1
    wait_until(lambda: either_server.open_connections == 0)
    with pytest.raises(ClientClosedError):
        client.check(**ASK)
    with pytest.raises(ClientClosedError):
        client.customers.list()


def test_close_can_be_repeated_and_comes_from_any_thread(server: Server) -> None:
    client = make(server)
    client.check(**ASK)
    closers = [threading.Thread(target=client.close) for _ in range(4)]
    for closer in closers:
        closer.start()
    for closer in closers:
        closer.join()
    client.close()
    wait_until(lambda: server.open_connections == 0)
    with pytest.raises(ClientClosedError):
        client.check(**ASK)


def test_close_without_a_call(server: Server) -> None:
    client = make(server)
    client.close()
    with pytest.raises(ClientClosedError):
        client.check(**ASK)
    assert server.requests == []


def test_derived_clients_close_nothing(server: Server) -> None:
    client = make(server)
    derived = client.with_options(timeout_ms=1000)
    derived.check(**ASK)
    derived.close()
    with client.edge:
        pass
    assert client.check(**ASK).allowed
    assert server.connections == 1
    client.close()
    for closed in (client, derived, client.edge):
        with pytest.raises(ClientClosedError):
            closed.check(**ASK)


def test_a_derived_client_outlives_the_first(server: Server) -> None:
    with one_warning("made here"):
        derived = make_here(server).with_options(timeout_ms=1000)
        gc.collect()
        assert derived.check(**ASK).allowed
        assert derived.customers.list().list[0].id == "cus_0"
        del derived


def test_closing_while_calls_are_under_way(server: Server) -> None:
    """They end, one way or the other, and nobody waits for ever."""
    client = make(server)
    ends: list[object] = []

    def work() -> None:
        try:
            ends.append(client.check(customer_id="slow", feature_id="f"))
        except Exception as error:
            ends.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(server.requests) == 4)
    client.close()
    for thread in threads:
        thread.join(20)
    assert len(ends) == 4
    wait_until(lambda: server.open_connections == 0)


async def test_async_with_closes_both_sides(server: Server) -> None:
    async with make(server) as client:
        await client.check_async(**ASK)
        await asyncio.to_thread(client.check, **ASK)
        assert server.open_connections == 2
    await asyncio.to_thread(wait_until, lambda: server.open_connections == 0)
    with pytest.raises(ClientClosedError):
        await client.check_async(**ASK)
    await client.aclose()
    client.close()


async def test_close_warns_of_an_open_twin(server: Server) -> None:
    client = make(server)
    await client.check_async(**ASK)
    with pytest.warns(ResourceWarning, match=r"await client\.aclose\(\)") as caught:
        client.close()
    assert [warning.filename for warning in caught] == [__file__]
    del client  # it was said once, and an error it would be now
    gc.collect()
    await asyncio.to_thread(wait_until, lambda: server.open_connections == 0)


async def test_close_is_silent_where_the_twin_was_closed(server: Server) -> None:
    client = make(server)
    await client.check_async(**ASK)
    await client.aclose()
    client.close()


def test_all_twins_share_one_session_on_each_loop(server: Server) -> None:
    client = make(server)

    async def main() -> None:
        for _ in range(3):
            await client.check_async(**ASK)
        await client.customers.list_async()
        await client.with_options(timeout_ms=1000).check_async(**ASK)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # asyncio warns of a loop that dies with connections open
        asyncio.run(main())
        gc.collect()
        asyncio.run(main())
        assert server.connections == 2
        asyncio.run(client.aclose())
        gc.collect()


def test_a_twin_open_on_another_live_loop_does_not_keep_the_private_side_open(
    server: Server,
) -> None:
    client, loop = make(server), asyncio.new_event_loop()
    client.check(**ASK)
    loop.run_until_complete(client.check_async(**ASK))
    with pytest.raises(RuntimeError, match="loop that it was used on"):
        asyncio.run(client.aclose())
    wait_until(lambda: server.open_connections == 1)
    loop.run_until_complete(client.aclose())
    loop.close()


def test_a_dropped_client_warns_and_is_closed(either_server: Server) -> None:
    with one_warning("made here"):
        client = make_here(either_server)
        client.check(**ASK)
        del client
    wait_until(lambda: either_server.open_connections == 0)


def test_a_client_dropped_in_another_thread(server: Server) -> None:
    def work() -> None:
        clients.pop().check(**ASK)
        gc.collect()

    with one_warning("made here"):
        clients = [make_here(server)]
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    wait_until(lambda: server.open_connections == 0)


def test_a_client_in_a_cycle_collected_on_the_loop_thread(server: Server) -> None:
    """The collector runs wherever it likes, and may so find clients on the loop thread itself."""

    def factory() -> aiohttp.ClientSession:
        gc.collect()
        collected.append(portal.current()._thread.ident == threading.get_ident())
        return aiohttp.ClientSession()

    collected: list[bool] = []
    gc.disable()
    try:
        with make(server, session=factory) as other, one_warning("made here"):
            client: Any = make_here(server)
            client.check(**ASK)
            client.itself = client
            del client
            other.check(**ASK)
    finally:
        gc.enable()
    assert collected == [True]
    wait_until(lambda: server.open_connections == 0)


def test_dropping_clients_at_any_moment(server: Server) -> None:
    """With a collector that runs all the time, in all threads, also while portals are at work."""
    code = """
    warnings.simplefilter("ignore")
    gc.set_threshold(1)
    def work():
        for _ in range(10):
            client = autumn()
            client.itself = client
            check(client)
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    gc.collect()
    with autumn() as client: check(client)
    """
    run_script(code, url=server.url).quietly()
    assert server.open_connections == 0


def test_nothing_of_dropped_clients_remains(server: Server) -> None:
    def kept() -> int:
        return len(portal.current()._open) + len(portal.current()._reaping)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        make_here(server).check(**ASK)
        wait_until(lambda: kept() == 0)
        for _ in range(3):
            client = make_here(server)
            with pytest.raises(TypeError):
                client.check(**ASK, nonsense=1)  # type: ignore[call-arg]
            with make(server) as closed:
                closed.check(**ASK)
        del client, closed
        gc.collect()
        wait_until(lambda: kept() == 0)


async def test_a_dropped_twin_is_closed_on_its_loop(server: Server) -> None:
    with one_warning("made here"):
        client = make_here(server)
        await client.check_async(**ASK)
        del client
        gc.collect()
        await asyncio.to_thread(wait_until, lambda: server.open_connections == 0)


async def test_a_dropped_async_client_is_closed_on_its_loop(server: Server) -> None:
    with one_warning("made here, async"):
        client = AsyncAutumn("am_sk_test_x", server_url=server.url)  # made here, async
        await client.check(**ASK)
        del client
        gc.collect()
        await asyncio.to_thread(wait_until, lambda: server.open_connections == 0)


def test_a_session_factory_is_called_once_for_each_loop(server: Server) -> None:
    made: list[aiohttp.ClientSession] = []

    async def factory() -> aiohttp.ClientSession:
        await asyncio.sleep(0.05)
        made.append(aiohttp.ClientSession())
        return made[-1]

    async def main() -> None:
        async with client:
            await asyncio.gather(*(client.check_async(**ASK) for _ in range(4)))

    client = make(server, session=factory)
    threads = [threading.Thread(target=client.check, kwargs=ASK) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    asyncio.run(main())
    assert len(made) == 2
    assert all(session.closed for session in made)


def test_a_ready_session_is_refused(server: Server) -> None:
    async def main() -> None:
        async with aiohttp.ClientSession() as session:
            with pytest.raises(TypeError, match="private loop and on yours"):
                make(server, session=session)

    asyncio.run(main())


def test_errors_of_closing_are_raised(server: Server) -> None:
    class Broken(aiohttp.TCPConnector):
        async def close(self, **options: Any) -> None:  # type: ignore[override]
            await super().close(**options)
            raise OSError("disk on fire")

    async def factory() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=Broken())

    client = make(server, session=factory)
    client.check(**ASK)
    with pytest.raises(OSError, match="disk on fire"):
        client.close()
    client.close()
