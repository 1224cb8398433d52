"""A server for one call at a time."""

from __future__ import annotations

from typing import Any

from tests.contract.calls_2_5 import CALLS
from tests.scripted_server import Recorded, Reply, ScriptedServer

ANYTHING = {
    **dict.fromkeys(("code", "currency", "customer_id", "id", "name", "reward_id"), "x"),
    **dict.fromkeys(("type", "url"), "x"),
    **dict.fromkeys(("subtotal", "total", "value"), 0),
    "allowed": True,
    "list": [],
}
"""Decodes as the answer of every operation that has no answer of its own below."""

FITTING: dict[str, Any] = {
    "/v1/events.aggregate": {"list": []},
    **{entry.path: entry.rows[0].answer for entry in CALLS.values()},
}
"""What else is answered, by path."""


class Stage:
    """A scripted server whose answers are set before a call and whose requests are read after.

    Where no answer is set, the server has one that fits any operation.
    """

    def __init__(self) -> None:
        self._replies: list[Reply] = []
        self._server = ScriptedServer(self._answer)

    def __enter__(self) -> Stage:
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def requests(self) -> list[Recorded]:
        """What arrived since the test began."""
        return self._server.requests

    @property
    def sent(self) -> Any:
        """The JSON of the one request that arrived."""
        (request,) = self.requests
        return request.json

    def clear(self) -> None:
        self.requests.clear()
        self._replies = []

    def answers(
        self, *bodies: Any, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        """Says what the next calls are answered; the last answer is given again and again."""
        self._replies = [Reply(status, body, headers or {}) for body in bodies]

    def _answer(self, request: Recorded) -> Reply:
        if not self._replies:
            return Reply(body=FITTING.get(request.path, ANYTHING))
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
