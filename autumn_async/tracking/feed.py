"""Reports for those who want them: a function that is called, and iterators."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import suppress
from logging import Logger
from queue import SimpleQueue
from threading import Condition, Thread

from .reports import Report

MAX_REPORTS = 10_000
"""How many reports wait for whoever iterates over them; the oldest are dropped."""

Listener = Callable[[Sequence[Report]], None]


class Feed:
    """Hands reports from the thread of the store to those who listen."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    @property
    def is_wanted(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    def add(self, listener: Listener) -> None:
        """Lets somebody listen."""
        self._listeners.append(listener)

    def remove(self, listener: Listener) -> None:
        """Lets somebody listen no longer."""
        with suppress(ValueError):
            self._listeners.remove(listener)

    def send(self, reports: Sequence[Report]) -> None:
        """Tells everybody."""
        for listener in tuple(self._listeners):
            with suppress(RuntimeError):  # the loop of a listener that is gone
                listener(reports)


class Box:
    """Reports that wait for one who iterates."""

    def __init__(self, drop: Callable[[int], None]) -> None:
        self.reports: deque[Report] = deque(maxlen=MAX_REPORTS)
        self._drop = drop

    def put(self, reports: Sequence[Report]) -> None:
        """Keeps the latest, and says how many had to go."""
        over = len(self.reports) + len(reports) - MAX_REPORTS
        if over > 0:
            self._drop(over)
        self.reports.extend(reports)


async def iterate(feed: Feed, drop: Callable[[int], None]) -> AsyncGenerator[Report, None]:
    """Reports as they come, on an event loop."""
    box, news, loop = Box(drop), asyncio.Event(), asyncio.get_running_loop()

    def listener(reports: Sequence[Report]) -> None:
        box.put(reports)
        loop.call_soon_threadsafe(news.set)

    feed.add(listener)
    try:
        while True:
            while box.reports:
                yield box.reports.popleft()
            news.clear()
            if not box.reports:
                await news.wait()
    finally:
        feed.remove(listener)


def iterate_blocking(feed: Feed, drop: Callable[[int], None]) -> Generator[Report, None, None]:
    """Reports as they come, on a thread."""
    box, news = Box(drop), Condition()

    def listener(reports: Sequence[Report]) -> None:
        with news:
            box.put(reports)
            news.notify_all()

    feed.add(listener)
    try:
        while True:
            with news:
                while not box.reports:
                    news.wait(1.0)
                report = box.reports.popleft()
            yield report
    finally:
        feed.remove(listener)


class Teller:
    """Calls a function with each report, on a thread of its own, which its first report starts."""

    def __init__(self, function: Callable[[Report], object], logger: Logger) -> None:
        self._function = function
        self._logger = logger
        self._queue: SimpleQueue[Sequence[Report]] = SimpleQueue()
        self._pid = 0

    def __call__(self, reports: Sequence[Report]) -> None:
        """Tells the thread."""
        self._queue.put(reports)
        if self._pid != os.getpid():  # nobody listens yet, in this process
            self._pid = os.getpid()
            Thread(target=self._serve, name="autumn-async reports", daemon=True).start()

    def _serve(self) -> None:
        while True:
            for report in self._queue.get():
                try:
                    self._function(report)
                except Exception:
                    self._logger.exception("on_report failed")
