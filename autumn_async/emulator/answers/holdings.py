"""The plans that a customer holds, what it paid and what it tried, on the wire."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from .billing import invoice_answer
from .plans import plan_answer

if TYPE_CHECKING:
    from ..domain.customers import Customer
    from ..domain.environment import Environment
    from ..domain.holdings import Holding

Answer = dict[str, Any]


def subscription_answer(
    env: Environment,
    holding: Holding,
    now: int,
    expand: Collection[str] = (),
    *,
    from_outside: bool = False,
) -> Answer:
    """A plan held. `from_outside`: an entity's plan as its customer sees it, without period."""
    version = holding.version
    period = None if from_outside else holding.period(now)
    answer: Answer = {
        "id": holding.name,
        "plan_id": version.plan.id,
        "auto_enable": version.auto_enabled,
        "add_on": version.plan.add_on,
        "status": holding.status,
        "past_due": False,
        "canceled_at": holding.canceled_at,
        "expires_at": holding.ends_at,
        "trial_ends_at": holding.trial_ends_at if holding.trialing(now) else None,
        "started_at": holding.started_at,
        "current_period_start": period.start if period else None,
        "current_period_end": period.end if period else None,
        "quantity": 1,
        "scope": _scope(holding),
    }
    if "subscriptions.plan" in expand:
        answer["plan"] = plan_answer(version, env.name, holding.content)
    return answer


def purchase_answer(holding: Holding) -> Answer:
    """A plan that was paid once."""
    return {
        "plan_id": holding.version.plan.id,
        "expires_at": holding.ends_at,
        "started_at": holding.started_at,
        "quantity": 1,
        "scope": _scope(holding),
    }


def billing_sections(customer: Customer, expand: Collection[str], origin: str) -> Answer:
    """The expansions that have to do with payments."""
    answer: Answer = {}
    if "invoices" in expand:
        newest_first = reversed(customer.invoices)
        answer["invoices"] = [invoice_answer(invoice, origin) for invoice in newest_first]
    if "trials_used" in expand:
        answer["trials_used"] = [
            {
                "plan_id": trial.plan.id,
                "customer_id": customer.id,
                "fingerprint": customer.fingerprint,
            }
            for trial in customer.trials
        ]
    if "payment_method" in expand and customer.has_card and customer.stripe_id:
        answer["payment_method"] = {"type": "card", "card": {"brand": "visa", "last4": "4242"}}
    return answer


def _scope(holding: Holding) -> str:
    return "entity" if holding.entity else "customer"
