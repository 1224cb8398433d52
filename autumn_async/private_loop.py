"""The private event loop: what it waits with, and where it looks host names up."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_BUSY_ROUNDS = 8
"""Rounds of the loop after which it looks at its sockets, even if it has something else to do."""

if TYPE_CHECKING:
    _Selector = selectors.SelectSelector
else:
    # Not epoll or kqueue, whose kernel objects a forked child would share.
    _Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)


def new_loop(
    fall_asleep: Callable[[], bool], look_up: Callable[[], None]
) -> asyncio.AbstractEventLoop:
    """A loop that calls `fall_asleep` before it waits for its sockets, and `look_up` in each round.

    `fall_asleep` says whether there is any need to wait.
    """
    loop = asyncio.SelectorEventLoop(Watch(fall_asleep, look_up))
    loop.set_default_executor(Lookups())
    return loop


class Watch(_Selector):
    """What the loop waits with; it is asked once in each round of the loop.

    While the loop has something to do, it doesn't ask the system for more: that would also hand
    the interpreter to another thread and back. Callers whose calls are done are let go just before
    the loop sleeps: they find the interpreter free when they wake, and don't wait a second time.
    """

    def __init__(self, fall_asleep: Callable[[], bool], look_up: Callable[[], None]) -> None:
        super().__init__()
        self._fall_asleep = fall_asleep
        self._look_up = look_up
        self._busy_rounds = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """The sockets that are ready; what callers want done has begun."""
        found: list[tuple[selectors.SelectorKey, int]] = []
        if timeout is not None and timeout <= 0 and self._busy_rounds < _BUSY_ROUNDS:
            self._busy_rounds += 1
        else:
            self._busy_rounds = 0
            found = super().select(timeout if self._fall_asleep() else 0)
        self._look_up()
        return found


class Lookups(ThreadPoolExecutor):
    """Looks host names up, each on a daemon thread of its own.

    The usual executor takes no work once the interpreter exits, when `atexit` handlers may still
    make calls, and its threads are waited for then, so that a slow name server would hold up the
    end of a program that was interrupted.
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Starts the work at once; where no thread can be started any more, does it here."""
        future = Future[T]()
        work = partial(_work, future, partial(fn, *args, **kwargs))
        try:
            Thread(target=work, name="autumn-async lookup", daemon=True).start()
        except RuntimeError:
            work()
        return future


def _work(future: Future[T], function: Callable[[], T]) -> None:
    if future.set_running_or_notify_cancel():
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)
