"""Recordings and schemas that lie beside the repository, for tests that compare with them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

BESIDE = Path(__file__).resolve().parents[2] / "shared"


def shared(*parts: str) -> Path:
    """Return a file of the shared material; skips the test where there is none."""
    path = Path(os.environ.get("AUTUMN_SHARED", BESIDE), *parts)
    if not path.exists():
        pytest.skip(f"{path} is missing; AUTUMN_SHARED names the folder it is in")
    return path
