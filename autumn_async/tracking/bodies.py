"""Bodies that are kept in memory."""

from __future__ import annotations

MOST_BYTES = 8 * 1024 * 1024


class Bodies:
    """Some of those that were stored and not leased yet, so that they need not be read for it.

    What was stored last waits longest: once it's full, others are kept as these are leased.
    """

    def __init__(self) -> None:
        self.clear()

    def add(self, row: int, body: bytes) -> None:
        """Keeps a body, if there is room."""
        if len(body) <= self._room:
            self._kept[row] = body
            self._room -= len(body)

    def get(self, row: int) -> bytes | None:
        """A body, if it's kept."""
        return self._kept.get(row)

    def drop(self, row: int) -> None:
        """Keeps a body no longer."""
        self._room += len(self._kept.pop(row, b""))

    def clear(self) -> None:
        """Keeps nothing."""
        self._kept: dict[int, bytes] = {}
        self._room: int = MOST_BYTES
