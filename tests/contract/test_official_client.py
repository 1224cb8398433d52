"""The official client, autumn-sdk 1.0.0, as the oracle: its answers decode here, its bodies match.

It lives in an environment of its own, whose interpreter is named by `AUTUMN_OFFICIAL_PYTHON` or
found in `.ci/venv-official`.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from autumn_async import BadRequestError
from autumn_async.wire.operation import Operation
from tests.contract.operations import CALLERS, OPERATIONS, parameters, required
from tests.contract.stage import Stage
from tests.contract.table import TABLE
from tests.models.test_traffic import differences

DRIVER = Path(__file__).with_name("official_driver.py")
BESIDE = DRIVER.parents[2] / ".ci" / "venv-official" / "bin" / "python"

CALLS = [call for call in TABLE if call not in ("batch_track", "customers.get", "entities.list")]
"""The operations of autumn-sdk 1.0.0."""


class Official:
    """The official client in its own process, asked line by line."""

    def __init__(self, python: Path) -> None:
        self._process = subprocess.Popen(
            [python, "-I", DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Official:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def ask(self, do: str, call: str, **more: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, "call": call, **more}) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@pytest.fixture(scope="module")
def official() -> Iterator[Official]:
    python = Path(os.environ.get("AUTUMN_OFFICIAL_PYTHON", BESIDE))
    if not python.exists():
        pytest.skip(f"{python} is missing; AUTUMN_OFFICIAL_PYTHON names one with autumn-sdk 1.0.0")
    with Official(python) as client:
        yield client


def decoder(call: str) -> msgspec.json.Decoder[Any]:
    """The decoder that an operation's answers go through."""
    module = __import__(OPERATIONS[call].__module__, fromlist=["*"])
    (operation,) = (
        value
        for value in vars(module).values()
        if isinstance(value, Operation) and value.name == call
    )
    return operation.decoder


# Answers


@pytest.mark.parametrize("call", CALLS)
def test_answers_made_at_random_decode_with_nothing_lost(call: str, official: Official) -> None:
    bodies = official.ask("instances", call, seed=f"{call} 1", count=60)["bodies"]
    ours = decoder(call)
    lost = Counter[tuple[str, str]]()
    for body in bodies:
        decoded = ours.decode(body.encode())
        again = ours.decode(msgspec.json.encode(decoded))
        assert again == decoded
        assert list(differences(json.loads(body), again, call, lost)) == []
    assert not lost
    assert len(bodies) == 60


def test_random_answers_have_what_makes_decoding_hard(official: Official) -> None:
    text = "".join(official.ask("instances", "customers.list", seed="hard", count=60)["bodies"])
    for part in ('"env":"new_', ":null", ":1.0", ":2.5", ":1e+21", ":{}", ":[]", '"interval":"'):
        assert part in text


# Bodies

_INVOICE = {"invoice_mode.enable_plan_immediately": False, "invoice_mode.finalize": True}
_REDIRECT = {"redirect_mode": "if_required"}
_TRIAL = {"free_trial.card_required": True, "free_trial.duration_type": "month"}
_ITEMS = {"items[].price.billing_units": 1, "items[].price.interval_count": 1}
_ENTITY_CONTROLS = {
    "billing_controls.spend_limits[].enabled": False,
    "billing_controls.usage_alerts[].enabled": True,
}
_CONTROLS = {
    **_ENTITY_CONTROLS,
    "billing_controls.auto_topups[].enabled": False,
    "billing_controls.auto_topups[].purchase_limit.interval_count": 1,
}


def _within(name: str, defaults: dict[str, Any]) -> dict[str, Any]:
    return {f"{name}.{path}": value for path, value in defaults.items()}


_CUSTOMIZE = _within("customize", _TRIAL | _ITEMS)
_ATTACH = _INVOICE | _REDIRECT | _CUSTOMIZE
_MULTI_ATTACH = {
    **_INVOICE,
    **_REDIRECT,
    **_TRIAL,
    **_within("plans[].customize", _ITEMS),
    **_within("customer_data", _CONTROLS),
    **_within("entity_data", _ENTITY_CONTROLS),
}

INJECTED: dict[str, dict[str, Any]] = {
    "billing.attach": _ATTACH,
    "billing.multi_attach": _MULTI_ATTACH,
    "billing.preview_attach": _ATTACH,
    "billing.preview_multi_attach": _MULTI_ATTACH,
    "billing.preview_update": _ATTACH,
    "billing.setup_payment": _CUSTOMIZE,
    "billing.update": _ATTACH,
    "customers.delete": {"delete_in_stripe": False},
    "customers.get_or_create": _CONTROLS,
    "customers.list": {"limit": 10, "offset": 0},
    "customers.update": _CONTROLS,
    "entities.create": _ENTITY_CONTROLS | _within("customer_data", _CONTROLS),
    "entities.update": _ENTITY_CONTROLS,
    "events.aggregate": {"bin_size": "day"},
    "events.list": {"limit": 100, "offset": 0},
    "plans.create": {"add_on": False, "auto_enable": False, "group": "", **_TRIAL, **_ITEMS},
    "plans.delete": {"all_versions": False},
    "plans.update": {"archived": False, "group": "", **_TRIAL, **_ITEMS},
}
"""Defaults that the official client adds to what it was given, by path; we add none of them."""

MISSING: Any = "nothing"

DEEPEST = 8
"""Deeper than any object lies within the arguments of the table."""

AS_ONE_MAPPING = ("customers.list", "features.list", "plans.list")
"""Lists that the official client takes the arguments of in one mapping."""


@pytest.mark.parametrize("call", CALLS)
async def test_the_same_call_sends_the_same_body(
    call: str, official: Official, stage: Stage
) -> None:
    injected: dict[str, Any] = {}
    for arguments in _shared_arguments(call, official):
        theirs = await _sent_by_official(official, stage, call, arguments)
        ours = await _sent_by_us(stage, call, arguments)
        for path, value, other in _different(theirs, ours, ""):
            assert other is MISSING, f"{path}: {value!r} there, {other!r} here"
            assert injected.setdefault(path, value) == value
    assert injected == INJECTED.get(call, {})


def _shared_arguments(call: str, official: Official) -> Iterator[dict[str, Any]]:
    """The calls of the table with what both clients know: whole, then ever barer."""
    calls = [_spelt(call, row.sent()) for row in TABLE[call].rows]
    one_of = ("feature_id",) if call == "track" else ()
    calls.append({n: value for n, value in calls[0].items() if n in (*required(call), *one_of)})
    seen = []
    for given in calls:
        for depth in reversed(range(1, DEEPEST)):
            asked = {"request": given} if call in AS_ONE_MAPPING else given
            arguments = official.ask("known", call, arguments=asked, bare_from=depth)["arguments"]
            if arguments not in seen:
                seen.append(arguments)
                yield arguments


def _spelt(call: str, body: dict[str, Any]) -> dict[str, Any]:
    """A body as arguments."""
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
