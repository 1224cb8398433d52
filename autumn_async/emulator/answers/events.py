"""Events on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .balances import deduction_answer

if TYPE_CHECKING:
    from ..domain.aggregating import Report
    from ..domain.events import Deduction, Event


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
