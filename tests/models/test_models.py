"""What holds for all answers: leniency, openness, points in time, identity."""

from __future__ import annotations

import copy
import pickle
from datetime import datetime, timezone
from typing import Any, get_type_hints

import msgspec
import pytest
from msgspec.structs import fields

from autumn_async import models as m
from autumn_async.models.base import to_datetime

STRUCTS: list[type[m.Model]] = [
    value
    for value in (getattr(m, name) for name in m.__all__)
    if isinstance(value, type) and issubclass(value, m.Model)
]


def decode(type_: Any, body: str) -> Any:
    return msgspec.json.decode(body, type=type_)


BALANCE = '{"feature_id":"messages","granted":100,"remaining":70,"usage":30}'


def test_an_unknown_enum_value_is_kept() -> None:
    feature = decode(m.Feature, '{"id":"f","name":"F","type":"quantum"}')
    assert feature.type == "quantum"


def test_an_unknown_field_is_ignored() -> None:
    assert decode(m.SuccessResponse, '{"success":true,"new":{"deep":[1]}}').success


@pytest.mark.parametrize(
    ("type_", "body"),
    [
        (m.Customer, '{"id":"c"}'),
        (m.Customer, '{"id":null}'),
        (m.Entity, "{}"),
        (m.Plan, '{"id":"pro"}'),
        (m.Balance, BALANCE),
        (m.CheckResponse, '{"allowed":true,"customer_id":"c"}'),
        (m.TrackResponse, '{"customer_id":"c","value":1}'),
        (m.SuccessResponse, "{}"),
    ],
)
def test_fields_that_a_server_may_leave_out_have_defaults(type_: Any, body: str) -> None:
    answer = decode(type_, body)
    assert decode(type_, msgspec.json.encode(answer).decode()) == answer


def test_empty_collections_are_not_shared() -> None:
    one, other = m.Customer(id="a"), m.Customer(id="b")
    assert one.balances == {} == other.balances
    assert one.balances is not other.balances
    assert one.subscriptions is not other.subscriptions


@pytest.mark.parametrize(
    ("type_", "body"),
    [
        (m.CheckResponse, '{"customer_id":"c"}'),
        (m.TrackResponse, '{"customer_id":"c"}'),
        (m.Balance, '{"feature_id":"f"}'),
        (m.AttachResponse, "{}"),
        (m.Page[m.Plan], "{}"),
    ],
)
def test_what_a_thing_cannot_be_without_is_required(type_: Any, body: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="missing required field"):
        decode(type_, body)


def test_integers_stay_integers_and_fractions_decode() -> None:
    customer = decode(m.Customer, '{"id":"c","created_at":1700000000000}')
    assert type(customer.created_at) is int
    late = decode(m.Customer, '{"id":"c","created_at":1700000000000.5}')
    assert late.created_at_datetime == datetime(2023, 11, 14, 22, 13, 20, 500, tzinfo=timezone.utc)


SEVERAL_MOMENTS = {(m.BillingMismatch, "actual_phase_starts_at")}
"""Fields that hold a list of points in time; the table of calls has them."""


@pytest.mark.parametrize("struct", STRUCTS)
def test_datetime_properties_follow_their_field(struct: type[m.Model]) -> None:
    moment = datetime(2026, 8, 1, 12, tzinfo=timezone.utc)
    milliseconds = int(moment.timestamp() * 1000)
    for name in (name for name in dir(struct) if name.endswith("_datetime")):
        field = name.removesuffix("_datetime")
        required = {f.name: _any_value(f.type) for f in fields(struct) if f.required}
        if (struct, field) in SEVERAL_MOMENTS:
            continue
        answer: Any = struct(**{**required, field: milliseconds})
        assert getattr(answer, name) == moment
        assert getattr(answer, name).tzinfo is timezone.utc
        if field not in required:
            assert getattr(struct(**required), name) is None


def _any_value(annotation: Any) -> Any:
    return 1 if annotation == m.Number else "x"


@pytest.mark.parametrize("struct", STRUCTS)
def test_each_point_in_time_has_a_datetime_property(struct: type[m.Model]) -> None:
    moments = ("_at", "_start", "_end")
    expected = {f.name for f in fields(struct) if f.name.endswith(moments)}
    assert expected <= {name.removesuffix("_datetime") for name in dir(struct)}


def test_to_datetime() -> None:
    assert to_datetime(None) is None
    assert to_datetime(0) == datetime(1970, 1, 1, tzinfo=timezone.utc)
    assert to_datetime(-1000) == datetime(1969, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
    with pytest.raises(OverflowError):
        to_datetime(1e18)


def test_a_rollover_that_never_lapses_has_no_datetime() -> None:
    assert m.BalanceRollover(balance=1, expires_at=0).expires_at_datetime is None


def test_answers_survive_pickling_and_copying() -> None:
    balance = decode(m.Balance, BALANCE)
    check = m.FailedOpenCheckResponse(allowed=True, customer_id="c", balance=balance)
    page = m.Page[m.Balance](list=[balance])
    for answer in (check, page, m.Customer(id="c", balances={"messages": balance})):
        assert pickle.loads(pickle.dumps(answer)) == answer
        assert copy.copy(answer) == answer
        assert copy.deepcopy(answer) == answer
    assert pickle.loads(pickle.dumps(check)).failed_open


def test_answers_are_immutable() -> None:
    answer: Any = m.SuccessResponse()
    with pytest.raises(AttributeError):
        answer.success = False


@pytest.mark.parametrize("struct", STRUCTS)
def test_each_struct_is_frozen_and_keyword_only(struct: type[m.Model]) -> None:
    config = struct.__struct_config__
    assert config.frozen
    assert not config.gc
    with pytest.raises(TypeError, match="Extra positional arguments"):
        struct("positional")


def test_flags_of_the_client_are_class_attributes() -> None:
    check = m.CheckResponse(allowed=True, customer_id="c")
    open_check = m.FailedOpenCheckResponse(allowed=True, customer_id="c")
    track = m.TrackResponse(customer_id="c", value=1)
    open_track = m.FailedOpenTrackResponse(customer_id="c", value=1)
    duplicate = m.DuplicateTrackResponse(customer_id="c", value=1)

    assert (check.failed_open, open_check.failed_open) == (False, True)
    assert [t.failed_open for t in (track, open_track, duplicate)] == [False, True, False]
    assert [t.duplicate for t in (track, open_track, duplicate)] == [False, False, True]
    assert isinstance(open_check, m.CheckResponse)
    assert isinstance(duplicate, m.TrackResponse)
    assert b"failed_open" not in msgspec.json.encode(open_check)
    assert decode(m.CheckResponse, '{"allowed":true,"customer_id":"c","failed_open":true}') == check


@pytest.mark.parametrize(
    ("envelope", "expected"),
    [
        ('{"list":[%s],"next_cursor":null}', {}),
        (
            '{"list":[%s],"next_cursor":"abc","has_more":true}',
            {"next_cursor": "abc", "has_more": True},
        ),
        (
            '{"list":[%s],"has_more":false,"offset":0,"limit":10,"total":1,"total_count":7,'
            '"total_filtered_count":1}',
            {
                "has_more": False,
                "offset": 0,
                "limit": 10,
                "total": 1,
                "total_count": 7,
                "total_filtered_count": 1,
            },
        ),
        ('{"list":[%s]}', {}),
    ],
)
def test_a_page_takes_both_envelopes(envelope: str, expected: dict[str, Any]) -> None:
    page = msgspec.json.Decoder(m.Page[m.Customer]).decode(envelope % '{"id":"c"}')
    assert page == m.Page(list=[m.Customer(id="c")], **expected)


def test_no_shape_is_declared_twice() -> None:
    subclasses = {
        m.DuplicateTrackResponse,
        m.FailedOpenCheckResponse,
        m.FailedOpenTrackResponse,
    }
    shapes: dict[Any, str] = {}
    for struct in STRUCTS:
        if struct is m.Model or struct in subclasses:
            continue
        hints = {} if struct is m.Page else get_type_hints(_without_methods(struct))
        shape = frozenset((f.name, str(hints.get(f.name, f.type))) for f in fields(struct))
        assert shape not in shapes, f"{struct.__name__} is {shapes[shape]} again"
        shapes[shape] = struct.__name__


def _without_methods(struct: type[m.Model]) -> Any:
    """A stand-in whose annotations resolve although a field is called `list`."""

    class Fields:
        __module__ = struct.__module__

    Fields.__annotations__ = dict(struct.__annotations__)
    return Fields
