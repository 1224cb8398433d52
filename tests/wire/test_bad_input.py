"""What can be sent, and what is refused before anything is: laws of the codec."""

from __future__ import annotations

import math
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autumn_async import UNSET
from autumn_async.models import Balance, CheckResponse
from autumn_async.resources.customers import UPDATE
from autumn_async.resources.root import BATCH_TRACK, CHECK, TRACK
from autumn_async.wire import codec
from autumn_async.wire.codec import body_of, encoded
from tests.scripted_server import ScriptedServer
from tests.wire.helpers import OK, SUBJECT, client

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NAMES = st.text("abcdefgh", min_size=1, max_size=5)
NUMBERS = (
    st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
)
LEAVES = st.none() | NUMBERS | TEXT
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20
)
NOT_FINITE = st.sampled_from(
    [math.nan, math.inf, -math.inf, Decimal("NaN"), Decimal("-Infinity"), Decimal("sNaN")]
)


def sent(**arguments: Any) -> Any:
    """The JSON that a check with these arguments sends."""
    return msgspec.json.decode(encoded(body_of(CHECK, {**SUBJECT, **arguments})))


EVENTS = st.dictionaries(
    st.sampled_from(["customer_id", "feature_id", "event_name", "value", "properties", "async_"])
    | NAMES,
    st.just("") | NOT_FINITE | TREES | st.dictionaries(st.sampled_from(["async_", "id", 1]), TREES),
) | st.fixed_dictionaries(
    {"customer_id": TEXT, "feature_id": TEXT}, optional={"value": NUMBERS, "properties": TREES}
)


def batched(events: list[Any]) -> object:
    """What a batch of these events sends, or why it can't be sent."""
    try:
        return encoded(body_of(BATCH_TRACK, {"request": events}))
    except (TypeError, ValueError) as error:
        return type(error), str(error)


@st.composite
def hidden(draw: st.DrawFn, poison: st.SearchStrategy[Any]) -> tuple[Any, str, Any]:
    """A tree with one bad value in it, the path to that value, and the value."""
    bad = tree = draw(poison)
    path = ""
    for _ in range(draw(st.integers(0, 6))):
        others = draw(st.lists(LEAVES, max_size=3))
        if draw(st.booleans()):
            place = draw(st.integers(0, len(others)))
            tree = [*others[:place], tree, *others[place:]]
            path = f"[{place}]{path}"
        else:
            name = draw(NAMES)
            tree = {**{f"{name}_{n}": other for n, other in enumerate(others)}, name: tree}
            path = f".{name}{path}"
    return tree, path, bad


class TestLaws:
    @given(TREES)
    def test_what_json_can_say_arrives_as_it_is(self, tree: Any) -> None:
        arrived = sent(properties=tree)
        if tree is None:
            assert "properties" not in arrived
        else:
            assert arrived["properties"] == tree

    @given(TREES)
    def test_arguments_are_left_alone(self, tree: Any) -> None:
        before = msgspec.json.encode(tree)
        sent(properties=tree)
        assert msgspec.json.encode(tree) == before

    @given(hidden(NOT_FINITE))
    def test_what_is_not_finite_is_refused_with_the_path_to_it(
        self, found: tuple[Any, str, Any]
    ) -> None:
        tree, path, bad = found
        with pytest.raises(ValueError, match="JSON") as caught:
            sent(properties=tree)
        assert str(caught.value) == f"properties{path} is {bad}, which JSON can't carry"

    @given(hidden(st.sampled_from([object(), b"x", {1, 2}, 1j, print, timedelta(1)])))
    def test_what_json_cannot_carry_is_refused_with_the_path_to_it(
        self, found: tuple[Any, str, Any]
    ) -> None:
        tree, path, bad = found
        with pytest.raises(ValueError, match="JSON") as caught:
            sent(properties=tree)
        kind = type(bad).__name__
        assert str(caught.value) == f"properties{path} is a {kind}, which JSON can't carry"

    @given(hidden(st.just("\ud800")))
    def test_half_a_character_is_refused_with_the_path_to_it(
        self, found: tuple[Any, str, Any]
    ) -> None:
        tree, path, _ = found
        with pytest.raises(ValueError, match="surrogate") as caught:
            sent(properties=tree)
        assert str(caught.value).startswith(f"properties{path} can't be sent: ")

    @given(hidden(st.just(math.nan)))
    def test_in_a_batch_the_path_begins_with_the_event(self, found: tuple[Any, str, Any]) -> None:
        tree, path, _ = found
        events = [SUBJECT, {**SUBJECT, "properties": tree}]
        with pytest.raises(ValueError, match="JSON") as caught:
            body_of(BATCH_TRACK, {"request": events})
        assert str(caught.value).startswith(f"request[1].properties{path} is nan")

    @given(st.lists(EVENTS, min_size=1, max_size=4))
    def test_a_batch_fares_all_at_once_as_it_does_one_by_one(self, events: list[Any]) -> None:
        with pytest.MonkeyPatch.context() as patch:
            at_once = batched(events)
            patch.setattr(codec, "_are_plain", lambda maps: False)
            patch.setattr(codec, "_all_fit", lambda item, events: False)
            assert at_once == batched(events)


def test_a_usual_batch_is_looked_at_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    events = [
        {**SUBJECT, "value": 1.5, "idempotency_key": "k", "properties": {"model": "m", "n": 1}},
        {"customer_id": "c", "event_name": "e", "timestamp": 1_800_000_000_000},
    ]
    monkeypatch.delattr(codec, "_check_event")
    monkeypatch.delattr(codec, "_plain_mapping")
    assert batched(events) == msgspec.json.encode(events)


class Color(str, Enum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


class Word(str):
    __slots__ = ()


class TestValues:
    @pytest.mark.parametrize(
        ("value", "arrives"),
        [
            (Decimal("0.1"), 0.1),
            (Decimal("1E+2"), 100),
            (Decimal(3), 3),
            (Fraction(1, 4), 0.25),
            (Level.HIGH, 3),
            (Color.RED, "red"),
            (Word("w"), "w"),
            (datetime(2026, 1, 2, tzinfo=timezone.utc), 1_767_312_000_000),
            (datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=1))), 1_767_308_400_000),
            (datetime(1969, 12, 31, 23, 59, 59, 999_500, tzinfo=timezone.utc), -1),
            ((1, 2), [1, 2]),
            (OrderedDict(a=1), {"a": 1}),
            (defaultdict(int, a=1), {"a": 1}),
            (MappingProxyType({"a": 1}), {"a": 1}),
            ({Color.RED: 1}, {"red": 1}),
            ({Word("w"): (1,)}, {"w": [1]}),
            (-0.0, -0.0),
            (5e-324, 5e-324),
            (1.7976931348623157e308, 1.7976931348623157e308),
            ("\x00\u2028é😀", "\x00\u2028é😀"),
            ({"": ""}, {"": ""}),
            ({"customer_id": "", "async_": 1}, {"customer_id": "", "async_": 1}),
        ],
    )
    def test_that_programs_hold(self, value: Any, arrives: Any) -> None:
        assert sent(properties={"x": value, "y": [value]})["properties"] == {
            "x": arrives,
            "y": [arrives],
        }

    @pytest.mark.parametrize(
        ("value", "says"),
        [
            (Fraction(10**400), "which JSON can't carry"),
            (Decimal("1E+400"), "which JSON can't carry"),
            (datetime(2026, 1, 2), "is a datetime without a time zone; give it one"),
            ({1: "a"}, "has the key 1, and a key must be a str"),
            ({None: "a"}, "has the key None, and a key must be a str"),
            ({("a",): 1}, r"has the key \('a',\)"),
            ({"\ud800": 1}, "can't be sent"),
            (iter([1]), "which JSON can't carry"),
        ],
    )
    def test_that_cannot_be_sent(self, value: Any, says: str) -> None:
        with pytest.raises(ValueError, match=rf"^properties\.x.*{says}"):
            sent(properties={"x": value})

    def test_that_contain_themselves(self) -> None:
        loop: dict[str, Any] = {}
        loop["again"] = [loop]
        with pytest.raises(ValueError, match="properties is nested too deeply, or contains itself"):
            sent(properties=loop)

    def test_that_are_nested_too_deeply(self) -> None:
        deep: Any = 1
        for _ in range(5_000):
            deep = [deep]
        with pytest.raises(ValueError, match="properties is nested too deeply"):
            sent(properties={"x": deep})

    def test_integers_beyond_64_bits_arrive_as_they_are(self) -> None:
        body = encoded(body_of(CHECK, {**SUBJECT, "properties": {"x": 2**70}}))
        assert b'"x":1180591620717411303424' in body

    @pytest.mark.parametrize("name", ["properties", "value"])
    def test_integers_of_more_digits_than_python_writes(self, name: str) -> None:
        value: Any = 10**5000 if name == "value" else {"x": [10**5000]}
        path = "value" if name == "value" else r"properties\.x\[0\]"
        with pytest.raises(ValueError, match=rf"^{path} can't be sent: .*digits"):
            encoded(body_of(TRACK, {**SUBJECT, name: value}))


class TestNothing:
    def test_none_is_not_sent_where_it_means_nothing(self) -> None:
        assert sent(entity_id=None, properties=None) == SUBJECT

    def test_none_is_sent_where_the_api_gives_it_a_meaning(self) -> None:
        arguments = {"customer_id": "c", "name": None, "email": UNSET}
        assert body_of(UPDATE, arguments) == {"customer_id": "c", "name": None}

    def test_unset_is_never_sent(self) -> None:
        assert sent(entity_id=UNSET, properties={"a": UNSET, "b": {"c": UNSET}}) == {
            **SUBJECT,
            "properties": {"b": {}},
        }

    @pytest.mark.parametrize("nothing", [None, UNSET])
    @pytest.mark.parametrize("name", ["customer_id", "feature_id"])
    def test_nothing_for_what_is_needed_is_a_type_error(self, name: str, nothing: Any) -> None:
        with pytest.raises(TypeError, match=rf"check\(\) needs {name}"):
            body_of(CHECK, {**SUBJECT, name: nothing})

    def test_struct_goes_out_without_what_is_null(self) -> None:
        answer = CheckResponse(
            allowed=True,
            customer_id="c",
            balance=Balance(feature_id="f", granted=3, remaining=2, usage=1, unlimited=False),
        )
        arrived = sent(properties={"x": answer})["properties"]["x"]
        assert arrived["balance"]["remaining"] == 2
        assert None not in arrived.values()
        assert None not in arrived["balance"].values()

    def test_struct_with_what_is_not_finite(self) -> None:
        balance = Balance(feature_id="f", granted=math.inf, remaining=2, usage=1, unlimited=False)
        with pytest.raises(ValueError, match=r"^properties\.x\.granted is inf"):
            sent(properties={"x": balance})


BAD_CALLS: list[tuple[str, dict[str, Any], type[Exception], str]] = [
    ("check", {"customer_id": ""}, ValueError, "customer_id must not be empty"),
    ("check", {"customer_id": 5}, TypeError, "customer_id must be a str, not int"),
    ("check", {"customer_id": None}, TypeError, "needs customer_id"),
    ("check", {"entity_id": ""}, ValueError, "entity_id must not be empty"),
    ("check", {"lock": "l"}, TypeError, "lock must be a dict, not str"),
    ("check", {"lock": {"lock_id": ""}}, ValueError, r"lock\.lock_id must not be empty"),
    ("check", {"required_balance": math.nan}, ValueError, "required_balance is nan"),
    ("track", {"value": math.inf}, ValueError, "value is inf"),
    ("track", {"value": Decimal("NaN")}, ValueError, "value is NaN"),
    ("track", {"event_name": "e"}, TypeError, "exactly one of feature_id and event_name"),
    ("track", {"feature_id": None}, TypeError, "exactly one of feature_id and event_name"),
    ("track", {"timestamp": datetime(2026, 1, 2)}, ValueError, "timestamp is a datetime"),
]


@pytest.mark.parametrize(("method", "arguments", "error", "says"), BAD_CALLS)
async def test_bad_arguments_are_refused_before_any_io(
    method: str, arguments: dict[str, Any], error: type[Exception], says: str
) -> None:
    with ScriptedServer([OK]) as server:
        async with client(server, fail_open=True) as autumn:
            with pytest.raises(error, match=says):
                await getattr(autumn, method)(**{**SUBJECT, **arguments})
        assert server.connections == 0


@pytest.mark.parametrize(
    ("events", "error", "says"),
    [
        ([], ValueError, "request must have 1 to 1000 events, not 0"),
        ([SUBJECT] * 1_001, ValueError, "request must have 1 to 1000 events, not 1001"),
        (None, TypeError, "needs request"),
        (5, TypeError, "request must be a list of events, not int"),
        ("abc", TypeError, "request must be a list of events, not str"),
        (SUBJECT, TypeError, "request must be a list of events, not dict"),
        ((event for event in [SUBJECT]), ValueError, "request is a generator"),
        ([SUBJECT, 5], TypeError, r"request\[1\]: an event is a dict"),
        ([{"feature_id": "f"}], TypeError, r"request\[0\]: an event is a dict with a customer_id"),
        ([{"customer_id": "c"}], TypeError, r"request\[0\]: an event takes exactly one of"),
        ([{**SUBJECT, "customer_id": ""}], ValueError, r"request\[0\]\.customer_id"),
        ([{**SUBJECT, "value": math.nan}], ValueError, r"request\[0\]\.value is nan"),
        ([{**SUBJECT, "properties": {"x": "\ud800"}}], ValueError, r"request\[0\]\.properties\.x"),
    ],
)
async def test_bad_batches_are_refused_before_any_io(
    events: Any, error: type[Exception], says: str
) -> None:
    with ScriptedServer([OK]) as server:
        async with client(server) as autumn:
            with pytest.raises(error, match=says):
                await autumn.batch_track(events)
        assert server.connections == 0


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"limit": 0}, ValueError, "limit must be 1 to 5000, not 0"),
        ({"limit": 5_001}, ValueError, "limit must be 1 to 5000, not 5001"),
        ({"limit": -1}, ValueError, "limit"),
        ({"limit": "10"}, TypeError, "limit must be an int"),
        ({"limit": True}, TypeError, "limit must be an int"),
        ({"offset": -1}, ValueError, "offset must be 0 or more, not -1"),
        ({"offset": 1.5}, TypeError, "offset must be an int"),
    ],
)
async def test_pages_out_of_range(
    arguments: dict[str, Any], error: type[Exception], says: str
) -> None:
    async with client("http://localhost") as autumn:
        with pytest.raises(error, match=says):
            await autumn.customers.list(**arguments)


@pytest.mark.parametrize(
    "call",
    [
        lambda autumn: autumn.check(),
        lambda autumn: autumn.check(customer_id="c"),
        lambda autumn: autumn.check("c", "f"),
        lambda autumn: autumn.batch_track(),
    ],
)
async def test_missing_parameters_are_type_errors_at_the_call(call: Callable[[Any], Any]) -> None:
    async with client("http://localhost") as autumn:
        with pytest.raises(TypeError):
            call(autumn)


async def test_large_batch_is_let_through() -> None:
    with ScriptedServer([OK]) as server:
        async with client(server) as autumn:
            await autumn.batch_track([SUBJECT] * 1_000)  # type: ignore[list-item]
        assert server.requests[0].json == [SUBJECT] * 1_000


def test_track_body_has_the_values_as_they_are() -> None:
    body = body_of(TRACK, {**SUBJECT, "value": Decimal("2.50"), "async_": True})
    assert encoded(body) == (
        b'{"customer_id":"cus_1","feature_id":"messages","value":2.50,"async":true}'
    )
