"""Fetching balances: one request for all who wait, and a pause after a failure."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextvars import Context
from time import time
from typing import Any

import msgspec

from ..errors import AutumnConnectionError, AutumnError, AutumnTimeoutError, NotFoundError
from ..settings import API_VERSION, HOT
from ..wire.caller import Caller
from ..wire.capture import capture
from ..wire.logs import write
from ..wire.operation import Operation
from .memory import Key, Memory, View
from .options import BACKOFF
from .rules import Known, rules_of

CUSTOMER = Operation("customers.get", "/v1/customers.get", Known, HOT, reads=True)
ENTITY = Operation("entities.get", "/v1/entities.get", Known, HOT, reads=True)
"""As their namesakes, but somebody is waiting for them, and less is decoded."""

EXPAND = ["balances.feature", "flags.feature"]


class _Pause(msgspec.Struct, frozen=True):
    """Why a customer's balances aren't fetched at the moment."""

    until: float
    failures: int
    error: Exception


class Refreshing:
    """Fetches balances on the running loop, each in a task of its own."""

    def __init__(self, caller: Caller, memory: Memory, most: int, clock: Callable[[], float]):
        settings = msgspec.structs.replace(caller.settings, x_api_version=API_VERSION)
        self._caller = Caller(settings, caller.transport)
        self._logger = settings.logger
        self._memory = memory
        self._most = most
        self._clock = clock
        self._under_way: dict[Key, tuple[asyncio.Task[View | Exception], View]] = {}
        self._pauses: dict[Key, _Pause] = {}
        self._is_failing = False

    def is_paused(self, key: Key) -> bool:
        """Whether fetching has failed so recently that it isn't tried again yet."""
        pause = self._pauses.get(key)
        return pause is not None and self._clock() < pause.until

    def begin(self, key: Key) -> asyncio.Task[View | Exception] | None:
        """Fetches in the background, unless that is being done, or shouldn't be."""
        return None if self.is_paused(key) else self._task(key)

    async def fetched(self, key: Key, deadline_ms: float) -> View:
        """The view that is being fetched, or is now. Who is cancelled takes no other along.

        Raises:
            AutumnSDKError: It can't be fetched, or couldn't be a moment ago.
        """
        task = self.begin(key)
        outcome: View | Exception
        if task is None:
            outcome = self._pauses[key].error
        else:
            done, _ = await asyncio.wait({task}, timeout=deadline_ms / 1000)
            outcome = _outcome(task) if done else _overdue(deadline_ms)
        if isinstance(outcome, View):
            return outcome
        try:
            raise outcome.with_traceback(None)  # it has been raised in other tasks, maybe
        finally:
            del outcome, task  # an exception must not be referred to by its own frames

    def _task(self, key: Key) -> asyncio.Task[View | Exception]:
        loop = asyncio.get_running_loop()
        found = self._under_way.get(key)
        if found is not None:
            task, view = found
            if task.get_loop() is loop and not task.done() and not view.is_void:
                return task
        view = self._memory.ask(key)
        # In a context of its own: it is nobody's call, and may outlive the first who waits for it.
        task = Context().run(loop.create_task, self._run(key, view))
        self._under_way[key] = task, view
        return task

    async def _run(self, key: Key, view: View) -> View | Exception:
        try:
            await self._fetch(key, view)
        except Exception as error:
            self._memory.leave(view)
            self._failed(key, error)
            return error.with_traceback(None)
        except BaseException:
            self._memory.leave(view)
            raise
        finally:
            if self._under_way.get(key, (None, None))[1] is view:
                del self._under_way[key]
        self._pauses.pop(key, None)
        self._is_failing = False
        return view

    async def _fetch(self, key: Key, view: View) -> None:
        customer_id, entity_id = key
        asked: dict[str, Any] = {"customer_id": customer_id, "expand": EXPAND}
        if entity_id is not None:
            asked["entity_id"] = entity_id
        operation = CUSTOMER if entity_id is None else ENTITY
        with capture() as answers:
            known = await self._caller.call(operation, {"self": self, "options": {}, **asked})
        rules = rules_of(known, of_entity=entity_id is not None)
        self._memory.keep(view, rules, self._until(known, view, answers[-1].date))

    def _until(self, known: Known, view: View, server: float | None) -> float:
        """When the balances change by themselves, at the earliest, by our own clock.

        The server's clock tells how long that is from now, in whole seconds: ours may be wrong.
        Moments that are past by then were taken into account by the server.
        """
        now = time() if server is None else server
        left = (moment / 1000 - now for moment in known.moments() if moment)
        return view.asked_at + min((each for each in left if each > 0), default=float("inf")) - 1

    def _failed(self, key: Key, error: Exception) -> None:
        """Notes a failure; that a customer isn't there is none, and nothing is kept of them."""
        if isinstance(error, NotFoundError):
            self._memory.forget(key[0])
            return
        before = self._pauses.pop(key, None)
        failures = 1 if before is None else before.failures + 1
        first, longest = BACKOFF
        wait = min(longest, first * 2 ** min(failures - 1, 30)) * random.uniform(0.75, 1.25)
        if isinstance(error, AutumnError):
            wait = max(wait, error.retry_after or 0)
        self._pauses[key] = _Pause(self._clock() + wait, failures, error)
        if len(self._pauses) > self._most:
            del self._pauses[next(iter(self._pauses))]
        if not self._is_failing:
            self._is_failing = True
            write(self._logger, "warning", "balances can't be fetched for cached checks: %s", error)


def _outcome(task: asyncio.Task[View | Exception]) -> View | Exception:
    if task.cancelled():  # by somebody who cancels whatever runs on the loop
        return AutumnConnectionError("fetching the balances was cancelled", outcome="unknown")
    return task.result()


def _overdue(deadline_ms: float) -> AutumnTimeoutError:
    return AutumnTimeoutError(f"no balances within {deadline_ms:g} ms", outcome="unknown")
