"""From a request to an answer, without HTTP: key, version, idempotency, operation."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final, NamedTuple
from urllib.parse import parse_qs

import msgspec

from .domain.clock import Clock
from .domain.environment import Environment
from .domain.failures import ApiError, not_emulated
from .json_types import is_object
from .keys import PREFIXES, SANDBOX
from .operations.call import Call, Operation
from .operations.table import NOT_SERVED, SERVED
from .operations.usage import apply_pending
from .validation import parse
from .versions import parse_version

SHOWN_OF_A_KEY: Final = 15
HEADER_KEYS: Final = "header"
DEEPEST: Final = 100
"""Bodies nested deeper than this count as unreadable."""

_BRACKETS: Final = b"[]{}"
_OTHERS: Final = bytes(set(range(256)) - set(_BRACKETS))
_HOST: Final = re.compile(r"[\w.:\[\]-]+", re.ASCII)
_log = logging.getLogger(__name__)


class Reply(NamedTuple):
    """An answer: its status and its JSON."""

    status: int
    body: bytes


class Request(NamedTuple):
    """One request. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    query: str = ""


class Gateway:
    """The emulated organisation, with its two environments. One thread at a time."""

    def __init__(self, clock: Clock, secret_key: str | None = None) -> None:
        self._clock = clock
        self._secret_key = secret_key
        self._environments = {name: Environment(name) for name in PREFIXES.values()}

    def answer(self, request: Request) -> Reply:
        """Answers any request; nothing that comes in makes it fail."""
        env_name = SANDBOX
        try:
            env = self._authenticate(request)
            env_name = env.name
            return self._serve(env, request)
        except ApiError as error:
            return _error(error, env_name)
        except Exception:
            _log.exception("The emulator failed at %s %s", request.method, request.path)
            return _error(ApiError(500, "internal_error", "Internal error"), env_name)

    @property
    def environments(self) -> Iterable[Environment]:
        return self._environments.values()

    def now(self) -> int:
        """The moment at which something that comes in now happens."""
        return self._clock()

    @property
    def queued(self) -> bool:
        """Has usage been accepted that is not applied yet?"""
        return any(env.queue for env in self._environments.values())

    def apply_queued(self) -> None:
        """Applies the usage that has been accepted so far."""
        for env in self._environments.values():
            while env.queue:
                try:
                    apply_pending(env, env.queue.popleft())
                except Exception:
                    _log.exception("The emulator failed to apply queued usage")

    def _authenticate(self, request: Request) -> Environment:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not key:
            message = "Secret key not found in Authorization header"
            raise ApiError(401, "no_secret_key", message)
        if key.startswith("am_pk_"):
            message = (
                f"Endpoint {request.path} not accessible via publishable key."
                " Please try with a secret key instead."
            )
            raise ApiError(401, "endpoint_not_public", message)
        for prefix, name in PREFIXES.items():
            if key.startswith(prefix):
                self._require_known(key)
                return self._environments[name]
        raise ApiError(401, "invalid_request", "Invalid authorization token prefix")

    def _require_known(self, key: str) -> None:
        known = "doesnotexist" not in key if self._secret_key is None else key == self._secret_key
        if not known:
            hidden = "*" * (len(key) - SHOWN_OF_A_KEY)
            message = f"Invalid secret key: {key[:SHOWN_OF_A_KEY]}{hidden}"
            raise ApiError(401, "invalid_secret_key", message)

    def _serve(self, env: Environment, request: Request) -> Reply:
        version = parse_version(request.headers.get("x-api-version"))
        operation = _operation(request)
        call = Call(env, version, self._clock(), {}, origin=origin(request.headers))
        key = request.headers.get("idempotency-key")
        if not key:
            return _run(operation, call, request)
        claim = hashlib.sha256(key.encode(errors="replace")).hexdigest()
        if not env.claims.claim(HEADER_KEYS, claim, call.now):
            message = f"Another request with idempotency key {key} has already been received"
            raise ApiError(409, "duplicate_idempotency_key", message)
        try:
            return _run(operation, call, request)
        except Exception as error:
            if not isinstance(error, ApiError) or error.status != 409:
                env.claims.release(HEADER_KEYS, claim)
            raise


def origin(headers: Mapping[str, str]) -> str:
    """The address by which a client knows this server."""
    host = headers.get("host", "")
    return f"http://{host if _HOST.fullmatch(host) else '127.0.0.1'}"


def _operation(request: Request) -> Operation:
    name = request.path.removeprefix("/v1/")
    served = SERVED.get(name)
    if served is None or name == request.path or request.method != "POST":
        if name in NOT_SERVED and request.method == "POST" and name != request.path:
            raise not_emulated(f"the operation {name}")
        raise ApiError(401, "no_auth_header", "Unauthorized - no session found")
    return served


def _run(operation: Operation, call: Call, request: Request) -> Reply:
    check = operation.cursor_check if call.cursors else None
    call.params = parse(check or operation.check, _decode(request))
    answer = operation.run(call)
    return Reply(call.status, msgspec.json.encode(answer))


def _decode(request: Request) -> object:
    """The body; what is empty, unreadable or null counts as an empty object."""
    body: object = None
    with suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        if not _too_deep(request.body):
            body = msgspec.json.decode(request.body)
    if body is None:
        body = {}
    if request.query and is_object(body):
        names = parse_qs(request.query).get("expand", [])
        if names:
            body.setdefault("expand", [each for name in names for each in name.split(",")])
    return body


def _too_deep(body: bytes) -> bool:
    """Whether the brackets nest too deep, found by taking innermost pairs away."""
    brackets = body.translate(None, _OTHERS)
    if len(brackets) <= 2 * DEEPEST:
        return False
    for _ in range(DEEPEST):
        inner = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if len(inner) == len(brackets):
            return False
        brackets = inner
    return True


def _error(error: ApiError, env_name: str) -> Reply:
    # Messages repeat what was in headers, and those need not be text at all.
    message = error.message.encode(errors="replace").decode()
    body = {"message": message, "code": error.code, "env": env_name}
    return Reply(error.status, msgspec.json.encode(body))
