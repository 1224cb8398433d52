"""Starting, stopping, and what goes wrong with either."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import pytest

from autumn_async.emulator import Emulator, EmulatorError, serve


def call(emulator: Emulator, operation: str, **body: object) -> tuple[int, dict[str, object]]:
    request = urllib.request.Request(
        f"{emulator.url}/v1/{operation}",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {emulator.secret_key}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


async def call_in_thread(emulator: Emulator, operation: str) -> tuple[int, dict[str, object]]:
    return await asyncio.to_thread(call, emulator, operation)


async def test_async_context_serves_on_the_callers_loop() -> None:
    threads = threading.active_count()
    async with Emulator() as emulator:
        assert threading.active_count() == threads
        assert await call_in_thread(emulator, "features.list") == (200, {"list": []})
        assert repr(emulator) == f"Emulator({emulator.url})"
    with pytest.raises(EmulatorError, match="not running"):
        assert emulator.url


def test_sync_context_serves_on_its_own_thread() -> None:
    before = set(threading.enumerate())
    with Emulator() as emulator:
        (thread,) = set(threading.enumerate()) - before
        assert thread.daemon
        assert call(emulator, "features.list") == (200, {"list": []})
    assert not thread.is_alive()


def test_two_at_once_share_nothing() -> None:
    with Emulator() as one, Emulator() as other:
        assert one.url != other.url
        assert call(one, "customers.get_or_create", customer_id="alice")[0] == 200
        assert call(other, "customers.get", customer_id="alice")[0] == 404


def test_an_instance_runs_once() -> None:
    emulator = Emulator()
    with emulator, pytest.raises(EmulatorError, match="once"):
        emulator.__enter__()
    with pytest.raises(EmulatorError, match="once"), emulator:
        pass


async def test_an_instance_runs_once_on_a_loop_too() -> None:
    emulator = Emulator()
    async with emulator:
        with pytest.raises(EmulatorError, match="once"):
            await emulator.__aenter__()
        assert (await call_in_thread(emulator, "features.list"))[0] == 200


def test_a_busy_port_is_a_clear_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EmulatorError, match=f"cannot listen on 127.0.0.1:{port}"):
            Emulator(port=port).__enter__()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.1", "example.com", ""])
def test_only_loopback_hosts(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        Emulator(host=host)


def test_an_address_that_others_can_reach_needs_leave() -> None:
    with Emulator(host="0.0.0.0", allow_remote=True) as emulator:
        assert emulator.url.startswith("http://0.0.0.0:")
        assert call(emulator, "features.list")[0] == 200


def test_localhost_is_a_loopback_host() -> None:
    with Emulator(host="localhost") as emulator:
        assert call(emulator, "features.list")[0] == 200


def test_a_key_must_be_well_formed() -> None:
    with pytest.raises(ValueError, match="am_sk_test_"):
        Emulator(secret_key="secret")


def test_a_given_key_is_the_only_good_one() -> None:
    with Emulator(secret_key="am_sk_live_mine") as emulator:
        assert emulator.secret_key == "am_sk_live_mine"
        assert call(emulator, "customers.get_or_create", customer_id="a")[1]["env"] == "live"
        request = urllib.request.Request(
            f"{emulator.url}/v1/features.list", b"", {"Authorization": "Bearer am_sk_test_other"}
        )
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=5)
        with caught.value as error:
            assert error.code == 401
            assert json.load(error)["code"] == "invalid_secret_key"


def test_stopping_does_not_wait_for_idle_clients() -> None:
    with Emulator() as emulator:
        port = int(emulator.url.rpartition(":")[2])
        path = b"/v1/features.list"
        idle = socket.create_connection(("127.0.0.1", port))
        half_sent = socket.create_connection(("127.0.0.1", port))
        half_sent.sendall(b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
        thread = next(t for t in threading.enumerate() if t.name == "autumn-emulator")
    assert not thread.is_alive()
    idle.close()
    half_sent.close()


async def test_serve_reports_itself_and_runs_until_cancelled() -> None:
    ready: asyncio.Queue[Emulator] = asyncio.Queue()
    serving = asyncio.create_task(serve(Emulator(), ready.put_nowait))
    emulator = await ready.get()
    assert await call_in_thread(emulator, "features.list") == (200, {"list": []})
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    with pytest.raises(EmulatorError):
        assert emulator.url


SCRIPTS = {
    "sync": """
from autumn_async.emulator import Emulator
with Emulator() as emulator:
    print(emulator.url)
""",
    "async": """
import asyncio
from autumn_async.emulator import Emulator
async def main():
    async with Emulator() as emulator:
        print(emulator.url)
asyncio.run(main())
""",
    "never left": """
from autumn_async.emulator import Emulator
print(Emulator().__enter__().url)
""",
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_a_script_exits_cleanly_when_warnings_are_errors(script: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0
    assert done.stdout.startswith("http://127.0.0.1:")
    assert done.stderr == ""


def test_importing_the_package_loads_no_server() -> None:
    script = "import sys, autumn_async.emulator; print('aiohttp' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "False"
