"""The named spans of time that events are looked at in: days back, billing cycles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .intervals import DAY_MS

if TYPE_CHECKING:
    from .customers import Customer
    from .intervals import Interval

BACK: Final = {"24h": 1, "7d": 7, "30d": 30, "90d": 90}
CYCLES: Final[dict[str, tuple[int, int | None]]] = {
    "1bc": (0, None),
    "last_cycle": (1, 0),
    "3bc": (2, None),
}
"""How many cycles ago a span begins, and how many ago it ends (None: now)."""
SPANS: Final = (*BACK, "last_cycle", "1bc", "3bc")


def span(name: str, customer: Customer | None, now: int) -> tuple[int, int]:
    """Start and end; cycles are those of the paid main plan, without one they are the last day."""
    if name in BACK:
        return now - BACK[name] * DAY_MS, now
    cycle = _cycle(customer) if customer else None
    if cycle is None:
        return now - DAY_MS, now
    interval, anchor = cycle
    begins, ends = CYCLES[name]
    current = interval.window_start(anchor, now)
    end = now if ends is None else current - 1
    return interval.after(current, -begins), end


def _cycle(customer: Customer) -> tuple[Interval, int] | None:
    """The billing interval of the customer's paid main plan, and a moment at which it turns."""
    for holding in customer.subscribed():
        interval, paid_in = holding.content.cycle, holding.subscription
        if interval and holding.active and holding.main and holding.entity is None:
            return interval, paid_in.anchor if paid_in else holding.started_at
    return None
