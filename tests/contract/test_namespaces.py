"""A namespace is loaded when it is first looked at, never inside a request; or all at once."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest

from autumn_async import AsyncAutumn
from tests.contract.operations import namespaces, needed
from tests.contract.stage import Stage
from tests.contract.table import TABLE

SCRIPT = """
    import asyncio, json, sys
    from autumn_async import AsyncAutumn, Autumn

    url, calls = sys.argv[1], json.loads(sys.argv[2])

    def loaded(before):
        return sorted(name for name in set(sys.modules) - before if "autumn_async" in name)

    async def asynchronously():
        async with AsyncAutumn("am_sk_test_x", server_url=url) as autumn:
            await by(autumn, "")

    async def by_twin():
        async with Autumn("am_sk_test_x", server_url=url) as autumn:
            await by(autumn, "_async")

    async def by(autumn, suffix):
        for namespace, method, arguments in calls:
            resource = getattr(autumn, namespace)
            before = set(sys.modules)
            await getattr(resource, method + suffix)(**arguments)
            print(namespace, *loaded(before))

    def synchronously():
        with Autumn("am_sk_test_x", server_url=url) as autumn:
            for namespace, method, arguments in calls:
                resource = getattr(autumn, namespace)
                before = set(sys.modules)
                getattr(resource, method)(**arguments)
                print(namespace, *loaded(before))

    def after_preload(client):
        client.preload()
        before = set(sys.modules)
        for namespace, _, _ in calls:
            getattr(client, namespace)
            print(namespace, *loaded(before))

    async def preloaded():
        async with AsyncAutumn("am_sk_test_x", server_url=url) as autumn:
            after_preload(autumn)

    def preloaded_sync():
        with Autumn("am_sk_test_x", server_url=url) as autumn:
            after_preload(autumn)
"""

WAYS = {
    "async": "asyncio.run(asynchronously())",
    "twin": "asyncio.run(by_twin())",
    "sync": "synchronously()",
    "preloaded": "asyncio.run(preloaded())",
    "preloaded sync": "preloaded_sync()",
}

NAMESPACES = sorted(namespaces(AsyncAutumn))


def first_calls() -> list[tuple[str, str, dict[str, object]]]:
    """For each namespace one awaited call, with what it needs."""
    calls = {}
    for call, entry in TABLE.items():
        namespace, _, method = call.rpartition(".")
        row = entry.rows[0]
        given = {name: value for name, value in row.given.items() if name in needed(call)}
        if namespace not in calls and not entry.is_list and _is_plain(given):
            calls[namespace] = (namespace, method, given)
    return [calls[namespace] for namespace in NAMESPACES if namespace in calls]


def _is_plain(given: dict[str, object]) -> bool:
    return all(isinstance(value, (str, int, list)) for value in given.values())


@pytest.mark.parametrize("way", WAYS)
def test_the_first_call_of_a_namespace_loads_nothing(way: str, stage: Stage) -> None:
    calls = first_calls()
    command = [sys.executable, "-c", textwrap.dedent(SCRIPT) + WAYS[way]]
    done = subprocess.run(
        [*command, stage.url, json.dumps(calls)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [namespace for namespace, _, _ in calls]
    assert len(calls) >= 13
    assert len(stage.requests) == (0 if "preloaded" in way else len(calls))
