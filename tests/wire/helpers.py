"""What the tests of this folder share: a key to look for, answers, clients without patience."""

from __future__ import annotations

import asyncio
import gc
import socket
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from autumn_async import AsyncAutumn, BackoffStrategy, RetryConfig
from tests.scripted_server import Reply, ScriptedServer

KEY = "am_sk_test_4fXwEpaXnXvRk2yQ"

SUBJECT: dict[str, Any] = {"customer_id": "cus_1", "feature_id": "messages"}
"""What every check and track here is about."""

ALLOWED: dict[str, Any] = {"allowed": True, "customer_id": "cus_1", "balance": None, "flag": None}
TRACKED: dict[str, Any] = {"customer_id": "cus_1", "value": 1, "balance": None}
BOTH = {**ALLOWED, **TRACKED}
"""An answer that check and track can both read."""

OK = Reply(body=BOTH)

ONCE = RetryConfig("none")
QUICK = RetryConfig("backoff", BackoffStrategy(1, 5, 1.5, 60_000))
"""Repeats like the default, with waits that a test doesn't feel."""

SOON = 10.0
"""Seconds that nothing here may take: only a bound, never a measure."""


def client(server: ScriptedServer | str, **settings: Any) -> AsyncAutumn:
    """A client of a server that raises what goes wrong and repeats quickly, unless told else."""
    url = server if isinstance(server, str) else server.url
    secret_key = settings.pop("secret_key", KEY)
    return AsyncAutumn(
        secret_key, **{"server_url": url, "fail_open": False, "retry_config": QUICK, **settings}
    )


def autumn_error(code: str, status: int, message: str = "No.") -> Reply:
    """An error as Autumn words it."""
    return Reply(status, {"message": message, "code": code, "env": "sandbox"})


HTML = {"content-type": "text/html"}


def bad_gateway(status: int = 502) -> Reply:
    """An error as a proxy words it."""
    return Reply(status, b"<html><body>\n<h1>Bad Gateway</h1>\n</body></html>", HTML)


def refused_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
        return port


@contextmanager
def silent_listener() -> Iterator[int]:
    """A port that takes connections, and never says a word: a TLS handshake doesn't end there."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        yield listener.getsockname()[1]


class Detours(AbstractResolver):
    """A resolver that sends the first connections to other ports; None is a name not found."""

    def __init__(self, *ports: int | None) -> None:
        self._ports = list(ports)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        to = self._ports.pop(0) if self._ports else port
        if to is None:
            raise OSError("Name or service not known")
        return [
            ResolveResult(
                hostname=host, host="127.0.0.1", port=to, family=socket.AF_INET, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        pass


@contextmanager
def dying_loops() -> Iterator[None]:
    """Loops that end here with a connection open. asyncio's own warning of that, which only
    `-X dev` shows, isn't ours to silence."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "unclosed", ResourceWarning)
        yield
        gc.collect()


@contextmanager
def within(seconds: float = SOON) -> Iterator[None]:
    """Fails if the block takes longer, which nothing here does unless it hangs."""
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


async def eventually(holds: Callable[[], bool]) -> None:
    """Waits until a condition holds, and fails if it never does."""
    until = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < until, "it never came to that"
        await asyncio.sleep(0.005)
