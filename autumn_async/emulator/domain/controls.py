"""Billing controls: a customer's own entries, else those of its plans (the strictest one)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .customers import Customer
    from .features import Feature

Entry = Mapping[str, Any]


def merged(stored: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Each list given replaces the stored one, an empty list clears it."""
    lists = {**stored, **given}
    return {name: entries for name, entries in lists.items() if entries}


def plan_entries(customer: Customer, name: str) -> Iterator[Entry]:
    """The entries of one list that the customer inherits from its plans."""
    for holding in customer.holdings:
        if holding.active:
            yield from holding.content.billing_controls.get(name, ())


def overage_choice(customer: Customer, feature: Feature) -> bool | None:
    """What the controls say about overage of a feature: allowed, forbidden, or nothing."""
    entries = _entries(customer, "overage_allowed", feature)
    return all(entry["enabled"] for entry in entries) if entries else None


def spend_limit(customer: Customer, feature: Feature, granted: float) -> float | None:
    """How much overage of a feature is allowed at most; None where nothing limits it."""
    entries = _entries(customer, "spend_limits", feature)
    limits = [_overage_limit(entry, granted) for entry in entries if entry["enabled"]]
    return min((limit for limit in limits if limit is not None), default=None)


def usage_limits(
    customer: Customer, feature: Feature, properties: Mapping[str, Any]
) -> Iterable[Entry]:
    """The enabled usage limits that an event with these properties counts against."""
    return [
        entry
        for entry in _entries(customer, "usage_limits", feature)
        if entry["enabled"] and _matches(entry, properties)
    ]


def _entries(customer: Customer, name: str, feature: Feature) -> list[Entry]:
    own = [e for e in customer.billing_controls.get(name, ()) if _concerns(e, feature)]
    if own:
        return own
    return [
        entry
        for holding in customer.holdings
        if holding.active
        for entry in holding.content.billing_controls.get(name, ())
        if _concerns(entry, feature)
    ]


def _concerns(entry: Entry, feature: Feature) -> bool:
    return "feature_id" not in entry or bool(entry["feature_id"] == feature.id)


def _overage_limit(entry: Entry, granted: float) -> float | None:
    limit: float | None = entry.get("overage_limit")
    if limit is not None and entry.get("limit_type") == "usage_percentage":
        return limit * granted / 100
    return limit


def _matches(entry: Entry, properties: Mapping[str, Any]) -> bool:
    wanted: Mapping[str, Any] = entry.get("filter", {}).get("properties", {})
    return all(
        name in properties and _text(properties[name]) == _text(value)
        for name, value in wanted.items()
    )


def _text(value: object) -> str:
    """Properties are compared as the texts that JavaScript makes of them."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
