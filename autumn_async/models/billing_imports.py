"""What comes back when subscriptions that exist elsewhere are brought in."""
# ruff: noqa: RUF012 - msgspec copies an empty list for each instance

from .base import Model
from .customers import Customer


class ImportedPlan(Model, frozen=True, kw_only=True, gc=False):
    """A plan that was given to a customer by an import, or would be."""

    plan_id: str
    """The plan."""
    processor: str
    """Who bills it, such as `stripe`."""
    customer_product_id: str | None = None
    """The server's id of what the customer holds; None if there is nothing yet."""
    status: str
    """Its status now."""
    skipped: bool = False
    """True if nothing was done about it."""
    expired: bool | None = None
    """True if it was ended; None from servers that don't say."""
    mismatch: bool | None = None
    """True if it isn't what the processor has; None from servers that don't say."""
    reason: str | None = None
    """Why it was skipped or doesn't match; None if neither."""


class BillingImport(Model, frozen=True, kw_only=True, gc=False):
    """What an import has done for a customer, or would do."""

    customer_id: str
    """The customer."""
    flashed: list[ImportedPlan] = []
    """The plans, one for each that was asked for."""
    customer: Customer | None = None
    """The customer afterwards; None in a dry run for one who doesn't exist yet."""
