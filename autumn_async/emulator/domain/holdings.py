"""A plan that a customer holds, or will hold, or has held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from .entities import Entity
    from .plans import Content, PlanVersion
    from .subscriptions import Period, Subscription


class Holding(Struct, eq=False):
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
    custom: Content | None = None
    """What this customer gets instead of what the version says."""
    subscription: Subscription | None = None
    """The cycle it is paid in; None while nothing is paid for it."""
    quantities: dict[str, float] = {}
    """Units of prepaid features, what is included among them."""
    next_quantities: dict[str, float] = {}
    """Those that apply from the next cycle on, where they differ."""
    canceled_at: int | None = None
    ends_at: int | None = None
    reverts_to: Holding | None = None
    """The plan that comes back when the trial of this one ends."""

    @property
    def name(self) -> str:
        """The caller's id for it, or the generated one."""
        return self.subscription_id or self.id

    @property
    def content(self) -> Content:
        return self.custom or self.version.content

    @property
    def one_off(self) -> bool:
        return self.content.one_off

    @property
    def main(self) -> bool:
        """One of the plans of which a group allows only one."""
        return not self.version.plan.add_on and not self.one_off

    @property
    def active(self) -> bool:
        return self.status == "active"

    def trialing(self, now: int) -> bool:
        return self.trial_ends_at is not None and self.trial_ends_at > now

    def period(self, now: int) -> Period | None:
        """The period it is paid for at that moment; None for plans that are not paid again."""
        cycle, subscription = self.content.cycle, self.subscription
        if cycle is None or subscription is None or subscription.started_at > now:
            return None
        return subscription.period(cycle, now)
