"""Plans in the API's older words, as previews of denied checks show them: products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..domain.display import base_price_texts, item_texts, period_text
from .plans import item_order

if TYPE_CHECKING:
    from ..domain.features import Feature
    from ..domain.intervals import Interval
    from ..domain.paywall import Offer
    from ..domain.plans import BasePrice, Content, FreeTrial, Item, Price

Answer = dict[str, Any]


def product_answer(offer: Offer, env: str) -> Answer:
    version = offer.version
    plan, content = version.plan, version.content
    items = sorted(content.items, key=item_order)
    prices = [_base_price(content.price)] if content.price else []
    trial = content.free_trial
    return {
        "id": plan.id,
        "name": plan.name,
        "group": plan.group or None,
        "env": env,
        "is_add_on": plan.add_on,
        "is_default": version.auto_enabled,
        "archived": plan.archived,
        "version": version.number,
        "created_at": version.created_at,
        "items": [*prices, *(_item(item) for item in items)],
        "free_trial": _trial(trial, available=offer.tries_for_free) if trial else None,
        "base_variant_id": None,
        "billing_controls": content.billing_controls,
        "scenario": "upgrade" if offer.upgrades else "new",
        "properties": _properties(content),
    }


def _properties(content: Content) -> Answer:
    cycle = content.cycle
    answer: Answer = {"is_free": not content.priced, "is_one_off": content.one_off}
    if cycle:
        answer["interval_group"] = cycle.unit
    return answer | {"has_trial": content.free_trial is not None, "updateable": False}


def _base_price(price: BasePrice) -> Answer:
    return {
        "type": "price",
        "feature_id": None,
        "feature": None,
        **_interval(price.interval),
        "price": price.amount,
        "display": base_price_texts(price),
    }


def _item(item: Item) -> Answer:
    answer: Answer = {
        "type": "priced_feature" if item.price else "feature",
        "feature_id": item.feature.id,
        "feature_type": "static" if item.feature.boolean else _kind(item.feature),
        "feature": _feature(item.feature),
    }
    if not item.feature.boolean:
        answer |= _grant(item)
    entity_feature = item.entity_feature.id if item.entity_feature else None
    answer |= {"entity_feature_id": entity_feature, "display": _texts(item)}
    if item.prepaid:
        how = item.proration
        answer["config"] = {"on_increase": how.on_increase, "on_decrease": how.on_decrease}
    return answer


def _texts(item: Item) -> Answer:
    """As plans show them; where only a price is shown, it also says how often it is paid."""
    texts = item_texts(item)
    amount, per, unit = texts["primary_text"].partition(" per ")
    if item.price is None or not per:
        return texts
    return {"primary_text": amount, "secondary_text": f"per {unit} {period_text(item.price)}"}


def _grant(item: Item) -> Answer:
    interval = item.price.interval if item.price else item.reset
    return {
        "included_usage": "inf" if item.unlimited else item.included,
        **_interval(interval),
        **(_price(item.price) if item.price else {}),
        "reset_usage_when_enabled": item.feature.consumable,
    }


def _price(price: Price) -> Answer:
    amount: Answer = {"price": price.amount}
    if price.tiers:
        amount["tiers"] = [{"to": tier.to, "amount": tier.amount} for tier in price.tiers]
    return amount | {
        "tier_behavior": price.tier_behavior,
        "usage_model": "pay_per_use" if price.usage_based else "prepaid",
        "billing_units": price.billing_units,
    }


def _interval(interval: Interval | None) -> Answer:
    if interval is None or not interval.recurs:
        return {"interval": None, "interval_count": 1}
    return {"interval": interval.unit, "interval_count": interval.count}


def _feature(feature: Feature) -> Answer:
    words = {"singular": feature.called(1), "plural": feature.called(2)}
    return {"id": feature.id, "name": feature.name, "type": _kind(feature), "display": words}


def _kind(feature: Feature) -> str:
    if feature.boolean:
        return "boolean"
    return "continuous_use" if feature.continuous else "single_use"


def _trial(trial: FreeTrial, *, available: bool) -> Answer:
    return {
        "duration": trial.unit,
        "length": trial.length,
        "unique_fingerprint": False,
        "card_required": trial.card_required,
        "on_end": trial.on_end,
        "trial_available": available,
    }
