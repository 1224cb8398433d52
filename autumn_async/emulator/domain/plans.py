"""Plans and their versions: what attaching one grants, and what it costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from .failures import ApiError, plan_not_found, refused
from .features import Feature
from .intervals import Interval


class Tier(Struct, frozen=True):
    """A price tier; `to` counts the included amount in, "inf" has no end."""

    to: float | str
    amount: float
    flat_amount: float | None = None


class Price(Struct, frozen=True):
    """What a metered item costs beyond its included amount."""

    interval: Interval
    billing_method: str
    amount: float | None = None
    tiers: tuple[Tier, ...] = ()
    tier_behavior: str | None = None
    billing_units: float = 1
    max_purchase: float | None = None

    @property
    def usage_based(self) -> bool:
        return self.billing_method == "usage_based"

    @property
    def sold_once(self) -> bool:
        """For packs that are paid once and stay until they are used up."""
        return not self.usage_based and not self.interval.recurs


class Proration(Struct, frozen=True):
    """How a change of the packs bought is billed: at once or with the next cycle."""

    on_increase: str = "prorate_immediately"
    on_decrease: str = "prorate_immediately"

    def of(self, difference: float) -> str:
        """How more units, or fewer, are billed."""
        return self.on_increase if difference > 0 else self.on_decrease

    @property
    def decrease_waits(self) -> bool:
        """Fewer packs are bought from the next cycle on; until then all are kept."""
        return self.on_decrease in ("none", "no_prorations")


class RolloverTerms(Struct, frozen=True):
    """How much of an unused balance outlives a reset, and how long."""

    duration: str
    length: float = 1
    max: float | None = None
    max_percentage: float | None = None


class Item(Struct, frozen=True):
    """One feature of a plan."""

    feature: Feature
    included: float = 0
    unlimited: bool = False
    reset: Interval | None = None
    price: Price | None = None
    rollover: RolloverTerms | None = None
    proration: Proration = Proration()
    entity_feature: Feature | None = None
    """The feature whose entities are granted this much each; None: the customer is, once."""

    @property
    def prepaid(self) -> bool:
        """Bought up front, in packs."""
        return self.price is not None and not self.price.usage_based

    @property
    def sold_once(self) -> bool:
        """Bought in packs that are paid once."""
        return self.price is not None and self.price.sold_once

    @property
    def in_arrears(self) -> bool:
        """Used first, and paid at the end of the cycle."""
        return self.price is not None and self.price.usage_based and not self.feature.continuous

    @property
    def allocated(self) -> bool:
        """Seats and the like: those in use beyond the included ones are paid in advance."""
        return self.price is not None and self.price.usage_based and self.feature.continuous


class BasePrice(Struct, frozen=True):
    amount: float
    interval: Interval


class FreeTrial(Struct, frozen=True):
    length: float
    unit: str
    card_required: bool
    on_end: str | None = None


class Content(Struct, frozen=True):
    """What makes a version of a plan: changing it on a plan in use makes a new version."""

    items: tuple[Item, ...] = ()
    price: BasePrice | None = None
    free_trial: FreeTrial | None = None
    billing_controls: dict[str, Any] = {}

    @property
    def priced(self) -> bool:
        return self.price is not None or any(item.price for item in self.items)

    @property
    def price_intervals(self) -> list[Interval]:
        """How often each of its prices is paid."""
        intervals = [item.price.interval for item in self.items if item.price]
        return [self.price.interval, *intervals] if self.price else intervals

    @property
    def one_off(self) -> bool:
        """Every price of it is paid once."""
        return self.priced and self.cycle is None

    @property
    def cycle(self) -> Interval | None:
        """The longest interval in which it is paid; None where nothing is paid again."""
        recurring = [interval for interval in self.price_intervals if interval.recurs]
        return max(recurring, key=lambda interval: interval.rough_ms, default=None)

    def sells(self, quantities: Iterable[str]) -> bool:
        """Are all of these features among those bought in packs?"""
        sold = {item.feature.id for item in self.items if item.prepaid}
        return sold.issuperset(quantities)

    def buys_once(self, quantities: Iterable[str]) -> bool:
        """Is any of these features bought in packs that are paid once?"""
        once = {item.feature.id for item in self.items if item.sold_once}
        return not once.isdisjoint(quantities)


class PlanVersion(Struct, eq=False):
    """One version of a plan; customers stay on the version they were attached to."""

    plan: Plan
    number: int
    content: Content
    created_at: int
    holders: int = 0
    """How often it has been attached, expired attachments included."""

    @property
    def latest(self) -> bool:
        return self.plan.versions[-1] is self

    @property
    def auto_enabled(self) -> bool:
        return self.plan.auto_enable and self.latest


class Plan(Struct, eq=False):
    """A plan: the details that all of its versions share."""

    id: str
    name: str
    group: str = ""
    description: str | None = None
    add_on: bool = False
    auto_enable: bool = False
    archived: bool = False
    config: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    versions: list[PlanVersion] = []

    @property
    def latest(self) -> PlanVersion:
        return self.versions[-1]

    @property
    def holders(self) -> int:
        return sum(version.holders for version in self.versions)

    def version(self, number: float | None = None) -> PlanVersion:
        """The version of that number; the latest when None."""
        if number is None:
            return self.latest
        for version in self.versions:
            if version.number == number:
                return version
        raise plan_not_found(self.id, number)

    def add_version(self, content: Content, now: int) -> PlanVersion:
        number = self.versions[-1].number + 1 if self.versions else 1
        version = PlanVersion(self, number, content, now)
        self.versions.append(version)
        return version


class PlanBook:
    """All plans of an environment."""

    def __init__(self) -> None:
        self._by_id: dict[str, Plan] = {}

    def __iter__(self) -> Iterator[Plan]:
        return iter(self._by_id.values())

    def plan(self, plan_id: str) -> Plan:
        plan = self._by_id.get(plan_id)
        if plan is None:
            raise plan_not_found(plan_id)
        return plan

    def version(self, plan_id: str, number: float | None = None) -> PlanVersion:
        """The version of that number; the latest when None."""
        return self.plan(plan_id).version(number)

    def add(self, plan: Plan) -> None:
        self._by_id[plan.id] = plan

    def require_free(self, plan_id: str, *, status: int = 400) -> None:
        if plan_id in self._by_id:
            message = f"Product {plan_id} already exists"
            raise ApiError(status, "product_already_exists", message)

    def rename(self, plan: Plan, new_id: str) -> None:
        del self._by_id[plan.id]
        plan.id = new_id
        self._by_id[new_id] = plan

    def delete(self, plan: Plan, *, all_versions: bool) -> None:
        """Removes the latest version, or all; refused once anybody has held it."""
        holders = plan.holders if all_versions else plan.latest.holders
        if holders:
            raise refused(
                f"Product {plan.id} has {holders} customers (expired or active) on it"
                " and therefore cannot be deleted"
            )
        plan.versions.pop()
        if all_versions or not plan.versions:
            del self._by_id[plan.id]

    def listed(self, *, archived: bool) -> list[Plan]:
        """As the API lists them: by group, main plans first, cheaper first, newest first."""
        plans = [plan for plan in self if archived or not plan.archived]
        return sorted(plans, key=_listing_order)

    def using(self, feature: Feature) -> bool:
        """Does any version of any plan, archived or not, contain the feature?"""
        return any(feature in (item.feature, item.entity_feature) for item in self.items())

    def items(self) -> Iterator[Item]:
        """The items of all versions of all plans, archived ones too."""
        for plan in self:
            for version in plan.versions:
                yield from version.content.items


def _listing_order(plan: Plan) -> tuple[str, bool, bool, float, int]:
    content = plan.latest.content
    amount = content.price.amount if content.price else 0
    return (plan.group, plan.add_on, content.priced, amount, -plan.latest.created_at)
