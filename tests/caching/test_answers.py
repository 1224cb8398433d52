"""Who answers a cached check, and what is asked of Autumn for it."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from autumn_async import (
    AuthenticationError,
    AutumnTimeoutError,
    CustomerNotFoundError,
    FeatureNotFoundError,
    RateLimitError,
    ServerError,
    capture,
)
from tests.scripted_server import Hang, Reply, Reset

from .helpers import NOW, SUBJECT, staged

DOWN = Reply(503, {"message": "No.", "code": "down"})
YES, NO = True, False


def error(status: int, code: str) -> Reply:
    return Reply(status, {"message": "No.", "code": code, "env": "sandbox"})


async def test_the_first_check_asks_and_the_others_remember() -> None:
    async with staged() as stage:
        assert await stage.ask() == (YES, "live")
        stage.time.seconds += 29
        decision = await stage.cached.check(**SUBJECT)
        assert (decision.source, decision.age_ms) == ("cache", 29_000)
        assert decision.balance is not None
        assert decision.balance.remaining == 100
        assert stage.books.asked == ["customers.get"]


async def test_stale_balances_answer_at_once_and_are_fetched_behind_it() -> None:
    async with staged() as stage:
        await stage.ask()
        stage.time.seconds += 30
        stage.books.left = 50
        assert await stage.ask(100) == (YES, "stale")
        assert await stage.ask(100) == (YES, "stale")
        await stage.settle()
        assert stage.books.asked == ["customers.get"] * 2
        assert await stage.ask(50) == (YES, "cache")


async def test_what_is_too_old_is_fetched_before_anything_is_said() -> None:
    async with staged(stale=0) as stage:
        await stage.ask()
        stage.time.seconds += 30
        stage.books.left = 0
        assert await stage.ask() == (NO, "live")


async def test_a_no_is_looked_up_again_but_not_more_than_once_a_second() -> None:
    async with staged() as stage:
        stage.books.left = 0
        assert await stage.ask() == (NO, "live")
        stage.books.left = 100  # the customer has paid
        assert await stage.ask() == (NO, "cache")
        stage.time.seconds += 1
        assert await stage.ask() == (YES, "live")


async def test_where_usage_since_makes_the_difference_autumn_is_asked() -> None:
    async with staged() as stage:
        await stage.ask()
        await stage.autumn.track(**SUBJECT, value=60)
        assert await stage.ask(40) == (YES, "cache")
        stage.books.left = 70  # somebody has given 30 back meanwhile
        assert await stage.ask(41) == (YES, "live")
        assert await stage.ask(101) == (NO, "cache")
        assert stage.books.asked == ["customers.get", "balances.track", "customers.get"]


async def test_many_who_wait_share_one_request() -> None:
    async with staged() as stage:
        answers = await asyncio.gather(*(stage.ask() for _ in range(50)))
        assert answers == [(YES, "live")] * 50
        assert stage.books.asked == ["customers.get"]


async def test_who_is_cancelled_takes_no_other_along() -> None:
    async with staged() as stage:
        first, second = (asyncio.ensure_future(stage.ask()) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == (YES, "live")
        assert stage.books.asked == ["customers.get"]
        assert first.cancelled() or first.done()


async def test_fetching_that_somebody_cancels_is_a_failure_and_no_cancellation() -> None:
    async with staged(client={"fail_open": False}) as stage:
        stage.books.instead["customers.get"] = Hang()
        waiting = asyncio.ensure_future(stage.ask())
        while not stage.books.asked:  # noqa: ASYNC110 - the server is on another thread
            await asyncio.sleep(0.01)
        for task, _ in stage.decider._refreshing._under_way.values():
            task.cancel()
        with pytest.raises(ConnectionError, match="was cancelled"):
            await waiting


@pytest.mark.parametrize("trouble", [DOWN, Reset(), error(429, "rate_limited")])
async def test_while_autumn_is_away_stale_balances_decide(trouble: Any) -> None:
    async with staged() as stage:
        await stage.ask()
        await stage.autumn.track(**SUBJECT, value=60)
        stage.time.seconds += 31
        stage.books.instead = dict.fromkeys(("customers.get", "balances.check"), trouble)
        assert await stage.ask(40) == (YES, "stale")
        await stage.settle()
        assert await stage.ask(41) == (NO, "stale")
        assert await stage.ask(200) == (NO, "stale")


async def test_a_failure_is_followed_by_a_pause_that_grows() -> None:
    async with staged() as stage:
        stage.books.instead["customers.get"] = DOWN
        for _ in range(20):
            assert await stage.ask() == (YES, "fail_open")
        assert stage.books.count("customers.get") == 1
        for failures, pause in enumerate((1.3, 2.6, 5.1, 10.1), 2):
            stage.time.seconds += pause
            await stage.ask()
            assert stage.books.count("customers.get") == failures
            stage.time.seconds += 0.7
            await stage.ask()
            assert stage.books.count("customers.get") == failures
        stage.books.instead.clear()
        stage.time.seconds += 40
        assert await stage.ask() == (YES, "live")


async def test_a_pause_is_as_long_as_the_server_asks() -> None:
    async with staged(client={"fail_open": False}) as stage:
        stage.books.instead["customers.get"] = Reply(429, b"slow down", {"retry-after": "50"})
        for seconds in (0, 49):
            stage.time.seconds += seconds
            with pytest.raises(RateLimitError):
                await stage.ask()
        assert stage.books.count("customers.get") == 1


@pytest.mark.parametrize("policy", [{"client": {"fail_open": False}}, {}])
async def test_beyond_stale_the_policy_of_the_client_decides(policy: Any) -> None:
    async with staged(stale=5, **policy) as stage:
        await stage.ask()
        stage.time.seconds += 36
        stage.books.instead["customers.get"] = DOWN
        if policy:
            with pytest.raises(ServerError):
                await stage.ask()
            decision = await stage.cached.check(**SUBJECT, fail_open=True)
        else:
            with pytest.raises(ServerError):
                await stage.cached.check(**SUBJECT, fail_open=False)
            decision = await stage.cached.check(**SUBJECT)
        assert (decision.allowed, decision.source, decision.failed_open) == (YES, "fail_open", True)
        assert decision.balance is None


async def test_an_answer_of_autumns_is_never_overruled() -> None:
    async with staged() as stage:
        stage.books.instead["customers.get"] = error(401, "invalid_secret_key")
        with pytest.raises(AuthenticationError):
            await stage.ask()


async def test_failures_are_logged_once_for_each_outage(caplog: pytest.LogCaptureFixture) -> None:
    async with staged() as stage:
        await stage.ask()
        for _ in range(2):
            caplog.clear()
            stage.books.instead["customers.get"] = DOWN
            for _ in range(3):
                stage.time.seconds += 40
                await stage.ask()
                await stage.settle()
            stage.books.instead.clear()
            warned = [r for r in caplog.records if "balances can't be fetched" in r.getMessage()]
            assert [record.levelno for record in warned] == [logging.WARNING]
            stage.time.seconds += 40
            await stage.ask()
            await stage.settle()


async def test_a_caller_waits_no_longer_than_its_own_deadline() -> None:
    async with staged() as stage:
        stage.books.instead["customers.get"] = Hang()
        with pytest.raises(AutumnTimeoutError, match="no balances within 50 ms"):
            await stage.cached.check(**SUBJECT, deadline_ms=50, fail_open=False)


async def test_customers_who_are_not_there_are_asked_for_like_in_any_check() -> None:
    async with staged() as stage:
        await stage.ask()
        missing = error(404, "customer_not_found")
        stage.books.instead = {"customers.get": missing, "balances.check": missing}
        stage.time.seconds += 31
        assert await stage.ask() == (YES, "stale")
        await stage.settle()
        for _ in range(2):  # deleted on the server: nothing of them is kept
            with pytest.raises(CustomerNotFoundError):
                await stage.ask()


async def test_features_that_the_customer_has_nothing_of_are_asked_for_once() -> None:
    async with staged() as stage:
        stage.books.instead["balances.check"] = error(404, "feature_not_found")
        for _ in range(2):
            with pytest.raises(FeatureNotFoundError):
                await stage.ask(feature_id="mesages")
        nothing = {"allowed": False, "customer_id": "ada", "balance": None, "flag": None}
        stage.books.instead["balances.check"] = Reply(body=nothing)
        assert await stage.ask(feature_id="sso") == (NO, "live")
        assert await stage.ask(feature_id="sso") == (NO, "cache")


@pytest.mark.parametrize(
    "more",
    [
        {"send_event": True},
        {"lock": {"lock_id": "one"}},
        {"http_headers": {"x-trace": "1"}},
        {"idempotency_key": "one"},
    ],
)
async def test_what_only_autumn_can_do_is_always_asked_there(more: Any) -> None:
    async with staged() as stage:
        await stage.ask()
        for _ in range(2):
            assert await stage.ask(**more) == (YES, "live")
        assert stage.books.asked == ["customers.get", "balances.check", "balances.check"]


async def test_a_preview_of_a_no_is_asked_for() -> None:
    async with staged() as stage:
        await stage.ask()
        assert await stage.ask(100, with_preview=True) == (YES, "cache")
        assert await stage.ask(101, with_preview=True) == (NO, "live")
        assert stage.books.asked[-1] == "balances.check"


@pytest.mark.parametrize(
    "row",
    [
        {"reset": {"interval": "month", "resets_at": (NOW + 10) * 1000}},
        {"expires_at": (NOW + 10) * 1000},
    ],
)
async def test_balances_are_fetched_again_when_they_change_by_themselves(row: Any) -> None:
    async with staged() as stage:
        stage.books.row = row
        await stage.ask()
        stage.time.seconds += 8.9
        assert await stage.ask() == (YES, "cache")
        stage.time.seconds += 0.2  # the server's clock is known to the second
        stage.books.left = 0
        assert await stage.ask() == (NO, "live")


@pytest.mark.parametrize(("status", "source"), [("active", "cache"), ("scheduled", "live")])
async def test_a_plan_that_starts_ends_the_life_of_balances_unless_it_has_started(
    status: str, source: str
) -> None:
    """The server's clock shows whole seconds: a plan of this second seems to be to come."""
    async with staged() as stage:
        stage.books.plans = [{"plan_id": "free", "status": status, "started_at": NOW * 1000 + 900}]
        assert await stage.ask() == (True, "live")
        assert await stage.ask() == (True, source)


async def test_a_reset_that_is_past_and_was_not_made_is_not_waited_for() -> None:
    async with staged() as stage:
        stage.books.row = {"reset": {"interval": "month", "resets_at": (NOW - 10) * 1000}}
        await stage.ask()
        assert await stage.ask() == (YES, "cache")


async def test_what_the_server_alone_knows_is_asked_there() -> None:
    async with staged() as stage:
        stage.books.row = {"allocation": {"amount": 10}}
        for _ in range(2):
            assert await stage.ask() == (YES, "live")
        assert stage.books.count("balances.check") == 2


async def test_peek_never_asks() -> None:
    async with staged() as stage:
        peek = stage.cached.peek
        assert peek(**SUBJECT) is None
        await stage.ask()
        stage.time.seconds += 31
        yes, no = peek(**SUBJECT), peek(**SUBJECT, required_balance=101)
        assert yes is not None
        assert no is not None
        assert (yes.allowed, yes.source, no.allowed) == (YES, "stale", NO)
        assert peek(customer_id="ada", feature_id="unheard") is None
        assert stage.books.asked == ["customers.get"]


async def test_forgetting_lets_the_next_check_ask() -> None:
    async with staged() as stage:
        for customer_id in ("ada", None):
            await stage.ask()
            asked = len(stage.books.asked)
            stage.cached.forget("ben")
            assert await stage.ask() == (YES, "cache")
            stage.cached.forget(customer_id)
            assert await stage.ask() == (YES, "live")
            assert len(stage.books.asked) == asked + 1


async def test_live_answers_are_captured_and_fetched_balances_are_nobodys() -> None:
    async with staged() as stage:
        with capture() as answers:
            await stage.ask()
            assert answers == []
            await stage.ask(send_event=True)
        assert [answer.status_code for answer in answers] == [200]


async def test_the_edge_is_named_where_it_answers() -> None:
    async with staged() as stage:
        base = stage.autumn._caller.settings.server_url
        edge = stage.autumn.with_options(edge_url=base, use_edge=True).cached(max_age=30)
        decision = await edge.check(**SUBJECT, http_headers={"x-trace": "1"})
        assert decision.source == "edge"
        truth = stage.books._truth("balances.check", {})
        truth.headers["x-atom-forwarded"] = "1"
        stage.books.instead["balances.check"] = truth
        assert (await edge.check(**SUBJECT, http_headers={"x-trace": "1"})).source == "live"
