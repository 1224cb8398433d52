"""Every operation: call, path, headers, body, answer; async, sync, and the awaited twin."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from autumn_async import Page, SyncPage
from tests.contract.operations import (
    CALLERS,
    NOT_OPERATIONS,
    OPERATIONS,
    SECRET_KEY,
    needed,
    parameters,
    public,
)
from tests.contract.rows import OPTIONS, Row, at
from tests.contract.stage import Stage
from tests.contract.table import ROW_IDS, ROWS, TABLE
from tests.scripted_server import Recorded
from tests.shared_material import shared

HEADERS = {
    "accept": "application/json",
    "authorization": f"Bearer {SECRET_KEY}",
    "content-type": "application/json",
    "x-api-version": "2.3.0",
}


def test_every_operation_has_a_row() -> None:
    assert OPERATIONS.keys() == TABLE.keys()
    assert all(entry.rows for entry in TABLE.values())
    assert len(TABLE) == 92


def test_what_is_not_an_operation_is_there_all_the_same() -> None:
    from autumn_async import AsyncAutumn

    assert public(AsyncAutumn).keys() >= NOT_OPERATIONS


@pytest.mark.parametrize("call", TABLE)
def test_rows_use_every_parameter(call: str) -> None:
    used = {name for row in TABLE[call].rows for name in row.given}
    assert used - set(OPTIONS) - {"async"} == parameters(call).keys()


def test_operations_and_paths_are_those_of_the_api() -> None:
    assert {call: entry.path for call, entry in TABLE.items()} == dict(_documented())


def _documented() -> Iterator[tuple[str, str]]:
    text = shared("api", "operations.md").read_text("utf-8")
    for row in re.findall(r"^\| (\S*) \| `(\w+)` \| `(\S+)` \|", text, re.MULTILINE):
        namespace, method, path = row
        yield (f"{namespace}.{method}" if namespace.isidentifier() else method), path


@pytest.mark.parametrize("way", CALLERS)
@pytest.mark.parametrize(("call", "row"), ROWS, ids=ROW_IDS)
async def test_a_call_sends_and_returns_what_the_table_says(
    way: str, call: str, row: Row, stage: Stage
) -> None:
    entry = TABLE[call]
    stage.answers(row.answered(entry.path))

    answer = await CALLERS[way](stage.url, call, row.given)

    (request,) = stage.requests
    assert (request.method, request.path) == ("POST", entry.path)
    assert request.json == row.sent()
    assert _chosen_headers(request) == {**HEADERS, **row.headers}
    if entry.is_list:
        assert type(answer) is (SyncPage if way == "sync" else Page)
        assert {type(item) for item in answer.list} <= {entry.answer}
    else:
        assert type(answer) is entry.answer
    assert {path: at(answer, path) for path in row.shows} == row.shows


def _chosen_headers(request: Recorded) -> dict[str, str]:
    agent = request.headers["user-agent"]
    assert re.fullmatch(r"autumn-async/\S+ python/3\.\S+ aiohttp/3\.\S+", agent)
    chosen = {*HEADERS, "idempotency-key"}
    return {name: value for name, value in request.headers.items() if name in chosen}


@pytest.mark.parametrize("way", CALLERS)
@pytest.mark.parametrize("call", TABLE)
async def test_an_idempotency_key_goes_where_the_server_looks_for_it(
    way: str, call: str, stage: Stage
) -> None:
    row = TABLE[call].rows[-1]
    given = {**row.given, "idempotency_key": "once"}
    if call == "batch_track":
        with pytest.raises(TypeError, match=r"batch_track\(\).*'idempotency_key'"):
            await CALLERS[way](stage.url, call, given)
        assert not stage.requests
        return

    await CALLERS[way](stage.url, call, given)

    (request,) = stage.requests
    in_body = call == "track"
    assert request.headers.get("idempotency-key") == (None if in_body else "once")
    assert request.json.get("idempotency_key") == ("once" if in_body else None)


@pytest.mark.parametrize("call", TABLE)
async def test_options_of_a_call_are_not_part_of_its_body(call: str, stage: Stage) -> None:
    row = TABLE[call].rows[0]
    options = {
        "retries": None,
        "timeout_ms": 4000,
        "deadline_ms": 4000,
        "server_url": stage.url,
        "http_headers": {"X-Trace": "t-1", "x-api-version": "2.2.0"},
    }

    await CALLERS["async"]("http://localhost:1", call, {**row.given, **options})

    (request,) = stage.requests
    assert request.json == row.sent()
    assert request.headers["x-trace"] == "t-1"
    assert request.headers["x-api-version"] == "2.2.0"


@pytest.mark.parametrize("call", TABLE)
async def test_a_call_with_nothing_but_what_is_required_sends_nothing_else(
    call: str, stage: Stage
) -> None:
    row = TABLE[call].rows[0]
    names = needed(call)
    given = {name: value for name, value in row.given.items() if name in names}

    await CALLERS["async"](stage.url, call, given)

    if call == "batch_track":
        assert stage.sent == row.sent()
    else:
        assert stage.sent.keys() == {name.removesuffix("_") for name in names}
