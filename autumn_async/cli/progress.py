"""Progress bars in the house style."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn


def progress_bars(console: Console) -> Progress:
    """Bars with a description before them and a count behind."""
    columns = (TextColumn("{task.description:16}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console)
