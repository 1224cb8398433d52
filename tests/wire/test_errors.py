"""What is raised, what it carries, and what it never carries."""

from __future__ import annotations

import copy
import gc
import inspect
import pickle
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import aiohttp
import msgspec
import pytest
from rich.pretty import pretty_repr

from autumn_async import (
    AuthenticationError,
    Autumn,
    AutumnConnectionError,
    AutumnError,
    AutumnSDKError,
    AutumnTimeoutError,
    BadRequestError,
    ClientClosedError,
    ConflictError,
    CustomerNotFoundError,
    DuplicateRequestError,
    EntityNotFoundError,
    FeatureNotFoundError,
    InsufficientBalanceError,
    LockedError,
    NotFoundError,
    PaymentRequiredError,
    PermissionDeniedError,
    PlanNotFoundError,
    RateLimitError,
    RedirectError,
    Request,
    Response,
    ResponseValidationError,
    ServerError,
    errors,
)
from autumn_async.errors import error_from
from autumn_async.exchange import Headers
from tests.scripted_server import Hang, Raw, Reply, Reset, ScriptedServer
from tests.wire.helpers import (
    KEY,
    OK,
    ONCE,
    SUBJECT,
    autumn_error,
    bad_gateway,
    client,
    refused_port,
)


def answer(status: int, body: bytes = b"", **headers: str) -> Response:
    """An answer as the transport hands it on."""
    fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Response(status_code=status, headers=Headers(fields), content=body)


def worded(code: str, status: int) -> AutumnError:
    """The error that Autumn's own words become."""
    body = {"message": "Sorry.", "code": code, "env": "sandbox"}
    return error_from(answer(status, msgspec.json.encode(body)))


async def raised_by(action: Any, **arguments: Any) -> AutumnSDKError:
    """What a check raises that the server treats like this."""
    with ScriptedServer([action]) as server:
        async with client(server, retry_config=ONCE) as autumn:
            with pytest.raises(AutumnSDKError) as caught:
                await autumn.check(**SUBJECT, **arguments)
    return caught.value


class TestTree:
    def test_is_the_one_that_is_drawn(self) -> None:
        assert errors.__doc__ is not None
        drawn = dict(_drawn(errors.__doc__))
        real = {
            kind.__name__: next(base for base in kind.__bases__ if base in _ours()).__name__
            for kind in _ours()
            if kind is not AutumnSDKError
        }
        assert drawn == real

    def test_names_of_the_drawing_are_public(self) -> None:
        import autumn_async

        assert {kind.__name__ for kind in _ours()} <= set(autumn_async.__all__)

    def test_builtin_relations(self) -> None:
        assert issubclass(AutumnConnectionError, ConnectionError)
        assert issubclass(AutumnTimeoutError, TimeoutError)
        assert issubclass(ClientClosedError, RuntimeError)
        assert not issubclass(AutumnTimeoutError, AutumnError)
        assert not issubclass(AutumnConnectionError, AutumnTimeoutError)

    def test_everything_has_a_docstring(self) -> None:
        for kind in _ours():
            assert inspect.getdoc(kind), kind


def _ours() -> list[type[AutumnSDKError]]:
    """The root and all that is under it."""
    found: list[type[AutumnSDKError]] = [AutumnSDKError]
    for kind in found:
        found += [sub for sub in kind.__subclasses__() if sub.__module__ == errors.__name__]
    return found


def _drawn(doc: str) -> Iterator[tuple[str, str]]:
    """Each class of the drawing with the one that it hangs on."""
    parents: list[str] = []
    for line in doc.splitlines():
        match = re.match(r"    ([│ ]*)(├── |└── )?(Autumn\w+|\w+Error)\b", line)
        if match is None:
            continue
        depth = len(match[1]) // 4 + bool(match[2])
        del parents[depth:]
        if parents:
            yield match[3], parents[-1]
        parents.append(match[3])


class TestClasses:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (301, RedirectError),
            (304, RedirectError),
            (400, BadRequestError),
            (401, AuthenticationError),
            (402, PaymentRequiredError),
            (403, PermissionDeniedError),
            (404, NotFoundError),
            (405, AutumnError),
            (409, ConflictError),
            (413, AutumnError),
            (418, AutumnError),
            (423, LockedError),
            (429, RateLimitError),
            (500, ServerError),
            (501, ServerError),
            (502, ServerError),
            (503, ServerError),
            (599, ServerError),
        ],
    )
    @pytest.mark.parametrize("body", [b"", b"Sorry.", b'{"message":"Sorry.","code":"unheard_of"}'])
    def test_by_status(self, status: int, kind: type[AutumnError], body: bytes) -> None:
        error = error_from(answer(status, body))
        assert type(error) is kind
        assert error.status_code == status

    @pytest.mark.parametrize(
        ("code", "status", "kind"),
        [
            ("insufficient_balance", 400, InsufficientBalanceError),
            ("usage_limit_exceeded", 400, InsufficientBalanceError),
            ("customer_not_found", 404, CustomerNotFoundError),
            ("entity_not_found", 404, EntityNotFoundError),
            ("feature_not_found", 404, FeatureNotFoundError),
            ("product_not_found", 404, PlanNotFoundError),
            ("duplicate_idempotency_key", 409, DuplicateRequestError),
            ("lock_already_exists", 409, ConflictError),
            ("lock_already_exists", 423, LockedError),
            ("rate_limit_exceeded", 429, RateLimitError),
            ("stripe_rate_limit_exceeded", 429, RateLimitError),
            ("insufficient_scopes", 403, PermissionDeniedError),
            ("invalid_inputs", 500, ServerError),
            ("customer_not_found", 500, ServerError),
            ("customer_not_found", 302, RedirectError),
        ],
    )
    def test_by_code_within_the_status(
        self, code: str, status: int, kind: type[AutumnError]
    ) -> None:
        error = worded(code, status)
        assert type(error) is kind
        assert (error.code, error.env) == (code, "sandbox")
        assert error.message.startswith("Sorry.")


class TestBodies:
    @pytest.mark.parametrize(
        ("body", "message", "code"),
        [
            (b'{"message":"Sorry.","code":"c","env":"live"}', "Sorry.", "c"),
            (b'{"message":"Sorry.","code":"c"}', "Sorry.", "c"),
            (b'{"message":"Sorry."}', "Sorry.", None),
            (b'{"message":"Sorry.","code":null,"env":null}', "Sorry.", None),
            (b'{"code":"c"}', '{"code":"c"}', "c"),
            (b'{"error":"Sorry."}', '{"error":"Sorry."}', None),
            (b'{"message":["Sorry."]}', '{"message":["Sorry."]}', None),
            (b'["Sorry."]', '["Sorry."]', None),
            (b'"Sorry."', '"Sorry."', None),
            (b"null", "null", None),
            (b"Too many requests, please try again later.", None, None),
            (b"<html>\n  <h1>502</h1>\n</html>", "<html> <h1>502</h1> </html>", None),
            (b"", "the answer has no body", None),
            (b" \n ", "the answer has no body", None),
            (b"\xff\xfe", "\ufffd\ufffd", None),
            (b'{"message":' + b"[" * 50_000, None, None),
            (b"x" * 10_000, "x" * 200, None),
        ],
    )
    def test_whatever_they_are(self, body: bytes, message: str | None, code: str | None) -> None:
        error = error_from(answer(502, body))
        assert type(error) is ServerError
        assert error.code == code
        if message is not None:
            assert error.message == message
        assert error.body == body.decode("utf-8", "replace")
        assert len(str(error)) < 400

    async def test_plain_429(self) -> None:
        headers = {"Retry-After": "7", "RateLimit-Limit": "25", "content-type": "text/plain"}
        error = await raised_by(Reply(429, b"Too many requests, please try again later.", headers))
        assert type(error) is RateLimitError
        assert error.retry_after == 7
        assert error.headers["ratelimit-limit"] == error.headers["RATELIMIT-Limit"] == "25"
        assert "Too many requests" in str(error)

    async def test_html_502(self) -> None:
        error = await raised_by(bad_gateway())
        assert type(error) is ServerError
        assert (error.code, error.env) == (None, None)
        assert error.body.startswith("<html>")


class TestAttributes:
    async def test_of_an_answer(self) -> None:
        reply = autumn_error("customer_not_found", 404, "Customer cus_1 not found")
        with ScriptedServer([reply]) as server:
            async with client(server) as autumn:
                with pytest.raises(CustomerNotFoundError) as caught:
                    await autumn.check(**SUBJECT, http_headers={"X-Trace": "t"})
            url = f"{server.url}/v1/balances.check"
        error = caught.value
        assert error.message.startswith("Customer cus_1 not found")
        assert (error.status_code, type(error.status_code)) == (404, int)
        assert (error.code, error.env, error.attempts) == ("customer_not_found", "sandbox", 1)
        assert error.headers["Content-Type"] == "application/json"
        assert msgspec.json.decode(error.body)["code"] == "customer_not_found"
        assert error.raw_response.content.decode() == error.body
        assert error.raw_response.json() == msgspec.json.decode(error.body)
        assert error.retry_after is None
        assert error.request is not None
        assert (error.request.method, error.request.url) == ("POST", url)
        assert msgspec.json.decode(error.request.body) == SUBJECT
        assert error.request.headers["x-api-version"] == "2.3.0"
        assert error.request.headers["x-trace"] == "t"
        assert str(error).startswith("404 customer_not_found: Customer cus_1 not found")
        assert url in str(error)

    async def test_without_a_code(self) -> None:
        error = await raised_by(Reply(500, b"oops"))
        assert str(error).startswith("500: oops (POST http://localhost:")
        assert str(error).endswith("the outcome is unknown: Autumn may have carried the call out")

    async def test_of_a_lost_connection(self) -> None:
        error = await raised_by(Reset())
        assert isinstance(error, AutumnConnectionError)
        assert (error.outcome, error.attempts) == ("unknown", 1)
        assert error.request is not None
        assert msgspec.json.decode(error.request.body) == SUBJECT

    async def test_of_a_timeout(self) -> None:
        error = await raised_by(Hang(), timeout_ms=100)
        assert isinstance(error, AutumnTimeoutError)
        assert (error.outcome, error.attempts) == ("unknown", 1)
        assert error.request is not None

    @pytest.mark.parametrize(
        ("body", "field", "says"),
        [
            ({"customer_id": "c"}, "$", "missing required field `allowed`"),
            ({"allowed": "yes", "customer_id": "c"}, "$.allowed", "Expected `bool`, got `str`"),
            (
                {"allowed": True, "customer_id": "c", "balance": {"remaining": "5"}},
                "$.balance.remaining",
                "Expected",
            ),
            ([1], "$", "Expected `object`, got `array`"),
        ],
    )
    async def test_of_a_body_that_is_not_what_it_claims(
        self, body: Any, field: str, says: str
    ) -> None:
        error = await raised_by(Reply(200, body))
        assert type(error) is ResponseValidationError
        assert isinstance(error.cause, msgspec.ValidationError)
        assert error.__cause__ is error.cause
        assert error.field == field or error.field.startswith("$.balance")
        assert says in str(error)
        assert error.status_code == 200
        assert error.body[:15] in str(error)

    async def test_of_a_body_that_is_no_json(self) -> None:
        error = await raised_by(Reply(200, b"<!doctype html><p>" + b"long " * 500))
        assert type(error) is ResponseValidationError
        assert error.field is None
        assert isinstance(error.cause, msgspec.DecodeError)
        assert "<!doctype html><p>long long" in str(error)
        assert len(str(error)) < 500


SAMPLES: dict[type[AutumnSDKError], AutumnSDKError] = {
    AutumnSDKError: AutumnSDKError("two loops"),
    AutumnConnectionError: AutumnConnectionError("lost", outcome="unknown"),
    AutumnTimeoutError: AutumnTimeoutError("late", outcome="not sent"),
    ClientClosedError: ClientClosedError("closed"),
    ResponseValidationError: ResponseValidationError(
        "what?", answer(200, b"[]"), field="$.a", cause=msgspec.ValidationError("no")
    ),
}


class TestCopies:
    """Errors travel between processes: queues, test runners, multiprocessing."""

    @pytest.mark.parametrize("kind", _ours(), ids=lambda kind: kind.__name__)
    @pytest.mark.parametrize(
        "copied",
        [
            copy.copy,
            copy.deepcopy,
            *(lambda e, n=n: pickle.loads(pickle.dumps(e, n)) for n in range(2, 6)),
        ],
    )
    def test_keep_everything(self, kind: type[AutumnSDKError], copied: Any) -> None:
        error = SAMPLES.get(kind)
        if error is None:
            error = (
                kind("Sorry.", answer(503, b"x", retry_after="3"), code="c", env="live")
                if issubclass(kind, AutumnError)
                else kind("Sorry.")
            )
        error.attempts = 4
        error.request = Request(
            method="POST", url="http://x.test", headers=Headers([("A", "b")]), body=b"{}"
        )
        twin = copied(error)
        assert type(twin) is kind
        assert twin is not error
        assert str(twin) == str(error)
        assert twin.args == error.args
        assert vars(twin).keys() == vars(error).keys()
        for name, value in vars(error).items():
            if name == "cause":
                assert repr(twin.cause) == repr(value)
            else:
                assert getattr(twin, name) == value
        if isinstance(error, AutumnError):
            assert twin.headers["RETRY-AFTER" if error.retry_after else "x"] if error.headers else 1
            assert (twin.status_code, twin.retry_after) == (error.status_code, error.retry_after)

    async def test_of_real_ones(self) -> None:
        for action in (autumn_error("customer_not_found", 404), Reset(), Reply(200, b"<html>")):
            error = await raised_by(action)
            twin = pickle.loads(pickle.dumps(error))
            assert (type(twin), str(twin)) == (type(error), str(error))
            assert twin.request == error.request


class TestHeaders:
    def test_are_found_in_any_case(self) -> None:
        headers = Headers([("Retry-After", "5"), ("X-A", "1"), ("x-a", "2")])
        assert headers["retry-after"] == headers["RETRY-AFTER"] == "5"
        assert headers.get("Retry-after") == "5"
        assert "retry-After" in headers
        assert headers["x-A"] == "1, 2"
        assert dict(headers) == {"retry-after": "5", "x-a": "1, 2"}
        assert len(headers) == 2
        assert headers.get("nothing") is None
        with pytest.raises(KeyError):
            headers["nothing"]
        with pytest.raises(TypeError):
            headers["x"] = "y"  # type: ignore[index]


SECRETS = {
    "Authorization": "Bearer am_sk_test_other_secret",
    "Cookie": "sid=cookie_secret",
    "X-Api-Key": "api_key_secret",
    "X-Auth-Token": "auth_token_secret",
    "Proxy-Authorization": "Basic proxy_secret",
    "X-Amz-Security-Token": "amz_secret",
    "CF-Access-Client-Secret": "cf_secret",
    "Ocp-Apim-Subscription-Key": "azure_secret",
    "X-Vercel-Protection-Bypass": "vercel_secret",
    "X-Signature": "signed_secret",
}


def everything_said_by(error: BaseException) -> str:
    """All that a report of an error might print of it and of what it is chained to."""
    said, chain = [], [error]
    for one in chain:
        said += [str(one), repr(one), repr(one.args), repr(vars(one))]
        chain += [more for more in (one.__cause__, one.__context__) if more and more not in chain]
    return "\n".join(said)


class TestSecrets:
    @pytest.mark.parametrize(
        "action",
        [
            autumn_error("invalid_secret_key", 401),
            Reply(500, b"oops"),
            Reply(200, b"<html>"),
            Reply(302, b"", {"location": "http://elsewhere.test"}),
            Reset(),
            Hang(),
            Reply(200, cut_after=60),
            Raw(b"HTTP/1.1 abc\r\n\r\n"),
            Raw(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx"),
        ],
    )
    async def test_are_not_in_errors(self, action: Any) -> None:
        error = await raised_by(action, timeout_ms=200)
        assert KEY not in everything_said_by(error)
        error = await raised_by(action, timeout_ms=200, http_headers={**SECRETS, "X-Plain": "1"})
        assert "secret" not in everything_said_by(error).replace("invalid_secret_key", "")
        assert error.request is not None
        assert error.request.headers["x-plain"] == "1"

    async def test_are_not_in_errors_of_connecting(self) -> None:
        async with client(f"http://localhost:{refused_port()}", retry_config=ONCE) as autumn:
            with pytest.raises(AutumnConnectionError) as caught:
                await autumn.check(**SUBJECT)
        assert KEY not in everything_said_by(caught.value)

    async def test_idempotency_keys_are_none(self) -> None:
        error = await raised_by(Reply(404, b""), idempotency_key="order-77")
        assert error.request is not None
        assert error.request.headers["idempotency-key"] == "order-77"

    async def test_cookies_of_an_answer_are_not_in_errors(self) -> None:
        error = await raised_by(Reply(404, b"", {"set-cookie": "sid=cookie_secret"}))
        assert "cookie_secret" not in everything_said_by(error)

    async def test_are_not_in_clients(self) -> None:
        for autumn in (client("http://localhost"), Autumn(KEY, server_url="http://localhost")):
            assert KEY not in repr(autumn)
            assert "am_sk_test_***" in repr(autumn)
            assert KEY not in f"{autumn} {autumn!s} {vars(autumn)}"
        assert "<callable>" in repr(client("http://localhost", secret_key=lambda: KEY))

    async def test_are_not_in_what_is_inside_a_client(self) -> None:
        """Crash reporters print the local variables of every frame."""
        with ScriptedServer([OK]) as server:
            async with client(server) as autumn:
                await autumn.check(**SUBJECT)
                caller = autumn._caller
                inside = [caller, *vars(caller).values(), *caller._routes.values()]
                assert KEY not in repr(inside)

    async def test_are_not_shown_by_rich(self) -> None:
        async with client("http://localhost") as autumn:
            shown = pretty_repr([autumn, autumn._caller.settings, vars(autumn._caller)])
        assert KEY not in shown
        assert "am_sk_test_***" in shown

    @pytest.mark.parametrize("way", [pickle.dumps, copy.deepcopy])
    async def test_are_not_pickled(self, way: Any) -> None:
        for autumn in (client("http://localhost"), Autumn(KEY, server_url="http://localhost")):
            with pytest.raises(TypeError, match="can't be pickled or deep-copied") as caught:
                way(autumn)
            assert KEY not in str(caught.value)

    def test_only_the_environment_of_a_key_is_shown(self) -> None:
        from autumn_async.settings import masked

        assert masked("am_sk_live_abcdef") == "am_sk_live_***"
        assert masked("am_sk_test_abcdef") == "am_sk_test_***"
        assert masked("am_pk_abcdef") == "am_pk_***"
        assert masked("something-else") == "***"


def alive() -> list[int]:
    """The errors of ours that something still refers to, if only a cycle of references."""
    return sorted(id(known) for known in gc.get_objects() if isinstance(known, AutumnSDKError))


class TestGarbage:
    """A failure leaves no reference cycle behind: under load, garbage is latency."""

    @pytest.mark.parametrize("fail_open", [False, True])
    @pytest.mark.parametrize(
        "action",
        [autumn_error("customer_not_found", 404), Reply(500, b""), Reply(200, b"<html>"), Reset()],
    )
    async def test_of_an_error_is_none(self, action: Any, fail_open: bool) -> None:
        with ScriptedServer([action]) as server:
            async with client(server, retry_config=ONCE, fail_open=fail_open) as autumn:
                with suppress(AutumnSDKError):
                    await autumn.check(**SUBJECT)  # opens the session
                gc.collect()
                gc.disable()
                try:
                    before = alive()
                    with suppress(AutumnSDKError):
                        await autumn.check(**SUBJECT)
                    assert alive() == before
                finally:
                    gc.enable()


async def test_session_errors_of_aiohttp_never_come_out_raw() -> None:
    for action in (Reset(), Hang(), Raw(b"nonsense\r\n\r\n"), Reply(200, cut_after=30)):
        error = await raised_by(action, timeout_ms=100)
        assert not isinstance(error, aiohttp.ClientError)
