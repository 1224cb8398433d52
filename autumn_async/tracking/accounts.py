"""What is counted and told when events are settled."""

from __future__ import annotations

from collections.abc import Sequence

from ..wire.watching import Watchers
from .fates import Batch, Fates
from .feed import Feed
from .ledger import Ledger, Usage, sums_of
from .reports import Report, Stats
from .segments import Head, Segment, head_of, heads
from .shipping import Change
from .waiting import Waiter

_LATE_MS = 3_600_000


class Accounts:
    """The figures, the sums, the fates and the reports of one outbox."""

    def __init__(self, feed: Feed, watchers: Watchers) -> None:
        self.stats: Stats = Stats()
        self.ledger: Ledger = Ledger()
        self.fates: Fates = Fates()
        self.feed = feed
        self.watchers = watchers

    def stored(self, id: str, batch: Batch) -> None:
        """A segment was stored. Its usage is for the buffer to hand over to the ledger."""
        self.fates.stored(id, batch)

    def leased(self, segment: Segment) -> None:
        """A segment is under way, perhaps one that others were merged into."""
        self.fates.leased(segment)
        if segment.merged:
            self.ledger.merged(segment.merged, segment.id)

    def settled(
        self, segment: Segment, change: Change, parts: Sequence[str], now: int
    ) -> list[Waiter]:
        """A lease has ended; returns those who have to be told."""
        if change.drafts or change.burials:
            self.ledger.scattered(segment.id)
        if change.outcome is not None or change.burials:
            self._account(segment, change, now)
        return self.fates.settled(segment, change, parts)

    def _account(self, segment: Segment, change: Change, now: int) -> None:
        dead = [head_of(burial.event) for burial in change.burials]
        self.ledger.remove(sums_of(dead))
        ended = self._ended(segment) if change.outcome is not None else ()
        self._tell_watchers(change, ended, dead)
        self._count(segment, change, now)
        if self.feed.is_wanted:
            self.feed.send(_reports(change, ended, dead))

    def _ended(self, segment: Segment) -> Sequence[Usage]:
        """The events of a segment that won't wait any longer, if anybody wants to know."""
        events = self.ledger.events(segment.id)
        is_known = self.ledger.ended(segment.id)
        is_told = self.feed.is_wanted or bool(self.watchers)
        if events is None and (is_told or not is_known):
            events = heads(segment.body)
        if events is not None and not is_known:
            self.ledger.remove(sums_of(events))
        return events if events is not None and is_told else ()

    def found(self, events: list[Head]) -> None:
        """Events of an earlier process, or dead letters, are on their way again."""
        self.ledger.add(sums_of(events))
        for watcher in self.watchers.alive():
            watcher.tracked([head.units for head in events])

    def close(self) -> None:
        """Nobody here learns any more what becomes of the events in the store."""
        for watcher in self.watchers.alive():
            watcher.taken(self.ledger.units())

    def _tell_watchers(self, change: Change, ended: Sequence[Usage], dead: list[Head]) -> None:
        """What Autumn has taken, or may have, it applies soon; the rest never counts."""
        if not self.watchers:
            return
        count = [event.units for event in ended]
        never = [head.units for head in dead]
        if any(burial.in_doubt for burial in change.burials):
            count, never = count + never, []
        for watcher in self.watchers.alive():
            watcher.taken(count)
            watcher.dropped(never)

    def _count(self, segment: Segment, change: Change, now: int) -> None:
        stats, events = self.stats, segment.events
        if change.outcome == "accepted":
            stats.accepted += events
            stats.late += events if now - segment.stored_at >= _LATE_MS else 0
        elif change.outcome == "duplicate":
            stats.duplicates += events
        elif change.outcome == "lost":
            stats.lost += events
        for burial in change.burials:
            stats.died[burial.reason] = stats.died.get(burial.reason, 0) + 1


def _reports(change: Change, ended: Sequence[Usage], dead: list[Head]) -> list[Report]:
    reports = [
        Report(key=event.key, state=change.outcome, customer_id=event.customer_id)
        for event in ended
        if change.outcome is not None
    ]
    for burial, head in zip(change.burials, dead, strict=True):
        reports.append(
            Report(
                key=head.key,
                state="dead",
                reason=burial.reason,
                detail=burial.detail,
                customer_id=head.customer_id,
            )
        )
    return reports
