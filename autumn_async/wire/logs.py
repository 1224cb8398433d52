"""What a client writes to its log: never a key, and bodies only at DEBUG."""

from __future__ import annotations

import logging
from typing import Any

from .transport import Incoming, Outgoing


def debugs(logger: Any) -> bool:
    """Whether the logger wants what is written at DEBUG; one that can't say so gets it."""
    enabled = getattr(logger, "isEnabledFor", None)
    return True if enabled is None else bool(enabled(logging.DEBUG))


def write(logger: Any, level: str, message: str, *values: Any) -> None:
    """Logs at a level by name; a logger that only has `debug` gets everything there."""
    getattr(logger, level, logger.debug)(message, *values)


def log_request(logger: Any, name: str, request: Outgoing, attempt: int) -> None:
    """An attempt that is about to be made."""
    public = request.public()
    text = public.body.decode("utf-8", "replace")
    headers = dict(public.headers)
    logger.debug("%s attempt %d: POST %s %s %s", name, attempt, public.url, headers, text)


def log_answer(logger: Any, name: str, answer: Incoming, seconds: float) -> None:
    """What came back."""
    text = answer.content.decode("utf-8", "replace")
    milliseconds = seconds * 1000
    logger.debug("%s answered %d in %.1f ms: %s", name, answer.status, milliseconds, text)
