"""What a tracker tells: the fate of each event, and its figures."""

from __future__ import annotations

from typing import Literal

import msgspec

State = Literal[
    "buffered", "stored", "possibly accepted", "accepted", "duplicate", "dead", "lost", "refused"
]
"""
buffered            In memory, about to be stored.
stored              In the store, about to be sent.
possibly accepted   Sent, and the outcome is unknown; it will be sent again.
accepted            Autumn has taken it.
duplicate           Autumn had an event with this key already.
dead                A dead letter; `reason` and `detail` say why.
lost                Given up, as you chose: `on_expired="drop"`.
refused             Never stored: there was no room, and whoever waited for it was told.
"""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Where an event is, or what became of it."""

    key: str
    """Its idempotency key."""
    state: State
    reason: str | None = None
    """Why it's dead: `invalid`, `too_large`, `customer_not_found`, `ambiguous_expired`."""
    detail: str = ""
    """What the server said."""
    customer_id: str = ""
    """Its customer."""


class FlushResult(msgspec.Struct, frozen=True, kw_only=True):
    """What flushing, or closing, came to."""

    accepted: int
    """Events that Autumn took meanwhile."""
    pending: int
    """Events that still wait; those in a durable store are safe there."""
    dead: int
    """Events that became dead letters meanwhile."""


class Stats(msgspec.Struct, kw_only=True):
    """A tracker's figures, since it began in this process unless they say otherwise."""

    tracked: int = 0
    """Events taken by `track` and `put`."""
    accepted: int = 0
    """Events that Autumn took."""
    duplicates: int = 0
    """Events whose key Autumn knew already."""
    died: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    """Events that became dead letters, by reason."""
    lost: int = 0
    """Events given up under `on_expired="drop"`."""
    dropped: int = 0
    """Events not taken under `on_full="drop"`."""
    late: int = 0
    """Events accepted an hour or more after they were stored: they may count in a new period."""
    reports_dropped: int = 0
    """Reports that nobody fetched in time."""
    buffered_events: int = 0
    """Events in memory now."""
    buffered_bytes: int = 0
    stored_events: int = 0
    """Events in the store now that Autumn hasn't taken."""
    stored_bytes: int = 0
    oldest_ms: int = 0
    """The age of the oldest of them."""
    dead_letters: int = 0
    """Dead letters in the store now."""
    quarantined: int = 0
    """Damaged records in the store now."""
    commits: int = 0
    """Transactions of the store."""
    commit_seconds: float = 0.0
    requests: int = 0
    """Requests that carried events."""
    request_seconds: float = 0.0
    sent_events: int = 0
    """Events in those requests, repeats included."""
    answers: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    """Requests by what became of them; see `autumn_async.tracking.answers.Kind`."""
    customers_asked: int = 0
    """Customers that were looked up."""
    linger_ms: float = 0.0
    """How long a request waits for more events now."""
    skew_ms: int = 0
    """By how much this machine's clock is found to be ahead."""
    paused: str | None = None
    """Why nothing is sent at the moment: what the server said; None if all is well."""
    storage_error: str | None = None
    """Why nothing can be stored at the moment."""
