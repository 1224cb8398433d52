"""Inputs for scheduling plans, updating several, and bringing them in from elsewhere."""

from collections.abc import Sequence
from typing import TypeAlias

from ..models.plans import PlanCustomization
from ._typing import NotRequired, TypedDict
from .billing import FeatureQuantityLike, LicenseQuantityInput
from .common import (
    BillingCycleAnchor,
    CancelAction,
    GrantKind,
    ImportInterval,
    ImportStatus,
    InvoiceProcessor,
    PhaseLength,
    ProrationBehavior,
    Quantity,
    Timestamp,
)
from .plans import PlanItemLike, SharedCustomizeInput


class ScheduleCustomizeInput(SharedCustomizeInput):
    """What to change about a plan within a schedule."""

    items: NotRequired[Sequence[PlanItemLike]]
    """All items, in place of the plan's; not together with `add_items` or `remove_items`."""


ScheduleCustomizeLike: TypeAlias = ScheduleCustomizeInput | PlanCustomization


class SchedulePlanInput(TypedDict):
    """A plan within a schedule."""

    plan_id: str
    """The plan."""
    entity_id: NotRequired[str | None]
    """The entity that gets it; None for the customer."""
    feature_quantities: NotRequired[Sequence[FeatureQuantityLike]]
    """Prepaid units to buy."""
    license_quantities: NotRequired[Sequence[LicenseQuantityInput]]
    """How many licenses to hold."""
    version: NotRequired[int]
    """A certain version; the latest by default."""
    customize: NotRequired[ScheduleCustomizeLike]
    """What to change about it, for this customer."""
    subscription_id: NotRequired[str]
    """Your id of the subscription, unique for the customer."""


class PhaseDelayInput(TypedDict):
    """How long the phase before lasts."""

    duration_type: PhaseLength
    """The unit of `duration_count`."""
    duration_count: int
    """How many of them."""


class SchedulePhaseInput(TypedDict):
    """A span of time within a schedule, in which certain plans are held."""

    plans: Sequence[SchedulePlanInput]
    """The plans."""
    starts_at: NotRequired[BillingCycleAnchor]
    """When it begins; "now" for the first. Give this or `starting_after`."""
    starting_after: NotRequired[PhaseDelayInput]
    """How long after the beginning of the phase before."""
    billing_cycle_anchor: NotRequired[BillingCycleAnchor]
    """What its billing periods are aligned to."""
    proration_behavior: NotRequired[ProrationBehavior]
    """How the change to it is charged."""


class PlanUpdateInput(TypedDict):
    """One of several plans to cancel or keep."""

    cancel_action: CancelAction
    """What to do."""
    plan_id: NotRequired[str]
    """The plan. Give this or `subscription_id`."""
    subscription_id: NotRequired[str]
    """The subscription, by your id or Autumn's."""
    entity_id: NotRequired[str]
    """The entity that has it."""
    proration_behavior: NotRequired[ProrationBehavior]
    """How it is charged."""


class ImportLinkInput(TypedDict):
    """What bills a plan at the processor."""

    subscription_id: NotRequired[str]
    """The processor's subscription."""
    schedule_id: NotRequired[str]
    """Stripe's subscription schedule."""


class ImportQuantityInput(TypedDict):
    """Prepaid units that are held."""

    feature_id: str
    """The feature."""
    quantity: Quantity
    """Units, the included ones counted."""


class ImportBalanceFilterInput(TypedDict):
    """Which of a feature's balances is meant."""

    interval: NotRequired[ImportInterval | None]
    """The one that is filled up this often; None for one that isn't."""
    billing_behavior: NotRequired[GrantKind]
    """The one whose units come this way."""


class ImportBalanceInput(TypedDict):
    """How it stands with a balance."""

    feature_id: str
    """The feature that it counts."""
    filter: NotRequired[ImportBalanceFilterInput]
    """Which of its balances is meant, if there are several."""
    usage: NotRequired[Quantity]
    """Units used. Give this or `balance`."""
    balance: NotRequired[Quantity]
    """Units left."""
    next_reset_at: NotRequired[Timestamp]
    """When it is filled up again."""


class ImportPlanInput(TypedDict):
    """A plan that a customer holds already."""

    plan_id: str
    """The plan."""
    version: NotRequired[int]
    """A certain version; the latest by default."""
    status: NotRequired[ImportStatus]
    """How it stands with it."""
    started_at: NotRequired[Timestamp]
    """When it began."""
    quantity: NotRequired[Quantity]
    """How many times it is held."""
    feature_quantities: NotRequired[Sequence[ImportQuantityInput]]
    """Prepaid units held."""
    balances: NotRequired[Sequence[ImportBalanceInput]]
    """How it stands with its balances."""


class ImportBillableInput(TypedDict):
    """What a processor bills already, with the plan it stands for."""

    processor: NotRequired[InvoiceProcessor]
    """Who bills it."""
    link: NotRequired[ImportLinkInput]
    """What bills it there."""
    billing_cycle_anchor: NotRequired[Timestamp]
    """What its billing periods are aligned to."""
    plan: NotRequired[ImportPlanInput]
    """The plan it stands for."""


class ImportCustomerInput(TypedDict):
    """A customer to make, should there be none yet."""

    name: NotRequired[str]
    """The name."""
    email: NotRequired[str]
    """The email address."""
    fingerprint: NotRequired[str]
    """What tells people apart who come back for another free trial."""
    created_at: NotRequired[Timestamp]
    """When the customer came to you."""


class ImportProcessorInput(TypedDict):
    """The customer as a processor knows it."""

    type: InvoiceProcessor
    """The processor."""
    id: str
    """Its id of the customer."""
