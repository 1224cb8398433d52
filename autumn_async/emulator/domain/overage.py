"""Which rows may go below zero in the second pass of a deduction, and how far."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING

from .controls import overage_choice, spend_limit

if TYPE_CHECKING:
    from .deduction import Source
    from .features import Feature
    from .rows import Row
    from .subjects import Subject


class Overage:
    """The rules for one deduction: behaviour asked for, controls, prices of the rows."""

    def __init__(self, subject: Subject, behavior: str, sources: Sequence[Source]) -> None:
        self._subject = subject
        self._behavior = behavior
        self._sources = sources

    def headroom(self, row: Row, balance: float, taken: float) -> float:
        """How much overage the row may take. A spend limit replaces the cap of its price."""
        if not self._permitted(row):
            return 0
        limit = self._spend_limit(row.feature)
        if limit is not None:
            return max(0, limit - taken)
        cap = row.price.max_purchase if row.price and row.usage_based else None
        if cap is None or self._behavior == "overflow":
            return inf
        return max(0, cap + min(0, balance))

    def _permitted(self, row: Row) -> bool:
        choice = overage_choice(self._subject, row.feature)
        if choice is False:
            return False
        if row.usage_based or self._behavior == "overflow":
            return True
        if row.feature.continuous and not row.price and self._behavior != "reject":
            return True
        return bool(choice) and not any(each.row.usage_based for each in self._of(row.feature))

    def _spend_limit(self, feature: Feature) -> float | None:
        parts = [source.part for source in self._of(feature)]
        limit = spend_limit(self._subject, feature, sum(part.ceiling for part in parts))
        if limit is None:
            return None
        return limit - sum(-part.balance for part in parts if part.balance < 0)

    def _of(self, feature: Feature) -> list[Source]:
        return [source for source in self._sources if source.row.feature is feature]
