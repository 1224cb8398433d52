"""The `autumn` command, in processes of its own and with real signals."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from autumn_async import Autumn, AutumnError, RateLimitError, RetryConfig
from autumn_async.cli.app import autumn as command
from autumn_async.emulator import Emulator

COMMAND = [sys.executable, "-W", "error", "-m", "autumn_async.cli"]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "COLUMNS": "120", **environment},
    )


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "120"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def figures(output: str, feature: str) -> tuple[str, str]:
    """What was sent of a feature, and what the balances say, in the table of the demo."""
    found = re.search(rf"demo_\w+_{feature}\s*│\s+([\d,]+)\s*│\s+([\d,]+)", output)
    assert found is not None, output
    return found[1], found[2]


def test_the_demo_needs_nothing_and_its_figures_agree() -> None:
    done = run("demo", "--events", "400")
    assert done.returncode == 0, done.stderr
    assert "every unit was counted, once" in done.stdout
    assert figures(done.stdout, "messages") == ("400", "400")
    assert figures(done.stdout, "images") == ("399", "399")
    for row in ("8 async workers │ check │   360", "sync client     │ track │    40"):
        assert row in done.stdout
    assert done.stderr == ""


def test_the_demo_with_fewer_events_than_customers_agrees_too() -> None:
    done = run("demo", "--events", "1")
    assert done.returncode == 0, done.stdout
    assert figures(done.stdout, "messages") == ("1", "1")
    assert figures(done.stdout, "images") == ("0", "0")


def test_the_demo_inside_the_process_needs_no_proxy() -> None:
    done = run("demo", "--events", "1", HTTP_PROXY="http://127.0.0.1:1", NO_PROXY="")
    assert done.returncode == 0, done.stderr


def test_the_demo_on_a_server_removes_what_it_made() -> None:
    with Emulator() as emulator:
        done = run("demo", "--server-url", emulator.url, "--secret-key", emulator.secret_key)
        assert done.returncode == 0, done.stderr
        assert "left over" not in done.stdout
        units = [int(figures(done.stdout, name)[1]) for name in ("messages", "images")]
        assert sum(units) == sum(1 + number % 3 for number in range(200))
        with Autumn(emulator.secret_key, server_url=emulator.url) as autumn:
            assert list(autumn.customers.list()) == []
            assert list(autumn.features.list()) == []
            assert list(autumn.plans.list()) == []


def test_ctrl_c_during_the_demo_removes_what_it_made() -> None:
    with Emulator() as emulator, Autumn(emulator.secret_key, server_url=emulator.url) as autumn:
        options = ("--server-url", emulator.url, "--secret-key", emulator.secret_key)
        with started("demo", *options, "--events", "1000000") as process:
            _wait_until(lambda: autumn.events.list(limit=1).list != [])
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=30)
        assert process.returncode != 0
        assert "left over" not in output
        assert list(autumn.customers.list()) == []
        assert list(autumn.features.list()) == []


@pytest.mark.parametrize("key", ["am_sk_live_x", "am_pk_test_x", "whatever", ""])
def test_the_demo_refuses_keys_of_other_environments(key: str) -> None:
    done = run("demo", "--server-url", "http://127.0.0.1:1", AUTUMN_SECRET_KEY=key)
    assert done.returncode == 2
    assert "am_sk_test_" in done.stderr
    assert not key or key not in done.stderr


@pytest.mark.once
def test_the_demo_says_what_it_could_not_remove() -> None:
    with Emulator() as emulator, Autumn(emulator.secret_key, server_url=emulator.url) as autumn:
        options = ("--server-url", emulator.url, "--secret-key", emulator.secret_key)
        with started("demo", *options, "--events", "1000000") as process:
            _wait_until(lambda: autumn.events.list(limit=1).list != [])
            feature = autumn.features.list().list[0].id
            autumn.plans.create(plan_id="blocks", name="B", items=[{"feature_id": feature}])
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=30)
    assert f"left over: feature {feature}" in output, errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_emulator_prints_its_url_and_stops_cleanly(number: signal.Signals) -> None:
    with started("emulator", "--port", "0", "--secret-key", "am_sk_test_mine") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert url is not None
        assert "am_sk_test_mine" in line
        with Autumn("am_sk_test_mine", server_url=url[0]) as autumn:
            assert list(autumn.features.list()) == []
        process.send_signal(number)
        output, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert output.endswith("stopped\n")
    assert errors == ""


def test_a_taken_port_is_a_clear_error() -> None:
    with Emulator() as emulator:
        port = emulator.url.rpartition(":")[2]
        done = run("emulator", "--port", port)
    assert done.returncode == 1
    assert port in done.stderr
    assert "Traceback" not in done.stderr


@contextmanager
def emulator_at(*options: str) -> Iterator[Autumn]:
    with started("emulator", "--port", "0", *options) as process:
        assert process.stdout is not None
        url = re.search(r"http://\S+:\d+", process.stdout.readline())
        assert url is not None
        never = RetryConfig("none")
        with Autumn(
            "am_sk_test_x", server_url=url[0], retry_config=never, fail_open=False
        ) as autumn:
            yield autumn


def test_the_emulator_takes_a_catalog_faults_and_limits(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.json"
    feature = {"feature_id": "m", "name": "M", "type": "metered", "consumable": True}
    catalog.write_text(json.dumps({"features": [feature]}))
    options = ("--catalog", str(catalog), "--rate-limits", "--fault", "plans.list:418")
    with emulator_at(*options) as autumn:
        assert autumn.features.get(feature_id="m").name == "M"
        with pytest.raises(AutumnError) as caught:
            autumn.plans.list()
        assert caught.value.status_code == 418
        for _ in range(5):
            autumn.events.list(customer_id="ada")
        with pytest.raises(RateLimitError):
            autumn.events.list(customer_id="ada")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--host", "0.0.0.0"), "loopback"),
        (("--fault", "nope:503"), "nope"),
        (("--catalog", "missing.json"), "missing.json"),
        (("--state", __file__), "not a state file"),
        (("--secret-key", "x"), "am_sk_test_"),
    ],
)
def test_what_the_emulator_cannot_do_is_a_clear_error(options: Sequence[str], text: str) -> None:
    done = CliRunner().invoke(command, ["emulator", "--port", "0", *options])
    assert isinstance(done.exception, SystemExit)
    assert done.exit_code == 1
    assert text in done.output


def test_the_help_says_what_exposing_means() -> None:
    help_text = CliRunner().invoke(command, ["emulator", "--help"]).output
    assert "change everything" in " ".join(help_text.split())


def test_without_its_libraries_the_command_says_what_to_install() -> None:
    code = "import sys; sys.modules['click'] = None\nfrom autumn_async.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert "autumn-async[cli]" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_and_version() -> None:
    assert "emulator" in run("--help").stdout
    assert "autumn, version" in run("--version").stdout


def _wait_until(condition: object) -> None:
    assert callable(condition)
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
