"""Inputs for tracking and for reading events."""

from collections.abc import Mapping
from typing import Any

from ._typing import NotRequired, TypedDict
from .common import OverageBehavior, Quantity, Timestamp

AsyncKey = TypedDict("AsyncKey", {"async": bool}, total=False)
"""The key `async`, which no class body can spell."""


class TrackInput(AsyncKey):
    """One event of a batch; it needs `feature_id` or `event_name`."""

    customer_id: str
    """Who did it."""
    feature_id: NotRequired[str]
    """The feature used."""
    event_name: NotRequired[str]
    """The event that happened; counts for each feature that lists it."""
    value: NotRequired[Quantity]
    """Units used, 1 by default; negative to give back."""
    entity_id: NotRequired[str]
    """The entity that did it."""
    properties: NotRequired[Mapping[str, Any]]
    """Your own data about it."""
    timestamp: NotRequired[Timestamp]
    """When it happened, now by default; not in the future."""
    overage_behavior: NotRequired[OverageBehavior]
    """What to do if fewer units are left; `cap` by default."""
    async_: NotRequired[bool]
    """False to wait until it is counted; the same as the key `async`."""
    idempotency_key: NotRequired[str]
    """Counts the event once, however often it is sent under this key within a day."""


class TimeRangeInput(TypedDict):
    """A span of time that may be open at either end."""

    start: NotRequired[Timestamp]
    """Its first moment."""
    end: NotRequired[Timestamp]
    """Its last moment."""


class CustomRangeInput(TypedDict):
    """A span of time with a beginning and an end."""

    start: Timestamp
    """Its first moment."""
    end: Timestamp
    """Its last moment, after `start`."""


class LogRangeInput(TypedDict):
    """A span of time within the last seven days."""

    start_date: NotRequired[str]
    """Its first moment, as ISO 8601 text."""
    end_date: NotRequired[str]
    """Its last moment, as ISO 8601 text."""
