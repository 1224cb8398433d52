"""Webhook endpoints: where Autumn sends events."""
# ruff: noqa: RUF012 - msgspec copies an empty list for each instance

from datetime import datetime
from typing import ClassVar, Literal, TypeAlias

from .base import Milliseconds, Model, SecretModel, to_datetime

WebhookAction: TypeAlias = Literal["create", "update", "adopt", "unmanaged", "delete"] | str
"""What a sync would do about an endpoint; `unmanaged` ones are left alone."""


class Webhook(Model, frozen=True, kw_only=True, gc=False):
    """A URL of yours to which events are sent."""

    id: str
    """Your id of it."""
    url: str
    """Where events are sent."""
    description: str | None = None
    """A text about it; None without one."""
    events: list[str] = []
    """The types of events that are sent; all if empty."""
    disabled: bool = False
    """True while nothing is sent."""
    created_at: Milliseconds
    """When it was made, milliseconds since the epoch (UTC)."""
    updated_at: Milliseconds
    """When it was last changed, milliseconds since the epoch (UTC)."""

    @property
    def created_at_datetime(self) -> datetime:
        """`created_at` as an aware UTC datetime."""
        return to_datetime(self.created_at)

    @property
    def updated_at_datetime(self) -> datetime:
        """`updated_at` as an aware UTC datetime."""
        return to_datetime(self.updated_at)


class CreatedWebhook(SecretModel, Webhook, frozen=True, kw_only=True, gc=False):
    """A new endpoint, with its secret: nobody will tell it again."""

    secret_fields: ClassVar[frozenset[str]] = frozenset({"secret"})
    """The fields that are secret."""

    secret: str
    """What its signatures are verified with."""


class WebhookChange(Model, frozen=True, kw_only=True, gc=False):
    """What a sync would do about one endpoint."""

    action: WebhookAction
    """What it would do."""
    id: str = ""
    """Your id of the endpoint."""
    webhook: Webhook | None = None
    """The endpoint; None if it is changed."""
    before: Webhook | None = None
    """The endpoint as it is; None unless it is changed."""
    after: Webhook | None = None
    """The endpoint as it would be; None unless it is changed."""


class WebhookError(Model, frozen=True, kw_only=True, gc=False):
    """What is wrong with one endpoint."""

    id: str
    """Your id of the endpoint."""
    message: str
    """What is wrong."""


class WebhookSyncPreview(Model, frozen=True, kw_only=True, gc=False):
    """What a sync would do."""

    changes: list[WebhookChange] = []
    """What it would do about each endpoint."""
    errors: list[WebhookError] = []
    """What it couldn't do."""


class WebhookSecret(SecretModel, frozen=True, kw_only=True, gc=False):
    """The secret of an endpoint that was made."""

    secret_fields: ClassVar[frozenset[str]] = frozenset({"secret"})
    """The fields that are secret."""

    id: str
    """Your id of the endpoint."""
    secret: str
    """What its signatures are verified with."""


class WebhookSync(Model, frozen=True, kw_only=True, gc=False):
    """What a sync has done."""

    webhooks: list[Webhook] = []
    """The endpoints as they are now."""
    secrets: list[WebhookSecret] = []
    """The secrets of those that were made: nobody will tell them again."""
    errors: list[WebhookError] = []
    """What couldn't be done."""
