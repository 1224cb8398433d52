"""Events on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..domain.amounts import exact
from ..domain.deducted import OTHERS
from .balances import deduction_answer

if TYPE_CHECKING:
    from ..domain.aggregating import Query, Report
    from ..domain.deducted import Use, Uses
    from ..domain.events import Deduction, Event
    from ..domain.features import FeatureBook


def event_answer(event: Event) -> dict[str, Any]:
    """An event; `feature_id` is the event name if it was tracked by one."""
    return {
        "id": event.id,
        "timestamp": event.timestamp,
        "feature_id": event.name,
        "customer_id": event.customer.shown_id,
        "value": event.value,
        "properties": event.properties,
        "deductions": [_deduction(each) for each in event.deductions] or None,
    }


def _deduction(deduction: Deduction) -> dict[str, Any]:
    """As in the answer of the track, but `plan_id` is absent for standalone balances."""
    answer = deduction_answer(deduction)
    if deduction.plan_id is None:
        del answer["plan_id"]
    return answer


def report_answer(report: Report) -> dict[str, Any]:
    """Sums over time; `grouped_values` only where groups were asked for."""
    periods: list[dict[str, Any]] = []
    for each in report.periods:
        period: dict[str, Any] = {"period": each.start, "values": each.values}
        if each.groups:
            period["grouped_values"] = each.groups
        periods.append(period)
    totals = {name: {"count": t.count, "sum": t.sum} for name, t in report.totals.items()}
    return {"list": periods, "total": totals}


def deductions_answer(features: FeatureBook, query: Query, uses: Uses) -> list[dict[str, Any]]:
    """What was taken in each period that has anything: by feature, balance and group."""
    return [_period(features, query, start, uses[start]) for start in sorted(uses)]


def _period(
    features: FeatureBook, query: Query, start: int, uses: dict[str, Use]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for use in uses.values():
        value = values.setdefault(use.deduction.feature_id, _nothing(features, use))
        value["deducted"] = exact(value["deducted"] + use.deducted)
        value["events"] += use.events
        value["balances"].append(_balance(features, query, use))
    period: dict[str, Any] = {"period": start, "values": values}
    groups = {name: _groups(features, query, use) for name, use in uses.items() if use.groups}
    return {**period, "grouped_values": groups} if groups else period


def _nothing(features: FeatureBook, use: Use) -> dict[str, Any]:
    feature = features.find(use.deduction.feature_id)
    kind = "credit_system" if feature and feature.credit_system else "metered"
    return {"feature_type": kind, "deducted": 0, "events": 0, "balances": []}


def _balance(features: FeatureBook, query: Query, use: Use) -> dict[str, Any]:
    """`credit_cost` is what a unit of the one feature that was asked for costs now."""
    deduction = use.deduction
    row = query.customer and query.customer.ledger.find(deduction.balance_id)
    source = query.names[0] if len(query.names) == 1 else None
    return {
        "balance_id": deduction.balance_id,
        "entity_id": row.entity.id if row and row.entity else None,
        "plan_id": deduction.plan_id,
        "reset": deduction.reset
        and {
            "interval": deduction.reset.unit,
            "resets_at": row.next_reset_at if row else None,
        },
        "credit_cost": source and features.rate(source, deduction.feature_id),
        "deducted": use.deducted,
        "events": use.events,
    }


def _groups(features: FeatureBook, query: Query, use: Use) -> dict[str, Any]:
    groups: dict[str, Any] = {}
    for name, value in use.groups.items():
        groups[name] = {"deducted": value}
        if query.grouping == "$feature_id" and name != OTHERS:
            groups[name]["credit_cost"] = features.rate(name, use.deduction.feature_id)
    return groups
