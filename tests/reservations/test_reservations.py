"""Units that are held for the length of a block: booked once, or given back."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import anyio
import pytest

from autumn_async import (
    AsyncAutumn,
    Autumn,
    AutumnConnectionError,
    AutumnTimeoutError,
    CustomerNotFoundError,
    InsufficientBalanceError,
    PermissionDeniedError,
    ReservationExpiredError,
    ResponseValidationError,
    ServerError,
    capture,
)
from tests.facade.scripts import wait_until
from tests.scripted_server import Action, Hang, Recorded, Reply, Reset, ScriptedServer
from tests.wire.helpers import KEY, ONCE, autumn_error

KEY_TEXT = KEY

HELD = Reply(body={"allowed": True, "customer_id": "cus_1", "required_balance": 40})
REFUSED = Reply(body={"allowed": False, "customer_id": "cus_1", "required_balance": 40})
SETTLED = Reply(body={"success": True})
GONE = autumn_error("invalid_request", 400, "Lock not found for ID: aa1_x")
BUSY = autumn_error("invalid_request", 409, "Lock is being processed")
FAILED = autumn_error("internal_error", 500)


class Ledger:
    """A server that answers the check with one thing and what settles it with others."""

    def __init__(self, check: Action, *finalize: Action) -> None:
        self.check = check
        self.finalize = list(finalize)

    def __call__(self, request: Recorded) -> Action:
        if request.path.endswith("balances.check"):
            return self.check
        return self.finalize.pop(0)


@contextmanager
def serving(check: Action, *finalize: Action) -> Iterator[ScriptedServer]:
    with ScriptedServer(Ledger(check, *finalize)) as server:
        yield server
        answers = server._script
        assert isinstance(answers, Ledger)
        assert answers.finalize == [], "more was expected to be asked"


async def reserved(server: ScriptedServer, work: Callable[[Any], Any], **options: Any) -> None:
    async with (
        AsyncAutumn(KEY, server_url=server.url, retry_config=ONCE) as autumn,
        autumn.reserve("cus_1", "tokens", 40, **options) as hold,
    ):
        work(hold)


async def reserved_in_sync(
    server: ScriptedServer, work: Callable[[Any], Any], **options: Any
) -> None:
    def run() -> None:
        with (
            Autumn(KEY, server_url=server.url, retry_config=ONCE) as autumn,
            autumn.reserve("cus_1", "tokens", 40, **options) as hold,
        ):
            work(hold)

    await anyio.to_thread.run_sync(run)


async def reserved_by_the_twin(
    server: ScriptedServer, work: Callable[[Any], Any], **options: Any
) -> None:
    async with (
        Autumn(KEY, server_url=server.url, retry_config=ONCE) as autumn,
        autumn.reserve_async("cus_1", "tokens", 40, **options) as hold,
    ):
        work(hold)


ways = pytest.mark.parametrize("reserve", [reserved, reserved_in_sync, reserved_by_the_twin])
Way = Callable[..., Any]


def nothing(_: Any) -> None:
    pass


def settling(server: ScriptedServer) -> list[dict[str, Any]]:
    """What was asked of `balances.finalize`, without the lock's id, which is checked here."""
    first, *others = (request.json for request in server.requests)
    for body in others:
        assert body.pop("lock_id") == first["lock"]["lock_id"]
    return others


@ways
async def test_what_was_used_is_booked_at_the_end(reserve: Way) -> None:
    with serving(HELD, SETTLED) as server:
        await reserve(server, lambda hold: hold.settle(25), entity_id="seat", properties={"a": 1})
        asked = server.requests[0].json
        assert settling(server) == [{"action": "confirm", "override_value": 25}]
    lock = asked.pop("lock")
    assert asked == {
        "customer_id": "cus_1",
        "feature_id": "tokens",
        "required_balance": 40,
        "entity_id": "seat",
        "properties": {"a": 1},
    }
    assert lock["enabled"] is True
    assert lock["lock_id"].startswith("aa1_")
    assert abs(lock["expires_at"] - time.time() * 1000 - 15 * 60_000) < 60_000


@ways
async def test_all_of_it_is_booked_where_nothing_was_said(reserve: Way) -> None:
    with serving(HELD, SETTLED) as server:
        await reserve(server, nothing)
        assert settling(server) == [{"action": "confirm"}]


@ways
async def test_an_exception_gives_it_back(reserve: Way) -> None:
    def work(hold: Any) -> None:
        hold.settle(25)
        raise LookupError("the work failed")

    with serving(HELD, SETTLED) as server:
        with pytest.raises(LookupError):
            await reserve(server, work)
        assert settling(server) == [{"action": "release"}]


async def test_using_nothing_gives_it_back() -> None:
    with serving(HELD, SETTLED) as server:
        await reserved(server, lambda hold: hold.settle(0))
        assert settling(server) == [{"action": "release"}]


@ways
async def test_a_refusal_is_an_error_and_holds_nothing(reserve: Way) -> None:
    with serving(REFUSED) as server, pytest.raises(InsufficientBalanceError, match="40") as caught:
        await reserve(server, nothing)
    assert caught.value.code == "insufficient_balance"
    assert caught.value.raw_response.json()["allowed"] is False


async def test_the_answer_of_the_check_is_at_hand_inside_the_block_only() -> None:
    with serving(HELD, SETTLED) as server:
        async with AsyncAutumn(KEY, server_url=server.url) as autumn:
            hold = autumn.reserve("cus_1", "tokens", Decimal("0.5"))
            with pytest.raises(RuntimeError, match="block"):
                _ = hold.answer
            async with hold:
                assert hold.answer.allowed
                assert hold.amount == Decimal("0.5")
            with pytest.raises(RuntimeError, match="block"):
                hold.settle(1)
            with pytest.raises(RuntimeError, match="used once"):
                await hold.__aenter__()


async def test_each_reservation_has_a_lock_of_its_own() -> None:
    autumn = AsyncAutumn(KEY)
    locks = {autumn.reserve("cus_1", "tokens").lock_id for _ in range(100)}
    assert len(locks) == 100


async def test_it_is_settled_once() -> None:
    def work(hold: Any) -> None:
        hold.settle(1)
        with pytest.raises(RuntimeError, match="once"):
            hold.settle(2)

    with serving(HELD, SETTLED) as server:
        await reserved(server, work)
        assert settling(server) == [{"action": "confirm", "override_value": 1}]


class TestBadInput:
    @pytest.mark.parametrize("amount", [0, -1, math.nan, math.inf, Decimal("NaN")])
    def test_an_amount_that_cannot_be_held(self, amount: Any) -> None:
        with pytest.raises(ValueError, match="amount"):
            AsyncAutumn(KEY).reserve("cus_1", "tokens", amount)

    @pytest.mark.parametrize("amount", ["40", None, True])
    def test_an_amount_that_is_no_number(self, amount: Any) -> None:
        with pytest.raises(TypeError, match="amount"):
            Autumn(KEY).reserve("cus_1", "tokens", amount)

    @pytest.mark.parametrize("actual", [-1, math.nan])
    async def test_usage_that_cannot_be(self, actual: Any) -> None:
        def work(hold: Any) -> None:
            with pytest.raises(ValueError, match="actual"):
                hold.settle(actual)

        with serving(HELD, SETTLED) as server:
            await reserved(server, work)

    @pytest.mark.parametrize("client", [AsyncAutumn, Autumn])
    def test_an_option_that_does_not_exist(self, client: Any) -> None:
        with pytest.raises(TypeError, match=r"reserve\(\).*'entty_id'; did you mean 'entity_id'"):
            client(KEY).reserve("cus_1", "tokens", entty_id="seat")

    @pytest.mark.parametrize("expires_at", [datetime(2030, 1, 1), math.nan])
    async def test_a_time_that_is_none_is_refused_before_any_io(self, expires_at: Any) -> None:
        with serving(HELD) as server:
            with pytest.raises(ValueError, match="expires_at"):
                await reserved(server, nothing, expires_at=expires_at)
            assert server.requests == []


class TestDoubtAboutTheCheck:
    @ways
    @pytest.mark.parametrize("check", [Hang(), Reset(), FAILED], ids=["silence", "reset", "500"])
    async def test_the_lock_is_released(self, reserve: Way, check: Action) -> None:
        with serving(check, SETTLED) as server:
            with pytest.raises((AutumnConnectionError, AutumnTimeoutError, ServerError)):
                await reserve(server, nothing, timeout_ms=1_000)
            assert settling(server) == [{"action": "release"}]

    async def test_a_release_that_fails_is_told_and_the_first_error_raised(
        self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("autumn_async.reservations.GIVE_BACK_MS", 0)
        caplog.set_level(logging.WARNING)
        with serving(Hang(), FAILED) as server, pytest.raises(AutumnTimeoutError):
            await reserved(server, nothing, timeout_ms=1_000)
        assert "may be held by the lock aa1_" in caplog.text

    async def test_an_answer_that_cannot_be_read_releases_too(self) -> None:
        with serving(Reply(body=b"<html>"), GONE) as server:
            with pytest.raises(ResponseValidationError, match="not JSON"):
                await reserved(server, nothing)
            assert settling(server) == [{"action": "release"}]

    async def test_an_error_that_says_that_nothing_was_done_releases_nothing(self) -> None:
        unknown = autumn_error("customer_not_found", 404)
        with serving(unknown) as server, pytest.raises(CustomerNotFoundError):
            await reserved(server, nothing)

    async def test_a_client_that_fails_open_does_not_here(self) -> None:
        with ScriptedServer([Reset()]) as server:
            async with AsyncAutumn(KEY, server_url=server.url, fail_open=True) as autumn:
                with pytest.raises(AutumnConnectionError):
                    async with autumn.reserve("cus_1", "tokens", deadline_ms=300):
                        raise AssertionError("nothing is held")

    async def test_a_caller_that_is_cancelled_meanwhile_leaves_nothing_held(self) -> None:
        with serving(Hang(), SETTLED) as server:
            task = asyncio.create_task(reserved(server, nothing))
            await asyncio.to_thread(wait_until, lambda: len(server.requests) == 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert settling(server) == [{"action": "release"}]


class TestDoubtAboutTheSettling:
    @ways
    @pytest.mark.parametrize("first", [Hang(), Reset(), FAILED, BUSY])
    async def test_a_lock_that_is_gone_by_then_was_settled(self, reserve: Way, first: Any) -> None:
        with serving(HELD, first, GONE) as server:
            await reserve(server, lambda hold: hold.settle(25), timeout_ms=1_000)
            assert settling(server) == [{"action": "confirm", "override_value": 25}] * 2

    async def test_it_is_asked_again_until_it_is_said(self) -> None:
        limited = Reply(429, b"Too many requests", {"retry-after": "0"})
        queued_not = Reply(202, {"success": False})
        with serving(HELD, limited, FAILED, queued_not, Reset(), Reply(202, b"")) as server:
            await reserved(server, nothing)
            assert settling(server) == [{"action": "confirm"}] * 5

    @ways
    async def test_a_lock_that_is_gone_at_first_is_an_error(self, reserve: Way) -> None:
        expired = pytest.raises(ReservationExpiredError, match="25 were used: track them")
        with serving(HELD, GONE) as server, expired as caught:
            await reserve(server, lambda hold: hold.settle(25))
        assert caught.value.status_code == 400

    async def test_a_doubt_that_outlives_the_lock_is_an_error(self) -> None:
        soon = datetime.now(timezone.utc) + timedelta(milliseconds=1_500)
        late = Reply(500, {"message": "m", "code": "internal_error"}, delay=1.6)
        with serving(HELD, late, GONE) as server, pytest.raises(ReservationExpiredError):
            await reserved(server, nothing, expires_at=soon)

    async def test_what_cannot_be_known_in_time_is_raised(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("autumn_async.reservations.SETTLE_MS", 0)
        unknown = pytest.raises(ServerError, match="outcome is unknown")
        with serving(HELD, FAILED) as server, unknown:
            await reserved(server, nothing)

    async def test_another_error_is_raised_as_it_is(self) -> None:
        forbidden = autumn_error("insufficient_scopes", 403)
        with serving(HELD, forbidden) as server, pytest.raises(PermissionDeniedError):
            await reserved(server, nothing)

    async def test_a_lock_that_is_gone_when_it_is_released_is_what_was_wanted(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        with serving(HELD, GONE) as server, caplog.at_level(logging.WARNING):
            await reserved(server, lambda hold: hold.settle(0))
        assert caplog.records == []


class TestCancelling:
    async def test_inside_the_block_gives_it_back(self) -> None:
        inside = asyncio.Event()

        async def run(server: ScriptedServer) -> None:
            async with (
                AsyncAutumn(KEY, server_url=server.url) as autumn,
                autumn.reserve("cus_1", "tokens", 40),
            ):
                inside.set()
                await asyncio.sleep(60)

        with serving(HELD, SETTLED) as server:
            task = asyncio.create_task(run(server))
            await inside.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert settling(server) == [{"action": "release"}]

    async def test_by_a_scope_of_anyio_gives_it_back(self) -> None:
        with serving(HELD, SETTLED) as server:
            async with AsyncAutumn(KEY, server_url=server.url) as autumn:
                with anyio.move_on_after(2):
                    async with autumn.reserve("cus_1", "tokens", 40):
                        await anyio.sleep(60)
            assert settling(server) == [{"action": "release"}]

    async def test_during_the_settling_does_not_stop_it(self) -> None:
        slow = Reply(body={"success": True}, delay=0.3)
        with serving(HELD, slow) as server:
            task = asyncio.create_task(reserved(server, lambda hold: hold.settle(3)))
            await asyncio.to_thread(wait_until, lambda: len(server.requests) == 2)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert settling(server) == [{"action": "confirm", "override_value": 3}]


@ways
async def test_every_call_has_the_options(reserve: Way) -> None:
    with serving(HELD, SETTLED) as server:
        await reserve(server, nothing, http_headers={"x-trace": "1"})
        assert [request.headers["x-trace"] for request in server.requests] == ["1", "1"]


async def test_a_capture_has_both_answers() -> None:
    with serving(HELD, SETTLED) as server, capture() as answers:
        await reserved(server, nothing)
    assert [answer.json() for answer in answers] == [HELD.body, SETTLED.body]


@ways
async def test_a_source_of_keys_is_asked_for_each_attempt(
    reserve: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the sync client too, whose settling takes several calls in one hop."""

    async def key() -> str:
        await asyncio.sleep(0)
        return KEY_TEXT

    monkeypatch.setattr(f"{__name__}.KEY", key)
    with serving(HELD, FAILED, SETTLED) as server:
        await reserve(server, nothing)
        assert {request.headers["authorization"] for request in server.requests} == {
            f"Bearer {KEY_TEXT}"
        }
