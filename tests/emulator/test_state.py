"""What an emulator remembers, kept: in dumps, and in files that survive a kill."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from autumn_async import Autumn
from autumn_async.emulator import Emulator, StateError
from autumn_async.emulator.domain.environment import Environment
from autumn_async.emulator.domain.features import Feature
from autumn_async.emulator.gateway import Gateway
from autumn_async.emulator.keys import Tenant
from autumn_async.emulator.messages import Request
from autumn_async.emulator.state import journal
from autumn_async.emulator.state.graph import decode, encode
from autumn_async.emulator.state.journal import StateFile

from .conftest import DAY, KEY, Api, StandingClock, monthly
from .nonsense import SOUND, Nonsense, seeds


def ask(gateway: Gateway, operation: str, body: object, **headers: str) -> tuple[int, Any]:
    sent = {"authorization": f"Bearer {KEY}", **headers}
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    reply = gateway.answer(Request("POST", f"/v1/{operation}", sent, content))
    return reply.status, msgspec.json.decode(reply.body)


@contextmanager
def opened(file: Path, clock: StandingClock) -> Iterator[Gateway]:
    gateway = Gateway(clock, state=StateFile(file))
    try:
        yield gateway
    finally:
        gateway.close()


def furnish(api: Api) -> None:
    api.metered("m", event_names=["sent"])
    api.plan("free", monthly("m", 100))
    api.customer("alice", "free")
    api.track("m", 7, properties={"model": "x"})


# Plain data


def test_a_dump_brings_everything_back(api: Api, clock: StandingClock) -> None:
    furnish(api)
    dump = api.gateway.dump()
    before = api("customers.get", customer_id="alice")
    api("customers.delete", customer_id="alice")
    api.gateway.load(dump)
    assert api("customers.get", customer_id="alice") == before
    other = Api(clock, api.version)
    other.gateway.load(dump)
    assert other("customers.get", customer_id="alice") == before
    assert other.track("m", 3)["balance"]["remaining"] == 90


def test_a_dump_has_the_time_in_it() -> None:
    with Emulator() as emulator:
        emulator.advance(days=100)
        dump, then = emulator.dump(), emulator.now
    with Emulator() as emulator:
        emulator.load(dump)
        assert emulator.now >= then


def test_shared_things_stay_shared_and_circles_close() -> None:
    feature = Feature("m", "M", "metered", True, 0)
    ring: list[Any] = [feature, {feature: (feature, 1.5)}, {1, 2}, deque([frozenset("ab")])]
    ring.append(ring)
    ring += [2**70, -(2**63), float("inf"), b"x", None, True, "\u2028"]
    again = decode(encode(ring))
    assert again[4] is again
    (key, (value, number)), *_ = again[1].items()
    assert key is value is again[0]
    assert isinstance(key, Feature)
    assert (number, again[2], again[3]) == (1.5, {1, 2}, deque([frozenset("ab")]))
    assert again[5:] == ring[5:]


@dataclass
class Foreign:
    """A class that isn't the domain's."""

    name: str = "x"


@pytest.mark.parametrize("thing", [Foreign(), print, lambda: 1, re.compile("x"), object()])
def test_only_what_the_domain_defines_can_be_kept(thing: object) -> None:
    with pytest.raises(StateError, match="can't be kept"):
        encode([thing])


def forged(name: str, *fields: object, shape: list[str] | None = None) -> bytes:
    return msgspec.msgpack.encode(([0], [[name, *fields]], {name: shape}))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense",
        msgspec.msgpack.encode(1),
        msgspec.msgpack.encode(([5], [], {})),
        forged("os.system", "echo"),
        forged("ids.secrets.SystemRandom"),
        forged("..lifecycle.Emulator"),
        forged("features.Feature", "m", shape=["id"]),
        forged("features.print"),
        forged("nowhere.Thing"),
        forged("failures.annotations"),
    ],
)
def test_forged_data_is_refused_and_makes_nothing_run(data: bytes) -> None:
    with pytest.raises(StateError):
        decode(data)


def test_a_bad_dump_changes_nothing(recent_api: Api) -> None:
    furnish(recent_api)
    for data in (b"nonsense", encode(1), encode((1, 2))):
        with pytest.raises(StateError):
            recent_api.gateway.load(data)
    assert recent_api.remaining("m") == 93


def test_every_attribute_of_an_environment_comes_back(recent_api: Api) -> None:
    furnish(recent_api)
    environment = recent_api.gateway.environment(Tenant("", "sandbox"))
    again: Environment = decode(encode(environment))
    assert vars(again).keys() == vars(environment).keys()
    assert encode(again) == encode(environment)


# Files


def test_a_file_keeps_everything_from_one_run_to_the_next(file: Path) -> None:
    with (
        Emulator(state=file) as emulator,
        Autumn(emulator.secret_key, server_url=emulator.url) as autumn,
    ):
        autumn.features.create(feature_id="m", name="M", type_="metered", consumable=True)
        autumn.customers.get_or_create(customer_id="ada")
        autumn.balances.create(customer_id="ada", feature_id="m", included_grant=10)
        emulator.advance(days=3)
        autumn.track(customer_id="ada", feature_id="m", value=4, idempotency_key="k")
        before, then = autumn.customers.get(customer_id="ada"), emulator.now
    with (
        Emulator(state=file) as emulator,
        Autumn(emulator.secret_key, server_url=emulator.url) as autumn,
    ):
        assert emulator.now >= then
        assert autumn.customers.get(customer_id="ada") == before
        with pytest.raises(Exception, match="idempotency key k"):
            autumn.track(customer_id="ada", feature_id="m", value=4, idempotency_key="k")


@pytest.mark.parametrize("least", [journal.LEAST, 5_000])
@seeds(2)
def test_whatever_was_asked_is_there_again(
    file: Path, clock: StandingClock, monkeypatch: pytest.MonkeyPatch, seed: int, least: int
) -> None:
    """The same state to the byte, with and without snapshots in between."""
    monkeypatch.setattr(journal, "LEAST", least)
    nonsense = Nonsense(seed)
    with opened(file, clock) as gateway:
        for operation, body in SOUND:
            ask(gateway, operation, body)
        for number in range(300):
            operation, data = nonsense.request()
            ask(gateway, operation, data, **{"idempotency-key": f"{number % 250}\udcff"})
            press_newest(gateway, ("", "/pay", "/decline")[number % 3])
            clock.advance(3_600_000)
        gateway.move_clock(gateway.clock() + DAY)
        before = gateway.dump()
    with opened(file, clock) as gateway:
        assert_same(decode(gateway.dump()), decode(before))


def press_newest(gateway: Gateway, button: str) -> None:
    """Looks at the newest of the payment pages, or presses a button on it."""
    environment = gateway.environment(Tenant("", "sandbox"))
    for page_id in tuple(environment.pages)[-1:]:
        method = "POST" if button else "GET"
        reply = gateway.answer(Request(method, f"/pay/{page_id}{button}", {}))
        assert reply.status in (200, 400, 404, 409)


def assert_same(one: object, other: object) -> None:
    """Equal throughout, and shared in the same places (what can't change may be a copy)."""
    twins: dict[int, object] = {}
    pairs = [(one, other)]
    while pairs:
        left, right = pairs.pop()
        assert type(left) is type(right)
        if id(left) in twins:
            assert twins[id(left)] is right or is_frozen(left)
            continue
        parts = (children(left), children(right))
        if parts[0] is None:
            assert left == right
            continue
        twins[id(left)] = right
        assert parts[1] is not None
        pairs += zip(*parts, strict=True)


def children(thing: Any) -> list[object] | None:
    """What is in a thing; None for a value that has nothing in it."""
    if isinstance(thing, dict):
        return [*thing, *thing.values()]
    if isinstance(thing, list | tuple | deque):
        return list(thing)
    if isinstance(thing, set):
        return sorted(thing, key=lambda each: each.internal_id)
    if isinstance(thing, Struct):
        return [getattr(thing, name) for name in thing.__struct_fields__]
    if hasattr(thing, "__slots__"):
        return [getattr(thing, name) for name in thing.__slots__]
    return list(vars(thing).values()) if hasattr(thing, "__dict__") else None


def is_frozen(thing: Any) -> bool:
    return isinstance(thing, tuple) or thing.__struct_config__.frozen


def test_queued_usage_survives(file: Path, clock: StandingClock) -> None:
    with opened(file, clock) as gateway:
        for operation, body in SOUND[:7]:
            ask(gateway, operation, body)
        ask(gateway, "balances.create", {**GRANT, "included_grant": 10})
        queued = {"customer_id": "alice", "feature_id": "m", "value": 3, "async": True}
        assert ask(gateway, "balances.track", queued)[0] == 202
    with opened(file, clock) as gateway:
        answer = ask(gateway, "balances.check", {"customer_id": "alice", "feature_id": "m"})
        assert answer[1]["balance"]["usage"] == 3


GRANT = {"customer_id": "alice", "feature_id": "m"}


def test_organisations_are_kept_and_forgotten(file: Path) -> None:
    for run in range(3):
        with Emulator(state=file) as emulator:
            acme, other = emulator.organisation("acme"), emulator.organisation("other")
            with Autumn(acme.secret_key, server_url=emulator.url) as autumn:
                known = [customer.id for customer in autumn.customers.list()]
                assert known == ([] if run != 1 else ["ada"])
                autumn.customers.get_or_create(customer_id="ada")
            with Autumn(other.live_key, server_url=emulator.url) as autumn:
                autumn.customers.get_or_create(customer_id=f"bob{run}")
                assert len(list(autumn.customers.list())) == run + 1
            if run == 1:
                emulator.forget(acme)


def test_a_new_snapshot_replaces_the_requests(
    file: Path, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "LEAST", 1000)
    with opened(file, clock) as gateway:
        for number in range(500):
            ask(gateway, "customers.get_or_create", {"customer_id": f"c{number}"})
        before = gateway.dump()
    database = sqlite3.connect(file)
    (kept,) = database.execute("SELECT count(*) FROM requests").fetchone()
    database.close()
    assert 0 < kept < 500
    with opened(file, clock) as gateway:
        assert gateway.dump() == before


def test_a_foreign_file_is_left_as_it_is(tmp_path: Path) -> None:
    text, database = tmp_path / "notes.txt", tmp_path / "other.db"
    text.write_text("dear diary")
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE mine (x)")
    connection.commit()
    connection.close()
    for path in (text, database):
        before = path.read_bytes()
        with pytest.raises(StateError, match=f"{path} is not a state file"):
            Emulator(state=path).__enter__()
        assert path.read_bytes() == before
    with pytest.raises(StateError, match="can't be used"):
        Emulator(state=tmp_path).__enter__()
    with pytest.raises(StateError, match="can't be used"):
        Emulator(state=tmp_path / "missing" / "file").__enter__()


def test_the_file_of_another_version_is_left_as_it_is(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(journal, "__version__", "0.0.7")
        with Emulator(state=file):
            pass
    before = file.read_bytes()
    with pytest.raises(StateError, match=r"autumn-async 0\.0\.7, and this is"):
        Emulator(state=file).__enter__()
    assert file.read_bytes() == before


def test_an_empty_file_is_a_new_one(file: Path) -> None:
    file.touch()
    with Emulator(state=file) as emulator:
        assert emulator.url


def test_one_emulator_at_a_time(file: Path) -> None:
    with Emulator(state=file), pytest.raises(StateError, match="in use by another emulator"):
        Emulator(state=file).__enter__()
    with Emulator(state=file) as emulator:
        assert emulator.url


def test_a_damaged_file_is_a_clear_error(file: Path) -> None:
    with Emulator(state=file):
        pass
    file.write_bytes(file.read_bytes()[:4096] + b"x" * 8192)
    with pytest.raises(StateError, match=str(file)):
        Emulator(state=file).__enter__()


def test_what_is_not_on_file_is_not_done(file: Path, clock: StandingClock) -> None:
    with opened(file, clock) as gateway:
        ask(gateway, "customers.get_or_create", {"customer_id": "ada"})
        assert gateway._state
        gateway._state._database.execute("PRAGMA query_only = ON")
        assert ask(gateway, "customers.delete", {"customer_id": "ada"})[0] == 500
        gateway._state._database.execute("PRAGMA query_only = OFF")
        assert ask(gateway, "customers.get", {"customer_id": "ada"})[0] == 200


@contextmanager
def emulator_process(file: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "autumn_async.cli", "emulator", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--state", str(file)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        url = re.search(r"http://\S+:\d+", process.stdout.readline())
        assert url is not None
        yield process, url[0]
    finally:
        process.kill()
        process.communicate()


def test_everything_that_was_answered_survives_a_kill(file: Path) -> None:
    answered = 0
    for _ in range(2):
        with emulator_process(file) as (process, url):
            with Autumn("am_sk_test_x", server_url=url, fail_open=False) as autumn:
                if not answered:
                    autumn.features.create(
                        feature_id="m", name="M", type_="metered", consumable=True
                    )
                    autumn.customers.get_or_create(customer_id="ada")
                    autumn.balances.create(customer_id="ada", feature_id="m", included_grant=1000)
                for _ in range(50):
                    answer = autumn.track(customer_id="ada", feature_id="m")
                    answered += 1
                    assert answer.balance
                    assert answer.balance.usage == answered
            process.send_signal(signal.SIGKILL)
            process.wait()
    assert answered == 100
