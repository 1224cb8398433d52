"""What people get wrong, and what processes, loops and threads do to a cache."""

from __future__ import annotations

import asyncio
import gc
import os
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from autumn_async import AsyncAutumn, Autumn, ClientClosedError, FeatureNotFoundError
from autumn_async.caching.memory import Memory
from autumn_async.caching.options import options_from
from autumn_async.caching.rules import Rule
from autumn_async.emulator import Emulator
from tests.scripted_server import Hang, ScriptedServer

from .helpers import SUBJECT, Books, FakeTime, staged

RULES = {"messages": Rule()}


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"max_age": -1}, ValueError, "max_age must be a number of seconds, 0 or more, not -1"),
        ({"max_age": 0}, ValueError, "max_age must be more than 0"),
        ({"max_age": float("nan")}, ValueError, "max_age must be .* not nan"),
        ({"max_age": float("inf")}, ValueError, "max_age must be .* not inf"),
        ({"max_age": "30"}, TypeError, "max_age must be a number of seconds or a timedelta"),
        ({"max_age": True}, TypeError, "max_age must be a number of seconds or a timedelta"),
        ({"max_age": 1, "stale": -1}, ValueError, "stale must be a number of seconds"),
        ({"max_age": 1, "stale": timedelta(-1)}, ValueError, "stale must be a number of seconds"),
        ({"max_age": 1, "max_entries": 0}, ValueError, "max_entries must be at least 1"),
        ({"max_age": 1, "max_entries": 1.5}, TypeError, "max_entries must be an int"),
        ({"max_age": 1, "maxage": 2}, TypeError, "maxage"),
        ({}, TypeError, "max_age"),
    ],
)
def test_bad_settings_are_refused_by_name(given: Any, error: Any, words: str) -> None:
    for client in (AsyncAutumn("am_sk_test_x"), Autumn("am_sk_test_x")):
        with pytest.raises(error, match=words):
            client.cached(**given)


def test_lengths_of_time_may_be_timedeltas() -> None:
    options = options_from(timedelta(minutes=1), timedelta(hours=1), 5)
    assert (options.max_age, options.stale) == (60, 3600)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"customer_id": None}, TypeError, "customer_id"),
        ({"customer_id": ["ada"]}, TypeError, "customer_id"),
        ({"feature_id": {}}, TypeError, "feature_id"),
        ({"feature_id": ""}, ValueError, "feature_id must not be empty"),
        ({"required_balance": float("nan")}, ValueError, "required_balance"),
        ({"required_balance": float("inf")}, ValueError, "required_balance"),
        ({"featur_id": "x"}, TypeError, "did you mean 'feature_id'"),
        ({"deadline_ms": -1}, ValueError, "deadline_ms"),
        ({"fail_open": ["tracks"]}, ValueError, "fail_open"),
    ],
)
async def test_bad_arguments_are_refused_as_by_check(given: Any, error: Any, words: str) -> None:
    async with staged() as stage:
        await stage.ask()
        with pytest.raises(error, match=words):
            await stage.cached.check(**{**SUBJECT, **given})
        assert stage.books.asked == ["customers.get"]


async def test_nothing_but_a_string_is_a_customer_whatever_is_in_memory() -> None:
    async with staged() as stage:
        for entity_id in (None, "seat"):
            await stage.cached.check(**SUBJECT, entity_id=entity_id)
            key: Any = ("ada", entity_id)
            with pytest.raises(TypeError, match="customer_id"):
                await stage.cached.check(customer_id=key, feature_id="messages")


async def test_a_closed_client_fetches_nothing() -> None:
    async with staged(client={"fail_open": True}) as stage:
        await stage.ask()
        await stage.autumn.aclose()
        stage.time.seconds += 31
        assert await stage.ask() == (True, "stale")
        await stage.settle()
        stage.time.seconds += 300
        with pytest.raises(ClientClosedError):
            await stage.ask()


async def test_a_client_may_be_closed_while_balances_are_fetched() -> None:
    async with staged() as stage:
        await stage.ask()
        stage.time.seconds += 31
        stage.books.instead["customers.get"] = Hang()
        await stage.ask()
        await asyncio.sleep(0.05)
        await stage.autumn.aclose()
        await stage.settle()


def test_one_cache_serves_one_loop_after_another_even_if_one_ends_under_a_fetch() -> None:
    books = Books()
    with ScriptedServer(books) as server:
        autumn = AsyncAutumn("am_sk_test_x", server_url=server.url)
        cached = autumn.cached(max_age=0.001, stale=100)

        async def ask() -> str:
            source = (await cached.check(**SUBJECT)).source
            await asyncio.sleep(0.01)
            return source

        async def ask_anew() -> str:
            cached.forget()
            async with autumn:
                return await ask()

        with ignored_leaks():  # of connections, whose loops end before they are closed
            assert [asyncio.run(ask()) for _ in range(2)] == ["live", "stale"]
            books.instead["customers.get"] = Hang()
            assert asyncio.run(ask()) == "stale"
            books.instead.clear()
            assert asyncio.run(ask_anew()) == "live"


@contextmanager
def ignored_leaks() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


def test_memory_is_bounded_and_keeps_what_is_asked_for() -> None:
    memory = Memory(options_from(1000, 0, 100), FakeTime())
    for number in range(5_000):
        key = (f"customer-{number}", None)
        memory.keep(memory.ask(key), RULES, float("inf"))
        assert memory.find(("customer-0", None)) is not None
        assert len(memory.young) + len(memory._old) <= 100
        assert len(memory._accounts) <= 100


def test_a_memory_of_one() -> None:
    memory = Memory(options_from(1000, 0, 1), FakeTime())
    for name in ("ada", "ben"):
        memory.keep(memory.ask((name, None)), RULES, float("inf"))
    assert memory.find(("ada", None)) is None
    assert memory.find(("ben", None)) is not None
    assert len(memory._accounts) == 1


def test_usage_of_customers_who_are_never_asked_for_is_forgotten_once_applied() -> None:
    time = FakeTime()
    memory = Memory(options_from(1000, 0, 10), time)
    for number in range(1_000):
        usage = [((f"customer-{number}", "messages", None), 1.5)]
        memory.tracked(usage)
        memory.taken(usage)
        time.seconds += 1
        assert len(memory._accounts) <= 11


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_begins_anew_even_while_another_thread_is_inside() -> None:
    memory = Memory(options_from(1000, 0, 10), FakeTime())
    memory.tracked([(("ada", "messages", None), 5)])
    with ThreadPoolExecutor(1) as pool:
        pool.submit(memory._lock.acquire).result()
        child = os.fork()
        if child == 0:
            os._exit(0 if memory.ask(("ada", None)).spent == {} else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        pool.submit(memory._lock.release).result()


@pytest.fixture
def autumn() -> Any:
    with Emulator() as emulator, Autumn(emulator.secret_key, server_url=emulator.url) as client:
        client.features.create(feature_id="messages", name="M", type_="metered", consumable=True)
        client.customers.get_or_create(customer_id="ada")
        client.balances.create(customer_id="ada", feature_id="messages", included_grant=100)
        yield client


def test_the_sync_cache_answers_on_the_thread_of_the_caller(autumn: Autumn) -> None:
    cached = autumn.cached(max_age=300)
    assert cached.peek(**SUBJECT) is None
    assert cached.check(**SUBJECT).source == "live"
    autumn.close()  # the private loop would make no more calls
    assert cached.check(**SUBJECT).source == "cache"
    assert cached.check(**SUBJECT, required_balance=100).source == "cache"


def test_the_sync_cache_hears_of_both_kinds_of_calls(autumn: Autumn) -> None:
    cached = autumn.cached(max_age=300)
    cached.check(**SUBJECT)
    autumn.track(**SUBJECT, value=10)

    async def track() -> None:
        await autumn.track_async(**SUBJECT, value=10)
        await autumn.aclose()

    asyncio.run(track())
    decision = cached.peek(**SUBJECT)
    assert decision is not None
    assert decision.balance is not None
    assert decision.balance.remaining == 80


def test_threads_share_one_fetch_and_never_spend_more_than_there_is(autumn: Autumn) -> None:
    cached = autumn.cached(max_age=300)

    def spend(_: int) -> bool:
        decision = cached.check(**SUBJECT, required_balance=2, send_event=True)
        seen = cached.check(**SUBJECT)
        assert seen.source != "cache" or seen.balance is None or seen.balance.remaining >= 1
        return decision.allowed

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(spend, range(80))) == 50
    assert cached.check(**SUBJECT).allowed is False


def test_keys_that_have_to_be_asked_for_work_in_the_sync_cache(autumn: Autumn) -> None:
    settings = autumn._bridge.settings
    key = str(settings.secret_key)
    with Autumn(lambda: key, server_url=settings.server_url) as other:
        cached = other.cached(max_age=300)
        assert cached.check(**SUBJECT).source == "live"
        assert cached.check(**SUBJECT).source == "cache"
        with pytest.raises(FeatureNotFoundError):
            cached.check(customer_id="ada", feature_id="typo")


def test_a_cache_shows_no_secret(autumn: Autumn) -> None:
    assert "am_sk_test_***" in repr(autumn.cached(max_age=1))
