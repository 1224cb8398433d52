"""The rows as people and programs read them: in the terminal, as Markdown, as JSON."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Sequence
from statistics import median

from rich.console import Console
from rich.table import Table

from .rows import LESS, Row

TITLES = ("", "peer", "ours", "peer's", "ratio", "middle half", "target", "")


def cells(row: Row) -> tuple[str, ...]:
    """A row in words."""
    low, high = row.middle_half
    sign = "≥" if row.kind == LESS else "≤"
    target = "" if row.target is None else f"{sign} {row.target:g} x"
    verdict = {None: "", True: "reached", False: "missed"}[row.reached]
    spread = "" if len(row.ours) == 1 else f"{low:.2f}-{high:.2f}"
    ours, theirs = _amount(row.ours, row.unit), _amount(row.theirs, row.unit)
    return row.what, row.peer, ours, theirs, f"{row.ratio:.2f}", spread, target, verdict


def _amount(costs: Sequence[float], unit: str) -> str:
    cost = median(costs)
    return f"{cost:,.{0 if cost >= 100 else 1 if cost >= 10 else 2}f} {unit}".rstrip()


def show(console: Console, rows: Sequence[Row]) -> None:
    """Prints the table."""
    table = Table(title=heading())
    for number, title in enumerate(TITLES):
        table.add_column(title, justify="right" if 2 <= number <= 6 else "left")
    above = ""
    for row in rows:
        what, *others = cells(row)
        style = "bold red" if row.reached is False else None
        table.add_row("" if what == above else what, *others, style=style)
        above = what
    console.print(table)


def markdown(rows: Sequence[Row]) -> str:
    """The table for the README."""
    lines = [
        f"| {' | '.join(TITLES)} |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |",
        *(f"| {' | '.join(cells(row))} |" for row in rows),
    ]
    return "\n".join(lines) + "\n"


def heading() -> str:
    """What was run, where and when."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"python -m benchmarks, {python}, {os.cpu_count()} cores, {time.strftime('%Y-%m-%d')}"


def as_json(rows: Sequence[Row], notes: Sequence[str]) -> str:
    """Everything, round by round."""
    found = [
        {
            "what": row.what,
            "peer": row.peer,
            "unit": row.unit,
            "ours": row.ours,
            "theirs": row.theirs,
            "kind": row.kind,
            "ratio": row.ratio,
            "quartiles": row.middle_half,
            "target": row.target,
            "reached": row.reached,
        }
        for row in rows
    ]
    results = {"heading": heading(), "notes": list(notes), "rows": found}
    return json.dumps(results, indent=2, ensure_ascii=False) + "\n"
