"""The properties of events, which callers choose freely."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def matches(properties: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Has an event all of the wanted properties?"""
    return all(
        name in properties and as_text(properties[name]) == as_text(value)
        for name, value in wanted.items()
    )


def as_text(value: object) -> str:
    """Properties are compared as the texts that JavaScript makes of them."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
