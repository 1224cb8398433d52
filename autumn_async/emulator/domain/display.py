"""The words and numbers of a price list. Cosmetic, but people read them."""

from __future__ import annotations

from .amounts import exact
from .intervals import Interval
from .plans import BasePrice, Item, Price

Texts = dict[str, str]


def base_price_texts(price: BasePrice) -> Texts:
    return {"primary_text": _money(price.amount), "secondary_text": _per(price.interval)}


def item_texts(item: Item) -> Texts:
    granted = _granted(item)
    if item.price is None or item.unlimited:
        return {"primary_text": granted}
    cost = f"{_cost(item.price)} per {_units(item, item.price)}"
    if item.included:
        return {"primary_text": granted, "secondary_text": f"then {cost}"}
    return {"primary_text": cost}


def period_text(price: Price) -> str:
    """How often it is paid."""
    return _per(price.interval)


def _granted(item: Item) -> str:
    if item.feature.boolean:
        return item.feature.name
    if item.unlimited:
        return f"Unlimited {item.feature.called(2)}"
    return f"{_number(item.included)} {item.feature.called(item.included)}"


def _cost(price: Price) -> str:
    if len(price.tiers) > 1:
        return f"{_money(price.tiers[0].amount)} - {_money(price.tiers[-1].amount)}"
    return _money(price.tiers[0].amount if price.tiers else price.amount or 0)


def _units(item: Item, price: Price) -> str:
    name = item.feature.called(price.billing_units)
    return name if price.billing_units == 1 else f"{_number(price.billing_units)} {name}"


def _per(interval: Interval) -> str:
    if not interval.recurs:
        return "one-off"
    word = "half year" if interval.unit == "semi_annual" else interval.unit
    return f"per {word}" if interval.count == 1 else f"per {_number(interval.count)} {word}s"


def _money(amount: float) -> str:
    return f"-${_number(-amount)}" if amount < 0 else f"${_number(amount)}"


def _number(value: float) -> str:
    return f"{exact(value):,}"
