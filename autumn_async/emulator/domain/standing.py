"""What a customer's rows of one feature add up to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .amounts import exact
from .rows import Rollover, Row


@dataclass(slots=True)
class Standing:
    """Totals over rows in the order of deduction; zeros while a row is unlimited."""

    rows: Sequence[Row]
    granted: float = 0
    remaining: float = 0
    usage: float = 0
    overage: float = 0
    unlimited: Row | None = None
    next_reset_at: int | None = None
    rollovers: list[Rollover] | None = None
    """Live ones; None when no row may roll over."""

    @property
    def overage_allowed(self) -> bool:
        return any(row.usage_based for row in self.rows)

    @property
    def overage_cap(self) -> float | None:
        """How much overage the usage_based rows allow together; None: no end to it."""
        return _sum_of_caps([row for row in self.rows if row.usage_based])

    @property
    def max_purchase(self) -> float | None:
        """What can still be bought; None when nothing can, or without end."""
        return _sum_of_caps([row for row in self.rows if row.price])


def standing(rows: Sequence[Row], now: int) -> Standing:
    total = Standing(rows)
    total.unlimited = next((row for row in rows if row.unlimited), None)
    if total.unlimited:
        # Only what unlimited rows absorbed counts as usage, other rows stay out of the totals.
        total.usage = exact(-sum(row.balance for row in rows if row.unlimited))
        return total
    for row in rows:
        _add_row(total, row, now)
    total.granted = exact(total.granted)
    total.remaining = exact(total.remaining)
    total.usage = exact(total.usage)
    return total


def purchase_cap(row: Row) -> float | None:
    """How much of a priced row can still be bought: for packs, what is left of the cap."""
    if row.price is None or row.price.max_purchase is None:
        return None
    return exact(row.price.max_purchase - row.prepaid)


def _add_row(total: Standing, row: Row, now: int) -> None:
    balance = row.balance
    granted = row.ceiling
    total.granted += granted
    total.usage += granted - balance
    if balance > 0:
        total.remaining += balance
    else:
        total.overage -= balance
    due = row.next_reset_at
    if due is not None and (total.next_reset_at is None or due < total.next_reset_at):
        total.next_reset_at = due
    if row.rollover:
        _add_rollovers(total, row, now)


def _add_rollovers(total: Standing, row: Row, now: int) -> None:
    live = [each for each in row.rollovers if each.live(now)]
    total.rollovers = (total.rollovers or []) + live
    for rollover in live:
        total.granted += rollover.granted
        total.remaining += rollover.balance
        total.usage += rollover.granted - rollover.balance


def _sum_of_caps(rows: Sequence[Row]) -> float | None:
    caps = [purchase_cap(row) for row in rows]
    known = [cap for cap in caps if cap is not None]
    return exact(sum(known)) if known and len(known) == len(caps) else None
