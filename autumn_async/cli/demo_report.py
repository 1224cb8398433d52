"""The tables at the end of the demo."""

from __future__ import annotations

from statistics import median, quantiles

from rich.console import Console
from rich.table import Table

from .demo_traffic import Phase


def show(
    console: Console, phases: list[Phase], sent: dict[str, float], used: dict[str, float]
) -> bool:
    """Prints latencies, rates and the comparison; returns whether all that was sent was counted."""
    console.print(_latencies(phases))
    console.print(_comparison(sent, used))
    right = used == sent
    verdict = "every unit was counted, once" if right else "sent and counted are not the same"
    console.print(verdict, style="green" if right else "bold red")
    return right


def _latencies(phases: list[Phase]) -> Table:
    table = Table(title="latency")
    for title in ("", "call", "calls", "p50 ms", "p99 ms", "calls/s"):
        table.add_column(title, justify="left" if title in ("", "call") else "right")
    for phase in phases:
        calls = sum(len(seconds) for seconds in phase.seconds.values())
        for operation, seconds in phase.seconds.items():
            p50, p99 = (f"{value * 1000:.2f}" for value in _percentiles(seconds))
            rate = f"{calls / phase.total:,.0f}" if phase.total else "-"
            table.add_row(phase.name, operation, f"{len(seconds):,}", p50, p99, rate)
    return table


def _percentiles(seconds: list[float]) -> tuple[float, float]:
    if not seconds:
        return 0.0, 0.0
    if len(seconds) == 1:
        return seconds[0], seconds[0]
    return median(seconds), quantiles(seconds, n=100, method="inclusive")[98]


def _comparison(sent: dict[str, float], used: dict[str, float]) -> Table:
    table = Table(title="units")
    for title in ("feature", "sent", "balances say"):
        table.add_column(title, justify="left" if title == "feature" else "right")
    for feature_id in used:
        ours, theirs = sent[feature_id], used[feature_id]
        style = None if ours == theirs else "bold red"
        table.add_row(feature_id, f"{ours:,.0f}", f"{theirs:,.0f}", style=style)
    return table
