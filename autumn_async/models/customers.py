"""Customers, with all they hold, may use and have paid."""
# ruff: noqa: RUF012 - msgspec copies an empty list or dict for each instance

from datetime import datetime
from typing import Any, Literal, TypeAlias

from msgspec import field

from .balances import Balance, Flag
from .base import Milliseconds, Model, Number, to_datetime
from .billing_controls import BillingControls
from .billing_details import BillingDetails
from .common import Env
from .entities import Entity
from .invoices import Invoice, InvoicePreview
from .referrals import ReferralCustomer
from .subscriptions import Purchase, Subscription

DiscountType: TypeAlias = (
    Literal[
        "percentage_discount", "fixed_discount", "free_product", "invoice_credits", "feature_grant"
    ]
    | str
)
"""What a discount gives."""

DiscountDuration: TypeAlias = Literal["one_off", "months", "forever"] | str
"""How long a discount lasts."""

TestClockStatus: TypeAlias = Literal["advancing", "internal_failure", "ready"] | str
"""Whether Stripe is still catching up with a test clock."""


class CustomerConfig(Model, frozen=True, kw_only=True, gc=False):
    """Switches of a customer."""

    disable_pooled_balance: bool | None = None
    """True if entities don't draw on the customer's own balances; None if never set."""
    disable_overage_billing: bool | None = None
    """True if overage is counted but not charged for; None leaves that to the organisation."""


class ProcessorCustomer(Model, frozen=True, kw_only=True, gc=False):
    """A customer as a payment processor knows it."""

    id: str | None = None
    """The processor's id; None if it has none yet."""


class VercelInstallation(Model, frozen=True, kw_only=True, gc=False):
    """A customer that came through Vercel's marketplace."""

    installation_id: str
    """The installation at Vercel."""
    account_id: str
    """The account at Vercel."""


class CustomerProcessors(Model, frozen=True, kw_only=True, gc=False):
    """A customer's counterparts at payment processors; None where there is none."""

    stripe: ProcessorCustomer | None = None
    """At Stripe."""
    vercel: VercelInstallation | None = None
    """At Vercel."""
    revenuecat: ProcessorCustomer | None = None
    """At RevenueCat."""


class CustomerLicense(Model, frozen=True, kw_only=True, gc=False):
    """The seats of one license plan that a customer has."""

    license_plan_id: str
    """The plan that each seat gives."""
    license_plan_name: str = ""
    """The name people read."""
    parent_plan_id: str
    """The plan that the seats came with."""
    granted: Number
    """Seats in all, included and paid."""
    usage: Number
    """Seats handed out."""
    remaining: Number
    """Seats left."""
    paid_quantity: Number = 0
    """Seats paid on top of the included ones."""


class TrialUsed(Model, frozen=True, kw_only=True, gc=False):
    """A free trial that the customer has had."""

    plan_id: str
    """The plan."""
    customer_id: str
    """The customer who had it."""
    fingerprint: str | None = None
    """The fingerprint it was had under; None without one."""


class CustomerDiscount(Model, frozen=True, kw_only=True, gc=False):
    """A discount that the customer enjoys."""

    id: str
    """The reward's id."""
    name: str = ""
    """The name people read."""
    type: DiscountType
    """What it gives."""
    discount_value: Number
    """Percent or money off, by `type`; money in major currency units."""
    duration_type: DiscountDuration
    """How long it lasts."""
    duration_value: Number | None = None
    """Months that it lasts; None unless it lasts for months."""
    currency: str | None = None
    """Currency of money off; None for percent."""
    start: Milliseconds | None = None
    """When it began, milliseconds since the epoch (UTC); None if not known."""
    end: Milliseconds | None = None
    """When it ends, milliseconds since the epoch (UTC); None if it doesn't."""
    subscription_id: str | None = None
    """The subscription it is for; None for all."""
    total_discount_amount: Number | None = None
    """Money saved by it so far, in major currency units; None if not known."""

    @property
    def start_datetime(self) -> datetime | None:
        """`start` as an aware UTC datetime."""
        return to_datetime(self.start)

    @property
    def end_datetime(self) -> datetime | None:
        """`end` as an aware UTC datetime."""
        return to_datetime(self.end)


class CustomerRewards(Model, frozen=True, kw_only=True, gc=False):
    """The rewards that the customer enjoys."""

    discounts: list[CustomerDiscount] = []
    """Discounts."""


class CustomerReferral(Model, frozen=True, kw_only=True, gc=False):
    """Another customer whom this one has referred."""

    program_id: str
    """The referral program."""
    customer: ReferralCustomer
    """The customer who was referred."""
    reward_applied: bool = False
    """True once the reward was given."""
    created_at: Milliseconds | None = None
    """When the code was redeemed, milliseconds since the epoch (UTC)."""

    @property
    def created_at_datetime(self) -> datetime | None:
        """`created_at` as an aware UTC datetime."""
        return to_datetime(self.created_at)


class Customer(Model, frozen=True, kw_only=True, gc=False):
    """A customer, with plans, balances and, where expanded, much more."""

    id: str | None = None
    """Your id of the customer; None for one known by email only."""
    name: str | None = None
    """The name; None without one."""
    email: str | None = None
    """The email address; None without one."""
    created_at: Milliseconds | None = None
    """When the customer was made, milliseconds since the epoch (UTC)."""
    fingerprint: str | None = None
    """What tells people apart who come back for another free trial; None without one."""
    stripe_id: str | None = None
    """Stripe's id of the customer; None if Stripe doesn't know it."""
    env: Env | None = None
    """The environment the customer lives in."""
    metadata: dict[str, Any] = {}
    """Your own data."""
    send_email_receipts: bool = False
    """True if receipts are sent by email."""
    billing_controls: BillingControls = field(default_factory=BillingControls)
    """Caps, top-ups and alerts."""
    subscriptions: list[Subscription] = []
    """Recurring and free plans, those of entities included."""
    purchases: list[Purchase] = []
    """One-off purchases."""
    licenses: list[CustomerLicense] = []
    """Seats to hand out to entities."""
    balances: dict[str, Balance] = {}
    """What the customer may use, by feature id."""
    flags: dict[str, Flag] = {}
    """Boolean features that are on, by feature id."""
    config: CustomerConfig = field(default_factory=CustomerConfig)
    """Switches."""
    processors: CustomerProcessors | None = None
    """Counterparts at payment processors; None without any."""
    invoices: list[Invoice] | None = None
    """Invoices, newest first; None unless expanded."""
    invoice_previews: list[InvoicePreview] | None = None
    """The next invoice of each subscription; None unless expanded."""
    entities: list[Entity] | None = None
    """Entities, without their balances; None unless expanded."""
    trials_used: list[TrialUsed] | None = None
    """Free trials had; None unless expanded."""
    rewards: CustomerRewards | None = None
    """Rewards enjoyed; None unless expanded, and if there are none."""
    referrals: list[CustomerReferral] | None = None
    """Customers referred; None unless expanded."""
    payment_method: Any | None = None
    """The payment method in Stripe's own shape; None unless expanded, and if there is none."""
    billing_details: BillingDetails | None = None
    """Address and tax ids; None unless expanded, and if there are none."""

    @property
    def created_at_datetime(self) -> datetime | None:
        """`created_at` as an aware UTC datetime."""
        return to_datetime(self.created_at)


class TestClock(Model, frozen=True, kw_only=True, gc=False):
    """The clock that a sandbox customer's billing goes by."""

    customer_id: str
    """The customer."""
    frozen_time: Milliseconds
    """The time it shows, milliseconds since the epoch (UTC)."""
    status: TestClockStatus
    """Whether Stripe is still catching up with it."""

    @property
    def frozen_time_datetime(self) -> datetime:
        """`frozen_time` as an aware UTC datetime."""
        return to_datetime(self.frozen_time)
