"""The server over real sockets: keys, versions, bodies, queued usage, and whatever comes in."""

from __future__ import annotations

import asyncio
import gzip
import random
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import msgspec
import pytest

from autumn_async.emulator import Emulator
from autumn_async.emulator.operations.table import NOT_SERVED, SERVED

from .nonsense import SOUND, Nonsense, seeds

Answer = tuple[int, Any]


class Client:
    """A plain HTTP client of one emulator."""

    def __init__(self, session: aiohttp.ClientSession, emulator: Emulator) -> None:
        self._session = session
        self.url = emulator.url
        self.key = emulator.secret_key

    async def __call__(
        self,
        path: str,
        body: object = None,
        /,
        *,
        method: str = "POST",
        data: bytes | None = None,
        headers: Mapping[str, str | None] | None = None,
        **fields: object,
    ) -> Answer:
        sent = {"authorization": f"Bearer {self.key}", **(headers or {})}
        content = msgspec.json.encode(fields if body is None else body) if data is None else data
        async with self._session.request(
            method,
            self.url + (path if path.startswith("/") else f"/v1/{path}"),
            data=content,
            headers={name: value for name, value in sent.items() if value is not None},
        ) as answer:
            text = await answer.read()
            assert answer.status != 500, text
            return answer.status, msgspec.json.decode(text) if text else None

    async def grant(self, included: float, **customer: object) -> None:
        """A customer alice who holds so many messages."""
        await self("features.create", feature_id="m", name="M", type="metered", consumable=True)
        await self("customers.get_or_create", customer_id="alice", **customer)
        grant = {"customer_id": "alice", "feature_id": "m", "included_grant": included}
        assert await self("balances.create", **grant) == (200, {"success": True})


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with Emulator() as emulator, aiohttp.ClientSession() as session:
        yield Client(session, emulator)


KEYS = {
    "none": (None, 401, "no_secret_key"),
    "empty": ("", 401, "no_secret_key"),
    "not bearer": ("Basic abc", 401, "no_secret_key"),
    "bearer of nothing": ("Bearer ", 401, "no_secret_key"),
    "unknown prefix": ("Bearer foo", 401, "invalid_request"),
    "publishable": ("Bearer am_pk_test_x", 401, "endpoint_not_public"),
    "unknown test key": ("Bearer am_sk_test_doesnotexist", 401, "invalid_secret_key"),
    "unknown live key": ("Bearer am_sk_live_doesnotexist", 401, "invalid_secret_key"),
    "test key": ("Bearer am_sk_test_any", 200, None),
    "live key": ("Bearer am_sk_live_any", 200, None),
}


@pytest.mark.parametrize(("header", "status", "code"), KEYS.values(), ids=KEYS)
async def test_keys(client: Client, header: str | None, status: int, code: str | None) -> None:
    headers = {"authorization": header}
    answered, body = await client("features.list", headers=headers)
    assert (answered, body.get("code")) == (status, code)
    assert body.get("env", "sandbox") == "sandbox"


async def test_unknown_key_is_shown_in_part(client: Client) -> None:
    headers = {"authorization": "Bearer am_sk_test_doesnotexist"}
    _, body = await client("features.list", headers=headers)
    assert body["message"] == "Invalid secret key: am_sk_test_does********"


async def test_environments_are_apart(client: Client) -> None:
    live = {"authorization": "Bearer am_sk_live_any"}
    status, customer = await client("customers.get_or_create", customer_id="a", headers=live)
    assert (status, customer["env"]) == (200, "live")
    status, error = await client("customers.get", customer_id="a")
    assert (status, error["code"], error["env"]) == (404, "customer_not_found", "sandbox")


VERSIONS = (
    *("2.5.0", "2.4.0", "2.3.0", "2.2.0", "2.1.0", "2.0.0", "1.2.0", "0.1.0"),
    *("2.2", "2.1", "2", "1.2", "beta"),
    *("2026-05-13", "2026-03-18.clover", "2025-02-01"),
)


@pytest.mark.parametrize("version", [*VERSIONS, None])
async def test_versions_accepted(client: Client, version: str | None) -> None:
    assert (await client("features.list", headers={"x-api-version": version}))[0] == 200


@pytest.mark.parametrize("version", ["9.9.9", "latest", "v2.2.0", "1999-01-01", "", "2.", "1"])
async def test_versions_refused(client: Client, version: str) -> None:
    status, body = await client("features.list", headers={"x-api-version": version})
    assert (status, body["code"]) == (400, "invalid_api_version")
    assert body["message"] == f'"{version}" is not a valid API version'


async def test_without_version_lists_page_as_in_the_newest_recorded_one(client: Client) -> None:
    assert await client("customers.list") == (200, {"list": [], "next_cursor": None})
    _, page = await client("customers.list", headers={"x-api-version": "2.2.0"})
    assert page["total_count"] == 0


BODIES = {
    "empty": (b"", "feature_id: must be a string (received undefined)"),
    "malformed": (b"{not json", "feature_id: must be a string (received undefined)"),
    "null": (b"null", "feature_id: must be a string (received undefined)"),
    "not utf-8": (b'{"feature_id": "\xff"}', "feature_id: must be a string (received undefined)"),
    "too deep": (b"[" * 100_000, "feature_id: must be a string (received undefined)"),
    "deep": (b"[" * 900 + b"]" * 900, "feature_id: must be a string (received undefined)"),
    "array": (b"[]", "input: Invalid input: expected object, received array"),
    "string": (b'"text"', "input: Invalid input: expected object, received string"),
    "number": (b"1", "input: Invalid input: expected object, received number"),
    "true": (b"true", "input: Invalid input: expected object, received boolean"),
    "wrong type": (b'{"feature_id": 1}', "feature_id: must be a string (received number)"),
}


@pytest.mark.parametrize(("data", "message"), BODIES.values(), ids=BODIES)
async def test_bodies(client: Client, data: bytes, message: str) -> None:
    status, body = await client("features.get", data=data)
    assert (status, body["code"], body["message"]) == (400, "invalid_inputs", message)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "nonsense"])
async def test_any_content_type(client: Client, kind: str) -> None:
    status, body = await client("features.get", feature_id="m", headers={"content-type": kind})
    assert (status, body["code"]) == (404, "feature_not_found")


async def test_a_compressed_body_that_is_none_counts_as_empty(client: Client) -> None:
    gzipped = {"content-encoding": "gzip"}
    body = gzip.compress(b'{"feature_id": "m"}')
    assert (await client("features.get", data=body, headers=gzipped))[0] == 404
    assert (await client("features.get", data=b"not gzip", headers=gzipped))[0] == 400


async def test_a_body_that_waits_to_be_asked_for(client: Client) -> None:
    status, _ = await client("features.get", feature_id="m", headers={"expect": "100-continue"})
    assert status == 404


async def test_clients_that_leave_in_the_middle_of_a_body(client: Client) -> None:
    port = int(client.url.rpartition(":")[2])
    head = b"POST /v1/features.list HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    assert (await client("features.list"))[0] == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/nope.nope"),
        ("POST", "/v1/"),
        ("POST", "/features.list"),
        ("POST", "/v1/features.list/"),
        ("GET", "/v1/features.list"),
        ("GET", "/v1/invoices.list"),
        ("PUT", "/v1/balances.check"),
        ("DELETE", "/%00%ff"),
    ],
)
async def test_unknown_paths_and_methods(client: Client, method: str, path: str) -> None:
    status, body = await client(path, method=method)
    assert (status, body["code"]) == (401, "no_auth_header")


@pytest.mark.parametrize("operation", ["invoices.list", "keys.mint", "webhooks.list"])
async def test_operations_not_served_yet_say_so(client: Client, operation: str) -> None:
    status, body = await client(operation)
    assert (status, body["code"], body["env"]) == (501, "not_emulated", "sandbox")
    assert operation in body["message"]


def test_every_operation_is_served_or_known_not_to_be() -> None:
    assert not NOT_SERVED & SERVED.keys()
    assert len(NOT_SERVED | SERVED.keys()) == 94


async def test_the_root_says_what_it_is(client: Client) -> None:
    async with aiohttp.ClientSession() as session, session.get(client.url) as answer:
        assert (answer.status, answer.content_type) == (200, "text/plain")
        assert "emulator" in await answer.text()


async def test_track_is_queued_by_default_since_2_5(client: Client) -> None:
    await client.grant(10)
    newest = {"x-api-version": "2.5.0"}
    usage = {"customer_id": "alice", "feature_id": "m", "value": 3}
    queued = {"customer_id": "alice", "value": 3, "balance": None}
    assert await client("balances.track", usage, headers=newest) == (202, queued)
    _, checked = await client("balances.check", customer_id="alice", feature_id="m")
    assert checked["balance"]["remaining"] == 7
    status, tracked = await client("balances.track", {**usage, "async": False}, headers=newest)
    assert (status, tracked["balance"]["remaining"]) == (200, 4)


async def test_queued_usage_of_an_unknown_customer_goes_unnoticed(client: Client) -> None:
    await client.grant(10)
    usage = {"customer_id": "ghost", "feature_id": "m", "async": True}
    assert (await client("balances.track", usage))[0] == 202
    assert (await client("balances.track", {**usage, "feature_id": "ghost"}))[0] == 404


async def test_64_clients_end_at_the_exact_sum(client: Client) -> None:
    await client.grant(100_000)

    async def use() -> None:
        for _ in range(10):
            status, _ = await client("balances.track", customer_id="alice", feature_id="m")
            assert status == 200

    await asyncio.gather(*(use() for _ in range(64)))
    _, checked = await client("balances.check", customer_id="alice", feature_id="m")
    assert checked["balance"]["usage"] == 640


async def test_concurrent_checks_never_oversell(client: Client) -> None:
    await client.grant(10)
    wanted = {"customer_id": "alice", "feature_id": "m", "send_event": True}
    answers = await asyncio.gather(*(client("balances.check", wanted) for _ in range(50)))
    assert sum(body["allowed"] for _, body in answers) == 10


async def test_whole_numbers_are_integers_on_the_wire(client: Client) -> None:
    await client.grant(100.0)
    _, body = await client("balances.track", customer_id="alice", feature_id="m", value=20.0)
    assert repr(body["balance"]["remaining"]) == "80"
    assert repr(body["value"]) == "20"


@seeds(3)
async def test_nothing_that_comes_in_makes_it_fail(client: Client, seed: int) -> None:
    nonsense, choose = Nonsense(seed), random.Random(seed)
    for operation, body in SOUND:
        await client(operation, body)
    for _ in range(500):
        operation, data = nonsense.request()
        headers = {"x-api-version": choose.choice(("2.2.0", "2.3.0", "2.5.0", None))}
        if choose.random() < 0.05:
            headers[choose.choice(("x-api-version", "idempotency-key"))] = nonsense.header()
        status, _ = await client(operation, data=data, headers=headers)
        assert 200 <= status < 500 or status == 501
    assert (await client("features.list"))[0] == 200
