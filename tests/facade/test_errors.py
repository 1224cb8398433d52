"""What a call raises looks as if it was raised at the caller's line, and keeps nothing alive."""

from __future__ import annotations

import gc
import traceback
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import aiohttp
import pytest

from autumn_async import Autumn, AutumnTimeoutError, RetryConfig, errors

from .scripts import Server, run_script


def make(server: Server, **options: Any) -> Autumn:
    options = {"fail_open": False, "retry_config": RetryConfig("none"), **options}
    return Autumn("am_sk_test_x", server_url=server.url, **options)


def files(error: BaseException) -> list[str]:
    """The files that its traceback goes through."""
    return [Path(frame.filename).name for frame in traceback.extract_tb(error.__traceback__)]


def test_the_traceback_shows_the_callers_line_the_method_and_the_sdk(server: Server) -> None:
    with make(server) as client, pytest.raises(errors.CustomerNotFoundError) as caught:
        client.check(customer_id="missing", feature_id="f")
    shown = files(caught.value)
    assert shown[:4] == ["test_errors.py", "facade.py", "sync.py", "root.py"]
    assert "portal.py" not in shown
    assert "threading.py" not in shown
    assert not any("asyncio" in frame for frame in map(str, _code_files(caught.value)))


def test_the_whole_traceback_on_request(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTUMN_FULL_TRACEBACK", "1")
    with make(server) as client, pytest.raises(errors.CustomerNotFoundError) as caught:
        client.check(customer_id="missing", feature_id="f")
    assert "portal.py" in files(caught.value)


def test_a_timeout_keeps_its_frames(server: Server) -> None:
    with make(server) as client, pytest.raises(AutumnTimeoutError) as caught:
        client.check(customer_id="hang", feature_id="f", timeout_ms=100)
    assert isinstance(caught.value, TimeoutError)
    assert "transport.py" in files(caught.value)


def test_a_plain_timeout_error_keeps_its_frames(server: Server) -> None:
    """Of a middleware, say; `run_coroutine_threadsafe` would make another of it."""
    original = LookupError("mine")

    async def middleware(request: Any, handler: Any) -> Any:
        raise original

    def factory() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(middlewares=[middleware])

    with make(server, session=factory) as client, pytest.raises(LookupError) as caught:
        client.check(customer_id="c", feature_id="f")
    assert caught.value is original
    assert files(caught.value)[-1] == "test_errors.py"


class RaisedByUserError(Exception):
    """One that can be referred to weakly, unlike the builtin ones."""


@contextmanager
def without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.mark.parametrize("full", ["", "1"])
@pytest.mark.parametrize("kind", ["missing", "hang", "refused", "middleware"])
def test_errors_are_no_part_of_a_cycle(
    server: Server, monkeypatch: pytest.MonkeyPatch, kind: str, full: str
) -> None:
    monkeypatch.setenv("AUTUMN_FULL_TRACEBACK", full)

    async def middleware(request: Any, handler: Any) -> Any:
        if kind == "middleware":
            raise RaisedByUserError
        return await handler(request)

    def factory() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(middlewares=[middleware])

    def fail() -> weakref.ref[BaseException]:
        options: Any = {"server_url": "http://localhost:1"} if kind == "refused" else {}
        customer = kind if kind in ("missing", "hang") else "c"
        try:
            client.check(customer_id=customer, feature_id="f", timeout_ms=150, **options)
        except Exception as error:
            return weakref.ref(error)
        raise AssertionError

    with make(server, session=factory) as client, without_collector():
        assert fail()() is None


def test_errors_keep_no_thread_or_loop(server: Server) -> None:
    with make(server) as client, pytest.raises(errors.CustomerNotFoundError) as caught:
        client.check(customer_id="missing", feature_id="f")
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_an_error_in_an_except_block_has_that_as_its_context(server: Server) -> None:
    def fail_twice() -> None:
        try:
            raise KeyError("first")
        except KeyError:
            client.check(customer_id="missing", feature_id="f")

    with make(server) as client, pytest.raises(errors.CustomerNotFoundError) as caught:
        fail_twice()
    assert isinstance(caught.value.__context__, KeyError)


def test_what_is_printed(server: Server) -> None:
    done = run_script("with autumn() as client: check(client, 'missing')", url=server.url)
    lines = done.err.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert sum(line.startswith("Traceback") for line in lines) == 1
    assert lines[-1].startswith("autumn_async.errors.CustomerNotFoundError: ")
    assert not any("portal.py" in line or "asyncio" in line for line in lines[:-1])


def _code_files(error: BaseException) -> Iterator[str]:
    frames: TracebackType | None = error.__traceback__
    while frames is not None:
        yield frames.tb_frame.f_code.co_filename.replace("autumn_async", "")
        frames = frames.tb_next
