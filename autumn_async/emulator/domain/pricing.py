"""What quantities cost, and which of two plans is the dearer one. Major currency units."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf
from typing import TYPE_CHECKING, Final

from .amounts import LARGEST_WHOLE, exact
from .intervals import MONTHS

if TYPE_CHECKING:
    from .intervals import Interval
    from .plans import Content, Price, Tier

WEEKS_A_MONTH: Final = 4


def packs(price: Price, included: float, quantity: float) -> float:
    """How many packs hold that many units, what is included not counted; rounded up."""
    if price.billing_units <= 0:
        return 0
    return ceil(min(max(0, quantity - included) / price.billing_units, LARGEST_WHOLE))


def rounded_up(price: Price, included: float, quantity: float) -> float:
    """The units one gets for asking so many: what is included, and whole packs."""
    return exact(included + packs(price, included, quantity) * price.billing_units)


def cost(price: Price, included: float, quantity: float) -> float:
    """What so many units cost for one interval, the included ones among them."""
    bought = packs(price, included, quantity)
    if not price.tiers:
        return payable(bought * (price.amount or 0))
    if price.tier_behavior == "volume":
        return payable(_by_volume(price, included, bought))
    return payable(_graduated(price, included, bought))


def payable(amount: float) -> float:
    """An amount that can be written down: beyond 2**53 there is nothing to be had anyway."""
    return max(-LARGEST_WHOLE, min(LARGEST_WHOLE, amount))


def rounded(amount: float) -> float:
    """Totals have two decimals."""
    return exact(round(payable(amount), 2))


def is_upgrade(current: Content, new: Content) -> bool:
    """Upgrades take effect at once, downgrades when the cycle ends."""
    if current.priced != new.priced:
        return new.priced
    if current.one_off or new.one_off or (_only_arrears(current) and _only_arrears(new)):
        return True
    longer = _rough_ms(new.cycle) > _rough_ms(current.cycle)
    return longer or _monthly(current) <= _monthly(new)


def _by_volume(price: Price, included: float, bought: float) -> float:
    """One tier prices everything, and the first also what nobody bought."""
    if price.billing_units <= 0 or (included and not bought):
        return 0
    quantity = included + bought * price.billing_units
    tier = next((tier for tier in price.tiers if quantity <= _end(tier)), price.tiers[-1])
    return quantity / price.billing_units * tier.amount + (tier.flat_amount or 0)


def _graduated(price: Price, included: float, bought: float) -> float:
    """Each tier prices the units that fall into it."""
    total, start = 0.0, 0.0
    units = bought * price.billing_units
    for end, tier in zip(_ends(price.tiers, included), price.tiers, strict=True):
        within = min(units, end) - start
        if within <= 0:
            break
        total += within / price.billing_units * tier.amount
        start = end
    return total


def _ends(tiers: Sequence[Tier], included: float) -> list[float]:
    """Where tiers end, what is included not counted. The last goes on for ever."""
    return [*(_end(tier) - included for tier in tiers[:-1]), inf]


def _end(tier: Tier) -> float:
    return inf if isinstance(tier.to, str) else tier.to


def _only_arrears(content: Content) -> bool:
    """Nothing of it has a price that is known beforehand."""
    return content.price is None and not any(
        item.price and not item.in_arrears for item in content.items
    )


def _monthly(content: Content) -> float:
    """What its recurring prices come to in a month; a pack or a first tier counts once."""
    prices = [
        (item.price.interval, _first(item.price))
        for item in content.items
        if item.price and not item.in_arrears
    ]
    if content.price:
        prices.append((content.price.interval, content.price.amount))
    return sum(amount / _months(interval) for interval, amount in prices if interval.recurs)


def _first(price: Price) -> float:
    return price.tiers[0].amount if price.tiers else price.amount or 0


def _months(interval: Interval) -> float:
    return interval.steps * MONTHS.get(interval.unit, 1 / WEEKS_A_MONTH)


def _rough_ms(interval: Interval | None) -> int:
    return interval.rough_ms if interval else 0
