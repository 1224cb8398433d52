"""The customers that are known to exist."""

from __future__ import annotations


class Customers(dict[str, None]):
    """A bounded set that forgets whoever was added first."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def add(self, customer: str) -> None:
        """Remembers a customer."""
        self[customer] = None
        if len(self) > self._most:
            del self[next(iter(self))]
