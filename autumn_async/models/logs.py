"""Logs: requests that reached Autumn, and what came of them."""

from typing import Any, Literal, TypeAlias

from .base import Model, Number

LogSource: TypeAlias = Literal["api_request", "stripe_webhook"] | str
"""What a log entry is about."""


class LogRequest(Model, frozen=True, kw_only=True, gc=False):
    """The request that was made."""

    method: str | None = None
    """Its method, such as `POST`."""
    url: str | None = None
    """Where it went."""
    path: str | None = None
    """The path of that, such as `/v1/balances.check`."""


class LogContext(Model, frozen=True, kw_only=True, gc=False):
    """Who it was made by and for; None for what isn't known."""

    org_id: str | None = None
    """The organisation."""
    customer_id: str | None = None
    """The customer."""
    entity_id: str | None = None
    """The entity."""
    auth_type: str | None = None
    """What it was authenticated with."""
    user_id: str | None = None
    """The user of the dashboard."""
    user_email: str | None = None
    """That user's email address."""


class LogStripe(Model, frozen=True, kw_only=True, gc=False):
    """The event of Stripe's; None for entries about requests."""

    event_id: str | None = None
    """Stripe's id of the event."""
    event_type: str | None = None
    """Its type as Stripe calls it."""
    object_id: str | None = None
    """Stripe's id of what it is about."""


class LogEntry(Model, frozen=True, kw_only=True, gc=False):
    """A request to the API, or a webhook from Stripe."""

    timestamp: str
    """When it came, as ISO 8601 text."""
    source: LogSource
    """What it was."""
    status_code: Number
    """The status it was answered with."""
    request: LogRequest
    """The request."""
    context: LogContext
    """Who it was made by and for."""
    stripe: LogStripe
    """The event of Stripe's."""
    request_body: Any | None = None
    """What it asked; None if that wasn't kept."""
    response_body: Any | None = None
    """What it was answered; None if that wasn't kept."""
