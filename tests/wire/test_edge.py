"""The edge: asked first where it can help, never where it could do harm."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from autumn_async import AsyncAutumn, AutumnTimeoutError, CustomerNotFoundError, ServerError
from autumn_async.settings import EDGE_TIMEOUT_MS
from tests.scripted_server import Action, Hang, Reply, Reset, ScriptedServer
from tests.wire.helpers import (
    BOTH,
    KEY,
    ONCE,
    SUBJECT,
    autumn_error,
    bad_gateway,
    client,
    refused_port,
    within,
)

FROM_EDGE = Reply(body={**BOTH, "customer_id": "from the edge"})
FROM_API = Reply(body={**BOTH, "customer_id": "from the API"})
FORWARDED = {"x-atom-forwarded": "1"}


@contextmanager
def edge_and_api(edge: Action, api: Action = FROM_API) -> Iterator[tuple[Any, Any]]:
    """An edge that does this, and the API behind it that does that."""
    with ScriptedServer([edge]) as at_edge, ScriptedServer([api]) as at_api:
        yield at_edge, at_api


def edgy(edge: ScriptedServer | str, api: ScriptedServer, **settings: Any) -> AsyncAutumn:
    """A client that asks the edge first."""
    url = edge if isinstance(edge, str) else edge.url
    return client(api, **{"edge_url": url, "use_edge": True, "retry_config": ONCE, **settings})


class TestFirst:
    async def test_check_is_answered_by_the_edge(self) -> None:
        with edge_and_api(FROM_EDGE) as (edge, api):
            async with edgy(edge, api) as autumn:
                answer = await autumn.check(**SUBJECT, send_event=False)
        assert answer.customer_id == "from the edge"
        assert api.requests == []
        (request,) = edge.requests
        assert request.path == "/v1/balances.check"
        assert request.headers["host"] == f"localhost:{edge.port}"
        assert request.headers["authorization"] == f"Bearer {KEY}"
        assert request.json == {**SUBJECT, "send_event": False}

    async def test_property_edge_switches_it_on(self) -> None:
        with edge_and_api(FROM_EDGE) as (edge, api):
            async with client(api, edge_url=edge.url) as autumn:
                assert (await autumn.check(**SUBJECT)).customer_id == "from the API"
                assert (await autumn.edge.check(**SUBJECT)).customer_id == "from the edge"
                assert (await autumn.check(**SUBJECT)).customer_id == "from the API"
                assert autumn.edge is autumn.edge

    async def test_without_an_edge_it_changes_nothing(self) -> None:
        with ScriptedServer([FROM_API]) as api:
            async with client(api, use_edge=True) as autumn:
                assert (await autumn.edge.check(**SUBJECT)).customer_id == "from the API"

    @pytest.mark.parametrize("answer", [autumn_error("customer_not_found", 404), Reply(404)])
    async def test_its_4xx_stands(self, answer: Action) -> None:
        with edge_and_api(answer) as (edge, api):
            async with edgy(edge, api) as autumn:
                with pytest.raises(Exception, match="404"):
                    await autumn.check(**SUBJECT)
        assert api.requests == []

    async def test_5xx_that_it_forwards_from_the_api_stands(self) -> None:
        reply = Reply(500, {"message": "Boom.", "code": "internal_error"}, FORWARDED)
        with edge_and_api(reply) as (edge, api):
            async with edgy(edge, api) as autumn:
                with pytest.raises(ServerError, match="Boom"):
                    await autumn.check(**SUBJECT)
        assert api.requests == []


class TestNever:
    @pytest.mark.parametrize(
        ("method", "arguments"),
        [
            ("check", {"send_event": True}),
            ("check", {"lock": {"lock_id": "l"}}),
            ("track", {}),
        ],
    )
    async def test_for_calls_that_change_something(self, method: str, arguments: Any) -> None:
        with edge_and_api(FROM_EDGE) as (edge, api):
            async with edgy(edge, api) as autumn:
                await getattr(autumn, method)(**SUBJECT, **arguments)
        assert edge.connections == 0
        assert len(api.requests) == 1

    async def test_for_other_reads(self) -> None:
        with edge_and_api(FROM_EDGE, Reply(body={"list": []})) as (edge, api):
            async with edgy(edge, api) as autumn:
                await autumn.plans.list()
        assert edge.connections == 0

    async def test_with_a_server_of_ones_own(self) -> None:
        with edge_and_api(FROM_EDGE) as (edge, api), ScriptedServer([FROM_API]) as other:
            async with edgy(edge, api) as autumn:
                await autumn.check(**SUBJECT, server_url=other.url)
        assert edge.connections == api.connections == 0
        assert len(other.requests) == 1


class TestFallback:
    @pytest.mark.parametrize(
        "edge",
        [Reply(500), bad_gateway(), Reply(503, headers={"retry-after": "1"}), Reset()],
        ids=["500", "502", "503", "reset"],
    )
    async def test_where_the_edge_fails(self, edge: Action) -> None:
        with edge_and_api(edge) as (at_edge, api):
            async with edgy(at_edge, api) as autumn:
                answer = await autumn.check(**SUBJECT)
        assert answer.customer_id == "from the API"
        assert (len(at_edge.requests), len(api.requests)) == (1, 1)
        assert api.requests[0].body == at_edge.requests[0].body

    async def test_where_the_edge_is_down(self) -> None:
        with ScriptedServer([FROM_API]) as api:
            async with edgy(f"http://localhost:{refused_port()}", api) as autumn:
                assert (await autumn.check(**SUBJECT)).customer_id == "from the API"

    async def test_where_the_edge_is_slow(self) -> None:
        assert EDGE_TIMEOUT_MS == 1_000
        with edge_and_api(Hang()) as (edge, api), within():
            async with edgy(edge, api, timeout_ms=60_000) as autumn:
                answer = await autumn.check(**SUBJECT)
        assert answer.customer_id == "from the API"
        assert len(edge.requests) == 1

    async def test_counts_as_one_attempt(self) -> None:
        with edge_and_api(Reset(), autumn_error("customer_not_found", 404)) as (edge, api):
            async with edgy(edge, api) as autumn:
                with pytest.raises(CustomerNotFoundError) as caught:
                    await autumn.check(**SUBJECT)
        assert caught.value.attempts == 1

    async def test_has_only_the_time_that_is_left(self) -> None:
        with edge_and_api(Reply(500, delay=0.1), Hang()) as (edge, api), within(5):
            async with edgy(edge, api, timeout_ms=300) as autumn:
                with pytest.raises(AutumnTimeoutError):
                    await autumn.check(**SUBJECT)
        assert len(api.requests) == 1

    async def test_without_time_left_there_is_none(self) -> None:
        with edge_and_api(Hang()) as (edge, api), within(5):
            async with edgy(edge, api, timeout_ms=150) as autumn:
                with pytest.raises(AutumnTimeoutError):
                    await autumn.check(**SUBJECT)
        assert api.requests == []

    async def test_that_fails_too_is_repeated_from_the_edge_on(self) -> None:
        with edge_and_api(Reply(500), Reply(500)) as (edge, api):
            async with client(api, edge_url=edge.url, use_edge=True, fail_open=True) as autumn:
                answer = await autumn.check(**SUBJECT, deadline_ms=150)
        assert answer.failed_open
        assert len(edge.requests) >= len(api.requests) > 1
