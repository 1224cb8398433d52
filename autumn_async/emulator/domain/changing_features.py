"""Changing a feature that others may already build upon."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from .failures import invalid_feature, invalid_input, refused
from .features import CREDIT_SYSTEMS
from .intervals import ONE_OFF
from .plans import Item

if TYPE_CHECKING:
    from .environment import Environment
    from .features import Feature

SIMPLE = ("name", "archived", "event_names", "display", "schema", "combine")


def change_feature(env: Environment, feature: Feature, changes: Mapping[str, Any]) -> None:
    """Applies the given changes, or none of them."""
    kind: str = changes.get("type", feature.type)
    consumable = _consumable(feature, kind, changes)
    if kind != feature.type:
        _require_type_change(env, feature, kind)
    if consumable != feature.consumable and feature.type == kind == "metered":
        _require_unused(env, feature, "consumable")
    if kind in CREDIT_SYSTEMS and "schema" in changes:
        env.features.check_schema(kind, changes["schema"])
    new_id: str = changes.get("new_feature_id", feature.id)
    if new_id != feature.id:
        _rename(env, feature, new_id)
    _regrant(env, feature, kind, consumable)
    _assign(feature, kind, consumable, changes)
    env.features.reindex()


def _consumable(feature: Feature, kind: str, changes: Mapping[str, Any]) -> bool:
    if kind != "metered":
        return kind in CREDIT_SYSTEMS
    if feature.type != "metered" and "consumable" not in changes:
        raise invalid_input("consumable", "Please say whether the metered feature is consumable.")
    return bool(changes.get("consumable", feature.consumable))


def _require_type_change(env: Environment, feature: Feature, kind: str) -> None:
    if feature.credit_system or kind in CREDIT_SYSTEMS:
        raise refused(f"Cannot change the type of feature {feature.id} to or from credit system")
    _require_unused(env, feature, "type")
    if any(item.price for item in env.plans.items() if item.feature is feature):
        raise invalid_feature(f"Cannot change type of feature {feature.id}: it has a price")


def _require_unused(env: Environment, feature: Feature, what: str) -> None:
    if feature.rows:
        raise invalid_feature(f"Cannot change {what} of feature {feature.id}: customers have it")
    if any(item.entity_feature is feature for item in env.plans.items()):
        message = f"Cannot change {what} of feature {feature.id}: plans grant by its entities"
        raise invalid_feature(message)
    if any(True for _ in env.features.funding(feature)):
        message = f"Cannot change {what} of feature {feature.id}: a credit system lists it"
        raise invalid_feature(message)


def _rename(env: Environment, feature: Feature, new_id: str) -> None:
    env.features.require_free(new_id)
    if feature.rows:
        raise invalid_feature(f"Cannot change id of feature {feature.id}: customers have it")
    env.features.rename(feature, new_id)


def _regrant(env: Environment, feature: Feature, kind: str, consumable: bool) -> None:
    """Plan items follow: to metered they become unlimited, to boolean they lose amounts."""
    if feature.type == "boolean" and kind == "metered":
        _change_items(env, feature, lambda item: replace(item, unlimited=True, reset=ONE_OFF))
    elif kind == "boolean" and feature.type == "metered":
        _change_items(env, feature, lambda item: Item(feature, price=item.price))
    elif feature.consumable and not consumable:
        _change_items(env, feature, lambda item: replace(item, reset=None, rollover=None))


def _change_items(env: Environment, feature: Feature, change: Callable[[Item], Item]) -> None:
    for plan in env.plans:
        for version in plan.versions:
            items = version.content.items
            if any(item.feature is feature for item in items):
                changed = (change(item) if item.feature is feature else item for item in items)
                version.content = replace(version.content, items=tuple(changed))


def _assign(feature: Feature, kind: str, consumable: bool, changes: Mapping[str, Any]) -> None:
    feature.type, feature.consumable = kind, consumable
    for name in SIMPLE:
        if name in changes:
            setattr(feature, name, changes[name])
    markups = {**feature.markups, **changes["markups"]}
    feature.markups = {name: value for name, value in markups.items() if value is not None}
