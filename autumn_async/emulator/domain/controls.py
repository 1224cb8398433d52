"""Billing controls: an entity's own entries, else its customer's, else the strictest of plans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from .properties import matches

if TYPE_CHECKING:
    from .customers import Customer
    from .entities import Entity
    from .features import Feature
    from .subjects import Subject

Entry = Mapping[str, Any]


class Control(NamedTuple):
    """An entry that applies, and whose usage it is about."""

    entry: Entry
    owner: Customer | Entity


def merged(stored: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Each list given replaces the stored one, an empty list clears it."""
    lists = {**stored, **given}
    return {name: entries for name, entries in lists.items() if entries}


def plan_entries(subject: Subject, name: str) -> Iterator[Control]:
    """The entries of one list that the subject inherits from its plans."""
    for holding in subject.holdings():
        owner = holding.entity or subject.customer
        entries = holding.content.billing_controls.get(name, ()) if holding.active else ()
        for entry in entries:
            yield Control(entry, owner)


def overage_choice(subject: Subject, feature: Feature) -> bool | None:
    """What the controls say about overage of a feature: allowed, forbidden, or nothing."""
    controls = _controls(subject, "overage_allowed", feature)
    return all(control.entry["enabled"] for control in controls) if controls else None


def spend_limit(subject: Subject, feature: Feature, granted: float) -> float | None:
    """How much overage of a feature is allowed at most; None where nothing limits it."""
    entries = [control.entry for control in _controls(subject, "spend_limits", feature)]
    limits = [_overage_limit(entry, granted) for entry in entries if entry["enabled"]]
    return min((limit for limit in limits if limit is not None), default=None)


def unbilled(subject: Subject, feature: Feature) -> bool:
    """Do the limits of a feature's overage say that it isn't charged for?"""
    entries = [control.entry for control in _controls(subject, "spend_limits", feature)]
    return any(entry["enabled"] and entry.get("skip_overage_billing") for entry in entries)


def usage_limits(
    subject: Subject, feature: Feature, properties: Mapping[str, Any]
) -> list[Control]:
    """The enabled usage limits that an event with these properties counts against."""
    return [
        control
        for control in _controls(subject, "usage_limits", feature)
        if control.entry["enabled"] and _matches(control.entry, properties)
    ]


def _controls(subject: Subject, name: str, feature: Feature) -> list[Control]:
    for owner in (subject.entity, subject.customer):
        if owner and owner.billing_controls:
            entries = owner.billing_controls.get(name, ())
            if own := [Control(e, owner) for e in entries if _concerns(e, feature)]:
                return own
    return [each for each in plan_entries(subject, name) if _concerns(each.entry, feature)]


def _concerns(entry: Entry, feature: Feature) -> bool:
    return "feature_id" not in entry or bool(entry["feature_id"] == feature.id)


def _overage_limit(entry: Entry, granted: float) -> float | None:
    limit: float | None = entry.get("overage_limit")
    if limit is not None and entry.get("limit_type") == "usage_percentage":
        return limit * granted / 100
    return limit


def _matches(entry: Entry, properties: Mapping[str, Any]) -> bool:
    return matches(properties, entry.get("filter", {}).get("properties", {}))
