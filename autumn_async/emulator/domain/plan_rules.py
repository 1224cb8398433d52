"""What a plan may not contain."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

from .failures import ApiError, invalid_inputs, refused
from .intervals import ONE_OFF

if TYPE_CHECKING:
    from .environment import Environment
    from .plans import BasePrice, Content, Item, Plan, Price

MOST_INCLUDED: Final = 10_000_000_000_000


def check_content(content: Content) -> None:
    """Refuses items, prices and trials that don't go together."""
    for index, item in enumerate(content.items):
        _check_grant(index, item)
        if item.price:
            _check_price(item, item.price)
    if content.price:
        _check_decimals(content.price)
    for first, second in combinations(content.items, 2):
        _check_pair(first, second)
    _check_intervals(content)
    if content.free_trial and content.one_off:
        raise refused("One-off products cannot have a free trial")


def check_auto_enable(env: Environment, plan: Plan, group: str, content: Content) -> None:
    """A plan for new customers is free or a trial without card; one of a kind per group."""
    trial = content.free_trial
    cardless = trial is not None and not trial.card_required and not content.one_off
    if content.priced and not cardless:
        raise refused("Cannot make a plan auto-enable if it has prices on it.")
    for other in env.plans:
        same_kind = other.latest.content.priced == content.priced
        if other is not plan and other.auto_enable and other.group == group and same_kind:
            raise refused(
                f"You have another default product ({other.id})."
                " Please remove default from that product first."
            )


def _check_grant(index: int, item: Item) -> None:
    if not 0 <= item.included <= MOST_INCLUDED:
        text = "must be between 0 and 10 trillion; use unlimited instead"
        raise invalid_inputs(f"items.{index}.included: {text}")
    if item.rollover and item.rollover.length < 0:
        raise invalid_inputs(f"items.{index}.rollover: length must be 0 or greater")


def _check_price(item: Item, price: Price) -> None:
    feature_id = item.feature.id
    if price.usage_based and not price.interval.recurs:
        raise ApiError(
            400,
            "invalid_price",
            f"Usage prices cannot be one-off if not set to prepaid (feature: {feature_id})",
        )
    if price.usage_based and item.unlimited:
        # Autumn takes it and then fails every plans.list of the organisation.
        raise invalid_inputs(f"Feature {feature_id} cannot be unlimited and usage-based")
    if item.prepaid and item.proration.on_increase == "bill_immediately":
        raise invalid_inputs(f"Prepaid feature {feature_id} cannot bill increases immediately")
    units = price.billing_units
    if not price.usage_based and units > 0 and item.included % units:
        raise refused(f"Included usage of {feature_id} must be a multiple of {units}")


def _check_decimals(price: BasePrice) -> None:
    if round(price.amount, 2) != price.amount:
        raise invalid_inputs("One off prices can have at most 2 decimal places")


def _check_pair(first: Item, second: Item) -> None:
    feature = first.feature
    if feature is not second.feature or first.entity_feature is not second.entity_feature:
        return
    if feature.boolean:
        raise invalid_inputs(f"Feature {feature.id} is duplicated")
    methods = [item.price.billing_method if item.price else None for item in (first, second)]
    if methods[0] == methods[1] and (first.reset or ONE_OFF) == (second.reset or ONE_OFF):
        raise invalid_inputs(
            f"Feature {feature.id} has two items of one kind with the same interval;"
            " make them one item"
        )


def _check_intervals(content: Content) -> None:
    units = {item.price.interval.unit for item in content.items if item.price}
    if content.price:
        units.add(content.price.interval.unit)
    if "week" in units and units - {"week", "one_off"}:
        raise invalid_inputs("Can't have both weekly and monthly price items in the same product")
