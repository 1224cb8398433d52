"""From what `track` is given to what waits in the buffer: checked, and encoded once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from ..decoding import decoder_of
from .clock import Clock
from .events import CommonEvent, Event, check_names, checked_timestamp, encoded_event
from .keys import Keys
from .options import MAX_EVENT_BYTES
from .receipts import Entry

_UNCOMMON = (msgspec.ValidationError, ValueError, TypeError)
"""What msgspec raises for an event that is to be looked at more closely: the last for a kind of
`str` among its properties, which it takes for one, and then doesn't encode."""

decoder_of(CommonEvent)  # now, not when two threads track for the first time
_convert = msgspec.convert
_encode = msgspec.json.Encoder().encode


Moment = tuple[float, float, int, str, Iterator[str]]
"""Since when and until when it is, in seconds, and the timestamp and the keys of its events.

It is read in one piece, so that threads never mix two of them.
"""

_NEVER: Moment = (0.0, 0.0, 0, "", iter(()))


class Intake:
    """Makes entries of events, on any thread.

    Args:
        clock: What time it is.
        on_moment: Called once a millisecond, before the first event in it.
    """

    def __init__(self, clock: Clock, on_moment: Callable[[], object]) -> None:
        self._clock = clock
        self._wall = clock.wall
        self._on_moment = on_moment
        self._keys = Keys()
        self._moment = _NEVER

    def entry(self, event: dict[str, Any]) -> Entry:
        """An event on its way, with a timestamp, and under a key of its own if it has none.

        Says the same as `careful_entry`, and sooner, as long as there is nothing to say.

        Raises:
            TypeError, ValueError: The event can't be sent as it is.
        """
        now = self._wall()
        since, until, stamp, beginning, endings = self._moment
        ending = next(endings, None) if since <= now < until else None
        while ending is None:
            since, until, stamp, beginning, endings = self._begun(now)
            ending = next(endings, None)
        key = beginning + ending
        try:
            made = _convert(event, CommonEvent)
            feature, name, value = made.feature_id, made.event_name, made.value
            if made.idempotency_key is not None:
                key = made.idempotency_key
            if (
                made.timestamp is not None
                or (feature is None) is (name is None)
                or (value is not None and value is not event["value"])  # a Decimal has more digits
            ):
                return careful_entry(event, stamp, key)
            made.timestamp, made.idempotency_key = stamp, key
            data = _encode(made)
        except _UNCOMMON:
            return careful_entry(event, stamp, key)
        if len(data) > MAX_EVENT_BYTES:
            return careful_entry(event, stamp, key)
        return Entry(key, data, made.customer_id, feature, name, 1 if value is None else value)

    def mint(self) -> str:
        """A key that no other event has."""
        return self._keys.mint(self._clock.stamp())

    def begin_anew(self) -> None:
        """In a forked child: asks again what was known of this moment."""
        self._moment = _NEVER

    def _begun(self, now: float) -> Moment:
        """Does once a millisecond what would be too slow for each event."""
        self._on_moment()
        stamp = self._clock.stamp()
        self._moment = moment = (now, now + 0.001, stamp, *self._keys.block(stamp))
        return moment


def careful_entry(given: dict[str, Any], now: int, key: str) -> Entry:
    """Takes all that is allowed; for what isn't, gives the reason.

    Args:
        given: What the caller gave, by name. It is left as it is.
        now: When that was, in milliseconds.
        key: A key for an event that has none.
    """
    check_names(given)
    event: dict[str, Any] = {"idempotency_key": key, **given}
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
