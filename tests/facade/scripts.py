"""Programs of tests, each run in a process of its own, for forks, signals and the end of Python.

A program finds `autumn(...)`, which makes a client of the test's server, and `check(client)`. It is
run as strictly as Python can be: in development mode, with warnings as errors.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.scripted_server import Action, Hang, Recorded, Reply, ScriptedServer

TIMEOUT = 25.0
"""Seconds after which a program that hangs is killed; those that don't take one or two."""

LENIENT = ("-W", "ignore:This process:DeprecationWarning")
"""As Python is used; but for what 3.12 says of every fork of a process that has threads."""

STRICT = ("-X", "dev", "-W", "error", *LENIENT)

PRELUDE = """\
import asyncio, atexit, gc, logging, multiprocessing, os, signal, sys, threading, time, warnings
from autumn_async import AsyncAutumn, Autumn, errors
logging.getLogger("asyncio").setLevel(logging.ERROR)  # it warns of slow machines
URL = os.environ.get("TEST_URL")
OPTIONS = dict(server_url=URL, fail_open=False)
def autumn(**options): return Autumn("am_sk_test_x", **{**OPTIONS, **options})
def async_autumn(**options): return AsyncAutumn("am_sk_test_x", **{**OPTIONS, **options})
def check(client, customer="cus"): return client.check(customer_id=customer, feature_id="f")
def loop_threads(): return [t for t in threading.enumerate() if t.name == "autumn-async"]
"""


@dataclass(frozen=True)
class Finished:
    """How a program ended."""

    code: int
    out: str
    err: str

    def quietly(self) -> Finished:
        """Itself, if it did what it was meant to and had nothing to complain of."""
        assert (self.code, self.err) == (0, ""), f"{self.out}\n{self.err}\nexit code {self.code}"
        return self


def run_script(
    code: str,
    *,
    url: str = "",
    env: Mapping[str, str] | None = None,
    signals: Sequence[tuple[signal.Signals, Callable[[], object]]] = (),
    flags: Sequence[str] = STRICT,
    prelude: str = PRELUDE,
    seconds: float = TIMEOUT,
) -> Finished:
    """Runs a program to its end; sends it each signal as soon as what belongs to it is true."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "program.py")
        path.write_text(prelude + textwrap.dedent(code), encoding="utf-8")
        program = subprocess.Popen(
            [sys.executable, "-u", "-X", "faulthandler", *flags, str(path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TEST_URL": url, **(env or {})},
            start_new_session=True,
        )
        try:
            for number, condition in signals:
                wait_until(lambda now=condition: now() or program.poll() is not None)  # type: ignore[misc]
                program.send_signal(number)
            out, err = program.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(program.pid, signal.SIGABRT)  # has faulthandler show where its threads are
            time.sleep(0.5)
            os.killpg(program.pid, signal.SIGKILL)
            out, err = program.communicate()
            pytest.fail(f"the program hung\n{out}\n{err}")
    return Finished(program.returncode, out, err)


def wait_until(condition: Callable[[], object], seconds: float = TIMEOUT) -> None:
    """Waits for something that another thread or process brings about."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it didn't happen"
        time.sleep(0.005)


def several(times: int = 2) -> pytest.MarkDecorator:
    """Runs a test a few times, for what it looks for may need luck; many times if it's slow."""
    more = [pytest.param(n, marks=pytest.mark.slow) for n in range(times, times + 15)]
    return pytest.mark.parametrize("attempt", [*range(times), *more])


class Server(ScriptedServer):
    """Answers a check with the id of the customer that it was asked for."""

    def customers(self) -> list[str]:
        """The customers of the requests so far."""
        return [request.json.get("customer_id") for request in list(self.requests)]

    def connections_of(self, customer: str) -> set[int]:
        """The connections on which requests for a customer came in."""
        made = list(self.requests)
        return {each.connection for each in made if each.json.get("customer_id") == customer}

    @property
    def open_connections(self) -> int:
        """How many connections are open now."""
        return len(self._tasks)


def answer(request: Recorded) -> Action:
    """What the server does with a request."""
    if request.path.endswith("customers.list"):
        return Reply(body=_page(request.json.get("start_cursor")))
    customer = request.json.get("customer_id")
    if customer == "hang":
        return Hang()
    if customer == "slow":
        return Reply(body={"allowed": True, "customer_id": customer}, delay=0.5)
    if customer == "missing":
        return Reply(404, {"message": "no such customer", "code": "customer_not_found"})
    return Reply(body={"allowed": True, "customer_id": customer})


def _page(cursor: str | None) -> dict[str, object]:
    """One of three pages with two customers each."""
    page = int(cursor or 0)
    customers = [{"id": f"cus_{2 * page + n}"} for n in range(2)]
    return {"list": customers, "next_cursor": None if page == 2 else str(page + 1)}
