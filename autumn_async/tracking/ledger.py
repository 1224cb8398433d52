"""How much usage is under way, by customer and feature."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import RLock
from typing import Protocol

from ..wire.watching import Pair, Units

Sums = dict[Pair, list[float]]
"""Usage, and the number of events, by customer and feature."""

_REMEMBERED = 64
"""Segments of which the sums are at hand."""


class Usage(Protocol):
    """What has to be known of an event."""

    @property
    def customer_id(self) -> str: ...
    @property
    def feature_id(self) -> str | None: ...
    @property
    def event_name(self) -> str | None: ...
    @property
    def value(self) -> float: ...


class Ledger:
    """Sums of what is not yet applied. An entry goes when nothing is left of it."""

    def __init__(self) -> None:
        self.lock: RLock = RLock()
        """Held by whoever reads or changes the sums."""
        self._sums: Sums = {}

    def add(self, sums: Sums) -> None:
        """Events were stored, or found in the store."""
        with self.lock:
            _add(self._sums, sums)

    def remove(self, sums: Sums) -> None:
        """Events won't wait any longer."""
        with self.lock:
            for pair, (value, events) in sums.items():
                found = self._sums.get(pair)
                if found is None:
                    continue
                found[0] -= value
                found[1] -= events
                if found[1] <= 0:
                    del self._sums[pair]

    def units(self) -> list[Units]:
        """All that is under way."""
        with self.lock:
            return [(pair, found[0]) for pair, found in self._sums.items()]

    def sum(self, pair: Pair) -> float:
        """What is under way."""
        with self.lock:
            found = self._sums.get(pair)
            return found[0] if found is not None else 0


class Latest:
    """The sums of the segments that were stored last.

    They are settled soon, as a rule, and need not be read for it. Only some are remembered, for
    after an outage there are many.
    """

    def __init__(self) -> None:
        self._sums: dict[str, Sums] = {}

    def add(self, id: str, sums: Sums) -> None:
        """A segment was stored."""
        self._sums[id] = sums
        if len(self._sums) > _REMEMBERED:
            del self._sums[next(iter(self._sums))]

    def merge(self, parts: Sequence[str], id: str) -> None:
        """Some segments became one."""
        found = [self.pop(part) for part in parts]
        total: Sums = {}
        for sums in found:
            if sums is None:
                return
            _add(total, sums)
        self.add(id, total)

    def pop(self, id: str) -> Sums | None:
        """What was stored with a segment, if it is remembered."""
        return self._sums.pop(id, None)


def _add(total: Sums, sums: Sums) -> None:
    for pair, (value, events) in sums.items():
        found = total.get(pair)
        if found is None:
            total[pair] = [value, events]
        else:
            found[0] += value
            found[1] += events


def sums_of(events: Iterable[Usage]) -> Sums:
    """The usage of some events."""
    sums: Sums = {}
    for event in events:
        pair = event.customer_id, event.feature_id, event.event_name
        found = sums.get(pair)
        if found is None:
            sums[pair] = [event.value, 1]
        else:
            found[0] += event.value
            found[1] += 1
    return sums
