"""Waiting: tasks on their event loops and threads on locks, woken together."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from math import inf
from threading import Lock
from time import monotonic
from typing import TypeAlias

Waiter: TypeAlias = "tuple[asyncio.AbstractEventLoop, asyncio.Future[None]] | Lock"
"""A task that waits on its loop, or a thread that waits for a lock."""

_HEARTBEAT_SECONDS = 1.0


def wake(waiters: Iterable[Waiter]) -> None:
    """Lets those go on who wait, with one call for each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = defaultdict(list)
    for waiter in waiters:
        if isinstance(waiter, tuple):
            by_loop[waiter[0]].append(waiter[1])
        else:
            waiter.release()
    for loop, futures in by_loop.items():
        with suppress(RuntimeError):  # the loop is closed, and nobody waits on it any more
            loop.call_soon_threadsafe(_resolve, futures)


def taken(waiters: list[Waiter]) -> list[Waiter]:
    """All waiters, each for one who wakes: several threads may."""
    found: list[Waiter] = []
    with suppress(IndexError):
        while True:
            found.append(waiters.pop())
    return found


def _resolve(futures: list[asyncio.Future[None]]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)


async def wait_on_loop(
    waiters: list[Waiter], is_over: Callable[[], bool], timeout: float | None = None
) -> None:
    """Waits to be woken, or for so many seconds.

    Whoever wakes changes what `is_over` sees first, and looks for waiters after.
    """
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    waiters.append((loop, future))
    if is_over():
        return
    alarm = None if timeout is None else loop.call_later(timeout, _resolve, [future])
    try:
        await future
    finally:
        if alarm is not None:
            alarm.cancel()


def wait_on_thread(
    waiters: list[Waiter], is_over: Callable[[], bool], timeout: float | None
) -> None:
    """Waits until it's over; raises `TimeoutError` if that takes too long."""
    until = inf if timeout is None else monotonic() + timeout
    lock = Lock()
    lock.acquire()
    waiters.append(lock)
    while not is_over():
        left = until - monotonic()
        if left <= 0:
            raise TimeoutError("the event is still waiting")
        if lock.acquire(timeout=min(left, _HEARTBEAT_SECONDS)):
            waiters.append(lock)
