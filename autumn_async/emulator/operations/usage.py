"""balances.check, balances.track and balances.batch_track"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from ..answers.balances import (
    balance_answer,
    deduction_answer,
    flag_answer,
)
from ..answers.paywall import paywall_answer
from ..domain.auto_topups import top_up_low
from ..domain.checking import Question, Verdict, check
from ..domain.failures import ApiError, invalid_input, refused
from ..domain.idempotency import BODY_KEYS
from ..domain.paywall import paywall
from ..domain.pending import Pending
from ..domain.recording import deductions_of, record
from ..domain.standing import overview, total
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
    required,
    text,
)
from ..validation import record as mapping
from ..versions import NEWEST
from . import locks
from .call import DONE, Answer, Call, Operation

if TYPE_CHECKING:
    from ..domain.environment import Environment
    from ..domain.events import Deduction
    from ..domain.features import Feature

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
        "properties": optional(mapping()),
        "send_event": optional(boolean, default=False),
        "lock": optional(locks.LOCK),
        "with_preview": optional(boolean, default=False),
        "skip_event": optional(boolean, default=False),
    }
)
TRACK_OPTIONS = {
    "customer_id": required(text()),
    "entity_id": optional(text()),
    "properties": optional(mapping()),
    "timestamp": optional(moment(whole=True)),
    "overage_behavior": optional(choice("cap", "overflow", "reject"), default="cap"),
    "async": optional(boolean),
    "idempotency_key": optional(text()),
    "skip_event": optional(boolean, default=False),
}
_USAGE = {
    "feature_id": optional(text()),
    "event_name": optional(text()),
    "value": optional(number(), default=1),
    "lock": optional(locks.LOCK),
    **TRACK_OPTIONS,
}
TRACK = Shape(_USAGE, rules=(_feature_or_event,))
BATCH = array(TRACK, least=1, most=LARGEST_BATCH)


def run_check(call: Call) -> Answer:
    params, now = call.params, call.now
    feature = call.env.features.get(params["feature_id"])
    subject = call.subject()
    consumes = params["send_event"] or "lock" in params
    if consumes and feature.boolean:
        raise refused(
            "send_event cannot be used with boolean features,"
            " which are flags rather than usage-tracked."
        )
    locks.require_enabled(call, params)
    locks.prepare(call, (feature,))
    properties = params.get("properties", {})
    question = Question(subject, feature, params["required_balance"], properties, now)
    verdict = check(call.env, question)
    if consumes and verdict.pool.standing.rows:
        return _consume(call, question, verdict)
    return _verdict(call, question, verdict)


def _verdict(call: Call, question: Question, verdict: Verdict) -> Answer:
    feature, subject = verdict.pool.feature, question.subject
    shown = verdict.pool.standing
    if subject.entity is None and subject.customer.entities:
        shown = overview(subject, feature, call.now)
    return _check_answer(
        call,
        question,
        allowed=verdict.allowed,
        required_balance=verdict.pool.required,
        balance=balance_answer(feature, shown),
        flag=flag_answer(feature, shown),
    )


def _consume(call: Call, question: Question, verdict: Verdict) -> Answer:
    """Takes what was asked for if there is enough of it; else nothing is taken or recorded."""
    feature, amount = question.feature, question.amount
    behavior = call.params.get("lock", {}).get("overage_behavior", "reject")
    usage = Usage(question.subject, (feature,), amount, question.properties, behavior, call.now)
    try:
        outcome = track(call.env, usage)
    except ApiError:
        return _verdict(call, question, replace(verdict, allowed=False))
    locks.hold(call, outcome, feature.id)
    if not call.params["skip_event"]:
        record(call.env, outcome, feature.id, call.now)
    answer = _check_answer(
        call,
        question,
        allowed=True,
        required_balance=verdict.pool.required,
        flag=None,
        **_balances(outcome),
    )
    fill_up(call.env, outcome)
    return answer


def _check_answer(call: Call, question: Question, **fields: Any) -> Answer:
    params = call.params
    answer: Answer = {"allowed": fields["allowed"], "customer_id": params["customer_id"]}
    if "entity_id" in params:
        answer["entity_id"] = params["entity_id"]
    answer |= fields
    if params["with_preview"]:
        answer["preview"] = None
        if not fields["allowed"]:
            offer = paywall(call.env, question.subject, question.feature)
            answer["preview"] = paywall_answer(
                offer, call.env.name, limited=fields["balance"] is not None
            )
    return answer


def run_track(call: Call) -> Answer:
    params, env = call.params, call.env
    require_sound(call, params, "timestamp")
    features = _features(env, params)
    locks.require_enabled(call, params)
    locks.prepare(call, features)
    return run_once(call, params, features)


def run_once(call: Call, params: dict[str, Any], features: Sequence[Feature]) -> Answer:
    """Tracks at once or queues it, unless its key was used; a failure gives the key back."""
    claims = call.env.claims
    key: str | None = params.get("idempotency_key")
    if key is not None:
        claims.require(BODY_KEYS, key, call.received_at)
    try:
        if "lock" not in params and params.get("async", call.version >= QUEUED_BY_DEFAULT):
            return _accept(call, params)
        outcome, deductions = _track(call, params, features)
    except ApiError:
        if key is not None:
            claims.release(BODY_KEYS, key)
        raise
    locks.hold(call, outcome, _event_name(params))
    answer = _track_answer(params, **_balances(outcome))
    answer["deductions"] = [deduction_answer(each) for each in deductions]
    fill_up(call.env, outcome)
    return answer


def fill_up(env: Environment, outcome: Outcome) -> None:
    """Tops up what has run low. It happens after the answer, which doesn't show it."""
    usage = outcome.usage
    top_up_low(env, usage.subject.customer, outcome.rows, usage.now)


def run_batch(call: Call) -> Answer:
    """Queues every item; what goes wrong with one of them later goes unnoticed."""
    for index, item in enumerate(call.params):
        require_sound(call, item, f"{index}.timestamp")
        locks.require_enabled(call, item, f"{index}.lock")
        _features(call.env, item)
    key_of = [item.get("idempotency_key") for item in call.params]
    pending = zip(call.params, key_of, strict=True)
    call.env.queue.extend(Pending(item, call.received_at, key) for item, key in pending)
    return DONE


def apply_pending(env: Environment, pending: Pending) -> None:
    """Applies queued usage unless its key has been used; what cannot be applied is dropped."""
    key, claims = pending.key, env.claims
    if key is not None and not claims.claim(BODY_KEYS, key, pending.received_at):
        return
    moment, params = pending.received_at, pending.params
    call = Call(env, NEWEST, moment, params, moment).about(params)
    try:
        features = _features(env, params)
        locks.prepare(call, features)
        outcome, _ = _track(call, params, features)
        locks.hold(call, outcome, _event_name(params))
        fill_up(env, outcome)
    except ApiError:
        if key is not None:
            claims.release(BODY_KEYS, key)


def _accept(call: Call, params: dict[str, Any]) -> Answer:
    """Queues a track: customers are not looked up before it is applied."""
    call.status = 202
    call.env.queue.append(Pending(params, call.received_at))
    return _track_answer(params, balance=None)


def require_sound(call: Call, params: Mapping[str, Any], timestamp_path: str) -> None:
    """What is refused before anything is queued: times to come, rejection of many features."""
    call = call.about(params)
    timestamp: int = params.get("timestamp", call.now)
    if timestamp > call.now:
        raise invalid_input(timestamp_path, "timestamp cannot be in the future")
    if timestamp <= 0:
        raise invalid_input(timestamp_path, "Too small: expected number to be >0")
    if "event_name" in params and params["overage_behavior"] == "reject":
        raise refused("overage_behavior 'reject' needs a feature_id")


def _features(env: Environment, params: Mapping[str, Any]) -> Sequence[Feature]:
    if "feature_id" in params:
        return (env.features.get(params["feature_id"]),)
    features = tuple(env.features.by_event(params["event_name"]))
    if not features:
        text = f"No features found for event name: {params['event_name']}"
        raise refused(text, status=404)
    return features


def _track(
    call: Call, params: Mapping[str, Any], features: Sequence[Feature]
) -> tuple[Outcome, Sequence[Deduction]]:
    call = call.about(params)
    properties = params.get("properties", {})
    behavior: str = params["overage_behavior"]
    usage = Usage(call.subject(params), features, params["value"], properties, behavior, call.now)
    outcome = track(call.env, usage)
    if params.get("skip_event"):
        return outcome, deductions_of(outcome.takes)
    timestamp: int = params.get("timestamp", call.now)
    return outcome, record(call.env, outcome, _event_name(params), timestamp)


def _event_name(params: Mapping[str, Any]) -> str:
    name: str = params["event_name"] if "event_name" in params else params["feature_id"]
    return name


def _balances(outcome: Outcome) -> Answer:
    """The balance an answer shows, and all of them where there is more than one to show."""
    shown = outcome.shown()
    answer: Answer = {"balance": _balance(outcome, shown) if shown else None}
    if outcome.many:
        answer["balances"] = {feature.id: _balance(outcome, feature) for feature in outcome.rows}
    return answer


def _balance(outcome: Outcome, feature: Feature) -> Answer | None:
    """With the rows that were there before, emptied ones too."""
    subject, now = outcome.usage.subject, outcome.usage.now
    others = () if subject.entity else subject.customer.ledger.rows_of_entities(feature, now)
    return balance_answer(feature, total(outcome.rows[feature], now, subject.entity, others))


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
