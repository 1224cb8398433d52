"""Locks in the bodies of checks and tracks, and balances.finalize"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..domain import locks
from ..domain.auto_topups import top_up_low
from ..domain.failures import invalid_input, refused
from ..validation import (
    Issue,
    Issues,
    Shape,
    choice,
    moment,
    number,
    optional,
    required,
    text,
)
from ..validation import record as mapping
from .call import DONE, Answer, Call, Operation

if TYPE_CHECKING:
    from ..domain.features import Feature
    from ..domain.tracking import Outcome

ENABLED_BY_DEFAULT = (2, 5, 0)
"""Since this version a lock need not say that it is enabled."""

_SHORT_ENOUGH = re.compile(r"\A.{0,256}\Z", re.DOTALL)
_NOT_TRUE = "Invalid input: expected true"


def _true(value: Any, path: str, issues: Issues) -> Any:
    if value is not True:
        issues.append((path, _NOT_TRUE))
    return value


LOCK = Shape(
    {
        "lock_id": required(
            text((_SHORT_ENOUGH, "Too big: expected string to have <=256 characters"))
        ),
        "enabled": optional(_true),
        "expires_at": optional(moment()),
        "overage_behavior": optional(choice("cap", "overflow")),
    }
)


def _no_override_of_nothing(body: dict[str, Any]) -> Sequence[Issue]:
    if body["action"] == "release" and "override_value" in body:
        return [("override_value", "override_value cannot be used with action release")]
    return ()


FINALIZE = Shape(
    {
        "lock_id": required(text()),
        "action": required(choice("confirm", "release")),
        "override_value": optional(number()),
        "properties": optional(mapping()),
    },
    rules=(_no_override_of_nothing,),
)


def require_enabled(call: Call, params: Mapping[str, Any], path: str = "lock") -> None:
    """Before 2.5, a lock must say that it is meant."""
    lock: Mapping[str, Any] = params.get("lock", {"enabled": True})
    if "enabled" not in lock and call.version < ENABLED_BY_DEFAULT:
        raise invalid_input(f"{path}.enabled", _NOT_TRUE)


def prepare(call: Call, features: Sequence[Feature]) -> None:
    """Refuses a lock that cannot be held, before anything is taken."""
    lock: Mapping[str, Any] | None = call.params.get("lock")
    if lock is None:
        return
    if len(features) > 1:
        raise refused("Lock is not supported for event names that several features list")
    if features[0].continuous:
        raise refused("Lock is not supported for allocated features")
    locks.require_brief(lock.get("expires_at"), call.now)
    locks.require_free(call.env, lock["lock_id"], call.received_at)


def hold(call: Call, outcome: Outcome, name: str) -> None:
    """Turns what has been taken into a lock, if the request asks for one."""
    lock: Mapping[str, Any] | None = call.params.get("lock")
    if lock is not None:
        locks.hold(call.env, lock["lock_id"], name, outcome, lock.get("expires_at"), call.now)


def finalize(call: Call) -> Answer:
    params, env = call.params, call.env
    lock = locks.get(env, params["lock_id"], call.received_at)
    now = call.now_of(call.up_to_date(lock.subject.customer))
    released = params["action"] == "release"
    value = 0 if released else params.get("override_value", lock.value)
    if locks.finalize(env, lock, value, now, params.get("properties")):
        top_up_low(env, lock.subject.customer, lock.outcome.rows, now)
    return DONE


OPERATIONS = {"balances.finalize": Operation(FINALIZE, finalize)}
