"""Customer tokens: a client that speaks for one customer, and a token that stays fresh."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from autumn_async import (
    AsyncAutumn,
    AuthenticationError,
    Autumn,
    AutumnTimeoutError,
    TokenSource,
    capture,
)
from autumn_async.models import CustomerToken
from tests.scripted_server import Action, Hang, Recorded, Reply, ScriptedServer
from tests.wire.helpers import ALLOWED, KEY, ONCE, SUBJECT, autumn_error

HOUR = 3_600_000


def now() -> int:
    return int(time.time() * 1000)


def token(number: int, *, lasts: int = HOUR) -> CustomerToken:
    """The n-th pair of tokens of a family."""
    return CustomerToken(
        access_token=f"am_jwt_access_{number}",
        expires_at=now() + lasts,
        refresh_token=f"am_jwt_refresh_{number}",
        refresh_expires_at=now() + 24 * HOUR,
    )


class Family:
    """Answers checks, and trades the n-th refresh token for the next pair, once."""

    def __init__(self, *, delay: float = 0.0, lasts: int = HOUR) -> None:
        self._delay, self._lasts = delay, lasts
        self.newest = 0
        self.trouble: list[Action] = []
        self.refreshes: list[Recorded] = []
        self.checks: list[str] = []
        self.asked = threading.Event()

    def __call__(self, request: Recorded) -> Action:
        bearer = request.headers["authorization"].removeprefix("Bearer ")
        if request.path != "/v1/keys.refresh":
            self.checks.append(bearer)
            return Reply(body=ALLOWED)
        self.refreshes.append(request)
        self.asked.set()
        if self.trouble:
            return self.trouble.pop(0)
        if bearer != f"am_jwt_refresh_{self.newest}":
            return autumn_error("invalid_secret_key", 401)
        self.newest += 1
        made = token(self.newest, lasts=self._lasts)
        body = {name: getattr(made, name) for name in made.__struct_fields__}
        return Reply(body=body, delay=self._delay)


def source(server: ScriptedServer, held: CustomerToken, **options: Any) -> TokenSource:
    def make_client(key: str) -> AsyncAutumn:
        return AsyncAutumn(key, server_url=server.url, retry_config=ONCE)

    return TokenSource(held, make_client=make_client, **options)


def client(server: ScriptedServer, key: Any) -> AsyncAutumn:
    return AsyncAutumn(key, server_url=server.url, fail_open=False, retry_config=ONCE)


async def test_a_client_can_be_built_from_a_customer_token() -> None:
    family = Family()
    with ScriptedServer(family) as server:
        async with client(server, token(0).access_token) as autumn:
            await autumn.check(**SUBJECT)
            assert "am_jwt_***" in repr(autumn)
            assert "access" not in repr(autumn)
    assert family.checks == ["am_jwt_access_0"]


@pytest.mark.parametrize("key", ["am_sk_test_own", lambda: "am_sk_test_own"])
async def test_a_refresh_is_authenticated_by_the_refresh_token(key: Any) -> None:
    family = Family()
    with ScriptedServer(family) as server:
        async with client(server, key) as autumn:
            fresh = await autumn.keys.refresh(refresh_token="Bearer am_jwt_refresh_0")
            await autumn.check(**SUBJECT)
    assert fresh.access_token == "am_jwt_access_1"
    assert [request.json for request in family.refreshes] == [{}]
    assert family.checks == ["am_sk_test_own"]


async def test_a_client_with_a_refresh_token_as_its_key_refreshes_by_it() -> None:
    with ScriptedServer(Family()) as server:
        async with client(server, "am_jwt_refresh_0") as autumn:
            assert (await autumn.keys.refresh()).access_token == "am_jwt_access_1"


@pytest.mark.parametrize("bad", ["", "two words", "line\nbreak"])
async def test_a_refresh_token_that_cannot_be_sent_is_refused_without_showing_it(bad: str) -> None:
    async with AsyncAutumn(KEY, server_url="http://localhost:1") as autumn:
        with pytest.raises(ValueError, match=r"^refresh_token (is empty|has characters)") as caught:
            await autumn.keys.refresh(refresh_token=bad)
        assert not bad or bad not in str(caught.value)
        with pytest.raises(TypeError, match=r"^refresh_token must be"):
            await autumn.keys.refresh(refresh_token=5)  # type: ignore[arg-type]


async def test_a_token_that_holds_is_used_as_it_is() -> None:
    family = Family()
    with ScriptedServer(family) as server:
        async with client(server, source(server, token(0))) as autumn:
            await autumn.check(**SUBJECT)
    assert (family.checks, family.refreshes) == (["am_jwt_access_0"], [])


async def test_a_token_without_an_end_is_never_renewed() -> None:
    held = CustomerToken(access_token="am_jwt_for_ever")
    assert await TokenSource(held)() == "am_jwt_for_ever"


def test_a_token_that_cannot_be_renewed_is_refused() -> None:
    held = CustomerToken(access_token="am_jwt_x", expires_at=now() + HOUR)
    with pytest.raises(ValueError, match="no refresh token"):
        TokenSource(held)


@pytest.mark.parametrize("lasts", [59_000, -1])
async def test_it_is_renewed_ahead_of_its_end_once_for_all_who_wait(lasts: int) -> None:
    family = Family(delay=0.1)
    with ScriptedServer(family) as server:
        keys = source(server, token(0, lasts=lasts))
        async with client(server, keys) as one, client(server, keys) as other:
            await asyncio.gather(*(autumn.check(**SUBJECT) for autumn in [one, other] * 20))
    assert family.checks == ["am_jwt_access_1"] * 40
    assert len(family.refreshes) == 1


async def test_each_refresh_uses_the_newest_refresh_token() -> None:
    kept: list[str | None] = []
    with ScriptedServer(Family()) as server:
        keys = source(
            server,
            token(0, lasts=1),
            on_refresh=lambda fresh: kept.append(fresh.refresh_token),
        )
        for number in (1, 2, 3):
            keys._due_at = 0.0
            assert await keys() == f"am_jwt_access_{number}"
    assert kept == ["am_jwt_refresh_1", "am_jwt_refresh_2", "am_jwt_refresh_3"]


@pytest.mark.parametrize("lasts", [59_000, 1, -HOUR])
async def test_tokens_that_hardly_last_are_not_renewed_over_and_over(lasts: int) -> None:
    family = Family(lasts=lasts)
    with ScriptedServer(family) as server:
        keys = source(server, token(0, lasts=1))
        assert [await keys() for _ in range(5)] == ["am_jwt_access_1"] * 5
    assert len(family.refreshes) == 1


def test_threads_and_loops_share_one_refresh() -> None:
    family = Family(delay=0.2)
    with ScriptedServer(family) as server:
        keys = source(server, token(0, lasts=1))
        ready = threading.Barrier(9)

        def check_by_thread(autumn: Autumn) -> None:
            ready.wait()
            autumn.check(**SUBJECT)

        def check_on_a_loop_of_its_own() -> None:
            async def check() -> None:
                async with client(server, keys) as autumn:
                    ready.wait()
                    await autumn.check(**SUBJECT)

            asyncio.run(check())

        with (
            Autumn(keys, server_url=server.url, fail_open=False) as autumn,
            ThreadPoolExecutor(9) as pool,
        ):
            futures = [pool.submit(check_by_thread, autumn) for _ in range(6)]
            futures += [pool.submit(check_on_a_loop_of_its_own) for _ in range(3)]
            for future in futures:
                future.result()
    assert family.checks == ["am_jwt_access_1"] * 9
    assert len(family.refreshes) == 1


async def test_a_caller_who_gives_up_does_not_end_the_wait_of_the_others() -> None:
    family = Family(delay=0.3)
    with ScriptedServer(family) as server:
        async with client(server, source(server, token(0, lasts=1))) as autumn:
            hasty = asyncio.ensure_future(autumn.check(**SUBJECT, deadline_ms=50))
            await asyncio.sleep(0)
            patient = asyncio.ensure_future(autumn.check(**SUBJECT))
            with pytest.raises(AutumnTimeoutError, match="secret_key took longer than"):
                await hasty
            await patient
    assert (family.checks, len(family.refreshes)) == (["am_jwt_access_1"], 1)


def test_if_the_loop_of_a_refresh_ends_the_next_caller_begins_another() -> None:
    family = Family()
    family.trouble = [Hang()]
    with ScriptedServer(family) as server:
        keys = source(server, token(0, lasts=1))

        async def leave_early() -> None:
            waiting = asyncio.ensure_future(keys())
            await asyncio.to_thread(family.asked.wait, 10)
            waiting.cancel()

        asyncio.run(leave_early())
        assert asyncio.run(keys()) == "am_jwt_access_1"
    assert len(family.refreshes) == 2


async def test_a_failed_refresh_is_no_trouble_while_the_token_holds(
    caplog: pytest.LogCaptureFixture,
) -> None:
    family = Family()
    family.trouble = [autumn_error("internal_error", 500)]
    with ScriptedServer(family) as server:
        keys = source(server, token(0, lasts=59_000))
        assert [await keys() for _ in range(3)] == ["am_jwt_access_0"] * 3
        assert len(family.refreshes) == 1
        keys._due_at = 0.0
        assert await keys() == "am_jwt_access_1"
    assert "could not be renewed yet" in caplog.text
    assert "am_jwt" not in caplog.text


async def test_a_failed_refresh_reaches_all_who_wait_once_the_token_has_ended() -> None:
    family = Family(delay=0.1)
    family.newest = 7
    with ScriptedServer(family) as server:
        async with client(server, source(server, token(0, lasts=-1))) as autumn:
            calls = [autumn.check(**SUBJECT) for _ in range(5)]
            failures = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(failure) for failure in failures} == {AuthenticationError}
    assert family.checks == []


async def test_what_happens_to_the_new_token_does_not_stop_calls(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def full_disk(fresh: CustomerToken) -> None:
        raise OSError("the disk is full")

    with ScriptedServer(Family()) as server:
        keys = source(server, token(0, lasts=1), on_refresh=full_disk)
        assert await keys() == "am_jwt_access_1"
    assert "on_refresh failed" in caplog.text
    assert "the disk is full" in caplog.text


async def test_a_refresh_is_no_part_of_what_its_caller_captures() -> None:
    with ScriptedServer(Family()) as server:
        async with client(server, source(server, token(0, lasts=1))) as autumn:
            with capture() as answers:
                await autumn.check(**SUBJECT)
    assert [answer.json() for answer in answers] == [ALLOWED]


async def test_a_source_shows_no_secret() -> None:
    keys = TokenSource(token(0))
    assert "access_token='***', expires_at=" in repr(keys)
    assert "am_jwt" not in repr(keys) + str(keys.token)


SCRIPT = """
    import asyncio, sys, time
    from autumn_async import AsyncAutumn, TokenSource
    from autumn_async.models import CustomerToken

    held = CustomerToken(access_token="a", expires_at=1, refresh_token="am_jwt_refresh_0")
    keys = TokenSource(held, make_client=lambda key: AsyncAutumn(key, server_url=sys.argv[1]))
"""


def started(server: ScriptedServer, script: str) -> subprocess.Popen[str]:
    program = textwrap.dedent(SCRIPT) + textwrap.dedent(script)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", program, server.url], **pipes)


def ended(program: subprocess.Popen[str], told: str = "") -> list[str]:
    """The words that a program prints once it is told something."""
    out, _ = program.communicate(told, timeout=60)
    assert program.returncode == 0
    return out.split()


def test_a_refresh_loads_nothing() -> None:
    script = """
        async def main():
            async with AsyncAutumn(keys, server_url=sys.argv[1]) as autumn:
                before = set(sys.modules)
                await autumn.check(customer_id="c", feature_id="f")
                print(*sorted(set(sys.modules) - before))
        asyncio.run(main())
    """
    with ScriptedServer(Family()) as server:
        assert ended(started(server, script)) == []


ASKED = "asyncio.to_thread(sys.stdin.readline)"
"""Waits until the server has been asked: then this process is told so."""

LEFT_BEHIND = {
    "closed": f"""
        loop = asyncio.new_event_loop()
        loop.create_task(keys())
        loop.run_until_complete({ASKED})
        loop.close()
        print(asyncio.run(keys()))
    """,
    "forked": f"""
        import os

        async def main():
            waiting = asyncio.ensure_future(keys())
            await {ASKED}
            if os.fork() == 0:
                os._exit(in_child())
            os.wait()
            waiting.cancel()

        def in_child():
            asyncio.events._set_running_loop(None)
            print(asyncio.run(keys()), flush=True)
            return 0

        asyncio.run(main())
    """,
}


@pytest.mark.parametrize("how", LEFT_BEHIND)
def test_a_refresh_that_was_left_behind_is_begun_again(how: str) -> None:
    family = Family()
    family.trouble = [Hang()]
    with ScriptedServer(family) as server, started(server, LEFT_BEHIND[how]) as program:
        assert family.asked.wait(30)
        assert ended(program, "\n") == ["am_jwt_access_1"]
    assert len(family.refreshes) == 2


def test_a_bad_length_of_time_is_refused() -> None:
    bad: Callable[..., Any] = TokenSource
    with pytest.raises(TypeError, match="ahead_ms"):
        bad(token(0), ahead_ms="60")
