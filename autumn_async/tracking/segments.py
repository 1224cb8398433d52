"""Segments: events that are stored together, as the body of the request that will carry them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

import msgspec

from ..wire.watching import Units

MAX_EVENTS = 1_000
"""How many events the server takes in one request."""

MAX_BYTES = 512 * 1024
"""How large a segment gets, one that holds a single event aside."""

_FIELDS = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_EVENTS = msgspec.json.Decoder(list[msgspec.Raw])


class Trail(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What has happened to a segment so far."""

    doubt_since: int | None = None
    """When it was first sent with an unknown outcome, in milliseconds; None if it never was."""
    accepted_at: int | None = None
    """When the server took it; it is kept only to be sent once more."""
    is_suspect: bool = False
    """One of its events can't be taken: it must not be merged with others again."""
    echoed: bool = False
    """The server said that its key is in use, maybe by an attempt of our own."""


NEVER_SENT = Trail()


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A segment to be."""

    body: bytes
    """A JSON array of events."""
    events: int
    customer: str | None = None
    """The one customer of its events, if it isn't known yet whether they exist."""
    lane: str | None = None
    """The customer whose events are sent one by one, in order."""
    trail: Trail = NEVER_SENT


class Segment(Draft, frozen=True, kw_only=True):
    """A stored segment. It is sent exactly as it is, however often."""

    id: str
    stored_at: int
    """When its oldest event was stored, in milliseconds."""
    merged: tuple[str, ...] = ()
    """The segments that became this one when it was leased."""


class Head(msgspec.Struct, frozen=True):
    """What has to be known of an event that is on its way."""

    customer_id: str
    key: str = msgspec.field(name="idempotency_key")
    feature_id: str | None = None
    event_name: str | None = None
    value: float = 1

    @property
    def units(self) -> Units:
        """So much usage of what by whom."""
        return (self.customer_id, self.feature_id, self.event_name), self.value


_HEADS = msgspec.json.Decoder(list[Head])


def joined(events: Iterable[bytes]) -> bytes:
    """Encoded events as the body of a request."""
    return b"".join((b"[", b",".join(events), b"]"))  # a sum would copy it once more


def merged(bodies: Iterable[bytes]) -> bytes:
    """Several bodies as one, byte for byte."""
    return joined(body[1:-1] for body in bodies)


def heads(body: bytes) -> list[Head]:
    """What has to be known of each event."""
    return _HEADS.decode(body)


def events_of(body: bytes) -> list[bytes]:
    """The events as they were encoded."""
    return [bytes(event) for event in _EVENTS.decode(body)]


def head_of(event: bytes) -> Head:
    """What has to be known of one event."""
    return heads(joined([event]))[0]


def with_fields(event: bytes, fields: dict[str, object]) -> bytes:
    """The event with some fields set, or left out where they are None; the others stay as sent."""
    kept = _FIELDS.decode(joined([event]))[0]
    for name, value in fields.items():
        kept.pop(name, None)
        if value is not None:
            kept[name] = msgspec.Raw(msgspec.json.encode(value))
    return msgspec.json.encode(kept)


def not_after(body: bytes, latest: int) -> bytes:
    """The body with every later timestamp moved back to `latest`."""
    events = _FIELDS.decode(body)
    for fields in events:
        stamp = fields.get("timestamp")
        if stamp is not None and int(bytes(stamp)) > latest:
            fields["timestamp"] = msgspec.Raw(b"%d" % latest)
    return msgspec.json.encode(events)


def chunks(events: Sequence[bytes]) -> Iterable[Sequence[bytes]]:
    """The events in pieces, each of which fits into a segment."""
    start = 0
    while start < len(events):
        piece = events[start : start + MAX_EVENTS]
        room = MAX_BYTES - len(piece)
        if sum(map(len, piece)) > room:  # rarely, and only then it's worth looking where
            ends = list(accumulate(map(len, piece)))
            piece = piece[: max(1, bisect_right(ends, room))]
        yield piece
        start += len(piece)
