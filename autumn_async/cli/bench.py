"""`autumn bench`: how long calls take from this machine, on the user's own environment."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console

from ..client import AsyncAutumn
from ..errors import AutumnSDKError
from ..settings import RetryConfig
from .latency import Phase, histogram, latencies
from .progress import progress_bars

PERCENTS = (50, 90, 95, 99)

TEST_KEY = "am_sk_test_"


@dataclass(frozen=True)
class Plan:
    """What to measure: the options of the command."""

    server_url: str | None
    secret_key: str | None = field(repr=False)
    live: bool
    customer: str
    feature: str
    edge_url: str | None
    track: bool
    calls: int
    in_flight: int
    warm_up: int
    plot: str | None

    def check(self) -> None:
        """Raises `ValueError` for what can't or shouldn't be done."""
        if not self.live and not (self.secret_key or "").startswith(TEST_KEY):
            raise ValueError(
                f"pass --secret-key {TEST_KEY}..., or set AUTUMN_SECRET_KEY; "
                "a key of a live environment needs --live"
            )
        if self.plot is not None and find_spec("matplotlib") is None:
            raise ValueError("--plot needs another package: pip install matplotlib")
        if self.plot is not None and not Path(self.plot).absolute().parent.is_dir():
            raise ValueError(f"--plot {self.plot}: there is no such folder")


@dataclass
class Route:
    """A way to the API, what its calls took, and what went wrong on it."""

    autumn: AsyncAutumn
    phase: Phase
    tracks: bool
    failures: Counter[str] = field(default_factory=Counter[str])


def run_bench(plan: Plan) -> int:
    """Measures and shows; returns the exit code, 0 only if every call was answered.

    Raises `ValueError` for bad options, and the error of a call that fails in the warm-up.
    """
    plan.check()
    console = Console()
    routes = asyncio.run(_measured(plan, console))
    phases = [route.phase for route in routes]
    _show(console, phases)
    if plan.plot is not None:
        from .bench_plot import draw

        draw(phases, plan.plot)
        console.print(f"wrote {plan.plot}", highlight=False)
    return 1 if _show_failures(console, routes) else 0


async def _measured(plan: Plan, console: Console) -> list[Route]:
    routes = [_route(plan, "server", plan.server_url, tracks=plan.track)]
    if plan.edge_url is not None:
        # Asked as a server, because `use_edge` would hide an edge that is down.
        routes.append(_route(plan, "edge", plan.edge_url, tracks=False))
    async with AsyncExitStack() as stack:
        for route in routes:
            await stack.enter_async_context(route.autumn)
        await _spread(
            max(plan.warm_up, plan.in_flight), plan.in_flight, partial(_warm, routes, plan)
        )
        with progress_bars(console) as progress:
            bar = progress.add_task("calls", total=plan.calls)
            advance = partial(progress.advance, bar)
            await _spread(plan.calls, plan.in_flight, partial(_take, routes, plan, advance))
    return routes


def _route(plan: Plan, name: str, url: str | None, *, tracks: bool) -> Route:
    autumn = AsyncAutumn(
        plan.secret_key, server_url=url, retry_config=RetryConfig("none"), fail_open=False
    )
    return Route(autumn, Phase(name), tracks)


async def _spread(count: int, in_flight: int, turn: Callable[[], Awaitable[None]]) -> None:
    """Takes so many turns, so many of them at once."""
    turns = iter(range(count))

    async def work() -> None:
        for _ in turns:
            await turn()

    await asyncio.gather(*(work() for _ in range(in_flight)))


async def _warm(routes: list[Route], plan: Plan) -> None:
    for route in routes:
        await route.autumn.check(customer_id=plan.customer, feature_id=plan.feature)


async def _take(routes: list[Route], plan: Plan, advance: Callable[[], object]) -> None:
    """Calls by every route in turn, so that whatever else goes on meets all of them alike."""
    for route in routes:
        try:
            await _timed(route, plan.customer, plan.feature)
        except AutumnSDKError as error:
            route.failures[str(error)] += 1
    advance()


async def _timed(route: Route, customer_id: str, feature_id: str) -> None:
    with route.phase.timed("check"):
        await route.autumn.check(customer_id=customer_id, feature_id=feature_id)
    if route.tracks:
        with route.phase.timed("track"):
            await route.autumn.track(customer_id=customer_id, feature_id=feature_id, async_=False)


def _show(console: Console, phases: list[Phase]) -> None:
    console.print(latencies(phases, PERCENTS))
    for phase in phases:
        for operation, seconds in phase.seconds.items():
            if seconds:
                console.print(histogram(f"{phase.name}, {operation}", seconds), highlight=False)


def _show_failures(console: Console, routes: list[Route]) -> bool:
    for route in routes:
        for message, count in route.failures.most_common():
            text = f"{route.phase.name}: {count:,} calls failed: {message}"
            console.print(text, style="red", highlight=False, markup=False)
    return any(route.failures for route in routes)
