"""A server, a folder, and trackers that are closed at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .server import Billing, Server


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def billing(server: Server) -> Billing:
    return server.billing


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "outbox"
