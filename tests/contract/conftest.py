"""A server that answers what a test says, and keeps what it was asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.stage import Stage


@pytest.fixture(scope="session")
def _stage() -> Iterator[Stage]:
    with Stage() as stage:
        yield stage


@pytest.fixture
def stage(_stage: Stage) -> Stage:
    """The session's one server, with nothing on record and nothing to say."""
    _stage.clear()
    return _stage
