"""What is counted and told when events are settled."""

from __future__ import annotations

from collections.abc import Sequence

from ..wire.watching import Watchers
from .fates import Batch, Fates
from .feed import Feed
from .ledger import Latest, Ledger, Sums, sums_of
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
        self._latest = Latest()
        self.fates: Fates = Fates()
        self.feed = feed
        self.watchers = watchers

    def stored(self, id: str, batch: Batch, sums: Sums) -> None:
        """A segment was stored. Its usage is for the buffer to hand over to the ledger."""
        self.fates.stored(id, batch)
        self._latest.add(id, sums)

    def leased(self, segment: Segment) -> None:
        """A segment is under way, perhaps one that others were merged into."""
        self.fates.leased(segment)
        if segment.merged:
            self._latest.merge(segment.merged, segment.id)

    def settled(
        self, segment: Segment, change: Change, parts: Sequence[str], now: int
    ) -> list[Waiter]:
        """A lease has ended; returns those who have to be told."""
        if change.outcome is not None or change.burials:
            self._account(segment, change, now)
        return self.fates.settled(segment, change, parts)

    def _account(self, segment: Segment, change: Change, now: int) -> None:
        dead = [head_of(burial.event) for burial in change.burials]
        self.ledger.remove(sums_of(dead))
        sums = self._latest.pop(segment.id)
        is_told = self.feed.is_wanted or bool(self.watchers)
        ended = heads(segment.body) if change.outcome is not None and is_told else []
        if change.outcome is not None:
            self.ledger.remove(sums_of(ended or heads(segment.body)) if sums is None else sums)
        self._tell_watchers(change, ended, dead)
        self._count(segment, change, now)
        if self.feed.is_wanted:
            self.feed.send(_reports(change, ended, dead))

    def found(self, events: list[Head]) -> None:
        """Events of an earlier process, or dead letters, are on their way again."""
        self.ledger.add(sums_of(events))
        for watcher in self.watchers.alive():
            watcher.tracked([head.units for head in events])

    def close(self) -> None:
        """Nobody here learns any more what becomes of the events in the store."""
        for watcher in self.watchers.alive():
            watcher.taken(self.ledger.units())

    def _tell_watchers(self, change: Change, ended: list[Head], dead: list[Head]) -> None:
        """What Autumn has taken, or may have, it applies soon; the rest never counts."""
        if not self.watchers:
            return
        count = [head.units for head in ended]
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


def _reports(change: Change, ended: list[Head], dead: list[Head]) -> list[Report]:
    reports = [
        Report(key=head.idempotency_key, state=change.outcome, customer_id=head.customer_id)
        for head in ended
        if change.outcome is not None
    ]
    for burial, head in zip(change.burials, dead, strict=True):
        reports.append(
            Report(
                key=head.idempotency_key,
                state="dead",
                reason=burial.reason,
                detail=burial.detail,
                customer_id=head.customer_id,
            )
        )
    return reports
