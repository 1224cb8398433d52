"""Faults on demand, seen by a client without retries."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from autumn_async import (
    Autumn,
    AutumnConnectionError,
    AutumnError,
    RetryConfig,
)
from autumn_async.emulator import Emulator

NEVER = RetryConfig("none")


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def autumn(emulator: Emulator) -> Iterator[Autumn]:
    """A client that repeats nothing and hides nothing; ada holds 100 messages."""
    key = emulator.organisation().secret_key
    with Autumn(key, server_url=emulator.url, retry_config=NEVER, fail_open=False) as autumn:
        autumn.features.create(feature_id="m", name="M", type_="metered", consumable=True)
        autumn.customers.get_or_create(customer_id="ada")
        autumn.balances.create(customer_id="ada", feature_id="m", included_grant=100)
        yield autumn
        emulator.faults.clear()


def track(autumn: Autumn) -> object:
    return autumn.track(customer_id="ada", feature_id="m")


def used(autumn: Autumn) -> float:
    return autumn.customers.get(customer_id="ada").balances["m"].usage


def outcome(call: Callable[[], object]) -> str:
    """How a call ended: "ok", a status, or "lost"."""
    try:
        call()
    except AutumnError as error:
        return str(error.status_code)
    except AutumnConnectionError:
        return "lost"
    return "ok"


def test_the_next_calls_of_an_operation_fail(emulator: Emulator, autumn: Autumn) -> None:
    fault = emulator.faults.add("track", status=503, times=2)
    assert [outcome(lambda: track(autumn)) for _ in range(3)] == ["503", "503", "ok"]
    assert fault.hits == 2
    assert used(autumn) == 1


def test_a_fault_ends_with_its_block(emulator: Emulator, autumn: Autumn) -> None:
    with emulator.faults.add("customers.get", status=500) as fault:
        assert outcome(lambda: autumn.customers.get(customer_id="ada")) == "500"
        assert outcome(lambda: track(autumn)) == "ok"
        assert list(emulator.faults) == [fault]
    assert outcome(lambda: autumn.customers.get(customer_id="ada")) == "ok"
    assert list(emulator.faults) == []


def test_the_answer_is_what_was_asked_for(emulator: Emulator, autumn: Autumn) -> None:
    body = {"message": "Ask later", "code": "busy", "env": "sandbox"}
    emulator.faults.add(status=418, body=body, headers={"Retry-After": "7"}, times=1)
    with pytest.raises(AutumnError, match="Ask later") as caught:
        track(autumn)
    error = caught.value
    assert (error.status_code, error.code, error.headers["retry-after"]) == (418, "busy", "7")
    emulator.faults.add(status=502, body="<h1>Bad Gateway</h1>")
    with pytest.raises(AutumnError) as caught:
        track(autumn)
    assert caught.value.body == "<h1>Bad Gateway</h1>"
    assert caught.value.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(("applied", "count"), [(False, 0), (True, 1)])
def test_a_connection_is_dropped_before_or_after(
    emulator: Emulator, autumn: Autumn, applied: bool, count: int
) -> None:
    with emulator.faults.add("track", drop=True, applied=applied):
        assert outcome(lambda: track(autumn)) == "lost"
    assert used(autumn) == count


def test_an_error_after_the_deduction_frees_the_key(emulator: Emulator, autumn: Autumn) -> None:
    def once() -> object:
        return autumn.track(customer_id="ada", feature_id="m", idempotency_key="k")

    with emulator.faults.add("track", status=500, applied=True, times=1):
        assert [outcome(once) for _ in range(3)] == ["500", "ok", "409"]
    assert used(autumn) == 2


def test_a_dropped_call_that_took_effect_keeps_its_key(emulator: Emulator, autumn: Autumn) -> None:
    def once() -> object:
        return autumn.track(customer_id="ada", feature_id="m", idempotency_key="k")

    with emulator.faults.add("track", drop=True, applied=True, times=1):
        assert [outcome(once) for _ in range(2)] == ["lost", "409"]
    assert used(autumn) == 1


def test_a_share_of_the_calls_is_drawn_by_seed(emulator: Emulator, autumn: Autumn) -> None:
    def drawn(seed: int) -> list[str]:
        with emulator.faults.add("check", status=500, share=0.5, seed=seed):
            check = lambda: autumn.check(customer_id="ada", feature_id="m")  # noqa: E731
            return [outcome(check) for _ in range(40)]

    first = drawn(1)
    assert 10 < first.count("500") < 30
    assert drawn(1) == first != drawn(2)


def test_items_of_a_batch_get_lost_in_silence(emulator: Emulator, autumn: Autumn) -> None:
    items = [{"customer_id": "ada", "feature_id": "m", "value": 1} for _ in range(100)]
    with emulator.faults.add("batch_track", lose_items=0.5):
        assert autumn.batch_track(items).success
    assert 30 < used(autumn) < 70
    with emulator.faults.add("batch_track", lose_items=1):
        assert outcome(lambda: autumn.batch_track(items)) == "ok"
        assert outcome(lambda: autumn.batch_track([{**items[0], "feature_id": "x"}])) == "404"
    assert used(autumn) < 70


def test_latency_comes_before_anything_else(emulator: Emulator, autumn: Autumn) -> None:
    with emulator.faults.add("track", latency_ms=50), emulator.faults.add("track", latency_ms=50):
        began = time.monotonic()
        assert outcome(lambda: track(autumn)) == "ok"
        assert time.monotonic() - began >= 0.1
    slow = emulator.faults.add("track", latency_ms=60_000)
    assert outcome(lambda: autumn.check(customer_id="ada", feature_id="m")) == "ok"
    slow.remove()
    slow.remove()
    assert outcome(lambda: track(autumn)) == "ok"


SENSELESS = [
    ("nope", {"status": 500}, "no operation 'nope'"),
    ("*", {}, "nothing goes wrong"),
    ("*", {"status": 99}, "status must be between"),
    ("*", {"status": 500, "drop": True}, "exclude"),
    ("*", {"drop": True, "share": 1.5}, "share must be between 0 and 1"),
    ("track", {"lose_items": 0.5}, "batch_track"),
    ("*", {"latency_ms": -1}, "latency_ms"),
]


@pytest.mark.parametrize(("operation", "what", "text"), SENSELESS)
def test_what_makes_no_sense_is_refused(operation: str, what: dict[str, float], text: str) -> None:
    faults = Emulator().faults
    with pytest.raises(ValueError, match=text):
        faults.add(operation, **what)
    assert not faults


def test_faults_of_the_command() -> None:
    faults = Emulator().faults
    add = faults.add_from_text
    assert (add("track:503:0.1").status, add("track:503:0.1").share) == (503, 0.1)
    assert (add("*:200ms").operation, add("*:200ms").latency_ms) == ("*", 200)
    assert (add("check:drop").drop, add("check:drop").applied) == (True, False)
    assert add("check:drop-applied:0.5").applied
    assert (add("batch_track:lose-items:0.2").lose_items, add("track:503").share) == (0.2, 1)
    for text in ("track", "track:", "track:often", "track:503:much", "track:503:2", "nope:503"):
        with pytest.raises(ValueError, match="the fault"):
            add(text)
