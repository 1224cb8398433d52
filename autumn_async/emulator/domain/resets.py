"""Lazy resets: whenever a customer is read, every row that is due starts over."""

from __future__ import annotations

from math import floor, inf, isfinite
from typing import TYPE_CHECKING

from .amounts import exact
from .intervals import Interval, add_months
from .rows import Rollover, Row

if TYPE_CHECKING:
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
    if row.rollover and row.balance > 0:
        _carry_over(row, row.rollover, due, ids, now)
    row.balance = row.starting
    row.adjustment = 0
    row.next_reset_at = interval.next_after(due, now, row.reset_day)


def _carry_over(row: Row, terms: RolloverTerms, due: int, ids: Ids, now: int) -> None:
    expires_at = None
    if terms.duration != "forever":
        expires_at = add_months(due, int(terms.length))
    if expires_at is None or expires_at > now:
        carried = Rollover(ids.new("roll", now), row.balance, row.balance, expires_at)
        row.rollovers.append(carried)
        _trim(row, terms)


def _trim(row: Row, terms: RolloverTerms) -> None:
    """Cuts what exceeds the cap, from what expires soonest."""
    excess = _total(row) - _cap(row, terms)
    for rollover in sorted(row.rollovers, key=_soonest):
        cut = min(rollover.balance, max(0, excess))
        rollover.balance = exact(rollover.balance - cut)
        rollover.granted = exact(rollover.granted - cut)
        excess -= cut
    row.rollovers = [each for each in row.rollovers if each.granted > 0]


def _total(row: Row) -> float:
    return sum(each.balance for each in row.rollovers)


def _cap(row: Row, terms: RolloverTerms) -> float:
    if terms.max is not None:
        return terms.max
    if terms.max_percentage is not None:
        share = row.starting * terms.max_percentage / 100
        return floor(share) if isfinite(share) else share
    return inf


def _soonest(rollover: Rollover) -> float:
    return inf if rollover.expires_at is None else rollover.expires_at
