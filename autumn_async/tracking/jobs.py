"""Work for the thread of a store."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from .store import Store


class Job:
    """Something to be done with the store, on its thread, and afterwards, once it's committed."""

    __slots__ = ("after", "failure", "future", "result", "work")

    def __init__(self, work: Callable[[Store], Any], after: Callable[[Any], object] | None) -> None:
        self.work: Callable[[Store], Any] = work
        self.after: Callable[[Any], object] | None = after
        self.result: Any = None
        self.failure: Exception | None = None
        self.future: Future[Any] = Future()
        self.future.set_running_or_notify_cancel()  # whoever waits may give up; this can't be

    def note(self, result: Any) -> None:
        """Does what is left to do once it's committed."""
        self.result = result
        try:
            if self.after is not None:
                self.after(result)
        except Exception as error:  # it must not look as if the step had failed: that is committed
            self.failure = error

    def tell(self) -> None:
        """Hands over what it came to."""
        if self.failure is not None:
            self.future.set_exception(self.failure)
        else:
            self.future.set_result(self.result)
