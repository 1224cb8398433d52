"""The programs in `examples/` do what they say, against the emulator."""

from __future__ import annotations

import asyncio
import json
import os
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autumn_async import Autumn
from autumn_async.emulator import Emulator

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture
def autumn(monkeypatch: pytest.MonkeyPatch) -> Iterator[Autumn]:
    with Emulator() as emulator:
        monkeypatch.setenv("AUTUMN_BASE_URL", emulator.url)
        monkeypatch.setenv("AUTUMN_SECRET_KEY", emulator.secret_key)
        with Autumn() as autumn:
            yield autumn


def grant(autumn: Autumn, feature_id: str, units: dict[str, int]) -> None:
    autumn.features.create(feature_id=feature_id, name="F", type_="metered", consumable=True)
    for customer_id, granted in units.items():
        autumn.customers.get_or_create(customer_id=customer_id)
        autumn.balances.create(
            customer_id=customer_id, feature_id=feature_id, included_grant=granted
        )


def run(name: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / name), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_script_names_the_busy_customers(autumn: Autumn) -> None:
    grant(autumn, "messages", {"ada": 10, "ben": 10})
    autumn.track(customer_id="ada", feature_id="messages", value=6)
    autumn.track(customer_id="ben", feature_id="messages", value=4)
    assert run("script.py", "messages") == "ada: 6 of 10\n"


def test_worker_records_each_job_once(autumn: Autumn) -> None:
    grant(autumn, "jobs", {f"customer_{number}": 100 for number in range(5)})
    run("worker.py")
    run("worker.py")  # the same job ids
    used = [
        autumn.customers.get(customer_id=f"customer_{n}").balances["jobs"].usage for n in range(5)
    ]
    assert used == [20] * 5


def test_fastapi_gate_closes_when_the_balance_is_used_up(autumn: Autumn) -> None:
    grant(autumn, "messages", {"ada": 2})
    app = runpy.run_path(str(EXAMPLES / "fastapi_gate.py"))["app"]
    requests = [("ada", "1"), ("ada", "1"), ("ada", "2"), ("ada", "3")]
    statuses = asyncio.run(_served(app, requests))
    assert statuses == [200, 200, 200, 402]
    assert len(list(autumn.events.list(customer_id="ada"))) == 2


async def _served(app: Any, requests: list[tuple[str, str]]) -> list[int]:
    """Speaks ASGI with the app: its start, the requests, its end."""
    async with app.router.lifespan_context(app):
        return [await _post(app, customer, message) for customer, message in requests]


async def _post(app: Any, customer: str, message: str) -> int:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/messages",
        "raw_path": b"/messages",
        "query_string": f"message_id={message}".encode(),
        "headers": [(b"x-customer", customer.encode())],
        "http_version": "1.1",
        "scheme": "http",
        "server": ("test", 80),
        "client": ("test", 1),
        "root_path": "",
        "app": app,
    }
    await app(scope, receive, send)
    body = b"".join(event.get("body", b"") for event in sent)
    json.loads(body)
    return int(sent[0]["status"])


def test_chat_has_tests_of_its_own_that_pass() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."]
    done = subprocess.run(
        command, cwd=EXAMPLES / "chat", capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout
    assert "5 passed" in done.stdout
