"""A server, a folder, and trackers that are closed at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autumn_async import MemoryStore, SQLiteStore, Store

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


@pytest.fixture(params=["memory", "folder"])
def store(request: pytest.FixtureRequest, folder: Path) -> Iterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else SQLiteStore(folder)
    made.open(1_000)
    yield made
    made.close()
