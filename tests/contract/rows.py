"""What a row of the table says: what is given, what goes over the wire, what comes back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any

from tests.shared_material import shared

MOMENT = datetime(2026, 8, 1, 12, 30, tzinfo=timezone(timedelta(hours=2)))
MOMENT_MS = 1785580200000
LATER = datetime(2026, 9, 1, tzinfo=timezone.utc)
LATER_MS = 1788220800000

ABSENT: Any = object()
"""Stands in `wire` for what is given and not sent."""


@dataclass(frozen=True)
class Recorded:
    """An answer of the real server: of the call with this note, or the n-th of several such."""

    note: str = ""
    nth: int = 0
    version: str = "2.3.0"


@dataclass(frozen=True)
class Row:
    """One call: what is given, what goes over the wire, what comes back."""

    given: Mapping[str, Any]
    answer: Any
    """JSON, or where it was recorded."""
    shows: Mapping[str, Any]
    """Paths into the decoded answer, with their values."""
    wire: Mapping[str, Any] = field(default_factory=dict)
    """What of the body differs from what was given, by name on the wire."""
    body: Any = None
    """The whole body, where it isn't an object of what was given."""
    headers: Mapping[str, str] = field(default_factory=dict)

    def sent(self) -> Any:
        """The JSON that must go over the wire."""
        if self.body is not None:
            return self.body
        body = {**_by_wire_name(self.given), **self.wire}
        return {name: value for name, value in body.items() if value is not ABSENT}

    def answered(self, path: str) -> Any:
        """The JSON that the server answers; skips the test if it was recorded and isn't here."""
        return recorded(path, self.answer) if isinstance(self.answer, Recorded) else self.answer


@dataclass(frozen=True)
class Entry:
    """An operation: its path, the type of its answers (of the items, if it is a list), its rows."""

    path: str
    answer: type
    rows: tuple[Row, ...]
    is_list: bool = False


OPTIONS = ("idempotency_key", "http_headers")
"""Options of a call that rows use."""


def _by_wire_name(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removesuffix("_"): v for name, v in given.items() if name not in OPTIONS}


@cache
def recordings() -> tuple[dict[str, Any], ...]:
    """Everything that was recorded."""
    lines = shared("traffic", "recorded.jsonl").read_text("utf-8").splitlines()
    return tuple(map(json.loads, lines))


def recorded(path: str, which: Recorded) -> Any:
    """The body of a recorded answer."""
    fitting = [
        row["response_body"]
        for row in recordings()
        if (row["path"], row["api_version"]) == (path, which.version)
        and row["note"] == which.note
        and 200 <= row["status"] < 300
    ]
    return fitting[which.nth]


def at(answer: Any, path: str) -> Any:
    """The value at a path such as `balance.breakdown.0.plan_id`."""
    for step in path.split("."):
        if isinstance(answer, list):
            answer = answer[int(step)]
        elif isinstance(answer, dict):
            answer = answer[step]
        else:
            answer = getattr(answer, step)
    return answer
