"""Lazy resets: whenever a customer is read, every row that is due starts over."""

from __future__ import annotations

from math import floor, inf, isfinite
from typing import TYPE_CHECKING

from .amounts import exact
from .intervals import Interval, add_months
from .rows import Rollover, Row, Share

if TYPE_CHECKING:
    from .entities import Entity
    from .ids import Ids
    from .plans import RolloverTerms
    from .rows import Ledger


def reset_due_rows(ledger: Ledger, ids: Ids, now: int) -> None:
    """Resets what is due. Costs one comparison when nothing is."""
    if ledger.next_reset_at is None or ledger.next_reset_at >= now:
        return
    for row in ledger.all_rows():
        if row.reset and row.next_reset_at is not None and row.next_reset_at < now:
            _reset(row, row.reset, row.next_reset_at, ids, now)
    ledger.reorder()


def _reset(row: Row, interval: Interval, due: int, ids: Ids, now: int) -> None:
    """One reset, however many periods were missed; overage is forgiven."""
    row.rollovers = [each for each in row.rollovers if each.live(now)]
    for part in row.parts(None):
        if row.rollover and part.balance > 0:
            _carry_over(part, row, row.rollover, due, ids, now)
        part.balance = row.starting
        part.adjustment = 0
    row.metered.clear()
    row.cycles += 1
    row.next_reset_at = interval.next_after(due, now, row.reset_day)


def _carry_over(
    part: Row | Share, row: Row, terms: RolloverTerms, due: int, ids: Ids, now: int
) -> None:
    expires_at = None
    if terms.duration != "forever":
        expires_at = add_months(due, int(terms.length))
    if expires_at is None or expires_at > now:
        entity = part.entity if isinstance(part, Share) else None
        carried = Rollover(ids.new("roll", now), part.balance, part.balance, expires_at, entity)
        row.rollovers.append(carried)
        _trim(row, terms, entity)


def _trim(row: Row, terms: RolloverTerms, entity: Entity | None) -> None:
    """Cuts what exceeds the cap, which each entity has for itself; first what expires soonest."""
    concerned = [each for each in row.rollovers if each.entity is entity]
    excess = sum(each.balance for each in concerned) - _cap(row, terms)
    for rollover in sorted(concerned, key=_soonest):
        cut = min(rollover.balance, max(0, excess))
        rollover.balance = exact(rollover.balance - cut)
        rollover.granted = exact(rollover.granted - cut)
        excess -= cut
    row.rollovers = [each for each in row.rollovers if each.granted > 0]


def _cap(row: Row, terms: RolloverTerms) -> float:
    if terms.max is not None:
        return terms.max
    if terms.max_percentage is not None:
        share = row.starting * terms.max_percentage / 100
        return floor(share) if isfinite(share) else share
    return inf


def _soonest(rollover: Rollover) -> float:
    return inf if rollover.expires_at is None else rollover.expires_at
