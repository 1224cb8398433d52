"""Forks at a moment when a thread holds locks that the child would never see released."""

from __future__ import annotations

import os
from threading import RLock

PATIENCE_SECONDS = 2.0
"""How long a fork waits for work to come to a rest; then it goes on all the same."""


class Rest:
    """Held by whoever works inside SQLite, or imports; a fork waits for it.

    Made once for each kind of work, for the life of the process.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._is_ours = False
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=self.before_fork,
                after_in_parent=self.after_in_parent,
                after_in_child=self.after_in_child,
            )

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def before_fork(self) -> None:
        """Waits until nobody is at work."""
        self._is_ours = self._lock.acquire(timeout=PATIENCE_SECONDS)

    def after_in_parent(self) -> None:
        """Lets work go on."""
        if self._is_ours:
            self._lock.release()

    def after_in_child(self) -> None:
        """Begins anew: whoever else held it isn't here any more."""
        self._lock, self._is_ours = RLock(), False
