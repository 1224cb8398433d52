"""The preview of a denied check: what to tell the user, and what to buy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..domain.paywall import Paywall


def paywall_answer(paywall: Paywall, *, limited: bool) -> dict[str, Any]:
    """`limited`: there is a balance, but not enough of it. Products are not spelled out."""
    name, plan = paywall.feature.name, paywall.plan
    advice = f"Please upgrade to {plan.name}" if plan else "Please contact us"
    if limited:
        problem = f"You have reached the usage limit for {name.lower()}."
        remedy = f"{advice} to continue using this feature."
    elif plan:
        problem = f"Your current plan does not include the {name} feature."
        remedy = f"{advice} to use this feature."
    else:
        problem = f"{name} is not available for your account."
        remedy = f"{advice} to enable it."
    return {
        "scenario": "usage_limit" if limited else "feature_flag",
        "title": f"Upgrade to {plan.name}" if plan else "Feature Unavailable",
        "message": f"{problem} {remedy}",
        "feature_id": paywall.feature.id,
        "feature_name": name,
        "products": [],
        "upgrade_product_id": plan.id if plan else None,
    }
