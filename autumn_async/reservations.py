"""Units that are held while work goes on whose cost isn't known yet.

A reservation is a `check` with a lock, and one `balances.finalize` for it. What can happen on the
way, and what is done then:

    the check is refused                `InsufficientBalanceError`; nothing is held
    the check's outcome is unknown      its lock is released, and the error raised
    the block raises                    the lock is released, and the exception goes on
    the process dies                    the server gives the units back at `expires_at`
    the settling's outcome is unknown   it is asked for again; a lock gone by then is settled
    409 for the settling                an attempt of ours is still at work; asked for again
    the lock is gone at the first try   `ReservationExpiredError`: the server gave the units back
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine
from datetime import datetime
from decimal import Decimal
from time import time
from types import TracebackType
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import anyio
import msgspec
from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, wait_random_exponential

from .errors import (
    AutumnConnectionError,
    AutumnSDKError,
    AutumnTimeoutError,
    BadRequestError,
    ConflictError,
    InsufficientBalanceError,
    RateLimitError,
    ReservationExpiredError,
    ResponseValidationError,
    ServerError,
)
from .exchange import Headers, Response
from .settings import GIVE_BACK_MS, HOLD_MS, HOT, SETTLE_MS, TRANSPORT_OPTIONS
from .wire.logs import reason, write
from .wire.operation import hint

if TYPE_CHECKING:
    from typing_extensions import Self

    from .client import AsyncAutumn
    from .inputs import LockAction, Quantity, Timestamp
    from .models.checks import CheckResponse
    from .sync import Bridge


class _NotTaken(AutumnSDKError):
    """Autumn answered, and said that it doesn't settle the lock now."""


_ASKED_AGAIN = (
    AutumnConnectionError,
    AutumnTimeoutError,
    ConflictError,
    RateLimitError,
    ServerError,
    _NotTaken,
)
"""What doesn't end the settling: another attempt may find out more."""


class AsyncReservation:
    """Units that are held for the length of an `async with` block.

    The end of the block books what `settle` said, or all that was reserved if nobody said
    anything. An exception gives everything back.
    """

    def __init__(
        self,
        client: AsyncAutumn,
        logger: Any,
        *,
        amount: Quantity,
        expires_at: Timestamp | None,
        asked: dict[str, Any],
        options: dict[str, Any],
    ) -> None:
        for name in options.keys() - TRANSPORT_OPTIONS:
            known = TRANSPORT_OPTIONS | {*asked, "amount", "expires_at"}
            message = f"reserve() got an unexpected keyword argument {name!r}"
            raise TypeError(f"{message}; {hint(name, known)}")
        if _units("amount", amount) == 0:
            raise ValueError("amount must be more than 0")
        self.amount: Quantity = amount
        """How many units are held."""
        self.lock_id: str = f"aa1_{uuid4().hex}"
        """The id of the lock that holds them; every reservation has its own."""
        self._client = client
        self._logger = logger
        self._expires_at = time() * 1000 // 1 + HOLD_MS if expires_at is None else expires_at
        self._asked = asked
        self._options = options
        self._answer: CheckResponse | None = None
        self._actual: Quantity | None = None
        self._in_doubt = False
        self._used = False

    @property
    def answer(self) -> CheckResponse:
        """What `check` said: `balance` is what is left beside the held units.

        Raises `RuntimeError` outside the block.
        """
        if self._answer is None:
            raise RuntimeError("nothing is held: a reservation works inside its `with` block")
        return self._answer

    def settle(self, actual: Quantity) -> None:
        """Says how many units the work took; the end of the block books them.

        What goes beyond the reserved amount comes off the balance as far as that reaches; 0 gives
        everything back.

        Raises:
            RuntimeError: The block isn't running, or this was said before.
            ValueError: `actual` is negative or no finite number.
        """
        if self.answer and self._actual is not None:
            raise RuntimeError(f"a reservation is settled once: it took {self._actual}")
        self._actual = _units("actual", actual)

    async def __aenter__(self) -> Self:
        if self._used:
            raise RuntimeError("a reservation is used once: reserve again")
        self._used = True
        answer = await self._reserved()
        if not answer.allowed:
            raise _refusal(self.amount, answer)
        self._answer = answer
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        actual = self.amount if self._actual is None else self._actual
        self._answer = None
        if error is not None or actual == 0:
            await _to_its_end(self._give_back())
        else:
            await _to_its_end(self._book(actual))

    async def _reserved(self) -> CheckResponse:
        """The check that holds the units. While its outcome is unknown, it may hold them."""
        try:
            return await self._client.check(
                **self._asked,
                required_balance=self.amount,
                lock={"lock_id": self.lock_id, "expires_at": self._expires_at},
                fail_open=False,
                **self._options,
            )
        except BaseException as error:
            if _may_hold(error):
                await _to_its_end(self._give_back())
            raise

    async def _book(self, actual: Quantity) -> None:
        """Confirms the lock; raises where it can't be known that the units are booked."""
        override = {} if actual == self.amount else {"override_value": actual}
        try:
            await self._finalize("confirm", SETTLE_MS, **override)
        except BadRequestError as error:
            if not _is_gone(error):
                raise
            if not self._in_doubt or _is_past(self._expires_at):
                raise _expiry(error, actual) from error

    async def _give_back(self) -> None:
        """Releases the lock, as far as that can be done: at `expires_at` the server does it."""
        try:
            await self._finalize("release", GIVE_BACK_MS)
        except AutumnSDKError as error:
            if not _is_gone(error):
                message = "%s units may be held by the lock %s until it expires: %s"
                write(self._logger, "warning", message, self.amount, self.lock_id, reason(error))

    async def _finalize(self, action: LockAction, limit_ms: float, **override: Quantity) -> None:
        """Asks for it until Autumn has said what became of it, or time is up."""

        async def attempt() -> None:
            options: Any = {"deadline_ms": HOT.deadline_ms, **self._options, **override}
            finalize = self._client.balances.finalize
            try:
                answer = await finalize(lock_id=self.lock_id, action=action, **options)
                if not answer.success:
                    raise _NotTaken(f"Autumn did not settle the lock {self.lock_id}")
            except _ASKED_AGAIN as error:
                self._in_doubt |= getattr(error, "outcome", "unknown") == "unknown"
                raise

        retrying = AsyncRetrying(
            wait=wait_random_exponential(multiplier=0.1, max=2),
            stop=stop_after_delay(limit_ms / 1000),
            retry=retry_if_exception(lambda error: isinstance(error, _ASKED_AGAIN)),
            reraise=True,
        )
        await retrying(attempt)


class Reservation:
    """Units that are held for the length of a `with` block.

    The end of the block books what `settle` said, or all that was reserved if nobody said
    anything. An exception gives everything back.
    """

    def __init__(self, bridge: Bridge, reservation: AsyncReservation) -> None:
        self._bridge = bridge
        self._reservation = reservation

    @property
    def amount(self) -> Quantity:
        """How many units are held."""
        return self._reservation.amount

    @property
    def lock_id(self) -> str:
        """The id of the lock that holds them; every reservation has its own."""
        return self._reservation.lock_id

    @property
    def answer(self) -> CheckResponse:
        """What `check` said: `balance` is what is left beside the held units.

        Raises `RuntimeError` outside the block.
        """
        return self._reservation.answer

    def settle(self, actual: Quantity) -> None:
        """Says how many units the work took; the end of the block books them.

        What goes beyond the reserved amount comes off the balance as far as that reaches; 0 gives
        everything back.

        Raises:
            RuntimeError: The block isn't running, or this was said before.
            ValueError: `actual` is negative or no finite number.
        """
        self._reservation.settle(actual)

    def __enter__(self) -> Self:
        self._bridge.run(self._reservation.__aenter__)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bridge.run(self._reservation.__aexit__, kind, error, traceback)


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Awaits it, and lets it end when this task is cancelled meanwhile, or has been before."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        with anyio.CancelScope(shield=True):
            await asyncio.wait([task], timeout=GIVE_BACK_MS / 1000)
        raise


def _units(name: str, value: Any) -> Quantity:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise TypeError(f"{name} must be a number of units, not {type(value).__name__}")
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{name} must be a number of units, not {value!r}")
    return value


def _may_hold(error: BaseException) -> bool:
    """Whether the check that ended so may hold the units all the same."""
    outcome: str | None = getattr(error, "outcome", None)
    if outcome is not None:
        return outcome == "unknown"
    return isinstance(error, ResponseValidationError) or not isinstance(error, Exception)


def _is_past(at: Timestamp) -> bool:
    return time() >= (at.timestamp() if isinstance(at, datetime) else at / 1000)


def _is_gone(error: AutumnSDKError) -> bool:
    """Whether there is no such lock: the server has no code of its own for that."""
    return isinstance(error, BadRequestError) and "lock not found" in error.message.lower()


def _refusal(amount: Quantity, answer: CheckResponse) -> InsufficientBalanceError:
    body = msgspec.json.encode(answer)
    return InsufficientBalanceError(
        f"{amount} units can't be reserved: the balance doesn't allow it",
        Response(status_code=200, headers=Headers(), content=body),
        code="insufficient_balance",
    )


def _expiry(error: BadRequestError, actual: Quantity) -> ReservationExpiredError:
    return ReservationExpiredError(
        f"no lock holds the units any more, and {actual} were used: track them",
        error.raw_response,
        code=error.code,
        env=error.env,
    )
