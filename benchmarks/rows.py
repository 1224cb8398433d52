"""A line of the table: costs of two variants, round by round, and the ratio between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median, quantiles

from .workers import Variant

LESS = "less"
"""How many times less we take than a peer: more is better."""
SHARE = "share"
"""How many times as much we take as a floor: less is better."""


@dataclass(frozen=True)
class Row:
    """What was measured, of whom, and what came of it."""

    what: str
    peer: str
    ours: list[float]
    """One figure for each round."""
    theirs: list[float]
    unit: str
    kind: str
    target: float | None = None

    @property
    def ratios(self) -> list[float]:
        """The ratio in each round."""
        pairs = zip(self.ours, self.theirs, strict=True)
        return [b / a if self.kind == LESS else a / b for a, b in pairs]

    @property
    def ratio(self) -> float:
        """The median of the ratios."""
        return median(self.ratios)

    @property
    def middle_half(self) -> tuple[float, float]:
        """The quartiles of the ratios."""
        if len(self.ours) == 1:
            return self.ratio, self.ratio
        low, _, high = quantiles(self.ratios, n=4, method="inclusive")
        return low, high

    @property
    def reached(self) -> bool | None:
        """Whether the target is; None where there is none."""
        if self.target is None:
            return None
        return self.ratio >= self.target if self.kind == LESS else self.ratio <= self.target


def compared(
    what: str,
    costs: Mapping[Variant, list[float]],
    ours: Variant,
    peer: Variant,
    kind: str,
    target: float | None = None,
    unit: str = "µs",
) -> Row:
    """A row of two variants that were measured in the same rounds."""
    return Row(what, peer.name, costs[ours], costs[peer], unit, kind, target)
