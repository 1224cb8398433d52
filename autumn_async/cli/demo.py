"""`autumn demo`: the main job, seen from an application.

Async workers check and track usage of many customers, a sync part does a share of it, and at the
end what was sent is compared with what the balances say.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from typing import Any

import aiohttp
from rich.console import Console
from rich.progress import Progress

from ..client import AsyncAutumn
from ..emulator import Emulator
from ..errors import AutumnConnectionError, AutumnSDKError, AutumnTimeoutError, NotFoundError
from ..facade import Autumn
from ..wire.transport import SessionFactory
from .demo_report import show
from .demo_traffic import Event, planned, send_async, send_sync, units_by_feature
from .latency import Phase
from .progress import progress_bars

GRANT = 1_000_000
"""Units of each feature for each customer: more than the demo uses."""

SYNC_SHARE = 10
"""One event in so many goes through the sync client."""

DEADLINE_MS = 15_000
"""The limit of each call: a server that can't be reached is soon found out."""

SETTLE_SECONDS = 10.0
"""How long a real server's balances may take to catch up."""


class Stage:
    """Where the demo plays, and the ids of everything that it creates there."""

    def __init__(
        self,
        secret_key: str,
        server_url: str,
        customers: int,
        events: int,
        session: SessionFactory | None = None,
    ) -> None:
        prefix = f"demo_{secrets.token_hex(4)}"
        options: dict[str, Any] = {
            "server_url": server_url,
            "deadline_ms": DEADLINE_MS,
            "fail_open": False,  # else it would hide what the demo is there to show
            "session": session,
        }
        self.autumn: Autumn = Autumn(secret_key, **options)
        self.async_autumn: AsyncAutumn = AsyncAutumn(secret_key, **options)
        self.plan_id: str = f"{prefix}_free"
        self.feature_ids: list[str] = [f"{prefix}_messages", f"{prefix}_images"]
        self.customer_ids: list[str] = [
            f"{prefix}_customer_{number}" for number in range(customers)
        ]
        self.events: list[Event] = planned(events, self.customer_ids, self.feature_ids, prefix)
        self.made_features: list[str] = []
        self.made_customers: list[str] = []


def run_demo(server_url: str | None, secret_key: str | None, events: int | None) -> int:
    """Plays the demo; returns the exit code, 0 only if every figure is right.

    Raises `ValueError` for a key that doesn't belong to a test environment.
    """
    if server_url is None:
        return _run_inside(events or 10_000)
    if not (secret_key or "").startswith("am_sk_test_"):
        raise ValueError(
            "the demo runs on test environments only: pass --secret-key am_sk_test_..., "
            "or set AUTUMN_SECRET_KEY"
        )
    return _run_on_server(server_url, secret_key or "", events or 200)


def _run_inside(events: int) -> int:
    console = Console()
    with Emulator() as emulator:
        console.print(f"an Autumn inside this process, at {emulator.url}", highlight=False)
        # With a session of its own: no proxy of the environment leads into this process.
        stage = Stage(emulator.secret_key, emulator.url, 100, events, aiohttp.ClientSession)
        with stage.autumn:
            with progress_bars(console) as progress:
                _create_features(stage)
                _create_plan(stage)
                _create_customers(stage, progress)
                phases = _send(stage, progress)
            used = _units_used(stage)
    sent = units_by_feature(stage.events, stage.feature_ids)
    return 0 if show(console, phases, sent, used) else 1


def _run_on_server(server_url: str, secret_key: str, events: int) -> int:
    console = Console()
    stage = Stage(secret_key, server_url, 20, events)
    with stage.autumn:
        try:
            with progress_bars(console) as progress:
                _create_features(stage)
                _create_customers(stage, progress, grant=True)
                phases = _send(stage, progress)
            sent = units_by_feature(stage.events, stage.feature_ids)
            right = show(console, phases, sent, _settled(stage, sent))
        finally:
            leftovers = _remove(stage)
            for leftover in leftovers:
                console.print(f"left over: {leftover}", style="red", highlight=False)
    return 0 if right and not leftovers else 1


def _create_features(stage: Stage) -> None:
    for feature_id in stage.feature_ids:
        with _noting(stage.made_features, feature_id):
            stage.autumn.features.create(
                feature_id=feature_id, name=feature_id, type_="metered", consumable=True
            )


@contextmanager
def _noting(made: list[str], name: str) -> Generator[None, None, None]:
    """Notes what may exist from now on, before it does: the answer may never come."""
    made.append(name)
    try:
        yield
    except (AutumnConnectionError, AutumnTimeoutError) as error:
        if error.outcome == "not sent":
            made.remove(name)
        raise


def _create_plan(stage: Stage) -> None:
    """A plan that every new customer gets."""
    stage.autumn.plans.create(
        plan_id=stage.plan_id,
        name="Free",
        auto_enable=True,
        items=[
            {"feature_id": feature_id, "included": GRANT, "reset": {"interval": "month"}}
            for feature_id in stage.feature_ids
        ],
    )


def _create_customers(stage: Stage, progress: Progress, *, grant: bool = False) -> None:
    bar = progress.add_task("customers", total=len(stage.customer_ids))
    for customer_id in stage.customer_ids:
        with _noting(stage.made_customers, customer_id):
            stage.autumn.customers.get_or_create(customer_id=customer_id)
        for feature_id in stage.feature_ids if grant else ():
            stage.autumn.balances.create(
                customer_id=customer_id, feature_id=feature_id, included_grant=GRANT
            )
        progress.advance(bar)


def _send(stage: Stage, progress: Progress) -> list[Phase]:
    """Sends all events: most of them by async workers, a share by the sync client."""
    by_sync = stage.events[::SYNC_SHARE]
    by_workers = [event for number, event in enumerate(stage.events) if number % SYNC_SHARE]
    bar = progress.add_task("async workers", total=len(by_workers))
    workers = asyncio.run(
        send_async(stage.async_autumn, by_workers, partial(progress.advance, bar))
    )
    bar = progress.add_task("sync client", total=len(by_sync))
    return [workers, send_sync(stage.autumn, by_sync, partial(progress.advance, bar))]


def _units_used(stage: Stage) -> dict[str, float]:
    """Per feature, what the balances of all customers say."""
    used = dict.fromkeys(stage.feature_ids, 0.0)
    for customer_id in stage.customer_ids:
        balances = stage.autumn.customers.get(customer_id=customer_id).balances
        for feature_id in stage.feature_ids:
            used[feature_id] += balances[feature_id].usage
    return used


def _settled(stage: Stage, sent: dict[str, float]) -> dict[str, float]:
    """What the balances say once they agree with what was sent, or after a while if they don't."""
    end = time.monotonic() + SETTLE_SECONDS
    while (used := _units_used(stage)) != sent and time.monotonic() < end:
        time.sleep(1)
    return used


def _remove(stage: Stage) -> list[str]:
    """Removes customers, then features; returns what is still there, with the reason."""
    customers, features = stage.autumn.customers, stage.autumn.features
    removals: dict[str, Callable[[], object]] = {}
    for customer_id in stage.made_customers:
        removals[f"customer {customer_id}"] = partial(customers.delete, customer_id=customer_id)
    for feature_id in stage.made_features:
        removals[f"feature {feature_id}"] = partial(features.delete, feature_id=feature_id)
    leftovers: list[str] = []
    for number, (name, remove) in enumerate(removals.items()):
        try:
            remove()
        except NotFoundError:
            continue
        except AutumnSDKError as error:
            leftovers.append(f"{name} ({error})")
        except KeyboardInterrupt:
            return leftovers + [f"{rest} (interrupted)" for rest in list(removals)[number:]]
    return leftovers
