"""Dead letters that are sent again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from .events import Event, check_names, checked_timestamp, encoded_event
from .segments import Draft, joined
from .store import DeadLetter, Store

_AT_ONCE = 100

_EVENT = msgspec.json.Decoder(Event)


def edited(letter: DeadLetter, changes: dict[str, Any], key: str, now: int) -> bytes:
    """The event with some fields changed, under a key of its own: a key is for one payload."""
    event = _EVENT.decode(letter.event)
    check_names({"customer_id": event.customer_id, **changes})
    if "ordered" in changes:
        raise TypeError(
            "a dead letter can't be requeued as ordered; its place in the order is gone"
        )
    for name, value in changes.items():
        setattr(event, name, value)
    if "timestamp" not in changes:
        event.timestamp = min(event.timestamp, now)
    else:
        stamp = changes["timestamp"]
        event.timestamp = now if stamp is None else checked_timestamp(stamp, now)
    event.idempotency_key = changes.get("idempotency_key") or key
    event.check()
    return encoded_event(event)


def page(after: str | None) -> Callable[[Store], list[DeadLetter]]:
    """Reads the dead letters after one, some at a time."""
    return lambda store: store.letters(after, _AT_ONCE)


def requeue(store: Store, letter: DeadLetter, event: bytes, now: int) -> bool:
    """Puts an event in the place of a dead letter, in one step; False if that is gone."""
    if not store.discard(letter.id):
        return False
    store.append([Draft(body=joined([event]), events=1)], now)
    return True
