"""What an attach was asked to do, and what it may not be asked to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field

from .beginnings import Inheritance
from .failures import ApiError, refused

if TYPE_CHECKING:
    from .customers import Customer
    from .entities import Entity
    from .holdings import Holding
    from .plans import Content, PlanVersion


class Wanted(Struct):
    """One plan to attach, and what of it is special for this customer."""

    version: PlanVersion
    content: Content
    quantities: Mapping[str, float] = {}
    subscription_id: str | None = None
    trial_given: bool = False
    """The caller said whether there is a trial, so it doesn't matter if there was one before."""
    entity: Entity | None = None

    @property
    def custom(self) -> Content | None:
        return None if self.content == self.version.content else self.content


class Terms(Struct):
    """How plans are attached or changed. Moments in milliseconds."""

    prorate: bool = True
    schedule: str | None = None
    redirect: str = "if_required"
    inheritance: Inheritance = field(default_factory=Inheritance)
    carries_balances: bool = False
    without_payment: bool = False
    by_invoice: bool = False
    draft: bool = False
    enable_at_once: bool = False
    own_subscription: bool | None = None
    starts_at: int | None = None
    ends_at: int | None = None
    anchor: int | None = None
    own_lines: Sequence[tuple[str, float]] = ()

    def starts_later(self, now: int) -> bool:
        return self.starts_at is not None and self.starts_at > now


def check_new(customer: Customer, wanted: Wanted, terms: Terms, now: int) -> None:
    """Refuses terms that don't fit the plan."""
    _require_unused(customer, wanted.subscription_id)
    paid_again = wanted.content.cycle is not None
    if terms.starts_at is not None:
        _check_start(wanted, terms, terms.starts_at, now)
    if terms.ends_at is not None and not wanted.content.priced:
        raise refused("ends_at cannot be set for free products")
    if terms.ends_at is not None and terms.ends_at <= max(now, terms.starts_at or now):
        raise refused("ends_at must be in the future and after starts_at")
    if terms.anchor is not None and not paid_again:
        raise refused("billing_cycle_anchor requires a plan with recurring prices")
    if terms.anchor is not None and wanted.content.free_trial:
        raise refused("billing_cycle_anchor cannot be combined with a free trial")
    if terms.anchor is not None and terms.anchor < (terms.starts_at or now):
        raise refused("billing_cycle_anchor cannot be before the start of the plan")
    if terms.anchor is not None and terms.ends_at is not None and terms.anchor > terms.ends_at:
        raise refused("billing_cycle_anchor cannot be after ends_at")
    if terms.own_subscription is False and not customer.paying:
        raise refused("new_billing_subscription: false requires an existing paid subscription")


def _check_start(wanted: Wanted, terms: Terms, starts_at: int, now: int) -> None:
    if terms.schedule == "end_of_cycle":
        raise refused("starts_at cannot be combined with plan_schedule 'end_of_cycle'")
    if wanted.content.cycle is None:
        raise refused("starts_at is only supported for paid recurring plans")
    if wanted.content.free_trial:
        raise refused("starts_at cannot be combined with a free trial")
    if starts_at > now and terms.by_invoice:
        raise refused("A future starts_at cannot be combined with invoice mode")


def check_switch(current: Holding, wanted: Wanted, terms: Terms) -> None:
    """Refuses to replace a plan by itself, or one whose payments nobody can find."""
    if current.version.plan is wanted.version.plan:
        raise ApiError(
            409,
            "plan_already_attached",
            f"Cannot attach because the customer's current product '{wanted.version.plan.name}'"
            " is the same as the product being attached",
        )
    unlinked = current.content.cycle is not None and current.subscription is None
    if unlinked and not terms.without_payment:
        raise refused(
            f"Cannot switch from plan {current.version.plan.id}:"
            " it is not linked to a billing subscription"
        )


def check_scheduled(wanted: Wanted, terms: Terms) -> None:
    """Refuses what only an immediate switch can do."""
    if terms.own_lines:
        raise refused("custom_line_items are only supported for immediate plan switches")
    if terms.carries_balances:
        raise refused("carry_over_balances is only supported for immediate plan switches")
    if terms.by_invoice and not terms.enable_at_once:
        raise refused("Invoice mode cannot be used to schedule a downgrade")
    for item in wanted.content.items:
        if item.sold_once and wanted.quantities.get(item.feature.id, 0) > 0:
            raise refused(
                f"One-off prepaid feature {item.feature.id} cannot be bought"
                " with a plan that starts later"
            )


def _require_unused(customer: Customer, subscription_id: str | None) -> None:
    if subscription_id is None:
        return
    if any(holding.subscription_id == subscription_id for holding in customer.holdings):
        message = f"subscription_id '{subscription_id}' is already in use for this customer"
        raise ApiError(409, "duplicate_subscription_id", message)
