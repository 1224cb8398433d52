"""One call, from a method's arguments to its answer."""

from __future__ import annotations

from collections.abc import Coroutine
from importlib import import_module
from inspect import isawaitable
from time import monotonic
from typing import Any, TypeVar

from multidict import CIMultiDict

from ..errors import (
    UNREADABLE,
    AutumnError,
    AutumnSDKError,
    DuplicateRequestError,
    cast_doubt,
    error_from,
)
from ..exchange import Response
from ..settings import Settings, changed, checked_key
from .call import Call, Route, route_of
from .capture import captured
from .codec import body_of, encoded, validation_error
from .edge import ask_edge_first
from .fail_open import log_failing_open, stands_in
from .logs import debugs, log_answer, log_request
from .operation import Operation
from .retrying import may_repeat, repeated
from .transport import Incoming, Outgoing, Transport
from .watching import watched

T = TypeVar("T")


class Caller:
    """Makes calls with one set of settings over one transport."""

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self.settings = settings
        self.transport = transport
        self._routes: dict[Operation[Any], Route] = {}
        if not isinstance(settings.secret_key, str):
            import_module(".deadlines", __package__)  # now, not inside the first request

    def call(self, operation: Operation[T], arguments: dict[str, Any]) -> Coroutine[Any, Any, T]:
        """Makes the call that the `locals()` of an operation's method describe."""
        call = self._prepared(operation, arguments)
        answering = self._answered(operation, call)
        watchers = self.transport.watchers
        return watched(watchers, call, answering) if watchers and call.changes else answering

    async def _answered(self, operation: Operation[T], call: Call) -> T:
        try:
            if call.asks_for_key:
                await _add_key(call, self.settings)
            try:
                answer = await self._attempt(call)
            except AutumnSDKError as error:
                if not may_repeat(call, error):
                    raise
                answer = await repeated(call, self._attempt, error, self.settings.logger)
            result = self._decoded(operation, call, answer)
        except AutumnSDKError as error:
            stand_in = self._stand_in(operation, call, error)
            if stand_in is None:
                raise
            return stand_in
        answers = captured.get()
        if answers is not None:
            answers.append(answer.public(call.attempts))
        return result

    async def send(self, operation: Operation[Any], body: bytes) -> Response:
        """Sends a body that is encoded already, once; returns a 2xx answer, undecoded.

        For callers with rules of their own for what to do about failures. Raises like `call`.
        """
        route = self._route(operation)
        request = Outgoing(route.url, route.headers, body)
        call = Call(operation, route, request, None, changes=True, keyed=True, started=monotonic())
        try:
            if call.asks_for_key:
                await _add_key(call, self.settings)
            return (await self._attempt(call)).public(call.attempts)
        except AutumnSDKError as error:
            error.request = call.request.public()
            raise

    def _prepared(self, operation: Operation[Any], arguments: dict[str, Any]) -> Call:
        """Checks and encodes everything, before any I/O."""
        started = monotonic()
        del arguments["self"]
        options, key, keyed = arguments.pop("options"), None, False
        if options:
            operation.take(arguments, options)
        if operation.bearer:
            options = {**options, **_bearer(operation.bearer, arguments)}
        if options:
            settings = _for_one_call(self.settings, options)
            route, key = route_of(operation, settings), settings.idempotency_key
            keyed = key is not None or "Idempotency-Key" in route.headers
        else:
            route = self._route(operation)
        body = body_of(operation, arguments)
        if key is not None and operation.key_in_body:
            body["idempotency_key"] = key
        return Call(
            operation,
            route,
            Outgoing(route.url, route.headers, encoded(body, operation.whole)),
            body,
            changes=operation.changes(body),
            keyed=keyed or operation.has_keys(body),
            started=started,
        )

    def _route(self, operation: Operation[Any]) -> Route:
        route = self._routes.get(operation)
        if route is None:
            route = self._routes[operation] = route_of(operation, self.settings)
        return route

    async def _attempt(self, call: Call) -> Incoming:
        logger, edge, timeout = self.settings.logger, call.route.edge, call.timeout()
        call.attempts += 1
        debug = debugs(logger)
        if debug:
            log_request(logger, call)
        if edge is None or call.changes:
            answer = await self.transport.send(call.request, timeout)
        else:
            answer = await ask_edge_first(self.transport, call.request, edge, timeout)
        if debug:
            log_answer(logger, call, answer)
        if 200 <= answer.status < 300:
            return answer
        raise error_from(answer.public(call.attempts))

    def _decoded(self, operation: Operation[T], call: Call, answer: Incoming) -> T:
        if not answer.content and operation.empty is not None:
            return operation.empty(call.body)
        try:
            return operation.decoder.decode(answer.content)
        except UNREADABLE as error:
            raise validation_error(answer.public(call.attempts), error) from error

    def _stand_in(self, operation: Operation[T], call: Call, error: AutumnSDKError) -> T | None:
        """The answer that a failed call has all the same; where there is none, the error is raised.

        Not raised here: an exception must not be referred to by its own frames.
        """
        error.attempts, error.request = call.attempts, call.request.public()
        answers = captured.get()
        if answers is not None and isinstance(error, AutumnError):
            answers.append(error.raw_response)
        if isinstance(error, DuplicateRequestError) and call.doubt and operation.duplicate:
            return operation.duplicate(call.body)
        if call.doubt and call.changes:
            cast_doubt(error)
        if operation.failed_open is not None and stands_in(call, error):
            log_failing_open(call, error, self.settings.logger)
            return operation.failed_open
        return None


def _for_one_call(settings: Settings, options: dict[str, Any]) -> Settings:
    """The settings of a single call. The edge belongs to the client's own server only."""
    if options.get("server_url") is not None:
        settings = changed(settings, {"use_edge": False})
    return changed(settings, options)


def _bearer(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The credentials among the arguments, as an option of the call."""
    token = arguments.pop(name)
    return {} if token is None else {"secret_key": checked_key(token, name)}


async def _add_key(call: Call, settings: Settings) -> None:
    """Asks the source of the key: a function here and now, a coroutine within the deadline."""
    assert not isinstance(settings.secret_key, str)
    key = settings.secret_key()
    if isawaitable(key):
        from .deadlines import within

        key = await within(call.seconds_left(), key, "secret_key")
    headers = CIMultiDict(call.request.headers)
    headers["Authorization"] = f"Bearer {checked_key(key)}"
    call.request = Outgoing(call.request.url, headers, call.request.body)
