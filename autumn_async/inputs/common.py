"""What inputs are made of: quantities, points in time and the words that the API knows."""

from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias

Quantity: TypeAlias = float | Decimal
"""An amount of units or money; integers are welcome."""

Timestamp: TypeAlias = float | datetime
"""A point in time: an aware datetime, or milliseconds since the epoch (UTC)."""

PropertyValue: TypeAlias = str | float | bool
"""What a property of an event may be compared with; compared as text."""

TierBound: TypeAlias = Quantity | Literal["inf"]
"""Where a tier ends, inclusive; `"inf"` for the tier without an end."""

BillingCycleAnchor: TypeAlias = Literal["now"] | Timestamp
"""What billing periods are aligned to."""

FeatureType: TypeAlias = Literal["boolean", "metered", "credit_system", "ai_credit_system"]
"""On or off, counted, or a pool of credits that other features (or AI models) draw from."""

FeatureCombine: TypeAlias = Literal["sum", "max", "min"]
"""What several plans grant together: the sum, or the highest or lowest of the free grants."""

BillingInterval: TypeAlias = Literal["one_off", "week", "month", "quarter", "semi_annual", "year"]
"""How often a price is charged; `one_off` is charged once."""

ResetInterval: TypeAlias = Literal[
    "one_off", "minute", "hour", "day", "week", "month", "quarter", "semi_annual", "year"
]
"""How often a balance is filled up again; `one_off` is granted once, for good."""

BillingMethod: TypeAlias = Literal["prepaid", "usage_based"]
"""Bought in advance (`prepaid`) or billed after use (`usage_based`)."""

TierBehavior: TypeAlias = Literal["graduated", "volume"]
"""`graduated` prices each unit in its own tier, `volume` all units in the tier reached."""

CreditTierBehavior: TypeAlias = Literal["graduated"]
"""How tiers of a credit cost apply; each unit costs what its own tier says."""

ProrationOnIncrease: TypeAlias = Literal[
    "bill_immediately", "prorate_immediately", "prorate_next_cycle", "bill_next_cycle"
]
"""What happens to the price when a prepaid quantity goes up."""

ProrationOnDecrease: TypeAlias = Literal[
    "prorate", "prorate_immediately", "prorate_next_cycle", "none", "no_prorations"
]
"""What happens to the price when a prepaid quantity goes down."""

RolloverExpiry: TypeAlias = Literal["month", "forever"]
"""How long carried-over units last: a number of months, or for good."""

PurchaseExpiry: TypeAlias = Literal["day", "week", "month", "year"]
"""The unit that the lifetime of bought units is counted in."""

TrialDuration: TypeAlias = Literal["day", "month", "year"]
"""The unit that the length of a free trial is counted in."""

TrialEnd: TypeAlias = Literal["bill", "revert"]
"""What follows a trial: billing starts, or the plan from before comes back."""

ControlSource: TypeAlias = Literal["customer", "plan"]
"""Where a control was set."""

PurchaseLimitInterval: TypeAlias = Literal["hour", "day", "week", "month"]
"""The span in which automatic top-ups are counted."""

SpendLimitType: TypeAlias = Literal["absolute", "usage_percentage"]
"""Whether a spend limit is in units or in percent of what the main plan grants."""

UsageLimitInterval: TypeAlias = Literal["day", "week", "month", "year"]
"""The span in which a usage limit counts."""

UsageLimitAnchor: TypeAlias = Literal["billing_cycle", "utc"]
"""Whether the span of a usage limit follows the customer's renewals or the UTC calendar."""

UsageAlertThresholdType: TypeAlias = Literal[
    "usage", "usage_percentage", "remaining", "remaining_percentage"
]
"""What the threshold of an alert is compared with: units or percent, used or left."""

UsageAlertBasis: TypeAlias = Literal["balance", "included", "recurring", "usage_limit"]
"""What an alert takes for 100 %: all grants, those of plans, those that reset, or a usage limit."""

OverageBehavior: TypeAlias = Literal["cap", "overflow"]
"""Take what is left and drop the rest, or take all and let the balance go below zero."""

LockAction: TypeAlias = Literal["confirm", "release"]
"""Keep what a lock holds as used, or give it back."""

ProrationBehavior: TypeAlias = Literal["prorate_immediately", "none", "bill_difference"]
"""How a change within a billing period is charged."""

RedirectMode: TypeAlias = Literal["always", "if_required", "never"]
"""When a customer is sent to a page to pay or confirm."""

PlanSchedule: TypeAlias = Literal["immediate", "end_of_cycle"]
"""When a plan takes the place of another."""

CancelAction: TypeAlias = Literal["cancel_immediately", "cancel_end_of_cycle", "uncancel"]
"""How a plan is cancelled, or kept after all."""

RefundLastPayment: TypeAlias = Literal["prorated", "full"]
"""How much of the last payment is given back."""

IssueMethod: TypeAlias = Literal["draft", "finalize", "send"]
"""Leave an invoice as a draft, open it in silence, or open and send it."""

PaymentMethodType: TypeAlias = Literal[
    "card",
    "customer_balance",
    "us_bank_account",
    "sepa_debit",
    "bacs_debit",
    "acss_debit",
    "link",
]
"""How an invoice may be paid."""

LineDirection: TypeAlias = Literal["charge", "refund"]
"""Lines that ask for money, or lines that give it back."""

TaxExempt: TypeAlias = Literal["none", "exempt", "reverse"]
"""Whether tax is charged: as usual, never, or by the customer itself (reverse charge)."""

SubscriptionStatus: TypeAlias = Literal["active", "scheduled"]
"""In force now, or to come."""

Processor: TypeAlias = Literal["stripe", "revenuecat", "vercel"]
"""A payment processor."""

SortOrder: TypeAlias = Literal["asc", "desc"]
"""Oldest or newest first."""

CustomerExpand: TypeAlias = Literal[
    "invoices",
    "invoice_previews",
    "trials_used",
    "rewards",
    "entities",
    "referrals",
    "payment_method",
    "billing_details",
    "subscriptions.plan",
    "purchases.plan",
    "balances.feature",
    "flags.feature",
    "billing_controls.auto_topups.purchase_limit",
]
"""What can be added to a customer in an answer."""

EventRange: TypeAlias = Literal["24h", "7d", "30d", "90d", "last_cycle", "1bc", "3bc"]
"""The last hours or days, the last billing cycle, or the current one and those before."""

BinSize: TypeAlias = Literal["hour", "day", "week", "month"]
"""How long the spans are that events are added up in."""

EventMeasure: TypeAlias = Literal["sum", "count"]
"""Add up the values of events, or count them."""

AggregateOn: TypeAlias = Literal["deducted"]
"""Also add up what events took from balances."""

BalanceStatus: TypeAlias = Literal["active", "expired"]
"""Whether a balance can still be used."""

HeldStatus: TypeAlias = Literal["active", "scheduled", "past_due", "expired"]
"""How it stands with a subscription or purchase."""

InvoiceStatus: TypeAlias = Literal["draft", "open", "void", "paid", "uncollectible"]
"""How it stands with an invoice."""

InvoiceProcessor: TypeAlias = Literal["stripe", "revenuecat"]
"""Who collects the money."""

CreditDestination: TypeAlias = Literal["customer_balance", "refund", "out_of_band"]
"""Where the money of a credit note goes: to the customer's balance, back, or by your own means."""

CreditReason: TypeAlias = Literal[
    "duplicate", "fraudulent", "order_change", "product_unsatisfactory"
]
"""Why money is given back."""

PhaseLength: TypeAlias = Literal["month", "year"]
"""The unit that the length of a phase is counted in."""

ImportStatus: TypeAlias = Literal["active", "trialing", "past_due", "canceled", "expired"]
"""How it stands with a plan that is brought in from elsewhere."""

ImportInterval: TypeAlias = Literal[
    "lifetime", "minute", "hour", "day", "week", "month", "quarter", "semi_annual", "year"
]
"""How often a balance that is brought in is filled up again; `lifetime` is granted for good."""

GrantKind: TypeAlias = Literal["included", "prepaid", "usage_based"]
"""Whether units come with a plan, are bought in advance, or billed after use."""

CouponType: TypeAlias = Literal["percentage_discount", "fixed_discount"]
"""What a coupon takes off: percent, or an amount."""

DiscountDuration: TypeAlias = Literal["one_off", "months", "forever"]
"""How long a discount lasts."""

GrantExpiryType: TypeAlias = Literal["day", "week", "month", "year"]
"""The unit that the lifetime of granted units is counted in."""

RedeemOn: TypeAlias = Literal["customer_creation", "checkout"]
"""Whether a reward is given when a code is redeemed, or once the new customer buys a plan."""

ReceivedBy: TypeAlias = Literal["referrer", "all"]
"""Whether only the customer who refers is rewarded, or the new one too."""

SandboxColor: TypeAlias = Literal["gray", "blue", "green", "amber", "red", "pink"]
"""The colour in which the dashboard shows a sandbox."""

StripeEnv: TypeAlias = Literal["test", "live"]
"""An organisation's test account, or the one with real money."""

RevenueCatEnv: TypeAlias = Literal["test", "sandbox", "live"]
"""An organisation's test project, that of its sandbox, or the one with real money."""

WebhookEventType: TypeAlias = Literal[
    "customer.products.updated",
    "customer.threshold_reached",
    "balances.usage_alert_triggered",
    "balances.limit_reached",
    "billing.auto_topup_failed",
    "billing.auto_topup_succeeded",
    "billing.updated",
    "invoice.finalized",
    "vercel.resources.deleted",
    "vercel.resources.provisioned",
    "vercel.resources.rotate_secrets",
    "vercel.webhooks.event",
]
"""The events that can be sent to a webhook."""
