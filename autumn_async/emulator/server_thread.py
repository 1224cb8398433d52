"""A thread with an event loop of its own, for those who have none."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Final

Step = Callable[[], Awaitable[None]]

START_S: Final = 10.0
STOP_S: Final = 5.0
"""How long entering and leaving wait for the emulator's own thread, in seconds."""


class ServerThread:
    """A daemon thread with an event loop, on which something is started and later stopped."""

    def __init__(self, start: Step, stop: Step) -> None:
        self._start = start
        self._stop = stop
        self._started: Future[None] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._main, name="autumn-emulator", daemon=True)

    def start_and_wait(self) -> None:
        self._thread.start()
        try:
            self._started.result(START_S)
        except BaseException:
            self.stop_and_wait()
            raise

    def stop_and_wait(self) -> None:
        if self._loop and self._stopping:
            with suppress(RuntimeError):  # the loop may have been closed by now
                self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(STOP_S)

    def _main(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        try:
            await self._start()
        except BaseException as error:
            self._started.set_exception(error)
            return
        self._started.set_result(None)
        await self._stopping.wait()
        await self._stop()
