"""Events: what `track` is given, checked and encoded once."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from ..inputs._typing import NotRequired, TypedDict
from ..wire.codec import encoded, plain
from .options import FUTURE_MS, MAX_EVENT_BYTES

if TYPE_CHECKING:
    from ..inputs import OverageBehavior, Quantity, Timestamp


class UsageEvent(TypedDict):
    """What `track` and `put` take, by keyword: the usage of one feature by one customer."""

    customer_id: str
    """Your id of the customer."""
    feature_id: NotRequired[str | None]
    """What was used. Give this or `event_name`."""
    event_name: NotRequired[str | None]
    """An event name, which counts for every feature that lists it."""
    value: NotRequired[Quantity | None]
    """How many units, fractions included; 1 by default, negative to give back."""
    entity_id: NotRequired[str | None]
    """The entity that used it."""
    properties: NotRequired[Mapping[str, Any] | None]
    """Anything worth keeping with the event, for filters and groups."""
    timestamp: NotRequired[Timestamp | None]
    """When it happened, in milliseconds or as an aware datetime; now by default. It dates the
    event, while the units come off the balance that there is when it arrives."""
    overage_behavior: NotRequired[OverageBehavior | None]
    """Beyond the balance: "cap" (the default) takes what is there, "overflow" goes below zero."""
    idempotency_key: NotRequired[str | None]
    """Your own name for this piece of usage, if it has one: Autumn counts it once, also if your
    program tracks it again within the lifetime of keys. Never use one for two things."""
    ordered: NotRequired[bool]
    """Send this customer's ordered events one by one, in order, each when the one before it has
    been counted: for seats, and for giving back under a cap. Much slower than the usual way, and
    **a 5xx answer or a timeout may count an event twice**: the server gives its key free then."""


_EXACT = 2**53
"""Whole numbers up to here survive JSON everywhere."""

_LARGEST = sys.float_info.max

_Id = Annotated[str, msgspec.Meta(min_length=1)]
_Whole = Annotated[int, msgspec.Meta(ge=-_EXACT, le=_EXACT)]
_Finite = Annotated[float, msgspec.Meta(ge=-_LARGEST, le=_LARGEST)]


class CommonEvent(
    msgspec.Struct, omit_defaults=True, kw_only=True, forbid_unknown_fields=True, gc=False
):
    """What nearly every event looks like, so that msgspec can check it in one go.

    It travels as an `Event` would, but that a Decimal among its properties travels as the float
    that the server reads it as. What doesn't look like this is checked more closely, and may well
    be fine.
    """

    customer_id: _Id
    feature_id: _Id | None = None
    event_name: _Id | None = None
    entity_id: _Id | None = None
    value: _Whole | _Finite | None = None
    timestamp: int | None = None
    properties: dict[str, str | int | bool | _Finite | None] | None = None
    overage_behavior: Literal["cap", "overflow"] | None = None
    idempotency_key: _Id | None = None


_GIVEN = frozenset({*UsageEvent.__required_keys__, *UsageEvent.__optional_keys__})
_OVERAGE = ("cap", "overflow")
_ID_FIELDS = ("customer_id", "feature_id", "event_name", "entity_id", "idempotency_key")


class Event(msgspec.Struct, omit_defaults=True, kw_only=True):
    """An event as it travels."""

    customer_id: str
    feature_id: str | None = None
    event_name: str | None = None
    entity_id: str | None = None
    value: Any = None
    timestamp: int
    properties: Any = None
    overage_behavior: str | None = None
    async_: bool | None = msgspec.field(default=None, name="async")
    idempotency_key: str

    def check(self) -> None:
        """Raises `TypeError` or `ValueError` for what can't be sent, and makes the rest plain."""
        for name in _ID_FIELDS:
            value = getattr(self, name)
            if value is not None or name == "customer_id":
                _check_id(name, value)
        if (self.feature_id is None) == (self.event_name is None):
            which = "neither was given" if self.feature_id is None else "not both"
            raise TypeError(f"an event takes exactly one of feature_id and event_name; {which}")
        if self.value is not None:
            self.value = _number(self.value)
        if self.properties is not None:
            _check_mapping(self.properties)
            self.properties = plain("properties", self.properties)
        if self.overage_behavior is not None and self.overage_behavior not in _OVERAGE:
            raise ValueError(
                f'overage_behavior must be "cap" or "overflow", not {self.overage_behavior!r}'
            )


def encoded_event(event: Event) -> bytes:
    """The event as JSON; raises `ValueError` if it is too large, or isn't Unicode."""
    try:
        data = encoded(event)
    except ValueError:
        encoded(msgspec.structs.asdict(event))  # says where in the event it is
        raise
    if len(data) > MAX_EVENT_BYTES:
        raise ValueError(
            f"the event has {len(data)} bytes, and at most {MAX_EVENT_BYTES} can be sent; "
            "keep large properties elsewhere"
        )
    return data


_EARLIEST = 10**11
"""In March 1973: whatever is before that is meant to be seconds."""


def checked_timestamp(timestamp: Any, now: int) -> int:
    """When something happened, in milliseconds; a little ahead of the clock becomes `now`."""
    stamp = plain("timestamp", timestamp)
    if isinstance(stamp, bool) or not isinstance(stamp, (int, float)):
        kind = type(timestamp).__name__
        raise TypeError(f"timestamp must be milliseconds or an aware datetime, not {kind}")
    if stamp < _EARLIEST:
        raise ValueError(f"timestamp must be after 1973, in milliseconds, not {timestamp!r}")
    if stamp > now + FUTURE_MS:
        raise ValueError(f"timestamp {timestamp!r} is in the future; is it in milliseconds?")
    return min(int(stamp), now)


def _check_mapping(properties: object) -> None:
    if not isinstance(properties, Mapping):
        raise TypeError(f"properties must be a mapping, not {type(properties).__name__}")


def _check_id(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    if not value:
        raise ValueError(f"{name} must not be empty; leave it out where it doesn't apply")


def _number(value: Any) -> Any:
    number = plain("value", value)
    if isinstance(number, (bool, str, list, dict)):
        raise TypeError(f"value must be a number, not {type(value).__name__}")
    if isinstance(number, int) and not -_EXACT <= number <= _EXACT:
        raise ValueError(f"value {number} is more than can be counted exactly")
    return number


def check_names(event: Mapping[str, Any]) -> None:
    """Raises `TypeError` for an argument that there isn't, or that is missing."""
    if event.keys() <= _GIVEN and event.get("customer_id") is not None:
        return
    for name in event.keys() - _GIVEN:
        near = get_close_matches(name, sorted(_GIVEN), 1, 0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(sorted(_GIVEN))}"
        raise TypeError(f"an event has no {name!r}; {hint}")
    raise TypeError("an event needs customer_id")
