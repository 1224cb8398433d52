"""The cache of asyncio programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .decisions import Decision
from .remembered import Remembered

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..inputs import Quantity
    from ..inputs.checks import CheckOptions


class AsyncBalanceCache(Remembered):
    """Decides from the balances last known; `AsyncAutumn.cached` makes it.

        cached = autumn.cached(max_age=30, stale=300)
        decision = await cached.check(customer_id="cus_123", feature_id="messages")

    `check` belongs on the event loop of the client; `peek` and `forget` can be called from any
    thread. It ends with its client, and needs no closing.
    """

    async def check(
        self,
        *,
        customer_id: str,
        feature_id: str,
        entity_id: str | None = None,
        required_balance: Quantity | None = None,
        **more: Unpack[CheckOptions],
    ) -> Decision:
        """Asks whether a customer may use a feature now, as `AsyncAutumn.check` does.

            decision = await cached.check(customer_id="cus_123", feature_id="messages")
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
        question = self._decider.question(
            {
                "customer_id": customer_id,
                "feature_id": feature_id,
                "entity_id": entity_id,
                "required_balance": required_balance,
            },
            {**more},
        )
        return await self._decider.decided(question)
