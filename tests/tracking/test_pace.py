"""When requests go out, and what answers mean."""

from __future__ import annotations

import pytest

from autumn_async.errors import (
    AutumnConnectionError,
    AutumnSDKError,
    AutumnTimeoutError,
    Outcome,
    error_from,
)
from autumn_async.exchange import Headers, Response
from autumn_async.tracking.answers import (
    Verdict,
    culprit_indexes,
    culprit_name,
    judge_answer,
    judge_error,
)
from autumn_async.tracking.pace import Pace

from .helpers import FakeClock


def pace(most: int = 4) -> tuple[Pace, FakeClock]:
    time = FakeClock()
    return Pace(time.clock(), most), time


def test_requests_are_spread_evenly() -> None:
    it, time = pace()
    for _ in range(100):
        time.advance(it.wait())
        it.started()
    assert 9.8 <= time.passed <= 10.2


def test_late_timers_cost_no_share_of_the_limit() -> None:
    it, time = pace()
    for _ in range(100):
        time.advance(it.wait() + 0.02)
        it.started()
    assert time.passed <= 10.2
    time.advance(60)  # after a rest there is no burst
    for _ in range(10):
        time.advance(it.wait())
        it.started()
    assert it.wait() >= 0.1


def test_the_limit_is_learned_from_the_headers() -> None:
    it, time = pace()
    it.learn({"ratelimit-policy": "50;w=1"})
    for _ in range(100):
        time.advance(it.wait())
        it.started()
    assert 1.9 <= time.passed <= 2.1
    for policy in ("nonsense", "inf;w=1", "1e400;w=1", "1;w=inf", "nan;w=1", "-1;w=1"):
        it.learn({"ratelimit-policy": policy})
    it.started()
    assert 0.01 < it.wait() < 0.05
    assert it.burst == 1
    it.learn({"ratelimit-policy": "1e300;w=1"})
    assert it.burst == 8


def test_only_what_may_go_out_at_once_is_got_ready() -> None:
    it, _ = pace()
    assert it.burst == 1
    it.learn({"ratelimit-policy": "250;w=1"})
    assert it.burst == 4
    it.learn({"ratelimit-policy": "1000000;w=1"})
    assert it.burst == 8
    for _ in range(5):
        it.ended(Verdict("doubtful"))
    assert it.burst == 2


def test_not_too_many_are_got_ready_however_many_may_be_under_way() -> None:
    it, _ = pace(100)
    it.learn({"ratelimit-policy": "1000000;w=1"})
    assert (it.width, it.burst) == (100, 16)


def test_a_server_in_trouble_is_left_alone_for_longer_and_longer() -> None:
    it, time = pace()
    waits = []
    for _ in range(12):
        it.ended(Verdict("doubtful"))
        waits.append(it.wait())
        time.advance(it.wait())
    assert waits[0] <= 0.4
    assert waits == sorted(waits)
    assert waits[-1] == 60
    assert it.width == 1
    it.ended(Verdict("accepted"))
    assert (it.width, it.wait(), it.failures) == (4, 0, 0)


def test_a_429_is_obeyed_and_makes_requests_larger() -> None:
    it, time = pace()
    linger = it.linger
    it.ended(Verdict("limited", retry_after=3.0))
    assert 3.0 <= it.wait() <= 3.4
    assert it.linger == 2 * linger
    for _ in range(20):
        it.ended(Verdict("limited", retry_after=0.0))
    assert it.linger == 5.0
    for _ in range(400):
        it.ended(Verdict("accepted"))
    assert it.linger == linger
    assert it.failures == 0
    time.advance(10)
    assert it.wait() == 0


def test_a_refusal_pauses_until_a_single_request_gets_through() -> None:
    it, time = pace()
    it.ended(Verdict("refused", "401 invalid_secret_key"))
    assert (it.refusal, it.width, it.wait()) == ("401 invalid_secret_key", 1, 60)
    it.hurry()
    assert it.wait() == 0
    it.ended(Verdict("accepted"))
    assert (it.refusal, it.width) == (None, 4)
    time.advance(1)


def answered(status: int, code: str | None, message: str = "m", **headers: str) -> AutumnSDKError:
    import json

    body = json.dumps({"message": message, "code": code}) if code else message
    response = Response(status_code=status, headers=Headers(headers.items()), content=body.encode())
    return error_from(response)


def unanswered(outcome: Outcome) -> AutumnSDKError:
    return AutumnTimeoutError("no answer", outcome=outcome)


FUTURE = "17.timestamp: timestamp cannot be in the future"


@pytest.mark.parametrize(
    ("error", "batch", "single"),
    [
        (AutumnConnectionError("refused", outcome="not sent"), "not stored", "not stored"),
        (AutumnConnectionError("reset", outcome="unknown"), "doubtful", "doubtful"),
        (unanswered("not sent"), "not stored", "not stored"),
        (unanswered("unknown"), "doubtful", "doubtful"),
        (answered(429, None, "Too many requests"), "limited", "limited"),
        (answered(503, "service_unavailable"), "not stored", "doubtful"),
        (answered(503, None), "doubtful", "doubtful"),
        (answered(500, "internal_error"), "doubtful", "doubtful"),
        (answered(502, None), "doubtful", "doubtful"),
        (answered(409, "duplicate_idempotency_key"), "duplicate", "duplicate"),
        (answered(400, "invalid_inputs", "3.value: must be a number"), "poison", "poison"),
        (answered(400, "invalid_inputs", FUTURE), "future", "future"),
        (answered(404, "feature_not_found"), "poison", "poison"),
        (answered(404, "invalid_request", "No features found for event name: x"), "poison",
         "poison"),
        (answered(404, "customer_not_found"), "poison", "missing"),
        (answered(404, "entity_not_found"), "poison", "missing"),
        (answered(404, None, "<html>"), "refused", "refused"),
        (answered(401, "invalid_secret_key"), "refused", "refused"),
        (answered(403, "insufficient_scopes"), "refused", "refused"),
        (answered(403, "request_temporarily_disabled"), "refused", "refused"),
        (answered(400, "invalid_api_version"), "refused", "refused"),
        (answered(302, None, location="elsewhere"), "refused", "refused"),
        (answered(413, None), "too large", "too large"),
        (answered(423, "lock_already_exists"), "not stored", "not stored"),
        (AutumnSDKError("the loop"), "not stored", "not stored"),
    ],
)  # fmt: skip
def test_failures_are_judged(error: AutumnSDKError, batch: str, single: str) -> None:
    assert judge_error(error, single=False).kind == batch
    assert judge_error(error, single=True).kind == single


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "accepted"),
        (b'{"success": true}', "accepted"),
        (b'{"customer_id": "c", "value": 1, "balance": null}', "accepted"),
        (b'{"success": false}', "doubtful"),
        (b"<html>Please log in</html>", "doubtful"),
        (b"[1]", "doubtful"),
    ],
)
def test_a_success_has_to_be_autumns(content: bytes, kind: str) -> None:
    answer = Response(status_code=200, headers=Headers(), content=content)
    assert judge_answer(answer).kind == kind


def test_culprits_are_read_out_of_messages() -> None:
    one = str(answered(400, "invalid_inputs", "17.timestamp: timestamp cannot be in the future"))
    assert culprit_indexes(one) == {17}
    two = str(
        answered(400, "invalid_inputs", "[Validation Errors] 3.value: no; 12.customer_id: no")
    )
    assert culprit_indexes(two) == {3, 12}
    assert culprit_indexes(str(answered(400, "invalid_inputs", "input: must be 1.5 or 2"))) == set()
    assert culprit_name(str(answered(404, "feature_not_found", "Feature a b not found"))) == "a b"
    message = "No features found for event name: x.y"
    assert culprit_name(str(answered(404, "invalid_request", message))) == "x.y"
    assert culprit_name("something else") is None
