"""Measures autumn-async against its peers and its floor; prints a table, writes files and a plot.

    python benchmarks/run.py              # about five minutes
    python benchmarks/run.py --quick      # a look, not a result
    python benchmarks/run.py --million    # also memory over a million calls

Needs the package itself installed with its test extra, and matplotlib for the plot. The official
client is installed into `benchmarks/.venv-official` at the first run.

Each variant is a process of its own. Blocks of calls take turns in shuffled order, and a ratio is
the median over rounds of block against block, so that noise on the machine hits all alike. CPU is
user and system time of the client's process for each call; the server is another process.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

HERE = Path(__file__).parent
OFFICIAL = HERE / ".venv-official" / "bin" / "python"
OFFICIAL_VERSION = "1.2.0"


@dataclass
class Row:
    """One line of the table: what, against which peer, how many times less."""

    what: str
    peer: str
    ours: str
    theirs: str
    ratio: float
    spread: str
    target: str
    reached: bool


class Worker:
    """A variant in a process of its own."""

    def __init__(self, variant: str, url: str) -> None:
        python = OFFICIAL if variant.startswith("official") else Path(sys.executable)
        self._process = subprocess.Popen(
            [str(python), str(HERE / "variants" / f"{variant}.py"), url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(HERE)},
        )
        assert self._line() == "ready"

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def block(self, operation: str, calls: int, at_once: int) -> float:
        """Microseconds of CPU for each call of a block."""
        assert self._process.stdin is not None
        order = {"operation": operation, "calls": calls, "at_once": at_once}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return float(json.loads(self._line())["cpu"])

    def stop(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.wait()


@contextmanager
def server() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, str(HERE / "server.py")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait()


@contextmanager
def workers(variants: list[str], url: str) -> Iterator[dict[str, Worker]]:
    started = {variant: Worker(variant, url) for variant in variants}
    try:
        yield started
    finally:
        for worker in started.values():
            worker.stop()


def race(
    workers: dict[str, Worker], operation: str, calls: dict[str, int], at_once: int, rounds: int
) -> dict[str, list[float]]:
    """Blocks of all variants, in an order that changes every round; the first is a warm-up."""
    costs: dict[str, list[float]] = {variant: [] for variant in workers}
    for number in range(rounds + 1):
        for variant in random.sample(list(workers), len(workers)):
            cost = workers[variant].block(operation, calls[variant], at_once)
            if number:
                costs[variant].append(cost)
    return costs


def compared(
    what: str, costs: dict[str, list[float]], ours: str, peer: str, target: float, unit: str = "µs"
) -> Row:
    """A row that says how many times less ours takes, or how many times as much as a floor."""
    is_floor = peer.startswith("bare")
    pairs = zip(costs[ours], costs[peer], strict=True)
    ratios = [a / b if is_floor else b / a for a, b in pairs]
    ratio = statistics.median(ratios)
    low, high = statistics.quantiles(ratios, n=4)[::2] if len(ratios) > 1 else (ratio, ratio)
    return Row(
        what,
        NAMES[peer],
        f"{statistics.median(costs[ours]):,.0f} {unit}",
        f"{statistics.median(costs[peer]):,.0f} {unit}",
        ratio,
        f"{low:.2f}-{high:.2f}",
        f"{'≤' if is_floor else '≥'} {target:g} x",
        ratio <= target if is_floor else ratio >= target,
    )


NAMES = {
    "official_async": f"autumn-sdk {OFFICIAL_VERSION}",
    "official_sync": f"autumn-sdk {OFFICIAL_VERSION}",
    "official": f"autumn-sdk {OFFICIAL_VERSION}",
    "bare_async": "aiohttp + msgspec",
    "bare_sync": "http.client + msgspec",
    "bare": "a script with aiohttp",
}


def async_rows(url: str, scale: float, rounds: int) -> Iterator[Row]:
    """check at 1, 16 and 64 in flight, track, batch_track, a page of customers."""
    with workers(["ours_async", "official_async", "bare_async"], url) as started:
        for at_once, target in ((1, 18.0), (16, 35.0), (64, 35.0)):
            calls = _calls(scale, ours=1920, official=128)
            costs = race(started, "check", calls, at_once, rounds)
            what = f"async check, {at_once} in flight"
            yield compared(what, costs, "ours_async", "official_async", target)
            yield compared(what, costs, "ours_async", "bare_async", 1.10)
        costs = race(started, "batch_track", _calls(scale, ours=30, official=5), 1, rounds)
        events = {name: [cost / 1000 for cost in found] for name, found in costs.items()}
        yield compared("batch_track of 1000, per event", events, "ours_async", "official_async", 8)
        costs = race(started, "customers.list", _calls(scale, ours=60, official=10), 1, rounds)
        what = "page of 100 customers, request and decoding"
        yield compared(what, costs, "ours_async", "official_async", 7)


def sync_rows(url: str, scale: float, rounds: int) -> Iterator[Row]:
    """check through the sync client, in 1, 8 and 32 threads."""
    with workers(["ours_sync", "official_sync", "bare_sync"], url) as started:
        for at_once, target in ((1, 10.0), (8, 14.0), (32, 14.0)):
            calls = _calls(scale, ours=1920, official=128)
            costs = race(started, "check", calls, at_once, rounds)
            what = f"sync check, {at_once} thread{'s' if at_once > 1 else ''}"
            yield compared(what, costs, "ours_sync", "official_sync", target)
            yield compared(what, costs, "ours_sync", "bare_sync", 2.5)


def _calls(scale: float, *, ours: int, official: int) -> dict[str, int]:
    counts = {"ours": ours, "bare": ours, "official": official}
    sizes = {
        name: max(64, int(count * scale)) if count > 64 else count for name, count in counts.items()
    }
    return {f"{name}_{kind}": size for name, size in sizes.items() for kind in ("async", "sync")}


def growth_row(url: str, scale: float, rounds: int) -> Row:
    """CPU for a call with 256 in flight against 1 in flight."""
    with workers(["ours_async"], url) as started:
        worker = started["ours_async"]
        calls = max(512, int(5120 * scale))
        pairs = [
            (worker.block("check", calls, 256), worker.block("check", calls, 1))
            for _ in range(rounds)
        ]
    many, one = zip(*pairs, strict=True)
    costs = {"many": list(many), "bare": list(one)}
    row = compared("async check, 256 in flight against 1", costs, "many", "bare", 1.2)
    row.peer = "itself"
    return row


IMPORT = """
import time; started = time.perf_counter()
{statement}
print((time.perf_counter() - started) * 1e6)
"""

FIRST_CHECK = {
    "ours": """
import asyncio, sys
from autumn_async import AsyncAutumn
async def main():
    async with AsyncAutumn("am_sk_test_x", server_url=sys.argv[1]) as autumn:
        await autumn.check(customer_id="cus_123", feature_id="messages")
        {then}
asyncio.run(main())
""",
    "official": """
import asyncio, sys
from autumn_sdk import Autumn
async def main():
    async with Autumn("am_sk_test_x", server_url=sys.argv[1], x_api_version="2.3.0") as autumn:
        await autumn.check_async(customer_id="cus_123", feature_id="messages")
        {then}
asyncio.run(main())
""",
    "bare": """
import asyncio, json, sys, aiohttp
async def main():
    async with aiohttp.ClientSession() as session:
        body = {{"customer_id": "cus_123", "feature_id": "messages"}}
        async with session.post(sys.argv[1] + "/v1/balances.check", json=body) as response:
            json.loads(await response.read())
        {then}
asyncio.run(main())
""",
}

RESIDENT = (
    """print([l for l in open("/proc/self/status") if l.startswith("VmRSS")][0].split()[1])"""
)


def start_rows(url: str, rounds: int) -> Iterator[Row]:
    """Importing, and a process from its start to its first answer; memory at that point."""
    imports = {
        "ours": IMPORT.format(statement="import autumn_async"),
        "official": IMPORT.format(statement="from autumn_sdk import Autumn"),
    }
    costs = _alternately(lambda who: float(_output(who, imports[who], url)), imports, rounds)
    yield compared("import", costs, "ours", "official", 20)
    scripts = {who: text.format(then="pass") for who, text in FIRST_CHECK.items()}
    costs = _alternately(lambda who: _process_cpu(who, scripts[who], url), scripts, rounds)
    yield compared("process start to first check, CPU", costs, "ours", "official", 2, "ms")
    yield compared("process start to first check, CPU", costs, "ours", "bare", 1.15, "ms")
    memory = {who: FIRST_CHECK[who].format(then=RESIDENT) for who in ("ours", "official")}
    costs = _alternately(
        lambda who: float(_output(who, memory[who], url)) / 1024, memory, min(rounds, 5)
    )
    yield compared("memory after the first check", costs, "ours", "official", 1.25, "MiB")


def _alternately(measure: object, variants: dict[str, str], rounds: int) -> dict[str, list[float]]:
    assert callable(measure)
    costs: dict[str, list[float]] = {who: [] for who in variants}
    for number in range(rounds + 1):
        for who in random.sample(list(variants), len(variants)):
            cost = measure(who)
            if number:
                costs[who].append(cost)
    return costs


def _command(who: str, script: str, url: str) -> list[str]:
    return [str(OFFICIAL) if who == "official" else sys.executable, "-c", script, url]


def _output(who: str, script: str, url: str) -> str:
    return subprocess.check_output(_command(who, script, url), text=True)


def _process_cpu(who: str, script: str, url: str) -> float:
    """Milliseconds of CPU that a whole process takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.check_call(_command(who, script, url))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


MILLION = """
import asyncio, sys
from autumn_async import AsyncAutumn
def resident():
    return int([l for l in open("/proc/self/status") if l.startswith("VmRSS")][0].split()[1])
async def main():
    async with AsyncAutumn("am_sk_test_x", server_url=sys.argv[1]) as autumn:
        async def work(count):
            for _ in range(count):
                await autumn.check(customer_id="cus_123", feature_id="messages")
        for step in range(11):
            await asyncio.gather(*(work(100_000 // 16 if step else 625) for _ in range(16)))
            print(resident(), flush=True)
asyncio.run(main())
"""


def million_row(url: str) -> Row:
    """Memory after a million calls against after the first ten thousand."""
    found = [int(line) for line in _output("ours", MILLION, url).split()]
    ratio = found[-1] / found[0]
    return Row(
        "memory after 1,000,000 checks against 10,000",
        "itself",
        f"{found[-1] / 1024:,.1f} MiB",
        f"{found[0] / 1024:,.1f} MiB",
        ratio,
        "-",
        "≤ 1.05 x",
        ratio <= 1.05,
    )


def install_official() -> None:
    """The official client, in an environment of its own."""
    if not OFFICIAL.exists():
        subprocess.check_call([sys.executable, "-m", "venv", str(OFFICIAL.parents[1])])
        package = f"autumn-sdk=={OFFICIAL_VERSION}"
        subprocess.check_call([str(OFFICIAL), "-m", "pip", "install", "--quiet", package])


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| | peer | ours | peer's | ratio | middle half | target | |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for row in rows:
        mark = "reached" if row.reached else "**missed**"
        lines.append(
            f"| {row.what} | {row.peer} | {row.ours} | {row.theirs} | {row.ratio:.2f} | "
            f"{row.spread} | {row.target} | {mark} |"
        )
    return "\n".join(lines) + "\n"


def plot(rows: list[Row], path: Path) -> None:
    """How many times less than the official client, as bars."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    against = [row for row in rows if row.peer.startswith("autumn-sdk")][::-1]
    figure, axes = pyplot.subplots(figsize=(9, 0.42 * len(against) + 1.2))
    bars = axes.barh([row.what for row in against], [row.ratio for row in against], color="#c2571a")
    axes.bar_label(bars, [f"{row.ratio:.1f} x" for row in against], padding=3)
    axes.set_xscale("log")
    axes.set_xlim(1, max(row.ratio for row in against) * 2)
    axes.set_xlabel(f"times less than autumn-sdk {OFFICIAL_VERSION} takes (log scale)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer calls and rounds")
    parser.add_argument("--million", action="store_true", help="memory over a million calls")
    options = parser.parse_args()
    scale, rounds = (0.2, 3) if options.quick else (1.0, 15)
    install_official()
    with server() as url:
        rows = [*start_rows(url, rounds), *async_rows(url, scale, rounds)]
        rows += [*sync_rows(url, scale, rounds), growth_row(url, scale, rounds)]
        if options.million:
            rows.append(million_row(url))
    text = table(rows)
    print(text)
    if not options.quick:
        python = f"{platform.python_implementation()} {platform.python_version()}"
        machine = f"{python}, {os.cpu_count()} cores"
        heading = f"`python benchmarks/run.py` on {machine}, {time.strftime('%Y-%m-%d')}.\n\n"
        (HERE / "results.md").write_text(heading + text, encoding="utf-8")
        results = json.dumps([asdict(row) for row in rows], indent=2, ensure_ascii=False)
        (HERE / "results.json").write_text(results + "\n", encoding="utf-8")
        plot(rows, HERE / "results.png")


if __name__ == "__main__":
    main()
