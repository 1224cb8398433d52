"""Recordings and schemas that lie beside the repository, for tests that compare with them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

BESIDE = Path(__file__).resolve().parents[2] / "shared"


def shared(*parts: str) -> Path:
    """A file of the shared material; skips the test where the whole folder isn't there."""
    folder = Path(os.environ.get("AUTUMN_SHARED") or BESIDE)
    if not folder.is_dir():
        pytest.skip("the recordings are not here; AUTUMN_SHARED names the folder they are in")
    path = folder.joinpath(*parts)
    assert path.exists(), f"{path} is missing"
    return path
