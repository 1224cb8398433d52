"""The sockets that clients open."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from autumn_async.wire import sockets

ADDRESS: tuple[Any, ...] = (socket.AF_INET, socket.SOCK_STREAM, 0)


def buffered(made: socket.socket) -> int:
    """Bytes that the system would take at once."""
    with made:
        return made.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)


def test_a_batch_of_events_finds_room_in_the_system() -> None:
    assert buffered(sockets.open_socket(ADDRESS)) > buffered(socket.socket(*ADDRESS))


def test_a_system_that_has_no_room_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    class Small(socket.socket):
        def setsockopt(self, *_: object) -> None:  # type: ignore[override]
            raise OSError("No buffer space available")

    monkeypatch.setattr(sockets.socket, "socket", Small)
    assert buffered(sockets.open_socket(ADDRESS)) > 0
