"""Arguments to JSON, JSON to answers.

Everything that msgspec would encode without complaint and Autumn would not understand (NaN as
null, a set as an array, a datetime as text) is turned into what the API means, or refused.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from itertools import chain, repeat
from operator import ne
from typing import Any
from uuid import UUID

import msgspec

from ..errors import ResponseValidationError
from ..exchange import Response, without_secrets
from ..settings import BATCH_SIZE, PAGE_SIZE
from .operation import Operation, is_id

_ENCODER = msgspec.json.Encoder(decimal_format="number")

_ATOMS = frozenset({str, int, bool, type(None)})
_PLAIN = _ATOMS | {float, dict}
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)
_BYTES: tuple[type[Any], ...] = (bytes, bytearray, memoryview)

_SEVERAL = frozenset({"feature_id"})
"""Ids of which some operations take a list."""

_EMPTY = "must not be empty; leave it out where it doesn't apply"
"""Why an empty id is refused: it would silently mean something else, such as another scope."""

_FREE_MAPS = frozenset(
    {
        "body",
        "checkout_session_params",
        "filter_by",
        "match",
        "metadata",
        "properties",
        "subscription_params",
    }
)
"""Maps whose keys are the caller's own words."""


class _Unfit(Exception):
    """A value that can't be sent; the path to it grows on the way out."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.path = ""


def body_of(operation: Operation[Any], arguments: Mapping[str, Any]) -> Any:
    """The request's body: what was given, in the API's own words.

    Raises `TypeError` for a missing argument and `ValueError` for one that can't be sent.
    """
    body: dict[str, Any] = {}
    for name, value in arguments.items():
        if value is None:
            if name in operation.nullable:
                body[name] = None
            elif name in operation.required:
                raise TypeError(f"{operation.name}() needs {name}; None is not a value for it")
            continue
        if value is msgspec.UNSET:
            if name in operation.required:
                raise TypeError(f"{operation.name}() needs {name}")
            continue
        wire_name = name[:-1] if name[-1] == "_" else name
        if name in operation.ids:
            _check_id(name, value)
        value = plain(name, value)
        if name in operation.completes:
            value = _completed(name, value, operation.completes[name])
        body[wire_name] = value
    if operation.whole:
        return _checked_whole(operation, body[operation.whole])
    if operation.one_of is not None:
        _check_one_of(operation.one_of, body, f"{operation.name}()")
    return body


def encoded(body: Any, name: str = "") -> bytes:
    """The body as JSON; `name` is that of the argument which is the whole body."""
    try:
        return _ENCODER.encode(body)
    except ValueError as error:  # half a character, or more digits than Python turns into text
        raise ValueError(f"{name}{_culprit(body)} can't be sent: {error}") from None
    except RecursionError:
        raise ValueError("the arguments are nested too deeply, or contain themselves") from None


def _culprit(body: Any) -> str:
    """The path to what can't be encoded, which the encoder doesn't tell."""
    entries = enumerate(body) if _is(body, list) else body.items() if _is(body, dict) else ()
    for step, item in entries:
        try:
            _ENCODER.encode({step: item})
        except ValueError:
            rest = _culprit(item)
            at = f"[{step}]" if _is(body, list) else ascii(step)[1:-1]
            return f"{at}{rest}" if rest[:1] in ("", "[") else f"{at}.{rest}"
    return ""


def validation_error(response: Response, error: Exception) -> ResponseValidationError:
    """A 2xx answer that the decoder couldn't make sense of, with the beginning of it."""
    is_json = isinstance(error, msgspec.ValidationError)
    field = _field_of(str(error)) if is_json else None
    beginning = " ".join(without_secrets(response.text[:400]).split())[:200]
    what = str(error) if is_json else f"the body is not JSON ({error})"
    message = f"{what}; it begins: {beginning}" if beginning else f"{what}; it is empty"
    return ResponseValidationError(message, response, field=field, cause=error)


def _field_of(message: str) -> str:
    """The path in msgspec's message: "Expected `int`, got `str` - at `$.list[0].id`"."""
    return message.rpartition(" - at `")[2].rstrip("`") if " - at `" in message else "$"


def plain(name: str, value: Any) -> Any:
    """The value of an argument as JSON knows it; raises `ValueError` if it can't be sent."""
    if name in ("limit", "offset"):
        _check_page(name, value)
    if type(value) in _ATOMS:
        return value
    try:
        return _plain(value, free=name in _FREE_MAPS)
    except _Unfit as unfit:
        raise ValueError(f"{name}{unfit.path} {unfit}") from None
    except RecursionError:
        raise ValueError(f"{name} is nested too deeply, or contains itself") from None


def _check_id(name: str, value: Any) -> None:
    if _is(value, (list, tuple)) and (name in _SEVERAL or name.endswith("_ids")):
        for index, item in enumerate(value):
            _check_id(f"{name}[{index}]", item)
    elif not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    elif not value:
        raise ValueError(f"{name} {_EMPTY}")


def _check_page(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, not {type(value).__name__}")
    low, high = PAGE_SIZE if name == "limit" else (0, None)
    if value < low or (high is not None and value > high):
        bound = f"{low} to {high}" if high else f"{low} or more"
        raise ValueError(f"{name} must be {bound}, not {value}")


def _completed(name: str, value: Any, completion: Mapping[str, Any]) -> dict[str, Any]:
    if not _is(value, dict):
        raise TypeError(f"{name} must be a dict, not {type(value).__name__}")
    return {**completion, **value}


def _check_one_of(names: tuple[str, str], body: Mapping[str, Any], where: str) -> None:
    first, second = names
    if (first in body) == (second in body):
        which = "not both" if first in body else "neither was given"
        raise TypeError(f"{where} takes exactly one of {first} and {second}; {which}")


def _checked_whole(operation: Operation[Any], body: Any) -> Any:
    """The argument that is the whole body, if it can be one."""
    if operation.batch_of is not None:
        return _checked_batch(operation.whole, operation.batch_of, body)
    if not _is(body, (dict, list)):
        raise TypeError(f"{operation.whole} must be a dict or a list, not {type(body).__name__}")
    return body


def _checked_batch(name: str, item: Operation[Any], events: Any) -> Any:
    """The batch, if the server would take it: one bad item makes it refuse them all."""
    low, high = BATCH_SIZE
    if not _is(events, list):
        raise TypeError(f"{name} must be a list of events, not {type(events).__name__}")
    if not low <= len(events) <= high:
        raise ValueError(f"{name} must have {low} to {high} events, not {len(events)}")
    if _all_fit(item, events):
        return events
    for index, event in enumerate(events):
        try:
            _check_event(item, event)
        except TypeError as error:
            raise TypeError(f"{name}[{index}]: {error}") from None
    return events


def _all_fit(item: Operation[Any], events: list[dict[str, Any]]) -> bool:
    """Whether `_check_event` would let all events pass, found out of all at once: much sooner.

    It may be False for events that are in order.
    """
    if set(map(type, events)) != {dict} or not set[str]().union(*events) <= item.fields:
        return False
    if set(map(type, map(dict[str, Any].get, events, repeat("customer_id")))) != {str}:
        return False
    first, second = item.one_of or ("customer_id", "")
    has = dict[str, Any].__contains__
    return all(map(ne, map(has, events, repeat(first)), map(has, events, repeat(second))))


def _check_event(item: Operation[Any], event: Any) -> None:
    if not _is(event, dict) or not isinstance(event.get("customer_id"), str):
        raise TypeError("an event is a dict with a customer_id, a str")
    if not event.keys() <= item.fields:
        item.check_fields(event, "an event")
    if item.one_of is not None:
        _check_one_of(item.one_of, event, "an event")


def _plain(value: Any, *, free: bool) -> Any:
    """The value as JSON knows it. Returns the very same object where nothing has to change."""
    kind = value.__class__
    if kind in _ATOMS:
        return value
    if kind is dict:
        return _plain_mapping(value, free=free)
    if kind is list or kind is tuple:
        return _plain_items(value, free=free)
    if kind is float:
        if not math.isfinite(value):
            raise _Unfit(f"is {value}, which JSON can't carry")
        return value
    return _plain_other(value, free=free)


def _plain_mapping(value: dict[Any, Any], *, free: bool) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for key, item in value.items():
        if type(item) in _ATOMS and type(key) is str and (free or item != ""):
            continue
        try:
            changes[key] = _plain_entry(key, item, free=free)
        except _Unfit as unfit:
            unfit.path = f".{key}{unfit.path}"
            raise
    if not changes and (free or "async_" not in value):
        return value
    merged = {**value, **changes}
    if not free and "async_" in merged:
        merged["async"] = merged.pop("async_")
    return {key: item for key, item in merged.items() if item is not msgspec.UNSET}


def _plain_entry(key: Any, item: Any, *, free: bool) -> Any:
    if not isinstance(key, str):
        raise _Unfit(f"has the key {key!r}, and a key must be a str")
    if not free and item == "" and is_id(key):
        raise _Unfit(_EMPTY)
    if item is msgspec.UNSET:
        return item
    return _plain(item, free=free or key in _FREE_MAPS)


def _plain_items(value: Sequence[Any], *, free: bool) -> list[Any]:
    if set(map(type, value)) == {dict} and _are_plain(value):
        return list(value)
    items: list[Any] = []
    for index, item in enumerate(value):
        try:
            items.append(_plain(item, free=free))
        except _Unfit as unfit:
            unfit.path = f"[{index}]{unfit.path}"
            raise
    return items


def _are_plain(maps: Sequence[dict[Any, Any]]) -> bool:
    """Whether `_plain` would change and refuse nothing, found out of all at once: much sooner.

    It may be False for maps that are in order, for example where they hold lists.
    """
    names = set[Any]().union(*maps)
    values = list(chain.from_iterable(map(dict[Any, Any].values, maps)))
    kinds = set(map(type, values))
    if not kinds <= _PLAIN or set(map(type, names)) - {str} or "async_" in names or "" in values:
        return False
    if float in kinds and not all(math.isfinite(item) for item in values if type(item) is float):
        return False
    if dict not in kinds:
        return True
    return _are_plain([item for item in values if item.__class__ is dict])


def _plain_other(value: Any, *, free: bool) -> Any:
    """What programs hold besides JSON's own types: answers, decimals, datetimes, numpy numbers."""
    if isinstance(value, msgspec.Struct):
        fields = {name: getattr(value, name) for name in value.__struct_fields__}
        nulls: frozenset[str] = getattr(value, "sent_as_null", frozenset())
        given = {n: item for n, item in fields.items() if item is not None or n in nulls}
        return _plain_mapping(given, free=free)
    if isinstance(value, Enum):
        return _plain(value.value, free=free)
    if isinstance(value, (str, UUID)):
        return str(value)
    if isinstance(value, datetime):
        return _milliseconds(value)
    if isinstance(value, (Decimal, numbers.Real)):
        return _plain_number(value)
    if _is(value, Mapping):
        return _plain_mapping(dict(value), free=free)
    if _is(value, Sequence) and not _is(value, _BYTES):
        return _plain_items(value, free=free)
    raise _Unfit(f"is a {type(value).__name__}, which JSON can't carry")


def _is(value: Any, kind: type[Any] | tuple[type[Any], ...]) -> bool:
    """`isinstance` for values that stay `Any`: narrowing would leave half-known types behind."""
    return isinstance(value, kind)


def _plain_number(value: Decimal | numbers.Real) -> Any:
    if isinstance(value, numbers.Integral):
        return int(value)
    try:
        finite = math.isfinite(value)
    except (OverflowError, ValueError):  # a huge Fraction, a signaling NaN
        finite = False
    if not finite:
        raise _Unfit(f"is {value}, which JSON can't carry")
    return value if isinstance(value, Decimal) else float(value)


def _milliseconds(value: datetime) -> int:
    if value.utcoffset() is None:
        raise _Unfit("is a datetime without a time zone; give it one")
    return (value - _EPOCH) // _MILLISECOND
