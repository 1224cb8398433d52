"""Choosing from customers and entities by their plans and processors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ..validation import Shape, array, choice, number, optional, required, text

if TYPE_CHECKING:
    from ..domain.customers import Customer
    from ..domain.holdings import Holding

Wanted = Callable[["Holding"], bool]

FILTERS = {
    "search": optional(text()),
    "plans": optional(
        array(Shape({"id": required(text()), "versions": optional(array(number()))}))
    ),
    "subscription_status": optional(choice("active", "scheduled")),
    "processors": optional(array(choice("stripe", "revenuecat", "vercel"))),
}


def is_filtered(params: dict[str, Any]) -> bool:
    return any(name in params for name in ("search", "plans", "processors"))


def all_plans(holding: Holding) -> bool:
    return True


def shown_plans(params: dict[str, Any]) -> Wanted:
    """A wanted status limits which plans are looked at and shown, not who is found."""
    status = params.get("subscription_status")
    return lambda holding: status in (None, holding.status)


def uses(customer: Customer, params: dict[str, Any]) -> bool:
    """Is the customer known to one of the processors that are asked for?"""
    processors = params.get("processors")
    return not processors or (customer.stripe_id is not None and "stripe" in processors)


def has_one_of(holdings: Iterable[Holding], params: dict[str, Any], shown: Wanted) -> bool:
    """Is one of the plans that are asked for among those that are held?"""
    plans: list[dict[str, Any]] | None = params.get("plans")
    return not plans or any(shown(holding) and _is_one_of(holding, plans) for holding in holdings)


def _is_one_of(holding: Holding, plans: list[dict[str, Any]]) -> bool:
    version = holding.version
    return any(
        plan["id"] == version.plan.id
        and (not plan.get("versions") or version.number in plan["versions"])
        for plan in plans
    )
