"""How much usage is under way, by customer and feature."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import RLock
from typing import Protocol

from ..wire.watching import Pair, Units

Sums = dict[Pair, list[float]]
"""Usage, and the number of events, by customer and feature."""

_REMEMBERED = 64
"""How many segments are known by what they hold."""


class Usage(Protocol):
    """What has to be known of an event."""

    @property
    def key(self) -> str: ...
    @property
    def customer_id(self) -> str: ...
    @property
    def feature_id(self) -> str | None: ...
    @property
    def event_name(self) -> str | None: ...
    @property
    def value(self) -> float: ...
    @property
    def units(self) -> Units: ...


class Ledger:
    """Sums of what is not yet applied. An entry goes when nothing is left of it.

    The segments that were stored last are summed when somebody asks, or when there are many: as a
    rule they are settled before that, and then nothing was to be summed at all. What was summed
    for a segment is remembered, so that it need not be read again when it is settled; not for all,
    for after an outage there are many.
    """

    def __init__(self) -> None:
        self.lock: RLock = RLock()
        """Held by whoever reads or changes the sums."""
        self._sums: Sums = {}
        self._unsummed: dict[str, Sequence[Usage]] = {}
        """The events of the segments that were stored last, which the sums don't have yet."""
        self._parts: dict[str, Sums] = {}
        """What some segments have added to the sums."""

    def stored(self, id: str, events: Sequence[Usage]) -> None:
        """A segment was stored."""
        with self.lock:
            self._unsummed[id] = events
            if len(self._unsummed) > _REMEMBERED:
                self._sum(next(iter(self._unsummed)))

    def merged(self, parts: Sequence[str], id: str) -> None:
        """Some segments became one."""
        with self.lock:
            if self._unsummed.keys() >= set(parts):
                self._unsummed[id] = [event for part in parts for event in self._unsummed.pop(part)]
                return
            found = [self._summed(part) for part in parts]
            total: Sums = {}
            for sums in found:
                if sums is None:
                    return
                _add(total, sums)
            self._remember(id, total)

    def events(self, id: str) -> Sequence[Usage] | None:
        """The events of a segment, if they are at hand."""
        return self._unsummed.get(id)

    def ended(self, id: str) -> bool:
        """A segment's events won't wait any longer; False if it isn't known what they were."""
        with self.lock:
            if self._unsummed.pop(id, None) is not None:
                return True
            sums = self._parts.pop(id, None)
            if sums is not None:
                self.remove(sums)
            return sums is not None

    def scattered(self, id: str) -> None:
        """A segment's events go on in others, or as dead letters."""
        with self.lock:
            self._summed(id)

    def add(self, sums: Sums) -> None:
        """Events were found in the store."""
        with self.lock:
            _add(self._sums, sums)

    def remove(self, sums: Sums) -> None:
        """Events that aren't known by their segment won't wait any longer."""
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
            self._sum_all()
            return [(pair, found[0]) for pair, found in self._sums.items()]

    def sum(self, pair: Pair) -> float:
        """What is under way."""
        with self.lock:
            self._sum_all()
            found = self._sums.get(pair)
            return found[0] if found is not None else 0

    def _sum_all(self) -> None:
        for id in tuple(self._unsummed):
            self._sum(id)

    def _sum(self, id: str) -> None:
        sums = sums_of(self._unsummed.pop(id))
        _add(self._sums, sums)
        self._remember(id, sums)

    def _summed(self, id: str) -> Sums | None:
        """What a segment has added to the sums, if it is remembered, which it isn't afterwards."""
        if id in self._unsummed:
            self._sum(id)
        return self._parts.pop(id, None)

    def _remember(self, id: str, sums: Sums) -> None:
        self._parts[id] = sums
        if len(self._parts) > _REMEMBERED:
            del self._parts[next(iter(self._parts))]


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
