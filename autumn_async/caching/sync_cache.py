"""The cache of programs without asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cache import AsyncBalanceCache
from .deciding import Decider
from .decisions import Decision
from .remembered import Remembered

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..inputs import Quantity
    from ..inputs.checks import CheckOptions
    from ..sync import Bridge


class BalanceCache(Remembered):
    """Decides from the balances last known; `Autumn.cached` makes it.

        cached = autumn.cached(max_age=30, stale=300)
        decision = cached.check(customer_id="cus_123", feature_id="messages")

    All methods can be called from any thread. A yes from balances that are younger than `max_age`
    is given on the caller's own thread; all else takes the way of every sync call. It ends with
    its client, and needs no closing.
    """

    def __init__(self, bridge: Bridge, decider: Decider) -> None:
        super().__init__(decider)
        self._bridge = bridge
        self._cache = AsyncBalanceCache(decider)

    def check(
        self,
        *,
        customer_id: str,
        feature_id: str,
        entity_id: str | None = None,
        required_balance: Quantity | None = None,
        **more: Unpack[CheckOptions],
    ) -> Decision:
        """Asks whether a customer may use a feature now, as `Autumn.check` does.

            decision = cached.check(customer_id="cus_123", feature_id="messages")
            if decision.allowed:
                ...

        Takes the arguments of that method, and answers from memory where it can: see `source`.
        With `send_event`, `lock`, `http_headers`, `server_url` or an `idempotency_key`, Autumn is
        asked. Fails open like that method where there is nothing in memory.

        Raises:
            CustomerNotFoundError: No such customer; `customers.get_or_create` makes one.
            EntityNotFoundError, FeatureNotFoundError: No such entity, no such feature.
        """
        if not more:
            decision = self._granted(customer_id, feature_id, entity_id, required_balance)
            if decision is not None:
                return decision
        return self._bridge.run(
            self._cache.check,
            customer_id=customer_id,
            feature_id=feature_id,
            entity_id=entity_id,
            required_balance=required_balance,
            **more,
        )
