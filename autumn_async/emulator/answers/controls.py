"""Billing controls of customers and entities on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..domain import windows
from ..domain.auto_topups import purchases
from ..domain.controls import Control, plan_entries

if TYPE_CHECKING:
    from ..domain.customers import Customer
    from ..domain.entities import Entity
    from ..domain.environment import Environment
    from ..domain.subjects import Subject

Answer = dict[str, Any]

NAMES = (
    "auto_topups",
    "spend_limits",
    "usage_limits",
    "usage_alerts",
    "overage_allowed",
)


def controls_answer(
    env: Environment, subject: Subject, now: int, *, inherited: bool, counted: bool = False
) -> Answer:
    """The subject's own entries and, if asked for, those that it inherits, with their source.

    `counted`: automatic top-ups say how often they have bought something.
    """
    answer: Answer = {}
    for name in NAMES:
        sources = _sources(subject, name)
        entries = _inherited(env, subject, name, now, sources)
        if not inherited:
            own = next(iter(sources.values()))
            entries = [_entry(env, subject, name, control, now) for control in own]
        if entries:
            answer[name] = entries
    if counted and "auto_topups" in answer:
        answer["auto_topups"] = [_counted(subject, each, now) for each in answer["auto_topups"]]
    return answer


def _counted(subject: Subject, entry: Answer, now: int) -> Answer:
    """Nothing is counted before the first purchase."""
    bought = purchases(subject.customer, entry, now)
    if bought is None:
        return entry
    limit = entry.get("purchase_limit", {})
    shown = {name: limit.get(name) for name in ("interval", "interval_count", "limit")}
    shown |= {"count": bought.count, "next_reset_at": bought.ends_at}
    return {**entry, "purchase_limit": shown}


def _sources(subject: Subject, name: str) -> dict[str, list[Control]]:
    """The entries by where they come from, what counts first to begin with."""
    sources = {"customer": _own(subject.customer, name), "plan": list(plan_entries(subject, name))}
    return {"entity": _own(subject.entity, name), **sources} if subject.entity else sources


def _own(owner: Customer | Entity, name: str) -> list[Control]:
    return [Control(entry, owner) for entry in owner.billing_controls.get(name, ())]


def _inherited(
    env: Environment, subject: Subject, name: str, now: int, sources: dict[str, list[Control]]
) -> list[Answer]:
    """Entries of a feature hide those that come after them from another source."""
    answers: list[Answer] = []
    hidden: set[str | None] = set()
    for source, controls in sources.items():
        shown = [each for each in controls if each.entry.get("feature_id") not in hidden]
        answers += [{**_entry(env, subject, name, each, now), "source": source} for each in shown]
        hidden |= {each.entry.get("feature_id") for each in shown}
    return answers


def _entry(env: Environment, subject: Subject, name: str, control: Control, now: int) -> Answer:
    if name != "usage_limits":
        return dict(control.entry)
    feature = env.features.find(control.entry["feature_id"])
    return {**control.entry, "usage": windows.used(subject, feature, control, now)}
