"""Which failures are repeated, how often, when; and what the caller is told of the rest."""

from __future__ import annotations

import asyncio
import email.utils
import time
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp
import pytest
import tenacity
from hypothesis import given
from hypothesis import strategies as st

from autumn_async import (
    AsyncAutumn,
    AutumnConnectionError,
    AutumnError,
    AutumnSDKError,
    AutumnTimeoutError,
    BackoffStrategy,
    ConflictError,
    DuplicateRequestError,
    NotFoundError,
    RateLimitError,
    RetryConfig,
    ServerError,
)
from autumn_async.exchange import Headers, Response
from autumn_async.models import SuccessResponse, TrackResponse
from autumn_async.wire import retrying
from tests.scripted_server import Action, Hang, Recorded, Reply, Reset, ScriptedServer
from tests.wire.helpers import (
    BOTH,
    OK,
    ONCE,
    QUICK,
    SUBJECT,
    TRACKED,
    Detours,
    autumn_error,
    bad_gateway,
    client,
    eventually,
    refused_port,
    within,
)

Kind = Callable[[AsyncAutumn], Coroutine[Any, Any, Any]]

EVENTS: list[Any] = [{**SUBJECT, "idempotency_key": "e-1"}, {**SUBJECT, "idempotency_key": "e-2"}]

READS: dict[str, Kind] = {
    "check": lambda autumn: autumn.check(**SUBJECT),
    "check, with send_event False": lambda autumn: autumn.check(**SUBJECT, send_event=False),
    "plans.list": lambda autumn: autumn.plans.list(),
}
KEYED: dict[str, Kind] = {
    "track with a key": lambda autumn: autumn.track(**SUBJECT, idempotency_key="k"),
    "check with send_event and a key": lambda autumn: autumn.check(
        **SUBJECT, send_event=True, idempotency_key="k"
    ),
    "customers.update with a key": lambda autumn: autumn.customers.delete(
        customer_id="cus_1", idempotency_key="k"
    ),
    "track with a key among its headers": lambda autumn: autumn.track(
        **SUBJECT, http_headers={"Idempotency-Key": "k"}
    ),
    "batch_track, each event with a key": lambda autumn: autumn.batch_track(EVENTS),
}
UNKEYED: dict[str, Kind] = {
    "track": lambda autumn: autumn.track(**SUBJECT),
    "check with send_event": lambda autumn: autumn.check(**SUBJECT, send_event=True),
    "check with lock": lambda autumn: autumn.check(**SUBJECT, lock={"lock_id": "l"}),
    "check with a lock that lacks its id": lambda autumn: autumn.check(
        **SUBJECT,
        lock={},  # type: ignore[typeddict-item]
    ),
    "customers.delete": lambda autumn: autumn.customers.delete(customer_id="cus_1"),
    "batch_track, one event without a key": lambda autumn: autumn.batch_track(
        [*EVENTS, SUBJECT]  # type: ignore[list-item]
    ),
}

ANSWER = Reply(body={**BOTH, "success": True, "list": []})
"""What all of these operations can read."""

NOT_DONE: dict[str, Action] = {
    "429": Reply(429, b"Too many requests, please try again later."),
    "429 of Autumn's": autumn_error("rate_limit_exceeded", 429),
    "503 with Retry-After": Reply(503, b"", {"retry-after": "0"}),
    "503 of Autumn's with Retry-After": Reply(
        503, {"message": "Busy.", "code": "service_unavailable"}, {"retry-after": "0"}
    ),
}
UNKNOWN: dict[str, Action] = {
    "reset after sending": Reset(),
    "answer cut off": Reply(body=BOTH, cut_after=60),
    "timeout": Hang(),
    "502 HTML": bad_gateway(),
    "504 HTML": bad_gateway(504),
    "500 text": Reply(500, b"Internal Server Error"),
    "503 HTML": bad_gateway(503),
    "502 of a gateway in JSON": Reply(502, {"message": "Internal server error"}),
}
FAILED: dict[str, Action] = {
    "500 of Autumn's": autumn_error("internal_error", 500),
    "503 of Autumn's": autumn_error("service_unavailable", 503),
}
FINAL: dict[str, Action] = {
    "400": autumn_error("invalid_inputs", 400),
    "401": autumn_error("invalid_secret_key", 401),
    "404": autumn_error("customer_not_found", 404),
    "408 text": Reply(408, b""),
    "409": autumn_error("customer_already_exists", 409),
    "423": autumn_error("lock_already_exists", 423),
    "302": Reply(302, b"", {"location": "/"}),
    "501 text": Reply(501, b""),
    "2xx without JSON": Reply(200, b"<html>"),
}


def cells(kinds: dict[str, Kind], faults: dict[str, Action]) -> list[Any]:
    """Each kind of call against each fault."""
    return [
        pytest.param(call, fault, id=f"{kind} - {name}")
        for kind, call in kinds.items()
        for name, fault in faults.items()
    ]


async def outcome_of(call: Kind, fault: Action) -> tuple[Any, list[Recorded]]:
    """What becomes of a call whose first attempt meets the fault, and what the server saw."""
    with ScriptedServer([fault, ANSWER]) as server, within():
        timeout = 60_000 if not isinstance(fault, Hang) else 150
        async with client(server, timeout_ms=timeout, deadline_ms=60_000) as autumn:
            try:
                return await call(autumn), server.requests
            except AutumnSDKError as error:
                return error, server.requests


class TestTable:
    """The table of what is repeated, cell by cell, with the attempts counted at the server."""

    @pytest.mark.parametrize(
        ("call", "fault"),
        [
            *cells(READS | KEYED | UNKEYED, NOT_DONE),
            *cells(READS | KEYED, UNKNOWN),
            *cells(READS, FAILED),
        ],
    )
    async def test_repeated(self, call: Kind, fault: Action) -> None:
        answer, requests = await outcome_of(call, fault)
        assert not isinstance(answer, Exception)
        assert len(requests) == 2
        assert requests[0].body == requests[1].body
        assert requests[0].headers == requests[1].headers

    @pytest.mark.parametrize(
        ("call", "fault"),
        [
            *cells(KEYED | UNKEYED, FAILED),
            *cells(READS | KEYED | UNKEYED, FINAL),
        ],
    )
    async def test_not_repeated(self, call: Kind, fault: Action) -> None:
        error, requests = await outcome_of(call, fault)
        assert isinstance(error, AutumnError)
        assert (len(requests), error.attempts) == (1, 1)

    @pytest.mark.parametrize(("call", "fault"), cells(UNKEYED, UNKNOWN))
    async def test_not_repeated_and_the_error_says_that_the_outcome_is_unknown(
        self, call: Kind, fault: Action
    ) -> None:
        error, requests = await outcome_of(call, fault)
        assert isinstance(error, (AutumnConnectionError, AutumnTimeoutError, ServerError))
        assert (len(requests), error.attempts) == (1, 1)
        assert error.outcome == "unknown"
        assert "the outcome is unknown" in str(error)

    @pytest.mark.parametrize("call", [*READS.values(), *KEYED.values(), *UNKEYED.values()])
    @pytest.mark.parametrize("fault", ["refused", "name not found"])
    async def test_without_a_connection_everything_is_repeated(
        self, call: Kind, fault: str
    ) -> None:
        resolver = Detours(refused_port() if fault == "refused" else None)

        def session() -> aiohttp.ClientSession:
            connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False)
            return aiohttp.ClientSession(connector=connector)

        with ScriptedServer([ANSWER]) as server, within():
            async with client(server, session=session) as autumn:
                assert not isinstance(await call(autumn), Exception)
        assert resolver.asked == 2
        assert len(server.requests) == 1


class TestAttempts:
    async def test_go_on_while_there_is_time(self) -> None:
        replies = [bad_gateway(), Reset(), Reply(429), autumn_error("internal_error", 500), OK]
        with ScriptedServer([*replies]) as server:
            async with client(server) as autumn:
                assert (await autumn.check(**SUBJECT)).allowed
        assert len(server.requests) == 5

    async def test_are_told_by_the_error(self) -> None:
        three = RetryConfig("backoff", BackoffStrategy(1, 1, 1, 60_000))
        replies = [Reply(503), Reply(503), autumn_error("invalid_inputs", 400)]
        with ScriptedServer([*replies]) as server:
            async with client(server, retry_config=three) as autumn:
                with pytest.raises(AutumnError) as caught:
                    await autumn.check(**SUBJECT)
        assert (caught.value.status_code, caught.value.attempts) == (400, 3)
        assert caught.value.raw_response.attempts == 3

    async def test_of_concurrent_calls_are_their_own(self) -> None:
        """A tenacity instance that calls share makes one of them raise another's error."""

        def script(request: Recorded) -> Action:
            return autumn_error("internal_error", 500, request.json["customer_id"])

        brief = RetryConfig("backoff", BackoffStrategy(50, 50, 1, 180))
        with ScriptedServer(script) as server, within():
            async with client(server, retry_config=brief) as autumn:
                errors = await asyncio.gather(
                    *(autumn.check(customer_id=f"c{n}", feature_id="f") for n in range(4)),
                    return_exceptions=True,
                )
        made = [request.json["customer_id"] for request in server.requests]
        for number, error in enumerate(errors):
            assert isinstance(error, ServerError)
            assert error.message == f"c{number}"
            assert error.attempts == made.count(f"c{number}") >= 2

    async def test_carry_the_same_key_and_the_same_bytes(self) -> None:
        with ScriptedServer([Reset(), bad_gateway(), Reply(429), Reply(body=TRACKED)]) as server:
            async with client(server) as autumn:
                await autumn.track(**SUBJECT, value=2.5, idempotency_key="order-77")
        assert len(server.requests) == 4
        assert {request.body for request in server.requests} == {server.requests[0].body}
        assert server.requests[0].json["idempotency_key"] == "order-77"

    async def test_without_a_failure_tenacity_is_not_entered(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def blow_up(**_: object) -> None:
            raise AssertionError("tenacity was entered")

        monkeypatch.setattr(tenacity, "AsyncRetrying", blow_up)
        with ScriptedServer([OK, autumn_error("customer_not_found", 404)]) as server:
            async with client(server) as autumn:
                assert (await autumn.check(**SUBJECT)).allowed
                with pytest.raises(NotFoundError):
                    await autumn.check(**SUBJECT)

    async def test_one_instance_for_each_call(self, monkeypatch: pytest.MonkeyPatch) -> None:
        made: list[object] = []
        original = tenacity.AsyncRetrying

        def remember(**arguments: Any) -> object:
            made.append(original(**arguments))
            return made[-1]

        monkeypatch.setattr(tenacity, "AsyncRetrying", remember)
        with ScriptedServer([Reset(), OK, Reset(), OK]) as server:
            async with client(server) as autumn:
                await autumn.check(**SUBJECT)
                await autumn.check(**SUBJECT)
        assert len(made) == 2


class TestSettings:
    @pytest.mark.parametrize("how", ["client", "with_options", "call", "call, none"])
    async def test_none(self, how: str) -> None:
        with ScriptedServer([Reply(503, headers={"retry-after": "0"})]) as server:
            async with client(server) as autumn:
                options: dict[str, Any] = {}
                if how == "client":
                    await autumn.aclose()
                    autumn = client(server, retry_config=ONCE)
                elif how == "with_options":
                    autumn = autumn.with_options(retry_config=ONCE)
                else:
                    options = {"retries": ONCE if how == "call" else None}
                with pytest.raises(ServerError):
                    await autumn.check(**SUBJECT, **options)
                await autumn.aclose()
        assert len(server.requests) == 1

    async def test_of_one_call_win(self) -> None:
        with ScriptedServer([Reset(), OK]) as server:
            async with client(server, retry_config=ONCE) as autumn:
                assert (await autumn.check(**SUBJECT, retries=QUICK)).allowed
        assert len(server.requests) == 2

    async def test_without_connection_errors(self) -> None:
        config = RetryConfig("backoff", BackoffStrategy(1, 50, 1.1, 10_000), False)
        with ScriptedServer([Reply(500), Reset(), OK]) as server:
            async with client(server, retry_config=config) as autumn:
                with pytest.raises(AutumnConnectionError) as caught:
                    await autumn.check(**SUBJECT)
                assert (len(server.requests), caught.value.attempts) == (2, 2)

    async def test_without_connection_errors_a_timeout_is_final(self) -> None:
        config = RetryConfig("backoff", BackoffStrategy(1, 50, 1.1, 10_000), False)
        with ScriptedServer([Hang(), OK]) as server:
            async with client(server, retry_config=config) as autumn:
                with pytest.raises(AutumnTimeoutError):
                    await autumn.check(**SUBJECT, timeout_ms=100, deadline_ms=5_000)
        assert len(server.requests) == 1

    async def test_max_elapsed_time(self) -> None:
        config = RetryConfig("backoff", BackoffStrategy(20, 20, 1, 200))
        with ScriptedServer([Reply(500)]) as server, within():
            async with client(server, retry_config=config) as autumn:
                with pytest.raises(ServerError) as caught:
                    await autumn.check(**SUBJECT)
        assert 2 <= len(server.requests) == caught.value.attempts <= 20

    async def test_max_elapsed_time_of_nothing_means_no_repeat(self) -> None:
        config = RetryConfig("backoff", BackoffStrategy(1, 1, 1, 0))
        with ScriptedServer([Reply(500)]) as server:
            async with client(server, retry_config=config) as autumn:
                with pytest.raises(ServerError):
                    await autumn.check(**SUBJECT)
        assert len(server.requests) == 1

    async def test_backoff_without_numbers_has_the_default_ones(self) -> None:
        with ScriptedServer([Reply(500), OK]) as server:
            async with client(server, retry_config=RetryConfig("backoff")) as autumn:
                assert (await autumn.check(**SUBJECT)).allowed


class TestDeadline:
    @pytest.mark.parametrize(
        "fault", [Hang(), Reply(500), Reply(429, headers={"retry-after": "1"})]
    )
    async def test_bounds_the_whole_call(self, fault: Action) -> None:
        with ScriptedServer([fault]) as server, within(5):
            async with client(server, timeout_ms=100) as autumn:
                with pytest.raises(AutumnSDKError):
                    await autumn.check(**SUBJECT, deadline_ms=400)
        assert len(server.requests) >= 2

    async def test_last_attempt_has_what_is_left(self) -> None:
        with ScriptedServer([Reply(500, delay=0.1), Hang()]) as server, within(5):
            async with client(server) as autumn:
                with pytest.raises(AutumnTimeoutError) as caught:
                    await autumn.check(**SUBJECT, timeout_ms=60_000, deadline_ms=400)
        assert caught.value.attempts == 2

    async def test_stands_over_an_endless_backoff(self) -> None:
        config = RetryConfig("backoff", BackoffStrategy(60_000, 60_000, 1, 600_000))
        with ScriptedServer([Reply(500)]) as server, within(5):
            async with client(server, retry_config=config) as autumn:
                with pytest.raises(ServerError):
                    await autumn.check(**SUBJECT)
        assert len(server.requests) == 1


class TestRetryAfter:
    async def test_in_seconds(self) -> None:
        with ScriptedServer([Reply(429, headers={"retry-after": "0.3"}), OK]) as server:
            async with client(server) as autumn:
                started = time.monotonic()
                await autumn.check(**SUBJECT)
                assert time.monotonic() - started >= 0.3

    async def test_as_a_date_by_the_servers_own_clock(self) -> None:
        wrong_by_a_year = time.time() + 365 * 86_400
        headers = {
            "date": email.utils.formatdate(wrong_by_a_year, usegmt=True),
            "retry-after": email.utils.formatdate(wrong_by_a_year + 1, usegmt=True),
        }
        with ScriptedServer([Reply(429, headers=headers), OK]) as server, within():
            async with client(server) as autumn:
                started = time.monotonic()
                await autumn.check(**SUBJECT)
                assert time.monotonic() - started >= 0.99

    @pytest.mark.parametrize("asked", ["60", "86400", "1e300", "Fri, 31 Dec 2100 23:59:59 GMT"])
    async def test_is_cut_to_the_time_that_is_left(self, asked: str) -> None:
        with ScriptedServer([Reply(429, headers={"retry-after": asked})]) as server, within(5):
            async with client(server) as autumn:
                with pytest.raises(RateLimitError) as caught:
                    await autumn.check(**SUBJECT, deadline_ms=400)
        assert len(server.requests) == 2, "one last attempt at the end"
        assert caught.value.retry_after is not None

    async def test_is_cut_to_max_elapsed_time_too(self) -> None:
        config = RetryConfig("backoff", BackoffStrategy(1, 50, 1.1, 300))
        with ScriptedServer([Reply(429, headers={"retry-after": "60"})]) as server, within(5):
            async with client(server, retry_config=config) as autumn:
                with pytest.raises(RateLimitError):
                    await autumn.check(**SUBJECT)
        assert len(server.requests) == 2

    @pytest.mark.parametrize("asked", ["0", "-5", "nan", "inf", "soon", "", "1, 2"])
    async def test_that_says_nothing_is_no_licence_to_hammer(self, asked: str) -> None:
        config = RetryConfig("backoff", BackoffStrategy(40, 40, 1, 60_000))
        with ScriptedServer([Reply(429, headers={"retry-after": asked})]) as server, within(5):
            async with client(server, retry_config=config) as autumn:
                with pytest.raises(RateLimitError):
                    await autumn.check(**SUBJECT, deadline_ms=300)
        assert 2 <= len(server.requests) <= 15

    @pytest.mark.parametrize(
        ("value", "date", "seconds"),
        [
            ("2", None, 2.0),
            ("1.5", None, 1.5),
            ("0", None, 0.0),
            ("-1", None, 0.0),
            ("nan", None, None),
            ("inf", None, None),
            ("soon", None, None),
            ("", None, None),
            ("Wed, 21 Oct 2026 07:28:10 GMT", "Wed, 21 Oct 2026 07:28:00 GMT", 10.0),
            ("Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:28:10 GMT", 0.0),
            ("Wed, 21 Oct 2015 07:28:00 GMT", None, 0.0),
            ("Wed, 21 Oct 2026 07:28:00 GMT", "yesterday", None),
        ],
    )
    def test_as_the_answer_tells_it(
        self, value: str, date: str | None, seconds: float | None
    ) -> None:
        fields = [("Retry-After", value), *([("Date", date)] if date else [])]
        answer = Response(status_code=429, headers=Headers(fields), content=b"")
        if date != "yesterday":
            assert answer.retry_after == seconds
        else:
            assert answer.retry_after is not None

    @pytest.mark.skipif(not hasattr(time, "tzset"), reason="no time zones to choose from")
    def test_as_a_date_in_the_old_form_is_utc(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = ("Retry-After", "Wed Oct 21 07:28:10 2026")
        answer = Response(
            status_code=429,
            headers=Headers([asked, ("Date", "Wed, 21 Oct 2026 07:28:00 GMT")]),
            content=b"",
        )
        with monkeypatch.context() as elsewhere:
            elsewhere.setenv("TZ", "America/New_York")
            time.tzset()
            assert answer.retry_after == 10.0
        time.tzset()


class TestWaits:
    @given(
        st.floats(0.001, 1e6),
        st.floats(0.001, 1e6),
        st.floats(1, 1e6),
        st.integers(1, 10_000),
    )
    def test_are_the_backoff_or_down_to_half_of_it(
        self, initial: float, longest: float, exponent: float, failures: int
    ) -> None:
        strategy = BackoffStrategy(initial, longest, exponent, 1)
        try:
            interval = min(initial * exponent ** (failures - 1), longest)
        except OverflowError:
            interval = longest
        for _ in range(5):
            wait = retrying._backoff(strategy, failures) * 1000
            assert interval * 0.499 <= wait <= interval * 1.001

    def test_differ_from_client_to_client(self) -> None:
        assert len({retrying._backoff(BackoffStrategy(), 1) for _ in range(50)}) > 10

    async def test_cancelled_in_between(self) -> None:
        config = RetryConfig("backoff", BackoffStrategy(60_000, 60_000, 1, 600_000))
        tasks_before = asyncio.all_tasks()
        with ScriptedServer([Reply(500)]) as server, within(5):
            async with client(server, retry_config=config, deadline_ms=600_000) as autumn:
                call = asyncio.ensure_future(autumn.check(**SUBJECT, fail_open=True))
                await eventually(lambda: len(server.requests) == 1)
                await asyncio.sleep(0.02)
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
                assert asyncio.all_tasks() == tasks_before
        assert len(server.requests) == 1


DUPLICATE = autumn_error("duplicate_idempotency_key", 409, "Already received.")


class TestDuplicates:
    @pytest.mark.parametrize("doubt", [Reset(), bad_gateway(), Reply(504)])
    async def test_after_a_doubt_of_our_own_is_the_answer(self, doubt: Action) -> None:
        with ScriptedServer([doubt, DUPLICATE]) as server:
            async with client(server) as autumn:
                answer = await autumn.track(**SUBJECT, value=3, idempotency_key="k")
        assert isinstance(answer, TrackResponse)
        assert answer.duplicate is True
        assert (answer.customer_id, answer.value, answer.balance) == ("cus_1", 3, None)
        assert not answer.failed_open
        assert len(server.requests) == 2

    async def test_value_that_was_not_given_is_one(self) -> None:
        with ScriptedServer([Reset(), DUPLICATE]) as server:
            async with client(server) as autumn:
                answer = await autumn.track(**SUBJECT, idempotency_key="k")
        assert (answer.value, answer.duplicate) == (1, True)

    @pytest.mark.parametrize("first", [None, Reply(429), Reply(503, headers={"retry-after": "0"})])
    async def test_without_a_doubt_is_a_conflict(self, first: Action | None) -> None:
        with ScriptedServer([*([first] if first else []), DUPLICATE]) as server:
            async with client(server) as autumn:
                with pytest.raises(ConflictError) as caught:
                    await autumn.track(**SUBJECT, idempotency_key="k")
        assert type(caught.value) is DuplicateRequestError
        assert "earlier attempt" not in str(caught.value)

    async def test_another_conflict_after_a_doubt_is_a_conflict(self) -> None:
        other = autumn_error("lock_already_exists", 409)
        with ScriptedServer([Reset(), other]) as server:
            async with client(server) as autumn:
                with pytest.raises(ConflictError, match="an earlier attempt"):
                    await autumn.track(**SUBJECT, idempotency_key="k")

    async def test_operation_without_an_answer_to_give_says_that_it_was_received(self) -> None:
        with ScriptedServer([Reset(), DUPLICATE]) as server:
            async with client(server) as autumn:
                with pytest.raises(DuplicateRequestError, match="an earlier attempt of this call"):
                    await autumn.customers.delete(customer_id="cus_1", idempotency_key="k")

    async def test_ordinary_answers_are_not_duplicates(self) -> None:
        with ScriptedServer([Reset(), OK]) as server:
            async with client(server) as autumn:
                assert not (await autumn.track(**SUBJECT, idempotency_key="k")).duplicate

    async def test_success_response_stays_one(self) -> None:
        with ScriptedServer([Reset(), Reply(body={"success": True})]) as server:
            async with client(server) as autumn:
                assert await autumn.batch_track(EVENTS) == SuccessResponse()


class TestDoubt:
    """What an early attempt may have done isn't forgotten because a late one did nothing."""

    @pytest.mark.parametrize(
        "last",
        [
            pytest.param(Reply(503, headers={"retry-after": "1"}), id="503"),
            pytest.param(Reply(429, headers={"retry-after": "1"}), id="429"),
            pytest.param(autumn_error("invalid_inputs", 400), id="400"),
        ],
    )
    async def test_is_told_by_the_last_error(self, last: Action) -> None:
        with ScriptedServer([Reset(), last]) as server, within():
            async with client(server) as autumn:
                with pytest.raises(AutumnError) as caught:
                    await autumn.track(**SUBJECT, idempotency_key="k", deadline_ms=300)
        error = caught.value
        assert "an earlier attempt of this call may have been carried out" in str(error)
        assert getattr(error, "outcome", "unknown") == "unknown"

    async def test_is_told_where_the_server_is_gone_afterwards(self) -> None:
        resolver = Detours()

        def session() -> aiohttp.ClientSession:
            connector = aiohttp.TCPConnector(
                resolver=resolver, use_dns_cache=False, force_close=True
            )
            return aiohttp.ClientSession(connector=connector)

        with ScriptedServer([Reset()]) as server, within():

            def vanish(_: Recorded) -> Action:
                resolver._ports[:] = [None] * 1_000
                return Reset()

            server._script = vanish
            async with client(server, session=session) as autumn:
                with pytest.raises(AutumnConnectionError) as caught:
                    await autumn.track(**SUBJECT, idempotency_key="k", deadline_ms=200)
        assert len(server.requests) == 1
        assert caught.value.attempts > 1
        assert caught.value.outcome == "unknown"
        assert "cannot connect" in str(caught.value)
        assert "an earlier attempt of this call may have been carried out" in str(caught.value)

    async def test_of_a_read_is_none(self) -> None:
        with ScriptedServer([Reset(), autumn_error("customer_not_found", 404)]) as server:
            async with client(server) as autumn:
                with pytest.raises(NotFoundError) as caught:
                    await autumn.check(**SUBJECT)
        assert "earlier attempt" not in str(caught.value)


def test_the_sync_client_repeats_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from autumn_async import Autumn

    with (
        ScriptedServer([Reset(), DUPLICATE]) as server,
        Autumn("am_sk_test_x", server_url=server.url, retry_config=QUICK) as autumn,
    ):
        assert autumn.track(**SUBJECT, idempotency_key="k").duplicate
    assert len(server.requests) == 2
