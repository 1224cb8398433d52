"""From what `track` is given to what waits in the buffer: checked, and encoded once."""

from __future__ import annotations

from typing import Any

import msgspec

from .events import (
    MAX_EVENT_BYTES,
    CommonEvent,
    Event,
    check_names,
    checked_timestamp,
    encoded_event,
)
from .receipts import Entry

_UNCOMMON = (msgspec.ValidationError, ValueError)
"""What msgspec raises for an event that is to be looked at more closely."""

_convert = msgspec.convert
_encode = msgspec.json.Encoder().encode


def entry_of(event: dict[str, Any], now: int, key: str) -> Entry:
    """An event on its way, under a key of its own if it has none.

    Says the same as `careful_entry`, and sooner, as long as there is nothing to say.

    Args:
        event: What the caller gave, by name. It is left as it is.
        now: When that was, in milliseconds.
        key: A key that no other event has.

    Raises:
        TypeError, ValueError: The event can't be sent as it is.
    """
    try:
        made = _convert(event, CommonEvent)
        feature, name, value = made.feature_id, made.event_name, made.value
        if (
            made.timestamp is not None
            or (feature is None) is (name is None)
            or (value is not None and value is not event["value"])  # a Decimal: all its digits stay
        ):
            return careful_entry(event, now, key)
        made.timestamp = now
        key = made.idempotency_key = made.idempotency_key or key
        data = _encode(made)
    except _UNCOMMON:
        return careful_entry(event, now, key)
    if len(data) > MAX_EVENT_BYTES:
        return careful_entry(event, now, key)
    return Entry(key, data, made.customer_id, feature, name, 1 if value is None else value)


def careful_entry(given: dict[str, Any], now: int, key: str) -> Entry:
    """All that is allowed is taken; for what isn't, the reason is given."""
    check_names(given)
    event = {"idempotency_key": key, **given}
    stamp, is_ordered = given.get("timestamp"), event.pop("ordered", False)
    event["timestamp"] = now if stamp is None else checked_timestamp(stamp, now)
    if event["idempotency_key"] is None:
        event["idempotency_key"] = key
    if not isinstance(is_ordered, bool):
        raise TypeError(f"ordered must be True or False, not {is_ordered!r}")
    made = Event(**event)
    made.async_ = False if is_ordered else None
    made.check()
    return Entry(
        made.idempotency_key,
        encoded_event(made),
        made.customer_id,
        made.feature_id,
        made.event_name,
        1.0 if made.value is None else float(made.value),
        made.customer_id if is_ordered else None,
    )
