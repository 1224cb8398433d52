"""Attachments, invoices and previews on the wire."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..domain.amounts import exact
from ..domain.invoices import CURRENCY, subtotal, total
from .plans import plan_answer

if TYPE_CHECKING:
    from ..domain.changes import Change, NextCycle, PlanChange, UsageLine
    from ..domain.invoices import Invoice, LineItem, Reduction
    from ..domain.payments import Outcome
    from ..domain.subscriptions import Period

Answer = dict[str, Any]

PAGES = "/pay/"
"""Where the pages lie that customers are sent to."""


def page_url(origin: str, page_id: str) -> str:
    return f"{origin}{PAGES}{page_id}"


def attach_answer(params: Mapping[str, Any], outcome: Outcome, origin: str) -> Answer:
    """What attaching or changing plans has led to."""
    answer: Answer = {"customer_id": params["customer_id"]}
    if params.get("entity_id"):
        answer["entity_id"] = params["entity_id"]
    if outcome.invoice:
        answer["invoice"] = _charged(outcome.invoice, origin)
    answer["payment_url"] = page_url(origin, outcome.page.id) if outcome.page else None
    if outcome.needs_card:
        reason = "No payment method found"
        answer["required_action"] = {"code": "payment_method_required", "reason": reason}
    return answer


def invoice_answer(invoice: Invoice, origin: str) -> Answer:
    """An invoice as customers list them."""
    return {
        "plan_ids": invoice.plan_ids,
        "processor_type": "stripe",
        **_charged(invoice, origin),
        "created_at": invoice.created_at,
    }


def preview_answer(change: Change, customer_id: str, env: str, expand: Collection[str]) -> Answer:
    """What a change would cost now and in the next cycle, and which plans it moves."""
    answer: Answer = {"customer_id": customer_id, **_due(change)}
    cycle = change.next_cycle()
    if cycle:
        answer["next_cycle"] = _next_cycle(cycle)
    answer |= _moved(change, env, expand)
    if change.customer.stripe_id:
        answer["invoice_credits"] = {"balance": 0, "currency": CURRENCY}
    return answer


def several_answer(changes: Sequence[Change], customer_id: str, env: str) -> Answer:
    """What updating several plans would do, one billing cycle at a time."""
    shown: list[Answer] = []
    for change in changes:
        answer: Answer = {"customer_id": customer_id, **_due(change), **_moved(change, env, ())}
        cycle = change.next_cycle()
        if cycle:
            answer["next_cycle"] = _next_cycle(cycle)
        names = dict.fromkeys(each.version.plan.id for each in change.outgoing)
        shown.append(answer | {"plan_ids": list(names)})
    return {
        "object": "multi_update_preview",
        "customer_id": customer_id,
        "currency": CURRENCY,
        "total": total(line for change in changes for line in change.lines),
        "subscriptions": shown,
    }


def verification_answer(customer_id: str, cycles: Iterable[str]) -> Answer:
    """Whatever is paid in the emulator is paid as it should be."""
    correct = {"status": "correct", "mismatches": list[Answer]()}
    return {
        "customer_id": customer_id,
        "customer_mismatches": [],
        "subscriptions": [{"stripe_subscription_id": cycle, **correct} for cycle in cycles],
    }


def _due(change: Change) -> Answer:
    return {
        "line_items": [_line(line) for line in change.lines],
        "subtotal": subtotal(change.lines),
        "total": total(change.lines),
        "currency": CURRENCY,
    }


def _moved(change: Change, env: str, expand: Collection[str]) -> Answer:
    shown = {name: f"{name}.plan" in expand for name in ("incoming", "outgoing")}
    return {
        "incoming": [_plan(each, env, shown["incoming"]) for each in change.incoming],
        "outgoing": [_plan(each, env, shown["outgoing"]) for each in change.outgoing],
    }


def redirect_answer(mode: str) -> Answer:
    """Whether an attach leads to a page first, and to which kind."""
    redirects = mode != "direct"
    return {"redirect_to_checkout": redirects, "checkout_type": mode if redirects else None}


def _charged(invoice: Invoice, origin: str) -> Answer:
    return {
        "status": invoice.status,
        "stripe_id": invoice.id,
        "total": invoice.total,
        "currency": CURRENCY,
        "hosted_invoice_url": page_url(origin, invoice.id),
    }


def _line(line: LineItem) -> Answer:
    answer: Answer = {
        "display_name": line.display_name,
        "description": line.description,
        "subtotal": exact(line.amount),
        "total": exact(line.total),
        "discounts": [_reduction(each) for each in line.reductions],
        "plan_id": line.plan_id,
        "feature_id": line.feature_id,
        "quantity": line.quantity,
    }
    return answer | {"period": _period(line.period)} if line.period else answer


def _reduction(reduction: Reduction) -> Answer:
    return {
        "amount_off": exact(reduction.amount),
        "reward_id": reduction.reward_id,
        "reward_name": reduction.reward_name,
    }


def _period(period: Period) -> Answer:
    return {"start": period.start, "end": period.end}


def _next_cycle(cycle: NextCycle) -> Answer:
    return {
        "starts_at": cycle.starts_at,
        "subtotal": subtotal(cycle.lines),
        "total": total(cycle.lines),
        "line_items": [_line(line) for line in cycle.lines],
        "usage_line_items": [_usage(line) for line in cycle.usage],
    }


def _usage(line: UsageLine) -> Answer:
    return {
        "display_name": line.feature.name,
        "plan_id": line.plan.id,
        "feature_id": line.feature.id,
        "period": _period(line.period),
    }


def _plan(change: PlanChange, env: str, expanded: bool) -> Answer:
    answer: Answer = {"plan_id": change.version.plan.id}
    if expanded:
        answer["plan"] = plan_answer(change.version, env, change.content)
    return answer | {
        "feature_quantities": [
            {"feature_id": feature_id, "quantity": units}
            for feature_id, units in change.units().items()
        ],
        "effective_at": change.effective_at,
        "canceled_at": change.canceled_at,
        "expires_at": change.expires_at,
    }
