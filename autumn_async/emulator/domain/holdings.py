"""A plan that a customer holds, or will hold, or has held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .entities import Entity
    from .plans import PlanVersion


@dataclass(eq=False, slots=True)
class Holding:
    """One attachment of a plan version. Moments in milliseconds."""

    id: str
    version: PlanVersion
    created_at: int
    started_at: int
    subscription_id: str | None = None
    status: str = "active"
    trial_ends_at: int | None = None
    entity: Entity | None = None
    """The entity it was attached to; None for the customer itself."""

    @property
    def name(self) -> str:
        """The caller's id for it, or the generated one."""
        return self.subscription_id or self.id

    @property
    def one_off(self) -> bool:
        return self.version.content.one_off
