"""Request bodies as they come in, before anything is known of their operation."""

from __future__ import annotations

from contextlib import suppress
from typing import Final
from urllib.parse import parse_qs

import msgspec

from .json_types import is_object

DEEPEST: Final = 100
"""Bodies nested deeper than this count as unreadable."""

_BRACKETS: Final = b"[]{}"
_OTHERS: Final = bytes(set(range(256)) - set(_BRACKETS))


def decoded(body: bytes, query: str = "") -> object:
    """The body; what is empty, unreadable or null counts as an empty object."""
    value: object = None
    with suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        if not _too_deep(body):
            value = msgspec.json.decode(body)
    if value is None:
        value = {}
    if query and is_object(value):
        names = parse_qs(query).get("expand", [])
        if names:
            value.setdefault("expand", [each for name in names for each in name.split(",")])
    return value


def _too_deep(body: bytes) -> bool:
    """Whether the brackets nest too deep, found by taking innermost pairs away."""
    brackets = body.translate(None, _OTHERS)
    if len(brackets) <= 2 * DEEPEST:
        return False
    for _ in range(DEEPEST):
        inner = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if len(inner) == len(brackets):
            return False
        brackets = inner
    return True
