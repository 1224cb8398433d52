"""What the members of a credit system cost: flat rates and tiers, for all events or for some."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import inf, prod
from typing import Any, NamedTuple

from msgspec import Struct

from .amounts import exact
from .failures import invalid_feature, refused
from .properties import matches


class Tier(NamedTuple):
    """What a unit costs up to so many units of a cycle (`inf` for the last tier)."""

    to: float
    cost: float


Stretch = tuple[float, float]
"""So many units that cost so much each."""


class Rate(NamedTuple):
    """Credits for a unit: one cost, or graduated tiers.

    `name` tells the rates of one member apart: each counts the units of its tiers for itself.
    """

    cost: float
    tiers: tuple[Tier, ...] = ()
    name: str = ""

    def credits(self, position: float, units: float) -> float:
        """What units cost after `position` units of the cycle; negative ones come off again."""
        if not self.tiers:
            return units if self.cost == 1 else exact(units * self.cost)
        cost = sum(length * each for length, each in self._stretches(position, units))
        return exact(cost if units > 0 else -cost)

    def units(self, position: float, units: float, credits: float) -> float:
        """How many of those units so many credits pay for, or come off for so many."""
        paid = 0.0
        for length, cost in self._stretches(position, units):
            part = length if length * cost <= credits else credits / cost
            paid += part
            credits -= part * cost
            if part < length:
                break
        return exact(paid if units > 0 else -paid)

    def _stretches(self, position: float, units: float) -> Sequence[Stretch]:
        """The way from one position to another, in the order in which it is gone."""
        end = max(0, position + units)
        upwards = list(self._between(min(position, end), max(position, end)))
        return upwards if units > 0 else upwards[::-1]

    def _between(self, low: float, high: float) -> Iterator[Stretch]:
        floor = 0.0
        for tier in self.tiers:
            length = min(high, tier.to) - max(low, floor)
            if length > 0:
                yield length, tier.cost
            floor = tier.to


class Dimension(Struct, frozen=True):
    """A rate of its own for events with certain properties; the most specific match wins."""

    match: Mapping[str, str]
    rate: Rate
    priority: float | None = None

    @property
    def rank(self) -> tuple[int, float]:
        return len(self.match), -inf if self.priority is None else self.priority


class Multiplier(Struct, frozen=True):
    """An adjustment of the rate for events with certain properties; every match applies."""

    match: Mapping[str, str]
    factor: float = 1
    add: float = 0


class Member(Struct, frozen=True):
    """One feature that a credit system pays for: so many units of it cost so many credits."""

    feature_id: str
    rate: Rate
    units: float = 1
    dimensions: tuple[Dimension, ...] = ()
    multipliers: tuple[Multiplier, ...] = ()
    shown: Mapping[str, Any] = {}
    """All of this as the caller wrote it."""

    @property
    def flat(self) -> bool:
        """Is there nothing but one cost for a unit?"""
        return not self.rate.tiers and self.units == 1

    def rate_of(self, properties: Mapping[str, Any]) -> Rate:
        """What one unit costs in an event with these properties."""
        if self.flat and not self.dimensions and not self.multipliers:
            return self.rate
        found = [each for each in self.dimensions if matches(properties, each.match)]
        rate = min(found, key=_by_rank).rate if found else self.rate
        applied = [each for each in self.multipliers if matches(properties, each.match)]
        factor = prod((each.factor for each in applied), start=1.0)
        added = sum(each.add for each in applied)

        def scaled(cost: float) -> float:
            result = cost * factor + added
            if applied and result < 0:
                raise refused(f"The multipliers of {self.feature_id} take its rate below zero")
            return exact(result / self.units)

        tiers = tuple(Tier(tier.to, scaled(tier.cost)) for tier in rate.tiers)
        return Rate(0 if tiers else scaled(rate.cost), tiers, rate.name)


def check_dimensions(member: Member) -> None:
    """Refuses rates of which one event could match two, with nothing to tell which one wins."""
    for one, other in combinations(member.dimensions, 2):
        disagree = any(other.match.get(key, value) != value for key, value in one.match.items())
        if one.rank == other.rank and not disagree:
            raise invalid_feature(
                f"Dimensions {one.rate.name} and {other.rate.name} of {member.feature_id}"
                " could match the same event: give one of them a priority"
            )


def _by_rank(dimension: Dimension) -> tuple[float, float, str]:
    keys, priority = dimension.rank
    return -keys, -priority, dimension.rate.name
