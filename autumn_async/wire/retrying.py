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
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from ..errors import (
    AutumnConnectionError,
    AutumnError,
    AutumnSDKError,
    AutumnTimeoutError,
    ServerError,
)
from ..forks import Rest
from ..settings import LAST_ATTEMPT_MS, RETRY_STATUSES, BackoffStrategy
from .call import Call
from .logs import reason, write
from .transport import Incoming

if TYPE_CHECKING:
    from tenacity import RetryCallState

Verdict = Literal["not done", "unknown", "failed", "final"]

_LAST_ATTEMPT = LAST_ATTEMPT_MS / 1000

_loading = Rest()


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


def load_tenacity() -> None:
    """Loads tenacity, which only calls that failed need: it takes a fiftieth of a program's start.

    A fork in the middle of that would leave its child a module that is locked for ever, and waits.
    """
    with _loading:
        import_module("tenacity")


async def repeated(
    call: Call, attempt: Callable[[Call], Awaitable[Incoming]], first: AutumnSDKError, logger: Any
) -> Incoming:
    """Repeats a call that has failed once, until it succeeds, may not be repeated, or time is up.

    tenacity is entered only here, after a failure, so that a call that succeeds costs nothing;
    the first failure is handed to it as the outcome of its first attempt.
    """
    load_tenacity()
    from tenacity import AsyncRetrying, retry_if_exception

    failures = [first]
    del first  # an exception must not be referred to by its own frames

    async def again() -> Incoming:
        if failures:
            raise failures.pop()
        return await attempt(call)

    def note(state: RetryCallState) -> None:
        error = _error_of(state)
        call.doubt = call.doubt or verdict(error) == "unknown"
        wait_ms, what = state.upcoming_sleep * 1000, reason(error)
        write(logger, "info", "%s: again in %.0f ms: %s", call.operation.name, wait_ms, what)

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
    """Seconds until the next attempt: the backoff, or longer if the server asks for it.

    What the server asks for is cut to the time that is left, for one last attempt.
    """
    error, wait = _error_of(state), _backoff(backoff, state.attempt_number)
    asked = error.retry_after if isinstance(error, AutumnError) else None
    if asked is None:
        return wait
    asked *= random.uniform(1.0, 1.1)
    longest = _seconds_to_begin(call, backoff) - _LAST_ATTEMPT
    return max(wait, longest if asked > longest > 0 else asked)


def _backoff(backoff: BackoffStrategy, failures: int) -> float:
    """Seconds of the backoff after so many failures, with a random part left out."""
    try:
        interval = backoff.initial_interval * backoff.exponent ** (failures - 1)
    except OverflowError:
        interval = backoff.max_interval
    return min(interval, backoff.max_interval) / 1000 * random.uniform(0.5, 1.0)


def _seconds_to_begin(call: Call, backoff: BackoffStrategy) -> float:
    """The time that is left for another attempt to begin in."""
    elapsed_left = backoff.max_elapsed_time / 1000 - call.elapsed_seconds()
    return min(elapsed_left, call.seconds_left() - _LAST_ATTEMPT)


def _is_over(call: Call, backoff: BackoffStrategy, state: RetryCallState) -> bool:
    return state.upcoming_sleep > _seconds_to_begin(call, backoff)


def _error_of(state: RetryCallState) -> AutumnSDKError:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, AutumnSDKError), "tenacity asks only after a failure of ours"
    return error
