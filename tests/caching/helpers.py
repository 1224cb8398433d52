"""What the tests of cached checks share: a server with one customer, and a clock to set."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import formatdate
from typing import Any

from autumn_async import AsyncAutumn, AsyncBalanceCache, RetryConfig
from autumn_async.caching.deciding import Decider
from autumn_async.caching.options import options_from
from tests.scripted_server import Action, Recorded, Reply, ScriptedServer

NOW = 1_800_000_000
"""What the server's clock shows, in seconds."""

SUBJECT: dict[str, Any] = {"customer_id": "ada", "feature_id": "messages"}


class FakeTime:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Books:
    """An Autumn with one customer, who has so many messages."""

    def __init__(self) -> None:
        self.left: float = 100
        self.row: dict[str, Any] = {}
        """More fields of the one row of the balance."""
        self.plans: list[dict[str, Any]] = []
        self.instead: dict[str, Action] = {}
        """What is answered in place of the truth, by the end of the path."""
        """Closed, it holds up answers."""
        self.asked: list[str] = []

    def __call__(self, request: Recorded) -> Action:
        operation = request.path.removeprefix("/v1/")
        self.asked.append(operation)
        return self.instead.get(operation) or self._truth(operation, request.json)

    def count(self, operation: str) -> int:
        return self.asked.count(operation)

    def balance(self) -> dict[str, Any]:
        row = {"id": "row", "plan_id": "free", "included_grant": 100, "usage": 100 - self.left}
        feature = {"id": "messages", "type": "metered", "consumable": True, "event_names": ["sent"]}
        return {
            "feature_id": "messages",
            "granted": 100,
            "remaining": self.left,
            "usage": 100 - self.left,
            "feature": feature,
            "breakdown": [{**row, "remaining": self.left, **self.row}],
        }

    def _truth(self, operation: str, body: Any) -> Reply:
        headers = {"date": formatdate(NOW, usegmt=True)}
        if operation in ("customers.get", "entities.get"):
            balances = {"messages": self.balance()}
            answer = {"id": "ada", "balances": balances, "subscriptions": self.plans}
            return Reply(body=answer, headers=headers)
        if operation == "balances.check":
            required = body.get("required_balance", 1)
            allowed = required <= self.left
            if allowed and (body.get("send_event") or body.get("lock")):
                self.left -= required
            answer = {"allowed": allowed, "customer_id": "ada", "balance": self.balance()}
            return Reply(body=answer, headers=headers)
        if operation == "balances.track":
            self.left = max(0, self.left - body.get("value", 1))
            answer = {"customer_id": "ada", "value": body.get("value", 1)}
            return Reply(body={**answer, "balance": self.balance()}, headers=headers)
        return Reply(body={"success": True}, headers=headers)


class Stage:
    """A server, a client of it, and a cache whose time a test moves."""

    def __init__(self, autumn: AsyncAutumn, books: Books, **options: Any) -> None:
        self.autumn = autumn
        self.books = books
        self.time = FakeTime()
        self.decider = Decider(
            autumn,
            autumn._caller,
            options_from(
                options.get("max_age", 30), options.get("stale", 300), options.get("entries", 100)
            ),
            transports=[autumn._caller.transport],
            clock=self.time,
        )
        self.cached = AsyncBalanceCache(self.decider)

    async def ask(self, required: float | None = None, **more: Any) -> tuple[bool, str]:
        """Whether so many messages are allowed, and who says so."""
        asked = {**SUBJECT, "required_balance": required, **more}
        decision = await self.cached.check(**asked)
        return decision.allowed, decision.source

    async def settle(self) -> None:
        """Returns when nothing is fetched any more."""
        for task, _ in [*self.decider._refreshing._under_way.values()]:
            await task


@asynccontextmanager
async def staged(**options: Any) -> AsyncIterator[Stage]:
    books, client = Books(), options.pop("client", {})
    with ScriptedServer(books) as server:
        settings = {"retry_config": RetryConfig("none"), "timeout_ms": 5_000, **client}
        async with AsyncAutumn("am_sk_test_x", server_url=server.url, **settings) as autumn:
            yield Stage(autumn, books, **options)
