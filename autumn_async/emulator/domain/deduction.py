"""Taking usage from rows and giving it back: rollovers, then two passes over the rows.

A draw is worked out first and applied as a whole, so that a rejected one changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import inf
from typing import Final, NamedTuple

from msgspec import Struct

from .amounts import exact
from .credits import Rate
from .entities import Entity
from .features import Feature
from .rows import Rollover, Row, Share, Tariff

Headroom = Callable[[Row, float, float], float]
"""How much overage a row may take: (row, its balance, overage its feature took already)."""


AT_PAR: Final = Rate(1)
"""A unit of the feature for a unit of the balance."""


class Source(NamedTuple):
    """A balance that may pay (a row's own or a share of it), and at which rate."""

    row: Row
    rate: Rate = AT_PAR
    share: Share | None = None
    feature: Feature | None = None
    """What is tracked, where the rate has tiers."""

    @property
    def part(self) -> Row | Share:
        return self.share or self.row

    @property
    def tariff(self) -> Tariff | None:
        """Under which the row counts units; None for rates without tiers."""
        return (self.feature, self.rate.name) if self.feature and self.rate.tiers else None


def sources_of(
    row: Row, rate: Rate, entity: Entity | None, feature: Feature | None = None
) -> Iterable[Source]:
    """The balances of a row that a subject may draw on."""
    if row.shared_by is None:
        return (Source(row, rate, None, feature),)
    parts = (part for part in row.parts(entity) if isinstance(part, Share))
    return (Source(row, rate, part, feature) for part in parts)


class Take(Struct):
    """What one balance gives, in its row's units, and for how many of the tracked feature.

    Refunds are negative.
    """

    source: Source
    value: float
    units: float
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

    def apply(self) -> None:
        holder, tariff = self.holder, self.source.tariff
        holder.balance = exact(holder.balance - self.value)
        if tariff:
            metered = self.row.metered
            metered[tariff] = exact(max(0, metered.get(tariff, 0) + self.units))

    def reversed(self, units: float) -> Take:
        """What gives back so many of the units."""
        value = self.value if units == self.units else exact(self.value * units / self.units)
        return Take(self.source, -value, -units, self.rollover)


def no_overage(row: Row, balance: float, taken: float) -> float:
    return 0


def any_overage(row: Row, balance: float, taken: float) -> float:
    return inf


class Bounds(Struct):
    """What limits a draw: overage, usage limits per feature of the rows, refund ceilings.

    Usage limits of a credit system don't concern what has rolled over.
    """

    headroom: Headroom = no_overage
    room: dict[Feature, float] = {}
    ceilings: bool = True


class Draw:
    """A deduction in the making. `left` is in units of the tracked feature."""

    def __init__(self, amount: float, bounds: Bounds) -> None:
        self.left: float = amount
        self.takes: list[Take] = []
        """In the order in which they were taken; a balance may be there twice."""
        self._bounds = bounds
        self._taken: dict[Row | Share | Rollover, float] = {}
        self._metered: dict[tuple[Row, Tariff], float] = {}

    def from_unlimited(self, source: Source) -> None:
        """An unlimited row absorbs everything, in both directions."""
        value = source.rate.credits(self._position(source), self.left)
        self._record(source, value, self.left)

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
            take.apply()

    def _balance(self, source: Source) -> float:
        part = source.part
        taken = self._taken.get(part)
        return exact(part.balance - taken) if taken else part.balance

    def _position(self, source: Source) -> float:
        """How many units the row has paid for at this rate, where it matters."""
        tariff = source.tariff
        if tariff is None:
            return 0
        return self._metered.get((source.row, tariff), source.row.metered.get(tariff, 0))

    def _draw(self, source: Source, available: float, rollover: Rollover | None = None) -> float:
        """Takes what is wanted, but no more than is available and than usage limits leave."""
        if self._settled(source):
            return 0
        room, feature = self._bounds.room, source.row.feature
        position, rate = self._position(source), source.rate
        wanted = rate.credits(position, self.left)
        value = min(wanted, available)
        bounded = feature in room and rollover is None
        if bounded:
            value = min(value, room[feature])
        if value >= wanted:
            units = self.left
        elif rate.tiers:
            units = rate.units(position, self.left, value)
        else:
            units = exact(value / rate.cost)
        if value < 0 or not (value or units):
            return 0
        if bounded:
            room[feature] -= value
        self._record(source, value, units, rollover)
        return value

    def _refund(self, source: Source, space: float) -> None:
        if self._settled(source):
            return
        position, rate = self._position(source), source.rate
        wanted = -rate.credits(position, self.left)
        value = min(wanted, space)
        if rate.tiers:
            units = rate.units(position, self.left, value)
        else:
            units = self.left if value >= wanted else exact(-value / rate.cost)
        if value > 0 or (units and rate.tiers):
            self._record(source, -value, units)

    def _settled(self, source: Source) -> bool:
        """A member that costs nothing is paid for by whatever credit row comes first."""
        if source.rate.cost <= 0 and not source.rate.tiers:
            self.left = 0
        return not self.left

    def _record(
        self, source: Source, value: float, units: float, rollover: Rollover | None = None
    ) -> None:
        take = Take(source, value, units, rollover)
        if tariff := source.tariff:
            self._metered[source.row, tariff] = max(0, self._position(source) + units)
        taken = self._taken.get(take.holder)
        self._taken[take.holder] = exact(taken + value) if taken else value
        self.left = 0 if units == self.left else exact(self.left - units)
        if value or (units and source.tariff):
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
