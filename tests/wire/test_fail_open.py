"""Letting calls pass while Autumn can't be reached: when, with which answer, and how it is told."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import msgspec
import pytest

from autumn_async import (
    AsyncAutumn,
    Autumn,
    AutumnConnectionError,
    AutumnError,
    AutumnTimeoutError,
    ResponseValidationError,
    ServerError,
)
from autumn_async.models import (
    CheckResponse,
    FailedOpenCheckResponse,
    FailedOpenTrackResponse,
    TrackResponse,
)
from tests.scripted_server import Action, Hang, Reply, Reset, ScriptedServer
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
    refused_port,
    silent_listener,
    within,
)

TRIGGERS: dict[str, Action] = {
    "500 of Autumn's": autumn_error("internal_error", 500),
    "500 text": Reply(500, b"oops"),
    "501": Reply(501, b""),
    "502 HTML": bad_gateway(),
    "503 with Retry-After": Reply(503, b"", {"retry-after": "60"}),
    "520 of a CDN": Reply(520, b""),
    "lost connection": Reset(),
    "answer cut off": Reply(body=BOTH, cut_after=60),
    "timeout": Hang(),
}
NO_TRIGGERS: dict[str, tuple[Action, type[AutumnError]]] = {
    str(status): (Reply(status, {"message": "No.", "code": "invalid_request"}), AutumnError)
    for status in (302, 400, 401, 402, 403, 404, 409, 418, 422, 423, 429)
} | {
    "429 text": (Reply(429, b"Too many requests", {"retry-after": "60"}), AutumnError),
    "2xx without JSON": (Reply(200, b"<html>"), ResponseValidationError),
}


def open_client(server: ScriptedServer | str, **settings: Any) -> AsyncAutumn:
    """A client that fails open, as every client does by default, and quickly."""
    return client(
        server, **{"fail_open": None, "retry_config": ONCE, "timeout_ms": 150, **settings}
    )


class TestTriggers:
    @pytest.mark.parametrize("trigger", TRIGGERS.values(), ids=TRIGGERS)
    async def test_check_is_allowed_and_says_why(self, trigger: Action) -> None:
        with ScriptedServer([trigger]) as server:
            async with open_client(server) as autumn:
                answer = await autumn.check(**SUBJECT)
        assert answer.failed_open is True
        assert answer.allowed is True
        assert (answer.customer_id, answer.balance, answer.flag) == ("", None, None)

    @pytest.mark.parametrize("trigger", TRIGGERS.values(), ids=TRIGGERS)
    async def test_track_answers_and_says_why(self, trigger: Action) -> None:
        with ScriptedServer([trigger]) as server:
            async with open_client(server) as autumn:
                answer = await autumn.track(**SUBJECT, value=5)
        assert answer.failed_open is True
        assert (answer.customer_id, answer.value, answer.balance) == ("", 0, None)

    async def test_refused_connection(self) -> None:
        async with open_client(f"http://localhost:{refused_port()}") as autumn:
            assert (await autumn.check(**SUBJECT)).failed_open
            assert (await autumn.track(**SUBJECT)).failed_open

    async def test_connection_that_is_never_made(self) -> None:
        with silent_listener() as port:
            async with open_client(f"https://127.0.0.1:{port}") as autumn:
                assert (await autumn.check(**SUBJECT)).failed_open

    async def test_deadline_between_attempts(self) -> None:
        with ScriptedServer([Reply(503)]) as server, within(5):
            async with open_client(server, retry_config=QUICK, deadline_ms=200) as autumn:
                assert (await autumn.check(**SUBJECT)).failed_open
        assert len(server.requests) > 1

    async def test_only_after_the_retries(self) -> None:
        with ScriptedServer([Reply(503), Reset(), OK]) as server:
            async with open_client(server, retry_config=QUICK, timeout_ms=5_000) as autumn:
                assert not (await autumn.check(**SUBJECT)).failed_open
        assert len(server.requests) == 3

    @pytest.mark.parametrize("case", NO_TRIGGERS.values(), ids=NO_TRIGGERS)
    async def test_what_autumn_answers_is_raised(
        self, case: tuple[Action, type[AutumnError]]
    ) -> None:
        action, kind = case
        with ScriptedServer([action]) as server:
            async with open_client(server) as autumn:
                with pytest.raises(kind):
                    await autumn.check(**SUBJECT)
                with pytest.raises(kind):
                    await autumn.track(**SUBJECT)

    @pytest.mark.parametrize("trigger", [Reply(500), Reset()])
    async def test_other_operations_always_raise(self, trigger: Action) -> None:
        with ScriptedServer([trigger]) as server:
            async with open_client(server, fail_open=True) as autumn:
                for call in (
                    autumn.customers.get_or_create(customer_id="cus_1"),
                    autumn.plans.list(),
                    autumn.batch_track([SUBJECT]),  # type: ignore[list-item]
                ):
                    with pytest.raises((ServerError, AutumnConnectionError)):
                        await call

    async def test_server_that_fails_open_itself_is_an_ordinary_answer(self) -> None:
        with ScriptedServer([Reply(202, ALLOWED)]) as server:
            async with open_client(server) as autumn:
                assert not (await autumn.check(**SUBJECT)).failed_open

    async def test_200_calls_in_an_outage(self) -> None:
        async with open_client(f"http://localhost:{refused_port()}") as autumn:
            answers = await asyncio.gather(*(autumn.check(**SUBJECT) for _ in range(200)))
        assert all(answer.failed_open and answer.allowed for answer in answers)

    def test_sync_client(self) -> None:
        url = f"http://localhost:{refused_port()}"
        with Autumn(KEY, server_url=url, retry_config=ONCE) as autumn:
            assert autumn.check(**SUBJECT).failed_open
            assert autumn.track(**SUBJECT).failed_open
            with pytest.raises(AutumnConnectionError):
                autumn.check(**SUBJECT, fail_open=False)


class TestAnswers:
    def test_true_only_there(self) -> None:
        assert CheckResponse(allowed=True, customer_id="").failed_open is False
        assert TrackResponse(customer_id="", value=0).failed_open is False
        assert FailedOpenCheckResponse(allowed=True, customer_id="").failed_open is True
        assert FailedOpenTrackResponse(customer_id="", value=0).failed_open is True

    @pytest.mark.parametrize("method", ["check", "track"])
    async def test_failed_open_is_no_field(self, method: str) -> None:
        async with open_client(f"http://localhost:{refused_port()}") as autumn:
            answer = await getattr(autumn, method)(**SUBJECT)
        assert "failed_open" not in answer.__struct_fields__
        assert "failed_open" not in msgspec.to_builtins(answer)
        assert b"failed_open" not in msgspec.json.encode(answer)
        with pytest.raises(AttributeError):
            answer.failed_open = False

    async def test_server_cannot_set_it(self) -> None:
        with ScriptedServer([Reply(body={**ALLOWED, "failed_open": True})]) as server:
            async with open_client(server) as autumn:
                assert (await autumn.check(**SUBJECT)).failed_open is False


class TestSwitches:
    @pytest.mark.parametrize(
        ("fail_open", "check_opens", "track_opens"),
        [
            (None, True, True),
            (True, True, True),
            (False, False, False),
            ({"check"}, True, False),
            (["track"], False, True),
            ("check", True, False),
            (frozenset({"check", "track"}), True, True),
            ((), False, False),
        ],
    )
    @pytest.mark.parametrize("where", ["client", "with_options", "call"])
    async def test_all_some_or_none(
        self, fail_open: Any, check_opens: bool, track_opens: bool, where: str
    ) -> None:
        with ScriptedServer([Reply(500)]) as server:
            async with open_client(
                server, fail_open=fail_open if where == "client" else None
            ) as autumn:
                if where == "with_options":
                    autumn = autumn.with_options(fail_open=fail_open)
                options = {"fail_open": fail_open} if where == "call" else {}
                for method, opens in (("check", check_opens), ("track", track_opens)):
                    call = getattr(autumn, method)(**SUBJECT, **options)
                    if opens:
                        assert (await call).failed_open
                    else:
                        with pytest.raises(ServerError):
                            await call

    async def test_of_one_call_win(self) -> None:
        with ScriptedServer([Reply(500)]) as server:
            async with open_client(server, fail_open=False) as autumn:
                assert (await autumn.check(**SUBJECT, fail_open=True)).failed_open
                with pytest.raises(ServerError):
                    await autumn.check(**SUBJECT)

    async def test_off_raises_what_happened(self) -> None:
        with ScriptedServer([Hang()]) as server:
            async with open_client(server, fail_open=False) as autumn:
                with pytest.raises(AutumnTimeoutError):
                    await autumn.check(**SUBJECT)


class TestLogging:
    CALLS: Any = (
        pytest.param("check", {}, logging.WARNING, id="check"),
        pytest.param("check", {"send_event": True}, logging.ERROR, id="check with send_event"),
        pytest.param("check", {"lock": {"lock_id": "l"}}, logging.ERROR, id="check with lock"),
        pytest.param("track", {}, logging.ERROR, id="track"),
    )

    @pytest.mark.parametrize(("method", "arguments", "level"), CALLS)
    async def test_level(
        self, method: str, arguments: Any, level: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        with ScriptedServer([autumn_error("internal_error", 500, "Boom.")]) as server:
            async with open_client(server) as autumn:
                await getattr(autumn, method)(**SUBJECT, **arguments)
        (record,) = caplog.records
        assert (record.name, record.levelno) == ("autumn_async", level)
        text = record.getMessage()
        assert f"{method} failed open" in text
        assert "500 internal_error: Boom." in text
        assert KEY not in text
        points_at_the_durable_way = "fail_open=False and an idempotency_key" in text
        assert points_at_the_durable_way == (level == logging.ERROR)

    async def test_nothing_to_say_about_an_ordinary_answer(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        with ScriptedServer([OK]) as server:
            async with open_client(server) as autumn:
                await autumn.check(**SUBJECT)
                await autumn.track(**SUBJECT)
        assert caplog.records == []

    async def test_bodies_that_are_not_autumns_stay_out(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        with ScriptedServer([bad_gateway()]) as server:
            async with open_client(server) as autumn:
                await autumn.track(**SUBJECT)
        assert "502" in caplog.text
        assert "<html>" not in caplog.text
        assert "Bad Gateway" not in caplog.text
