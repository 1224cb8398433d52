"""The private event loop of the sync client: the only module that knows about threads.

Each coroutine runs on a daemon thread that owns an event loop, while its caller waits for a lock.
There is one such thread in a process, started by the first call and shared by all clients. What
can go wrong between threads, forks, signals and the end of the interpreter is dealt with here.

Most of what a hop costs is waking threads up, so that is done as rarely as it can be: see
`private_loop.Watch`.
"""

from __future__ import annotations

import asyncio
import atexit
import builtins
import os
import socket
import sys
import time
import warnings
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import closing, suppress
from contextvars import Context
from functools import partial
from threading import Event, Lock, Thread, get_ident
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast

from .errors import AutumnSDKError
from .private_loop import new_loop
from .user_code import stack_level
from .waking import CAN_CHIME, Chime

if TYPE_CHECKING:
    from .wire.transport import Transport

P = ParamSpec("P")
T = TypeVar("T")
Call = Callable[[], Coroutine[Any, Any, T]]

CLEANUP_SECONDS = 2.0
"""How long an interrupted call, or the end of the interpreter, waits for the loop to tidy up."""

_HEARTBEAT_SECONDS = 0.1 if sys.platform == "win32" else 1.0
"""How often somebody who waits looks up. On Windows it is all that lets Ctrl-C through."""


class Job(Generic[T]):
    """A call for the loop thread, and what it came to."""

    __slots__ = ("call", "done", "error", "lock", "task", "value")

    def __init__(self, call: Call[T], lock: Lock | Chime) -> None:
        self.call: Call[T] = call
        self.lock: Lock | Chime = lock
        """What the caller waits for; it is held."""
        self.done: bool = False
        self.task: asyncio.Task[None] | None = None
        self.error: BaseException | None = None
        self.value: T = cast("T", None)


class Portal:
    """An event loop on a thread of its own, for the process that made it.

    Callers leave what they want done in an inbox. The loop looks into it in each of its rounds;
    when it is asleep, they also ring a bell, a socket that it listens to.
    """

    def __init__(self) -> None:
        self._inbox: deque[Callable[[], object]] = deque()
        self._answered: deque[Lock | Chime] = deque()
        """What callers wait for whose calls are done."""
        self._chimes: list[Chime | None] = [None] if CAN_CHIME else []
        """What one caller at a time waits for in place of a lock; None is one yet to be made."""
        self._bell: socket.socket | None = None
        self._asleep = False
        self._failure: BaseException | None = None
        self._stopping = False
        self._stopped = False
        self._open: set[Transport] = set()
        self._reaping: set[asyncio.Task[None]] = set()
        self._ready = Event()
        self._thread = Thread(target=self._serve, name="autumn-async", daemon=True, **_NO_CONTEXT)

    def start(self) -> None:
        """Starts the thread, and returns when it listens."""
        try:
            self._thread.start()
        except RuntimeError as error:
            if "interpreter shutdown" not in str(error):
                raise
            raise _exit_error() from error
        self._ready.wait()
        if self._failure is not None:
            raise self._failure

    def check_caller(self) -> None:
        """Raises if a call that is made here and now could never end."""
        # Not asyncio.get_running_loop(): under gevent all greenlets share one answer.
        if self._thread.ident == get_ident():
            raise RuntimeError(
                "the sync client was called from its own event loop, for example in a callback; "
                "use AsyncAutumn, or the x_async twin, there"
            )
        if self._exiting:
            raise _exit_error()

    def run(self, call: Call[T], context: Context) -> Job[T]:
        """Runs a coroutine function on the loop thread, in the context.

        Whatever is raised while waiting (Ctrl-C, an alarm, a worker's soft time limit) cancels the
        call, waits for its cleanup, and is raised again.
        """
        job = Job(call, self._chime() or _held())
        try:
            self._post(lambda: context.run(self._begin, job))
            self._wait(job)
        except BaseException:
            self._abandon(job)
            self._give_back(job, heard=False)
            raise
        self._give_back(job, heard=True)
        return job

    def keep(self, transport: Transport) -> None:
        """Keeps a transport with a session on this loop alive until it is closed here."""
        self._open.add(transport)

    def close(self, transport: Transport) -> None:
        """Closes a transport. When the interpreter exits, that is done without being asked for.

        Past the exit handlers nobody can do it any more: then it is kept, because a session that
        is finalized while it is open complains on stderr.
        """
        if self._exiting:
            return
        if transport.live_loop is None:
            self._open.discard(transport)
            return
        self.check_caller()
        job = self.run(partial(self._close, transport), Context())
        try:
            if job.error is not None:
                raise job.error
        finally:
            del job  # an exception must not be referred to by its own frames

    def reap(self, transport: Transport) -> None:
        """Has a transport closed, without waiting. Safe in finalizers, on any thread."""
        self._post(partial(self._reap, transport))

    def stop(self, *, wait: bool) -> None:
        """Closes what is open and ends the thread."""
        self._stopping = True
        self._post(self._begin_to_wind_up)
        self._ring()
        if wait:
            self._thread.join(CLEANUP_SECONDS)

    @property
    def _exiting(self) -> bool:
        return self._stopping or sys.is_finalizing()

    def _post(self, action: Callable[[], object]) -> None:
        """Has something done on the loop thread."""
        self._inbox.append(action)
        if self._asleep:
            self._ring()

    def _ring(self) -> None:
        if self._bell is not None:
            self._asleep = False  # whoever comes next need not ring
            with suppress(OSError):  # it is closed: the thread has ended
                self._bell.send(b"!")

    def _fall_asleep(self) -> bool:
        """Lets callers go whose calls are done; true if the loop may sleep until somebody rings.

        Callers ring from here on, before the inbox is looked into for the last time.
        """
        while self._answered:
            self._answered.popleft().release()
        self._asleep = True
        return not self._inbox

    def _look_up(self) -> None:
        """Does what callers have left in the inbox."""
        self._asleep = False
        while self._inbox:
            self._inbox.popleft()()

    def _chime(self) -> Chime | None:
        with suppress(IndexError):  # another caller has it
            kept = self._chimes.pop()
            try:
                return kept or Chime()
            except OSError:  # there are too many open files
                self._chimes.append(None)
        return None

    def _give_back(self, job: Job[Any], *, heard: bool) -> None:
        """Leaves the chime to the next caller; a new one, if this one may still ring."""
        if isinstance(job.lock, Chime):
            self._chimes.append(job.lock if heard else None)

    def _begin(self, job: Job[Any]) -> None:
        """Starts the task of a job; it runs in a copy of the context that this is called in."""
        job.task = _task(self._loop, self._carry(job))

    async def _carry(self, job: Job[Any]) -> None:
        """Brings every end of a call to its caller, also those that would end the loop."""
        try:
            job.value = await job.call()
        except BaseException as error:
            job.error = error
        job.task = None
        if not self._stopping:
            self._finish(job)

    def _finish(self, job: Job[Any], *_: object) -> None:
        """Lets the caller go on when the loop has nothing else to do: see `Watch`."""
        if not job.done:
            job.done = True
            self._answered.append(job.lock)

    def _cancel(self, job: Job[Any]) -> None:
        """Cancels a call; a task that has not begun ends without having run."""
        if job.task is None:
            self._finish(job)
        elif not job.done:
            job.task.add_done_callback(partial(self._finish, job))
            job.task.cancel()

    def _wait(self, job: Job[Any]) -> None:
        while not job.lock.acquire(timeout=_HEARTBEAT_SECONDS):
            if self._stopping:
                # Who still waits now is a daemon thread, and ends with the interpreter: better than
                # to report an error while stderr is taken away. If it is being joined, let it go.
                time.sleep(CLEANUP_SECONDS)
                raise _exit_error()
            self._ring()  # in case a signal handler raised just when somebody was about to ring

    def _abandon(self, job: Job[Any]) -> None:
        """Cancels a call whose caller won't wait any longer, and gives it time to clean up."""
        if not job.done and not self._exiting:
            self._post(partial(self._cancel, job))
            self._ring()
            job.lock.acquire(timeout=CLEANUP_SECONDS)

    def _reap(self, transport: Transport) -> None:
        task = self._loop.create_task(self._close(transport))
        self._reaping.add(task)
        task.add_done_callback(self._reaping.discard)

    async def _close(self, transport: Transport) -> None:
        await transport.aclose()
        self._open.discard(transport)

    def _serve(self) -> None:
        """The life of the thread."""
        try:
            ear, bell = self._listen()
        except OSError as error:
            self._failure = error
            return
        finally:
            self._ready.set()
        with closing(self._loop), ear, bell:
            while not self._stopped:
                # What ends a loop (SystemExit, KeyboardInterrupt) may come from any task on it.
                with suppress(BaseException):
                    self._loop.run_forever()

    def _listen(self) -> tuple[socket.socket, socket.socket]:
        """Makes loop and bell: on this thread, where no signal handler can interfere."""
        self._loop = new_loop(self._fall_asleep, self._look_up)
        ear, bell = socket.socketpair()
        ear.setblocking(False)
        bell.setblocking(False)
        self._loop.add_reader(ear, ear.recv, 64)
        self._bell = bell
        return ear, bell

    def _begin_to_wind_up(self) -> None:
        others = asyncio.all_tasks(self._loop)
        self._winding_up = self._loop.create_task(self._wind_up(others))

    async def _wind_up(self, others: set[asyncio.Task[Any]]) -> None:
        try:
            for task in others:
                task.cancel()
            closing = [transport.aclose() for transport in tuple(self._open)]
            await asyncio.gather(*others, *closing, return_exceptions=True)
        finally:
            self._stopped = True
            self._loop.stop()


_portals: dict[int, Portal] = {}

_NO_CONTEXT: dict[str, Any] = {}
if sys.version_info >= (3, 14):
    # From 3.14 on a thread may inherit the context of whoever started it, which is one caller's.
    _NO_CONTEXT["context"] = Context()


def current() -> Portal:
    """The portal of this process.

    It is found by process id, because not every server that forks runs Python's fork hooks.
    """
    return existing() or _start()


def existing() -> Portal | None:
    """The portal of this process, if a call has been made in it."""
    return _portals.get(os.getpid())


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
    while frames is not None and frames.tb_frame.f_globals is globals():
        frames = frames.tb_next
    return error.with_traceback(frames)


def _start() -> Portal:
    """Starts a portal, without a lock: a signal handler or a finalizer that makes a call while the
    lock is held would wait for ever. Of several that start at once, one is kept."""
    if sys.is_finalizing():
        raise _exit_error()  # a thread that starts now never gets to run
    portal = kept = Portal()
    try:
        portal.start()
        kept = _portals.setdefault(os.getpid(), portal)
    finally:
        if _portals.get(os.getpid()) is not portal:
            portal.stop(wait=False)
    return kept


def _held() -> Lock:
    lock = Lock()
    lock.acquire()
    return lock


def _exit_error() -> AutumnSDKError:
    return AutumnSDKError("the interpreter is shutting down; no more calls can be made")


def _task(
    loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, None]
) -> asyncio.Task[None]:
    """A task; where Python can, one that begins at once instead of in the next round."""
    if sys.version_info >= (3, 12):
        return asyncio.Task(coroutine, loop=loop, eager_start=True)
    return loop.create_task(coroutine)


def _stop_at_exit() -> None:
    portal = existing()
    if portal is not None:
        portal.stop(wait=True)


# Registered now and not at the first call: handlers that programs register later run earlier, and
# may still make calls.
atexit.register(_stop_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_portals.clear)
