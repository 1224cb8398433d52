"""What `track` takes, what it refuses, and what it makes of it."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timezone
from decimal import Decimal
from enum import Enum
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import example, given, settings

from autumn_async import AsyncAutumn, Autumn, ClientClosedError, MemoryStore
from autumn_async.tracking.clock import Clock
from autumn_async.tracking.core import Core
from autumn_async.tracking.intake import Intake, careful_entry
from autumn_async.tracking.keys import Keys
from autumn_async.tracking.options import options_from
from autumn_async.tracking.receipts import Entry

from .helpers import USAGE, FakeClock, tracking
from .server import Server


def core(clock: Clock | None = None) -> Core:
    return Core(MemoryStore(), options_from({}), None, clock or Clock(), lambda _: None)  # type: ignore[arg-type]


def sent(**event: Any) -> Any:
    return json.loads(core().entry(event).event)


BAD: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"feature_id": "f"}, TypeError, "needs customer_id"),
    ({**USAGE, "customer_id": None}, TypeError, "needs customer_id"),
    ({**USAGE, "customer_id": ""}, ValueError, "customer_id must not be empty"),
    ({**USAGE, "customer_id": 7}, TypeError, "customer_id must be a str, not int"),
    ({**USAGE, "feature_id": ["f"]}, TypeError, "feature_id must be a str, not list"),
    ({**USAGE, "entity_id": ""}, ValueError, "entity_id must not be empty"),
    ({**USAGE, "idempotency_key": ""}, ValueError, "idempotency_key must not be empty"),
    ({"customer_id": "c"}, TypeError, "exactly one of feature_id and event_name; neither"),
    ({**USAGE, "event_name": "e"}, TypeError, "exactly one .*; not both"),
    ({**USAGE, "value": "3"}, TypeError, "value must be a number, not str"),
    ({**USAGE, "value": True}, TypeError, "value must be a number, not bool"),
    ({**USAGE, "value": float("nan")}, ValueError, "value is nan"),
    ({**USAGE, "value": 2**60}, ValueError, "more than can be counted exactly"),
    ({**USAGE, "properties": [1]}, TypeError, "properties must be a mapping, not list"),
    ({**USAGE, "properties": {"x": {"y": float("inf")}}}, ValueError, r"properties\.x\.y is inf"),
    ({**USAGE, "properties": {"x": object()}}, ValueError, r"properties\.x is a object"),
    ({**USAGE, "properties": {1: 2}}, ValueError, "a key must be a str"),
    ({**USAGE, "properties": {"x": "y" * 131_072}}, ValueError, "at most 131072 can be sent"),
    ({**USAGE, "properties": {"x": "\ud800"}}, ValueError, r"properties\.x can't be sent"),
    ({**USAGE, "timestamp": "now"}, TypeError, "timestamp must be milliseconds"),
    ({**USAGE, "timestamp": datetime(2026, 1, 1)}, ValueError, "time zone"),
    ({**USAGE, "timestamp": -5}, ValueError, "after 1973"),
    ({**USAGE, "timestamp": time.time()}, ValueError, "in milliseconds"),
    ({**USAGE, "ordered": "no"}, TypeError, "ordered must be True or False"),
    ({**USAGE, "timestamp": time.time() * 1e6}, ValueError, "in the future"),
    ({**USAGE, "overage_behavior": "reject"}, ValueError, "overage_behavior"),
    ({**USAGE, "featureid": "f"}, TypeError, "no 'featureid'; did you mean 'feature_id'"),
    ({**USAGE, "async_": True}, TypeError, "an event has no 'async_'"),
]


@pytest.mark.parametrize(("event", "kind", "message"), BAD, ids=[m for _, _, m in BAD])
def test_what_cannot_be_sent_is_refused_with_the_reason(
    event: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        core().entry(event)


async def test_a_refused_event_is_not_taken(server: Server) -> None:
    async with tracking(server, MemoryStore()) as tracker:
        with pytest.raises(TypeError):
            tracker.track(customer_id="c")
        with pytest.raises(TypeError):
            await tracker.put(customer_id="c")
        assert tracker.stats().tracked == 0


def test_an_event_travels_with_key_and_timestamp() -> None:
    before = int(time.time() * 1000)
    event = sent(**USAGE, value=3, properties={"model": "x", "nested": {"y": [1, None]}})
    assert before - 1 <= event.pop("timestamp") < time.time() * 1000
    key = event.pop("idempotency_key")
    assert key.startswith("aa1_")
    assert uuid.UUID(key[4:]).version == 7
    assert event == {**USAGE, "value": 3, "properties": {"model": "x", "nested": {"y": [1, None]}}}


def test_other_kinds_of_values_are_made_plain() -> None:
    stamp = datetime(2026, 1, 1, tzinfo=timezone.utc)
    event = sent(customer_id="c", event_name="e", value=Decimal("0.10"), timestamp=stamp,
                 entity_id=None, properties=None, overage_behavior="overflow",
                 idempotency_key="mine", ordered=True)  # fmt: skip
    assert event == {"customer_id": "c", "event_name": "e", "value": 0.1, "async": False,
                     "timestamp": 1_767_225_600_000, "overage_behavior": "overflow",
                     "idempotency_key": "mine"}  # fmt: skip


def test_a_zero_and_a_negative_value_are_sent() -> None:
    assert sent(**USAGE, value=0)["value"] == 0
    assert sent(**USAGE, value=-2)["value"] == -2
    assert sent(**USAGE, value=0.5)["value"] == 0.5


class Colour(str, Enum):
    RED = "red"


class Word(str):
    pass


class Money(float):
    pass


class Count(int):
    pass


_TEXT = st.text(st.sampled_from('ab\u00e9\u2603"\\\ud800'), max_size=3)
_ODD: st.SearchStrategy[Any] = st.sampled_from(
    [Colour.RED, Word("w"), Word(""), Money("nan"), Money(2.5), Count(7), Decimal("0.10"),
     Decimal("2.50"), Decimal("0.10000000000000000001"), Decimal("1e400"), Decimal("sNaN"),
     Decimal("NaN"), b"x", [1], {}, object(), 2**53, -(2**53) - 1, 2**63, 2**64, 2**70, True,
     float("nan"), float("-inf"), -0.0, 1e300, 5e-324, datetime(2026, 1, 1, tzinfo=timezone.utc),
     uuid.UUID(int=1), "cap", "overflow", "reject", "x" * 131_072]
)  # fmt: skip
_KEYS = st.sampled_from([Colour.RED, Word("w"), 1, None, b"x", Count(7), 2.5])
_ATOMS = st.one_of(st.none(), st.booleans(), _TEXT, st.integers(-10, 10), st.floats(), _ODD)
_PROPERTIES = st.one_of(_ATOMS, st.dictionaries(st.one_of(_TEXT, _KEYS), _ATOMS))
_EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "customer_id": _ATOMS,
        "feature_id": _ATOMS,
        "event_name": _ATOMS,
        "entity_id": _ATOMS,
        "value": _ATOMS,
        "properties": _PROPERTIES,
        "timestamp": st.one_of(_ATOMS, st.just(1_767_225_600_000)),
        "overage_behavior": _ATOMS,
        "idempotency_key": _ATOMS,
        "ordered": _ATOMS,
        "async": _ATOMS,
        "featureid": _ATOMS,
    },
)
_LIKELY = st.builds(
    lambda usage, event: {**usage, **event},
    st.sampled_from([USAGE, {"customer_id": "c", "event_name": "e"}]),
    st.fixed_dictionaries(
        {}, optional={"value": _ATOMS, "properties": _PROPERTIES, "entity_id": _ATOMS}
    ),
)


def outcome(make: Callable[..., Entry], event: dict[str, Any], *more: Any) -> Any:
    """All that is to be known of an entry, as a server reads it, or the error."""
    try:
        key, data, *rest = msgspec.structs.astuple(make({**event}, *more))
        return key, msgspec.json.decode(data), *rest
    except (TypeError, ValueError) as error:
        return type(error), str(error)


@given(st.one_of(_LIKELY, _EVENTS))
@example({**USAGE, "properties": {"a": Decimal("0.12345678901234567891")}})
@example({**USAGE, "properties": {"a": Decimal("1e400")}})
@example({**USAGE, "properties": {"a": Word("w")}})
@example({**USAGE, "properties": {"a": Decimal("sNaN")}})
@example({**USAGE, "value": Decimal("0.12345678901234567891")})
@settings(max_examples=300, deadline=None)
def test_the_short_path_and_the_careful_one_say_the_same(event: dict[str, Any]) -> None:
    clock = FakeClock().clock()
    short = outcome(Intake(clock, lambda: None).entry, event)
    key = short[0] if isinstance(short[0], str) else "aa1_" + 32 * "0"
    assert short == outcome(careful_entry, event, clock.stamp(), key)


def test_a_common_event_takes_the_short_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autumn_async.tracking.intake.careful_entry", None)
    common = {"value": -3, "properties": {"a": 1, "b": "x", "c": None}, "entity_id": "e"}
    measured = {"properties": {"seconds": 1.25, "model": "x"}}
    for more in ({}, {"value": 0.5}, common, measured, {"idempotency_key": "mine"}):
        assert sent(**USAGE, **more).items() >= {**USAGE, **more}.items()


def test_a_kind_of_text_among_the_properties_is_text() -> None:
    assert sent(**USAGE, properties={Word("a"): Word("w")})["properties"] == {"a": "w"}


def test_a_value_keeps_all_its_digits() -> None:
    event = {
        **USAGE,
        "value": Decimal("0.12345678901234567891"),
        "properties": {"a": Decimal("1.5")},
    }
    data = core().entry(event).event
    assert b'"value":0.12345678901234567891' in data
    assert b'"a":1.5' in data


def test_what_the_caller_gave_is_left_as_it_is() -> None:
    for event in ({**USAGE, "value": 2}, {**USAGE, "ordered": True, "properties": {"a": [1]}}):
        given = dict(event)
        core().entry(given)
        assert given == event


def test_keys_are_unique_even_if_the_clock_goes_back() -> None:
    time_ = FakeClock()
    one = core(time_.clock())
    keys = set()
    for step in (0.0, 0.0, 1.0, -3600.0, 0.0, 1.0):
        time_.seconds += step
        keys.update(one.entry({**USAGE}).key for _ in range(1000))
    assert len(keys) == 6000
    other = Keys()
    assert not keys & {other.mint(1_800_000_000_000) for _ in range(1000)}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_mints_other_keys() -> None:
    keys = Keys()
    ear, mouth = os.pipe()
    if os.fork() == 0:
        os.write(mouth, keys.mint(5).encode())
        os._exit(0)
    os.wait()
    os.close(mouth)
    with os.fdopen(ear) as told:
        assert told.read() != keys.mint(5)


def test_timestamps_are_never_after_the_servers_clock() -> None:
    time_ = FakeClock()
    clock = time_.clock()
    one = core(clock)
    clock.learn(time_.seconds - 3600, time_.seconds, time_.seconds + 0.1)
    stamp = json.loads(one.entry({**USAGE}).event)["timestamp"]
    assert stamp < (time_.seconds - 3600) * 1000
    ahead = time_.seconds * 1000 - 3_590_000
    assert json.loads(one.entry({**USAGE, "timestamp": ahead}).event)["timestamp"] == stamp


def test_time_for_doubts_never_goes_back() -> None:
    time_ = FakeClock()
    clock = time_.clock()
    first = clock.now()
    time_.advance(10)
    time_.seconds -= 3600
    assert clock.now() == first + 10_000


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"assurance": "both"}, ValueError, "assurance must be one of 'accepted', 'resend'"),
        ({"key_lifetime_ms": 5}, ValueError, "key_lifetime_ms must be 3.6e"),
        ({"max_buffered_events": "many"}, TypeError, "max_buffered_events must be a number"),
        ({"max_bufered_events": 5}, TypeError, "no option 'max_bufered_events'"),
        ({"resend_after_ms": 86_400_000}, ValueError, "less than 0.8 of key_lifetime_ms"),
        ({"on_report": 5}, TypeError, "on_report must be a function"),
    ],
)
def test_options_that_cannot_be_right_are_refused(
    options: dict[str, Any], kind: type[Exception], message: str
) -> None:
    for client in (AsyncAutumn("am_sk_test_x"), Autumn("am_sk_test_x")):
        with pytest.raises(kind, match=message):
            client.tracker(MemoryStore(), **options)


async def test_pending_usage_is_counted_until_it_is_accepted(server: Server) -> None:
    server.billing.always = "503"
    async with tracking(server, MemoryStore()) as tracker:
        tracker.track(customer_id="c", feature_id="f", value=2)
        await tracker.put(customer_id="c", feature_id="f", value=0.5)
        await tracker.put(customer_id="c", event_name="f")
        assert tracker.pending("c", "f") == 2.5
        assert tracker.pending("c", event_name="f") == 1
        assert tracker.pending("d", "f") == 0
        with pytest.raises(TypeError, match="exactly one"):
            tracker.pending("c")
        server.billing.always = None
        await tracker.flush()
        assert tracker.pending("c", "f") == 0


async def test_a_closed_tracker_takes_nothing(server: Server) -> None:
    async with tracking(server, MemoryStore()) as tracker:
        await tracker.put(**USAGE)
        assert (await tracker.close()).accepted == 1
        with pytest.raises(ClientClosedError):
            tracker.track(**USAGE)
        with pytest.raises(ClientClosedError):
            await tracker.put(**USAGE)
        assert (await tracker.close()).accepted == 0


def test_a_tracker_that_was_never_used_closes() -> None:
    with Autumn("am_sk_test_x") as autumn:
        autumn.tracker(MemoryStore()).close()
