"""Measures autumn-async against its peers and its floors; prints tables, writes files and plots.

    python -m benchmarks                  # less than ten minutes
    python -m benchmarks --quick          # a look, not a result
    python -m benchmarks --instructions   # also counts instructions, with valgrind

Needs the package installed with its `bench` extra, and nginx for a server that is never the
bottleneck (Debian: nginx-light). The versions of the official client are installed into
`benchmarks/.venv-*` at the first run.

CPU is user and system time of the client's process for each call; the server is another process.
A ratio is the median over rounds, of block against block in the same round.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

from rich.console import Console

from .capacity import capacity
from .environments import HERE, install_official_clients
from .groups import Bench, async_calls, cached, growth, instructions, starts, sync_calls, usage
from .groups.curves import Curves, curves
from .report import as_json, markdown, show
from .rows import Row
from .server import Server, running_server

Group = Callable[[Bench], Iterator[Row]]

GROUPS: dict[str, Group] = {
    "start": starts.rows,
    "async": async_calls.rows,
    "sync": sync_calls.rows,
    "cached": cached.rows,
    "growth": growth.rows,
    "usage": usage.rows,
}
ON_REQUEST: dict[str, Group] = {
    "instructions": instructions.rows,
}


def main() -> None:
    """The command line."""
    options = _options()
    console = Console()
    install_official_clients()
    with running_server() as server:
        bench = _bench(server, quick=options.quick)
        notes = [f"server: {server.name}", *capacity(server, bench.calls)]
        for note in notes:
            console.print(note, highlight=False)
        rows = list(_measured(console, bench, _chosen(options)))
        drawn = None if options.quick or options.only else _curves(console, bench)
    show(console, rows)
    print(markdown(rows))
    if drawn is not None:
        _save(rows, notes, drawn)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--quick", action="store_true", help="fewer calls and rounds; no files")
    parser.add_argument("--only", choices=GROUPS, help="one group of rows; no files")
    for name in ON_REQUEST:
        parser.add_argument(f"--{name}", action="store_true", help=f"also the rows of {name!r}")
    return parser.parse_args()


def _bench(server: Server, *, quick: bool) -> Bench:
    return Bench(server, calls=128, rounds=2) if quick else Bench(server, calls=1280, rounds=9)


def _chosen(options: argparse.Namespace) -> dict[str, Group]:
    also = {name: group for name, group in ON_REQUEST.items() if getattr(options, name)}
    return {**({options.only: GROUPS[options.only]} if options.only else GROUPS), **also}


def _measured(console: Console, bench: Bench, groups: dict[str, Group]) -> Iterator[Row]:
    for name, group in groups.items():
        with console.status(f"measuring: {name}"):
            yield from group(bench)


def _curves(console: Console, bench: Bench) -> Curves:
    with console.status("measuring: curves"):
        return curves(bench)


def _save(rows: list[Row], notes: list[str], drawn: Curves) -> None:
    from .plots import draw

    (HERE / "results.md").write_text(markdown(rows), encoding="utf-8")
    (HERE / "results.json").write_text(as_json(rows, notes), encoding="utf-8")
    for path in draw(drawn, HERE):
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
