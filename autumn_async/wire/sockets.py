"""What a forked child inherits of our sessions and sockets, and how it lets go of them.

If a child closes a connection as a session does, its parent feels it: the parent's socket goes from
the epoll set that both share, or the server reads a goodbye on the parent's TLS connection. So in
the child each socket gets an unconnected one put in its place, under the same number, and the
sessions are kept for ever, so that nothing finalizes them.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import Any
from weakref import WeakSet

import aiohttp

SEND_BUFFER = 2**20
"""Bytes that the system takes at once: asyncio copies what is left of a batch of events, and comes
back for it. What isn't used costs nothing."""

inherited: list[aiohttp.ClientSession] = []
"""Sessions of the process that this one was forked from: never to be touched."""

_sessions: WeakSet[aiohttp.ClientSession] = WeakSet()
_sockets: WeakSet[socket.socket] = WeakSet()


def open_socket(address: tuple[Any, ...]) -> socket.socket:
    """The socket for one entry of `getaddrinfo`; an aiohttp `socket_factory`."""
    family, kind, protocol = address[:3]
    made = socket.socket(family, kind, protocol)
    with suppress(OSError):  # a system may set a limit
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    _sockets.add(made)
    return made


def watch(session: aiohttp.ClientSession) -> aiohttp.ClientSession:
    """The session, which children of this process will let go of."""
    _sessions.add(session)
    return session


def _let_go() -> None:
    """Runs in a forked child.

    Closing the sockets wouldn't do: uvloop keeps their numbers, which would soon be other files'.
    """
    inherited.extend(_sessions)
    _sessions.clear()
    with socket.socket() as unconnected:
        for ours in tuple(_sockets):
            if ours.fileno() >= 0:
                os.dup2(unconnected.fileno(), ours.fileno(), inheritable=False)
    _sockets.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)
