"""Work for the thread of a store."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any, Generic, TypeVar

from ..errors import AutumnSDKError
from .store import Ended, Store
from .waiting import Waiter, wait_on_loop, wait_on_thread

T = TypeVar("T")


class Job(Generic[T]):
    """Something to be done with the store, on its thread, and afterwards, once it's committed.

    Not a `Future`: whoever waits for the jobs of one step is woken together.
    """

    __slots__ = ("_after", "failure", "is_over", "result", "task", "waiters")

    def __init__(
        self, task: Callable[[Store], T] | Ended, after: Callable[[T], object] | None
    ) -> None:
        self.task: Callable[[Store], T] | Ended = task
        self._after = after
        self.result: Any = None
        """What it came to, unless it failed."""
        self.failure: Exception | None = None
        self.is_over: bool = False
        self.waiters: list[Waiter] = []

    @property
    def ends_lease(self) -> bool:
        """Whether it's tried until it works, and nothing is lost if a loss of power undoes it."""
        return isinstance(self.task, Ended)

    def note(self, result: T) -> None:
        """Does what is left to do once it's committed."""
        self.result = result
        try:
            if self._after is not None:
                self._after(result)
        except Exception as error:  # it must not look as if the step had failed: that is committed
            self.failure = error

    def fail(self, error: Exception) -> None:
        """Nothing came of it."""
        self.failure, self.is_over = error, True

    async def wait(self) -> T:
        """Returns what it came to, or raises why it failed; for tasks."""
        while not self.is_over:
            await wait_on_loop(self.waiters, lambda: self.is_over)
        return self._outcome()

    def wait_here(self, timeout: float | None = None) -> T:
        """The same for threads. Raises `TimeoutError` if it takes more seconds."""
        wait_on_thread(self.waiters, lambda: self.is_over, timeout)
        return self._outcome()

    def _outcome(self) -> T:
        if isinstance(self.failure, AutumnSDKError):  # jobs may share it: no traces of others
            raise self.failure.with_traceback(None)
        if self.failure is not None:
            raise self.failure
        outcome: T = self.result
        return outcome


def results_of(jobs: Iterable[Job[Any]], store: Store, now: int) -> list[Any]:
    """Does jobs in their order; leases that end one after another end together."""
    results: list[Any] = []
    for _, some in groupby(jobs, lambda job: job.ends_lease):
        tasks = [job.task for job in some]
        ended = [task for task in tasks if isinstance(task, Ended)]
        done = [task(store) for task in tasks if not isinstance(task, Ended)]
        results += done or store.settle(ended, now)
    return results
