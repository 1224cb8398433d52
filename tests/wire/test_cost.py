"""What calls cost over time: memory, connections, tasks."""

from __future__ import annotations

import asyncio
import gc
import platform
import subprocess
import sys
import tracemalloc

import pytest

from tests.scripted_server import Action, Recorded, Reply, ScriptedServer
from tests.wire.helpers import KEY, OK, ONCE, SUBJECT, client

KILOBYTE = 1024


@pytest.mark.slow
@pytest.mark.parametrize("failing", [False, True])
async def test_memory_is_flat_over_20000_calls(failing: bool) -> None:
    tasks_before = asyncio.all_tasks()
    with ScriptedServer([Reply(500) if failing else OK]) as server:
        async with client(server, retry_config=ONCE) as autumn:

            async def calls(count: int) -> int:
                for _ in range(count // 100):
                    checks = [autumn.check(**SUBJECT) for _ in range(100)]
                    await asyncio.gather(*checks, return_exceptions=failing)
                    server.requests.clear()
                gc.collect()
                return tracemalloc.get_traced_memory()[0]

            await calls(1_000)
            tracemalloc.start()
            try:
                before = await calls(1_000)
                after = await calls(20_000)
            finally:
                tracemalloc.stop()
            assert asyncio.all_tasks() == tasks_before
        assert server.connections <= 100
    assert after - before < 200 * KILOBYTE


FAULTS = """
import asyncio, resource, sys
from autumn_async import AsyncAutumn

async def main():
    async with AsyncAutumn("am_sk_test_x", server_url=sys.argv[1]) as autumn:
        async def faults(calls):
            before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
            for _ in range(calls):
                await autumn.check(customer_id="c", feature_id="f")
            return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
        await faults(100)
        print(await faults(400))

asyncio.run(main())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="is about glibc's allocator")
def test_answers_are_not_read_into_memory_that_is_new_each_time() -> None:
    with ScriptedServer([OK]) as server:
        command = [sys.executable, "-c", FAULTS, server.url]
        assert int(subprocess.check_output(command)) < 100


async def test_calls_that_are_repeated_leave_nothing_after_a_collection() -> None:
    def script(request: Recorded) -> Action:
        return Reply(500) if len(server.requests) % 3 else OK

    with ScriptedServer(script) as server:
        async with client(server) as autumn:

            async def objects_after(count: int) -> int:
                for _ in range(count):
                    await autumn.check(**SUBJECT)
                server.requests.clear()
                gc.collect()
                return len(gc.get_objects())

            await objects_after(20)
            before = await objects_after(20)
            assert await objects_after(100) - before < 50


@pytest.mark.parametrize("name", ["AsyncAutumn", "capture", "errors"])
def test_import_needs_no_network_and_no_key(name: str) -> None:
    subprocess.run(
        [sys.executable, "-W", "error", "-c", f"from autumn_async import {name}"], check=True
    )


def test_import_where_there_is_no_fork() -> None:
    """As on Windows."""
    program = (
        "import os, selectors\n"
        "del os.fork, os.register_at_fork\n"
        "for name in ('PollSelector', 'EpollSelector'):\n"
        "    vars(selectors).pop(name, None)\n"
        "import autumn_async.client, autumn_async.facade\n"
        f"autumn_async.client.AsyncAutumn({KEY!r})\n"
    )
    run(program)


def run(program: str) -> None:
    """Runs a program in a Python of its own, in which warnings are errors."""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)
