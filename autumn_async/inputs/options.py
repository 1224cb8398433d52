"""What can be set for a single call, by keyword."""

from collections.abc import Mapping

from ..settings import FailOpen, RetryConfig
from ._typing import TypedDict


class TransportOptions(TypedDict, total=False):
    """What can be set for a single call, by keyword, on every operation."""

    retries: RetryConfig | None
    """How this call is repeated; None: not at all."""
    timeout_ms: float | None
    """The limit of one attempt, in milliseconds."""
    deadline_ms: float | None
    """The limit of the whole call, in milliseconds."""
    server_url: str | None
    """Another server for this call."""
    http_headers: Mapping[str, str] | None
    """More headers; they win over the client's own."""


class CallOptions(TransportOptions, total=False):
    """What can be set for a single call, with a key that makes it repeatable."""

    idempotency_key: str | None
    """A key of your own, at most once per thing done: the server refuses a second use for 24 hours.
    With it, a call whose outcome is unknown is repeated."""


class FailOpenOptions(CallOptions, total=False):
    """What can be set for a single call of an operation that can fail open."""

    fail_open: FailOpen | None
    """Whether this call passes when Autumn can't be reached."""
