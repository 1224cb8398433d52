"""How much usage is under way, by customer and feature."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager

from ..wire.watching import Pair, Units
from .segments import Head


class Ledger:
    """Sums of what is not yet applied. An entry goes when nothing is left of it."""

    def __init__(self, lock: AbstractContextManager[object]) -> None:
        self._lock = lock
        self._sums: dict[Pair, list[float]] = {}

    def add(self, pair: Pair, value: float) -> None:
        """An event was taken."""
        found = self._sums.get(pair)
        if found is None:
            self._sums[pair] = [value, 1]
        else:
            found[0] += value
            found[1] += 1

    def add_all(self, heads: Iterable[Head]) -> None:
        """Events were found in the store."""
        with self._lock:
            for head in heads:
                self.add((head.customer_id, head.feature_id, head.event_name), head.value)

    def remove(self, heads: Iterable[Head]) -> None:
        """Events won't wait any longer."""
        with self._lock:
            for head in heads:
                self.take((head.customer_id, head.feature_id, head.event_name), head.value)

    def take(self, pair: Pair, value: float) -> None:
        """One event won't wait any longer."""
        found = self._sums.get(pair)
        if found is None:
            return
        found[0] -= value
        found[1] -= 1
        if found[1] <= 0:
            del self._sums[pair]

    def units(self) -> list[Units]:
        """All that is under way."""
        with self._lock:
            return [(pair, found[0]) for pair, found in self._sums.items()]

    def sum(self, pair: Pair) -> float:
        """What is under way."""
        found = self._sums.get(pair)
        return found[0] if found is not None else 0
