"""What a caller of the private loop waits for, when it is the only one."""

from __future__ import annotations

import os
import select
from threading import Lock

CAN_CHIME = hasattr(select, "poll") and type(Lock()).__module__ == "_thread"
"""Not on Windows; nor where a tool such as gevent has made locks and polls its own."""


class Chime:
    """Like a lock that is held, for one caller at a time; it costs less to be woken up by.

    A lock is released while the interpreter is held: on the same processor, whoever wakes up at
    that finds the interpreter taken, sleeps again and is woken up twice. A write to a pipe lets go
    of the interpreter first, and tells the system that the writer is about to sleep. The two ends
    of the pipe are closed when nobody refers to it any more: it may be rung late.
    """

    _ear = _bell = -1

    def __init__(self) -> None:
        self._ear, self._bell = os.pipe()
        poll = select.poll()
        poll.register(self._ear, select.POLLIN)
        self._poll = poll.poll

    def acquire(self, *, timeout: float) -> bool:
        """Waits, for so many seconds; true if it was released."""
        return bool(self._poll(timeout * 1000)) and bool(os.read(self._ear, 1))

    def release(self) -> None:
        """Lets the caller go on."""
        os.write(self._bell, b"!")

    def __del__(self) -> None:
        for end in (self._ear, self._bell):
            if end >= 0:  # Ctrl-C may have come while it was made
                os.close(end)
