"""Inputs: dicts that type checkers accept, and how they go together with answers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin

import pytest
from msgspec.structs import fields

from autumn_async import inputs as i
from autumn_async import models as m

if sys.version_info >= (3, 11):
    from typing import is_typeddict
else:
    from typing_extensions import is_typeddict

PAIRS = [
    (dict_type, struct)
    for alias in (getattr(i, name) for name in i.__all__ if name.endswith("Like"))
    for dict_type in get_args(alias)
    if is_typeddict(dict_type)
    for struct in get_args(alias)
    if not is_typeddict(struct)
]

NOT_IN_ANSWERS = {
    ("CustomizeInput", "items"): "answers tell what was added and removed",
    ("ScheduleCustomizeInput", "items"): "answers tell what was added and removed",
}

ENUMS = [name for name in i.__all__ if get_origin(getattr(i, name)) is Literal and hasattr(m, name)]


@pytest.mark.parametrize(("dict_type", "struct"), PAIRS)
def test_an_answer_has_the_keys_of_the_input_it_stands_for(dict_type: Any, struct: Any) -> None:
    keys = dict_type.__required_keys__ | dict_type.__optional_keys__
    strange = keys - {field.name for field in fields(struct)}
    assert strange <= {key for name, key in NOT_IN_ANSWERS if name == dict_type.__name__}


@pytest.mark.parametrize("name", ENUMS)
def test_closed_enums_are_part_of_the_open_ones(name: str) -> None:
    opened = {v for part in get_args(getattr(m, name)) for v in get_args(part)}
    assert set(get_args(getattr(i, name))) <= opened


def test_required_keys_are_known_at_run_time() -> None:
    assert i.TrackInput.__required_keys__ == {"customer_id"}
    assert {"async", "async_"} <= i.TrackInput.__optional_keys__
    assert i.LockInput.__required_keys__ == {"lock_id"}


def test_dicts_answers_and_mixtures_are_accepted() -> None:
    """Says most to the type checker."""
    moment = datetime(2026, 8, 1, tzinfo=timezone.utc)
    lock: i.LockInput = {"lock_id": "l", "expires_at": moment, "overage_behavior": "cap"}
    events: Sequence[i.TrackInput] = [
        {"customer_id": "c", "feature_id": "f", "value": Decimal("0.1"), "async": False},
        {"customer_id": "c", "event_name": "e", "timestamp": 1700000000000, "async_": True},
    ]
    reset = m.PlanItemReset(interval="month")
    items: Sequence[i.PlanItemLike] = [
        {"feature_id": "f", "included": 10, "reset": reset},
        {
            "feature_id": "g",
            "price": {
                "interval": "month",
                "billing_method": "prepaid",
                "tiers": [{"to": 10, "amount": 1}, m.PriceTier(to="inf", amount=2)],
            },
        },
        m.PlanItem(feature_id="h"),
    ]
    customize: i.CustomizeLike = {"price": None, "add_items": items, "free_trial": None}
    controls: i.BillingControlsUpdateLike = {
        "usage_limits": [
            {"feature_id": "f", "usage": 0},
            {"feature_id": "f", "limit": 5, "interval": "day", "usage": 1},
        ],
        "auto_topups": [m.AutoTopup(feature_id="f", threshold=1, quantity=2)],
    }
    override: i.FeatureOverrideInput = {
        "credit_schema": [
            {"metered_feature_id": "f", "credit_cost": 1},
            {"metered_feature_id": "g", "excluded": True},
            m.CreditSchemaRow(metered_feature_id="h", credit_cost=2),
        ]
    }
    assert all([lock, events, customize, controls, override])


def test_mistakes_are_told_apart() -> None:
    """Says all to the type checker: an ignore that isn't needed is an error there."""
    missing: i.LockInput = {}  # type: ignore[typeddict-item]
    unknown: i.ResetInput = {"interval": "fortnight"}  # type: ignore[typeddict-item]
    misspelt: i.DiscountInput = {"rewardid": "r"}  # type: ignore[typeddict-unknown-key]
    null: i.BasePriceInput = {"amount": None, "interval": "month"}  # type: ignore[typeddict-item]
    values: list[object] = [missing, unknown, misspelt, null]
    assert all(isinstance(value, dict) for value in values)
