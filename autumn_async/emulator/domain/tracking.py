"""Recording usage: what it is deducted from, and what the answer shows of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct

from . import windows
from .amounts import exact
from .deduction import AT_PAR, Bounds, Draw, Source, Take, draw, sources_of
from .failures import ApiError, insufficient_balance
from .features import Feature
from .overage import Overage
from .rows import Row
from .seat_billing import SeatChange, bill_seats

if TYPE_CHECKING:
    from .environment import Environment
    from .subjects import Subject
    from .windows import Counted


class Usage(NamedTuple):
    """So much of some features used by a customer or an entity; negative gives back."""

    subject: Subject
    features: Sequence[Feature]
    value: float
    properties: Mapping[str, Any]
    behavior: str
    now: int


class Outcome(Struct):
    """What was taken, and the rows that were there to take from (emptied ones included)."""

    usage: Usage
    rows: dict[Feature, list[Row]] = {}
    takes: list[Take] = []
    counted: list[Counted] = []
    dropped: float = 0
    """What nothing was taken for, in units of the tracked features."""

    @property
    def many(self) -> bool:
        """Does more than one balance stand behind the tracked features?"""
        return len(self.rows) > 1

    def shown(self) -> Feature | None:
        """The feature whose balance the answer shows."""
        if len(self.usage.features) > 1:
            held = [feature for feature in self.usage.features if self._balance(feature)]
            if held:
                return held[0] if len(held) == 1 else None
        touched = [take.row for take in self.takes]
        unlimited = [row for row in touched if row.unlimited]
        direct = [row for row in touched if not row.feature.credit_system]
        if preferred := unlimited or direct or touched:
            return preferred[0].feature
        return next((feature for feature in self.rows if self._balance(feature)), None)

    def undo(self) -> None:
        """Puts everything back."""
        for take in self.takes:
            take.reversed(take.units).apply()
        for counted in self.counted:
            counted.undo(counted.amount)

    def seats(self) -> list[SeatChange]:
        """What has become of balances that count paid seats."""
        taken: dict[Row, float] = {}
        for take in self.takes:
            if take.row.allocated:
                taken[take.row] = exact(taken.get(take.row, 0) + take.value)
        return [
            SeatChange(row, exact(row.balance + value), row.balance) for row, value in taken.items()
        ]

    def _balance(self, feature: Feature) -> bool:
        return bool(self.rows[feature]) and not feature.boolean


def track(env: Environment, usage: Usage) -> Outcome:
    """Deducts the value from every feature in turn. Rejected or not paid: nothing changes."""
    outcome = Outcome(usage)
    try:
        for feature in usage.features:
            _deduct(usage, feature, _sources(env, usage, feature, outcome), outcome)
        if seats := outcome.seats():
            bill_seats(env, usage.subject.customer, seats, usage.now)
    except ApiError:
        outcome.undo()
        raise
    return outcome


def _sources(env: Environment, usage: Usage, feature: Feature, outcome: Outcome) -> list[Source]:
    """The balances of the feature, and of the credit systems that list it, in their order."""
    rows = _rows(feature, usage, outcome)
    entity = usage.subject.entity
    sources: list[Source] = []
    if not feature.boolean:
        for row in rows:
            sources += sources_of(row, AT_PAR, entity)
    systems = 0
    for funding in env.features.funding(feature):
        rate = funding.member.rate_of(usage.properties)
        for row in _rows(funding.system, usage, outcome):
            sources += sources_of(row, rate, entity, feature)
        systems += 1
    if systems and (systems > 1 or entity):
        sources.sort(key=_by_order)
    return sources


def _rows(feature: Feature, usage: Usage, outcome: Outcome) -> list[Row]:
    rows = outcome.rows.get(feature)
    if rows is None:
        rows = outcome.rows[feature] = usage.subject.rows(feature, usage.now)
    return rows


def _by_order(source: Source) -> tuple[Any, ...]:
    """An entity's own rows first, whatever they hold."""
    return (source.row.entity is None, source.row.order)


def _deduct(usage: Usage, feature: Feature, sources: Sequence[Source], outcome: Outcome) -> None:
    if any(source.row.allocated for source in sources):
        # Seats that are paid for are taken as a whole or not at all.
        usage = usage._replace(behavior="reject")
    unlimited = any(source.row.unlimited for source in sources)
    bounded = usage.value > 0 and not unlimited
    wanted = _within_limits(usage, feature) if bounded else usage.value
    bounds = _bounds(usage, feature, sources, bounded)
    taken = draw(sources, wanted, bounds, usage.now)
    dropped = exact(usage.value - wanted + taken.left)
    if usage.behavior == "reject" and dropped > 0:
        raise insufficient_balance(usage.value, feature.id)
    taken.apply()
    outcome.dropped += dropped
    outcome.takes += taken.takes
    if bounded:
        outcome.counted += _count(usage, feature, wanted, taken)


def _within_limits(usage: Usage, feature: Feature) -> float:
    """What usage limits leave of the value; overflow doesn't ask them."""
    if usage.behavior == "overflow":
        return usage.value
    room = windows.room(usage.subject, feature, usage.properties, usage.now)
    return usage.value if room is None else min(usage.value, room)


def _bounds(usage: Usage, feature: Feature, sources: Sequence[Source], bounded: bool) -> Bounds:
    overflow = usage.behavior == "overflow"
    bounds = Bounds(Overage(usage.subject, usage.behavior, sources).headroom)
    bounds.ceilings = not overflow
    if bounded and not overflow:
        features = dict.fromkeys(source.row.feature for source in sources)
        features.pop(feature, None)
        for system in features:
            room = windows.room(usage.subject, system, usage.properties, usage.now)
            if room is not None:
                bounds.room[system] = room
    return bounds


def _count(usage: Usage, feature: Feature, wanted: float, taken: Draw) -> list[Counted]:
    amounts = {feature: exact(wanted - taken.left)}
    for take in taken.takes:
        system = take.row.feature
        if system is not feature and take.rollover is None:
            amounts[system] = amounts.get(system, 0) + take.value
    counted: list[Counted] = []
    for each, amount in amounts.items():
        counted += windows.count(usage.subject, each, usage.properties, usage.now, amount)
    return counted
