"""The tables at the end of the demo."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from .latency import Phase, latencies


def show(
    console: Console, phases: list[Phase], sent: dict[str, float], used: dict[str, float]
) -> bool:
    """Prints latencies, rates and the comparison; returns whether all that was sent was counted."""
    console.print(latencies(phases, (50, 99)))
    console.print(_comparison(sent, used))
    right = used == sent
    verdict = "every unit was counted, once" if right else "sent and counted are not the same"
    console.print(verdict, style="green" if right else "bold red")
    return right


def _comparison(sent: dict[str, float], used: dict[str, float]) -> Table:
    table = Table(title="units")
    for title in ("feature", "sent", "balances say"):
        table.add_column(title, justify="left" if title == "feature" else "right")
    for feature_id in used:
        ours, theirs = sent[feature_id], used[feature_id]
        style = None if ours == theirs else "bold red"
        table.add_row(feature_id, f"{ours:,.0f}", f"{theirs:,.0f}", style=style)
    return table
