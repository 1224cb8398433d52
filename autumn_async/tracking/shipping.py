"""What happens to a segment before and after it is sent. Decides; does no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from .answers import Verdict, culprit_indexes, culprit_name
from .clock import Clock
from .options import ASK_AGAIN_MS, CUSTOMER_WAITS_MS, Options
from .segments import Draft, Segment, Trail, events_of, head_of, joined, not_after

Reason = Literal["invalid", "too_large", "customer_not_found", "ambiguous_expired"]
"""
invalid              Autumn refuses the event as it is; the detail says why.
too_large            Something in front of Autumn finds it too large.
customer_not_found   Its customer, or entity, doesn't exist, also after some time.
ambiguous_expired    Autumn may have counted it, and its key has expired: another try may bill
                     twice.
"""

Outcome = Literal["accepted", "duplicate", "lost"]


class Burial(msgspec.Struct, frozen=True, kw_only=True):
    """An event that becomes a dead letter."""

    event: bytes
    reason: Reason
    detail: str
    in_doubt: bool
    """Autumn may have counted it all the same."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a leased segment, in one step: it stays, or goes and leaves things behind."""

    stays: bool = False
    """It is kept as it is, to be sent again."""
    trail: Trail = Trail()
    ready_at: int = 0
    """When it may be sent again, in milliseconds."""
    drafts: Sequence[Draft] = ()
    """What takes its place."""
    burials: Sequence[Burial] = ()
    outcome: Outcome | None = None
    """What became of those of its events that are neither in drafts nor in burials; None if that
    was known before, or still isn't."""


class Shipping:
    """The rules by which segments are sent, sent again, taken apart, and buried."""

    def __init__(self, options: Options, clock: Clock) -> None:
        self._options = options
        self._clock = clock

    def before(self, segment: Segment) -> Change | None:
        """What to do with a segment instead of sending it, or None to send it."""
        trail, now = segment.trail, self._clock.now()
        if trail.accepted_at is not None:
            return Change() if self._is_past(trail.accepted_at, now) else None
        if trail.doubt_since is None or not self._is_past(trail.doubt_since, now):
            return None
        if self._options.on_expired == "resend":
            return None
        if self._options.on_expired == "drop":
            return Change(outcome="lost")
        detail = "Autumn may have counted it, and its key has expired since"
        return _buried(segment, "ambiguous_expired", detail)

    def after(self, segment: Segment, verdict: Verdict, sent_at: int) -> Change:
        """What to do with a segment that was sent."""
        kind, trail = verdict.kind, segment.trail
        if kind == "accepted":
            return self._accepted(segment)
        if kind == "duplicate":
            return self._echoed(segment)
        if kind == "doubtful":
            since = sent_at if trail.doubt_since is None else trail.doubt_since
            return _again(segment, msgspec.structs.replace(trail, doubt_since=since))
        if kind == "missing":
            return self.missing(segment, verdict.detail)
        if kind in ("not stored", "limited", "refused"):
            return _again(segment, trail)
        if trail.accepted_at is not None:
            return Change()
        if kind == "future":
            return self._set_back(segment, verdict)
        return _isolated(segment, verdict)

    def missing(self, segment: Segment, detail: str) -> Change:
        """What to do with the events of a customer who doesn't exist, or not yet."""
        age, passed = self._clock.now() - segment.stored_at, 0
        for wait in CUSTOMER_WAITS_MS:
            passed += wait
            if age < passed:
                return _again(segment, segment.trail, segment.stored_at + passed)
        return _buried(segment, "customer_not_found", detail)

    def _accepted(self, segment: Segment) -> Change:
        trail = segment.trail
        if trail.accepted_at is not None:
            return Change()
        if self._options.assurance == "accepted" or segment.lane is not None:
            return Change(outcome="accepted")
        now = self._clock.now()
        ready_at = now + int(self._options.resend_after_ms)
        return Change(
            stays=True, trail=Trail(accepted_at=now), ready_at=ready_at, outcome="accepted"
        )

    def _echoed(self, segment: Segment) -> Change:
        """A 409 proves only that the key is claimed: by a try of ours that may yet fail, maybe."""
        trail = segment.trail
        if trail.doubt_since is None or trail.echoed:
            return Change(outcome="duplicate")
        trail = msgspec.structs.replace(trail, echoed=True)
        return _again(segment, trail, self._clock.now() + ASK_AGAIN_MS)

    def _set_back(self, segment: Segment, verdict: Verdict) -> Change:
        body = not_after(segment.body, self._clock.stamp())
        if body == segment.body:
            return _isolated(segment, verdict)
        return Change(drafts=[_part(segment, events_of(body))])

    def _is_past(self, since: int, now: int) -> bool:
        return now - since >= self._options.doubt_lasts_ms


def _again(segment: Segment, trail: Trail, ready_at: int = 0) -> Change:
    return Change(stays=True, trail=trail, ready_at=ready_at)


def _isolated(segment: Segment, verdict: Verdict) -> Change:
    """Buries the events that can't be taken, if the message tells them, or halves the segment."""
    events = events_of(segment.body)
    reason: Reason = "too_large" if verdict.kind == "too large" else "invalid"
    if len(events) == 1:
        return _buried(segment, reason, verdict.detail)
    bad = _culprits(events, verdict.detail) if reason == "invalid" else frozenset[int]()
    if not bad:
        middle = len(events) // 2
        halves = (events[:middle], events[middle:])
        return Change(drafts=[_part(segment, half, is_suspect=True) for half in halves])
    rest = [event for index, event in enumerate(events) if index not in bad]
    return Change(
        drafts=[_part(segment, rest)] if rest else (),
        burials=_burials(segment, [events[index] for index in sorted(bad)], reason, verdict.detail),
    )


def _culprits(events: Sequence[bytes], detail: str) -> frozenset[int]:
    indexes = culprit_indexes(detail)
    if indexes and max(indexes) < len(events):
        return indexes
    name = culprit_name(detail)
    if name is None:
        return frozenset()
    named = (head_of(event) for event in events)
    return frozenset(
        i for i, head in enumerate(named) if name in (head.feature_id, head.event_name)
    )


def _part(segment: Segment, events: Sequence[bytes], *, is_suspect: bool = False) -> Draft:
    return Draft(
        body=joined(events),
        events=len(events),
        customer=segment.customer,
        lane=segment.lane,
        trail=msgspec.structs.replace(segment.trail, is_suspect=is_suspect),
    )


def _buried(segment: Segment, reason: Reason, detail: str) -> Change:
    return Change(burials=_burials(segment, events_of(segment.body), reason, detail))


def _burials(
    segment: Segment, events: Iterable[bytes], reason: Reason, detail: str
) -> list[Burial]:
    in_doubt = segment.trail.doubt_since is not None
    return [
        Burial(event=event, reason=reason, detail=detail, in_doubt=in_doubt) for event in events
    ]
