"""Creating and deleting entities, and the seats that they take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from . import locks
from .amounts import exact
from .beginnings import expire
from .entities import Entity
from .failures import ApiError, refused

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


def create(env: Environment, entity: Entity) -> None:
    """Adds an entity; rows that each entity has a share of get one for it."""
    env.entities.add(entity)
    for row in entity.customer.ledger.all_rows():
        row.share_with(entity)


def take_seat(entity: Entity) -> None:
    for row in _seats(entity.customer, entity.feature):
        row.balance = exact(row.balance - 1)


def delete(env: Environment, entity: Entity) -> None:
    """Removes an entity with its plans and balances, and frees its seat."""
    customer = entity.customer
    locks.forget_entity(env, entity)
    for holding in tuple(customer.holdings):
        if holding.entity is entity:
            expire(customer, holding)
    for row in customer.ledger.all_rows():
        row.shares.pop(entity.id, None)
        row.rollovers = [each for each in row.rollovers if each.entity is not entity]
        if row.entity is entity:
            customer.ledger.drop(row)
    for row in _seats(customer, entity.feature):
        row.balance = max(row.balance, min(row.ceiling, exact(row.balance + 1)))
    env.entities.remove(entity)


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
