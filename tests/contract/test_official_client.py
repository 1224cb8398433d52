"""The official clients, autumn-sdk 1.0.0 and 1.2.0, as oracles: answers decode, bodies match.

Each lives in an environment of its own, whose interpreter is named by an environment variable or
found under `.ci/`.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from autumn_async import BadRequestError
from autumn_async.wire.operation import Operation
from tests.contract import calls_2_2
from tests.contract.injected import INJECTED_1_0, INJECTED_1_2
from tests.contract.operations import CALLERS, OPERATIONS, needed, parameters
from tests.contract.stage import Stage
from tests.contract.table import TABLE
from tests.models.test_traffic import differences

pytestmark = pytest.mark.once

DRIVER = Path(__file__).with_name("official_driver.py")
ENVIRONMENTS = DRIVER.parents[2] / ".ci"


@dataclass(frozen=True)
class Release:
    """One release of the official client: where it is, what it can do, what it adds to bodies."""

    version: str
    variable: str
    folder: str
    calls: tuple[str, ...]
    instances: int
    """How many answers are made of each: those of the newer release take longer to make."""
    injected: dict[str, dict[str, Any]]
    as_one_mapping: tuple[str, ...]
    """The calls that it takes the arguments of in one mapping."""
    dropped: tuple[str, ...] = ()
    """Ends of paths at which it loses what it was given."""

    @property
    def python(self) -> Path:
        """Its interpreter; skips the test where there is none."""
        beside = ENVIRONMENTS / self.folder / "bin" / "python"
        found = Path(os.environ.get(self.variable, beside))
        if not found.exists():
            pytest.skip(
                f"{found} is missing; {self.variable} names one with autumn-sdk {self.version}"
            )
        return found


BEYOND_1_0 = ("batch_track", "customers.get", "entities.list")

FIRST = Release(
    "1.0.0",
    "AUTUMN_OFFICIAL_PYTHON",
    "venv-official",
    tuple(call for call in calls_2_2.CALLS if call not in BEYOND_1_0),
    60,
    INJECTED_1_0,
    ("customers.list", "features.list", "plans.list"),
)
NEWEST = Release(
    "1.2.0",
    "AUTUMN_OFFICIAL_1_2_PYTHON",
    "venv-official-1.2",
    tuple(call for call in TABLE if not call.startswith("features.")),  # it can't import those
    25,
    INJECTED_1_2,
    (
        "keys.refresh",
        "plans.list",
        "referrals.list_programs",
        "rewards.list",
        "sandboxes.list",
        "sandboxes.reset",
        "webhooks.list",
    ),
    # Objects that may be null are lost unless one of their own defaults is given too.
    dropped=("price", "customize"),
)
RELEASES = {release.version: release for release in (FIRST, NEWEST)}

CALLS = [(release.version, call) for release in RELEASES.values() for call in release.calls]


class Official:
    """A release of the official client in its own process, asked line by line."""

    def __init__(self, release: Release) -> None:
        self._process = subprocess.Popen(
            [release.python, "-I", DRIVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def stop(self) -> None:
        self._process.communicate()

    def ask(self, do: str, call: str, **more: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, "call": call, **more}) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@pytest.fixture(scope="module")
def processes() -> Iterator[dict[str, Official]]:
    """The processes of the releases that tests have asked for so far."""
    started: dict[str, Official] = {}
    yield started
    for process in started.values():
        process.stop()


@pytest.fixture
def official(request: pytest.FixtureRequest, processes: dict[str, Official]) -> Official:
    """The release that a test is about."""
    version: str = request.param
    if version not in processes:
        processes[version] = Official(RELEASES[version])
    return processes[version]


for_all_calls = pytest.mark.parametrize(
    ("official", "release", "call"),
    [(version, RELEASES[version], call) for version, call in CALLS],
    indirect=["official"],
    ids=[f"{version}-{call}" for version, call in CALLS],
)


def operation(call: str) -> Operation[Any]:
    """The operation that a method makes calls of."""
    module = __import__(OPERATIONS[call].__module__, fromlist=["*"])
    (found,) = (
        value
        for value in vars(module).values()
        if isinstance(value, Operation) and value.name == call
    )
    return found


# Answers


@for_all_calls
def test_answers_made_at_random_decode_with_nothing_lost(
    official: Official, release: Release, call: str
) -> None:
    bodies = official.ask("instances", call, seed=f"{call} 1", count=release.instances)["bodies"]
    ours = operation(call).decoder
    lost = Counter[tuple[str, str]]()
    for body in bodies:
        decoded = ours.decode(body.encode())
        again = ours.decode(msgspec.json.encode(decoded))
        assert again == decoded
        assert list(differences(json.loads(body), again, call, lost)) == []
    assert not lost
    assert len(bodies) == release.instances


@pytest.mark.parametrize("official", RELEASES, indirect=True)
def test_random_answers_have_what_makes_decoding_hard(official: Official) -> None:
    text = "".join(official.ask("instances", "customers.list", seed="hard", count=60)["bodies"])
    for part in ('"env":"new_', ":null", ":1.0", ":2.5", ":1e+21", ":{}", ":[]", '"interval":"'):
        assert part in text


# Bodies

MISSING: Any = "nothing"

DEEPEST = 8
"""Deeper than any object lies within the arguments of the table."""


@for_all_calls
async def test_the_same_call_sends_the_same_body(
    official: Official, release: Release, call: str, stage: Stage
) -> None:
    injected: dict[str, Any] = {}
    for arguments in _shared_arguments(release, call, official):
        theirs = await _sent_by_official(official, stage, call, arguments)
        ours = await _sent_by_us(stage, call, arguments)
        for path, value, other in _different(theirs, ours, ""):
            if value is MISSING:
                assert path.endswith(release.dropped), f"{path}: {other!r} only here"
                continue
            assert other is MISSING, f"{path}: {value!r} there, {other!r} here"
            assert injected.setdefault(path, value) == value
    assert injected == release.injected.get(call, {})


@for_all_calls
async def test_arguments_made_at_random_go_out_with_nothing_lost(
    official: Official, release: Release, call: str, stage: Stage
) -> None:
    requests = official.ask("requests", call, seed=f"{call} 2", count=8)["requests"]
    for arguments in map(_unwrapped, requests, [call in release.as_one_mapping] * len(requests)):
        given = allowed(call, arguments)
        body = given["request"] if call == "batch_track" else _by_wire_name(given)
        assert await _sent_by_us(stage, call, given) == body
    assert len(requests) == 8


def _unwrapped(arguments: dict[str, Any], in_one_mapping: bool) -> dict[str, Any]:
    return {**(arguments.get("request") or {})} if in_one_mapping else arguments


def allowed(call: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments without what both the server and we refuse: page sizes, one of two missing."""
    if call == "batch_track":
        events = [_one_of(("feature_id", "event_name"), item) for item in arguments["request"]]
        return {"request": events or [{"customer_id": "c", "feature_id": "f"}]}
    given = dict(arguments)
    for name in given.keys() & {"limit", "offset"}:
        given[name] = abs(given[name]) % 5000 + 1
    pair = operation(call).one_of
    return given if pair is None else _one_of(pair, given)


def _one_of(pair: tuple[str, str], given: dict[str, Any]) -> dict[str, Any]:
    """The arguments with exactly one of two."""
    rest = {name: value for name, value in given.items() if name not in pair}
    for name in pair:
        if name in given:
            return {**rest, name: given[name]}
    return {**rest, pair[0]: {} if pair[0] == "coupon" else "f"}


def _by_wire_name(given: dict[str, Any]) -> dict[str, Any]:
    return {name.removesuffix("_"): value for name, value in given.items()}


def _shared_arguments(release: Release, call: str, official: Official) -> Iterator[dict[str, Any]]:
    """The calls of the table with what both clients know: whole, then ever barer."""
    calls = [_spelt(call, row.sent()) for row in TABLE[call].rows]
    calls.append({name: value for name, value in calls[0].items() if name in needed(call)})
    seen = []
    for given in calls:
        # Barer events would lack what they are about.
        for depth in [DEEPEST] if call == "batch_track" else reversed(range(1, DEEPEST)):
            asked = {"request": given} if call in release.as_one_mapping else given
            arguments = official.ask("known", call, arguments=asked, bare_from=depth)["arguments"]
            if arguments not in seen:
                seen.append(arguments)
                yield arguments


def _spelt(call: str, body: Any) -> dict[str, Any]:
    """A body as arguments."""
    if call == "batch_track":
        return {"request": body}
    known = parameters(call)
    return {f"{name}_" if f"{name}_" in known else name: v for name, v in body.items()}


async def _sent_by_official(
    official: Official, stage: Stage, call: str, arguments: dict[str, Any]
) -> Any:
    stage.clear()
    stage.answers({"message": "no", "code": "no"}, status=400)
    failure = official.ask("call", call, arguments=arguments, url=stage.url)["error"]
    assert failure.startswith("AutumnDefaultError: API error occurred: Status 400")
    (request,) = stage.requests
    assert (request.method, request.path) == ("POST", TABLE[call].path)
    return request.json if request.body else {}


async def _sent_by_us(stage: Stage, call: str, arguments: dict[str, Any]) -> Any:
    if "request" in arguments and "request" not in parameters(call):
        arguments = arguments["request"]
    stage.clear()
    stage.answers({"message": "no", "code": "no"}, status=400)
    with pytest.raises(BadRequestError):
        await CALLERS["async"](stage.url, call, arguments)
    (request,) = stage.requests
    assert (request.method, request.path) == ("POST", TABLE[call].path)
    return request.json


def _different(theirs: Any, ours: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Each place where two bodies differ, with what stands in theirs and in ours."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for name in sorted(theirs.keys() | ours.keys()):
            one, other = theirs.get(name, MISSING), ours.get(name, MISSING)
            yield from _different(one, other, f"{path}.{name}".lstrip("."))
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for one, other in zip(theirs, ours, strict=True):
            yield from _different(one, other, f"{path}[]")
    elif theirs != ours:
        yield path, theirs, ours
