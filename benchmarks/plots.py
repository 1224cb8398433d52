"""The pictures that the README shows."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot

from .groups.curves import IN_FLIGHT, LATENCIES_AT, Curves

COLOURS = ("#c2571a", "#5b6770", "#8a9ba8", "#3d7a5d", "#b8b8b8")


def draw(curves: Curves, folder: Path) -> list[Path]:
    """Writes the pictures, and says where."""
    return [
        _draw_cpu(curves["cpu"], folder),
        _draw_latency(curves["latency"], folder),
        _draw_events(curves["events"], folder),
    ]


def _draw_cpu(cpu: dict[str, list[float]], folder: Path) -> Path:
    figure, axes = pyplot.subplots(figsize=(8, 4.5))
    for colour, (name, costs) in zip(COLOURS, cpu.items(), strict=True):
        axes.plot(IN_FLIGHT, costs, marker="o", color=colour, label=name)
    axes.set(xscale="log", yscale="log", xlabel="calls in flight", ylabel="µs of CPU for a check")
    axes.set_xticks(IN_FLIGHT, [str(count) for count in IN_FLIGHT])
    return _saved(figure, axes, folder / "cpu.png")


def _draw_latency(latency: dict[str, list[float]], folder: Path) -> Path:
    figure, axes = pyplot.subplots(figsize=(8, 4.5))
    for colour, (name, took) in zip(COLOURS, latency.items(), strict=True):
        milliseconds = sorted(time / 1000 for time in took)
        shares = [(number + 1) / len(milliseconds) * 100 for number in range(len(milliseconds))]
        axes.step(milliseconds, shares, where="post", color=colour, label=name)
    where = f"ms that a check takes, {LATENCIES_AT} in flight"
    axes.set(xscale="log", xlabel=where, ylabel="% of checks answered")
    return _saved(figure, axes, folder / "latency.png")


def _draw_events(events: dict[str, list[float]], folder: Path) -> Path:
    figure, axes = pyplot.subplots(figsize=(8, 3))
    for colour, (name, found) in zip(COLOURS, events.items(), strict=False):
        bar = axes.barh(name, median(found), color=colour)
        axes.bar_label(bar, fmt="{:,.0f}", padding=4)
    axes.set(xscale="log", xlabel="events sent in a second, 1 request in flight")
    axes.margins(x=0.2)
    axes.invert_yaxis()
    return _saved(figure, axes, folder / "events.png")


def _saved(figure: pyplot.Figure, axes: pyplot.Axes, path: Path) -> Path:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
    return path
