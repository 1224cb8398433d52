"""Letting a call pass while Autumn can't be reached, and saying so."""

from __future__ import annotations

from typing import Any

from ..errors import AutumnConnectionError, AutumnSDKError, AutumnTimeoutError, ServerError
from .call import Call
from .logs import reason, write

_UNREACHABLE = (AutumnConnectionError, AutumnTimeoutError, ServerError)


def stands_in(call: Call, error: AutumnSDKError) -> bool:
    """Whether the operation's stand-in answers this call: never for 4xx, 429 included."""
    return call.route.fails_open and isinstance(error, _UNREACHABLE)


def log_failing_open(call: Call, error: AutumnSDKError, logger: Any) -> None:
    """Warns; where usage went unrecorded, that is an error, with the way to keep it."""
    name = call.operation.name
    if not call.changes:
        write(logger, "warning", "%s failed open: %s", name, reason(error))
        return
    write(
        logger,
        "error",
        "%s failed open and its usage may not be recorded: %s; to keep usage through an outage, "
        "pass fail_open=False and an idempotency_key, and repeat the call with the same key",
        name,
        reason(error),
    )
