"""The private event loop of the sync client: the only module that knows about threads.

Each coroutine runs on a daemon thread that owns an event loop, while its caller waits on a lock.
There is one such thread in a process, started by the first call and shared by all clients. What
can go wrong between threads, forks, signals and the end of the interpreter is dealt with here.
"""

from __future__ import annotations

import asyncio
import atexit
import builtins
import os
import queue
import selectors
import sys
import threading
import warnings
from collections.abc import Coroutine
from threading import get_ident
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from .errors import AutumnSDKError
from .user_code import stack_level

if TYPE_CHECKING:
    from .wire.transport import Transport

T = TypeVar("T")

CLEANUP_SECONDS = 2.0
"""How long an interrupted call, or the end of the interpreter, waits for the loop to tidy up."""

_POLL_SECONDS = 0.1 if sys.platform == "win32" else -1
"""On Windows a wait for a lock can't be interrupted by Ctrl-C, so it is cut into pieces."""


class Outcome(Generic[T]):
    """What a call on the loop thread came to, and the lock that its caller waits on."""

    __slots__ = ("error", "finished", "lock", "task", "value")

    def __init__(self, lock: threading.Lock) -> None:
        self.lock = lock
        self.finished = False
        self.task: asyncio.Task[None] | None = None
        self.error: BaseException | None = None
        self.value: T = cast("T", None)

    def finish(self, *_: object) -> None:
        """Wakes the caller, once."""
        if not self.finished:
            self.finished = True
            self.lock.release()

    def cancel(self) -> None:
        """Cancels the call. A task that has not begun never runs, hence the callback."""
        if self.task is not None and not self.finished:
            self.task.add_done_callback(self.finish)
            self.task.cancel()


class Portal:
    """An event loop on a thread of its own, for the process that made it."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._idle = threading.local()
        self._open: set[Transport] = set()
        self._abandoned: queue.SimpleQueue[Transport] = queue.SimpleQueue()

    def run(self, call: Coroutine[Any, Any, T]) -> Outcome[T]:
        """Runs a coroutine to its end on the loop thread and returns what it came to.

        Whatever is raised while waiting (Ctrl-C, an alarm, a worker's soft time limit) cancels the
        call, waits for its cleanup, and is raised again.
        """
        try:
            loop = self._loop_for_caller()
        except BaseException:
            call.close()
            raise
        lock = self._take_lock()
        outcome = Outcome[T](lock)
        try:
            loop.call_soon_threadsafe(self._begin, call, outcome)
            _wait(lock)
        except BaseException:
            self._abandon(loop, outcome)
            raise
        self._idle.lock = lock
        return outcome

    @property
    def stopped(self) -> bool:
        """Whether the thread has ended, or is about to, because the interpreter exits."""
        return self._stopped

    def keep(self, transport: Transport) -> None:
        """Keeps a transport with sessions on this loop alive until it is closed here."""
        self._open.add(transport)

    def release(self, transport: Transport) -> None:
        """Forgets a transport that has been closed."""
        self._open.discard(transport)

    def reap(self, transport: Transport) -> None:
        """Has a transport closed at the next occasion. Safe in finalizers: it only queues it."""
        self._abandoned.put(transport)

    def _loop_for_caller(self) -> asyncio.AbstractEventLoop:
        thread = self._thread
        if self._loop is None or thread is None:
            return self._start()
        # Not asyncio.get_running_loop(): under gevent all greenlets share one answer.
        if thread.ident == get_ident():
            raise RuntimeError(
                "the sync client was called from its own event loop, for example in a callback; "
                "use AsyncAutumn, or the x_async twin, there"
            )
        if self._stopped:
            raise AutumnSDKError("the interpreter is shutting down; no more calls can be made")
        return self._loop

    def _start(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                loop = _new_loop()
                thread = threading.Thread(
                    target=_serve, args=(loop,), name="autumn-async", daemon=True, **_EMPTY_CONTEXT
                )
                try:
                    thread.start()
                except RuntimeError as error:
                    loop.close()
                    if "interpreter shutdown" not in str(error):
                        raise
                    message = "the interpreter is shutting down; no more calls can be made"
                    raise AutumnSDKError(message) from error
                self._thread, self._loop = thread, loop
            return self._loop

    def _begin(self, call: Coroutine[Any, Any, T], outcome: Outcome[T]) -> None:
        """Runs on the loop thread, in a copy of the caller's context."""
        assert self._loop is not None
        outcome.task = _task(self._loop, _carry(call, outcome))
        if not self._abandoned.empty():
            self._reap_now()

    def _reap_now(self) -> None:
        assert self._loop is not None
        while not self._abandoned.empty():
            transport = self._abandoned.get_nowait()
            self._open.discard(transport)
            task = self._loop.create_task(transport.aclose())
            task.add_done_callback(_background.discard)
            _background.add(task)

    def _take_lock(self) -> threading.Lock:
        """This thread's lock, held. A signal handler that calls in between gets one of its own."""
        lock: threading.Lock | None = self._idle.__dict__.pop("lock", None)
        if lock is None:
            lock = threading.Lock()
            lock.acquire()
        return lock

    def _abandon(self, loop: asyncio.AbstractEventLoop, outcome: Outcome[Any]) -> None:
        """Cancels a call whose caller won't wait any longer, and gives it time to clean up.

        Its lock isn't used again: the call may release it late.
        """
        if not outcome.finished:
            loop.call_soon_threadsafe(outcome.cancel)
            outcome.lock.acquire(timeout=CLEANUP_SECONDS)

    def stop(self) -> None:
        """Closes what is open and ends the thread; called when the interpreter exits."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None or self._stopped:
            return
        self._stopped = True
        loop.call_soon_threadsafe(lambda: _task(loop, self._wind_up(loop)))
        thread.join(CLEANUP_SECONDS)

    async def _wind_up(self, loop: asyncio.AbstractEventLoop) -> None:
        self._reap_now()
        closing = [transport.aclose() for transport in self._open]
        await asyncio.gather(*closing, *_background, return_exceptions=True)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        loop.stop()


_portals: dict[int, Portal] = {}
_inherited: list[Portal] = []
_background: set[asyncio.Task[None]] = set()

_EMPTY_CONTEXT: dict[str, Any] = {}
if sys.version_info >= (3, 14):
    from contextvars import Context

    # From 3.14 on a thread may inherit the context of whoever started it, which is one caller's.
    _EMPTY_CONTEXT["context"] = Context()


def current() -> Portal:
    """The portal of this process.

    It is found by process id, because not every server that forks runs Python's fork hooks.
    `setdefault` needs no lock, so that none can be inherited in a locked state.
    """
    pid = os.getpid()
    return _portals.get(pid) or _portals.setdefault(pid, Portal())


def warn_if_blocking_a_loop() -> None:
    """Warns, once for each line of the caller's, that a sync call holds up its event loop.

    Silent in IPython, whose loop always runs.
    """
    if asyncio._get_running_loop() is None or hasattr(builtins, "__IPYTHON__"):
        return
    warnings.warn(
        "a sync call blocks the running event loop until it is answered; "
        "await the x_async twin or use AsyncAutumn",
        RuntimeWarning,
        stacklevel=stack_level(),
    )


def without_plumbing(error: BaseException) -> BaseException:
    """The error without the frames of this module at the front of its traceback.

    The environment variable `AUTUMN_FULL_TRACEBACK` keeps them.
    """
    frames = error.__traceback__
    if os.environ.get("AUTUMN_FULL_TRACEBACK"):
        return error
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    return error.with_traceback(frames)


def _wait(lock: threading.Lock) -> None:
    while not lock.acquire(timeout=_POLL_SECONDS):
        pass


async def _carry(call: Coroutine[Any, Any, T], outcome: Outcome[T]) -> None:
    """Brings every end of a call to its caller, also those that would end the loop."""
    try:
        outcome.value = await call
    except BaseException as error:
        outcome.error = error
    outcome.finish()


def _task(
    loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, None]
) -> asyncio.Task[None]:
    """A task; where Python can, one that begins at once instead of in the next round."""
    if sys.version_info >= (3, 12):
        return asyncio.Task(coroutine, loop=loop, eager_start=True)
    return loop.create_task(coroutine)


def _new_loop() -> asyncio.AbstractEventLoop:
    """A loop without epoll or kqueue, whose kernel objects a forked child would share."""
    poll = getattr(selectors, "PollSelector", None)
    return asyncio.SelectorEventLoop(poll() if poll else None)


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()


def _stop_at_exit() -> None:
    portal = _portals.get(os.getpid())
    if portal is not None:
        portal.stop()


def _forget_parent() -> None:
    """In a forked child: the parent's portals are kept, unused, so that nothing finalizes them."""
    _inherited.extend(_portals.values())
    _portals.clear()


# Registered now and not at the first call: handlers that programs register later run earlier, and
# may still make calls.
atexit.register(_stop_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_parent)
