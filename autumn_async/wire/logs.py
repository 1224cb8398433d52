"""What a client writes to its log: never a key or another secret, and bodies only at DEBUG."""

from __future__ import annotations

import logging
from typing import Any

from ..errors import AutumnError, AutumnSDKError
from ..exchange import without_secrets
from .call import Call
from .transport import Incoming


def debugs(logger: Any) -> bool:
    """Whether the logger wants what is written at DEBUG; one that can't say so gets it."""
    enabled = getattr(logger, "isEnabledFor", None)
    return True if enabled is None else bool(enabled(logging.DEBUG))


def write(logger: Any, level: str, message: str, *values: Any) -> None:
    """Logs at a level by name; a logger that only has `debug` gets everything there."""
    getattr(logger, level, logger.debug)(message, *values)


def reason(error: AutumnSDKError) -> str:
    """What went wrong, without the body of an answer that isn't Autumn's own."""
    if isinstance(error, AutumnError) and error.code is None:
        return f"{error.status_code}, and no error of Autumn's in the answer"
    return str(error)


def log_request(logger: Any, call: Call) -> None:
    """An attempt that is about to be made."""
    public = call.request.public()
    text = without_secrets(public.body.decode("utf-8", "replace"))
    name, headers = call.operation.name, dict(public.headers)
    logger.debug("%s attempt %d: POST %s %s %s", name, call.attempts, public.url, headers, text)


def log_answer(logger: Any, call: Call, answer: Incoming) -> None:
    """What came back."""
    text = without_secrets(answer.content.decode("utf-8", "replace"))
    milliseconds = call.elapsed_seconds() * 1000
    name = call.operation.name
    logger.debug("%s answered %d after %.1f ms: %s", name, answer.status, milliseconds, text)
