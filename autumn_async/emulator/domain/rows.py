"""Balance rows: what a customer holds of a feature, from one plan item or standing alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING

from .amounts import exact

if TYPE_CHECKING:
    from .features import Feature
    from .holdings import Holding
    from .intervals import Interval
    from .plans import Price, RolloverTerms

Order = tuple[bool, bool, bool, int, float, bool, bool, int, int]


@dataclass(eq=False, slots=True)
class Rollover:
    """What was left at a reset and may still be spent. `granted` is what was carried over."""

    id: str
    granted: float
    balance: float
    expires_at: int | None

    def live(self, now: int) -> bool:
        return self.expires_at is None or self.expires_at > now


@dataclass(eq=False, slots=True)
class Row:
    """One balance row. The balance goes below zero where overage is allowed."""

    id: str
    feature: Feature
    created_at: int
    sequence: int
    holding: Holding | None = None
    external_id: str | None = None
    allowance: float = 0
    packs: float = 0
    adjustment: float = 0
    balance: float = 0
    unlimited: bool = False
    reset: Interval | None = None
    next_reset_at: int | None = None
    reset_day: int | None = None
    price: Price | None = None
    rollover: RolloverTerms | None = None
    rollovers: list[Rollover] = field(default_factory=list[Rollover])
    expires_at: int | None = None
    order: Order = (False, False, False, 0, 0, False, False, 0, 0)

    @property
    def plan_id(self) -> str | None:
        return self.holding.version.plan.id if self.holding else None

    @property
    def prepaid(self) -> float:
        return self.packs * self.price.billing_units if self.price else 0

    @property
    def starting(self) -> float:
        """The balance right after a reset."""
        return exact(self.allowance + self.prepaid)

    @property
    def ceiling(self) -> float:
        """A refund never lifts the balance above this."""
        return exact(self.allowance + self.prepaid + self.adjustment)

    @property
    def usage_based(self) -> bool:
        return self.price is not None and self.price.usage_based

    def visible(self, now: int) -> bool:
        """Expired rows are gone; standalone ones hide while they are empty."""
        if self.expires_at is not None and self.expires_at <= now:
            return False
        if self.balance or self.holding or self.unlimited or self.feature.boolean:
            return True
        return any(each.balance and each.live(now) for each in self.rollovers)

    def rank(self) -> None:
        """Computes its place in the order of deduction; to be called after a change of it."""
        self.order = (
            self.feature.credit_system,
            not self.unlimited,
            self.next_reset_at is None,
            self.reset.rough_ms if self.reset else 0,
            inf if self.expires_at is None else self.expires_at,
            self.holding is not None and self.holding.version.plan.add_on,
            self.usage_based,
            self.created_at,
            self.sequence,
        )


class Ledger:
    """The rows of one customer, by feature, each list in the order of deduction."""

    def __init__(self) -> None:
        self._rows: dict[Feature, list[Row]] = {}
        self._added = 0
        self.next_reset_at: int | None = None
        """When the first of its rows is due; None when no row resets."""

    def next_sequence(self) -> int:
        self._added += 1
        return self._added

    def features(self) -> list[Feature]:
        return list(self._rows)

    def rows(self, feature: Feature, now: int) -> list[Row]:
        """The visible rows of a feature in the order of deduction."""
        return [row for row in self._rows.get(feature, ()) if row.visible(now)]

    def all_rows(self) -> list[Row]:
        """Every row, hidden and expired ones too."""
        return [row for rows in self._rows.values() for row in rows]

    def add(self, row: Row) -> None:
        row.feature.rows += 1
        self._rows.setdefault(row.feature, []).append(row)
        self.reorder()

    def drop(self, row: Row) -> None:
        row.feature.rows -= 1
        rows = self._rows[row.feature]
        rows.remove(row)
        if not rows:
            del self._rows[row.feature]
        self.reorder()

    def reorder(self) -> None:
        """Sorts again and finds the next reset; to be called after a row's dates changed."""
        for rows in self._rows.values():
            for row in rows:
                row.rank()
            rows.sort(key=_by_order)
        due = [row.next_reset_at for row in self.all_rows() if row.next_reset_at is not None]
        self.next_reset_at = min(due, default=None)


def _by_order(row: Row) -> Order:
    return row.order
