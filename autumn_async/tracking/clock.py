"""Time and chance, in one place, so that tests can be in charge of them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable


class Clock:
    """What time it is.

    Args:
        wall: Seconds since the epoch; may jump.
        monotonic: Seconds since some moment; never jumps.
        uniform: A random number between two others.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self.wall = wall
        self.monotonic = monotonic
        self.uniform = uniform
        self.skew_ms: int = 0
        """By how much this machine's clock is ahead of the server's; 0 if it's behind."""
        self._latest, self._then = wall(), monotonic()

    def stamp(self) -> int:
        """The time for a new event, in milliseconds: never after the server's own clock."""
        return int(self.wall() * 1000) - self.skew_ms - 1

    def now(self) -> int:
        """Milliseconds since the epoch, which never go back and never stand still.

        Whatever is measured with it is at least as old as it seems, also after the wall clock was
        set back: a doubt must not look younger than it is.
        """
        moment = self.monotonic()
        self._latest = max(self.wall(), self._latest + moment - self._then)
        self._then = moment
        return int(self._latest * 1000)

    def learn(self, server: float, sent: float, received: float) -> None:
        """Takes note of the server's clock.

        The server names whole seconds, at some moment between `sent` and `received`, so that how
        far ahead we are is known within bounds; within them, what was found before stays.
        """
        if self.skew_ms < (sent - server - 1) * 1000 or self.skew_ms > (received - server) * 1000:
            self.skew_ms = max(0, int((received - server) * 1000))

    def set_back(self, server: float, received: float) -> None:
        """Takes note that a timestamp of ours was after the server's clock."""
        self.skew_ms = max(1000, int((received - server) * 1000))
