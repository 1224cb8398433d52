"""Writing down what was used as an event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .amounts import exact
from .events import NOTHING, Deduction, Event

if TYPE_CHECKING:
    from .deduction import Take
    from .environment import Environment
    from .tracking import Outcome


def record(env: Environment, outcome: Outcome, name: str, timestamp: int) -> Sequence[Deduction]:
    """Records one event for an outcome; answers what it took from each balance."""
    usage = outcome.usage
    entity = usage.subject.entity
    deductions = deductions_of(outcome.takes)
    event = Event(
        id=env.ids.new("evt", usage.now),
        timestamp=timestamp,
        customer=usage.subject.customer,
        entity_id=entity.id if entity else None,
        name=name,
        value=usage.value,
        properties=usage.properties or NOTHING,
        deductions=deductions,
    )
    env.events.record(event)
    return deductions


def deductions_of(takes: Sequence[Take]) -> tuple[Deduction, ...]:
    """One per balance, even where several shares of it were drawn on."""
    if len(takes) == 1:
        return (Deduction.of(takes[0]),)
    merged: dict[str, Deduction] = {}
    for take in takes:
        deduction = Deduction.of(take)
        if known := merged.get(deduction.balance_id):
            deduction = known._replace(value=exact(known.value + deduction.value))
        merged[deduction.balance_id] = deduction
    return tuple(merged.values())
