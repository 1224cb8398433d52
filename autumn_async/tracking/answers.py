"""What an answer, or its absence, says about the events that were sent."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from ..errors import (
    UNREADABLE,
    AutumnConnectionError,
    AutumnError,
    AutumnSDKError,
    AutumnTimeoutError,
)
from ..exchange import Response

Kind = Literal[
    "accepted",
    "duplicate",
    "not stored",
    "limited",
    "doubtful",
    "poison",
    "too large",
    "future",
    "missing",
    "refused",
]
"""
accepted      Autumn has taken the events.
duplicate     409: the key is in use.
not stored    Surely not taken: no connection, or Autumn says so. The same bytes again.
limited       429: not taken, too many requests.
doubtful      Perhaps taken: a lost connection, a timeout, a 5xx. The same bytes again.
poison        One event or more can't be taken as they are.
too large     413: a proxy finds the request too large.
future        A timestamp is after the server's clock.
missing       The customer or entity doesn't exist (yet).
refused       Nothing can be taken until a key, a scope, a version or a switch is put right.
"""


class Verdict(msgspec.Struct, frozen=True):
    """What became of a request."""

    kind: Kind
    detail: str = ""
    """What the server, or the network, says."""
    retry_after: float | None = None
    """Seconds that the server asks to wait."""


class _Success(msgspec.Struct):
    success: bool | None = None


_SUCCESS = msgspec.json.Decoder(_Success)


def judge_answer(answer: Response) -> Verdict:
    """The verdict on a 2xx answer. One that isn't Autumn's proves nothing: a portal's page, say."""
    if not answer.content:
        return Verdict("accepted")
    try:
        body = _SUCCESS.decode(answer.content)
    except UNREADABLE:
        return Verdict("doubtful", f"{answer.status_code} with a body that isn't Autumn's")
    if body.success is False:
        return Verdict("doubtful", f"{answer.status_code}, and not a success: {answer.text[:200]}")
    return Verdict("accepted")


def judge_error(error: AutumnSDKError, *, single: bool) -> Verdict:
    """The verdict on a failure: of a batch, or of a `single` event that is sent in order."""
    if isinstance(error, AutumnError):
        return Verdict(_kind_of(error, single), str(error), error.retry_after)
    if isinstance(error, (AutumnConnectionError, AutumnTimeoutError)):
        return Verdict("not stored" if error.outcome == "not sent" else "doubtful", str(error))
    return Verdict("not stored", str(error))


def _kind_of(error: AutumnError, single: bool) -> Kind:
    status, code = error.status_code, error.code
    if status == 429:
        return "limited"
    if status == 503 and code is not None and not single:
        return "not stored"
    if status >= 500:
        return "doubtful"
    if status == 413:
        return "too large"
    if status == 409 and code == "duplicate_idempotency_key":
        return "duplicate"
    if status in (402, 409, 423):
        return "not stored"
    if status in (401, 403) or status < 400 or code in (None, "invalid_api_version"):
        return "refused"
    if status == 400 and "future" in error.message:
        return "future"
    if single and code in ("customer_not_found", "entity_not_found"):
        return "missing"
    return "poison"


_INDEX = re.compile(r"(?:^|; |\] )(\d+)(?:\.|: )")
_NAMES = (
    re.compile(r"Feature (.+) not found"),
    re.compile(r"No features found for event name: (.+?)(?: \(POST |$)"),
)


def culprit_indexes(detail: str) -> frozenset[int]:
    """The places in the batch of the events that a message complains of."""
    message = detail.partition(": ")[2] or detail
    return frozenset(int(index) for index in _INDEX.findall(message))


def culprit_name(detail: str) -> str | None:
    """The feature, or the event name, that a message says is unknown."""
    for pattern in _NAMES:
        match = pattern.search(detail)
        if match:
            return match.group(1)
    return None
