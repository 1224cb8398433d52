"""One call, from a method's arguments to its answer."""

from __future__ import annotations

from inspect import isawaitable
from time import monotonic
from typing import Any, TypeVar

import anyio
from multidict import CIMultiDict

from ..errors import (
    AutumnError,
    AutumnSDKError,
    AutumnTimeoutError,
    DuplicateRequestError,
    error_from,
)
from ..settings import Settings, changed, checked_key
from .call import Call, Route, route_of
from .capture import captured
from .codec import body_of, decoded, encoded, validation_error
from .edge import ask_edge_first
from .fail_open import log_failing_open, stands_in
from .logs import debugs, log_answer, log_request
from .operation import Operation
from .retrying import repeated
from .transport import Incoming, Outgoing, Transport

T = TypeVar("T")


class Caller:
    """Makes calls with one set of settings over one transport."""

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self.settings = settings
        self.transport = transport
        self._routes: dict[Operation[Any], Route] = {}

    async def call(self, operation: Operation[T], arguments: dict[str, Any]) -> T:
        """Makes the call that the `locals()` of an operation's method describe."""
        call = await self._prepared(operation, arguments)
        try:
            answer = await self._answered(call)
            result = self._decoded(operation, call, answer)
        except AutumnSDKError as error:
            return self._answer_despite(operation, call, error)
        answers = captured.get()
        if answers is not None:
            answers.append(answer.public(call.attempts))
        return result

    async def _prepared(self, operation: Operation[Any], arguments: dict[str, Any]) -> Call:
        """Checks and encodes everything; no I/O but for asking an async source for the key."""
        started = monotonic()
        del arguments["self"]
        options = arguments.pop("options")
        route, key = self._route(operation), None
        settings = self.settings
        if options:
            operation.take(arguments, options)
            settings = _for_one_call(settings, options)
            route, key = route_of(operation, settings), settings.idempotency_key
        body = body_of(operation, arguments)
        if key is not None and operation.key_in_body:
            body["idempotency_key"] = key
        content, headers = encoded(body), route.headers
        if not isinstance(settings.secret_key, str) and "Authorization" not in headers:
            headers = CIMultiDict(headers)
            headers["Authorization"] = await _bearer(settings, route)
        return Call(
            operation,
            route,
            Outgoing(route.url, headers, content),
            body,
            changes=operation.changes(arguments),
            keyed=key is not None or operation.has_keys(body),
            started=started,
        )

    def _route(self, operation: Operation[Any]) -> Route:
        route = self._routes.get(operation)
        if route is None:
            route = self._routes[operation] = route_of(operation, self.settings)
        return route

    async def _answered(self, call: Call) -> Incoming:
        """The 2xx answer, after as many attempts as are allowed and needed."""
        try:
            return await self._attempt(call)
        except AutumnSDKError as error:
            return await repeated(call, lambda: self._attempt(call), error, self.settings.logger)

    async def _attempt(self, call: Call) -> Incoming:
        logger, name = self.settings.logger, call.operation.name
        call.attempts += 1
        debug = debugs(logger)
        if debug:
            log_request(logger, name, call.request, call.attempts)
        sent = monotonic()
        answer = await self._send(call)
        if debug:
            log_answer(logger, name, answer, monotonic() - sent)
        if 200 <= answer.status < 300:
            return answer
        raise error_from(answer.public(call.attempts))

    async def _send(self, call: Call) -> Incoming:
        edge, timeout = call.route.edge, call.timeout()
        if edge is None or call.changes:
            return await self.transport.send(call.request, timeout)
        return await ask_edge_first(self.transport, call.request, edge, timeout)

    def _decoded(self, operation: Operation[T], call: Call, answer: Incoming) -> T:
        try:
            return decoded(operation, answer.content, call.body)
        except ValueError as error:
            raise validation_error(answer.public(call.attempts), error) from error

    def _answer_despite(self, operation: Operation[T], call: Call, error: AutumnSDKError) -> T:
        """The answer that a failed call has all the same, or the error."""
        error.attempts, error.request = call.attempts, call.request.public()
        answers = captured.get()
        if answers is not None and isinstance(error, AutumnError):
            answers.append(error.raw_response)
        if isinstance(error, DuplicateRequestError) and call.doubt:
            if operation.duplicate is not None:
                return operation.duplicate(call.body)
            error.message += "; an earlier attempt of this very call was received"
        if operation.failed_open is not None and stands_in(call, error):
            log_failing_open(call, error, self.settings.logger)
            return operation.failed_open
        raise error


def _for_one_call(settings: Settings, options: dict[str, Any]) -> Settings:
    """The settings of a single call. The edge belongs to the client's own server only."""
    if options.get("server_url") is not None:
        settings = changed(settings, {"use_edge": False})
    return changed(settings, options)


async def _bearer(settings: Settings, route: Route) -> str:
    """Asks the source of the key: a function here and now, a coroutine within the deadline."""
    assert not isinstance(settings.secret_key, str)
    key = settings.secret_key()
    if isawaitable(key):
        try:
            with anyio.fail_after(route.limits.deadline_ms / 1000):
                key = await key
        except TimeoutError as error:
            message = f"secret_key gave no key within {route.limits.deadline_ms:g} ms"
            raise AutumnTimeoutError(message, outcome="not sent") from error
    return f"Bearer {checked_key(key)}"
