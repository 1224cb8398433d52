"""The sockets of the sessions that we open, so that a forked child can let go of them.

A child inherits its parent's connections. If it closes them as a session does, it takes the
parent's socket out of the epoll set that both share, or says goodbye on the parent's TLS
connection. Closing the bare descriptors first, in the child alone, makes both impossible.
"""

from __future__ import annotations

import os
import socket
from typing import Any
from weakref import WeakSet

_sockets: WeakSet[socket.socket] = WeakSet()


def open_socket(address: tuple[Any, ...]) -> socket.socket:
    """The socket for one entry of `getaddrinfo`; an aiohttp `socket_factory`."""
    family, kind, protocol = address[:3]
    made = socket.socket(family, kind, protocol)
    _sockets.add(made)
    return made


def _close_inherited() -> None:
    for inherited in tuple(_sockets):
        inherited.close()
    _sockets.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_inherited)
