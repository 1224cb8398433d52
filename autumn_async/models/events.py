"""Events: what was tracked, one by one and added up."""
# ruff: noqa: RUF012 - msgspec copies an empty list or dict for each instance

import builtins
from datetime import datetime
from typing import Any, Literal, TypeAlias

from .balances import BalanceReset, Deduction
from .base import Integer, Milliseconds, Model, Number, to_datetime

DeductedFeatureType: TypeAlias = Literal["metered", "credit_system"] | str
"""Whether deductions are in units of the feature or in credits."""


class Event(Model, frozen=True, kw_only=True, gc=False):
    """One thing that was tracked."""

    id: str
    """The server's id of the event."""
    timestamp: Milliseconds
    """When it happened, milliseconds since the epoch (UTC)."""
    feature_id: str
    """The feature it was tracked for, or the event name it was tracked by."""
    customer_id: str
    """Who did it."""
    value: Number
    """Units tracked; the balance may have had fewer."""
    properties: dict[str, Any] = {}
    """Your own data about it."""
    deductions: list[Deduction] | None = None
    """What it took from which balance; None if that wasn't recorded."""

    @property
    def timestamp_datetime(self) -> datetime:
        """`timestamp` as an aware UTC datetime."""
        return to_datetime(self.timestamp)


class EventPeriod(Model, frozen=True, kw_only=True, gc=False):
    """Events of one span of time, added up."""

    period: Milliseconds
    """Its first moment, milliseconds since the epoch (UTC)."""
    values: dict[str, Number] = {}
    """The sum (or count) by feature id."""
    grouped_values: dict[str, dict[str, Number]] | None = None
    """The same by feature id and group; None unless grouped."""

    @property
    def period_datetime(self) -> datetime:
        """`period` as an aware UTC datetime."""
        return to_datetime(self.period)


class EventTotal(Model, frozen=True, kw_only=True, gc=False):
    """Events of the whole range, added up."""

    count: Integer
    """How many events there were."""
    sum: Number
    """The sum of their values."""


class BalanceDeduction(Model, frozen=True, kw_only=True, gc=False):
    """What the events of one span took from one row of a balance."""

    balance_id: str
    """The `id` of the breakdown row."""
    entity_id: str | None = None
    """The entity it belongs to; None for the customer's own."""
    plan_id: str | None = None
    """The plan behind it; None for a direct grant."""
    reset: BalanceReset | None = None
    """When it is filled up again; None for features that are held."""
    credit_cost: Number | None = None
    """Credits per unit; None where no credits were spent."""
    deducted: Number
    """Units, or credits, taken."""
    events: Integer
    """How many events took from it."""


class FeatureDeduction(Model, frozen=True, kw_only=True, gc=False):
    """What the events of one span took from the balances of one feature."""

    feature_type: DeductedFeatureType
    """Whether `deducted` is in units or in credits."""
    deducted: Number
    """Units, or credits, taken."""
    events: Integer
    """How many events took from them."""
    balances: list[BalanceDeduction] = []
    """The same by row."""


class GroupDeduction(Model, frozen=True, kw_only=True, gc=False):
    """What the events of one span and group took."""

    deducted: Number
    """Units, or credits, taken."""
    credit_cost: Number | None = None
    """Credits per unit; None where no credits were spent."""


class DeductionPeriod(Model, frozen=True, kw_only=True, gc=False):
    """Deductions of one span of time, added up."""

    period: Milliseconds
    """Its first moment, milliseconds since the epoch (UTC)."""
    values: dict[str, FeatureDeduction] = {}
    """What was taken, by feature id."""
    grouped_values: dict[str, dict[str, GroupDeduction]] | None = None
    """The same by feature id and group; None unless grouped."""

    @property
    def period_datetime(self) -> datetime:
        """`period` as an aware UTC datetime."""
        return to_datetime(self.period)


class EventAggregation(Model, frozen=True, kw_only=True, gc=False):
    """Events added up by span of time and in all."""

    list: builtins.list[EventPeriod] = []
    """One entry for each span, oldest first; spans without events are there with zeros."""
    total: dict[str, EventTotal] = {}
    """The whole range, by feature id."""
    deductions: builtins.list[DeductionPeriod] | None = None
    """What was taken from balances; None unless asked for."""
