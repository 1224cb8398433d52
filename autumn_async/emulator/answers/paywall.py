"""The preview of a denied check: what to tell the user, and what to buy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .products import product_answer

if TYPE_CHECKING:
    from ..domain.paywall import Offer, Paywall


def paywall_answer(paywall: Paywall, env: str, *, limited: bool) -> dict[str, Any]:
    """`limited`: there is a balance, but not enough of it."""
    name, first = paywall.feature.name, next(iter(paywall.offers), None)
    title = _call(first) if first else "Feature Unavailable"
    advice = f"Please {title[0].lower()}{title[1:]}" if first else "Please contact us"
    if limited:
        problem = f"You have reached the usage limit for {name.lower()}."
        remedy = f"{advice} to continue using this feature."
    elif first:
        problem = f"Your current plan does not include the {name} feature."
        remedy = f"{advice} to use this feature."
    else:
        problem = f"{name} is not available for your account."
        remedy = f"{advice} to enable it."
    return {
        "scenario": "usage_limit" if limited else "feature_flag",
        "title": title,
        "message": f"{problem} {remedy}{_alternative(paywall)}",
        "feature_id": paywall.feature.id,
        "feature_name": name,
        "products": [product_answer(each, env) for each in paywall.offers],
        "upgrade_product_id": first.version.plan.id if first else None,
    }


def _call(offer: Offer) -> str:
    name = offer.version.plan.name
    if offer.tries_for_free:
        return f"Start trial for {name}"
    return f"Purchase {name}" if offer.extra else f"Upgrade to {name}"


def _alternative(paywall: Paywall) -> str:
    """What can be bought besides, where the plan to name first replaces another."""
    extra = next((each for each in paywall.offers if each.extra), None)
    if extra is None or extra is paywall.offers[0]:
        return ""
    return f" Alternatively, you can purchase the {extra.version.plan.name} add on."
