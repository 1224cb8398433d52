"""Sync calls where a loop runs: the private one, which would wait for itself, or the caller's."""

from __future__ import annotations

import asyncio
import builtins
import linecache
import threading
import warnings
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from autumn_async import Autumn, RetryConfig, portal

from .scripts import Server, run_script

FROM_WITHIN = "called from its own event loop.*AsyncAutumn"


def make(server: Server, **options: Any) -> Autumn:
    return Autumn("am_sk_test_x", server_url=server.url, fail_open=False, **options)


class CallingLogger:
    """A logger that asks Autumn before it writes."""

    def __init__(self) -> None:
        self.client: Autumn | None = None

    def debug(self, *_: object) -> None:
        assert self.client is not None
        self.client.check(customer_id="inner", feature_id="f")


def test_a_call_in_a_logger(server: Server) -> None:
    logger = CallingLogger()
    with make(server, debug_logger=logger) as client:
        logger.client = client
        with pytest.raises(RuntimeError, match=FROM_WITHIN):
            client.check(customer_id="c", feature_id="f")


@pytest.mark.parametrize("call", ["check", "list", "close"])
def test_a_call_in_a_session_factory(server: Server, call: str) -> None:
    def factory() -> aiohttp.ClientSession:
        if call == "check":
            other.check(customer_id="inner", feature_id="f")
        elif call == "list":
            other.customers.list()
        else:
            other.close()
        return aiohttp.ClientSession()

    with make(server) as other, make(server, session=factory) as client:
        other.check(customer_id="outer", feature_id="f")
        with pytest.raises(RuntimeError, match=FROM_WITHIN):
            client.check(customer_id="c", feature_id="f")


def test_a_call_in_a_middleware(server: Server) -> None:
    async def middleware(request: Any, handler: Any) -> Any:
        client.check(customer_id="inner", feature_id="f")
        return await handler(request)

    def factory() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(middlewares=[middleware])

    with make(server, session=factory) as client, pytest.raises(RuntimeError, match=FROM_WITHIN):
        client.check(customer_id="c", feature_id="f")
    assert server.customers() == []


def test_a_call_in_an_async_source_of_keys(server: Server) -> None:
    async def key() -> str:
        other.check(customer_id="inner", feature_id="f")
        return "am_sk_test_x"

    with make(server) as other:
        client = Autumn(key, server_url=server.url)
        with pytest.raises(RuntimeError, match=FROM_WITHIN):
            client.check(customer_id="c", feature_id="f")
        client.close()


def test_a_call_in_a_middleware_through_the_async_client(server: Server) -> None:
    """What the error advises, works."""

    async def middleware(request: Any, handler: Any) -> Any:
        await client.check_async(customer_id="inner", feature_id="f")
        return await handler(request)

    made: list[aiohttp.ClientSession] = []

    def factory() -> aiohttp.ClientSession:
        middlewares = [] if made else [middleware]
        made.append(aiohttp.ClientSession(middlewares=middlewares))
        return made[-1]

    with make(server, session=factory) as client:
        assert client.check(customer_id="c", feature_id="f").customer_id == "c"
        assert server.customers() == ["inner", "c"]
        here = portal.current()
        here.close(client._bridge.connections.twin)


async def test_a_call_beside_a_running_loop_warns_at_the_line_of_the_user(server: Server) -> None:
    with make(server) as client:
        with pytest.warns(RuntimeWarning, match="x_async twin or use AsyncAutumn") as caught:
            client.check(customer_id="c", feature_id="f")
        (warning,) = caught
        assert warning.filename == __file__
        assert "client.check(" in linecache.getline(__file__, warning.lineno)
        with pytest.warns(RuntimeWarning) as caught:
            for _ in client.customers.list():
                pass
        assert {warning.filename for warning in caught} == {__file__}


async def test_it_warns_once_for_each_line(server: Server) -> None:
    with make(server) as client, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            client.check(customer_id="c", feature_id="f")
        assert len(caught) == 1
        client.check(customer_id="c", feature_id="f")
        assert len(caught) == 2


async def test_it_is_silent_in_ipython(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtins, "__IPYTHON__", True, raising=False)
    with make(server) as client:
        assert client.check(customer_id="c", feature_id="f").allowed


async def test_the_warning_as_an_error_leaves_nothing_behind(server: Server) -> None:
    with make(server) as client:
        with pytest.raises(RuntimeWarning):
            client.check(customer_id="c", feature_id="f")
        with pytest.raises(RuntimeWarning):
            client.customers.list()
    assert server.requests == []


async def test_no_warning_in_a_thread_beside_a_loop(server: Server) -> None:
    with make(server) as client:
        answer = await asyncio.to_thread(client.check, customer_id="c", feature_id="f")
        assert answer.customer_id == "c"


def test_the_program_is_not_taken_for_the_package(server: Server) -> None:
    """A folder whose name begins like ours is the user's."""
    name = f"{Path(portal.__file__).parent}_app/main.py"
    namespace: dict[str, Any] = {}
    exec(compile("def call(client): client.customers.list()", name, "exec"), namespace)

    async def main() -> None:
        namespace["call"](client)

    with make(server) as client, pytest.warns(RuntimeWarning) as caught:
        asyncio.run(main())
    assert caught[0].filename == name


def test_no_thread_at_import_or_construction() -> None:
    code = """
    assert threading.active_count() == 1
    clients = [autumn() for _ in range(100)]
    for client in clients:
        client.customers, client.with_options(timeout_ms=100), client.edge
    assert threading.active_count() == 1
    for client in clients: client.close()
    assert threading.active_count() == 1
    """
    run_script(code, url="http://localhost:1").quietly()


def test_one_thread_for_a_hundred_clients(server: Server) -> None:
    code = """
    clients = [autumn() for _ in range(100)]
    def work(client):
        barrier.wait()
        check(client)
    barrier = threading.Barrier(100)
    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    end = time.monotonic() + 10
    while len(loop_threads()) > 1 and time.monotonic() < end: time.sleep(0.01)
    assert len(loop_threads()) == 1
    assert loop_threads()[0].daemon
    for client in clients: client.close()
    """
    run_script(code, url=server.url).quietly()


def test_a_call_without_a_retry_on_the_thread_of_a_pool(server: Server) -> None:
    """Threads of all kinds may call, also those that Python hasn't started."""
    import _thread

    results: list[str | None] = []
    done = threading.Event()

    def work() -> None:
        results.append(client.check(customer_id="c", feature_id="f").customer_id)
        done.set()

    with make(server, retry_config=RetryConfig("none")) as client:
        _thread.start_new_thread(work, ())
        assert done.wait(20)
    assert results == ["c"]
