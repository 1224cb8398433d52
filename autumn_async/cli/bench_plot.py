"""The picture of `autumn bench`; matplotlib is needed for nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from .latency import Phase


def draw(phases: Sequence[Phase], path: str) -> None:
    """How many percent of the calls were answered within how many milliseconds."""
    figure: Any = import_module("matplotlib.figure").Figure(figsize=(8, 4.5), layout="tight")
    axes = figure.subplots()
    for phase in phases:
        for operation, seconds in phase.seconds.items():
            took = sorted(second * 1000 for second in seconds)
            shares = [(number + 1) / len(took) * 100 for number in range(len(took))]
            if took:
                axes.step(took, shares, where="post", label=f"{phase.name}, {operation}")
    axes.set(xscale="log", xlabel="ms that a call takes", ylabel="% of calls answered")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=120)
