"""Taking usage from rows and giving it back: rollovers, then two passes over the rows.

A draw is worked out first and applied as a whole, so that a rejected one changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from .amounts import exact
from .entities import Entity
from .features import Feature
from .rows import Rollover, Row, Share

Headroom = Callable[[Row, float, float], float]
"""How much overage a row may take: (row, its balance, overage its feature took already)."""


class Source(NamedTuple):
    """A balance that may pay (a row's own or a share of it), and what a tracked unit costs."""

    row: Row
    cost: float = 1
    share: Share | None = None

    @property
    def part(self) -> Row | Share:
        return self.share or self.row


def sources_of(row: Row, cost: float, entity: Entity | None) -> Iterable[Source]:
    """The balances of a row that a subject may draw on."""
    if row.shared_by is None:
        return (Source(row, cost),)
    return (Source(row, cost, part) for part in row.parts(entity) if isinstance(part, Share))


@dataclass(slots=True)
class Take:
    """What one balance gives, in its row's units; refunds are negative."""

    source: Source
    value: float
    rollover: Rollover | None = None

    @property
    def row(self) -> Row:
        return self.source.row

    @property
    def holder(self) -> Row | Share | Rollover:
        return self.rollover or self.source.part

    @property
    def balance_id(self) -> str:
        return self.rollover.id if self.rollover else self.row.id


def no_overage(row: Row, balance: float, taken: float) -> float:
    return 0


def any_overage(row: Row, balance: float, taken: float) -> float:
    return inf


@dataclass(slots=True)
class Bounds:
    """What limits a draw: overage, usage limits per feature of the rows, refund ceilings."""

    headroom: Headroom = no_overage
    room: dict[Feature, float] = field(default_factory=dict[Feature, float])
    ceilings: bool = True


class Draw:
    """A deduction in the making. `left` is in units of the tracked feature."""

    def __init__(self, amount: float, bounds: Bounds) -> None:
        self.left: float = amount
        self.takes: list[Take] = []
        self._bounds = bounds
        self._by_holder: dict[Row | Share | Rollover, Take] = {}

    def from_unlimited(self, source: Source) -> None:
        """An unlimited row absorbs everything, in both directions."""
        self._record(source, exact(self.left * source.cost))
        self.left = 0

    def from_rollovers(self, sources: Sequence[Source], now: int) -> None:
        """All of the rows' rollovers together, the one that expires first to begin with."""
        pool = [
            (inf if rollover.expires_at is None else rollover.expires_at, rollover, source)
            for source in sources
            for rollover in source.row.rollovers
            if rollover.balance > 0 and rollover.live(now) and _concerns(rollover, source)
        ]
        for _, rollover, source in sorted(pool, key=lambda entry: entry[0]):
            self._draw(source, rollover.balance, rollover)

    def down_to_zero(self, sources: Iterable[Source]) -> None:
        for source in sources:
            self._draw(source, max(0, self._balance(source)))

    def below_zero(self, sources: Iterable[Source]) -> None:
        taken: dict[Feature, float] = {}
        for source in sources:
            feature = source.row.feature
            before = taken.get(feature, 0)
            headroom = self._bounds.headroom(source.row, self._balance(source), before)
            taken[feature] = before + self._draw(source, headroom)

    def up_to_zero(self, sources: Iterable[Source]) -> None:
        for source in sources:
            self._refund(source, max(0, -self._balance(source)))

    def up_to_ceiling(self, sources: Iterable[Source]) -> None:
        for source in sources:
            ceiling = source.part.ceiling if self._bounds.ceilings else inf
            self._refund(source, max(0, ceiling - self._balance(source)))

    def apply(self) -> None:
        for take in self.takes:
            holder = take.holder
            holder.balance = exact(holder.balance - take.value)

    def _balance(self, source: Source) -> float:
        part = source.part
        taken = self._by_holder.get(part)
        return exact(part.balance - taken.value) if taken else part.balance

    def _draw(self, source: Source, available: float, rollover: Rollover | None = None) -> float:
        """Takes what is wanted, but no more than is available and than usage limits leave."""
        if self._settled(source):
            return 0
        room = self._bounds.room
        wanted = exact(self.left * source.cost)
        value = min(wanted, available, room.get(source.row.feature, inf))
        if value <= 0:
            return 0
        if source.row.feature in room:
            room[source.row.feature] -= value
        self._record(source, value, rollover)
        self.left = 0 if value == wanted else exact(self.left - value / source.cost)
        return value

    def _refund(self, source: Source, space: float) -> None:
        if self._settled(source):
            return
        wanted = exact(-self.left * source.cost)
        value = min(wanted, space)
        if value > 0:
            self._record(source, -value)
            self.left = 0 if value == wanted else exact(self.left + value / source.cost)

    def _settled(self, source: Source) -> bool:
        """A member that costs nothing is paid for by whatever credit row comes first."""
        if source.cost <= 0:
            self.left = 0
        return not self.left

    def _record(self, source: Source, value: float, rollover: Rollover | None = None) -> None:
        take = Take(source, value, rollover)
        known = self._by_holder.setdefault(take.holder, take)
        if known is not take:
            known.value = exact(known.value + value)
        elif value:
            self.takes.append(take)


def _concerns(rollover: Rollover, source: Source) -> bool:
    return source.share is None or rollover.entity is source.share.entity


def draw(sources: Sequence[Source], amount: float, bounds: Bounds, now: int) -> Draw:
    """Works out a deduction (a refund, if negative) over rows in their order, applies nothing.

    What no row could take stays in `left`.
    """
    result = Draw(amount, bounds)
    unlimited = next((source for source in sources if source.row.unlimited), None)
    if unlimited:
        result.from_unlimited(unlimited)
    elif amount > 0:
        result.from_rollovers(sources, now)
        result.down_to_zero(sources)
        if result.left:
            result.below_zero(sources)
    elif amount < 0:
        result.up_to_zero(sources)
        if result.left:
            result.up_to_ceiling(sources)
    return result
