"""`autumn bench` against the emulator: what it calls, what it shows, what it refuses."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autumn_async import Autumn
from autumn_async.emulator import Emulator
from tests.scripted_server import Reply, ScriptedServer

from .test_commands import run

ASKED = ("--customer", "cus_1", "--feature", "messages")


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator, Autumn(emulator.secret_key, server_url=emulator.url) as autumn:
        autumn.features.create(
            feature_id="messages", name="Messages", type_="metered", consumable=True
        )
        autumn.customers.get_or_create(customer_id="cus_1")
        autumn.balances.create(customer_id="cus_1", feature_id="messages", included_grant=1000)
        yield emulator


def bench(emulator: Emulator, *more: str) -> subprocess.CompletedProcess[str]:
    where = ("--server-url", emulator.url, "--secret-key", emulator.secret_key)
    return run("bench", *where, *ASKED, *more)


def usage(emulator: Emulator) -> float:
    with Autumn(emulator.secret_key, server_url=emulator.url) as autumn:
        return autumn.customers.get(customer_id="cus_1").balances["messages"].usage


def calls(output: str, route: str, operation: str) -> int:
    """The number of calls in a line of the table of latencies."""
    found = re.search(rf"{route}\s*│ {operation}\s*│\s+([\d,]+) │", output)
    return int(found[1].replace(",", "")) if found else 0


def bars(output: str, title: str) -> int:
    """The sum of the counts in a histogram."""
    lines = [line.strip() for line in output.splitlines()]
    beginning = lines.index(title) + 1
    return sum(int(line.split()[-1]) for line in lines[beginning : beginning + 17])


def test_it_only_checks_unless_told_to_track(emulator: Emulator) -> None:
    done = bench(emulator, "--calls", "40")
    assert done.returncode == 0, done.stderr
    assert calls(done.stdout, "server", "check") == 40
    assert calls(done.stdout, "server", "track") == 0
    assert bars(done.stdout, "server, check") == 40
    assert "p99 ms" in done.stdout
    assert usage(emulator) == 0


def test_it_tracks_one_unit_for_each_call(emulator: Emulator) -> None:
    done = bench(emulator, "--calls", "30", "--in-flight", "4", "--track")
    assert done.returncode == 0, done.stderr
    assert calls(done.stdout, "server", "check") == calls(done.stdout, "server", "track") == 30
    assert bars(done.stdout, "server, track") == 30
    assert usage(emulator) == 30


def test_the_edge_is_measured_beside_the_server_and_never_tracks(emulator: Emulator) -> None:
    done = bench(emulator, "--calls", "20", "--track", "--edge-url", emulator.url)
    assert done.returncode == 0, done.stderr
    for route in ("server", "edge"):
        assert calls(done.stdout, route, "check") == 20
    assert calls(done.stdout, "edge", "track") == 0
    assert usage(emulator) == 20


def test_an_edge_that_is_down_is_not_measured_as_the_server(emulator: Emulator) -> None:
    done = bench(emulator, "--calls", "5", "--edge-url", "http://127.0.0.1:1")
    assert done.returncode == 1
    assert "cannot connect to 127.0.0.1:1" in done.stderr


def test_a_customer_who_does_not_exist_is_a_clear_error(emulator: Emulator) -> None:
    done = run(
        *("bench", "--server-url", emulator.url, "--secret-key", emulator.secret_key),
        *("--customer", "nobody", "--feature", "messages"),
    )
    assert done.returncode == 1
    assert "nobody" in done.stderr
    assert "Traceback" not in done.stderr


def test_calls_that_fail_on_the_way_are_counted_apart() -> None:
    allowed = Reply(200, {"allowed": True, "customer_id": "cus_1"})
    failed = Reply(500, {"message": "out of order", "code": "internal_error"})
    with ScriptedServer([allowed] * 3 + [allowed, failed, failed, allowed]) as server:
        where = ("--server-url", server.url, "--secret-key", "am_sk_test_x")
        done = run("bench", *where, *ASKED, "--warm-up", "3", "--calls", "4")
    assert done.returncode == 1
    assert calls(done.stdout, "server", "check") == 2
    assert "2 calls failed" in done.stdout
    assert "out of order" in done.stdout
    assert len(server.requests) == 7


@pytest.mark.parametrize("key", ["am_sk_live_x", "whatever", ""])
def test_keys_of_other_environments_need_a_flag(key: str) -> None:
    done = run("bench", "--server-url", "http://127.0.0.1:1", *ASKED, AUTUMN_SECRET_KEY=key)
    assert done.returncode == 2
    assert "--live" in done.stderr
    assert not key or key not in done.stderr


def test_with_the_flag_a_live_key_is_taken() -> None:
    where = ("--server-url", "http://127.0.0.1:1", "--secret-key", "am_sk_live_x", "--live")
    done = run("bench", *where, *ASKED)
    assert done.returncode == 1
    assert "cannot connect" in done.stderr
    assert "am_sk_live_x" not in done.stderr


@pytest.mark.once
def test_it_draws_a_picture(emulator: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "latency.png"
    done = bench(emulator, "--calls", "20", "--plot", str(path))
    assert done.returncode == 0, done.stderr
    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_picture_that_has_no_folder_is_refused_before_any_call(tmp_path: Path) -> None:
    where = ("--server-url", "http://127.0.0.1:1", "--secret-key", "am_sk_test_x")
    done = run("bench", *where, *ASKED, "--plot", str(tmp_path / "none" / "x.png"))
    assert done.returncode == 2
    assert "no such folder" in done.stderr


def test_without_matplotlib_it_says_what_to_install_before_it_calls() -> None:
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "sys.argv = ['autumn', 'bench', '--secret-key', 'am_sk_test_x', '--customer', 'c',\n"
        "            '--feature', 'f', '--server-url', 'http://127.0.0.1:1', '--plot', 'x.png']\n"
        "from autumn_async.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2
    assert "pip install matplotlib" in done.stderr
