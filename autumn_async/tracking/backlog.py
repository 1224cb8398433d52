"""Segments from before, whose usage is counted bit by bit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress

import msgspec

from .segments import Head, heads
from .store import Store

_AT_ONCE = 8
"""How many segments are looked into between two steps."""


class Backlog:
    """What was in the store when it was opened, or taken over: no entry in memory tells of it.

    Args:
        found: Takes the events of a segment.
    """

    def __init__(self, found: Callable[[list[Head]], object]) -> None:
        self._found = found
        self._uncounted: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._uncounted)

    def add(self, ids: Iterable[str]) -> None:
        """Segments were found."""
        self._uncounted.update(dict.fromkeys(ids))

    def look(self, store: Store) -> None:
        """Counts the usage in a few of them."""
        for id in list(self._uncounted)[:_AT_ONCE]:
            body = store.read(id)
            if body is None:
                self._uncounted.pop(id)
            else:
                self.count(id, body)

    def count(self, id: str, body: bytes) -> None:
        """Counts the usage in a segment, unless it was counted."""
        if id in self._uncounted:
            del self._uncounted[id]
            with suppress(msgspec.MsgspecError):
                self._found(heads(body))
