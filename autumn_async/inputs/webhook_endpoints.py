"""Inputs for webhook endpoints."""

from collections.abc import Sequence

from ._typing import NotRequired, TypedDict
from .common import WebhookEventType


class WebhookInput(TypedDict):
    """A URL of yours to which events are sent."""

    id: str
    """Your id of it."""
    url: str
    """Where events are sent."""
    events: NotRequired[Sequence[WebhookEventType]]
    """The types of events to send; all by default."""
    description: NotRequired[str]
    """A text about it."""
    disabled: NotRequired[bool]
    """True to send nothing for now."""
