"""Who uses something: a customer, or one of its entities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .customers import Customer
    from .entities import Entity
    from .features import Feature
    from .holdings import Holding
    from .rows import Row


class Subject(NamedTuple):
    """A customer, or an entity of it, which has what is its own and what it inherits."""

    customer: Customer
    entity: Entity | None = None

    def rows(self, feature: Feature, now: int) -> list[Row]:
        """The rows it may draw on, in the order of deduction."""
        rows = self.customer.ledger.rows(feature, now, self.entity)
        return [row for row in rows if row.entity] if self._apart else rows

    def holdings(self) -> Iterator[Holding]:
        """The plans it has: an entity's own and its customer's."""
        for holding in self.customer.holdings:
            if holding.entity is self.entity or (holding.entity is None and not self._apart):
                yield holding

    def subscribed(self) -> list[Holding]:
        """Its plans as they are listed, an entity's own before those of its customer."""
        mine = set(self.holdings())
        listed = [holding for holding in self.customer.subscribed() if holding in mine]
        return sorted(listed, key=_is_inherited) if self.entity else listed

    @property
    def _apart(self) -> bool:
        """Has the customer chosen that its entities inherit nothing?"""
        return self.entity is not None and bool(self.customer.config.get("disable_pooled_balance"))


def _is_inherited(holding: Holding) -> bool:
    return holding.entity is None
