"""What arguments become on the wire, and which are refused before anything is sent."""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date, datetime, timezone
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from operator import attrgetter
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
from msgspec import UNSET

from autumn_async import AsyncAutumn
from tests.contract.operations import CALLERS, SECRET_KEY, needed, parameters, required
from tests.contract.rows import LATER, LATER_MS, MOMENT, MOMENT_MS
from tests.contract.stage import Stage
from tests.contract.table import TABLE
from tests.shared_material import shared

NULLABLE = {
    "balances.list": {"plan_id"},
    "billing.create_schedule": {"free_trial"},
    "billing.attach": {"free_trial"},
    "billing.multi_attach": {"free_trial"},
    "billing.preview_attach": {"free_trial"},
    "billing.preview_multi_attach": {"free_trial"},
    "billing.preview_update": {"free_trial"},
    "billing.setup_payment": {"free_trial"},
    "billing.update": {"free_trial"},
    "customers.get_or_create": {
        "currency",
        "customer_id",
        "email",
        "fingerprint",
        "metadata",
        "name",
        "stripe_id",
    },
    "customers.update": {"currency", "email", "fingerprint", "metadata", "name", "stripe_id"},
    "entities.create": {"name"},
    "features.create": {"model_markups", "provider_markups"},
    "features.update": {"model_markups", "provider_markups"},
    "plans.create": {"description"},
    "plans.update": {"base_plan_id", "free_trial", "price"},
    "referrals.create_program": {"exclude_trial", "max_redemptions", "plan_ids"},
    "referrals.update_program": {"exclude_trial", "max_redemptions", "plan_ids"},
}
"""The parameters for which the API gives null a meaning."""

USAGE: dict[str, Any] = {"customer_id": "cus_1", "feature_id": "messages"}


def least(call: str) -> dict[str, Any]:
    """The least that an operation can be called with."""
    names = needed(call)
    return {name: v for name, v in TABLE[call].rows[0].given.items() if name in names}


async def sent(stage: Stage, call: str, **arguments: Any) -> Any:
    """What these arguments put on the wire."""
    del stage.requests[:]
    await CALLERS["async"](stage.url, call, arguments)
    return stage.sent


async def refusal(stage: Stage, call: str, kind: type[Exception], **arguments: Any) -> str:
    """What the error says with which a call is refused, before anything is sent."""
    with pytest.raises(kind) as caught:
        await CALLERS["async"](stage.url, call, arguments)
    assert not stage.requests
    return str(caught.value)


# None


@pytest.mark.parametrize("call", TABLE)
async def test_none_is_sent_where_the_api_knows_null_and_left_out_elsewhere(
    call: str, stage: Stage
) -> None:
    given = {**dict.fromkeys(parameters(call)), **least(call)}
    body = await sent(stage, call, **given)
    if call != "batch_track":
        nulls = {name for name, value in body.items() if value is None}
        assert nulls == NULLABLE.get(call, set()) - least(call).keys()
        assert body.keys() - nulls == {name.removesuffix("_") for name in least(call)}


async def test_a_required_parameter_may_be_nullable(stage: Stage) -> None:
    body = await sent(stage, "customers.get_or_create", customer_id=None, email="ada@example.com")
    assert body == {"customer_id": None, "email": "ada@example.com"}


@pytest.mark.parametrize("call", [call for call in TABLE if required(call)])
async def test_none_is_no_value_for_what_is_required(call: str, stage: Stage) -> None:
    for name in required(call) - NULLABLE.get(call, set()):
        said = await refusal(stage, call, TypeError, **{**least(call), name: None})
        assert re.search(rf"{call}\(\) needs {name}\b", said)


def test_nullable_is_what_the_api_says() -> None:
    documented = {call: _nulls_of(TABLE[call].path) for call in TABLE if call != "batch_track"}
    assert {call: names for call, names in documented.items() if names} == NULLABLE


def _nulls_of(path: str) -> set[str]:
    return {
        name
        for version in ("2.2.0", "2.5.0")
        for name, what in _fields(version, path)
        if ", nullable" in what
    }


def _fields(version: str, path: str) -> list[tuple[str, str]]:
    """The fields of a request in the published schema."""
    text = shared("api", f"schemas-{version}.md").read_text("utf-8")
    section = re.search(rf"^## POST {re.escape(path)}$(.*?)Response body", text, re.M | re.S)
    if section is None:
        return []
    fields: list[tuple[str, str]] = re.findall(r"^- `(\w+)`: (.*)$", section[1], re.M)
    elsewhere = re.search(r"^- \(same fields as `([^`#]+)#req`\)", section[1], re.M)
    return fields or (_fields(version, elsewhere[1]) if elsewhere else [])


async def test_unset_is_left_out_wherever_it_stands(stage: Stage) -> None:
    customize = {"price": UNSET, "items": [{"feature_id": "messages", "included": UNSET}]}
    body = await sent(
        stage, "billing.attach", customer_id="c", plan_id="p", version=UNSET, customize=customize
    )
    items = [{"feature_id": "messages"}]
    assert body == {"customer_id": "c", "plan_id": "p", "customize": {"items": items}}


async def test_null_within_an_argument_is_sent(stage: Stage) -> None:
    body = await sent(
        stage, "billing.attach", customer_id="c", plan_id="p", customize={"price": None}
    )
    assert body["customize"] == {"price": None}


# Words that Python reserves


@pytest.mark.parametrize("name", ["async", "async_"])
@pytest.mark.parametrize("way", CALLERS)
async def test_async_goes_out_under_the_apis_name(way: str, name: str, stage: Stage) -> None:
    await CALLERS[way](stage.url, "track", {**USAGE, name: True})
    assert stage.sent == {**USAGE, "async": True}


@pytest.mark.parametrize("name", ["async", "async_"])
async def test_async_goes_out_under_the_apis_name_in_a_batch(name: str, stage: Stage) -> None:
    event = {**USAGE, name: False, "properties": {"async_": "mine"}}
    assert await sent(stage, "batch_track", request=[event]) == [
        {**USAGE, "async": False, "properties": {"async_": "mine"}}
    ]


async def test_type_goes_out_under_the_apis_name(stage: Stage) -> None:
    assert (await sent(stage, "features.update", feature_id="f", type_="boolean"))["type"]
    assert (await sent(stage, "features.update", feature_id="f", type="boolean"))["type"]


# Values that programs hold


class Model(str, Enum):
    LARGE = "large"


class Size(Enum):
    SMALL = 1


VALUES = [
    (Decimal("0.10"), 0.1),
    (Decimal("1E+2"), 100),
    (Decimal(7), 7),
    (Fraction(1, 4), 0.25),
    (MOMENT, MOMENT_MS),
    (LATER, LATER_MS),
    (datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=timezone.utc), -1),
    (Model.LARGE, "large"),
    (Size.SMALL, 1),
    (UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    ((1, (2,)), [1, [2]]),
    (range(3), [0, 1, 2]),
    (MappingProxyType({"a": Decimal(1)}), {"a": 1}),
    ({"nothing": None, "": ""}, {"nothing": None, "": ""}),
    (True, True),
    (2**53, 2**53),
    ("ünï", "ünï"),
]


@pytest.mark.parametrize(("value", "expected"), VALUES, ids=lambda value: repr(value)[:40])
async def test_values_that_programs_hold_go_out_as_json(
    value: Any, expected: Any, stage: Stage
) -> None:
    properties = {"here": value, "deep": [{"er": value}]}
    body = await sent(stage, "track", **USAGE, properties=properties)
    assert body["properties"] == {"here": expected, "deep": [{"er": expected}]}
    assert properties == {"here": value, "deep": [{"er": value}]}


async def test_a_decimal_keeps_its_digits(stage: Stage) -> None:
    await sent(stage, "track", **USAGE, value=Decimal("12345678901234567.890123456789"))
    assert b'"value":12345678901234567.890123456789' in stage.requests[0].body


class Int64:
    """An integer as numpy has them: no int, and registered as one."""

    def __int__(self) -> int:
        return 3


class Float32:
    """A float as numpy has them: no float, and registered as a real number."""

    def __float__(self) -> float:
        return 1.5


numbers.Integral.register(Int64)
numbers.Real.register(Float32)


async def test_numbers_that_are_registered_as_such_go_out_as_json(stage: Stage) -> None:
    properties = {"i": Int64(), "f": Float32()}
    body = await sent(stage, "track", **USAGE, value=Int64(), properties=properties)
    assert (body["value"], body["properties"]) == (3, {"i": 3, "f": 1.5})


# Values that can't be sent


class Opaque:
    pass


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)

UNFIT: list[Any] = [
    math.nan,
    math.inf,
    -math.inf,
    Decimal("NaN"),
    Decimal("-Infinity"),
    Decimal("sNaN"),
    Decimal("1e400"),
    Fraction(10**400),
    "\ud800",
    datetime(2026, 8, 1),
    date(2026, 8, 1),
    b"bytes",
    bytearray(b"bytes"),
    {1, 2},
    Opaque(),
    Opaque,
    1j,
    iter([1]),
    {1: "one"},
    CIRCLE,
]


@pytest.mark.parametrize("value", UNFIT, ids=lambda value: repr(value).partition(" at 0x")[0][:30])
@pytest.mark.parametrize(
    ("wrapped", "where"),
    [
        (lambda value: {"properties": {"a": value}}, r"properties\.a"),
        (lambda value: {"properties": {"a": [0, {"b": value}]}}, r"properties\.a\[1\]\.b"),
        (lambda value: {"timestamp": value}, "timestamp"),
        (lambda value: {"lock": {"lock_id": "l", "expires_at": value}}, r"lock\.expires_at"),
    ],
    ids=["property", "nested property", "argument", "nested key"],
)
async def test_what_json_cannot_carry_is_refused_by_name(
    wrapped: Callable[[Any], dict[str, Any]], where: str, value: Any, stage: Stage
) -> None:
    said = await refusal(stage, "track", ValueError, **USAGE, **wrapped(value))
    root = where.partition("\\")[0]
    assert re.match(root if value is CIRCLE else rf"{where}(\.\S+)? ", said)


@pytest.mark.parametrize("call", TABLE)
async def test_no_argument_lets_a_value_through_that_is_not_a_number(
    call: str, stage: Stage
) -> None:
    async with AsyncAutumn(SECRET_KEY, server_url=stage.url) as autumn:
        for row in TABLE[call].rows:
            for name, given in _with_leaves_replaced(dict(row.given), math.nan):
                with pytest.raises(ValueError, match=rf"^{name}\b.* is nan"):
                    await attrgetter(call)(autumn)(**given)
    assert not stage.requests


@pytest.mark.parametrize("call", TABLE)
async def test_no_argument_lets_a_naive_datetime_through(call: str, stage: Stage) -> None:
    async with AsyncAutumn(SECRET_KEY, server_url=stage.url) as autumn:
        for row in TABLE[call].rows:
            for name, given in _with_leaves_replaced(dict(row.given), datetime(2026, 8, 1)):
                with pytest.raises(ValueError, match=rf"^{name}\b.* without a time zone"):
                    await attrgetter(call)(autumn)(**given)
    assert not stage.requests


def _with_leaves_replaced(given: dict[str, Any], bad: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Copies of the arguments in which one number, however deep, is another value."""
    for name, value in given.items():
        for replaced in _replaced(value, bad):
            if name not in ("limit", "offset") and not (name == "request" and type(value) is dict):
                yield name, {**given, name: replaced}


def _replaced(value: Any, bad: Any) -> Iterator[Any]:
    if isinstance(value, (int, float, Decimal, datetime)) and not isinstance(value, bool):
        yield bad
    elif isinstance(value, (dict, list)):
        for key in value if isinstance(value, dict) else range(len(value)):
            for replaced in _replaced(value[key], bad):
                changed = deepcopy(value)
                changed[key] = replaced
                yield changed


# Ids

IDS = [
    (call, name)
    for call in TABLE
    for name in parameters(call)
    if name.endswith("_id") or name in ("code", "event_name")
]


@pytest.mark.parametrize(("call", "name"), IDS)
async def test_an_empty_id_is_refused_by_name(call: str, name: str, stage: Stage) -> None:
    given = {**least(call), name: ""}
    assert (await refusal(stage, call, ValueError, **given)).startswith(f"{name} must not be empty")


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ({"lock": {"lock_id": ""}}, "lock.lock_id"),
        ({"lock": MappingProxyType({"lock_id": ""})}, "lock.lock_id"),
    ],
)
async def test_an_empty_id_within_an_argument_is_refused_by_name(
    arguments: dict[str, Any], where: str, stage: Stage
) -> None:
    said = await refusal(stage, "check", ValueError, **USAGE, **arguments)
    assert said.startswith(f"{where} must not be empty")


async def test_an_empty_id_of_an_event_is_refused_with_its_index(stage: Stage) -> None:
    for name in ("customer_id", "feature_id", "entity_id", "idempotency_key"):
        batch = [USAGE, {**USAGE, name: ""}]
        said = await refusal(stage, "batch_track", ValueError, request=batch)
        assert said.startswith(f"request[1].{name} must not be empty")


async def test_an_empty_id_among_the_callers_own_words_is_their_business(stage: Stage) -> None:
    properties = {"customer_id": "", "nested": {"entity_id": ""}}
    assert (await sent(stage, "track", **USAGE, properties=properties))["properties"] == properties


@pytest.mark.parametrize("value", [5, b"cus_1", ["cus_1"], True])
async def test_an_id_that_is_no_text_is_a_type_error(value: Any, stage: Stage) -> None:
    said = await refusal(stage, "check", TypeError, customer_id=value, feature_id="messages")
    assert said.startswith("customer_id must be a str")


# Sizes


@pytest.mark.parametrize("size", [0, 1001])
@pytest.mark.parametrize("way", CALLERS)
async def test_a_batch_has_1_to_1000_events(way: str, size: int, stage: Stage) -> None:
    with pytest.raises(ValueError, match=f"request must have 1 to 1000 events, not {size}"):
        await CALLERS[way](stage.url, "batch_track", {"request": [USAGE] * size})
    assert not stage.requests


async def test_a_batch_of_1000_events_goes_out_in_one_request(stage: Stage) -> None:
    assert await sent(stage, "batch_track", request=[USAGE] * 1000) == [USAGE] * 1000


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ("message", "an event is a dict with a customer_id"),
        ({"feature_id": "f"}, "an event is a dict with a customer_id"),
        ({"customer_id": None, "feature_id": "f"}, "an event is a dict with a customer_id"),
        ({"customer_id": "c"}, "neither was given"),
        ({**USAGE, "event_name": "e"}, "not both"),
    ],
)
async def test_an_event_that_the_server_would_refuse_is_refused_with_its_index(
    event: Any, why: str, stage: Stage
) -> None:
    said = await refusal(stage, "batch_track", TypeError, request=[USAGE, event])
    assert said.startswith("request[1]: ")
    assert why in said


@pytest.mark.parametrize("wrong", [{}, {"feature_id": "f", "event_name": "e"}])
async def test_usage_is_tracked_by_feature_or_by_event_name(
    wrong: dict[str, str], stage: Stage
) -> None:
    said = await refusal(stage, "track", TypeError, customer_id="c", **wrong)
    assert said.startswith("track() takes exactly one of feature_id and event_name")


PAGED = [call for call in TABLE if "limit" in parameters(call)]


@pytest.mark.parametrize("limit", [0, -1, 5001])
@pytest.mark.parametrize("way", CALLERS)
@pytest.mark.parametrize("call", PAGED)
async def test_a_page_holds_1_to_5000(call: str, way: str, limit: int, stage: Stage) -> None:
    with pytest.raises(ValueError, match=f"limit must be 1 to 5000, not {limit}"):
        await CALLERS[way](stage.url, call, {"limit": limit})
    assert not stage.requests


@pytest.mark.parametrize("name", ["limit", "offset"])
@pytest.mark.parametrize("value", ["5", 2.5, True])
async def test_a_page_is_counted_in_whole_numbers(name: str, value: Any, stage: Stage) -> None:
    said = await refusal(stage, "customers.list", TypeError, **{name: value})
    assert said.startswith(f"{name} must be an int")


async def test_an_offset_is_not_negative(stage: Stage) -> None:
    said = await refusal(stage, "customers.list", ValueError, offset=-1)
    assert said == "offset must be 0 or more, not -1"
    assert await sent(stage, "customers.list", offset=0, limit=5000) == {"offset": 0, "limit": 5000}


# Names


@pytest.mark.parametrize("way", CALLERS)
@pytest.mark.parametrize("call", TABLE)
async def test_a_misspelt_name_is_a_type_error_that_names_the_nearest(
    call: str, way: str, stage: Stage
) -> None:
    names = [*parameters(call), "timeout_ms", "http_headers"]
    for name in names if way == "async" else names[-3:]:
        misspelt = name[:-2] + name[-1] + name[-2] + "x" if len(name) > 2 else f"{name}x"
        with pytest.raises(TypeError, match=rf"{call}\(\).*'{misspelt}'; did you mean '{name}'\?"):
            await CALLERS[way](stage.url, call, {**least(call), misspelt: 1})
    assert not stage.requests


async def test_a_name_like_no_other_is_answered_with_all_there_are(stage: Stage) -> None:
    said = await refusal(stage, "features.get", TypeError, feature_id="f", zzz=1)
    assert said.endswith("it takes " + ", ".join(sorted([*OPTIONS_OF_A_CALL, "feature_id"])))


OPTIONS_OF_A_CALL = [
    "deadline_ms",
    "http_headers",
    "idempotency_key",
    "retries",
    "server_url",
    "timeout_ms",
]


@pytest.mark.parametrize("way", CALLERS)
@pytest.mark.parametrize("call", [call for call in TABLE if required(call)])
async def test_a_missing_parameter_is_a_type_error_that_names_it(
    call: str, way: str, stage: Stage
) -> None:
    for name in required(call):
        given = {other: value for other, value in least(call).items() if other != name}
        with pytest.raises(TypeError, match=rf"missing .*'{name}'"):
            await CALLERS[way](stage.url, call, given)
    assert not stage.requests


@pytest.mark.parametrize("call", [call for call in TABLE if call != "batch_track"])
async def test_parameters_are_given_by_name(call: str, stage: Stage) -> None:
    async with AsyncAutumn(SECRET_KEY, server_url=stage.url) as autumn:
        with pytest.raises(TypeError, match="takes 1 positional argument"):
            attrgetter(call)(autumn)("cus_1")
    assert not stage.requests


@pytest.mark.parametrize("call", ["customers.list", "features.list", "plans.list"])
async def test_a_misspelt_name_in_a_request_mapping_is_a_type_error(
    call: str, stage: Stage
) -> None:
    said = await refusal(stage, call, TypeError, request={"custommer_id": "c"})
    assert f"the request of {call}() has no 'custommer_id'" in said


@pytest.mark.parametrize("call", ["customers.list", "features.list", "plans.list"])
@pytest.mark.parametrize("request_", [5, "ab", {"request": {}}, {"timeout_ms": 1}, [1]])
async def test_a_request_that_is_no_mapping_of_arguments_is_a_type_error(
    call: str, request_: Any, stage: Stage
) -> None:
    assert "request" in await refusal(stage, call, TypeError, request=request_)


async def test_a_misspelt_key_of_an_event_is_a_type_error(stage: Stage) -> None:
    events = [USAGE, {**USAGE, "entitty_id": "e"}]
    said = await refusal(stage, "batch_track", TypeError, request=events)
    assert said == "request[1]: an event has no 'entitty_id'; did you mean 'entity_id'?"


@pytest.mark.parametrize(
    ("call", "arguments", "where"),
    [
        ("events.list", {"feature_id": [""]}, "feature_id[0]"),
        ("events.aggregate", {"feature_id": ["a", ""]}, "feature_id[1]"),
        ("customers.list", {"plans": [{"id": ""}]}, "plans[0].id"),
        ("plans.create", {"licenses": [{"license_plan_id": ""}]}, "licenses[0].license_plan_id"),
        ("plans.update", {"update_variant_ids": [""]}, "update_variant_ids[0]"),
    ],
)
async def test_an_empty_id_in_a_list_is_refused_by_name(
    call: str, arguments: dict[str, Any], where: str, stage: Stage
) -> None:
    said = await refusal(stage, call, ValueError, **{**least(call), **arguments})
    assert said.startswith(f"{where} must not be empty")


@pytest.mark.parametrize("option", ["fail_open"])
async def test_only_what_can_fail_open_takes_the_option(option: str, stage: Stage) -> None:
    for call in TABLE:
        if call not in ("check", "track"):
            said = await refusal(stage, call, TypeError, **least(call), **{option: True})
            assert f"{call}() got an unexpected keyword argument '{option}'" in said


# Locks


@pytest.mark.parametrize("call", ["check", "track"])
@pytest.mark.parametrize("way", CALLERS)
async def test_a_lock_is_enabled_without_being_asked_to(call: str, way: str, stage: Stage) -> None:
    lock = {"lock_id": "l-1"}
    await CALLERS[way](stage.url, call, {**USAGE, "lock": lock})
    assert stage.sent["lock"] == {"enabled": True, "lock_id": "l-1"}
    assert lock == {"lock_id": "l-1"}


@pytest.mark.parametrize("lock", ["l-1", ["l-1"], True])
async def test_a_lock_that_is_no_mapping_is_a_type_error(lock: Any, stage: Stage) -> None:
    said = await refusal(stage, "check", TypeError, **USAGE, lock=lock)
    assert said.startswith("lock must be a dict")


async def test_without_a_lock_none_is_sent(stage: Stage) -> None:
    assert await sent(stage, "check", **USAGE, lock=None) == USAGE
