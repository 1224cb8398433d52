"""Every default and every option of a client, in one place."""

from __future__ import annotations

import logging
import math
import os
import re
import sys
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from ipaddress import ip_address
from typing import Any, Literal

import msgspec
from yarl import URL

SERVERS = ("https://api.useautumn.com",)
"""The servers that `server_idx` chooses from."""

API_VERSION = "2.3.0"
"""The `x-api-version` that is sent unless another is chosen."""

FAIL_OPEN_OPERATIONS = frozenset({"check", "track"})
"""The operations that have an answer to give when Autumn can't be reached."""

EDGE_TIMEOUT_MS = 1_000
"""How long the edge may take before the call goes to the API."""


class Limits(msgspec.Struct, frozen=True):
    """What a call may take by default, in milliseconds."""

    timeout_ms: float
    """One attempt."""
    deadline_ms: float
    """The whole call: attempts, and the waits between them."""


HOT = Limits(5_000, 5_000)
"""`check` and `track`: somebody is waiting for the answer."""
READ = Limits(5_000, 30_000)
"""Other calls that change nothing."""
WRITE = Limits(30_000, 60_000)
"""Calls that change something: one whole attempt after repeats of what was never sent."""
BILLING = Limits(60_000, 90_000)
"""`billing.*`, which waits for the payment provider: one whole attempt, as with `WRITE`."""

HOLD_MS = 900_000
"""How long a reservation holds its units, unless told otherwise."""
SETTLE_MS = 30_000
"""How long the end of a reservation tries to book what was used."""
GIVE_BACK_MS = 5_000
"""How long it tries to give units back, which the server does by itself in the end."""

LAST_ATTEMPT_MS = 50
"""The least time worth an attempt: with less left, the call ends."""

RETRY_STATUSES = frozenset({429, 500, 502, 503, 504})
"""The statuses that may lead to a repeat."""

TRANSPORT_OPTIONS = frozenset(
    {"deadline_ms", "http_headers", "retries", "server_url", "timeout_ms"}
)
"""What can be set for a single call of every operation; `inputs.options` has the types."""
CALL_OPTIONS = TRANSPORT_OPTIONS | {"idempotency_key"}
"""And where a key makes the call repeatable."""
FAIL_OPEN_OPTIONS = CALL_OPTIONS | {"fail_open"}
"""And where the operation can fail open."""

PAGE_SIZE = (1, 5_000)
"""The page sizes that the API's schema allows; an organisation may allow less."""

BATCH_SIZE = (1, 1_000)
"""How many events one `batch_track` carries."""


def milliseconds(name: str, value: object, *, zero: bool = False) -> float:
    """The value, if it is a length of time."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number of milliseconds, not {type(value).__name__}")
    if not 0 <= value <= sys.float_info.max or (value == 0 and not zero):
        raise ValueError(f"{name} must be a positive number of milliseconds, not {value!r}")
    return value


class BackoffStrategy(msgspec.Struct, frozen=True):
    """How long to wait between attempts; all times in milliseconds.

    The wait before the n-th repeat is `initial_interval * exponent ** (n - 1)`, at most
    `max_interval`, of which a random half is left out so that clients don't come back in step.
    No repeat begins once `max_elapsed_time` has passed since the call began.
    """

    initial_interval: float = 100
    max_interval: float = 2_000
    exponent: float = 2.0
    max_elapsed_time: float = 90_000

    def __post_init__(self) -> None:
        milliseconds("initial_interval", self.initial_interval)
        milliseconds("max_interval", self.max_interval)
        milliseconds("max_elapsed_time", self.max_elapsed_time, zero=True)
        if type(self.exponent) not in (int, float):
            raise TypeError(f"exponent must be a number, not {type(self.exponent).__name__}")
        if not 1 <= self.exponent < math.inf:
            raise ValueError(f"exponent must be at least 1, not {self.exponent!r}")


class RetryConfig(msgspec.Struct, frozen=True):
    """Whether and how a failed call is repeated.

    `RetryConfig("backoff", BackoffStrategy(...), retry_connection_errors)` repeats what is safe to
    repeat; `RetryConfig("none")` repeats nothing. With `retry_connection_errors` False, only
    answers with status 429, 500, 502, 503 and 504 lead to a repeat, never a lost connection or a
    timeout.
    """

    strategy: Literal["backoff", "none"]
    backoff: BackoffStrategy | None = None
    retry_connection_errors: bool = True

    def __post_init__(self) -> None:
        if self.strategy not in ("backoff", "none"):
            raise ValueError(f'strategy must be "backoff" or "none", not {self.strategy!r}')
        if type(self.backoff) not in (BackoffStrategy, type(None)):
            raise TypeError(f"backoff must be a BackoffStrategy, not {type(self.backoff).__name__}")


NO_RETRIES = RetryConfig("none")
DEFAULT_RETRIES = RetryConfig("backoff", BackoffStrategy())

SecretKey = str | Callable[[], str | Awaitable[str]]
"""A key, or a function that returns one, or a coroutine function that does."""

FailOpen = bool | Collection[str]
"""Whether calls pass while Autumn can't be reached: for all operations that can, none, or some."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All that a client was told, checked and complete."""

    secret_key: SecretKey
    server_url: str
    x_api_version: str = API_VERSION
    retries: RetryConfig = DEFAULT_RETRIES
    timeout_ms: float | None = None
    deadline_ms: float | None = None
    fail_open: frozenset[str] = FAIL_OPEN_OPERATIONS
    logger: Any = None
    edge_url: str | None = None
    use_edge: bool = False
    http_headers: Mapping[str, str] | None = None
    idempotency_key: str | None = None

    def __repr__(self) -> str:
        return (
            f"server_url={self.server_url!r}, x_api_version={self.x_api_version!r}, "
            f"secret_key={masked(self.secret_key)!r}"
        )

    def __rich_repr__(self) -> Any:
        """Stands in for msgspec's own, which would show the key to rich's tracebacks."""
        yield repr(self)

    def limits(self, default: Limits) -> Limits:
        """The limits of a call whose operation has these defaults.

        A timeout that was asked for stretches the default deadline, never the other way round.
        """
        timeout = self.timeout_ms or default.timeout_ms
        deadline = self.deadline_ms or max(default.deadline_ms, timeout)
        return Limits(min(timeout, deadline), deadline)


def settings_from(
    *,
    secret_key: SecretKey | None,
    x_api_version: str | None,
    server_url: str | None,
    server_idx: int | None,
    url_params: Mapping[str, str] | None,
    retry_config: RetryConfig | None,
    timeout_ms: float | None,
    deadline_ms: float | None,
    fail_open: FailOpen | None,
    debug_logger: Any,
    edge_url: str | None,
    use_edge: bool | None,
) -> Settings:
    """Settings from a client's arguments and, where these are silent, from the environment."""
    if secret_key is None:
        secret_key = os.environ.get("AUTUMN_SECRET_KEY") or None
    if secret_key is None:
        raise ValueError(
            "no secret key: pass it as the first argument (secret_key=...), "
            "or set the environment variable AUTUMN_SECRET_KEY"
        )
    return Settings(
        secret_key=_secret_key(secret_key),
        server_url=_server(server_url, server_idx, url_params),
        x_api_version=_version(x_api_version),
        retries=DEFAULT_RETRIES if retry_config is None else _retries(retry_config),
        timeout_ms=None if timeout_ms is None else milliseconds("timeout_ms", timeout_ms),
        deadline_ms=None if deadline_ms is None else milliseconds("deadline_ms", deadline_ms),
        fail_open=_fail_open_of(fail_open),
        logger=default_logger() if debug_logger is None else _logger(debug_logger),
        edge_url=None if edge_url is None else checked_url("edge_url", edge_url),
        use_edge=bool(use_edge),
    )


def changed(settings: Settings, options: Mapping[str, Any]) -> Settings:
    """The settings with the options of `with_options`, or of a single call, laid over them.

    None leaves an option as it was, but for `retries`, where it means none.
    """
    changes = {
        name: _CHECKS[name](value)
        for name, value in options.items()
        if value is not None or name == "retries"
    }
    return msgspec.structs.replace(settings, **changes)


def client_options(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The `locals()` of `with_options`, by the names of the settings."""
    options = {name: value for name, value in arguments.items() if value is not None}
    del options["self"]
    for argument, setting in (("retry_config", "retries"), ("debug_logger", "logger")):
        if argument in options:
            options[setting] = options.pop(argument)
    return options


def checked_key(key: object, name: str = "secret_key") -> str:
    """The key without a `Bearer` before it. Never shows the key in its errors."""
    if not isinstance(key, str):
        raise TypeError(f"{name} must be, or return, a str, not {type(key).__name__}")
    scheme, _, rest = key.strip().partition(" ")
    key = rest.strip() if scheme.lower() == "bearer" else key.strip()
    if not key:
        raise ValueError(f"{name} is empty")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError(f"{name} has characters that a header can't carry")
    return key


def masked(secret_key: SecretKey) -> str:
    """As much of a key as may be shown: which environment it belongs to."""
    if not isinstance(secret_key, str):
        return "<callable>"
    prefix = re.match(r"am_[a-z]+_(?:test_|live_)?", secret_key)
    return (prefix.group() if prefix else "") + "***"


def checked_url(name: str, url: object) -> str:
    """The URL without a slash at its end, if requests can go there."""
    if not isinstance(url, str):
        raise TypeError(f"{name} must be a str, not {type(url).__name__}")
    url = url.strip()
    try:
        parsed = URL(url)
        host = parsed.host or ""
        if not _is_address(host):
            host.encode("idna")  # where a name that DNS can't carry fails
    except (ValueError, IndexError) as error:  # yarl stumbles over "http://]"
        raise ValueError(f"{name} can't be used: {error}") from None
    if parsed.user is not None or parsed.password is not None:
        raise ValueError(f"{name} must not carry a user name or password")
    if parsed.scheme not in ("http", "https") or not host:
        raise ValueError(f"{name} {url!r} must begin with https:// or http:// and name a host")
    if any(mark in url for mark in "?# ") or not url.isprintable():
        raise ValueError(f"{name} {url!r} must not have a query, a fragment or spaces")
    return url.rstrip("/")


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def default_logger() -> logging.Logger:
    """The package's logger; `AUTUMN_DEBUG` has it write everything, to stderr if nowhere else."""
    logger = logging.getLogger("autumn_async")
    if _flag("AUTUMN_DEBUG"):
        logger.setLevel(logging.DEBUG)
        if not logger.hasHandlers():
            logger.addHandler(logging.StreamHandler())
    return logger


def _server(
    server_url: str | None, server_idx: int | None, url_params: Mapping[str, str] | None
) -> str:
    name = "server_url"
    if server_url is None and server_idx is not None:
        if server_idx not in range(len(SERVERS)):
            raise ValueError(f"server_idx must be 0 to {len(SERVERS) - 1}, not {server_idx!r}")
        server_url = SERVERS[server_idx]
    if server_url is None:
        name, server_url = "AUTUMN_BASE_URL", os.environ.get("AUTUMN_BASE_URL") or SERVERS[0]
    return checked_url(name, _filled(server_url, url_params or {}))


def _filled(template: Any, params: Mapping[str, str]) -> Any:
    """Puts `url_params` into the `{names}` of a server URL."""

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in params:
            raise ValueError(f"server_url has {{{name}}}, but url_params has no {name!r}")
        return str(params[name])

    return re.sub(r"\{(\w+)\}", value, template) if isinstance(template, str) else template


def _secret_key(key: Any) -> SecretKey:
    """The key if it is a good one, or the function that will give one."""
    source: Callable[[], Any] | None = key if callable(key) else None
    return source or checked_key(key)


def _version(version: object) -> str:
    version = version or os.environ.get("AUTUMN_X_API_VERSION") or API_VERSION
    if not isinstance(version, str):
        raise TypeError(f'x_api_version must be a str such as "{API_VERSION}", not {version!r}')
    if not version.isascii() or not version.isprintable():
        raise ValueError(f"x_api_version {version!r} can't be sent in a header")
    return version


def _retries(retries: object) -> RetryConfig:
    if retries is None:
        return NO_RETRIES
    if not isinstance(retries, RetryConfig):
        kind = type(retries).__name__
        raise TypeError(f"retry_config (of one call: retries) must be a RetryConfig, not {kind}")
    return retries


def _logger(logger: Any) -> Any:
    if not callable(getattr(logger, "debug", None)):
        raise TypeError(f"debug_logger must have a method debug; {type(logger).__name__} has none")
    return logger


_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def _headers(headers: Mapping[Any, Any]) -> Mapping[str, str]:
    try:
        fields = dict(headers)
    except (TypeError, ValueError):
        message = f"http_headers must be a mapping, not {type(headers).__name__}"
        raise TypeError(message) from None
    for name, value in fields.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError(f"http_headers must map str to str; {name!r} does not")
        if not _HEADER_NAME.fullmatch(name) or not value.isprintable():
            raise ValueError(f"http_headers: {name!r} has characters that a header can't carry")
        if name.lower() in ("content-length", "transfer-encoding"):
            raise ValueError(f"http_headers: {name!r} is not yours to set; it follows the body")
    return fields


def _idempotency_key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"idempotency_key must be a str, not {type(key).__name__}")
    if not key or not key.isascii() or not key.isprintable():
        raise ValueError("idempotency_key must be a non-empty string of printable ASCII")
    return key


def _fail_open_of(value: FailOpen | None) -> frozenset[str]:
    if value is None:
        value = _flag("AUTUMN_FAIL_OPEN", default=True)
    if isinstance(value, bool):
        return FAIL_OPEN_OPERATIONS if value else frozenset()
    try:
        names = frozenset([value] if isinstance(value, str) else value)
    except TypeError:
        message = f"fail_open must be a bool or names of operations, not {value!r}"
        raise TypeError(message) from None
    for name in names - FAIL_OPEN_OPERATIONS:
        able = ", ".join(sorted(FAIL_OPEN_OPERATIONS))
        raise ValueError(f"fail_open: {name!r} can't fail open; the operations that can: {able}")
    return names


def _flag(variable: str, *, default: bool = False) -> bool:
    text = os.environ.get(variable)
    if text is None:
        return default
    known = {"true": True, "1": True, "false": False, "0": False}
    if text.lower() not in known:
        raise ValueError(f"{variable} must be true, false, 1 or 0, not {text!r}")
    return known[text.lower()]


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "deadline_ms": partial(milliseconds, "deadline_ms"),
    "edge_url": partial(checked_url, "edge_url"),
    "fail_open": _fail_open_of,
    "http_headers": _headers,
    "idempotency_key": _idempotency_key,
    "logger": _logger,
    "retries": _retries,
    "secret_key": _secret_key,
    "server_url": partial(checked_url, "server_url"),
    "timeout_ms": partial(milliseconds, "timeout_ms"),
    "use_edge": bool,
    "x_api_version": _version,
}
"""What each option that can be changed later must pass."""
