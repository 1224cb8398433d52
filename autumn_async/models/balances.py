"""Balances: how much of each feature a customer or entity has left."""
# ruff: noqa: RUF012 - msgspec copies an empty list for each instance

from datetime import datetime
from typing import Literal, TypeAlias

from .base import Milliseconds, Model, Number, to_datetime
from .common import Scope
from .features import Feature
from .pricing import BillingMethod, PriceTier, ResetInterval, TierBehavior

BalanceStatus: TypeAlias = Literal["active", "expired"] | str
"""Whether a balance can still be used."""


class BalanceReset(Model, frozen=True, kw_only=True, gc=False):
    """When a balance is filled up again."""

    interval: ResetInterval
    """How often; `one_off` never."""
    interval_count: Number = 1
    """How many intervals lie between two resets."""
    resets_at: Milliseconds | None = None
    """The next reset, milliseconds since the epoch (UTC); None if there is none."""

    @property
    def resets_at_datetime(self) -> datetime | None:
        """`resets_at` as an aware UTC datetime."""
        return to_datetime(self.resets_at)


class BalancePrice(Model, frozen=True, kw_only=True, gc=False):
    """What units beyond the included ones cost."""

    amount: Number | None = None
    """Price of `billing_units` units, in major currency units; None where `tiers` hold it."""
    tiers: list[PriceTier] | None = None
    """Price by amount; None where it is flat."""
    tier_behavior: TierBehavior | None = None
    """How `tiers` apply; None where there are none."""
    billing_units: Number = 1
    """Units that the price is for."""
    billing_method: BillingMethod
    """Bought in advance or billed after use."""
    max_purchase: Number | None = None
    """Units that can still be bought; None without a cap."""


class BreakdownAllocation(Model, frozen=True, kw_only=True, gc=False):
    """Marks a row whose numbers are one entity's share of the customer's units."""

    amount: Number
    """Units set aside for the entity."""


class BalanceBreakdown(Model, frozen=True, kw_only=True, gc=False):
    """One row of a balance: what one plan, or one direct grant, contributes."""

    id: str = ""
    """Your balance id if you gave one, else the server's."""
    plan_id: str | None = None
    """The plan that grants it; None for a balance granted directly."""
    included_grant: Number = 0
    """Units that come with the plan or grant."""
    prepaid_grant: Number = 0
    """Units bought in advance."""
    remaining: Number
    """Units left, never below zero."""
    usage: Number
    """Units used, those beyond the grant included."""
    unlimited: bool = False
    """True if use isn't limited."""
    reset: BalanceReset | None = None
    """When it is filled up again; None for features that are held, such as seats."""
    price: BalancePrice | None = None
    """What further units cost; None for what can't be bought."""
    expires_at: Milliseconds | None = None
    """When the row lapses, milliseconds since the epoch (UTC); None if it never does."""
    source: Scope | None = None
    """Whether it belongs to the customer or the entity; None from servers that don't say."""
    allocation: BreakdownAllocation | None = None
    """Set where the row is an entity's share of what the customer has; else None."""

    @property
    def expires_at_datetime(self) -> datetime | None:
        """`expires_at` as an aware UTC datetime."""
        return to_datetime(self.expires_at)


class BalanceRollover(Model, frozen=True, kw_only=True, gc=False):
    """Units left over from an earlier period."""

    granted: Number | None = None
    """Units carried over; None from servers that don't say."""
    balance: Number
    """Units of them that are left."""
    expires_at: Milliseconds = 0
    """When they lapse, milliseconds since the epoch (UTC); 0 if they never do."""

    @property
    def expires_at_datetime(self) -> datetime | None:
        """`expires_at` as an aware UTC datetime; None if they never lapse."""
        return to_datetime(self.expires_at or None)


class BalanceRecord(BalanceBreakdown, frozen=True, kw_only=True, gc=False):
    """A row of a balance with its owner, as `balances.list` gives it."""

    feature_id: str
    """The feature that it counts."""
    customer_id: str
    """The customer it belongs to."""
    entity_id: str | None = None
    """The entity it belongs to; None for the customer's own."""
    status: BalanceStatus
    """Whether it can still be used."""
    rollovers: list[BalanceRollover] = []
    """What was carried over from earlier periods."""
    created_at: Milliseconds
    """When it was made, milliseconds since the epoch (UTC)."""

    @property
    def created_at_datetime(self) -> datetime:
        """`created_at` as an aware UTC datetime."""
        return to_datetime(self.created_at)


class Balance(Model, frozen=True, kw_only=True, gc=False):
    """What a customer or entity may use of one metered feature, over all its plans.

    Without overage `granted == remaining + usage`; with overage `remaining` is zero and
    `usage` is more than `granted`.
    """

    feature_id: str
    """The feature that it counts."""
    granted: Number
    """Units granted in this period: included, bought and carried over."""
    remaining: Number
    """Units left, never below zero."""
    usage: Number
    """Units used in this period."""
    unlimited: bool = False
    """True if use isn't limited; `granted` and `remaining` are zero then."""
    overage_allowed: bool = False
    """True if use may go on, for money, when nothing is left."""
    max_purchase: Number | None = None
    """Units that can still be bought beyond the included ones; None without a cap or a price."""
    next_reset_at: Milliseconds | None = None
    """The earliest reset of its rows, milliseconds since the epoch (UTC); None without one."""
    feature: Feature | None = None
    """The feature itself; None unless expanded."""
    breakdown: list[BalanceBreakdown] = []
    """The rows behind the totals, in the order in which they are spent."""
    rollovers: list[BalanceRollover] | None = None
    """What was carried over from earlier periods; None if no plan carries anything over."""
    allocated: Number | None = None
    """Units set aside for single entities; None unless the customer shares out this feature."""
    unallocated: Number | None = None
    """Units left that any entity may use; None unless the customer shares out this feature."""

    @property
    def next_reset_at_datetime(self) -> datetime | None:
        """`next_reset_at` as an aware UTC datetime."""
        return to_datetime(self.next_reset_at)


class Flag(Model, frozen=True, kw_only=True, gc=False):
    """A boolean feature that a customer or entity has."""

    id: str
    """The server's id of the grant."""
    feature_id: str
    """The feature that is on."""
    plan_id: str | None = None
    """The plan that grants it; None for a direct grant."""
    expires_at: Milliseconds | None = None
    """When it ends, milliseconds since the epoch (UTC); None if it never does."""
    feature: Feature | None = None
    """The feature itself; None unless expanded."""

    @property
    def expires_at_datetime(self) -> datetime | None:
        """`expires_at` as an aware UTC datetime."""
        return to_datetime(self.expires_at)


class Deduction(Model, frozen=True, kw_only=True, gc=False):
    """What one event took from one row of a balance."""

    balance_id: str
    """The `id` of the breakdown row."""
    feature_id: str
    """The feature of that row; a credit system may pay for another feature."""
    plan_id: str | None = None
    """The plan behind the row; None for a direct grant."""
    reset: BalanceReset | None = None
    """When the row is filled up again; None for features that are held."""
    value: Number
    """Units taken; negative if given back."""
