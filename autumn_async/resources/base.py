"""What every namespace stands on."""

from __future__ import annotations

from typing import Any, TypeVar

from ..models.pages import Page
from ..wire.caller import Caller
from ..wire.operation import Operation
from ..wire.pages import AsyncPager

T = TypeVar("T")


class AsyncResource:
    """A namespace of operations of one client."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._call = caller.call

    def _pager(self, operation: Operation[Page[T]], arguments: dict[str, Any]) -> AsyncPager[T]:
        return AsyncPager(self._caller, operation, arguments)
