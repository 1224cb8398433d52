"""Entities of customers: seats, workspaces and the like, with balances of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from .failures import ApiError, entity_not_found
from .timeline import Timeline

if TYPE_CHECKING:
    from .customers import Customer
    from .features import Feature
    from .windows import Counter


class Entity(Struct, eq=False):
    """One entity, counted by the feature it was created for."""

    id: str
    customer: Customer
    feature: Feature
    created_at: int
    name: str | None = None
    billing_controls: dict[str, Any] = {}
    counters: dict[str, Counter] = {}


class EntityBook:
    """All entities of an environment, also found without naming their customer."""

    def __init__(self) -> None:
        self._by_id: dict[str, list[Entity]] = {}
        self.timeline: Timeline[Entity] = Timeline()

    def __len__(self) -> int:
        return len(self.timeline)

    def only(self, entity_id: str) -> Entity:
        """The one entity of that id, whoever its customer is."""
        found = self._by_id.get(entity_id, ())
        if not found:
            raise entity_not_found(entity_id)
        if len(found) > 1:
            message = f"Several customers have an entity {entity_id}: include customer_id"
            raise ApiError(400, "entity_id_required", message)
        return found[0]

    def add(self, entity: Entity) -> None:
        entity.customer.entities[entity.id] = entity
        self._by_id.setdefault(entity.id, []).append(entity)
        self.timeline.add(entity.created_at, entity)

    def remove(self, entity: Entity) -> None:
        del entity.customer.entities[entity.id]
        namesakes = self._by_id[entity.id]
        namesakes.remove(entity)
        if not namesakes:
            del self._by_id[entity.id]
        self.timeline.remove(entity.created_at, entity)
