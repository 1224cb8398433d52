"""Rate limits: which calls share one, what a refusal looks like, when it ends."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from autumn_async import Autumn, RateLimitError, RetryConfig
from autumn_async.emulator import Emulator
from autumn_async.emulator.gateway import Gateway
from autumn_async.emulator.messages import Reply, Request

from .conftest import StandingClock

MINUTE = 60_000


@pytest.fixture
def limited(clock: StandingClock) -> Gateway:
    gateway = Gateway(clock, rate_limits=True)
    feature = {"feature_id": "m", "name": "M", "type": "metered", "consumable": True}
    assert ask(gateway, "features.create", feature).status == 200
    assert ask(gateway, "customers.get_or_create", {"customer_id": "ada"}).status == 200
    clock.advance(MINUTE)
    return gateway


def ask(
    gateway: Gateway, operation: str, body: Any, *, key: str = "x", version: str = "2.3.0"
) -> Reply:
    headers = {"authorization": f"Bearer am_sk_test_{key}", "x-api-version": version}
    content = msgspec.json.encode(body)
    return gateway.answer(Request("POST", f"/v1/{operation}", headers, content))


def passed(gateway: Gateway, operation: str, body: Any, calls: int, **how: str) -> int:
    """How many of so many calls were not refused for their number."""
    statuses = [ask(gateway, operation, body, **how).status for _ in range(calls)]
    refused = [status == 429 for status in statuses]
    assert refused == sorted(refused)
    return refused.count(False)


NOBODY = {"customer_id": "nobody"}
EVENTS = {"customer_id": "ada"}


@pytest.mark.parametrize(
    ("operation", "body", "version", "most"),
    [
        ("features.list", {}, "2.3.0", 25),
        ("balances.batch_track", [{**NOBODY, "feature_id": "m"}], "2.3.0", 10),
        ("events.list", EVENTS, "2.3.0", 5),
        ("customers.list", {}, "2.3.0", 50),
        ("customers.list", {}, "2.2.0", 5),
        ("billing.attach", {**NOBODY, "plan_id": "p"}, "2.3.0", 30),
        ("customers.get", NOBODY, "2.3.0", 10_000),
        ("balances.track", {"customer_id": "ada", "feature_id": "m"}, "2.3.0", 10_000),
    ],
)
def test_how_many_calls_pass(
    limited: Gateway, operation: str, body: Any, version: str, most: int
) -> None:
    assert passed(limited, operation, body, most + 2, version=version) == most


def test_a_refusal_is_text_with_the_time_to_wait(limited: Gateway, clock: StandingClock) -> None:
    assert ask(limited, "events.list", EVENTS).headers == {
        "RateLimit-Policy": "5;w=1",
        "RateLimit-Limit": "5",
        "RateLimit-Remaining": "4",
        "RateLimit-Reset": "1",
    }
    passed(limited, "events.list", EVENTS, 4)
    refusal = ask(limited, "events.list", EVENTS)
    assert refusal.status == 429
    assert refusal.body == b"Too many requests, please try again later."
    assert refusal.headers["Content-Type"] == "text/plain"
    assert (refusal.headers["RateLimit-Remaining"], refusal.headers["Retry-After"]) == ("0", "1")
    clock.advance(1000)
    assert ask(limited, "events.list", EVENTS).status == 200


def test_errors_are_counted_and_show_it(limited: Gateway) -> None:
    reply = ask(limited, "features.get", {"feature_id": "nope"})
    assert (reply.status, reply.headers["RateLimit-Remaining"]) == (404, "24")


def test_limits_are_by_customer_by_organisation_and_by_group(limited: Gateway) -> None:
    assert passed(limited, "events.list", EVENTS, 6) == 5
    assert passed(limited, "events.list", {"customer_id": "bob"}, 6) == 5
    assert passed(limited, "events.list", EVENTS, 6, key="org_acme") == 5
    assert passed(limited, "features.list", {}, 20) == 20
    assert passed(limited, "plans.list", {}, 20) == 5
    assert passed(limited, "billing.attach", {**NOBODY, "plan_id": "p"}, 20) == 20
    assert passed(limited, "billing.update", {**NOBODY, "plan_id": "p"}, 20) == 10


def test_previews_have_no_limit(limited: Gateway) -> None:
    reply = ask(limited, "billing.preview_attach", {**NOBODY, "plan_id": "p"})
    assert reply.headers == {}


def test_an_organisation_has_limits_in_all(limited: Gateway, monkeypatch: Any) -> None:
    from autumn_async.emulator import limits

    for operation in limits.TOTALS:
        small = limits.TOTALS[operation]._replace(most=3)
        monkeypatch.setitem(limits.TOTALS, operation, small)
    for number in range(3):
        usage = {"customer_id": f"c{number}", "feature_id": "m"}
        assert ask(limited, "balances.track", usage).status == 404
        assert ask(limited, "balances.check", usage).status == 404
    refusal = ask(limited, "balances.track", {"customer_id": "ada", "feature_id": "m"})
    assert (refusal.status, refusal.headers) == (429, {})
    assert msgspec.json.decode(refusal.body) == {
        "message": "Rate limit exceeded.",
        "code": "rate_limit_exceeded",
        "env": "sandbox",
    }
    answer = ask(limited, "balances.check", {"customer_id": "ada", "feature_id": "nope"})
    assert answer.status == 202
    assert msgspec.json.decode(answer.body) == {
        "allowed": True,
        "customer_id": "ada",
        "balance": None,
        "flag": None,
        "required_balance": 1,
    }
    assert ask(limited, "balances.check", {}).status == 400


def test_without_the_option_nothing_is_limited(clock: StandingClock) -> None:
    gateway = Gateway(clock)
    assert passed(gateway, "features.list", {}, 100) == 100
    assert ask(gateway, "features.list", {}).headers == {}


def test_windows_that_ended_are_thrown_away(limited: Gateway, clock: StandingClock) -> None:
    for number in range(100):
        ask(limited, "customers.get", {"customer_id": f"c{number}"})
    clock.advance(MINUTE)
    ask(limited, "customers.get", {"customer_id": "last"})
    assert limited._limits
    assert len(limited._limits._windows) < 5


def test_the_client_sees_a_rate_limit(clock: StandingClock) -> None:
    with Emulator(rate_limits=True, clock=clock) as emulator:
        never = RetryConfig("none")
        with Autumn(emulator.secret_key, server_url=emulator.url, retry_config=never) as autumn:
            for _ in range(5):
                autumn.events.list(customer_id="ada")
            with pytest.raises(RateLimitError) as caught:
                autumn.events.list(customer_id="ada")
    assert caught.value.headers["retry-after"] == "1"
    assert caught.value.headers["ratelimit-limit"] == "5"
