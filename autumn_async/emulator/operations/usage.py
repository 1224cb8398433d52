"""balances.check, balances.track and balances.batch_track"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ..answers.balances import (
    balance_answer,
    deduction_answer,
    flag_answer,
    standing_answer,
)
from ..domain.amounts import exact
from ..domain.checking import Question, Verdict, check
from ..domain.events import Deduction, Event
from ..domain.failures import ApiError, invalid_input, refused
from ..domain.tracking import Outcome, Usage, track
from ..validation import (
    Issue,
    Shape,
    array,
    boolean,
    choice,
    moment,
    number,
    optional,
    record,
    required,
    text,
)
from .call import DONE, Answer, Call, Operation

if TYPE_CHECKING:
    from ..domain.environment import Environment
    from ..domain.features import Feature

BODY_KEYS: Final = "body"
"""The name space of idempotency keys in bodies, of single tracks and of batch items."""
LARGEST_BATCH: Final = 1000
QUEUED_BY_DEFAULT: Final = (2, 5, 0)
"""Since this version a track is queued unless it says `async: false`."""


def _feature_or_event(body: dict[str, Any]) -> Sequence[Issue]:
    if ("feature_id" in body) == ("event_name" in body):
        return [("", "Either feature_id or event_name must be provided")]
    return ()


CHECK = Shape(
    {
        "customer_id": required(text()),
        "feature_id": required(text()),
        "entity_id": optional(text()),
        "required_balance": optional(number(), default=1),
        "properties": optional(record()),
        "send_event": optional(boolean, default=False),
        "with_preview": optional(boolean, default=False),
    },
    unserved=("lock",),
)
TRACK = Shape(
    {
        "customer_id": required(text()),
        "feature_id": optional(text()),
        "event_name": optional(text()),
        "entity_id": optional(text()),
        "value": optional(number(), default=1),
        "properties": optional(record()),
        "timestamp": optional(moment(whole=True)),
        "overage_behavior": optional(choice("cap", "overflow", "reject"), default="cap"),
        "async": optional(boolean),
        "idempotency_key": optional(text()),
    },
    rules=(_feature_or_event,),
    unserved=("lock",),
)
BATCH = array(TRACK, least=1, most=LARGEST_BATCH)


def run_check(call: Call) -> Answer:
    params, now = call.params, call.now
    feature = call.env.features.get(params["feature_id"])
    customer = call.subject()
    if params["send_event"] and feature.boolean:
        raise refused(
            "send_event cannot be used with boolean features,"
            " which are flags rather than usage-tracked."
        )
    properties = params.get("properties", {})
    question = Question(customer, feature, params["required_balance"], properties, now)
    verdict = check(call.env, question)
    if params["send_event"] and verdict.pool.standing.rows:
        return _consume(call, question, verdict)
    return _verdict(call, verdict)


def _verdict(call: Call, verdict: Verdict) -> Answer:
    feature, total = verdict.pool.feature, verdict.pool.standing
    return _check_answer(
        call,
        allowed=verdict.allowed,
        required_balance=verdict.required,
        balance=standing_answer(feature, total),
        flag=flag_answer(feature, total.rows),
    )


def _consume(call: Call, question: Question, verdict: Verdict) -> Answer:
    """Takes what was asked for if there is enough of it; else nothing is taken or recorded."""
    feature, amount = question.feature, question.amount
    usage = Usage(question.customer, (feature,), amount, question.properties, "reject", call.now)
    try:
        outcome = track(call.env, usage)
    except ApiError:
        return _verdict(call, replace(verdict, allowed=False))
    _record(call.env, outcome, feature.id, call.now)
    shown = outcome.shown()
    costs = {funding.system: funding.cost for funding in call.env.features.funding(feature)}
    return _check_answer(
        call,
        allowed=True,
        required_balance=exact(amount * costs.get(shown or feature, 1)),
        flag=None,
        **_balances(outcome),
    )


def _check_answer(call: Call, **fields: Any) -> Answer:
    params = call.params
    answer: Answer = {"allowed": fields.pop("allowed"), "customer_id": params["customer_id"]}
    if "entity_id" in params:
        answer["entity_id"] = params["entity_id"]
    answer |= fields
    if params["with_preview"]:
        answer["preview"] = None
    return answer


def run_track(call: Call) -> Answer:
    params, env = call.params, call.env
    _require_sound(call, params, "timestamp")
    key: str | None = params.get("idempotency_key")
    if key is not None:
        env.claims.require(BODY_KEYS, key, call.received_at)
    try:
        if params.get("async", call.version >= QUEUED_BY_DEFAULT):
            return _accept(call)
        outcome, deductions = _track(call, params)
    except ApiError:
        if key is not None:
            env.claims.release(BODY_KEYS, key)
        raise
    answer = _track_answer(params, **_balances(outcome))
    answer["deductions"] = [deduction_answer(each) for each in deductions]
    return answer


def run_batch(call: Call) -> Answer:
    """Queues every item; what goes wrong with one of them later goes unnoticed."""
    for index, item in enumerate(call.params):
        _require_sound(call, item, f"{index}.timestamp")
    call.env.queue.extend(partial(_apply_item, call, item) for item in call.params)
    return DONE


def _accept(call: Call) -> Answer:
    """Queues a track: customers are not looked up before it is applied."""
    call.status = 202
    call.env.queue.append(partial(_apply, call, call.params))
    return _track_answer(call.params, balance=None)


def _apply(call: Call, params: dict[str, Any]) -> bool:
    try:
        _track(call, params)
    except ApiError:
        return False
    return True


def _apply_item(call: Call, item: dict[str, Any]) -> None:
    """Applies an item of a batch unless its key has been used."""
    key: str | None = item.get("idempotency_key")
    claims = call.env.claims
    if key is None:
        _apply(call, item)
    elif claims.claim(BODY_KEYS, key, call.received_at) and not _apply(call, item):
        claims.release(BODY_KEYS, key)


def _require_sound(call: Call, params: dict[str, Any], timestamp_path: str) -> None:
    """What is refused before anything is queued: unknown features, times to come."""
    call = call.about(params)
    timestamp: int = params.get("timestamp", call.now)
    if timestamp > call.now:
        raise invalid_input(timestamp_path, "timestamp cannot be in the future")
    if timestamp <= 0:
        raise invalid_input(timestamp_path, "Too small: expected number to be >0")
    _features(call, params)
    if "event_name" in params and params["overage_behavior"] == "reject":
        raise refused("overage_behavior 'reject' needs a feature_id")


def _features(call: Call, params: dict[str, Any]) -> Sequence[Feature]:
    if "feature_id" in params:
        return (call.env.features.get(params["feature_id"]),)
    features = tuple(call.env.features.by_event(params["event_name"]))
    if not features:
        text = f"No features found for event name: {params['event_name']}"
        raise refused(text, status=404)
    return features


def _track(call: Call, params: dict[str, Any]) -> tuple[Outcome, Sequence[Deduction]]:
    call = call.about(params)
    customer = call.subject(params)
    usage = Usage(
        customer,
        _features(call, params),
        params["value"],
        params.get("properties", {}),
        params["overage_behavior"],
        call.now,
    )
    outcome = track(call.env, usage)
    name = params["event_name"] if "event_name" in params else params["feature_id"]
    return outcome, _record(call.env, outcome, name, params.get("timestamp", call.now))


def _record(env: Environment, outcome: Outcome, name: str, timestamp: int) -> Sequence[Deduction]:
    usage = outcome.usage
    deductions = tuple(Deduction.of(take) for take in outcome.takes)
    event_id = env.ids.new("evt", usage.now)
    event = Event(
        event_id, timestamp, usage.customer, name, usage.value, usage.properties, deductions
    )
    env.events.record(event)
    return deductions


def _balances(outcome: Outcome) -> Answer:
    """The balance an answer shows, and all of them where there is more than one to show."""
    now = outcome.usage.now
    shown = outcome.shown()
    answer: Answer = {"balance": None}
    if shown:
        answer["balance"] = balance_answer(shown, outcome.rows[shown], now)
    if outcome.many:
        answer["balances"] = {
            feature.id: balance_answer(feature, rows, now) for feature, rows in outcome.rows.items()
        }
    return answer


def _track_answer(params: dict[str, Any], **fields: Any) -> Answer:
    answer: Answer = {"customer_id": params["customer_id"]}
    for name in ("entity_id", "event_name"):
        if name in params:
            answer[name] = params[name]
    answer["value"] = params["value"]
    return answer | fields


OPERATIONS = {
    "balances.check": Operation(CHECK, run_check),
    "balances.track": Operation(TRACK, run_track),
    "balances.batch_track": Operation(BATCH, run_batch),
}
