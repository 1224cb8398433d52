"""Billing cycles: what the paid plans of a customer are charged by, period after period."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

if TYPE_CHECKING:
    from .discounts import Discount
    from .intervals import Interval
    from .invoices import LineItem


class Period(NamedTuple):
    """From one payment to the next, in milliseconds."""

    start: int
    end: int

    def share_left(self, now: int) -> float:
        """Which part of it is still to come: 1 at its start, 0 at its end."""
        left = (self.end - now) / max(1, self.end - self.start)
        return min(1.0, max(0.0, left))


class Subscription(Struct, eq=False):
    """One billing cycle, shared by the plans that are paid together.

    All periods are counted from the anchor, which may lie ahead: where a trial ends, for one.
    """

    id: str
    started_at: int
    anchor: int
    trial: bool = False
    """Nothing is paid before the anchor."""
    renews_at: int | None = None
    """When the next of its prices is due; None when nothing of it is paid again."""
    deferred: list[LineItem] = []
    """Lines that wait for the next invoice."""
    discounts: list[Discount] = []
    reduced: dict[tuple[str, str | None], float] = {}
    """The part of a price that was paid, by plan and feature, where coupons took something off."""

    def period(self, interval: Interval, now: int) -> Period:
        """The period of such a price that holds `now`; a trial is one period."""
        if self.trialing(now):
            return Period(self.started_at, self.anchor)
        return Period(
            interval.window_start(self.anchor, now), interval.next_after(self.anchor, now)
        )

    def trialing(self, now: int) -> bool:
        return self.trial and now < self.anchor
