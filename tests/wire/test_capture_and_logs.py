"""Looking behind an answer: `capture()`, and what is logged."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from autumn_async import (
    Autumn,
    AutumnConnectionError,
    CustomerNotFoundError,
    Response,
    ResponseValidationError,
    ServerError,
    capture,
)
from tests.scripted_server import Action, Recorded, Reply, Reset, ScriptedServer
from tests.wire.helpers import (
    ALLOWED,
    BOTH,
    KEY,
    OK,
    ONCE,
    QUICK,
    SUBJECT,
    autumn_error,
    bad_gateway,
    client,
)


def named(number: int) -> dict[str, Any]:
    """The arguments of a check of one customer among many."""
    return {"customer_id": f"c{number}", "feature_id": "messages"}


def echo(request: Recorded) -> Action:
    """Answers with the customer of the request, in the body and in a header."""
    customer = request.json["customer_id"]
    return Reply(body={**ALLOWED, "customer_id": customer}, headers={"x-customer": customer})


class TestCapture:
    async def test_gives_status_headers_body_and_attempts(self) -> None:
        answer = Reply(202, ALLOWED, {"X-Region": "eu-1"})
        with ScriptedServer([Reset(), answer]) as server:
            async with client(server) as autumn:
                with capture() as answers:
                    await autumn.check(**SUBJECT)
        (captured,) = answers
        assert isinstance(captured, Response)
        assert (captured.status_code, captured.attempts) == (202, 2)
        assert captured.headers["x-region"] == captured.headers["X-REGION"] == "eu-1"
        assert captured.json() == ALLOWED
        assert captured.text.startswith("{")

    async def test_in_the_order_in_which_calls_end(self) -> None:
        with ScriptedServer(echo) as server:
            async with client(server) as autumn:
                with capture() as answers:
                    for number in range(3):
                        await autumn.check(**named(number))
        assert [answer.headers["x-customer"] for answer in answers] == ["c0", "c1", "c2"]

    async def test_only_what_is_inside(self) -> None:
        with ScriptedServer([OK]) as server:
            async with client(server) as autumn:
                await autumn.check(**SUBJECT)
                with capture() as answers:
                    assert answers == []
                await autumn.check(**SUBJECT)
        assert answers == []

    async def test_inner_one_takes_precedence(self) -> None:
        with ScriptedServer(echo) as server:
            async with client(server) as autumn:
                with capture() as outer:
                    await autumn.check(**named(1))
                    with capture() as inner:
                        await autumn.check(**named(2))
                    await autumn.check(**named(3))
        assert [answer.headers["x-customer"] for answer in outer] == ["c1", "c3"]
        assert [answer.headers["x-customer"] for answer in inner] == ["c2"]

    async def test_of_tasks_started_inside(self) -> None:
        with ScriptedServer(echo) as server:
            async with client(server) as autumn:
                with capture() as answers:
                    await asyncio.gather(*(autumn.check(**named(n)) for n in range(20)))
        seen = sorted(answer.headers["x-customer"] for answer in answers)
        assert seen == sorted(f"c{n}" for n in range(20))

    async def test_of_concurrent_tasks_stay_apart(self) -> None:
        with ScriptedServer(echo) as server:
            async with client(server) as autumn:

                async def one(number: int) -> list[str]:
                    with capture() as answers:
                        await autumn.check(**named(number))
                        await autumn.check(**named(number))
                    return [answer.headers["x-customer"] for answer in answers]

                seen = await asyncio.gather(*(one(number) for number in range(10)))
        assert seen == [[f"c{n}", f"c{n}"] for n in range(10)]

    async def test_errors_included(self) -> None:
        replies = [autumn_error("customer_not_found", 404), Reply(200, b"<html>"), Reset()]
        with ScriptedServer([*replies]) as server:
            async with client(server, retry_config=ONCE) as autumn:
                with capture() as answers:
                    with pytest.raises(CustomerNotFoundError) as caught:
                        await autumn.check(**SUBJECT)
                    with pytest.raises(ResponseValidationError):
                        await autumn.check(**SUBJECT)
                    with pytest.raises(AutumnConnectionError):
                        await autumn.check(**SUBJECT)
        assert [answer.status_code for answer in answers] == [404, 200]
        assert answers[0] == caught.value.raw_response

    async def test_errors_that_were_let_pass_included(self) -> None:
        with ScriptedServer([Reply(503)]) as server:
            async with client(server, retry_config=ONCE, fail_open=True) as autumn:
                with capture() as answers:
                    assert (await autumn.check(**SUBJECT)).failed_open
        assert [answer.status_code for answer in answers] == [503]

    async def test_pages_each(self) -> None:
        pages = [
            Reply(body={"list": [], "next_cursor": "n"}),
            Reply(body={"list": [], "next_cursor": None}),
        ]
        with ScriptedServer([*pages]) as server:
            async with client(server) as autumn:
                with capture() as answers:
                    async for _ in autumn.customers.list():
                        pass
        assert len(answers) == 2

    def test_sync_client(self) -> None:
        with ScriptedServer(echo) as server, Autumn(KEY, server_url=server.url) as autumn:

            def one(number: int) -> list[str]:
                with capture() as answers:
                    autumn.check(**named(number))
                return [answer.headers["x-customer"] for answer in answers]

            assert one(7) == ["c7"]
            with ThreadPoolExecutor(8) as threads:
                assert list(threads.map(one, range(20))) == [[f"c{n}"] for n in range(20)]

    async def test_block_left_by_an_exception(self) -> None:
        with ScriptedServer([OK]) as server:
            async with client(server) as autumn:
                with pytest.raises(ZeroDivisionError), capture() as answers:
                    raise ZeroDivisionError
                await autumn.check(**SUBJECT)
        assert answers == []


class OnlyDebug:
    """The least logger: what programs for autumn-sdk pass."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def debug(self, message: str, *values: Any) -> None:
        self.lines.append(message % values)


class TestLogs:
    async def test_requests_and_answers_at_debug(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG, "autumn_async")
        with ScriptedServer([Reply(body=ALLOWED)]) as server:
            async with client(server) as autumn:
                await autumn.check(**SUBJECT)
            url = f"{server.url}/v1/balances.check"
        request, answer = [record.getMessage() for record in caplog.records]
        assert {record.levelno for record in caplog.records} == {logging.DEBUG}
        assert {record.name for record in caplog.records} == {"autumn_async"}
        assert request.startswith(f"check attempt 1: POST {url}")
        assert '{"customer_id":"cus_1","feature_id":"messages"}' in request
        assert "'x-api-version': '2.3.0'" in request
        assert answer.startswith("check answered 200 after ")
        assert '"allowed": true' in answer

    async def test_retries_with_the_reason_at_info(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO, "autumn_async")
        replies = [autumn_error("internal_error", 500, "Boom."), Reset(), bad_gateway(), OK]
        with ScriptedServer([*replies]) as server:
            async with client(server) as autumn:
                await autumn.check(**SUBJECT)
        first, second, third = [record.getMessage() for record in caplog.records]
        assert all(record.levelno == logging.INFO for record in caplog.records)
        assert first.startswith("check: again in ")
        assert "500 internal_error: Boom." in first
        assert "the connection to localhost:" in second
        assert "502" in third

    async def test_bodies_only_at_debug(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO, "autumn_async")
        body = {"customer_id": "private-customer", "feature_id": "private-feature"}
        replies = [bad_gateway(), Reply(500, b"private-answer")]
        with ScriptedServer([*replies, *replies]) as server:
            async with client(server, fail_open=True) as autumn:
                await autumn.check(**body, deadline_ms=200)
                await autumn.track(**body)
        assert len(caplog.records) >= 3
        assert "private" not in caplog.text
        assert "Bad Gateway" not in caplog.text

    @pytest.mark.parametrize("secret_key", [KEY, lambda: KEY])
    async def test_keys_never(self, secret_key: Any, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        secrets = {"Cookie": "sid=private", "X-Api-Key": "private", "X-Auth-Token": "private"}
        replies = [Reset(), Reply(500), autumn_error("invalid_secret_key", 401), Reply(503)]
        with ScriptedServer([*replies]) as server:
            async with client(server, secret_key=secret_key, fail_open=True) as autumn:
                with pytest.raises(Exception, match="401"):
                    await autumn.check(**SUBJECT, http_headers=secrets)
                await autumn.track(**SUBJECT, http_headers=secrets, retries=ONCE)
        ours = [record for record in caplog.records if record.name == "autumn_async"]
        text = "\n".join(f"{record.getMessage()} {record.args}" for record in ours)
        assert len(ours) >= 8
        assert KEY not in text
        assert "private" not in text
        assert "uthorization" not in text
        assert "Bearer" not in text

    async def test_nothing_below_the_level(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.WARNING, "autumn_async")
        with ScriptedServer([Reset(), OK]) as server:
            async with client(server) as autumn:
                await autumn.check(**SUBJECT)
        assert caplog.records == []

    async def test_logger_with_only_debug_gets_everything(self) -> None:
        logger = OnlyDebug()
        with ScriptedServer([Reset(), OK, Reply(500)]) as server:
            async with client(server, debug_logger=logger, fail_open=True) as autumn:
                await autumn.check(**SUBJECT)
                await autumn.track(**SUBJECT)
        text = "\n".join(logger.lines)
        for part in ("check attempt 1", "check: again in", "attempt 2", "answered 200"):
            assert part in text
        assert "track failed open" in text
        assert KEY not in text

    async def test_logger_of_ones_own_instead_of_the_packages(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        mine = logging.getLogger("mine.billing")
        with ScriptedServer([OK]) as server:
            async with client(server, debug_logger=mine) as autumn:
                await autumn.check(**SUBJECT)
                theirs = autumn.with_options(debug_logger=logging.getLogger("mine.other"))
                await theirs.check(**SUBJECT)
        names = [record.name for record in caplog.records if record.name != "asyncio"]
        assert names == ["mine.billing"] * 2 + ["mine.other"] * 2

    def test_sync_client(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG, "autumn_async")
        with (
            ScriptedServer([Reply(503), Reply(body=BOTH)]) as server,
            Autumn(KEY, server_url=server.url, retry_config=QUICK) as autumn,
        ):
            autumn.check(**SUBJECT)
        assert "check: again in" in caplog.text
        assert KEY not in caplog.text

    async def test_error_of_a_call_is_not_logged_as_well_as_raised(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        with ScriptedServer([Reply(500)]) as server:
            async with client(server, retry_config=ONCE) as autumn:
                with pytest.raises(ServerError):
                    await autumn.check(**SUBJECT)
        assert caplog.records == []
