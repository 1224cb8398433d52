"""Both ways of paging: by offset (until 2.2) and by cursor (since 2.3)."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from itertools import islice
from math import inf
from typing import Any, TypeVar

import msgspec

from .domain.failures import ApiError
from .domain.timeline import Place
from .json_types import is_object

T = TypeVar("T")
Entries = Iterator[tuple[Place, T]]
Naming = Callable[[T], str]

MICROSECONDS = 1000
"""The cursors of events count microseconds, those of customers milliseconds."""


def page_by_offset(entries: Entries[T], offset: int, limit: int) -> tuple[list[T], bool]:
    """The things of one page, and whether there are more."""
    found = [thing for _, thing in islice(entries, offset, offset + limit + 1)]
    return found[:limit], len(found) > limit


def page_by_cursor(
    entries: Entries[T], limit: int, name: Naming[T], unit: int = 1
) -> tuple[list[T], str | None]:
    """The things of one page, and the cursor of the next one."""
    found = list(islice(entries, limit + 1))
    more = len(found) > limit
    shown = found[:limit]
    cursor = _encode(shown[-1], name, unit) if more else None
    return [thing for _, thing in shown], cursor


def place_of(cursor: str, unit: int = 1) -> Place | None:
    """Where a cursor points to; None for the first page."""
    if not cursor:
        return None
    try:
        payload: Any = msgspec.json.decode(_base64(cursor))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _invalid("cursor payload is not valid JSON") from error
    fields = payload if is_object(payload) else {}
    moment, sequence = fields.get("t"), fields.get("s", -inf)
    if isinstance(moment, int | float) and isinstance(sequence, int | float):
        return Place(moment / unit, sequence)
    raise _invalid("cursor payload does not name a place")


def _encode(last: tuple[Place, T], name: Naming[T], unit: int) -> str:
    place, thing = last
    payload = {"v": 0, "id": name(thing), "t": place.moment * unit, "s": place.sequence}
    return urlsafe_b64encode(msgspec.json.encode(payload)).decode().rstrip("=")


def _base64(cursor: str) -> bytes:
    """As leniently as the server: what isn't base64 decodes to something that isn't JSON."""
    try:
        return urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError):
        return b""


def _invalid(message: str) -> ApiError:
    return ApiError(400, "invalid_cursor", message)
