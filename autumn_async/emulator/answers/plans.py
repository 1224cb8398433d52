"""Plans on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..domain.display import base_price_texts, item_texts

if TYPE_CHECKING:
    from ..domain.eligibility import Eligibility
    from ..domain.intervals import Interval
    from ..domain.plans import (
        BasePrice,
        Content,
        FreeTrial,
        Item,
        PlanVersion,
        Price,
        RolloverTerms,
    )

Answer = dict[str, Any]


def plan_answer(version: PlanVersion, env: str, custom: Content | None = None) -> Answer:
    """One version of a plan, or what one customer gets for it."""
    plan, content = version.plan, custom or version.content
    answer: Answer = {
        "id": plan.id,
        "name": plan.name,
        "description": plan.description,
        "group": plan.group or None,
        "version": version.number,
        "add_on": plan.add_on,
        "auto_enable": version.auto_enabled,
        "price": _base_price(content.price) if content.price else None,
        "items": [_item(item) for item in sorted(content.items, key=item_order)],
    }
    if content.free_trial:
        answer["free_trial"] = _free_trial(content.free_trial)
    return answer | {
        "created_at": version.created_at,
        "env": env,
        "archived": plan.archived,
        "config": {"ignore_past_due": False, **plan.config},
        "billing_controls": content.billing_controls,
        "metadata": plan.metadata,
        "base_variant_id": None,
    }


def eligibility_answer(found: Eligibility, now: int) -> Answer:
    """What a plan is to the customer who looks at it; `status` is absent if it isn't held."""
    held = found.held
    answer: Answer = {
        "trial_available": found.tries_for_free,
        "canceling": held is not None and held.canceled_at is not None,
        "trialing": held is not None and held.trialing(now),
        "attach_action": found.action,
    }
    return answer | {"status": held.status} if held else answer


def price_answer(price: Price) -> Answer:
    """The part of an item's price that balances show too."""
    answer: Answer = {}
    if price.tiers:
        answer["tiers"] = [_tier(tier.to, tier.amount, tier.flat_amount) for tier in price.tiers]
        if price.tier_behavior:
            answer["tier_behavior"] = price.tier_behavior
    else:
        answer["amount"] = price.amount
    return answer | {
        "billing_units": price.billing_units,
        "billing_method": price.billing_method,
        "max_purchase": price.max_purchase,
    }


def interval_answer(interval: Interval) -> Answer:
    """`interval_count` is absent when it is 1."""
    if interval.count == 1:
        return {"interval": interval.unit}
    return {"interval": interval.unit, "interval_count": interval.count}


def item_order(item: Item) -> tuple[bool, str]:
    """What costs something comes first."""
    return (item.price is None, item.feature.name.casefold())


def _item(item: Item) -> Answer:
    answer: Answer = {
        "feature_id": item.feature.id,
        "included": item.included,
        "unlimited": item.unlimited,
        "pooled": False,
        "reset": interval_answer(item.reset) if item.reset else None,
        "price": _item_price(item.price) if item.price else None,
        "display": item_texts(item),
    }
    if item.rollover:
        answer["rollover"] = _rollover(item.rollover)
    return answer


def _item_price(price: Price) -> Answer:
    return price_answer(price) | interval_answer(price.interval)


def _tier(to: float | str, amount: float, flat_amount: float | None) -> Answer:
    tier: Answer = {"to": to, "amount": amount}
    if flat_amount is not None:
        tier["flat_amount"] = flat_amount
    return tier


def _rollover(terms: RolloverTerms) -> Answer:
    return {
        "max": terms.max,
        "max_percentage": terms.max_percentage,
        "expiry_duration_type": terms.duration,
        "expiry_duration_length": terms.length,
    }


def _base_price(price: BasePrice) -> Answer:
    texts = {"display": base_price_texts(price)}
    return {"amount": price.amount, **interval_answer(price.interval), **texts}


def _free_trial(trial: FreeTrial) -> Answer:
    return {
        "duration_length": trial.length,
        "duration_type": trial.unit,
        "card_required": trial.card_required,
        "on_end": trial.on_end,
    }
