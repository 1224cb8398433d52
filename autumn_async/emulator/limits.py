"""Rate limits as the server has them: how many requests of a kind, in which window, for whom."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct

from .json_types import is_object

if TYPE_CHECKING:
    from .keys import Tenant

SECOND: Final = 1000
MINUTE: Final = 60_000
OFFSET_PAGES_UNTIL: Final = (2, 2, 0)
"""Lists that page by offset have a limit of their own."""


class Limit(NamedTuple):
    """So many requests of a group in a window of so many milliseconds."""

    group: str
    most: int
    window_ms: int = SECOND
    per_customer: bool = False


DEFAULT: Final = Limit("default", 25)
_TRACK: Final = Limit("track", 10_000, per_customer=True)
_CHECK: Final = Limit("check", 10_000, per_customer=True)
_EVENTS: Final = Limit("events", 5, per_customer=True)
_BILLING: Final = Limit("billing", 30, MINUTE, per_customer=True)
_LISTS: Final = Limit("lists", 50)
_OFFSET_LISTS: Final = Limit("lists", 5)

LIMITS: Final[dict[str, Limit | None]] = {
    "balances.track": _TRACK,
    "balances.track_tokens": _TRACK,
    "balances.update": _TRACK,
    "balances.finalize": _TRACK,
    "balances.check": _CHECK,
    "customers.get": _CHECK,
    "customers.get_or_create": _CHECK,
    "balances.batch_track": Limit("batch", 10),
    "events.list": _EVENTS,
    "events.aggregate": _EVENTS,
    "billing.attach": _BILLING,
    "billing.multi_attach": _BILLING,
    "billing.update": _BILLING,
    "billing.setup_payment": _BILLING,
    "customers.list": _LISTS,
    "entities.list": _LISTS,
    "entities.get": Limit("entities", 50, per_customer=True),
    "logs.search": Limit("logs", 10),
    "billing.preview_attach": None,
    "billing.preview_multi_attach": None,
    "billing.preview_update": None,
    "billing.preview_multi_update": None,
}
"""What differs from the default, which all other operations of an organisation share."""

TOTALS: Final = {
    "balances.track": Limit("all tracks", 120_000, MINUTE),
    "balances.check": Limit("all checks", 240_000, MINUTE),
    "entities.get": Limit("all entities", 90_000, MINUTE),
}
"""What an organisation may do in all, whichever customers it concerns."""


class Window(Struct):
    """What has been counted since a moment."""

    ends_at: int
    count: int = 0


class Standing(NamedTuple):
    """A request against its limit. `reset_s` is when the window ends, in whole seconds."""

    limit: Limit
    remaining: int
    reset_s: int
    exceeded: bool

    @property
    def of_total(self) -> bool:
        """Is it a limit on all that the organisation does, which is answered in another way?"""
        return self.limit in TOTALS.values()

    def headers(self) -> dict[str, str]:
        """The names are those of the sixth draft of the standard."""
        shown = {
            "RateLimit-Policy": f"{self.limit.most};w={self.limit.window_ms // SECOND}",
            "RateLimit-Limit": str(self.limit.most),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_s),
        }
        return {**shown, "Retry-After": str(self.reset_s)} if self.exceeded else shown


class RateLimits:
    """Counts requests in windows that begin with their first one."""

    def __init__(self) -> None:
        self._windows: dict[tuple[Tenant, str, str | None], Window] = {}
        self._tidied_at = 0

    def count(
        self, tenant: Tenant, operation: str, body: object, version: tuple[int, ...], now: int
    ) -> Standing | None:
        """Counts a request; None for operations without a limit."""
        if total := TOTALS.get(operation):
            standing = self._counted(total, (tenant, total.group, None), now)
            if standing.exceeded:
                return standing
        limit = LIMITS.get(operation, DEFAULT)
        if limit is None:
            return None
        if limit is _LISTS and version <= OFFSET_PAGES_UNTIL:
            limit = _OFFSET_LISTS
        customer = _customer(body) if limit.per_customer else None
        return self._counted(limit, (tenant, limit.group, customer), now)

    def _counted(self, limit: Limit, key: tuple[Tenant, str, str | None], now: int) -> Standing:
        window = self._windows.get(key)
        if window is None or window.ends_at <= now:
            self._tidy(now)
            window = self._windows[key] = Window(now + limit.window_ms)
        window.count += 1
        remaining = limit.most - window.count
        reset_s = ceil((window.ends_at - now) / SECOND)
        return Standing(limit, max(0, remaining), reset_s, exceeded=remaining < 0)

    def _tidy(self, now: int) -> None:
        """Throws away windows that have ended, once in a while."""
        if now - self._tidied_at >= MINUTE:
            self._tidied_at = now
            live = {key: window for key, window in self._windows.items() if window.ends_at > now}
            self._windows = live


def _customer(body: object) -> str | None:
    """Whom a request is about; what isn't a text counts as nobody."""
    customer: object = body.get("customer_id") if is_object(body) else None
    return customer if isinstance(customer, str) else None
