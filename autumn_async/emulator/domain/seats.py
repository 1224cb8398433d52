"""Creating and deleting entities, and the seats that they take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from . import locks
from .amounts import exact
from .beginnings import drop_scheduled, expire
from .entities import Entity
from .failures import ApiError, refused
from .seat_billing import SeatChange, bill_seats

if TYPE_CHECKING:
    from .customers import Customer
    from .environment import Environment
    from .features import Feature
    from .rows import Row


def require_room(customer: Customer, entity_id: str, feature: Feature) -> None:
    """Refuses an entity that exists, or that a seat cannot be bought for."""
    if entity_id in customer.entities:
        raise ApiError(409, "entity_already_exists", f"Entity {entity_id} already exists")
    for row in _seats(customer, feature):
        cap = row.price.max_purchase if row.price and row.usage_based else None
        if cap is not None and row.balance - 1 < -cap:
            message = f"No more entities of feature {feature.id}: its limit is reached"
            raise ApiError(400, "feature_limit_reached", message)


def require_countable(feature: Feature) -> None:
    if feature.consumable:
        raise refused(
            f"Feature '{feature.id}' is consumable (e.g. credits, API calls)."
            " Entities can only be created for non-consumable features (e.g. seats)."
        )


def pay_for_seat(env: Environment, customer: Customer, feature: Feature, now: int) -> None:
    """Charges for one more seat, before it is taken; a 402 if that fails."""
    wanted = [SeatChange(row, row.balance, row.balance - 1) for row in _seats(customer, feature)]
    bill_seats(env, customer, wanted, now)


def create(env: Environment, entity: Entity) -> None:
    """Adds an entity; rows that each entity has a share of get one for it."""
    env.entities.add(entity)
    for row in entity.customer.ledger.all_rows():
        row.share_with(entity)


def take_seat(entity: Entity) -> None:
    for row in _seats(entity.customer, entity.feature):
        row.balance = exact(row.balance - 1)


def delete(env: Environment, entity: Entity, now: int) -> None:
    """Removes an entity with its plans and balances, and frees its seat."""
    customer = entity.customer
    locks.forget_entity(env, entity)
    for holding in tuple(customer.holdings):
        if holding.entity is entity:
            if holding.active:
                expire(customer, holding, now)
            else:
                drop_scheduled(customer, holding)
    for row in customer.ledger.all_rows():
        row.shares.pop(entity.id, None)
        row.rollovers = [each for each in row.rollovers if each.entity is not entity]
        if row.entity is entity:
            customer.ledger.drop(row)
    _free_seat(env, entity, now)
    env.entities.remove(entity)


def _free_seat(env: Environment, entity: Entity, now: int) -> None:
    """What was paid for the rest of the period comes back."""
    customer = entity.customer
    freed: list[SeatChange] = []
    for row in _seats(customer, entity.feature):
        before = row.balance
        row.balance = max(before, min(row.ceiling, exact(before + 1)))
        freed.append(SeatChange(row, before, row.balance))
    bill_seats(env, customer, freed, now)


def _seats(customer: Customer, feature: Feature) -> Iterator[Row]:
    """The row of each of the customer's plans that counts entities of the feature."""
    counting: set[object] = set()
    for row in customer.ledger.all_rows():
        holding = row.holding
        if row.feature is not feature or holding is None or row.entity or feature.boolean:
            continue
        if holding not in counting:
            counting.add(holding)
            yield row
