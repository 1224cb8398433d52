"""The customers that are known to exist."""

from __future__ import annotations


class Customers:
    """A bounded set that forgets whoever was added first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[str, None] = {}

    def add(self, customer: str) -> None:
        """Remembers a customer."""
        self._known[customer] = None
        if len(self._known) > self._most:
            del self._known[next(iter(self._known))]

    def __contains__(self, customer: object) -> bool:
        return customer in self._known
