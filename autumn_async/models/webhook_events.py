"""Events that Autumn sends to webhooks."""
# ruff: noqa: RUF012 - msgspec copies an empty list for each instance

from datetime import datetime
from typing import Any, ClassVar, Literal, TypeAlias

from .base import Milliseconds, Model, Number, SecretModel, to_datetime
from .billing_controls import UsageAlertThresholdType

PlanChangeAction: TypeAlias = Literal["activated", "scheduled", "updated", "expired"] | str
"""What has become of a plan."""

HeldPlanStatus: TypeAlias = Literal["active", "scheduled", "expired"] | str
"""How it stands with a plan that is held."""

LimitType: TypeAlias = Literal["included", "max_purchase", "spend_limit", "usage_limit"] | str
"""Which limit was reached."""

TopupFailure: TypeAlias = (
    Literal[
        "charge_failed",
        "purchase_limit_reached",
        "attempt_limit_reached",
        "failed_attempt_limit_reached",
        "suspended_after_failures",
        "customer_unavailable",
        "configuration_unavailable",
        "missing_payment_method",
        "missing_customer_product",
        "invalid_amount",
        "lock_contention",
        "redis_unavailable",
        "execution_error",
    ]
    | str
)
"""Why an automatic top-up failed."""

ProductsUpdatedScenario: TypeAlias = (
    Literal[
        "scheduled",
        "active",
        "new",
        "renew",
        "upgrade",
        "update_prepaid_quantity",
        "downgrade",
        "cancel",
        "expired",
        "past_due",
    ]
    | str
)
"""What has happened to a customer's products."""


class WebhookEvent(Model, frozen=True, kw_only=True, gc=False):
    """An event. Those of a type that this library knows come as a subclass, with typed data."""

    type: str
    """What has happened, such as `billing.updated`."""
    data: Any
    """What it is about."""
    id: str | None = None
    """The event's own id; None for most types."""
    occurred_at: Milliseconds | None = None
    """When it happened, milliseconds since the epoch (UTC); None for most types."""
    delivery_id: str = ""
    """The id under which it was delivered, the same at each repeat: handle each id once."""

    @property
    def occurred_at_datetime(self) -> datetime | None:
        """`occurred_at` as an aware UTC datetime."""
        return to_datetime(self.occurred_at)


class HeldSubscription(Model, frozen=True, kw_only=True, gc=False):
    """A subscription as it stands after a change."""

    plan_id: str
    """The plan."""
    status: HeldPlanStatus
    """How it stands with it."""
    past_due: bool = False
    """True while an invoice is overdue."""
    started_at: Milliseconds | None = None
    """When it began or will, milliseconds since the epoch (UTC)."""
    canceled_at: Milliseconds | None = None
    """When cancelling was asked for, milliseconds since the epoch (UTC); None if it wasn't."""
    expires_at: Milliseconds | None = None
    """When it ends, milliseconds since the epoch (UTC); None if it goes on."""
    trial_ends_at: Milliseconds | None = None
    """When the free trial ends, milliseconds since the epoch (UTC); None but on trial."""
    current_period_start: Milliseconds | None = None
    """When the billing period began, milliseconds since the epoch (UTC); None for free plans."""
    current_period_end: Milliseconds | None = None
    """When the billing period ends, milliseconds since the epoch (UTC); None for free plans."""

    @property
    def started_at_datetime(self) -> datetime | None:
        """`started_at` as an aware UTC datetime."""
        return to_datetime(self.started_at)

    @property
    def canceled_at_datetime(self) -> datetime | None:
        """`canceled_at` as an aware UTC datetime."""
        return to_datetime(self.canceled_at)

    @property
    def expires_at_datetime(self) -> datetime | None:
        """`expires_at` as an aware UTC datetime."""
        return to_datetime(self.expires_at)

    @property
    def trial_ends_at_datetime(self) -> datetime | None:
        """`trial_ends_at` as an aware UTC datetime."""
        return to_datetime(self.trial_ends_at)

    @property
    def current_period_start_datetime(self) -> datetime | None:
        """`current_period_start` as an aware UTC datetime."""
        return to_datetime(self.current_period_start)

    @property
    def current_period_end_datetime(self) -> datetime | None:
        """`current_period_end` as an aware UTC datetime."""
        return to_datetime(self.current_period_end)


class HeldPurchase(Model, frozen=True, kw_only=True, gc=False):
    """A one-off purchase as it stands after a change."""

    plan_id: str
    """The plan."""
    status: HeldPlanStatus
    """How it stands with it."""
    expires_at: Milliseconds | None = None
    """When it ends, milliseconds since the epoch (UTC); None if it never does."""

    @property
    def expires_at_datetime(self) -> datetime | None:
        """`expires_at` as an aware UTC datetime."""
        return to_datetime(self.expires_at)


class HeldPlanChange(Model, frozen=True, kw_only=True, gc=False):
    """What has become of one plan of a customer."""

    action: PlanChangeAction
    """What."""
    subscription: HeldSubscription | None = None
    """The subscription as it is now; None for a purchase."""
    purchase: HeldPurchase | None = None
    """The purchase as it is now; None for a subscription."""
    previous_attributes: dict[str, Any] | None = None
    """What was different before, by field; None if there was nothing before."""
    plan_change: Any = None
    """How the plan itself was changed, in the API's own shape; None if it wasn't."""
    item_changes: list[Any] = []
    """How items were changed; the API no longer fills it."""


class BillingUpdated(Model, frozen=True, kw_only=True, gc=False):
    """What has become of a customer's plans."""

    customer_id: str
    """The customer."""
    entity_id: str | None = None
    """The entity whose plans they are; None for the customer's own."""
    plan_changes: list[HeldPlanChange] = []
    """One entry for each plan."""
    tags: list[str] = []
    """What led to it, such as `trial_ended` or `phase_changed`."""
    object: str = "billing.updated"
    """The type of the event once more."""


class BillingUpdatedEvent(WebhookEvent, frozen=True, kw_only=True, gc=False):
    """`billing.updated`: plans of a customer have begun, changed or ended."""

    data: BillingUpdated
    """What has become of them."""


class LimitReached(Model, frozen=True, kw_only=True, gc=False):
    """A limit that a customer has reached."""

    customer_id: str
    """The customer."""
    entity_id: str | None = None
    """The entity; None if it is the customer's own limit."""
    feature_id: str
    """The feature that is limited."""
    limit_type: LimitType
    """Which limit."""
    filter: Any = None
    """Which events the limit counts, in the API's own shape; None for all."""


class LimitReachedEvent(WebhookEvent, frozen=True, kw_only=True, gc=False):
    """`balances.limit_reached`: a customer has reached a limit."""

    data: LimitReached
    """Who, and which."""


class TriggeredAlert(Model, frozen=True, kw_only=True, gc=False):
    """A usage alert whose threshold was crossed."""

    name: str | None = None
    """Your name for it; None without one."""
    threshold: Number
    """The threshold, in units or percent."""
    threshold_type: UsageAlertThresholdType
    """What it is compared with."""


class UsageAlertTriggered(Model, frozen=True, kw_only=True, gc=False):
    """A usage alert, and whose it is."""

    customer_id: str
    """The customer."""
    entity_id: str | None = None
    """The entity; None if it is the customer's own alert."""
    feature_id: str
    """The feature that it watches."""
    usage_alert: TriggeredAlert
    """The alert."""


class UsageAlertTriggeredEvent(WebhookEvent, frozen=True, kw_only=True, gc=False):
    """`balances.usage_alert_triggered`: the threshold of an alert was crossed."""

    data: UsageAlertTriggered
    """Whose, and which."""


class TopupInvoice(Model, frozen=True, kw_only=True, gc=False):
    """The invoice of an automatic top-up."""

    stripe_id: str
    """Stripe's id of it."""
    status: str | None = None
    """As Stripe calls it, such as `paid`; None if not known."""
    total: Number
    """Amount, in **minor** currency units such as cents."""
    currency: str
    """Three-letter ISO code, lower case."""
    hosted_invoice_url: str | None = None
    """Page where it can be seen and paid; None without one."""


class AutoTopupSucceeded(Model, frozen=True, kw_only=True, gc=False):
    """Units that were bought by themselves."""

    customer_id: str
    """The customer."""
    feature_id: str
    """The feature."""
    quantity_granted: Number
    """Units bought."""
    threshold: Number
    """The threshold below which the balance had fallen."""
    balance_after: Number
    """Units left afterwards."""
    invoice_mode: bool = False
    """True if an invoice was sent instead of charging the card."""
    invoice: TopupInvoice | None = None
    """The invoice."""


class AutoTopupSucceededEvent(WebhookEvent, frozen=True, kw_only=True, gc=False):
    """`billing.auto_topup_succeeded`: units were bought by themselves."""

    data: AutoTopupSucceeded
    """Whose, and how many."""


class TopupError(Model, frozen=True, kw_only=True, gc=False):
    """What the payment provider said; None for what it didn't."""

    code: str | None = None
    """Its code."""
    message: str | None = None
    """Its words."""
    type: str | None = None
    """Its kind of error."""
    decline_code: str | None = None
    """Why the card was declined."""


class AutoTopupFailed(Model, frozen=True, kw_only=True, gc=False):
    """Units that should have been bought by themselves, and weren't; None for what isn't known."""

    customer_id: str
    """The customer."""
    feature_id: str
    """The feature."""
    reason: TopupFailure
    """Why not."""
    quantity: Number | None = None
    """Units to buy."""
    threshold: Number | None = None
    """The threshold below which the balance had fallen."""
    balance: Number | None = None
    """Units left."""
    invoice_mode: bool | None = None
    """True if an invoice was to be sent instead of charging the card."""
    error: TopupError | None = None
    """What the payment provider said."""


class AutoTopupFailedEvent(WebhookEvent, frozen=True, kw_only=True, gc=False):
    """`billing.auto_topup_failed`: units should have been bought by themselves, and weren't."""

    data: AutoTopupFailed
    """Whose, and why not."""


class ProductsUpdated(Model, frozen=True, kw_only=True, gc=False):
    """A change of a customer's products, in the shapes of the organisation's API version."""

    scenario: ProductsUpdatedScenario
    """What has happened."""
    customer: dict[str, Any]
    """The customer."""
    entity: dict[str, Any] | None = None
    """The entity; None if the product is the customer's own."""
    updated_product: dict[str, Any]
    """The product."""


class ProductsUpdatedEvent(WebhookEvent, frozen=True, kw_only=True, gc=False):
    """`customer.products.updated`: the older form of `billing.updated`."""

    data: ProductsUpdated
    """Whose, and what."""


class ThresholdReached(Model, frozen=True, kw_only=True, gc=False):
    """A limit that was reached, in the shapes of the organisation's API version."""

    threshold_type: str
    """`limit_reached` or `allowance_used`."""
    customer: dict[str, Any]
    """The customer."""
    feature: dict[str, Any]
    """The feature."""


class ThresholdReachedEvent(WebhookEvent, frozen=True, kw_only=True, gc=False):
    """`customer.threshold_reached`: the older form of `balances.limit_reached`."""

    data: ThresholdReached
    """Whose, and which."""


class VercelResource(Model, frozen=True, kw_only=True, gc=False):
    """A resource of Vercel's marketplace."""

    id: str
    """Vercel's id of it."""
    name: str | None = None
    """The name people read; None where Vercel left it out."""


class VercelResourceDeleted(Model, frozen=True, kw_only=True, gc=False):
    """A resource that is gone."""

    resource: VercelResource
    """The resource."""
    installation_id: str
    """The installation at Vercel."""


class VercelResourceDeletedEvent(WebhookEvent, frozen=True, kw_only=True, gc=False):
    """`vercel.resources.deleted`: a resource is gone."""

    data: VercelResourceDeleted
    """Which."""


class VercelResourceProvisioned(SecretModel, frozen=True, kw_only=True, gc=False):
    """A resource that is new."""

    secret_fields: ClassVar[frozenset[str]] = frozenset({"access_token"})
    """The fields that are secret."""

    resource: VercelResource
    """The resource."""
    installation_id: str
    """The installation at Vercel."""
    access_token: str
    """What Vercel's own API takes for it."""


class VercelResourceProvisionedEvent(WebhookEvent, frozen=True, kw_only=True, gc=False):
    """`vercel.resources.provisioned`: a resource is new."""

    data: VercelResourceProvisioned
    """Which."""


class VercelSecretsRotation(Model, frozen=True, kw_only=True, gc=False):
    """A resource whose secrets are to be replaced."""

    resource: VercelResource
    """The resource."""
    installation_id: str
    """The installation at Vercel."""
    vercel_request_body: Any = None
    """What Vercel asked, in its own shape."""


class VercelSecretsRotationEvent(WebhookEvent, frozen=True, kw_only=True, gc=False):
    """`vercel.resources.rotate_secrets`: the secrets of a resource are to be replaced."""

    data: VercelSecretsRotation
    """Which."""


class VercelWebhook(Model, frozen=True, kw_only=True, gc=False):
    """An event of Vercel's that Autumn passes on."""

    installation_id: str
    """The installation at Vercel."""
    event: Any = None
    """The event, in Vercel's own shape."""


class VercelWebhookEvent(WebhookEvent, frozen=True, kw_only=True, gc=False):
    """`vercel.webhooks.event`: an event of Vercel's."""

    data: VercelWebhook
    """What Vercel sent."""
