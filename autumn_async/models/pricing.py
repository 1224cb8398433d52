"""How things are priced: intervals, methods, tiers and currencies."""

from typing import Literal, TypeAlias

from .base import Model, Number

BillingInterval: TypeAlias = (
    Literal["one_off", "week", "month", "quarter", "semi_annual", "year"] | str
)
"""How often a price is charged; `one_off` is charged once."""

ResetInterval: TypeAlias = (
    Literal["one_off", "minute", "hour", "day", "week", "month", "quarter", "semi_annual", "year"]
    | str
)
"""How often a balance is filled up again; `one_off` is granted once, for good."""

BillingMethod: TypeAlias = Literal["prepaid", "usage_based"] | str
"""Bought in advance (`prepaid`) or billed after use (`usage_based`)."""

TierBehavior: TypeAlias = Literal["graduated", "volume"] | str
"""`graduated` prices each unit in its own tier, `volume` all units in the tier reached."""

TierBound: TypeAlias = Number | Literal["inf"] | str
"""Where a tier ends, inclusive; `"inf"` for the tier without an end."""

TrialDuration: TypeAlias = Literal["day", "month", "year"] | str
"""The unit that the length of a free trial is counted in."""

TrialEnd: TypeAlias = Literal["bill", "revert"] | str
"""What follows a trial: billing starts, or the plan from before comes back."""

RolloverExpiry: TypeAlias = Literal["month", "forever"] | str
"""How long carried-over units last: a number of months, or for good."""

ProrationOnIncrease: TypeAlias = (
    Literal["bill_immediately", "prorate_immediately", "prorate_next_cycle", "bill_next_cycle"]
    | str
)
"""What happens to the price when a prepaid quantity goes up."""

ProrationOnDecrease: TypeAlias = (
    Literal["prorate", "prorate_immediately", "prorate_next_cycle", "none", "no_prorations"] | str
)
"""What happens to the price when a prepaid quantity goes down."""


class CurrencyAmount(Model, frozen=True, kw_only=True, gc=False):
    """A price, or one tier of it, in a currency besides the default one."""

    currency: str
    """Three-letter ISO code, lower case."""
    amount: Number | None = None
    """Price per unit or period, in major units of that currency."""
    flat_amount: Number | None = None
    """Fixed price of a tier, in major units of that currency; only for tiers that have one."""


class PriceTier(Model, frozen=True, kw_only=True, gc=False):
    """One step of a tiered price."""

    to: TierBound = "inf"
    """Last unit of this tier, the included ones counted."""
    amount: Number | None = None
    """Price per billing unit within this tier, in major currency units."""
    flat_amount: Number | None = None
    """Fixed price of reaching this tier, in major currency units; only for `volume` tiers."""
    additional_currencies: list[CurrencyAmount] | None = None
    """The same tier in further currencies; None where there are none."""
