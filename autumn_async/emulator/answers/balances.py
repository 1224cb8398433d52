"""Balances, flags, checks and tracks on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..domain.standing import figures, purchase_cap
from .features import feature_answer
from .plans import price_answer

if TYPE_CHECKING:
    from ..domain.entities import Entity
    from ..domain.events import Deduction
    from ..domain.features import Feature
    from ..domain.intervals import Interval
    from ..domain.rows import Rollover, Row
    from ..domain.standing import Standing

Answer = dict[str, Any]


def balance_answer(
    feature: Feature, total: Standing, *, with_feature: bool = False
) -> Answer | None:
    """The balance of a feature; None for flags and for features without rows."""
    if feature.boolean or total.held is None:
        return None
    answer: Answer = {"feature_id": feature.id}
    if with_feature:
        answer["feature"] = feature_answer(feature)
    if total.unlimited:
        return answer | _unlimited(total, total.unlimited)
    answer |= {
        "granted": total.granted,
        "remaining": total.remaining,
        "usage": total.usage,
        "unlimited": False,
        "overage_allowed": total.overage_allowed,
        "max_purchase": total.max_purchase,
        "next_reset_at": total.next_reset_at,
        "breakdown": [_row(row, total.entity) for row in total.rows],
    }
    if total.rollovers is not None:
        answer["rollovers"] = [_rollover(each) for each in total.rollovers]
    return answer


def flag_answer(feature: Feature, total: Standing, *, with_feature: bool = False) -> Answer | None:
    """The flag of a boolean feature; None where the customer and its entities don't have it."""
    row = total.held
    if not feature.boolean or row is None:
        return None
    answer: Answer = {
        "id": row.external_id or row.id,
        "plan_id": row.plan_id if total.rows else None,
        "expires_at": row.expires_at,
        "feature_id": feature.id,
    }
    if with_feature:
        answer["feature"] = feature_answer(feature)
    return answer


def deduction_answer(deduction: Deduction) -> Answer:
    """What a track took from one balance, in the units of the balance."""
    return {
        "balance_id": deduction.balance_id,
        "feature_id": deduction.feature_id,
        "plan_id": deduction.plan_id,
        "reset": _reset(deduction.reset, deduction.resets_at),
        "value": deduction.value,
    }


def listed_row_answer(customer_id: str, row: Row, now: int) -> Answer:
    """One row by itself, with whose it is and what rolled over into it."""
    return _row(row, None) | {
        "unlimited": row.unlimited,
        "feature_id": row.feature.id,
        "status": "expired" if row.expired(now) else "active",
        "rollovers": [_rollover(each) for each in row.rollovers if each.live(now)],
        "customer_id": customer_id,
        "entity_id": row.entity.id if row.entity else None,
        "created_at": row.created_at,
        "source": "entity" if row.entity else "customer",
    }


def _row(row: Row, entity: Entity | None) -> Answer:
    numbers = figures(row, entity)
    return {
        "id": row.external_id or row.id,
        "plan_id": row.plan_id,
        "included_grant": numbers.included,
        "prepaid_grant": numbers.prepaid,
        "remaining": numbers.remaining,
        "usage": numbers.usage,
        "unlimited": False,
        "reset": _reset(row.reset, row.next_reset_at),
        "price": _price(row),
        "expires_at": row.expires_at,
    }


def _unlimited(total: Standing, row: Row) -> Answer:
    """One row stands for all; it names its plan only when it is alone."""
    shown = {
        "id": row.external_id or row.id,
        "plan_id": row.plan_id if len(total.rows) == 1 else None,
        "included_grant": 0,
        "prepaid_grant": 0,
        "remaining": 0,
        "usage": total.usage,
        "unlimited": True,
        "reset": None,
        "price": None,
        "expires_at": row.expires_at,
    }
    return {
        "granted": 0,
        "remaining": 0,
        "usage": total.usage,
        "unlimited": True,
        "overage_allowed": False,
        "max_purchase": None,
        "next_reset_at": None,
        "breakdown": [shown],
    }


def _reset(interval: Interval | None, resets_at: int | None) -> Answer | None:
    if interval is None:
        return None
    answer: Answer = {"interval": interval.unit, "resets_at": resets_at}
    if interval.count != 1:
        answer["interval_count"] = interval.count
    return answer


def _price(row: Row) -> Answer | None:
    if row.price is None:
        return None
    cap = row.price.max_purchase if row.usage_based else purchase_cap(row)
    return price_answer(row.price) | {"max_purchase": cap}


def _rollover(rollover: Rollover) -> Answer:
    """`expires_at` is 0 for those that never expire."""
    return {
        "granted": rollover.granted,
        "balance": rollover.balance,
        "expires_at": rollover.expires_at or 0,
    }
