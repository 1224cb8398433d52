"""`autumn outbox`, on folders as trackers leave them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from autumn_async import SQLiteStore
from autumn_async.cli.app import autumn
from autumn_async.tracking.segments import Trail
from autumn_async.tracking.shipping import Burial, Change
from autumn_async.tracking.store import Ended
from autumn_async.tracking.view import View
from tests.facade.scripts import run_script, wait_until
from tests.tracking.helpers import draft, event, opened
from tests.tracking.server import Billing, Server, all_once

from .test_commands import started

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs file locks")

KILLED = """
from autumn_async import SQLiteStore
client = autumn()
tracker = client.tracker(SQLiteStore(os.environ["FOLDER"]))
receipts = [tracker.track(customer_id="c", feature_id="f", value=n) for n in range(2500)]
receipts[-1].stored()
print(*[receipt.key for receipt in receipts])
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def billing(server: Server) -> Billing:
    return server.billing


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


def killed(folder: Path) -> list[str]:
    """Leaves behind what a process that was killed had stored; returns the keys."""
    done = run_script(KILLED, url="http://127.0.0.1:1", env={"FOLDER": str(folder)})
    assert done.code == -signal.SIGKILL, done.err
    return done.out.split()


def bury(store: SQLiteStore, key: str, reason: Any = "invalid", *, in_doubt: bool = False) -> None:
    """Makes a dead letter."""
    store.append([draft(key)], 1_000)
    with store.transaction():
        (segment,) = store.lease(1_000, most=1, merge=False, busy=())
        burial = Burial(event=event(key), reason=reason, detail="no good", in_doubt=in_doubt)
        store.settle([Ended(segment, Change(burials=[burial]))], 2_000)


@contextmanager
def left_behind(folder: Path) -> Iterator[SQLiteStore]:
    """A store to put things into, which nobody has afterwards."""
    store = opened(folder)
    yield store
    store.close()


@dataclass
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str, **environment: str) -> Done:
    environment = {"COLUMNS": "120", **environment}
    done = CliRunner().invoke(autumn, arguments, env=environment)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Done(done.exit_code, done.stdout, done.stderr)


def drain(folder: Path, server: Server, *options: str) -> Done:
    url = f"http://127.0.0.1:{server.port}"
    return run(
        "outbox", str(folder), "drain", "--server-url", url, *options, AUTUMN_SECRET_KEY="am_sk_x"
    )


def rows(folder: Path, *command: str) -> list[dict[str, Any]]:
    done = run("outbox", str(folder), *command)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def keys(lines: list[dict[str, Any]]) -> list[str]:
    return [line["event"]["idempotency_key"] for line in lines]


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.outbox")}


def test_what_a_killed_process_left_is_listed_exported_and_sent_once(
    folder: Path, server: Server
) -> None:
    stored = killed(folder)
    (file,) = rows(folder, "ls", "--json")
    assert (file["owner"], file["events"], file["dead"]) == ("orphan", 2500, 0)
    assert file["age_ms"] >= 0
    assert sum(row["events"] for row in rows(folder, "stats", "--json")) == 2500
    assert sorted(keys(rows(folder, "export"))) == sorted(stored)
    done = drain(folder, server)
    assert (done.returncode, done.stdout) == (0, "2,500 events were delivered\n"), done.stderr
    assert all_once(server.billing, stored)
    assert list(folder.iterdir()) == []
    assert run("outbox", str(folder), "ls").stdout == "there is nothing\n"
    assert drain(folder, server).stdout == "0 events were delivered\n"


def test_looking_changes_nothing(folder: Path) -> None:
    killed(folder)
    before = content(folder)
    for command in (["ls"], ["stats"], ["dead"], ["export"]):
        assert run("outbox", str(folder), *command).returncode == 0
    assert content(folder) == before


def test_files_of_a_running_process_are_shown_and_left_alone(folder: Path, server: Server) -> None:
    store = opened(folder)
    bury(store, "dead")
    store.append([draft("waits", "too")], 1_000)
    with left_behind(folder) as orphan:
        orphan.append([draft("sent")], 1_000)
    files = {row["owner"]: row["events"] for row in rows(folder, "ls", "--json")}
    assert files == {"running": 2, "orphan": 1}
    done = drain(folder, server)
    assert done.returncode == 1
    assert "2 events are in files of running processes" in done.stdout
    assert all_once(server.billing, ["sent"])
    for command in (["requeue", "dead"], ["discard", "--all", "--yes"]):
        refused = run("outbox", str(folder), *command)
        assert refused.returncode == 1
        assert "1 more are in files of running processes" in refused.stderr
    assert [letter.key for letter in store.letters(None, 9)] == ["dead"]
    store.close()


def test_sums_are_by_state_and_reason(folder: Path) -> None:
    with left_behind(folder) as store:
        for number in range(3):
            bury(store, f"i{number}")
        bury(store, "c", "customer_not_found")
        store.append([draft("a", "b")], 1_000)
        store.append([draft("d", trail=Trail(doubt_since=1))], 1_000)
        store.append([draft("e", trail=Trail(accepted_at=1))], 1_000)
    found = {
        (row["state"], row["reason"]): row["events"] for row in rows(folder, "stats", "--json")
    }
    assert found == {
        ("accepted", None): 1,
        ("dead", "customer_not_found"): 1,
        ("dead", "invalid"): 3,
        ("possibly accepted", None): 1,
        ("stored", None): 2,
    }
    shown = run("outbox", str(folder), "stats").stdout
    assert "customer_not_found" in shown
    assert sorted(keys(rows(folder, "export"))) == sorted(["i0", "i1", "i2", "c", "a", "b", "d"])
    assert keys(rows(folder, "export", "--only", "dead")) == ["i0", "i1", "i2", "c"]
    assert keys(rows(folder, "export", "--only", "waiting")) == ["a", "b", "d"]


def test_dead_letters_are_shown_with_their_reasons(folder: Path) -> None:
    with left_behind(folder) as store:
        bury(store, "one")
        bury(store, "two", "ambiguous_expired", in_doubt=True)
    shown = run("outbox", str(folder), "dead").stdout
    for word in ("one", "two", "invalid", "no good", "in doubt"):
        assert word in shown
    (line,) = rows(folder, "dead", "--json", "--reason", "ambiguous_expired")
    assert (line["key"], line["in_doubt"], line["died_at"]) == ("two", True, 2_000)
    assert line["event"]["customer_id"] == "c"


def test_letters_are_put_back_and_sent(folder: Path, server: Server) -> None:
    with left_behind(folder) as store:
        for number in range(3):
            bury(store, f"k{number}")
    (first, *_) = rows(folder, "dead", "--json")
    done = run("outbox", str(folder), "requeue", first["id"], "k2")
    assert done.stdout == "2 dead letters were put back\n"
    assert drain(folder, server).returncode == 0
    assert all_once(server.billing, ["k0", "k2"])
    assert keys(rows(folder, "dead", "--json")) == ["k1"]


def test_letters_are_changed_before_they_are_put_back(folder: Path, server: Server) -> None:
    with left_behind(folder) as store:
        bury(store, "k")
    changes = ["feature_id=7", "value=2.5", 'properties={"a": 1}', "entity_id="]
    options = [part for change in changes for part in ("--set", change)]
    assert run("outbox", str(folder), "requeue", "--all", "--yes", *options).returncode == 0
    assert drain(folder, server).returncode == 0
    (sent,) = server.billing.events.values()
    assert (sent["feature_id"], sent["value"], sent["properties"]) == ("7", 2.5, {"a": 1})
    assert sent["idempotency_key"].startswith("aa1_")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "name keys or ids"),
        (("k", "--all"), "one of the three"),
        (("k", "--set", "value"), "FIELD=VALUE"),
        (("k", "--set", "value=many"), "JSON"),
        (("k", "--set", "feature=x"), "feature_id"),
        (("k", "--set", "value=true"), "value must be a number"),
        (("k", "--set", "ordered=true"), "ordered"),
    ],
)
def test_what_cannot_be_put_back_is_refused(
    folder: Path, options: tuple[str, ...], message: str
) -> None:
    with left_behind(folder) as store:
        bury(store, "k")
    done = run("outbox", str(folder), "requeue", *options)
    assert done.returncode == 2
    assert message in done.stderr
    assert keys(rows(folder, "dead", "--json")) == ["k"]


def test_many_letters_are_discarded_only_by_those_who_mean_it(folder: Path) -> None:
    with left_behind(folder) as store:
        bury(store, "a")
        bury(store, "b", "too_large", in_doubt=True)
    asked = run("outbox", str(folder), "discard", "--all")
    assert asked.returncode == 1
    assert "2 dead letters, 1 of which may have been counted" in asked.stderr
    assert len(rows(folder, "dead", "--json")) == 2
    done = run("outbox", str(folder), "discard", "--reason", "too_large", "--yes")
    assert done.stdout == "1 dead letters were discarded\n"
    assert keys(rows(folder, "dead", "--json")) == ["a"]


def test_a_name_that_there_is_not_is_said(folder: Path) -> None:
    with left_behind(folder) as store:
        bury(store, "a")
    done = run("outbox", str(folder), "discard", "a", "nobody")
    assert done.returncode == 1
    assert "there is no dead letter nobody" in done.stderr


def test_an_export_goes_to_a_new_file_only(folder: Path, tmp_path: Path) -> None:
    with left_behind(folder) as store:
        store.append([draft("a")], 1_000)
    target = tmp_path / "events.jsonl"
    assert run("outbox", str(folder), "export", "-o", str(target)).returncode == 0
    before = target.read_text()
    assert json.loads(before)["event"]["idempotency_key"] == "a"
    again = run("outbox", str(folder), "export", "-o", str(target))
    assert again.returncode == 2
    assert "is there already" in again.stderr
    assert target.read_text() == before


def test_a_drain_says_what_died_and_what_is_left(
    folder: Path, server: Server, billing: Billing
) -> None:
    billing.features = {"f"}
    with left_behind(folder) as store:
        store.append([draft("good"), draft("bad", feature_id="unknown")], 1_000)
    done = drain(folder, server)
    assert done.returncode == 1
    assert "1 events were delivered" in done.stdout
    assert "dead letters now: invalid 1" in done.stdout
    assert all_once(billing, ["good"])


def test_a_drain_gives_up_on_a_server_that_is_not_there(folder: Path, server: Server) -> None:
    server.billing.always = "503"
    with left_behind(folder) as store:
        store.append([draft("a", "b")], 1_000)
    done = drain(folder, server, "--patience", "1")
    assert done.returncode == 1
    assert "2 events are still stored: no progress for 1 seconds" in done.stdout
    assert "not stored" in done.stdout
    assert rows(folder, "ls", "--json")[0]["events"] == 2


def test_a_drain_ends_at_once_if_the_key_is_refused(folder: Path, server: Server) -> None:
    server.billing.always = "401"
    with left_behind(folder) as store:
        store.append([draft("a")], 1_000)
    done = drain(folder, server)
    assert done.returncode == 1
    assert "1 events are still stored: 401 invalid_secret_key" in done.stdout
    assert "am_sk_x" not in done.stdout + done.stderr


def test_ctrl_c_during_a_drain_leaves_everything_stored(
    folder: Path, server: Server, billing: Billing
) -> None:
    billing.always = "hang after"
    with left_behind(folder) as store:
        store.append([draft("a", "b")], 1_000)
    url = f"http://127.0.0.1:{server.port}"
    options = ("--server-url", url, "--secret-key", "am_sk_x")
    with started("outbox", str(folder), "drain", *options) as process:
        wait_until(lambda: billing.applied)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
    assert process.returncode == 1, errors
    assert "2 events are still stored: interrupted" in output
    assert "Traceback" not in errors
    billing.always = None
    assert drain(folder, server, "--patience", "90").returncode == 0
    assert all_once(billing, ["a", "b"])


@pytest.mark.parametrize("command", [["ls"], ["stats"], ["dead"], ["export"], ["drain"]])
@pytest.mark.parametrize("place", ["nowhere", "a file", "another folder"])
def test_what_is_not_an_outbox_is_refused(tmp_path: Path, place: str, command: list[str]) -> None:
    (tmp_path / "a file").write_text("")
    (tmp_path / "another folder").mkdir()
    (tmp_path / "another folder" / "letters.txt").write_text("mine")
    done = run("outbox", str(tmp_path / place), *command, AUTUMN_SECRET_KEY="am_sk_x")
    assert done.returncode == 1
    assert place in done.stderr
    assert not (tmp_path / "nowhere").exists()
    assert os.listdir(tmp_path / "another folder") == ["letters.txt"]


def test_a_file_of_another_version_is_named_and_the_others_are_shown(folder: Path) -> None:
    with left_behind(folder) as store:
        store.append([draft("a")], 1_000)
    (path,) = folder.glob("*.outbox")
    shutil.copy(path, folder / "newer.outbox")
    with sqlite3.connect(folder / "newer.outbox") as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    done = run("outbox", str(folder), "ls", "--json")
    assert done.returncode == 1
    assert "version 99" in done.stderr
    assert json.loads(done.stdout)["events"] == 1
    refused = run("outbox", str(folder), "discard", "a")
    assert refused.returncode == 1
    assert "version 99" in refused.stderr


def test_a_drain_without_a_key_says_so(folder: Path) -> None:
    with left_behind(folder) as store:
        store.append([draft("a")], 1_000)
    done = run("outbox", str(folder), "drain", AUTUMN_SECRET_KEY="")
    assert done.returncode in (1, 2)
    assert "secret_key" in done.stderr or "AUTUMN_SECRET_KEY" in done.stderr


def test_a_view_is_of_one_moment(folder: Path) -> None:
    store = opened(folder)
    store.append([draft("a")], 1_000)
    (path,) = folder.glob("*.outbox")
    view = View(path)
    store.append([draft("b")], 1_000)
    assert [found for _, found in view.waiting()] == [event("a")]
    view.close()
    store.close()


@pytest.mark.parametrize(
    "command", ["ls", "stats", "dead", "requeue", "discard", "export", "drain"]
)
def test_every_command_has_help(command: str) -> None:
    done = run("outbox", "x", command, "--help")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 6
