"""What went over the wire, as errors and `capture()` show it: never with credentials."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

_CREDENTIALS = (
    "(?i)authorization|x-auth|cookie|secret|token|passw|credential|jwt|signature|bypass|api-?key"
    "|(?<!idempotency-)key$"
)
"""In the name of a header: it never reaches a log, an error or a capture."""

_SECRETS = r'(?is)("(?:(?:\w+_)?(?:token|secret|secret_key)|key)"\s*:\s*)"(?:[^"\\]|\\.?)*(?:"|$)'
"""A field of a body that holds a secret: the models name theirs in `secret_fields`."""


def without_secrets(text: str) -> str:
    """A body, or the beginning of one, as logs and errors show it."""
    return re.sub(_SECRETS, r'\1"***"', text)


class Headers(Mapping[str, str]):
    """Header fields by name, in any case. Repeated fields are joined by commas."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields: dict[str, str] = {}
        for name, value in fields:
            key = name.lower()
            self._fields[key] = f"{self._fields[key]}, {value}" if key in self._fields else value

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"Headers({self._fields!r})"


def without_credentials(headers: Mapping[str, str]) -> Headers:
    """The headers without those that authenticate, our own or any that `http_headers` added."""
    return Headers(field for field in headers.items() if not re.search(_CREDENTIALS, field[0]))


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it was sent, without its credentials."""

    method: str
    url: str
    headers: Headers
    body: bytes

    def __repr__(self) -> str:
        """Without the body: it may hold secrets."""
        return f"<Request {self.method} {self.url}, {len(self.body)} bytes>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Stands in for msgspec's own, which would show the body to rich's tracebacks."""
        return [("method", self.method), ("url", self.url)]


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as it came back: status, headers and the undecoded body."""

    status_code: int
    headers: Headers
    content: bytes
    attempts: int = 1
    """How many times the request was sent, this answer's attempt included."""
    edge: bool = False
    """Whether the edge answered it, without asking the API."""

    def __repr__(self) -> str:
        """Without the body: it may hold secrets."""
        return f"<Response {self.status_code}, {len(self.content)} bytes>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Stands in for msgspec's own, which would show the body to rich's tracebacks."""
        return [("status_code", self.status_code), ("attempts", self.attempts)]

    @property
    def text(self) -> str:
        """The body as text; bytes that aren't UTF-8 are replaced."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body decoded as JSON; raises `msgspec.DecodeError` where it isn't."""
        return msgspec.json.decode(self.content)

    @property
    def date(self) -> float | None:
        """What the server's clock showed, in seconds since the epoch; None if it doesn't say."""
        return _http_date(self.headers.get("date", ""))

    @property
    def retry_after(self) -> float | None:
        """The seconds that the server asks to wait before another attempt, or None.

        A date is measured against the server's own `Date`: a wrong clock here doesn't matter.
        """
        value = self.headers.get("retry-after")
        if value is None:
            return None
        try:
            seconds = float(value)
        except ValueError:
            at = _http_date(value)
            if at is None:
                return None
            seconds = at - (self.date or time.time())
        return max(0.0, seconds) if seconds == seconds and seconds != float("inf") else None


def _http_date(value: str) -> float | None:
    """The time of an HTTP date, which is UTC also in the old form that doesn't say so."""
    try:
        date = parsedate_to_datetime(value)
        return (date if date.tzinfo else date.replace(tzinfo=timezone.utc)).timestamp()
    except (ValueError, OverflowError):
        return None
