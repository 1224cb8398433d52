"""Variants in processes of their own, and races between them.

Blocks of calls take turns in an order that changes every round, so that noise on the machine hits
all variants alike.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from .environments import HERE, LATEST, OFFICIAL_VERSIONS, clean_environment, official_python

T = TypeVar("T")


@dataclass(frozen=True)
class Variant:
    """A way to make the calls."""

    name: str
    """As the tables call it."""
    script: str
    python: Path = Path(sys.executable)
    share: float = 1.0
    """The part of a block's calls that it makes: slow ones would take up all the time."""

    def command(self, url: str) -> list[str]:
        """What runs it."""
        return [str(self.python), str(HERE / "variants" / f"{self.script}.py"), url]


def _official(kind: str) -> dict[str, Variant]:
    return {
        version: Variant(
            f"autumn-sdk {version}", f"official_{kind}", official_python(version), share=0.07
        )
        for version in OFFICIAL_VERSIONS
    }


OURS_ASYNC = Variant("autumn-async", "ours_async")
OURS_CACHED = Variant("autumn-async, cached", "ours_cached")
OFFICIAL_ASYNC = _official("async")
HTTPX = Variant("httpx + msgspec", "httpx_async", share=0.2)
AIOHTTP = Variant("aiohttp + msgspec", "bare_async")
FLOOR = Variant("asyncio + httptools", "floor_async")

OURS_SYNC = Variant("autumn-async, sync", "ours_sync")
OFFICIAL_SYNC = _official("sync")
HTTP_CLIENT = Variant("http.client + msgspec", "bare_sync")

PEER_ASYNC, PEER_SYNC = OFFICIAL_ASYNC[LATEST], OFFICIAL_SYNC[LATEST]


class Worker:
    """A variant that runs."""

    def __init__(self, variant: Variant, url: str, environment: dict[str, str]) -> None:
        self.variant = variant
        self._process = subprocess.Popen(
            variant.command(url),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self._answer()

    def block(self, operation: str, calls: int, at_once: int, *, timed: bool = False) -> Any:
        """Makes calls; returns `cpu` and `wall`, microseconds for each, and what calls took."""
        assert self._process.stdin is not None
        order = {"operation": operation, "calls": calls, "at_once": at_once, "timed": timed}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def stop(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.communicate()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.variant.name} has ended")
        return json.loads(line)


@contextmanager
def running(
    variants: Iterable[Variant], url: str, authority: Path | None = None
) -> Iterator[dict[Variant, Worker]]:
    """Runs the variants until the block ends; `authority` is the certificate to trust."""
    trust = {} if authority is None else {"SSL_CERT_FILE": str(authority)}
    environment, started = clean_environment(**trust), dict[Variant, Worker]()
    try:
        for variant in variants:
            started[variant] = Worker(variant, url, environment)
        yield started
    finally:
        for worker in started.values():
            worker.stop()


def race(
    workers: dict[Variant, Worker], operation: str, calls: int, at_once: int, rounds: int
) -> dict[Variant, list[float]]:
    """Microseconds of CPU for each call, by round; the first round is a warm-up."""
    costs: dict[Variant, list[float]] = {variant: [] for variant in workers}
    for number in range(rounds + 1):
        for variant in shuffled(workers):
            count = max(at_once, round(calls * variant.share))
            cost = workers[variant].block(operation, count, at_once)["cpu"]
            if number:
                costs[variant].append(cost)
    return costs


def shuffled(variants: Iterable[T]) -> list[T]:
    """The variants in another order each time."""
    names = list(variants)
    return random.sample(names, len(names))
