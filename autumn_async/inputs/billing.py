"""Inputs for attaching and changing plans."""

from collections.abc import Sequence
from typing import TypeAlias

from ..models.plans import FeatureQuantity
from ._typing import NotRequired, TypedDict
from .common import (
    BillingInterval,
    BillingMethod,
    IssueMethod,
    LineDirection,
    PaymentMethodType,
    Quantity,
    Timestamp,
)
from .plans import BasePriceLike, PlanItemLike


class FeatureQuantityInput(TypedDict):
    """How many units of a prepaid feature to buy."""

    feature_id: str
    """The prepaid feature."""
    quantity: NotRequired[Quantity]
    """Units, the included ones counted."""
    adjustable: NotRequired[bool]
    """True to let the buyer change it at checkout."""


FeatureQuantityLike: TypeAlias = FeatureQuantityInput | FeatureQuantity


class PlanItemsCustomizeInput(TypedDict):
    """What to change about a plan that is attached along with others."""

    price: NotRequired[BasePriceLike | None]
    """Another base price; None takes it away."""
    items: NotRequired[Sequence[PlanItemLike]]
    """All items, in place of the plan's."""


class AttachPlanInput(TypedDict):
    """One of several plans to attach."""

    plan_id: str
    """The plan."""
    customize: NotRequired[PlanItemsCustomizeInput]
    """What to change about it, for this customer."""
    feature_quantities: NotRequired[Sequence[FeatureQuantityLike]]
    """Prepaid units to buy."""
    version: NotRequired[int]
    """A certain version; the latest by default."""
    subscription_id: NotRequired[str]
    """Your id of the subscription, unique for the customer."""
    entity_id: NotRequired[str | None]
    """The entity that gets it; None for the customer."""


class InvoiceModeInput(TypedDict):
    """Sends an invoice instead of charging the customer."""

    enabled: bool
    """True to send one."""
    enable_plan_immediately: NotRequired[bool]
    """True to give the plan before the invoice is paid; False by default."""
    finalize: NotRequired[bool]
    """False to leave the invoice as a draft; `issue_method` has taken its place."""
    issue_method: NotRequired[IssueMethod]
    """How far the invoice goes by itself; `send` by default."""
    invoice_template_id: NotRequired[str]
    """An invoice template, for its footer."""
    net_terms_days: NotRequired[int]
    """Days that the customer has to pay."""
    payment_method_types: NotRequired[Sequence[PaymentMethodType]]
    """Ways to pay, in place of those the organisation allows."""


class DiscountInput(TypedDict):
    """A discount to apply: by `reward_id` or by `promotion_code`."""

    reward_id: NotRequired[str]
    """The reward."""
    promotion_code: NotRequired[str]
    """A code that stands for one."""


class RewardReferenceInput(TypedDict):
    """A reward by its id."""

    reward_id: str
    """The reward, or the coupon at Stripe."""


class CustomLineItemInput(TypedDict):
    """A line of your own, in place of those computed."""

    amount: Quantity
    """Amount, in major currency units; negative gives money back."""
    description: str
    """The text printed on the invoice."""


class AddLineInput(TypedDict):
    """A line to add to the one invoice that this call makes."""

    amount: Quantity
    """Amount, in major currency units; negative gives money back."""
    description: str
    """The text printed on the invoice."""
    period_start: NotRequired[Timestamp]
    """When the time it pays for begins; together with `period_end`."""
    period_end: NotRequired[Timestamp]
    """When the time it pays for ends."""


class LinePriceInput(TypedDict):
    """Lines of base prices charged at a certain interval."""

    interval: NotRequired[BillingInterval]
    """How often the price is charged."""
    interval_count: NotRequired[int]
    """How many intervals make one period."""


class LineFeatureInput(TypedDict):
    """Lines of a feature billed in a certain way."""

    feature_id: str
    """The feature sold."""
    billing_behavior: BillingMethod
    """Bought in advance or billed after use."""
    interval: NotRequired[BillingInterval]
    """How often the price is charged."""
    interval_count: NotRequired[int]
    """How many intervals make one period."""


class LineLicenseInput(TypedDict):
    """Lines of licenses."""

    license_plan_id: str
    """The plan sold as a license."""
    price: NotRequired[LinePriceInput | bool]
    """Which base price lines; True for all of them."""
    feature_quantities: NotRequired[Sequence[LineFeatureInput]]
    """Which feature lines."""


class RemoveLineInput(TypedDict):
    """Lines to leave off the one invoice that this call makes."""

    plan_id: str
    """The plan whose lines they are."""
    entity_id: NotRequired[str | None]
    """The entity whose plan it is; None for the customer's own."""
    direction: NotRequired[LineDirection]
    """Only charges or only refunds; both by default."""
    price: NotRequired[LinePriceInput | bool]
    """Which base price lines; True for all of them."""
    feature_quantities: NotRequired[Sequence[LineFeatureInput]]
    """Which feature lines."""
    license_quantities: NotRequired[Sequence[LineLicenseInput]]
    """Which license lines."""


class CarryOverInput(TypedDict):
    """What to take along from the plan before."""

    enabled: bool
    """True to take it along, False to start afresh."""
    feature_ids: NotRequired[Sequence[str]]
    """For these features only; for all that can by default."""


class RecalculateBalancesInput(TypedDict):
    """Whether a change of quantity is spread over all balances of the feature."""

    enabled: bool
    """True to spread it."""


class LicenseQuantityInput(TypedDict):
    """How many licenses to hold."""

    license_plan_id: str
    """The plan sold as a license."""
    quantity: int
    """Licenses in all, the included ones counted."""


class AutomaticTaxInput(TypedDict):
    """Whether Stripe computes the tax."""

    enabled: bool
    """True to let it."""


class TaxInput(TypedDict):
    """How tax is computed for this call."""

    automatic_tax: NotRequired[AutomaticTaxInput]
    """By Stripe, whatever the organisation has set; not together with a rate."""
    rate_id: NotRequired[str]
    """By a tax rate of Stripe's."""
