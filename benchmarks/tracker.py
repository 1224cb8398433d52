"""Measures the usage tracker against its floors and peers; prints a table, draws two plots.

    python -m benchmarks.tracker            # about four minutes
    python -m benchmarks.tracker --quick    # a look, not a result
    python -m benchmarks.tracker --plots    # only the plots; --events N for a shorter run

Needs the package installed, and matplotlib for the plots. The peers are installed into
`benchmarks/.venv-*` at the first run.

Each figure comes from a process of its own, and the server is another. What is compared takes
turns in an order that changes every round; a ratio is the median over rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .environments import (
    HERE,
    LATEST,
    clean_environment,
    install_official_clients,
    official_python,
)
from .report import markdown
from .rows import LESS, SHARE, Row

PICTURES = HERE.parent / "docs" / "pages"
"""Where the page that shows them is."""

POSTHOG = "7.91.1"

Work = tuple[str, str, int]
"""A script, the work that it does, and for how many events."""
Figures = dict[str, float]


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    events: int
    posts: int
    million: int
    rounds: int


FULL = Scale(events=100_000, posts=3_200, million=1_000_000, rounds=9)
QUICK = Scale(events=20_000, posts=640, million=100_000, rounds=2)


def rows(scale: Scale) -> Iterator[Row]:
    """All rows."""
    with server() as url:
        yield from storing_rows(url, scale)
        yield from delivery_rows(url, scale)
        yield from million_rows(url, scale)
    with server("10") as url:
        found = raced(url, {"ours": ("ours", "limited", scale.events)}, min(3, scale.rounds))
    cost = of(found["ours"], "wall")
    what = "at 10 requests/s, per event"
    yield Row(what, "10,000 events/s", cost, [100.0] * len(cost), "µs", LESS, 0.98)


def storing_rows(url: str, scale: Scale) -> Iterator[Row]:
    """What the caller of `track` and those who wait in `put` see."""
    yield track_row(url, scale.events, scale.rounds)
    works: dict[str, Work] = {
        "put": ("ours", "put", scale.events // 4),
        "floor": ("ours", "transactions", scale.posts // 2),
    }
    found_both = raced(url, works, scale.rounds)
    put, floor = (of(found_both[name], "wall") for name in works)
    what = "put from 500 tasks, synchronous=FULL"
    yield Row(what, "a transaction per event", put, floor, "µs", LESS, 7)


def track_row(url: str, events: int, rounds: int) -> Row:
    """What a call of `track` takes, next to encoding the event."""
    found = raced(url, {"track": ("ours", "track", events)}, rounds)["track"]
    encode = "msgspec encode and append"
    return Row("track(), CPU", encode, of(found, "ours"), of(found, "floor"), "µs", SHARE, 5)


def delivery_rows(url: str, scale: Scale) -> Iterator[Row]:
    """Events from `track` to the server, by the clock and in CPU of the client's process."""
    peers: dict[str, tuple[Work, float | None]] = {
        "aiohttp POST per event": (("ours", "post", scale.posts), 30),
        "the same, 64 in flight": (("ours", "posts", scale.posts), None),
        f"autumn-sdk {LATEST} track": (("official", "track", scale.posts // 5), 200),
        f"autumn-sdk {LATEST} batch_track": (("official", "batch", scale.posts * 5), None),
        "posthog's queue": (("posthog", "capture", scale.posts * 3), None),
    }
    works = {"ours": ("ours", "deliver", scale.events), **{n: w for n, (w, _) in peers.items()}}
    found = raced(url, works, scale.rounds)
    for figure, what in (("wall", "delivered, by the clock"), ("cpu", "delivered, CPU")):
        for name, (_, target) in peers.items():
            goal = target if figure == "wall" else None
            yield Row(
                what, name, of(found["ours"], figure), of(found[name], figure), "µs", LESS, goal
            )


def million_rows(url: str, scale: Scale) -> Iterator[Row]:
    """Memory with many events on the disk, and how soon they are there again."""
    with tempfile.TemporaryDirectory() as folder:
        growth = work(url, ("ours", "queued", scale.million), folder)["MiB"]
        opened = [work(url, ("ours", "reopen", scale.million), folder) for _ in range(scale.rounds)]
    count = f"{scale.million:,} events"
    yield Row(f"memory with {count} on disk", "64 MiB", [growth], [64.0], "MiB", SHARE, 1)
    floor = of(opened, "floor")
    peer = "reading the files"
    yield Row(f"{count} reopened", peer, of(opened, "opened"), floor, "ms", SHARE, 2)
    yield Row(f"{count} reopened and read", peer, of(opened, "read"), floor, "ms", SHARE, 2)


def of(found: list[Figures], name: str) -> list[float]:
    """One figure of all rounds."""
    return [figures[name] for figures in found]


def raced(url: str, works: dict[str, Work], rounds: int) -> dict[str, list[Figures]]:
    """The figures of each work, by round."""
    found: dict[str, list[Figures]] = {name: [] for name in works}
    for _ in range(rounds):
        for name in random.sample(list(works), len(works)):
            with tempfile.TemporaryDirectory() as folder:
                found[name].append(work(url, works[name], f"{folder}/outbox"))
    return found


def work(url: str, what: Work, folder: str) -> Figures:
    """Runs a script of `variants`; returns what it prints."""
    script, name, events = what
    command = [str(python_of(script)), str(HERE / "variants" / f"tracker_{script}.py")]
    arguments = [name, url, folder, str(events)]
    output = subprocess.check_output([*command, *arguments], env=clean_environment())
    figures: Figures = json.loads(output)
    return figures


def python_of(script: str) -> Path:
    """The interpreter that a script needs; a peer's environment is made if it isn't there."""
    if script == "ours":
        return Path(sys.executable)
    if script == "official":
        return official_python(LATEST)
    python = HERE / ".venv-posthog" / "bin" / "python"
    if not python.exists():
        subprocess.check_call([sys.executable, "-m", "venv", str(python.parents[1])])
        install = [str(python), "-m", "pip", "install", "--quiet", f"posthog=={POSTHOG}"]
        subprocess.check_call(install)
    return python


@contextmanager
def server(*limit: str) -> Iterator[str]:
    """A server that counts, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.counting_server", *limit]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean_environment())
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.communicate()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer events and rounds")
    parser.add_argument("--plots", action="store_true", help="only draw the plots")
    parser.add_argument("--events", type=int, default=5_000_000, help="of the run that is drawn")
    options = parser.parse_args()
    if options.plots:
        from .tracker_plots import draw

        with server() as url:
            draw(url, options.events, PICTURES)
        return
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    install_official_clients()
    print(markdown(list(rows(QUICK if options.quick else FULL))))
    print(f"{os.cpu_count()} cores; load of the machine when it began: {load}")


if __name__ == "__main__":
    main()
