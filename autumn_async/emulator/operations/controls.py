"""The body of billing controls, shared by customers and plans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..validation import (
    Check,
    Issue,
    Rule,
    Shape,
    array,
    boolean,
    choice,
    number,
    optional,
    record,
    required,
    text,
)

_AUTO_TOPUP = Shape(
    {
        "feature_id": required(text()),
        "enabled": optional(boolean, default=False),
        "threshold": required(number(0)),
        "quantity": required(number(1)),
        "purchase_limit": optional(
            Shape(
                {
                    "interval": required(choice("hour", "day", "week", "month")),
                    "interval_count": optional(number(1), default=1),
                    "limit": required(number(1)),
                    "count": optional(number(0)),
                }
            )
        ),
        "invoice_mode": optional(boolean),
    }
)
_SPEND_LIMIT = Shape(
    {
        "feature_id": optional(text()),
        "enabled": optional(boolean, default=False),
        "limit_type": optional(choice("absolute", "usage_percentage")),
        "overage_limit": optional(number(0)),
        "skip_overage_billing": optional(boolean),
    }
)
_USAGE_LIMIT = Shape(
    {
        "feature_id": required(text()),
        "enabled": optional(boolean, default=True),
        "limit": required(number(0)),
        "interval": required(choice("day", "week", "month", "year")),
        "anchor": optional(choice("billing_cycle", "utc")),
        "filter": optional(Shape({"properties": required(record())})),
    }
)
_USAGE_ALERT = Shape(
    {
        "feature_id": optional(text()),
        "enabled": optional(boolean, default=True),
        "threshold": required(number(0)),
        "threshold_type": required(
            choice("usage", "usage_percentage", "remaining", "remaining_percentage")
        ),
        "name": optional(text()),
    }
)
_OVERAGE_ALLOWED = Shape(
    {"feature_id": required(text()), "enabled": optional(boolean, default=False)}
)


def _feature(entry: dict[str, Any]) -> object:
    return entry.get("feature_id")


def _filtered(entry: dict[str, Any]) -> object:
    return entry["feature_id"], sorted(entry.get("filter", {}).get("properties", {}).items())


def _threshold(entry: dict[str, Any]) -> object:
    return entry.get("feature_id"), entry["threshold"], entry["threshold_type"]


def _only_one(name: str, what: str, key: Callable[[dict[str, Any]], object]) -> Rule:
    """Refuses a second entry of one key, at the place of the second one."""

    def rule(body: dict[str, Any]) -> Sequence[Issue]:
        keys = [repr(key(entry)) for entry in body.get(name, ())]
        return [
            (f"{name}.{index}.feature_id", f"Only one {what}")
            for index, each in enumerate(keys)
            if each in keys[:index]
        ]

    return rule


_ENTITY_LISTS = {
    "spend_limits": optional(array(_SPEND_LIMIT)),
    "usage_limits": optional(array(_USAGE_LIMIT)),
    "usage_alerts": optional(array(_USAGE_ALERT)),
    "overage_allowed": optional(array(_OVERAGE_ALLOWED)),
}
_ENTITY_RULES = (
    _only_one("spend_limits", "spend limit entry is allowed per feature_id", _feature),
    _only_one("usage_limits", "usage limit entry is allowed per feature_id and filter", _filtered),
    _only_one(
        "usage_alerts",
        "usage alert entry is allowed per feature_id and threshold",
        _threshold,
    ),
    _only_one("overage_allowed", "overage allowed entry is allowed per feature_id", _feature),
)
BILLING_CONTROLS: Check = Shape(
    {"auto_topups": optional(array(_AUTO_TOPUP)), **_ENTITY_LISTS},
    rules=(
        _only_one("auto_topups", "auto topup entry is allowed per feature_id", _feature),
        *_ENTITY_RULES,
    ),
    unserved=("balance_allocations",),
)
ENTITY_CONTROLS: Check = Shape(_ENTITY_LISTS, rules=_ENTITY_RULES)
"""What an entity may have of its own: all but automatic top-ups."""
