"""Work for the thread of a store."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from .store import Store


class Job:
    """Something to be done with the store, on its thread, and afterwards, once it's committed."""

    __slots__ = ("after", "future", "work")

    def __init__(self, work: Callable[[Store], Any], after: Callable[[Any], object] | None) -> None:
        self.work: Callable[[Store], Any] = work
        self.after: Callable[[Any], object] | None = after
        self.future: Future[Any] = Future()
        self.future.set_running_or_notify_cancel()  # whoever waits may give up; this can't be

    def succeed(self, result: Any) -> None:
        """Hands over what it came to."""
        try:
            if self.after is not None:
                self.after(result)
        except Exception as error:  # it must not look as if the step had failed: that is committed
            self.future.set_exception(error)
        else:
            self.future.set_result(result)
