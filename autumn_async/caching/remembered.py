"""What caches of both worlds can say at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .deciding import Decider
from .decisions import Decision

if TYPE_CHECKING:
    from ..inputs import Quantity


class Remembered:
    """Balances in memory, for any thread to look at or to forget."""

    def __init__(self, decider: Decider) -> None:
        self._decider = decider
        self._granted = decider.granted

    def peek(
        self,
        *,
        customer_id: str,
        feature_id: str,
        entity_id: str | None = None,
        required_balance: Quantity | None = None,
    ) -> Decision | None:
        """What can be said from memory alone, at once; None where only Autumn can tell.

            decision = cached.peek(customer_id="cus_123", feature_id="messages")

        A no is what the balances in memory say: `check` would fetch new ones before it says so.
        Nothing is fetched.
        """
        question = self._decider.question(
            {
                "customer_id": customer_id,
                "feature_id": feature_id,
                "entity_id": entity_id,
                "required_balance": required_balance,
            },
            {},
        )
        return self._decider.known(question)

    def forget(self, customer_id: str | None = None) -> None:
        """Lets the next check of a customer, or of everybody, fetch new balances.

            cached.forget("cus_123")

        For what other processes have changed, when a webhook tells of it. What is changed through
        the same client, an attached plan for example, is noticed without that.
        """
        self._decider.forget(customer_id)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._decider.client!r})"
