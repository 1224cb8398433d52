"""Balance rows: what a customer holds of a feature, from one plan item or standing alone."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING

from msgspec import Struct

from .amounts import exact

if TYPE_CHECKING:
    from .entities import Entity
    from .features import Feature
    from .holdings import Holding
    from .intervals import Interval
    from .plans import Price, RolloverTerms

Tariff = tuple["Feature", str]
"""A member of a credit system, and the name of the rate."""
Order = tuple[bool, bool, bool, int, float, bool, bool, int, int]


class Rollover(Struct, eq=False):
    """What was left at a reset and may still be spent. `granted` is what was carried over."""

    id: str
    granted: float
    balance: float
    expires_at: int | None
    entity: Entity | None = None
    """Whose it is, where each entity has a part of the row for itself."""

    def live(self, now: int) -> bool:
        return self.expires_at is None or self.expires_at > now


class Share(Struct, eq=False):
    """What one entity has of a row that grants its allowance to each entity."""

    row: Row
    entity: Entity
    balance: float
    adjustment: float = 0

    @property
    def ceiling(self) -> float:
        """A refund never lifts the balance above this."""
        return exact(self.row.starting + self.adjustment)


class Row(Struct, eq=False):
    """One balance row. The balance goes below zero where overage is allowed.

    A row for each of some feature's entities holds no balance itself; its shares do.
    """

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
    rollovers: list[Rollover] = []
    expires_at: int | None = None
    entity: Entity | None = None
    """The only entity that it is for; None for the customer and all of its entities."""
    shared_by: Feature | None = None
    """The feature whose entities have a share each; None for a row with one balance."""
    shares: dict[str, Share] = {}
    cycles: int = 0
    """How often it has been reset."""
    metered: dict[Tariff, float] = {}
    """The units it paid for in this cycle at rates that have tiers."""
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

    @property
    def allocated(self) -> bool:
        """Does it count seats that are paid while they are taken?"""
        return self.usage_based and self.feature.continuous

    @property
    def sold_once(self) -> bool:
        """Do packs that are paid once fill it?"""
        return self.price is not None and self.price.sold_once

    def parts(self, entity: Entity | None) -> Sequence[Row | Share]:
        """What a subject may draw on here: the row, its own share, or (a customer) all shares."""
        if self.shared_by is None:
            return (self,)
        if entity is None:
            return [self.shares[name] for name in sorted(self.shares)]
        share = self.shares.get(entity.id)
        return (share,) if share else ()

    def share_with(self, entity: Entity) -> None:
        """Gives an entity its part, if it is one of those that have one."""
        if self.shared_by is entity.feature and self.entity is None:
            self.shares[entity.id] = Share(self, entity, self.starting)

    def expired(self, now: int) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def visible(self, now: int) -> bool:
        """Expired rows are gone; standalone ones hide while they are empty."""
        if self.expired(now):
            return False
        if self.balance or self.holding or self.unlimited or self.shared_by or self.feature.boolean:
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

    def rows(self, feature: Feature, now: int, entity: Entity | None = None) -> list[Row]:
        """The visible rows a subject may draw on, in the order of deduction.

        An entity has its own rows, which come first, and those of its customer; the customer
        has no access to rows of its entities.
        """
        visible = [row for row in self._rows.get(feature, ()) if row.visible(now)]
        common = [row for row in visible if row.entity is None]
        if entity is None:
            return common
        own = [row for row in visible if row.entity is entity]
        return own + [row for row in common if row.parts(entity)]

    def rows_of_entities(self, feature: Feature, now: int) -> list[Row]:
        """The visible rows of plans that were attached to single entities."""
        rows = self._rows.get(feature, ())
        return [row for row in rows if row.entity and row.holding and row.visible(now)]

    def all_rows(self) -> list[Row]:
        """Every row, hidden and expired ones too."""
        return [row for rows in self._rows.values() for row in rows]

    def find(self, balance_id: str) -> Row | None:
        """The row with that id, or with a rollover of that id."""
        for row in self.all_rows():
            if balance_id == row.id or any(balance_id == each.id for each in row.rollovers):
                return row
        return None

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
