"""What comes back when plans are attached, changed or scheduled, and from the payment pages."""
# ruff: noqa: RUF012 - msgspec copies an empty list for each instance

from datetime import datetime
from typing import Literal, TypeAlias

from .base import Milliseconds, Model, to_datetime
from .invoices import Invoice

RequiredActionCode: TypeAlias = (
    Literal["3ds_required", "payment_method_required", "payment_failed", "payment_processing"] | str
)
"""Why a payment didn't go through by itself."""

ScheduleStatus: TypeAlias = Literal["created", "pending_payment"] | str
"""Whether a schedule stands, or waits for a payment."""


class RequiredAction(Model, frozen=True, kw_only=True, gc=False):
    """What the customer has to do before a payment goes through."""

    code: RequiredActionCode
    """Why it didn't."""
    reason: str = ""
    """The same in words."""


class AttachResponse(Model, frozen=True, kw_only=True, gc=False):
    """What attaching or changing a plan has led to."""

    customer_id: str
    """The customer."""
    entity_id: str | None = None
    """The entity, if the plan is one's; else None."""
    payment_url: str | None = None
    """Page to send the customer to, to pay; None if nothing is left to do there."""
    invoice: Invoice | None = None
    """The invoice written; None if there was none."""
    required_action: RequiredAction | None = None
    """What the customer has to do for the payment; None if nothing."""


class SetupPaymentResponse(Model, frozen=True, kw_only=True, gc=False):
    """The page on which a customer leaves a payment method."""

    customer_id: str
    """The customer."""
    entity_id: str | None = None
    """The entity, if a plan of one's is to be attached; else None."""
    url: str
    """Page to send the customer to."""


class CustomerPortalResponse(Model, frozen=True, kw_only=True, gc=False):
    """The page on which a customer manages invoices and payment methods."""

    customer_id: str | None = None
    """The customer; None for one that has no id of yours yet."""
    url: str
    """Page to send the customer to."""


class SchedulePhase(Model, frozen=True, kw_only=True, gc=False):
    """A span of time within a schedule, in which certain plans are held."""

    phase_id: str
    """The server's id of the phase."""
    starts_at: Milliseconds
    """When it begins, milliseconds since the epoch (UTC)."""
    customer_product_ids: list[str] = []
    """The server's ids of the plans held in it."""

    @property
    def starts_at_datetime(self) -> datetime:
        """`starts_at` as an aware UTC datetime."""
        return to_datetime(self.starts_at)


class BillingSchedule(AttachResponse, frozen=True, kw_only=True, gc=False):
    """Phases of plans that follow each other, and what is left to pay for them."""

    status: ScheduleStatus
    """Whether the schedule stands, or waits for a payment."""
    schedule_id: str | None = None
    """The server's id of it; None while it waits for a payment."""
    phases: list[SchedulePhase] = []
    """The phases, the first one first."""
