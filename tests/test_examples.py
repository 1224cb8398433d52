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
from urllib.parse import urlencode

import pytest

from autumn_async import Autumn
from autumn_async.emulator import Emulator
from tests.facade.scripts import LENIENT

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


def run(name: str, *arguments: str, stdin: str = "") -> str:
    program = name if name == "-c" else str(EXAMPLES / name)
    done = subprocess.run(
        [sys.executable, "-W", "error", *LENIENT, program, *arguments],
        input=stdin,
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


@pytest.fixture
def outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("USAGE_OUTBOX", str(tmp_path / "outbox"))
    return tmp_path / "outbox"


def used(autumn: Autumn, customer_id: str, feature_id: str) -> float:
    return autumn.customers.get(customer_id=customer_id).balances[feature_id].usage


def test_fastapi_usage_bills_what_succeeded_and_nobody_gets_more(
    autumn: Autumn, outbox: Path
) -> None:
    grant(autumn, "messages", {"ada": 2})
    app = runpy.run_path(str(EXAMPLES / "fastapi_usage.py"))["app"]
    requests = [("ada", text) for text in ("hello", " ", "you", "there")]
    assert asyncio.run(_served(app, requests, "text")) == [200, 400, 200, 402]
    assert len(list(autumn.events.list(customer_id="ada"))) == 2
    assert list(outbox.iterdir()) == []


def test_cached_gate_lets_nobody_through_beyond_what_they_have(
    autumn: Autumn, outbox: Path
) -> None:
    grant(autumn, "messages", {"ada": 3})
    app = runpy.run_path(str(EXAMPLES / "cached_gate.py"))["app"]
    requests = [("ada", str(number)) for number in range(6)]
    assert asyncio.run(_served(app, requests)) == [200, 200, 200, 402, 402, 402]
    assert len(list(autumn.events.list(customer_id="ada"))) == 3


CELERY = """
import os, runpy, signal, sys, types

class Celery:
    def __init__(self, name, broker): pass
    def task(self, **options):
        def made(function):
            return lambda id, *args: function(
                types.SimpleNamespace(request=types.SimpleNamespace(id=id)), *args)
        return made

class Signal:
    def connect(self, function): self.function = function

shutdown = Signal()
sys.modules["celery"] = types.SimpleNamespace(Celery=Celery)
sys.modules["celery.signals"] = types.SimpleNamespace(worker_process_shutdown=shutdown)
tasks = runpy.run_path(sys.argv[1])

def worker(name, deliveries, is_killed):
    child = os.fork()
    if child == 0:
        for id in deliveries:
            tasks["render"](id, "ada", 3)
        if is_killed:
            os.kill(os.getpid(), signal.SIGKILL)
        shutdown.function(sender=name)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

assert worker("one", ["t1", "t2", "t3"], True) == -signal.SIGKILL
assert worker("two", ["t3", "t4"], False) == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_celery_tasks_are_billed_once_also_by_workers_that_are_killed(
    autumn: Autumn, outbox: Path
) -> None:
    grant(autumn, "pages", {"ada": 100})
    run("-c", CELERY, str(EXAMPLES / "celery_tasks.py"))
    assert used(autumn, "ada", "pages") == 4 * 3
    assert list(outbox.iterdir()) == []


def test_usage_script_bills_a_log_once(autumn: Autumn, outbox: Path) -> None:
    grant(autumn, "units", {"ada": 100, "ben": 100})
    log = "ada 2\nben 1.5\nada 3\n"
    assert run("usage_script.py", "today", stdin=log) == "accepted 3, pending 0, dead 0\n"
    run("usage_script.py", "today", stdin=log)
    assert (used(autumn, "ada", "units"), used(autumn, "ben", "units")) == (5, 1.5)


def test_serverless_function_has_billed_before_it_returns(autumn: Autumn, outbox: Path) -> None:
    grant(autumn, "requests", {"ada": 10})
    module = runpy.run_path(str(EXAMPLES / "serverless.py"))
    event = {"customer_id": "ada", "request_id": "r1", "text": "hello"}
    answer = {"statusCode": 200, "body": "HELLO", "pending": 0}
    try:
        assert module["handler"](event) == answer
        assert used(autumn, "ada", "requests") == 1
        assert module["handler"](event) == answer
        assert module["handler"]({**event, "request_id": "r2"}) == answer
        assert used(autumn, "ada", "requests") == 2
    finally:
        module["tracker"].close()
        module["autumn"].close()


async def _served(app: Any, requests: list[tuple[str, str]], name: str = "message_id") -> list[int]:
    """Speaks ASGI with the app: its start, the requests, its end."""
    async with app.router.lifespan_context(app):
        return [await _post(app, customer, name, value) for customer, value in requests]


async def _post(app: Any, customer: str, name: str, value: str) -> int:
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
        "query_string": urlencode({name: value}).encode(),
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
