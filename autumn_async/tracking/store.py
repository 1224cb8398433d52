"""What a tracker asks of the place where its events wait."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

import msgspec

from .segments import Draft, Segment, head_of
from .shipping import Change


class Counts(msgspec.Struct):
    """What is in a store."""

    segments: int = 0
    events: int = 0
    """Events that Autumn hasn't taken yet."""
    bytes: int = 0
    """The size of all segments, those included that are kept to be sent once more."""
    dead: int = 0
    """Dead letters."""
    quarantined: int = 0
    """Records that were found damaged."""


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """An event that can't be delivered. It stays in the store until somebody decides."""

    id: str
    event: bytes
    """The event as it was sent: JSON."""
    reason: str
    """`invalid`, `too_large`, `customer_not_found` or `ambiguous_expired`."""
    detail: str
    """What the server said."""
    died_at: int
    """When it was given up, in milliseconds."""
    in_doubt: bool
    """Autumn may have counted it: sent again, it may count twice once its key has expired."""

    @property
    def key(self) -> str:
        """The event's idempotency key."""
        return head_of(self.event).key

    @property
    def customer_id(self) -> str:
        """The event's customer."""
        return head_of(self.event).customer_id


class Damaged(msgspec.Struct, frozen=True, kw_only=True):
    """A record that is not what was stored. It was put aside, and can't be sent."""

    id: str
    body: bytes
    """What is left of it."""
    found_at: int
    """When it was found, in milliseconds."""


class Ended(NamedTuple):
    """A lease that has ended."""

    segment: Segment
    change: Change
    """What becomes of it."""


class Store(Protocol):
    """Where events wait until Autumn has taken them.

    A tracker uses its store from one thread, its own, in the process that opened it. Everything
    that is done inside `transaction` is done when it ends, together, or not at all.
    """

    @property
    def is_durable(self) -> bool:
        """Whether what is stored outlives the process."""
        ...

    def open(self, now: int) -> None:
        """Takes possession; `now` as everywhere in milliseconds. Called once per process."""
        ...

    def close(self) -> None:
        """Gives up possession. What is left is there for the next to open the store."""
        ...

    def abandon(self) -> None:
        """In a forked child: lets go of what the parent has open, without the parent noticing."""
        ...

    def transaction(self, *, lazily: bool = False) -> AbstractContextManager[None]:
        """One step, done altogether when it ends without an error.

        What is done `lazily` may be undone by a loss of power, though not by the process's end:
        leases that ended, whose events are then sent again, under their keys.
        """
        ...

    def counts(self) -> Counts:
        """What is in the store."""
        ...

    def append(self, drafts: Sequence[Draft], now: int) -> list[str]:
        """Stores segments; returns their ids."""
        ...

    def lease(self, now: int, *, most: int, merge: bool, busy: Collection[str]) -> list[Segment]:
        """Takes the next segments that are ready, and notes durably that they may be sent from now
        on; at most so many.

        Small segments that were never sent become one if `merge`: just one in each step, for it is
        written anew, and a full disk has no room for more. A segment of a lane is only leased if no
        older one of the same lane is there. The customers in `busy` are left alone.
        """
        ...

    def settle(self, ended: Sequence[Ended], now: int) -> list[list[str]]:
        """Ends leases; returns for each the ids of the drafts that take the segment's place."""
        ...

    def hold(self, customer: str, until: int) -> None:
        """Leases no segments of a customer who isn't known before that time."""
        ...

    def known(self, customer: str, now: int) -> None:
        """Notes that a customer exists; its segments are like all others now."""
        ...

    def customers(self, most: int) -> list[str]:
        """The customers that were noted last, oldest first; forgets those beyond `most`."""
        ...

    def next_ready(self, *, busy: Collection[str]) -> int | None:
        """When the next segment that can be leased will be ready, in milliseconds.

        Of a lane that is its oldest one. The customers in `busy` don't count.
        """
        ...

    def oldest(self) -> int | None:
        """When the oldest segment was stored, in milliseconds."""
        ...

    def ids(self) -> list[str]:
        """Segments whose events Autumn hasn't taken."""
        ...

    def read(self, id: str) -> bytes | None:
        """The body of a segment, if it is there and undamaged."""
        ...

    def letters(self, after: str | None, most: int) -> list[DeadLetter]:
        """Dead letters in order, those after the one named."""
        ...

    def discard(self, id: str) -> bool:
        """Forgets a dead letter; False if there is none."""
        ...

    def damaged(self) -> list[Damaged]:
        """Records that were found damaged."""
        ...

    def adopt(self, now: int) -> list[str]:
        """Takes over what processes that have ended left behind; returns the `ids` of that."""
        ...
