"""The plans that a customer holds, what it paid and what it tried, on the wire."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from ..domain.discounts import coupons
from .billing import invoice_answer
from .plans import plan_answer
from .rewards import discount_answer

if TYPE_CHECKING:
    from ..domain.customers import Customer
    from ..domain.entities import Entity
    from ..domain.environment import Environment
    from ..domain.holdings import Holding
    from ..domain.plans import PlanVersion

Answer = dict[str, Any]

CARD: Answer = {"type": "card", "card": {"brand": "visa", "last4": "4242"}}
"""The card that every customer with a saved card has."""


def without_repetition(holdings: Iterable[Holding]) -> list[Holding]:
    """Plans of entities are shown once per version, however many entities have them."""
    shown: list[Holding] = []
    seen: set[PlanVersion] = set()
    for holding in holdings:
        if holding.entity is None or holding.version not in seen:
            shown.append(holding)
        if holding.entity is not None:
            seen.add(holding.version)
    return shown


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


def listed_subscription_answer(
    env: Environment, customer: Customer, holding: Holding, now: int
) -> Answer:
    """As lists of all customers show it: with whose it is."""
    return subscription_answer(env, holding, now) | _ownership(customer, holding)


def listed_purchase_answer(customer: Customer, holding: Holding) -> Answer:
    named = {"id": holding.name, "status": holding.status}
    return named | purchase_answer(holding) | _ownership(customer, holding)


def _ownership(customer: Customer, holding: Holding) -> Answer:
    return {
        "customer_id": customer.shown_id,
        "entity_id": holding.entity.id if holding.entity else None,
        "created_at": holding.created_at,
    }


def billing_sections(customer: Customer, expand: Collection[str], origin: str, now: int) -> Answer:
    """The expansions that have to do with payments."""
    answer: Answer = {}
    if "invoices" in expand:
        answer["invoices"] = invoices_answer(customer, None, origin)
    if "trials_used" in expand:
        answer["trials_used"] = [
            {
                "plan_id": trial.plan.id,
                "customer_id": customer.id,
                "fingerprint": customer.fingerprint,
            }
            for trial in customer.trials
        ]
    if customer.stripe_id and "payment_method" in expand:
        answer["payment_method"] = CARD if customer.has_card else None
    if customer.stripe_id and "rewards" in expand:
        answer["rewards"] = {"discounts": _discounts(customer, now)}
    return answer


def invoices_answer(customer: Customer, entity: Entity | None, origin: str) -> list[Answer]:
    """The invoices, newest first; an entity's are those for plans of its own."""
    return [
        invoice_answer(invoice, origin)
        for invoice in reversed(customer.invoices)
        if entity is None or invoice.entity is entity
    ]


def _discounts(customer: Customer, now: int) -> list[Answer]:
    """Coupons for everything it pays, and those that its billing cycles have."""
    own = [discount_answer(each, None) for each in coupons(customer, None, now)]
    cycles = {id(each.subscription): each.subscription for each in customer.holdings}
    return own + [
        discount_answer(each, cycle.id)
        for cycle in cycles.values()
        if cycle
        for each in cycle.discounts
        if each.lasts(now)
    ]


def _scope(holding: Holding) -> str:
    return "customer" if holding.entity is None else "entity"
