"""What the package exports, and what is loaded when."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import autumn_async
from tests.scripted_server import Reply, ScriptedServer

SOURCE = ast.parse(Path(autumn_async.__file__).read_text("utf-8"))


def run(script: str, *arguments: str) -> str:
    """What a script prints on a fresh interpreter on which warnings are errors."""
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def imported_for_type_checkers() -> dict[str, str]:
    """Each name that type checkers see, with the module that it is seen to come from."""
    return {
        alias.name: node.module or ""
        for node in ast.walk(SOURCE)
        if isinstance(node, ast.ImportFrom) and node.level == 1
        for alias in node.names
    }


def test_names_are_sorted_and_listed_once() -> None:
    names = autumn_async.__all__
    assert names == sorted(names)
    assert len(names) == len(set(names))


def test_what_type_checkers_see_is_what_is_there() -> None:
    loaded = {name: module for module, names in autumn_async._MODULES.items() for name in names}
    always = {"__version__": "_version", "errors": "", "models": ""}
    assert imported_for_type_checkers() == {**loaded, **always}
    assert {*loaded, *always, "UNSET"} == set(autumn_async.__all__)


def test_every_error_is_exported() -> None:
    from autumn_async import errors

    defined = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    }
    assert defined <= set(autumn_async.__all__)


@pytest.mark.once
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_every_name_can_be_the_first_to_be_imported() -> None:
    """That is, every module that has some: the first of its names loads it."""
    script = """
        import os
        import autumn_async

        loaded = autumn_async._MODULES.values()
        rest = set(autumn_async.__all__).difference(*loaded)
        for names in [*loaded, *([name] for name in rest)]:
            if os.fork() == 0:
                exec(f"from autumn_async import {', '.join(names)}")
                os._exit(0)
            if os.wait()[1] == 0:
                print(*names)
    """
    assert sorted(run(script).split()) == autumn_async.__all__


def test_a_star_import_brings_all_names() -> None:
    script = """
        import autumn_async
        from autumn_async import *
        print(*(name for name in autumn_async.__all__ if name in globals()))
    """
    assert run(script).split() == autumn_async.__all__


def test_a_name_is_the_same_object_each_time() -> None:
    for name in autumn_async.__all__:
        assert getattr(autumn_async, name) is getattr(autumn_async, name)
        assert name in vars(autumn_async)
    assert dir(autumn_async) == autumn_async.__all__


@pytest.mark.parametrize("name", ["Nonsense", "AutumnClient", "_nothing", "facad"])
def test_an_unknown_name_is_an_attribute_error(name: str) -> None:
    with pytest.raises(AttributeError, match=f"module 'autumn_async' has no attribute '{name}'"):
        getattr(autumn_async, name)
    assert not hasattr(autumn_async, name)


def test_importing_the_package_loads_next_to_nothing() -> None:
    script = """
        import sys
        before = set(sys.modules)
        import autumn_async
        print(*sorted(set(sys.modules) - before))
    """
    loaded = run(script).split()
    assert [name for name in loaded if name.startswith("autumn_async")] == [
        "autumn_async",
        "autumn_async._version",
    ]
    assert not {"aiohttp", "anyio", "asyncio", "msgspec", "tenacity", "threading"} & set(loaded)


@pytest.mark.parametrize("name", ["errors", "models", "CallOptions", "RetryConfig", "Headers"])
def test_small_things_do_not_load_the_http_library(name: str) -> None:
    script = f"""
        import sys
        from autumn_async import {name}
        print(*({{"aiohttp", "asyncio"}} & set(sys.modules)))
    """
    assert run(script).split() == []


@pytest.mark.parametrize("state", ["enable", "disable"])
def test_loading_leaves_the_garbage_collector_as_it_is(state: str) -> None:
    script = f"""
        import gc
        gc.{state}()
        gc.freeze()
        frozen = gc.get_freeze_count()
        from autumn_async import AsyncAutumn
        print(gc.isenabled(), gc.get_freeze_count() > frozen / 2 > 0)
        gc.unfreeze()
        from autumn_async import Autumn
        print(gc.isenabled(), gc.get_freeze_count())
    """
    on = str(state == "enable")
    assert run(script).split() == [on, "True", on, "0"]


def test_garbage_is_looked_for_again_after_a_failed_import() -> None:
    script = """
        import gc, sys
        sys.modules["aiohttp"] = None
        try:
            from autumn_async import AsyncAutumn
        except ImportError:
            print(gc.isenabled())
    """
    assert run(script).split() == ["True"]


# The first call

CALLS = """
    import asyncio, sys
    from autumn_async import AsyncAutumn, Autumn, BackoffStrategy, RetryConfig

    FAST = RetryConfig("backoff", BackoffStrategy(1, 5, 1.5, 5_000))

    def report(before):
        print(*sorted(set(sys.modules) - before))

    async def asynchronously(url):
        async with AsyncAutumn("am_sk_test_x", server_url=url, retry_config=FAST) as autumn:
            prepare(autumn)
            before = set(sys.modules)
            await autumn.check(customer_id="c", feature_id="f")
            await autumn.track(customer_id="c", feature_id="f", idempotency_key="k")
            report(before)

    def synchronously(url):
        with Autumn("am_sk_test_x", server_url=url, retry_config=FAST) as autumn:
            prepare(autumn)
            before = set(sys.modules)
            autumn.check(customer_id="c", feature_id="f")
            autumn.track(customer_id="c", feature_id="f", idempotency_key="k")
            report(before)

    async def by_twin(url):
        async with Autumn("am_sk_test_x", server_url=url, retry_config=FAST) as autumn:
            prepare(autumn)
            before = set(sys.modules)
            await autumn.check_async(customer_id="c", feature_id="f")
            await autumn.track_async(customer_id="c", feature_id="f", idempotency_key="k")
            report(before)
"""

WAYS = {
    "async": "asyncio.run(asynchronously(sys.argv[1]))",
    "sync": "synchronously(sys.argv[1])",
    "twin": "asyncio.run(by_twin(sys.argv[1]))",
}

FINE = Reply(body={"allowed": True, "customer_id": "c", "value": 1})
BUSY = Reply(429, b"Too many requests", {"retry-after": "0"})
BROKEN = Reply(502, b"<html>Bad gateway</html>", {"content-type": "text/html"})
FAILED = Reply(503, {"message": "down", "code": "service_unavailable"}, {"retry-after": "0"})

TROUBLES = [BUSY, BROKEN, FAILED]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("preloaded", [False, True])
def test_the_first_calls_load_nothing_that_making_the_client_has_not(
    way: str, preloaded: bool
) -> None:
    assert loaded_by_first_calls(way, [], preloaded) == []


@pytest.mark.parametrize("way", WAYS)
def test_the_first_failure_loads_what_repeats_calls(way: str) -> None:
    loaded = loaded_by_first_calls(way, TROUBLES, preloaded=False)
    assert "tenacity" in loaded
    assert not [name for name in loaded if name.startswith("autumn_async")]


@pytest.mark.parametrize("way", WAYS)
def test_after_preload_not_even_the_first_failure_loads_anything(way: str) -> None:
    assert loaded_by_first_calls(way, TROUBLES, preloaded=True) == []


def loaded_by_first_calls(way: str, troubles: list[Reply], preloaded: bool) -> list[str]:
    """The modules that a check and a track load, which meet these troubles before they succeed."""
    prepare = "prepare = lambda client: " + ("client.preload()" if preloaded else "None")
    with ScriptedServer([*troubles, FINE]) as server:
        program = f"{prepare}\n{textwrap.dedent(CALLS)}{WAYS[way]}"
        printed = run(program, server.url)
        assert len(server.requests) == 2 + len(troubles)
    return printed.split()
