"""What goes along with a call to the private loop: context variables, keys; and what comes back."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from collections.abc import Iterator
from contextvars import ContextVar, copy_context
from typing import Any

import aiohttp
import pytest

from autumn_async import Autumn, capture, errors

from .scripts import Server

ASK = {"customer_id": "c", "feature_id": "f"}

trace: ContextVar[str] = ContextVar("trace", default="none")


def make(server: Server, key: Any = "am_sk_test_x", **options: Any) -> Autumn:
    return Autumn(key, server_url=server.url, fail_open=False, **options)


def tracing() -> aiohttp.ClientSession:
    async def middleware(request: Any, handler: Any) -> Any:
        request.headers["x-trace"] = trace.get()
        trace.set("changed on the private loop")
        return await handler(request)

    return aiohttp.ClientSession(middlewares=[middleware])


def test_context_variables_go_in_and_stay_there(server: Server) -> None:
    with make(server, session=tracing) as client:
        for value in ("one", "two"):
            token = trace.set(value)
            client.check(**ASK)
            assert trace.get() == value
            trace.reset(token)
        client.check(**ASK)
        copy_context().run(client.check, **ASK)
    assert [request.headers["x-trace"] for request in server.requests] == [
        "one",
        "two",
        "none",
        "none",
    ]


def test_threads_do_not_mix(server: Server) -> None:
    """Neither context variables, nor captures, nor answers, nor errors."""
    problems: list[object] = []

    def work(number: int) -> None:
        for turn in range(10):
            name = f"{number}-{turn}"
            trace.set(name)
            with capture() as answers:
                if turn % 3 == 2:
                    with pytest.raises(errors.CustomerNotFoundError) as caught:
                        client.check(customer_id="missing", feature_id=name)
                    request = caught.value.request
                    assert request is not None
                    sent = request.body.decode()
                else:
                    answer = client.check(customer_id=name, feature_id="f")
                    if answer.customer_id != name:
                        problems.append(answer)
                    sent = name
            if name not in sent or len(answers) != 1:
                problems.append((name, sent, answers))

    with make(server, session=tracing) as client:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not problems
    assert len(server.requests) == 320
    for request in server.requests:
        assert request.headers["x-trace"] in request.body.decode()


def test_capture(server: Server) -> None:
    with make(server) as client, capture() as answers:
        client.check(**ASK)
        with pytest.raises(errors.CustomerNotFoundError):
            client.check(customer_id="missing", feature_id="f")
        list(client.customers.list())
    assert [answer.status_code for answer in answers] == [200, 404, 200, 200, 200]


def keys_of(server: Server) -> list[str]:
    return [request.headers["authorization"] for request in server.requests]


def test_a_source_of_keys_runs_on_the_callers_thread(server: Server) -> None:
    def key() -> str:
        return f"key_of_{threading.current_thread().name}"

    with make(server, key) as client:
        client.check(**ASK)
        other = threading.Thread(target=client.check, kwargs=ASK, name="other")
        other.start()
        other.join()
        list(client.customers.list())
    expected = ["MainThread", "other", "MainThread", "MainThread", "MainThread"]
    assert keys_of(server) == [f"Bearer key_of_{name}" for name in expected]


def test_a_source_of_keys_may_make_calls_itself(server: Server) -> None:
    def inner_key() -> str:
        return "inner_key"

    def outer_key() -> str:
        answer = inner.check(customer_id="outer_key", feature_id="f")
        assert answer.customer_id is not None
        return answer.customer_id

    with make(server, inner_key) as inner, make(server, outer_key) as client:
        client.check(**ASK)
        client.check(**ASK)
    assert keys_of(server) == ["Bearer inner_key", "Bearer outer_key"] * 2


def test_an_async_source_of_keys_is_awaited_on_the_private_loop(server: Server) -> None:
    async def key() -> str:
        await asyncio.sleep(0)
        return threading.current_thread().name

    with make(server, key) as client:
        client.check(**ASK)
        assert list(client.customers.list())
    assert set(keys_of(server)) == {"Bearer autumn-async"}


def test_both_sides_ask_the_same_source(server: Server) -> None:
    async def key() -> str:
        return threading.current_thread().name

    async def main() -> None:
        async with make(server, key) as client:
            await client.check_async(**ASK)
            await asyncio.to_thread(client.check, **ASK)

    asyncio.run(main())
    assert keys_of(server) == ["Bearer MainThread", "Bearer autumn-async"]


@pytest.fixture
def nothing_left_unawaited() -> Iterator[None]:
    """Fails if a coroutine is dropped without having been awaited."""
    gc.collect()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
        gc.collect()
    assert [str(each.message) for each in caught] == []


@pytest.mark.usefixtures("nothing_left_unawaited")
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("is_async", [False, True])
def test_a_source_of_keys_that_raises(
    server: Server, error: type[BaseException], is_async: bool
) -> None:
    def key() -> str:
        raise error("no key today")

    async def async_key() -> str:
        raise error("no key today")

    with make(server, async_key if is_async else key) as client:
        for _ in range(2):
            with pytest.raises(error, match="no key today"):
                client.check(**ASK)
            with pytest.raises(error, match="no key today"):
                client.customers.list()
    assert server.requests == []


@pytest.mark.usefixtures("nothing_left_unawaited")
def test_a_key_that_is_not_needed_after_all(server: Server) -> None:
    """The call fails before it comes to the key."""

    async def key() -> str:
        raise AssertionError

    with make(server, key) as client, pytest.raises(TypeError, match="nonsense"):
        client.check(**ASK, nonsense=1)  # type: ignore[call-arg]
    with make(server, lambda: key()) as client, pytest.raises(ValueError, match="customer_id"):
        client.check(customer_id="", feature_id="f")
    client.close()
    with pytest.raises(errors.ClientClosedError):
        make_closed(server).check(**ASK)


def make_closed(server: Server) -> Autumn:
    client = make(server, lambda: "am_sk_test_x")
    client.close()
    return client


@pytest.mark.parametrize("value", [None, 3, b"key", ""])
def test_a_source_that_gives_no_key(server: Server, value: object) -> None:
    with make(server, lambda: value) as client, pytest.raises((TypeError, ValueError)):
        client.check(**ASK)
    assert server.requests == []


def test_pages_take_one_hop_each(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from autumn_async import portal

    hops: list[object] = []
    run = portal.Portal.run

    def counted(self: portal.Portal, *arguments: Any) -> Any:
        hops.append(arguments)
        return run(self, *arguments)

    monkeypatch.setattr(portal.Portal, "run", counted)
    with make(server) as client:
        assert [each.id for each in client.customers.list()] == [f"cus_{n}" for n in range(6)]
        assert len(hops) == 3
        hops.clear()
        for page in client.customers.list().pages():
            assert len(page.list) == 2
        assert len(hops) == 3
        hops.clear()
        for _ in client.customers.list():
            break
        assert len(hops) == 1


@pytest.mark.usefixtures("nothing_left_unawaited")
def test_a_list_that_is_left_early_leaves_nothing_behind(server: Server) -> None:
    from autumn_async import portal

    with make(server) as client:
        for customer in client.customers.list():
            if customer.id == "cus_2":
                break
        started = iter(client.customers.list().pages())
        next(started)
        del started, customer
        assert not portal.current()._inbox
    assert len(server.requests) == 3
    wait_for = [thread.name for thread in threading.enumerate() if "asyncio" in thread.name]
    assert wait_for == []
