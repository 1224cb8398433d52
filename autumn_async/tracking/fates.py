"""What became of the events that were stored together."""

from __future__ import annotations

from collections.abc import Iterable
from weakref import WeakValueDictionary

from .reports import State
from .segments import Segment, head_of, heads
from .shipping import Change
from .waiting import Waiter, taken

Fate = tuple[State, str | None, str]
"""State, reason, detail."""


class Batch:
    """The events that were stored together, as seen by those who still ask for them."""

    __slots__ = ("__weakref__", "fate", "fates", "is_split", "waiters")

    def __init__(self) -> None:
        self.fate: Fate = ("stored", None, "")
        """What became of all of them, but for those that have a fate of their own."""
        self.fates: dict[str, Fate] = {}
        """Fates by key."""
        self.is_split: bool = False
        """Its events are on their way in several segments."""
        self.waiters: list[Waiter] = []


class Fates:
    """Which batches the segments of a store belong to. Used on the thread of the store.

    Batches that nobody asks for any more are forgotten by themselves.
    """

    def __init__(self) -> None:
        self._batches: WeakValueDictionary[str, Batch] = WeakValueDictionary()
        self._shared: dict[str, list[Batch]] = {}
        """Of segments that were merged, or are parts of one."""

    def stored(self, id: str, batch: Batch) -> None:
        """A segment was stored."""
        self._batches[id] = batch

    def leased(self, segment: Segment) -> None:
        """A segment is under way, perhaps one that others were merged into."""
        if segment.merged:
            found = [batch for id in segment.merged for batch in self._pop(id)]
            if found:
                self._shared[segment.id] = found

    def settled(self, segment: Segment, change: Change, parts: Iterable[str]) -> list[Waiter]:
        """A lease ended; returns those who have to be told."""
        if change.stays and change.outcome is None:
            if change.trail.doubt_since is not None:
                for batch in self._of(segment.id):
                    batch.fate = ("possibly accepted", None, "")
            return []
        batches = self._of(segment.id) if change.stays else self._pop(segment.id)
        for id in parts:
            if batches:
                self._shared[id] = batches
        for batch in batches:
            _tell(batch, segment, change)
        return [waiter for batch in batches for waiter in taken(batch.waiters)]

    def _of(self, id: str) -> list[Batch]:
        found = self._shared.get(id)
        if found is not None:
            return found
        batch = self._batches.get(id)
        return [] if batch is None else [batch]

    def _pop(self, id: str) -> list[Batch]:
        found = self._of(id)
        self._shared.pop(id, None)
        self._batches.pop(id, None)
        return found


def _tell(batch: Batch, segment: Segment, change: Change) -> None:
    for burial in change.burials:
        key = head_of(burial.event).key
        batch.fates[key] = ("dead", burial.reason, burial.detail)
    batch.is_split = batch.is_split or bool(change.drafts)
    if change.outcome is None:
        return
    fate: Fate = (change.outcome, None, "")
    if batch.is_split:
        batch.fates.update((head.key, fate) for head in heads(segment.body))
    else:
        batch.fate = fate
