"""Which failures are worth another attempt, and when.

    what happened                                 read   keyed write   other write
    not done: refused, DNS, TLS, 429,
      503 with Retry-After                        yes    yes           yes
    unknown: lost connection, timeout,
      5xx without an Autumn error in its body     yes    yes           no
    Autumn's own 5xx                              yes    no            no

A keyed write isn't repeated after Autumn's own 5xx because the server has released the key by
then, though it may have applied the call: the repeat could bill twice.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from ..errors import (
    AutumnConnectionError,
    AutumnError,
    AutumnSDKError,
    AutumnTimeoutError,
    ServerError,
)
from ..settings import LAST_ATTEMPT_MS, RETRY_STATUSES, BackoffStrategy
from .call import Call
from .logs import write
from .transport import Incoming

Verdict = Literal["not done", "unknown", "failed", "final"]

_LAST_ATTEMPT = LAST_ATTEMPT_MS / 1000


def verdict(error: BaseException) -> Verdict:
    """What an error says about the attempt: was it carried out, and can a repeat help?"""
    if isinstance(error, (AutumnConnectionError, AutumnTimeoutError)):
        return "not done" if error.outcome == "not sent" else "unknown"
    if not isinstance(error, AutumnError) or error.status_code not in RETRY_STATUSES:
        return "final"
    if not isinstance(error, ServerError) or error.outcome == "not sent":
        return "not done"
    return "unknown" if error.code is None else "failed"


def may_repeat(call: Call, error: BaseException) -> bool:
    """Whether the call may be sent again after this error: the table above."""
    retries, what = call.route.retries, verdict(error)
    if what == "final" or retries.strategy == "none":
        return False
    if not retries.retry_connection_errors and not isinstance(error, AutumnError):
        return False
    if what == "not done" or not call.changes:
        return True
    return what == "unknown" and call.keyed


async def repeated(
    call: Call, attempt: Callable[[Call], Awaitable[Incoming]], first: AutumnSDKError, logger: Any
) -> Incoming:
    """Repeats a call that has failed once, until it succeeds, may not be repeated, or time is up.

    tenacity is entered only here, after the failure, so that a call that succeeds costs nothing;
    the first failure is handed to it as the outcome of its first attempt.
    """
    failures = [first]

    async def again() -> Incoming:
        if failures:
            raise failures.pop()
        return await attempt(call)

    def note(state: RetryCallState) -> None:
        error = _error_of(state)
        call.doubt = call.doubt or verdict(error) == "unknown"
        wait_ms = state.upcoming_sleep * 1000
        write(logger, "info", "%s: again in %.0f ms: %s", call.operation.name, wait_ms, error)

    backoff = call.route.retries.backoff or BackoffStrategy()
    retrying = AsyncRetrying(
        wait=lambda state: _wait(call, backoff, state),
        stop=lambda state: _is_over(call, backoff, state),
        retry=retry_if_exception(lambda error: may_repeat(call, error)),
        before_sleep=note,
        reraise=True,
    )
    return await retrying(again)


def _wait(call: Call, backoff: BackoffStrategy, state: RetryCallState) -> float:
    """Seconds until the next attempt: what the server asks for, else the backoff, jittered."""
    error = _error_of(state)
    asked = error.retry_after if isinstance(error, AutumnError) else None
    if asked is not None:
        jittered = asked * random.uniform(1.0, 1.1)
        return max(0.0, min(jittered, call.seconds_left() - 2 * _LAST_ATTEMPT))
    return _interval(backoff, state.attempt_number) / 1000 * random.uniform(0.5, 1.0)


def _interval(backoff: BackoffStrategy, failures: int) -> float:
    try:
        interval = backoff.initial_interval * backoff.exponent ** (failures - 1)
    except OverflowError:
        return backoff.max_interval
    return min(interval, backoff.max_interval)


def _is_over(call: Call, backoff: BackoffStrategy, state: RetryCallState) -> bool:
    wait = state.upcoming_sleep
    too_late = (call.elapsed_seconds() + wait) * 1000 > backoff.max_elapsed_time
    return too_late or call.seconds_left() - wait < _LAST_ATTEMPT


def _error_of(state: RetryCallState) -> BaseException:
    error = state.outcome.exception() if state.outcome else None
    assert error is not None, "tenacity asks only after a failure"
    return error
