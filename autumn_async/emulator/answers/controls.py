"""Billing controls of customers and entities on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..domain import windows
from ..domain.controls import Control, plan_entries

if TYPE_CHECKING:
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


def controls_answer(env: Environment, subject: Subject, now: int, *, inherited: bool) -> Answer:
    """The subject's own entries and, if asked for, those of its plans, each with its source."""
    answer: Answer = {}
    for name in NAMES:
        entries = _own(env, subject, name, now)
        if inherited:
            mine = {entry.get("feature_id") for entry in entries}
            entries = [{**entry, "source": "customer"} for entry in entries]
            entries += [
                {**_entry(env, subject, name, control, now), "source": "plan"}
                for control in plan_entries(subject, name)
                if control.entry.get("feature_id") not in mine
            ]
        if entries:
            answer[name] = entries
    return answer


def _own(env: Environment, subject: Subject, name: str, now: int) -> list[Answer]:
    owner = subject.entity or subject.customer
    entries = owner.billing_controls.get(name, ())
    return [_entry(env, subject, name, Control(entry, owner), now) for entry in entries]


def _entry(env: Environment, subject: Subject, name: str, control: Control, now: int) -> Answer:
    if name != "usage_limits":
        return dict(control.entry)
    feature = env.features.find(control.entry["feature_id"])
    return {**control.entry, "usage": windows.used(subject, feature, control, now)}
