"""Looking behind an answer: `with capture() as answers`."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from ..exchange import Response

captured: ContextVar[list[Response] | None] = ContextVar("autumn_captured", default=None)


@contextmanager
def capture() -> Generator[list[Response], None, None]:
    """Collects the HTTP answers of all calls made inside: status, headers, body, attempts.

    One `Response` for each call that was answered, errors included, in the order in which the
    calls ended; works for tasks started inside, and for the sync client.

        with capture() as answers:
            await autumn.check(customer_id="cus_123", feature_id="messages")
        print(answers[0].status_code, answers[0].headers["x-region"], answers[0].attempts)
    """
    answers: list[Response] = []
    token = captured.set(answers)
    try:
        yield answers
    finally:
        captured.reset(token)
