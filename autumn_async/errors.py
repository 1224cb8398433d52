"""What a call can raise.

    AutumnSDKError
    ├── AutumnError                        Autumn answered, and the answer is an error
    │   ├── RedirectError                  3xx: never followed
    │   ├── BadRequestError                400
    │   │   ├── InsufficientBalanceError   400 insufficient_balance, usage_limit_exceeded
    │   │   └── ReservationExpiredError    400 for settling units that aren't held any more
    │   ├── AuthenticationError            401
    │   ├── PaymentRequiredError           402
    │   ├── PermissionDeniedError          403
    │   ├── NotFoundError                  404
    │   │   ├── CustomerNotFoundError      404 customer_not_found
    │   │   ├── EntityNotFoundError        404 entity_not_found
    │   │   ├── FeatureNotFoundError       404 feature_not_found
    │   │   └── PlanNotFoundError          404 product_not_found
    │   ├── ConflictError                  409
    │   │   └── DuplicateRequestError      409 duplicate_idempotency_key
    │   ├── LockedError                    423: another billing call of this customer is under way
    │   ├── RateLimitError                 429
    │   ├── ServerError                    5xx
    │   └── ResponseValidationError        2xx with a body that isn't what it should be
    ├── AutumnConnectionError              no connection, or a lost one (a ConnectionError)
    ├── AutumnTimeoutError                 no answer in time (a TimeoutError)
    ├── ClientClosedError                  the client was closed before the call (a RuntimeError)
    ├── QueueFullError                     a tracker has no room for another event
    ├── StorageError                       a tracker's store can't be used
    │   └── StorageFullError               ... because there is no room left
    ├── WebhookVerificationError           a delivery that isn't from Autumn, or is too old
    └── WebhookPayloadError                a delivery from Autumn that can't be read

Bad arguments raise `TypeError` or `ValueError` before anything is sent. Every error here can be
pickled and copied. Where `outcome` is "unknown", Autumn may have carried the call out.
"""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import msgspec

from .exchange import Headers, Request, Response

Outcome = Literal["not sent", "unknown"]

DOUBT = "the outcome is unknown: Autumn may have carried the call out"

UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
"""What decoding a body can raise; msgspec's own errors are ValueErrors from 0.21 on."""

_E = TypeVar("_E", bound="AutumnSDKError")


class AutumnSDKError(Exception):
    """Everything that this package raises about a call that it made or tried to make."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.attempts = 1
        """How many times the request was sent before this was raised."""
        self.request: Request | None = None
        """The request, without its credentials."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[_E], args: tuple[Any, ...], state: dict[str, Any]) -> _E:
    """Rebuilds an error without calling its constructor, whose arguments `args` are not."""
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class AutumnError(AutumnSDKError):
    """An error that Autumn (or something in front of it) answered over HTTP.

    `str(error)` begins with status and code, which is what support asks for.
    """

    def __init__(
        self,
        message: str,
        raw_response: Response,
        *,
        code: str | None = None,
        env: str | None = None,
    ) -> None:
        super().__init__(message)
        self.raw_response = raw_response
        """The whole answer: status, headers, undecoded body."""
        self.code = code
        """Autumn's own code, such as `customer_not_found`; None where the answer isn't Autumn's."""
        self.env = env
        """`sandbox` or `live`; None where the answer doesn't say."""

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        return self.raw_response.status_code

    @property
    def headers(self) -> Headers:
        """The answer's headers, by name in any case."""
        return self.raw_response.headers

    @property
    def body(self) -> str:
        """The answer's body as text; empty where it had none."""
        return self.raw_response.text

    @property
    def retry_after(self) -> float | None:
        """The seconds that the server asks to wait before another attempt, or None."""
        return self.raw_response.retry_after

    def __str__(self) -> str:
        head = f"{self.status_code} {self.code}" if self.code else str(self.status_code)
        where = f" ({self.request.method} {self.request.url})" if self.request else ""
        return f"{head}: {self.message}{where}"


class RedirectError(AutumnError):
    """The server answered with a redirect. It isn't followed, so that no key travels elsewhere."""

    @property
    def location(self) -> str | None:
        """Where the server pointed to. If it is right, pass it as `server_url`."""
        return self.headers.get("location")


class BadRequestError(AutumnError):
    """400: the request can't be carried out as it is."""


class InsufficientBalanceError(BadRequestError):
    """The customer's balance, or a usage limit, doesn't allow the amount."""


class ReservationExpiredError(BadRequestError):
    """The reserved units were given back before they were booked; what was used must be tracked."""


class AuthenticationError(AutumnError):
    """401: the secret key is missing, malformed or unknown."""


class PaymentRequiredError(AutumnError):
    """402: a payment that the call needs has failed."""


class PermissionDeniedError(AutumnError):
    """403: the key lacks a scope, or the operation is switched off."""


class NotFoundError(AutumnError):
    """404: something that the call names doesn't exist in this environment."""


class CustomerNotFoundError(NotFoundError):
    """No such customer. `customers.get_or_create` makes one."""


class EntityNotFoundError(NotFoundError):
    """No such entity of that customer."""


class FeatureNotFoundError(NotFoundError):
    """No such feature."""


class PlanNotFoundError(NotFoundError):
    """No such plan, or no such version of it (the API's code is `product_not_found`)."""


class ConflictError(AutumnError):
    """409: the call collides with what is already there."""


class DuplicateRequestError(ConflictError):
    """The idempotency key was used before.

    The server says only that a request with this key was received. It neither repeats the first
    answer nor says how that request ended.
    """


class LockedError(AutumnError):
    """423: another billing call for this customer is under way; try again in a few seconds."""


class RateLimitError(AutumnError):
    """429: too many requests; nothing was done. `retry_after` says how long to wait."""


class ServerError(AutumnError):
    """5xx: Autumn, or a proxy in front of it, failed."""

    def __init__(
        self,
        message: str,
        raw_response: Response,
        *,
        code: str | None = None,
        env: str | None = None,
    ) -> None:
        super().__init__(message, raw_response, code=code, env=env)
        refused = self.status_code == 503 and self.retry_after is not None
        self.outcome: Outcome = "not sent" if refused else "unknown"
        """ "not sent" for a 503 that says when to come back, else "unknown"."""

    def __str__(self) -> str:
        doubt = "" if self.outcome == "not sent" else f"; {DOUBT}"
        return super().__str__() + doubt


class ResponseValidationError(AutumnError):
    """A 2xx answer whose body can't be what it claims to be."""

    def __init__(
        self, message: str, raw_response: Response, *, field: str | None, cause: Exception
    ) -> None:
        super().__init__(message, raw_response)
        self.field = field
        """The path of the field that doesn't fit, such as `$.balance.remaining`, or None."""
        self.cause = cause
        """The decoder's own error."""


class AutumnConnectionError(AutumnSDKError, ConnectionError):
    """No answer: the connection couldn't be made, or was lost."""

    def __init__(self, message: str, *, outcome: Outcome) -> None:
        super().__init__(message)
        self.outcome: Outcome = outcome
        """ "not sent", or "unknown": the request may have been carried out."""


class AutumnTimeoutError(AutumnSDKError, TimeoutError):
    """No answer within `timeout_ms`, or `deadline_ms` ran out."""

    def __init__(self, message: str, *, outcome: Outcome) -> None:
        super().__init__(message)
        self.outcome: Outcome = outcome
        """ "not sent", or "unknown": the request may have been carried out."""


class ClientClosedError(AutumnSDKError, RuntimeError):
    """The client was closed, or the session that it was given."""


class QueueFullError(AutumnSDKError):
    """The event was not taken: more events wait to be stored than the tracker may hold."""


class StorageError(AutumnSDKError):
    """A tracker's store can't be opened, read or written. Nothing in it was overwritten."""


class StorageFullError(StorageError):
    """The event was not stored: the disk is full, or `max_stored_bytes` is reached."""


class WebhookVerificationError(AutumnSDKError):
    """A delivery that isn't from Autumn, was changed on the way, or is too old."""


class WebhookPayloadError(AutumnSDKError):
    """A delivery whose body can't be read as an event."""


_BY_STATUS: dict[int, type[AutumnError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: PaymentRequiredError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    423: LockedError,
    429: RateLimitError,
}

_BY_CODE: dict[str, type[AutumnError]] = {
    "customer_not_found": CustomerNotFoundError,
    "duplicate_idempotency_key": DuplicateRequestError,
    "entity_not_found": EntityNotFoundError,
    "feature_not_found": FeatureNotFoundError,
    "insufficient_balance": InsufficientBalanceError,
    "product_not_found": PlanNotFoundError,
    "usage_limit_exceeded": InsufficientBalanceError,
}

_HINTS = {
    "invalid_api_version": "; set the argument x_api_version, or AUTUMN_X_API_VERSION",
    "customer_not_found": "; customers.get_or_create makes a customer",
}


def cast_doubt(error: AutumnSDKError) -> None:
    """Says of a call's last error that an earlier attempt may have been carried out."""
    if isinstance(error, (AutumnConnectionError, AutumnTimeoutError, ServerError)):
        if error.outcome == "unknown":
            return
        error.outcome = "unknown"
    error.message += "; an earlier attempt of this call may have been carried out"
    error.args = (error.message,)


class _Body(msgspec.Struct):
    """What Autumn puts into an error; a gateway's JSON may have a part of it."""

    message: str | None = None
    code: str | None = None
    env: str | None = None


_BODY = msgspec.json.Decoder(_Body)


def error_from(response: Response) -> AutumnError:
    """The error that an answer outside 2xx stands for, whatever its body is."""
    try:
        body = _BODY.decode(response.content)
    except UNREADABLE:
        body = _Body()
    kind = _class_of(response.status_code, body.code)
    message = (body.message or _foreign_message(response)) + _HINTS.get(body.code or "", "")
    return kind(message, response, code=body.code, env=body.env)


def _class_of(status: int, code: str | None) -> type[AutumnError]:
    if 300 <= status < 400:
        return RedirectError
    general = ServerError if status >= 500 else _BY_STATUS.get(status, AutumnError)
    special = _BY_CODE.get(code or "", general)
    return special if issubclass(special, general) else general


def _foreign_message(response: Response) -> str:
    """Describes an answer that isn't Autumn's own: a rate limiter's text, a proxy's HTML."""
    if 300 <= response.status_code < 400:
        location = response.headers.get("location", "an unnamed place")
        return (
            f"the server redirects to {location}, which is not followed; "
            "if that is the right place, pass it as server_url"
        )
    text = " ".join(response.text.split())
    return text[:200] if text else "the answer has no body"
