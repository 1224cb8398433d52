"""What is measured, a module for each group of rows: `rows(bench)` yields them."""

from __future__ import annotations

from dataclasses import dataclass

from ..server import Server


@dataclass(frozen=True)
class Bench:
    """Where to measure, and how much."""

    server: Server
    calls: int
    """In one block, of the fast variants."""
    rounds: int
