"""The life of a client: sessions, loops, closing, and what it leaves behind."""

from __future__ import annotations

import asyncio
import copy
import gc
import inspect
import re
import threading
import warnings
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import aiohttp
import pytest

from autumn_async import (
    AsyncAutumn,
    Autumn,
    AutumnConnectionError,
    AutumnSDKError,
    AutumnTimeoutError,
    ClientClosedError,
    NotFoundError,
)
from tests.scripted_server import Hang, Reply, ScriptedServer
from tests.wire.helpers import (
    KEY,
    OK,
    ONCE,
    SUBJECT,
    autumn_error,
    client,
    dying_loops,
    eventually,
    within,
)


def on_a_loop_of_its_own(run: Callable[[], Coroutine[Any, Any, object]]) -> BaseException | None:
    """Runs a coroutine on a new loop in another thread, and returns what it raised."""
    errors: list[BaseException] = []

    def main() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=main)
    thread.start()
    thread.join()
    return errors[0] if errors else None


class TestReadySession:
    async def test_is_used_and_never_closed_by_us(self) -> None:
        with ScriptedServer([OK]) as server:
            async with aiohttp.ClientSession(headers={"x-mine": "yes"}) as session:
                async with client(server, session=session) as autumn:
                    await autumn.check(**SUBJECT)
                assert not session.closed
                async with session.get(server.url) as answer:
                    assert answer.status == 200
        assert server.connections == 1
        assert server.requests[0].headers["x-mine"] == "yes"
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"

    async def test_closed_by_its_owner(self) -> None:
        session = aiohttp.ClientSession()
        await session.close()
        with ScriptedServer([OK]) as server:
            async with client(server, session=session, fail_open=True) as autumn:
                with pytest.raises(ClientClosedError, match="the session is closed"):
                    await autumn.check(**SUBJECT)
        assert server.requests == []

    async def test_closed_client_over_an_open_session(self) -> None:
        async with aiohttp.ClientSession() as session:
            autumn = client("http://localhost", session=session)
            await autumn.aclose()
            with pytest.raises(ClientClosedError):
                await autumn.check(**SUBJECT)
            assert not session.closed

    async def test_that_raises_for_status_does_not_hide_our_errors(self) -> None:
        with ScriptedServer([autumn_error("customer_not_found", 404)]) as server:
            async with (
                aiohttp.ClientSession(raise_for_status=True) as session,
                client(server, session=session) as autumn,
            ):
                with pytest.raises(NotFoundError):
                    await autumn.check(**SUBJECT)

    async def test_with_a_base_url_of_its_own(self) -> None:
        with ScriptedServer([OK]) as server:
            async with (
                aiohttp.ClientSession(base_url="http://elsewhere.invalid/v9/") as session,
                client(server, session=session) as autumn,
            ):
                await autumn.check(**SUBJECT)
        assert server.requests[0].path == "/v1/balances.check"

    async def test_timeouts_of_ours_win_over_its_own(self) -> None:
        forever = aiohttp.ClientTimeout(total=None)
        with ScriptedServer([Hang()]) as server, within():
            async with (
                aiohttp.ClientSession(timeout=forever) as session,
                client(server, session=session, retry_config=ONCE, timeout_ms=50) as autumn,
            ):
                with pytest.raises(AutumnTimeoutError):
                    await autumn.check(**SUBJECT)

    async def test_of_a_dead_loop_is_a_clear_error(self) -> None:
        autumns: list[AsyncAutumn] = []

        async def elsewhere() -> None:
            async with aiohttp.ClientSession() as session:
                autumns.append(client(server, session=session))
                await autumns[0].check(**SUBJECT)

        with ScriptedServer([OK]) as server:
            assert on_a_loop_of_its_own(elsewhere) is None
            with pytest.raises(AutumnSDKError, match=r"event loop that is closed.*factory"):
                await autumns[0].check(**SUBJECT)

    async def test_made_on_a_dead_loop_is_a_clear_error(self) -> None:
        sessions: list[aiohttp.ClientSession] = []

        async def make() -> None:
            sessions.append(aiohttp.ClientSession())

        assert on_a_loop_of_its_own(make) is None
        with ScriptedServer([OK]) as server:
            for session in (sessions[0], lambda: sessions[0]):
                autumn = client(server, session=session)
                with pytest.raises(AutumnSDKError, match=r"event loop that is closed.*factory"):
                    await autumn.check(**SUBJECT)
        assert server.connections == 0
        await sessions[0].close()

    async def test_made_on_another_live_loop_is_a_clear_error(self) -> None:
        async def use() -> None:
            with pytest.raises(AutumnSDKError, match=r"not the running one.*factory"):
                await client(server, session=session).check(**SUBJECT)

        with ScriptedServer([OK]) as server:
            async with aiohttp.ClientSession() as session:
                await client(server, session=session).check(**SUBJECT)
                assert on_a_loop_of_its_own(use) is None
                await client(server, session=session).check(**SUBJECT)
        assert server.connections == 1

    def test_is_refused_by_the_sync_client_with_the_reason(self) -> None:
        async def make() -> None:
            async with aiohttp.ClientSession() as session:
                with pytest.raises(TypeError, match=r"function.*one event loop"):
                    Autumn(KEY, session=session)  # type: ignore[arg-type]

        asyncio.run(make())


class Factory:
    """A session factory that remembers what it made."""

    def __init__(self, **arguments: Any) -> None:
        self.arguments = arguments
        self.made: list[aiohttp.ClientSession] = []

    def __call__(self) -> aiohttp.ClientSession:
        self.made.append(aiohttp.ClientSession(**self.arguments))
        return self.made[-1]

    async def later(self) -> aiohttp.ClientSession:
        await asyncio.sleep(0.01)
        return self()


async def test_a_copy_of_a_client_does_not_own_its_connections() -> None:
    with ScriptedServer([OK]) as server:
        async with client(server) as autumn:
            await autumn.check(**SUBJECT)
            twin = copy.copy(autumn)
            await twin.check(**SUBJECT)
            del twin
            gc.collect()
            await asyncio.sleep(0)
            await autumn.check(**SUBJECT)
        assert server.connections == 1


class TestFactory:
    @pytest.mark.parametrize("kind", ["function", "coroutine function", "class"])
    async def test_makes_the_session_that_the_client_closes(self, kind: str) -> None:
        factory = Factory(headers={"x-mine": "yes"})
        session: Any = {
            "function": factory,
            "coroutine function": factory.later,
            "class": aiohttp.ClientSession,
        }[kind]
        with ScriptedServer([OK]) as server:
            async with client(server, session=session) as autumn:
                assert factory.made == []
                await autumn.check(**SUBJECT)
                await autumn.check(**SUBJECT)
            if kind != "class":
                (made,) = factory.made
                assert made.closed
                assert server.requests[0].headers["x-mine"] == "yes"
        assert server.connections == 1

    @pytest.mark.parametrize("late", [False, True])
    async def test_is_called_once_by_200_first_calls_at_once(self, late: bool) -> None:
        factory = Factory()
        with ScriptedServer([OK]) as server:
            session = factory.later if late else factory
            async with client(server, session=session) as autumn:
                await asyncio.gather(*(autumn.check(**SUBJECT) for _ in range(200)))
        assert len(factory.made) == 1
        assert len(server.requests) == 200

    async def test_is_called_once_for_each_loop(self) -> None:
        factory = Factory()
        with ScriptedServer([OK]) as server, dying_loops():
            autumn = client(server, session=factory)

            async def one_call() -> None:
                await autumn.check(**SUBJECT)

            for _ in range(3):
                assert on_a_loop_of_its_own(one_call) is None
            await one_call()
            await autumn.aclose()
        assert len(factory.made) == 4
        assert all(session.closed for session in factory.made)

    @pytest.mark.parametrize("made", [None, "session", 5, object()])
    async def test_that_makes_something_else(self, made: Any) -> None:
        async with client("http://localhost", session=lambda: made) as autumn:
            kind = type(made).__name__
            with pytest.raises(TypeError, match=f"the factory made a {kind}, not an aiohttp"):
                await autumn.check(**SUBJECT)

    async def test_that_fails_is_asked_again_by_the_next_call(self) -> None:
        outcomes: list[Any] = [OSError("no file descriptors"), aiohttp.ClientSession()]

        def factory() -> aiohttp.ClientSession:
            outcome = outcomes.pop(0)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome  # type: ignore[no-any-return]

        with ScriptedServer([OK]) as server:
            async with client(server, session=factory) as autumn:
                with pytest.raises(OSError, match="no file descriptors"):
                    await autumn.check(**SUBJECT)
                assert (await autumn.check(**SUBJECT)).allowed

    async def test_that_hangs_ends_with_the_call(self) -> None:
        async def hangs() -> aiohttp.ClientSession:
            await asyncio.sleep(3600)
            raise AssertionError

        with within():
            async with client("http://localhost", session=hangs, deadline_ms=100) as autumn:
                with pytest.raises(AutumnTimeoutError, match="session factory") as caught:
                    await autumn.check(**SUBJECT)
                assert caught.value.outcome == "not sent"
                answer = await autumn.check(**SUBJECT, fail_open=True)
        assert answer.failed_open

    async def test_time_it_takes_is_the_calls_time(self) -> None:
        async def slow() -> aiohttp.ClientSession:
            await asyncio.sleep(0.2)
            return aiohttp.ClientSession()

        with ScriptedServer([Hang()]) as server:
            async with client(server, session=slow, timeout_ms=700, retry_config=ONCE) as autumn:
                with pytest.raises(AutumnTimeoutError, match="no answer from") as caught:
                    await autumn.check(**SUBJECT)
        left = re.search(r"within (\d+) ms", str(caught.value))
        assert left is not None
        assert int(left[1]) <= 500

    async def test_error_of_its_own_is_not_taken_for_a_timeout(self) -> None:
        async def impatient() -> aiohttp.ClientSession:
            raise TimeoutError("the vault is slow")

        async with client("http://localhost", session=impatient) as autumn:
            with pytest.raises(TimeoutError, match="the vault is slow"):
                await autumn.check(**SUBJECT)

    async def test_session_of_a_client_that_is_closed_meanwhile_is_closed_too(self) -> None:
        factory = Factory()
        with ScriptedServer([OK]) as server:
            autumn = client(server, session=factory.later)
            calls = [asyncio.ensure_future(autumn.check(**SUBJECT)) for _ in range(3)]
            await asyncio.sleep(0)
            await autumn.aclose()
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [ClientClosedError] * 3
        assert len(factory.made) == 1
        assert factory.made[0].closed
        assert server.requests == []


class TestMiddleware:
    async def test_sees_and_may_change_each_request(self) -> None:
        seen: list[str] = []

        async def sign(
            request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
        ) -> aiohttp.ClientResponse:
            seen.append(str(request.url))
            request.headers["x-signature"] = f"s{len(seen)}"
            return await handler(request)

        replies = [Reply(503, headers={"retry-after": "0"}), OK]
        with ScriptedServer(replies) as server:
            factory = Factory(middlewares=(sign,))
            async with client(server, session=factory) as autumn:
                await autumn.check(**SUBJECT)
                await autumn.check(**SUBJECT)
        assert seen == [f"{server.url}/v1/balances.check"] * 3
        signatures = [request.headers["x-signature"] for request in server.requests]
        assert signatures == ["s1", "s2", "s3"], "each attempt passes through it, on a copy"

    async def test_timeouts_behind_it_are_told_apart_all_the_same(self) -> None:
        async def plain(
            request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
        ) -> aiohttp.ClientResponse:
            return await handler(request)

        factory = Factory(middlewares=(plain,), connector=None)
        with ScriptedServer([Hang()]) as server:
            async with client(server, session=factory, retry_config=ONCE) as autumn:
                with pytest.raises(AutumnTimeoutError) as caught:
                    await autumn.check(**SUBJECT, timeout_ms=100)
        assert caught.value.outcome == "unknown"

    async def test_refusal_of_its_own_comes_out_as_it_is(self) -> None:
        class NotNow(Exception):
            pass

        async def refuse(
            request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
        ) -> aiohttp.ClientResponse:
            raise NotNow

        with ScriptedServer([OK]) as server:
            factory = Factory(middlewares=(refuse,))
            async with client(server, session=factory, fail_open=True) as autumn:
                with pytest.raises(NotNow):
                    await autumn.check(**SUBJECT)
        assert server.requests == []


class TestLoops:
    async def test_second_live_loop_is_a_clear_error(self) -> None:
        with ScriptedServer([OK]) as server:
            async with client(server) as autumn:
                await autumn.check(**SUBJECT)

                async def elsewhere() -> None:
                    await autumn.check(**SUBJECT)

                error = await asyncio.to_thread(on_a_loop_of_its_own, elsewhere)
                assert isinstance(error, AutumnSDKError)
                assert "another event loop that is still alive" in str(error)
                await autumn.check(**SUBJECT)

    def test_dead_loop_is_replaced(self, caplog: pytest.LogCaptureFixture) -> None:
        with ScriptedServer([OK]) as server, dying_loops():
            autumn = client(server)
            for _ in range(3):
                assert asyncio.run(autumn.check(**SUBJECT)).allowed
                gc.collect()
            asyncio.run(autumn.aclose())
        assert server.connections == 3
        assert caplog.records == [], "aiohttp complains of sessions that nobody closes"

    async def test_200_first_calls_on_a_second_loop(self) -> None:
        factory = Factory()
        with ScriptedServer([OK]) as server, dying_loops():
            autumn = client(server, session=factory)

            async def one_call() -> None:
                await autumn.check(**SUBJECT)

            assert on_a_loop_of_its_own(one_call) is None
            await asyncio.gather(*(one_call() for _ in range(200)))
            await autumn.aclose()
        assert len(factory.made) == 2


class TestClosing:
    async def test_can_be_repeated(self) -> None:
        with ScriptedServer([OK]) as server:
            autumn = client(server)
            await autumn.check(**SUBJECT)
            await autumn.aclose()
            await autumn.aclose()

    async def test_before_the_first_call(self) -> None:
        autumn = client("http://localhost")
        await autumn.aclose()
        with pytest.raises(ClientClosedError, match="this client is closed; make a new one"):
            await autumn.check(**SUBJECT)

    async def test_closed_client_does_not_fail_open(self) -> None:
        with ScriptedServer([OK]) as server:
            async with client(server, fail_open=True) as autumn:
                await autumn.check(**SUBJECT)
            with pytest.raises(ClientClosedError):
                await autumn.check(**SUBJECT)
            with pytest.raises(ClientClosedError):
                await autumn.track(**SUBJECT)
        assert len(server.requests) == 1

    async def test_closes_the_connections(self) -> None:
        with ScriptedServer([Hang()]) as server:
            autumn = client(server, retry_config=ONCE)
            call = asyncio.ensure_future(autumn.check(**SUBJECT))
            await eventually(lambda: len(server.requests) == 1)
            await autumn.aclose()
            with pytest.raises(AutumnConnectionError) as caught:
                await call
            await eventually(lambda: server.hang_ups == 1)
        assert caught.value.outcome == "unknown"

    async def test_on_another_loop_is_refused_and_can_be_made_good(self) -> None:
        factory = Factory()
        with ScriptedServer([OK]) as server:
            autumn = client(server, session=factory)
            await autumn.check(**SUBJECT)
            error = await asyncio.to_thread(on_a_loop_of_its_own, autumn.aclose)
            assert isinstance(error, RuntimeError)
            assert "closed on the event loop that it was used on" in str(error)
            await autumn.check(**SUBJECT)
            await autumn.aclose()
        assert factory.made[0].closed

    async def test_leaving_the_block_by_an_exception_closes_too(self) -> None:
        factory = Factory()

        async def stumble(server: ScriptedServer) -> None:
            async with client(server, session=factory) as autumn:
                await autumn.check(**SUBJECT)
                raise ZeroDivisionError

        with ScriptedServer([OK]) as server, pytest.raises(ZeroDivisionError):
            await stumble(server)
        assert factory.made[0].closed


class TestForgotten:
    """A client that nobody closes is told of once, by the line where it was made."""

    @staticmethod
    def warnings_of(run: Callable[[], Awaitable[None]]) -> list[str]:
        """Our own warnings; aiohttp and asyncio add theirs about sessions and sockets."""
        texts: list[str] = []
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            # Not `record=True`: the records would keep alive what the warnings are about.
            warnings.showwarning = lambda message, *_: texts.append(str(message))
            asyncio.run(run())  # type: ignore[arg-type]
            gc.collect()
        return [text for text in texts if "made at" in text]

    def test_with_connections_open(self) -> None:
        lines: list[int] = []

        async def forgets() -> None:
            lines.append(inspect.currentframe().f_lineno + 1)  # type: ignore[union-attr]
            autumn = AsyncAutumn(KEY, server_url=server.url)
            await autumn.check(**SUBJECT)

        with ScriptedServer([OK]) as server:
            assert self.warnings_of(forgets) == [
                f"AsyncAutumn made at {__file__}:{lines[0]} was not closed"
            ]

    def test_of_which_only_a_derived_client_is_left(self) -> None:
        async def forgets() -> None:
            derived = client(server).with_options(timeout_ms=4_000)
            gc.collect()
            await derived.check(**SUBJECT)
            await derived.aclose()

        with ScriptedServer([OK]) as server:
            assert len(self.warnings_of(forgets)) == 1

    def test_whose_loop_has_died(self) -> None:
        autumns: list[AsyncAutumn] = []

        async def forgets() -> None:
            autumns.append(client(server))
            await autumns[0].check(**SUBJECT)

        with ScriptedServer([OK]) as server:
            assert self.warnings_of(forgets) == []

            async def nothing() -> None:
                autumns.clear()

            assert len(self.warnings_of(nothing)) == 1

    def test_nothing_was_opened(self) -> None:
        async def forgets() -> None:
            client("http://localhost")

        assert self.warnings_of(forgets) == []

    def test_session_is_the_users(self) -> None:
        async def forgets() -> None:
            async with aiohttp.ClientSession() as session:
                await client(server, session=session).check(**SUBJECT)
                gc.collect()

        with ScriptedServer([OK]) as server:
            assert self.warnings_of(forgets) == []

    def test_constructor_that_failed_leaves_nothing_behind(self) -> None:
        async def fails() -> None:
            for bad in ({"session": 5}, {"timeout_ms": -1}):
                with pytest.raises((TypeError, ValueError)):
                    AsyncAutumn(KEY, **bad)  # type: ignore[arg-type]

        assert self.warnings_of(fails) == []
