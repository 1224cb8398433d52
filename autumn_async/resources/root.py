"""The operations that a client has itself: asking before an action, recording after it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from ..models.checks import CheckResponse, FailedOpenCheckResponse
from ..models.common import SuccessResponse
from ..models.tracks import DuplicateTrackResponse, FailedOpenTrackResponse, TrackResponse
from ..settings import HOT, WRITE
from ..wire.operation import Operation
from .base import AsyncResource

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..inputs import LockInput, OverageBehavior, Quantity, Timestamp, TrackInput
    from ..inputs.options import CallOptions, FailOpenOptions, TransportOptions


def _tracked(kind: type[TrackResponse], body: Mapping[str, Any]) -> TrackResponse:
    return kind(customer_id=body["customer_id"], value=body.get("value", 1))


_LOCK = {"lock": {"enabled": True}}
"""The server refuses a lock that doesn't say that it is enabled."""

CHECK = Operation(
    "check",
    "/v1/balances.check",
    CheckResponse,
    HOT,
    reads=True,
    changes_with=("send_event", "lock"),
    completes=_LOCK,
    edge=True,
    failed_open=FailedOpenCheckResponse(allowed=True, customer_id=""),
)
TRACK = Operation(
    "track",
    "/v1/balances.track",
    TrackResponse,
    HOT,
    key_in_body=True,
    completes=_LOCK,
    one_of=("feature_id", "event_name"),
    empty=lambda body: _tracked(TrackResponse, body),
    duplicate=lambda body: _tracked(DuplicateTrackResponse, body),
    failed_open=FailedOpenTrackResponse(customer_id="", value=0),
)
TRACK_TOKENS = Operation(
    "track_tokens",
    "/v1/balances.track_tokens",
    TrackResponse,
    HOT,
    empty=lambda body: TrackResponse(customer_id=body["customer_id"], value=0),
)
BATCH_TRACK = Operation(
    "batch_track",
    "/v1/balances.batch_track",
    SuccessResponse,
    WRITE,
    whole="request",
    batch_of=TRACK,
    empty=lambda _: SuccessResponse(),
)


@lru_cache(maxsize=128)
def _raw(path: str) -> Operation[object]:
    """An operation that the library doesn't know; it may change anything."""
    if not re.fullmatch(r"(/[\w.~-]+)+", path, re.ASCII):
        raise ValueError(f'path must be one such as "/v1/things.create", not {path!r}')
    return Operation(path, path, object, WRITE, whole="body", empty=lambda _: None)


class AsyncRoot(AsyncResource):
    """`check`, `track`, `track_tokens` and `batch_track`, and `send_raw` for all else."""

    @CHECK.declare
    async def check(
        self,
        *,
        customer_id: str,
        feature_id: str,
        entity_id: str | None = None,
        required_balance: Quantity | None = None,
        properties: Mapping[str, Any] | None = None,
        send_event: bool | None = None,
        lock: LockInput | None = None,
        with_preview: bool | None = None,
        **options: Unpack[FailOpenOptions],
    ) -> CheckResponse:
        """Asks whether a customer may use a feature now; the gate before an action.

        Fails open by default: while Autumn can't be reached, the answer is `allowed=True` with
        `failed_open` True and nothing else in it. With `fail_open=False` such a call raises.

            answer = await autumn.check(customer_id="cus_123", feature_id="messages")
            if answer.allowed:
                ...

        Args:
            customer_id: Your id of the customer, who must exist.
            feature_id: The feature: metered, boolean, or part of a credit system.
            entity_id: Ask for one entity of the customer, such as a seat or a workspace.
            required_balance: How many units must be available; 1 by default.
            properties: Recorded with the event of `send_event`; matched by usage limits.
            send_event: Also use the units up at once, if they are there. Such a call changes
                something: without an `idempotency_key` it isn't repeated after a lost connection.
            lock: Reserve the units under an id, to be settled by `balances.finalize`.
            with_preview: If the answer is no, add what the customer could buy.

        Raises:
            CustomerNotFoundError: No such customer; `customers.get_or_create` makes one.
            EntityNotFoundError, FeatureNotFoundError: No such entity, no such feature.
            ConflictError: The lock id is in use.
        """
        return await self._call(CHECK, locals())

    @TRACK.declare
    async def track(
        self,
        *,
        customer_id: str,
        feature_id: str | None = None,
        entity_id: str | None = None,
        event_name: str | None = None,
        value: Quantity | None = None,
        properties: Mapping[str, Any] | None = None,
        timestamp: Timestamp | None = None,
        overage_behavior: OverageBehavior | Literal["reject"] | None = None,
        async_: bool | None = None,
        lock: LockInput | None = None,
        **options: Unpack[FailOpenOptions],
    ) -> TrackResponse:
        """Records that a customer has used a feature, and takes it off the balance.

        Give an `idempotency_key` of your own and a call whose outcome is unknown is repeated
        without billing twice; the answer then has `duplicate` True if the first attempt had been
        received. Fails open by default: while Autumn can't be reached, the answer has
        `failed_open` True and **the usage is not recorded**; with `fail_open=False` such a call
        raises.

        With API version 2.5.0 the server queues the event unless `async_=False`: the answer comes
        at once, its balance is None, and nobody says so if the customer doesn't exist.

        Args:
            customer_id: Your id of the customer, who must exist.
            feature_id: What was used. Give this or `event_name`.
            entity_id: The entity that used it.
            event_name: An event name, which counts for every feature that lists it.
            value: How many units, fractions included; 1 by default, negative to give back.
            properties: Anything worth keeping with the event, for filters and groups.
            timestamp: When it happened, in milliseconds or as an aware datetime, not in the
                future; it dates the event, while the units come off today's balance.
            overage_behavior: What happens beyond the balance: "cap" (the default) takes what is
                there, "overflow" goes below zero, "reject" refuses the whole event.
            async_: Let the server queue the event instead of waiting for the balance.
            lock: As the API defines it; reservations are made by `check`.

        Raises:
            CustomerNotFoundError: No such customer; `customers.get_or_create` makes one.
            EntityNotFoundError, FeatureNotFoundError: No such entity, no such feature.
            InsufficientBalanceError: "reject", and the balance doesn't allow the amount.
            DuplicateRequestError: Another call has used the idempotency key.
        """
        return await self._call(TRACK, locals())

    @TRACK_TOKENS.declare
    async def track_tokens(
        self,
        *,
        customer_id: str,
        model_id: str,
        input_tokens: int,
        output_tokens: int,
        entity_id: str | None = None,
        feature_id: str | None = None,
        cache_read_tokens: int | None = None,
        cache_write_tokens: int | None = None,
        audio_input_tokens: int | None = None,
        audio_output_tokens: int | None = None,
        reasoning_tokens: int | None = None,
        properties: Mapping[str, Any] | None = None,
        timestamp: Timestamp | None = None,
        overage_behavior: OverageBehavior | None = None,
        async_: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> TrackResponse:
        """Records the tokens of a call to an AI model, and takes their cost off the balance.

        The cost is that of the model, with the markups of the AI credit system. Each kind of token
        is counted once: those read from a cache aren't among `input_tokens`. It never fails open:
        while Autumn can't be reached, it raises. Give an `idempotency_key` of your own and a call
        whose outcome is unknown is repeated without billing twice.

            await autumn.track_tokens(
                customer_id="cus_123",
                model_id="anthropic/claude-sonnet-4",
                input_tokens=1200,
                output_tokens=300,
            )

        Args:
            customer_id: Your id of the customer, who must exist.
            model_id: The model, as "provider/model"; "custom/..." for one of your own.
            input_tokens: Tokens that went in.
            output_tokens: Tokens that came out.
            entity_id: The entity that used it.
            feature_id: The AI credit system, if the customer has several.
            cache_read_tokens: Tokens read from a cache.
            cache_write_tokens: Tokens written to a cache.
            audio_input_tokens: Tokens of sound that went in.
            audio_output_tokens: Tokens of sound that came out.
            reasoning_tokens: Tokens that the model spent on thinking.
            properties: Anything worth keeping with the event.
            timestamp: When it happened, in milliseconds or as an aware datetime.
            overage_behavior: What happens beyond the balance: "cap" (the default) takes what is
                there, "overflow" goes below zero.
            async_: Let the server queue the event instead of waiting for the balance.

        Raises:
            CustomerNotFoundError: No such customer.
            FeatureNotFoundError: The customer has no AI credit system.
            BadRequestError: An unknown model, or several AI credit systems and no `feature_id`.
        """
        return await self._call(TRACK_TOKENS, locals())

    @BATCH_TRACK.declare
    async def batch_track(
        self, request: Sequence[TrackInput], **options: Unpack[TransportOptions]
    ) -> SuccessResponse:
        """Hands over 1 to 1000 events in one request; the server applies them shortly after.

        Give each event an `idempotency_key`: then the request is repeated after a lost connection,
        and no event counts twice. One event that the server can't take refuses them all. Unknown
        customers and entities go unnoticed.

            await autumn.batch_track([
                {"customer_id": "cus_123", "feature_id": "messages", "idempotency_key": "m-1"},
                {"customer_id": "cus_123", "feature_id": "messages", "idempotency_key": "m-2"},
            ])

        Args:
            request: The events, with the fields of `track`.

        Raises:
            BadRequestError: An event isn't valid; the message begins with its index.
            FeatureNotFoundError: An event names an unknown feature.
        """
        return await self._call(BATCH_TRACK, locals())

    async def send_raw(
        self,
        path: str,
        body: Mapping[str, Any] | Sequence[Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Calls what this library has no method for yet; returns the decoded JSON of the answer.

        Keys, limits, errors and logs are those of every call. It is taken for a change: without an
        `idempotency_key` it isn't repeated after a lost connection.

            answer = await autumn.send_raw("/v1/things.create", {"id": "thing_1"})

        Args:
            path: Where it goes on the server, from "/v1" on.
            body: What is sent: an object, or a list of them; an empty object by default. Decimals
                and aware datetimes become numbers, and nothing else changes.

        Raises:
            AutumnError: The server refuses it; the class tells by which status and code.
        """
        whole: Any = {} if body is None else body
        return await self._call(_raw(path), {"self": self, "body": whole, "options": options})
