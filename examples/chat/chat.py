"""A chat that gives each user so many messages a month. Its tests are in `test_chat.py`."""

from __future__ import annotations

from autumn_async import AsyncAutumn


class OutOfMessages(Exception):
    """The user has no messages left this month."""


class Chat:
    """Answers users, as long as their plan lets them ask."""

    def __init__(self, autumn: AsyncAutumn) -> None:
        self._autumn = autumn

    async def join(self, user: str) -> None:
        """Makes the user known; the free plan comes by itself."""
        await self._autumn.customers.get_or_create(customer_id=user)

    async def say(self, user: str, message: str) -> str:
        """The answer to a message, which counts as one. Raises `OutOfMessages`."""
        access = await self._autumn.check(customer_id=user, feature_id="messages")
        if not access.allowed:
            raise OutOfMessages(user)
        answer = message[::-1]
        await self._autumn.track(customer_id=user, feature_id="messages")
        return answer

    async def left(self, user: str) -> float:
        """How many messages the user has left."""
        customer = await self._autumn.customers.get(customer_id=user)
        return customer.balances["messages"].remaining
