"""What a client is told, by arguments and by the environment, and what it makes of it."""

from __future__ import annotations

import asyncio
import logging
import platform
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

import autumn_async
import autumn_async.settings
from autumn_async import (
    AsyncAutumn,
    Autumn,
    AutumnTimeoutError,
    BackoffStrategy,
    BadRequestError,
    RetryConfig,
)
from autumn_async.settings import API_VERSION, HOT, SERVERS, Limits, SecretKey, checked_url
from tests.scripted_server import Hang, Recorded, Reply, ScriptedServer
from tests.wire.helpers import KEY, OK, ONCE, QUICK, SUBJECT, autumn_error, client, within


async def sent_with(autumn: AsyncAutumn, server: ScriptedServer) -> Recorded:
    """The request that a check of this client becomes."""
    async with autumn:
        await autumn.check(**SUBJECT)
    return server.requests[-1]


class TestSecretKey:
    @pytest.mark.parametrize(
        "given",
        [
            KEY,
            f"Bearer {KEY}",
            f"bearer {KEY}",
            f"  {KEY} ",
            f"{KEY}\n",
            f" Bearer   {KEY}\r\n",
            lambda: KEY,
            lambda: f"Bearer {KEY}\n",
        ],
    )
    async def test_goes_out_as_a_bearer_token(self, given: SecretKey) -> None:
        with ScriptedServer([OK]) as server:
            request = await sent_with(client(server, secret_key=given), server)
        assert request.headers["authorization"] == f"Bearer {KEY}"

    async def test_is_the_first_positional_argument_or_a_keyword(self) -> None:
        with ScriptedServer([OK]) as server:
            for autumn in (
                AsyncAutumn(KEY, server_url=server.url),
                AsyncAutumn(secret_key=KEY, server_url=server.url),
            ):
                request = await sent_with(autumn, server)
                assert request.headers["authorization"] == f"Bearer {KEY}"

    async def test_comes_from_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AUTUMN_SECRET_KEY", KEY)
        with ScriptedServer([OK]) as server:
            request = await sent_with(AsyncAutumn(server_url=server.url), server)
        assert request.headers["authorization"] == f"Bearer {KEY}"

    async def test_given_wins_over_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AUTUMN_SECRET_KEY", "am_sk_test_other")
        with ScriptedServer([OK]) as server:
            request = await sent_with(client(server), server)
        assert request.headers["authorization"] == f"Bearer {KEY}"

    @pytest.mark.parametrize("value", [None, ""])
    @pytest.mark.parametrize("kind", [AsyncAutumn, Autumn])
    def test_missing_says_both_ways(
        self, kind: Callable[[], Any], value: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if value is not None:
            monkeypatch.setenv("AUTUMN_SECRET_KEY", value)
        with pytest.raises(ValueError, match=r"secret_key=.*AUTUMN_SECRET_KEY"):
            kind()

    @pytest.mark.parametrize("bad", ["", "  ", "\n", "Bearer", "Bearer  "])
    def test_empty_is_refused(self, bad: str) -> None:
        with pytest.raises(ValueError, match="secret_key is empty"):
            AsyncAutumn(bad)

    @pytest.mark.parametrize("bad", [f"{KEY}\nx", f"{KEY}\r\nX-Evil: 1", f"{KEY} b", f"{KEY}é"])
    def test_what_a_header_cannot_carry_is_refused_without_showing_it(self, bad: str) -> None:
        with pytest.raises(ValueError, match="secret_key has characters") as caught:
            AsyncAutumn(bad)
        assert KEY not in str(caught.value)

    @pytest.mark.parametrize("bad", [5, KEY.encode(), [KEY], True])
    def test_another_type_is_refused_at_once(self, bad: Any) -> None:
        with pytest.raises(TypeError, match="secret_key must be"):
            AsyncAutumn(bad)

    async def test_function_is_called_in_the_callers_thread_once_for_each_call(self) -> None:
        threads: list[int] = []

        def key() -> str:
            threads.append(threading.get_ident())
            return KEY

        replies = [Reply(503, headers={"retry-after": "0"}), OK]
        with ScriptedServer(replies) as server:
            await sent_with(client(server, secret_key=key), server)
        assert len(server.requests) == 2
        assert threads == [threading.get_ident()]

    def test_function_of_the_sync_client_is_called_in_the_callers_thread(self) -> None:
        threads: list[int] = []

        def key() -> str:
            threads.append(threading.get_ident())
            return KEY

        with ScriptedServer([OK]) as server, Autumn(key, server_url=server.url) as autumn:
            autumn.check(**SUBJECT)
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
        assert threads == [threading.get_ident()]

    async def test_coroutine_function_is_awaited(self) -> None:
        asked: list[str] = []

        async def key() -> str:
            asked.append("key")
            return KEY

        with ScriptedServer([OK]) as server:
            request = await sent_with(client(server, secret_key=key), server)
        assert request.headers["authorization"] == f"Bearer {KEY}"
        assert asked == ["key"]

    def test_coroutine_function_serves_the_sync_client(self) -> None:
        async def key() -> str:
            return KEY

        with ScriptedServer([OK]) as server, Autumn(key, server_url=server.url) as autumn:
            autumn.check(**SUBJECT)
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"

    async def test_function_may_give_another_key_each_time(self) -> None:
        keys = iter(["am_sk_test_1", "am_sk_test_2"])
        with ScriptedServer([OK]) as server:
            async with client(server, secret_key=lambda: next(keys)) as autumn:
                await autumn.check(**SUBJECT)
                await autumn.check(**SUBJECT)
        sent = [request.headers["authorization"] for request in server.requests]
        assert sent == ["Bearer am_sk_test_1", "Bearer am_sk_test_2"]

    @pytest.mark.parametrize(
        ("given", "error"), [(None, TypeError), (b"x", TypeError), ("", ValueError)]
    )
    async def test_function_that_gives_no_key(self, given: Any, error: type[Exception]) -> None:
        with ScriptedServer([OK]) as server:
            async with client(server, secret_key=lambda: given) as autumn:
                with pytest.raises(error, match="secret_key"):
                    await autumn.check(**SUBJECT)
        assert server.requests == []

    async def test_what_the_function_raises_comes_out_as_it_is(self) -> None:
        class VaultError(Exception):
            pass

        def key() -> str:
            raise VaultError("sealed")

        with ScriptedServer([OK]) as server:
            async with client(server, secret_key=key, fail_open=True) as autumn:
                with pytest.raises(VaultError, match="sealed"):
                    await autumn.check(**SUBJECT)

    async def test_coroutine_function_has_until_the_deadline(self) -> None:
        async def never() -> str:
            await asyncio.sleep(3600)
            return KEY

        with ScriptedServer([OK]) as server, within():
            async with client(server, secret_key=never, deadline_ms=100) as autumn:
                with pytest.raises(AutumnTimeoutError, match="secret_key took longer") as caught:
                    await autumn.check(**SUBJECT)
                assert (await autumn.check(**SUBJECT, fail_open=True)).failed_open
        assert (caught.value.outcome, caught.value.attempts) == ("not sent", 0)
        assert server.requests == []

    async def test_timeout_of_its_own_is_not_taken_for_the_deadline(self) -> None:
        async def impatient() -> str:
            raise TimeoutError("the vault is slow")

        async with client("http://localhost", secret_key=impatient) as autumn:
            with pytest.raises(TimeoutError, match="the vault is slow"):
                await autumn.check(**SUBJECT)

    async def test_function_that_blocks_past_the_deadline_does_not_void_it(self) -> None:
        def slow() -> str:
            time.sleep(0.15)
            return KEY

        with ScriptedServer([Hang()]) as server, within():
            async with client(server, secret_key=slow, deadline_ms=100) as autumn:
                with pytest.raises(AutumnTimeoutError, match="nothing was sent within 100 ms"):
                    await autumn.check(**SUBJECT)
        assert server.requests == []


class TestHeaders:
    async def test_of_every_request(self) -> None:
        with ScriptedServer([OK]) as server:
            headers = (await sent_with(client(server), server)).headers
        assert headers["x-api-version"] == API_VERSION == "2.3.0"
        assert headers["accept"] == "application/json"
        assert headers["content-type"] == "application/json"
        assert headers["user-agent"] == (
            f"autumn-async/{autumn_async.__version__} python/{platform.python_version()} "
            f"aiohttp/{aiohttp.__version__}"
        )

    async def test_version_by_argument_and_by_environment(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with ScriptedServer([OK]) as server:
            request = await sent_with(client(server, x_api_version="2.5.0"), server)
            assert request.headers["x-api-version"] == "2.5.0"
            monkeypatch.setenv("AUTUMN_X_API_VERSION", "2.2.0")
            request = await sent_with(client(server), server)
            assert request.headers["x-api-version"] == "2.2.0"

    async def test_version_that_the_server_refuses_names_what_to_set(self) -> None:
        refusal = autumn_error("invalid_api_version", 400, '"9" is not a valid API version')
        with ScriptedServer([refusal]) as server:
            async with client(server, x_api_version="9") as autumn:
                with pytest.raises(BadRequestError) as caught:
                    await autumn.check(**SUBJECT)
        assert "x_api_version" in str(caught.value)
        assert "AUTUMN_X_API_VERSION" in str(caught.value)

    async def test_of_one_call_win_over_all_others(self) -> None:
        added = {"X-Region": "eu", "x-api-version": "2.2.0", "Authorization": "Bearer other"}
        with ScriptedServer([OK]) as server:
            async with client(server) as autumn:
                await autumn.check(**SUBJECT, http_headers=added)
                await autumn.check(**SUBJECT)
        first, second = (request.headers for request in server.requests)
        assert (first["x-region"], first["x-api-version"]) == ("eu", "2.2.0")
        assert first["authorization"] == "Bearer other"
        assert "x-region" not in second
        assert (second["x-api-version"], second["authorization"]) == ("2.3.0", f"Bearer {KEY}")


class TestServer:
    def test_default(self) -> None:
        assert "https://api.useautumn.com" in repr(AsyncAutumn(KEY))
        assert repr(AsyncAutumn(KEY, server_idx=0)) == repr(AsyncAutumn(KEY))
        assert SERVERS[0] == "https://api.useautumn.com"

    async def test_by_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with ScriptedServer([OK]) as server:
            monkeypatch.setenv("AUTUMN_BASE_URL", server.url)
            await sent_with(AsyncAutumn(KEY), server)

    async def test_may_have_a_path_and_a_slash_at_its_end(self) -> None:
        with ScriptedServer([OK]) as server:
            request = await sent_with(client(f"{server.url}/autumn/"), server)
        assert request.path == "/autumn/v1/balances.check"

    async def test_names_are_filled_from_url_params(self) -> None:
        with ScriptedServer([OK]) as server:
            url = server.url.replace("localhost", "{host}") + "/{tenant}"
            params = {"host": "localhost", "tenant": "t1", "unused": "x"}
            request = await sent_with(client(url, url_params=params), server)
        assert request.path == "/t1/v1/balances.check"

    def test_name_without_a_value(self) -> None:
        with pytest.raises(ValueError, match=r"server_url has \{tenant\}.*url_params"):
            AsyncAutumn(KEY, server_url="https://x.test/{tenant}", url_params={"tenat": "1"})

    @pytest.mark.parametrize("bad", [1, -1, "0"])
    def test_index_out_of_range(self, bad: Any) -> None:
        with pytest.raises(ValueError, match="server_idx must be 0 to 0"):
            AsyncAutumn(KEY, server_idx=bad)

    @pytest.mark.parametrize(
        "bad",
        [
            "localhost:4010",
            "api.useautumn.com",
            "ftp://x.test",
            "https://",
            "",
            "http://[::1",
            "http://localhost:99999",
            "http://localhost:port",
            "http://a..b",
            f"http://{'a' * 70}.test",
            "https://x.test?a=b",
            "https://x.test?",
            "https://x.test#",
            "https://x.test#a",
            "https://x .test",
            "https://user:password@x.test",
        ],
    )
    def test_that_requests_cannot_go_to(self, bad: str, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, make in (
            ("server_url", lambda: AsyncAutumn(KEY, server_url=bad)),
            ("server_url", lambda: AsyncAutumn(KEY).with_options(server_url=bad)),
            ("edge_url", lambda: AsyncAutumn(KEY, edge_url=bad)),
        ):
            with pytest.raises(ValueError, match=f"^{name} ") as caught:
                make()
            assert "password" not in str(caught.value) or "user name" in str(caught.value)
        if bad:
            monkeypatch.setenv("AUTUMN_BASE_URL", bad)
            with pytest.raises(ValueError, match=r"^AUTUMN_BASE_URL "):
                AsyncAutumn(KEY)

    @given(st.text("ab.-:/@?#[]%{}\\ éİ\x00\t19", max_size=12))
    def test_that_is_accepted_is_one_that_requests_can_go_to(self, rest: str) -> None:
        try:
            accepted = checked_url("server_url", f"http://{rest}")
        except ValueError:
            return
        url = URL(f"{accepted}/v1/x")
        assert url.host
        assert url.path.endswith("/v1/x")

    async def test_of_one_call(self) -> None:
        with ScriptedServer([OK]) as server, ScriptedServer([OK]) as other:
            async with client(server) as autumn:
                await autumn.check(**SUBJECT, server_url=f"{other.url}/v0/")
                with pytest.raises(ValueError, match="server_url 'localhost'"):
                    await autumn.check(**SUBJECT, server_url="localhost")
        assert server.requests == []
        assert [request.path for request in other.requests] == ["/v0/v1/balances.check"]


class TestFlags:
    @pytest.fixture
    def _level(self) -> Iterator[None]:
        """Puts the level back by the method, which also clears what loggers remember of it."""
        logger = logging.getLogger("autumn_async")
        level = logger.level
        yield
        logger.setLevel(level)

    @pytest.mark.parametrize("variable", ["AUTUMN_FAIL_OPEN", "AUTUMN_DEBUG"])
    @pytest.mark.parametrize("value", ["", "yes", "off", "2", "none", " true"])
    def test_anything_but_true_false_1_0_is_an_error(
        self, variable: str, value: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(variable, value)
        with pytest.raises(ValueError, match=f"{variable} must be true, false, 1 or 0"):
            AsyncAutumn(KEY)

    @pytest.mark.parametrize(
        ("value", "opens"),
        [("true", True), ("1", True), ("TRUE", True), ("false", False), ("0", False)],
    )
    async def test_fail_open_by_environment(
        self, value: str, opens: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AUTUMN_FAIL_OPEN", value)
        with ScriptedServer([Reply(500)]) as server:
            async with client(server, fail_open=None, retry_config=ONCE) as autumn:
                if opens:
                    assert (await autumn.check(**SUBJECT)).failed_open
                else:
                    with pytest.raises(autumn_async.ServerError):
                        await autumn.check(**SUBJECT)

    @pytest.mark.usefixtures("_level")
    @pytest.mark.parametrize("root_has_handlers", [True, False])
    async def test_debug_writes_everything(
        self,
        root_has_handlers: bool,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        logger, root = logging.getLogger("autumn_async"), logging.getLogger()
        monkeypatch.setattr(logger, "handlers", [])
        monkeypatch.setattr(root, "handlers", [])
        if root_has_handlers:
            root.addHandler(logging.StreamHandler())
        monkeypatch.setenv("AUTUMN_DEBUG", "1")
        with ScriptedServer([OK]) as server:
            async with client(server) as autumn:
                await autumn.check(**SUBJECT)
            async with client(server) as autumn:
                await autumn.check(**SUBJECT)
        written = capsys.readouterr().err
        assert written.count("attempt 1: POST") == 2, "each request once, not once per handler"
        assert written.count("answered 200") == 2
        assert KEY not in written


BAD_SETTINGS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"x_api_version": 2.3}, TypeError, "x_api_version must be a str"),
    ({"x_api_version": "2.3.0\n"}, ValueError, "x_api_version"),
    ({"x_api_version": "2.3.0\r\nX-Evil: 1"}, ValueError, "x_api_version"),
    ({"server_url": 5}, TypeError, "server_url must be a str"),
    ({"server_url": b"https://x.test"}, TypeError, "server_url must be a str"),
    ({"edge_url": 5}, TypeError, "edge_url must be a str"),
    ({"retry_config": {"strategy": "none"}}, TypeError, "retry_config"),
    ({"timeout_ms": -1}, ValueError, "timeout_ms"),
    ({"timeout_ms": 0}, ValueError, "timeout_ms"),
    ({"timeout_ms": float("nan")}, ValueError, "timeout_ms"),
    ({"timeout_ms": float("inf")}, ValueError, "timeout_ms"),
    ({"timeout_ms": 10**400}, ValueError, "timeout_ms"),
    ({"timeout_ms": "5"}, TypeError, "timeout_ms"),
    ({"timeout_ms": True}, TypeError, "timeout_ms"),
    ({"deadline_ms": -1}, ValueError, "deadline_ms"),
    ({"deadline_ms": "5"}, TypeError, "deadline_ms"),
    ({"fail_open": {"chekc"}}, ValueError, "fail_open: 'chekc' can't fail open.*check, track"),
    ({"fail_open": "customers.list"}, ValueError, "fail_open"),
    ({"fail_open": 5}, TypeError, "fail_open"),
    ({"fail_open": [["check"]]}, TypeError, "fail_open"),
    ({"debug_logger": print}, TypeError, "debug_logger"),
    ({"debug_logger": True}, TypeError, "debug_logger"),
]


@pytest.mark.parametrize(("settings", "error", "says"), BAD_SETTINGS)
def test_setting_that_cannot_be_right(
    settings: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        AsyncAutumn(KEY, **settings)
    with pytest.raises(error, match=says):
        Autumn(KEY, **settings)
    with pytest.raises(error, match=says):
        AsyncAutumn(KEY).with_options(**settings)


def test_session_that_is_neither_a_session_nor_a_function() -> None:
    with pytest.raises(TypeError, match=r"session must be an aiohttp\.ClientSession or a function"):
        AsyncAutumn(KEY, session="session")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: BackoffStrategy(-1), ValueError, "initial_interval"),
        (lambda: BackoffStrategy("1"), TypeError, "initial_interval"),  # type: ignore[arg-type]
        (lambda: BackoffStrategy(1, 0), ValueError, "max_interval"),
        (lambda: BackoffStrategy(1, 2, 0.5), ValueError, "exponent"),
        (lambda: BackoffStrategy(1, 2, float("nan")), ValueError, "exponent"),
        (lambda: BackoffStrategy(1, 2, float("inf")), ValueError, "exponent"),
        (lambda: BackoffStrategy(1, 2, "2"), TypeError, "exponent"),  # type: ignore[arg-type]
        (lambda: BackoffStrategy(1, 2, 1, -1), ValueError, "max_elapsed_time"),
        (lambda: RetryConfig("sometimes"), ValueError, "strategy"),  # type: ignore[arg-type]
        (lambda: RetryConfig("backoff", 5), TypeError, "backoff"),  # type: ignore[arg-type]
    ],
)
def test_retries_that_cannot_be_right(
    make: Callable[[], object], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        make()


def test_retries_are_values() -> None:
    config = RetryConfig("backoff", BackoffStrategy(1, 50, 1.1, 100), False)
    assert config == RetryConfig(
        strategy="backoff",
        backoff=BackoffStrategy(
            initial_interval=1, max_interval=50, exponent=1.1, max_elapsed_time=100
        ),
        retry_connection_errors=False,
    )
    assert eval(repr(config)) == config


BAD_OPTIONS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"retries": {}}, TypeError, "retries"),
    ({"retries": "none"}, TypeError, "retries"),
    ({"timeout_ms": -1}, ValueError, "timeout_ms"),
    ({"timeout_ms": "5"}, TypeError, "timeout_ms"),
    ({"deadline_ms": 0}, ValueError, "deadline_ms"),
    ({"server_url": "localhost"}, ValueError, "server_url"),
    ({"server_url": 5}, TypeError, "server_url"),
    ({"http_headers": 5}, TypeError, "http_headers must be a mapping"),
    ({"http_headers": ["x-a"]}, TypeError, "http_headers must be a mapping"),
    ({"http_headers": {"x-a": 5}}, TypeError, "http_headers.*'x-a'"),
    ({"http_headers": {5: "x"}}, TypeError, "http_headers.*5"),
    ({"http_headers": {"x-a": "b\r\nx-evil: 1"}}, ValueError, "http_headers.*'x-a'"),
    ({"http_headers": {"x a": "b"}}, ValueError, "http_headers.*'x a'"),
    ({"http_headers": {"": "b"}}, ValueError, "http_headers.*''"),
    ({"http_headers": {"Content-Length": "3"}}, ValueError, "http_headers"),
    ({"http_headers": {"transfer-encoding": "chunked"}}, ValueError, "http_headers"),
    ({"idempotency_key": ""}, ValueError, "idempotency_key"),
    ({"idempotency_key": "a\nb"}, ValueError, "idempotency_key"),
    ({"idempotency_key": "ключ"}, ValueError, "idempotency_key"),
    ({"idempotency_key": 5}, TypeError, "idempotency_key"),
    ({"fail_open": {"chekc"}}, ValueError, "fail_open"),
    ({"fail_open": 5}, TypeError, "fail_open"),
]


class TestCallOptions:
    @pytest.mark.parametrize(("options", "error", "says"), BAD_OPTIONS)
    async def test_that_cannot_be_right(
        self, options: dict[str, Any], error: type[Exception], says: str
    ) -> None:
        with ScriptedServer([OK]) as server:
            async with client(server) as autumn:
                with pytest.raises(error, match=says):
                    await autumn.check(**SUBJECT, **options)
        assert server.requests == []

    @pytest.mark.parametrize(
        ("name", "meant"),
        [
            ("entityid", "entity_id"),
            ("entty_id", "entity_id"),
            ("timeout", "timeout_ms"),
            ("retry", "retries"),
            ("headers", "http_headers"),
            ("idempotencykey", "idempotency_key"),
        ],
    )
    async def test_unknown_name_is_a_type_error_that_names_the_nearest(
        self, name: str, meant: str
    ) -> None:
        with ScriptedServer([OK]) as server:
            async with client(server) as autumn:
                with pytest.raises(TypeError, match=f"'{name}'; did you mean '{meant}'"):
                    await autumn.check(**SUBJECT, **{name: "x"})
        assert server.requests == []

    async def test_name_like_nothing_is_told_what_there_is(self) -> None:
        async with client("http://localhost") as autumn:
            with pytest.raises(TypeError, match=r"'zzz'; it takes customer_id, deadline_ms"):
                await autumn.check(**SUBJECT, zzz=1)  # type: ignore[call-arg]

    async def test_none_leaves_an_option_as_it_is(self) -> None:
        nothing: dict[str, Any] = dict.fromkeys(
            ("timeout_ms", "deadline_ms", "server_url", "http_headers", "idempotency_key")
        )
        with ScriptedServer([OK]) as server:
            async with client(server) as autumn:
                await autumn.check(**SUBJECT, **nothing, fail_open=None)
        assert "idempotency-key" not in server.requests[0].headers

    async def test_key_is_a_header_but_for_track(self) -> None:
        with ScriptedServer([OK]) as server:
            async with client(server) as autumn:
                await autumn.check(**SUBJECT, idempotency_key="k-1")
                await autumn.track(**SUBJECT, idempotency_key="k-2")
        check, track = server.requests
        assert check.headers["idempotency-key"] == "k-1"
        assert "idempotency_key" not in check.json
        assert track.json["idempotency_key"] == "k-2"
        assert "idempotency-key" not in track.headers

    def test_every_option_on_the_sync_client(self) -> None:
        with (
            ScriptedServer([Reply(500)]) as server,
            Autumn(KEY, server_url="http://localhost:1") as autumn,
        ):
            answer = autumn.check(
                **SUBJECT,
                retries=None,
                timeout_ms=5_000,
                deadline_ms=5_000,
                server_url=server.url,
                http_headers={"x-a": "b"},
                idempotency_key="k",
                fail_open=True,
            )
        (request,) = server.requests
        assert answer.failed_open
        assert (request.headers["x-a"], request.headers["idempotency-key"]) == ("b", "k")


class TestWithOptions:
    async def test_shares_the_connections(self) -> None:
        with ScriptedServer([OK]) as server:
            async with client(server) as autumn:
                for settings in (
                    {"timeout_ms": 4_000},
                    {"secret_key": "am_sk_test_2"},
                    {"x_api_version": "2.2.0", "retry_config": QUICK},
                ):
                    await autumn.with_options(**settings).check(**SUBJECT)
                await autumn.edge.check(**SUBJECT)
                await autumn.check(**SUBJECT)
            assert server.connections == 1
        headers = [request.headers for request in server.requests]
        assert [sent["authorization"] for sent in headers[:2]] == [
            f"Bearer {KEY}",
            "Bearer am_sk_test_2",
        ]
        assert [sent["x-api-version"] for sent in headers[2:]] == ["2.2.0", "2.3.0", "2.3.0"]

    async def test_closing_a_derived_client_closes_nothing(self) -> None:
        with ScriptedServer([OK]) as server:
            async with client(server) as autumn:
                async with autumn.with_options(timeout_ms=4_000) as derived:
                    await derived.check(**SUBJECT)
                await derived.check(**SUBJECT)
                await autumn.check(**SUBJECT)
            assert server.connections == 1
            with pytest.raises(autumn_async.ClientClosedError):
                await derived.check(**SUBJECT)

    async def test_changes_lie_over_each_other(self) -> None:
        with ScriptedServer([Reply(500)]) as server:
            async with client(server, fail_open=True) as autumn:
                strict = autumn.with_options(fail_open=False)
                hasty = strict.with_options(retry_config=ONCE)
                with pytest.raises(autumn_async.ServerError):
                    await hasty.check(**SUBJECT)
                assert len(server.requests) == 1
                loose = hasty.with_options(fail_open={"check"})
                assert (await loose.check(**SUBJECT)).failed_open

    def test_wrong_names_are_refused(self) -> None:
        with pytest.raises(TypeError, match="timeout"):
            AsyncAutumn(KEY).with_options(timeout=5)  # type: ignore[call-arg]


async def test_deadline_follows_a_longer_timeout_and_a_timeout_a_shorter_deadline() -> None:
    settings = AsyncAutumn(KEY, timeout_ms=60_000)._caller.settings
    assert settings.limits(HOT) == Limits(60_000, 60_000)
    settings = AsyncAutumn(KEY, deadline_ms=200)._caller.settings
    assert settings.limits(HOT) == Limits(200, 200)


def test_defaults_of_the_limits_are_what_the_docs_say() -> None:
    from autumn_async.settings import BILLING, DEFAULT_RETRIES, READ, RETRY_STATUSES

    assert (HOT.timeout_ms, HOT.deadline_ms) == (5_000, 5_000)
    assert (READ.timeout_ms, READ.deadline_ms) == (5_000, 30_000)
    assert BILLING.timeout_ms == 60_000
    assert DEFAULT_RETRIES.strategy == "backoff"
    assert DEFAULT_RETRIES.backoff == BackoffStrategy(100, 2_000, 2)
    assert sorted(RETRY_STATUSES) == [429, 500, 502, 503, 504]
