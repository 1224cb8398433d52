"""Entities: the users, seats or workspaces of a customer."""
# ruff: noqa: RUF012 - msgspec copies an empty list or dict for each instance

from datetime import datetime

from .balances import Balance, Flag
from .base import Milliseconds, Model, to_datetime
from .billing_controls import BillingControls
from .common import Env
from .invoices import Invoice
from .subscriptions import Purchase, Subscription


class Entity(Model, frozen=True, kw_only=True, gc=False):
    """A part of a customer that has plans and balances of its own.

    What belongs to the customer as a whole shows here too. Entities within a `Customer` come
    without plans, balances and controls.
    """

    id: str | None = None
    """Your id of the entity; None if it has none yet."""
    name: str | None = None
    """The name people read; None without one."""
    customer_id: str | None = None
    """The customer it is part of; None from servers that don't say."""
    feature_id: str | None = None
    """The feature that counts such entities; None in the answer of a creation."""
    created_at: Milliseconds | None = None
    """When it was made, milliseconds since the epoch (UTC)."""
    env: Env | None = None
    """The environment it lives in."""
    subscriptions: list[Subscription] = []
    """Recurring and free plans, those of the customer included."""
    purchases: list[Purchase] = []
    """One-off purchases, those of the customer included."""
    balances: dict[str, Balance] = {}
    """What it may use, by feature id."""
    flags: dict[str, Flag] = {}
    """Boolean features that are on, by feature id."""
    billing_controls: BillingControls | None = None
    """Caps and alerts; None within a `Customer`."""
    invoices: list[Invoice] | None = None
    """Invoices, newest first; None unless expanded."""

    @property
    def created_at_datetime(self) -> datetime | None:
        """`created_at` as an aware UTC datetime."""
        return to_datetime(self.created_at)
