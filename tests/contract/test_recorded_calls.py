"""The recorded traffic of a real server, made again through the client, call by call.

What was sent must go over the wire as it was recorded, what was answered must come back whole, and
nothing that the server has accepted may be refused before it is sent.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from operator import attrgetter
from typing import Any

import pytest

from autumn_async import AsyncAutumn, AutumnError
from tests.contract.operations import SECRET_KEY, parameters
from tests.contract.rows import recordings
from tests.contract.stage import Stage
from tests.contract.table import TABLE
from tests.models.test_traffic import IGNORED, OLD_VERSIONS, differences
from tests.shared_material import shared

STRICTER = {
    ("check", "ERR no content type"): "recorded as text, which no arguments stand for",
    ("customers.list", "unknown extra field"): "a name that the API doesn't know is a mistake",
}
"""Calls that the server takes and the client doesn't, each with the reason."""


NOT_THERE_YET = "not in this snapshot"
"""The note of requests to paths that the recorded server didn't know."""


def rows(call: str) -> Iterator[dict[str, Any]]:
    for row in recordings():
        fits = row["path"] == TABLE[call].path and row["method"] == "POST"
        fits &= row["note"] != NOT_THERE_YET
        if fits and row["api_version"] not in OLD_VERSIONS | {None}:
            yield row


def was_answered(call: str) -> bool:
    """Whether there is a recording of the server doing what was asked."""
    return any(row["status"] < 300 for row in rows(call))


def test_the_operations_of_the_first_api_version_are_recorded() -> None:
    table = shared("api", "operations.md").read_text("utf-8")
    paths = set(re.findall(r"\| `(/v1/[\w.]+)` \| yes \|", table))
    assert len(paths) == 36
    assert paths <= {TABLE[call].path for call in TABLE if was_answered(call)}


def arguments(call: str, body: Any) -> dict[str, Any]:
    """A recorded body as the arguments that ask for it."""
    if call == "batch_track":
        return {"request": body}
    known = parameters(call)
    return {f"{name}_" if f"{name}_" in known else name: value for name, value in body.items()}


@pytest.mark.parametrize("call", TABLE)
async def test_recorded_calls_are_made_and_answered_as_they_were(call: str, stage: Stage) -> None:
    ends: dict[str, set[str]] = {"answered": set(), "failed": set(), "refused": set()}
    for row in rows(call):
        stage.clear()
        stage.answers(_bytes(row), status=row["status"], headers=_headers(row))
        ends[await _made_again(call, row, stage)].add(row["note"])
    assert bool(ends["answered"]) is was_answered(call)
    assert ends["refused"] >= {note for name, note in STRICTER if name == call}


async def _made_again(call: str, row: dict[str, Any], stage: Stage) -> str:
    body = row["request_body"]
    given = arguments(call, body)
    settings = {"x_api_version": row["api_version"], "server_url": stage.url}
    async with AsyncAutumn(SECRET_KEY, **settings) as autumn:
        try:
            answer = await attrgetter(call)(autumn)(**given, retries=None)
        except AutumnError as error:
            assert stage.sent == body
            _assert_says_what_was_answered(error, row)
            return "failed"
        except (TypeError, ValueError):
            assert not stage.requests
            assert row["status"] == 400 or (call, row["note"]) in STRICTER
            return "refused"
    assert stage.sent == body
    ignored = Counter[tuple[str, str]]()
    assert list(differences(row["response_body"], answer, call, ignored)) == []
    assert ignored.keys() <= IGNORED.keys()
    return "answered"


def _bytes(row: dict[str, Any]) -> Any:
    body = row["response_body"]
    return body.encode() if isinstance(body, str) else body


def _headers(row: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in row["response_headers"].items() if value is not None}


def _assert_says_what_was_answered(error: AutumnError, row: dict[str, Any]) -> None:
    body = row["response_body"]
    assert error.status_code == row["status"] >= 400
    if isinstance(body, str):
        assert (error.message, error.code, error.env) == (body, None, None)
    else:
        assert error.message.startswith(body["message"])
        assert (error.code, error.env) == (body["code"], body["env"])
    kind = {
        400: "Bad",
        401: "Auth",
        403: "Permission",
        404: "NotFound",
        409: "Conflict",
        429: "RateLimit",
    }
    names = [cls.__name__ for cls in type(error).__mro__]
    assert any(name.startswith(kind[row["status"]]) for name in names)
