"""What comes back when a plan is attached or changed, and from the payment pages."""

from typing import Literal, TypeAlias

from .base import Model
from .invoices import Invoice

RequiredActionCode: TypeAlias = (
    Literal["3ds_required", "payment_method_required", "payment_failed", "payment_processing"] | str
)
"""Why a payment didn't go through by itself."""


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
