"""What a cached check answers."""

from __future__ import annotations

from typing import ClassVar, Literal

from ..models.checks import CheckResponse

Source = Literal["live", "cache", "stale", "edge", "fail_open"]
"""
live        Autumn was asked, while the caller waited.
cache       Balances in memory, known for no longer than `max_age`.
stale       Balances in memory that are older, as `stale` allows.
edge        The edge was asked, as the client's `use_edge` has it.
fail_open   Nobody could be asked, and the client lets such calls pass.
"""


class Decision(CheckResponse, frozen=True, kw_only=True, gc=False):
    """Whether a customer or entity may use a feature, and where that comes from.

    From memory, `balance` has `remaining` and `usage` as they are at worst with what was tracked
    since; its `breakdown` is as Autumn told it.
    """

    source: Source
    """Who has decided."""
    age_ms: float = 0
    """For how long the balances have been known, in milliseconds; 0 where Autumn was asked."""


class FailedOpenDecision(Decision, frozen=True, kw_only=True, gc=False):
    """Stands in for a decision when nobody could be asked: allowed, with nothing known."""

    failed_open: ClassVar[bool] = True
    """Always True."""
