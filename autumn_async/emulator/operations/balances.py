"""balances.create, balances.update and balances.delete"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..domain import balances
from ..domain.failures import refused
from ..domain.intervals import Interval
from ..domain.plans import RolloverTerms
from ..validation import (
    Shape,
    boolean,
    choice,
    moment,
    number,
    optional,
    required,
    text,
)
from .call import DONE, Answer, Call, Operation
from .plan_bodies import RESET, RESETS

if TYPE_CHECKING:
    from ..domain.features import Feature
    from ..domain.rows import Row
    from ..domain.subjects import Subject

_ROLLOVER = Shape(
    {
        "length": required(number(0)),
        "max": optional(number(), nullable=True),
        "max_percentage": optional(number(), nullable=True),
        "duration": optional(choice("month", "forever"), default="month"),
    }
)
CREATE = Shape(
    {
        "customer_id": required(text()),
        "feature_id": required(text()),
        "entity_id": optional(text()),
        "included_grant": optional(number()),
        "unlimited": optional(boolean, default=False),
        "reset": optional(RESET),
        "rollover": optional(_ROLLOVER),
        "expires_at": optional(moment()),
        "next_reset_at": optional(moment()),
        "balance_id": optional(text()),
    }
)
UPDATE = Shape(
    {
        "customer_id": required(text()),
        "feature_id": required(text()),
        "entity_id": optional(text()),
        "balance_id": optional(text()),
        "interval": optional(choice(*RESETS)),
        "remaining": optional(number()),
        "add_to_balance": optional(number()),
        "usage": optional(number()),
        "included_grant": optional(number()),
        "next_reset_at": optional(moment()),
        "expires_at": optional(moment()),
    }
)
DELETE = Shape(
    {
        "customer_id": required(text()),
        "entity_id": optional(text()),
        "feature_id": optional(text()),
        "balance_id": optional(text()),
        "interval": optional(choice(*RESETS)),
        "recalculate_balances": optional(boolean, default=False),
    }
)


def create(call: Call) -> Answer:
    params = call.params
    feature = call.env.features.get(params["feature_id"])
    subject = call.subject()
    reset, rollover = params.get("reset"), params.get("rollover")
    wanted = balances.NewBalance(
        feature=feature,
        balance_id=params.get("balance_id"),
        included_grant=params.get("included_grant"),
        unlimited=params["unlimited"],
        reset=reset and Interval(reset["interval"], reset.get("interval_count", 1)),
        next_reset_at=params.get("next_reset_at"),
        expires_at=params.get("expires_at"),
        rollover=rollover
        and RolloverTerms(
            rollover["duration"],
            rollover["length"],
            rollover.get("max"),
            rollover.get("max_percentage"),
        ),
    )
    balances.create(subject, wanted, call.env.ids, call.now)
    return DONE


def update(call: Call) -> Answer:
    """Sets remaining or adds, then usage, then the grant, then the dates."""
    params, now = call.params, call.now
    feature = call.env.features.get(params["feature_id"])
    subject = call.subject()
    customer, entity = subject
    rows = _narrowed(call, subject.rows(feature, now))
    if params.get("expires_at", now + 1) <= now:
        raise refused("expires_at must be in the future")
    if not rows:
        return _nothing_to_update(call, feature)
    if "remaining" in params:
        balances.set_remaining(rows, params["remaining"], entity, now)
    elif "add_to_balance" in params:
        balances.add(rows, params["add_to_balance"], entity, now)
    if "usage" in params:
        balances.set_usage(rows, params["usage"], entity, now)
    if "included_grant" in params:
        balances.set_included(rows, params["included_grant"], entity)
    if "next_reset_at" in params:
        balances.set_next_reset(customer, feature, rows, params["next_reset_at"])
    if "expires_at" in params:
        balances.set_expiry(customer, rows, params["expires_at"])
    return DONE


def delete(call: Call) -> Answer:
    params, now = call.params, call.now
    feature_id: str | None = params.get("feature_id")
    if params["recalculate_balances"] and feature_id is None:
        raise refused("feature_id is required when recalculate_balances is true")
    feature = None if feature_id is None else call.env.features.get(feature_id)
    subject = call.subject()
    customer = subject.customer
    features = [feature] if feature else customer.ledger.features()
    rows = _narrowed(call, [row for each in features for row in _deletable(subject, each, now)])
    if not rows:
        raise refused(
            f"Balance not found for feature {feature_id} and customer {customer.shown_id}",
            status=404,
        )
    if feature and params["recalculate_balances"]:
        balances.delete_and_recalculate(subject, feature, rows, now)
    else:
        balances.delete(customer, rows)
    return DONE


def _deletable(subject: Subject, feature: Feature, now: int) -> list[Row]:
    """The subject's own rows: for an entity, those that it alone has."""
    return [row for row in subject.rows(feature, now) if row.entity is subject.entity]


def _narrowed(call: Call, rows: list[Row]) -> list[Row]:
    params = call.params
    return balances.narrowed(rows, params.get("balance_id"), params.get("interval"))


def _nothing_to_update(call: Call, feature: Feature) -> Answer:
    """Amounts of a balance that isn't there are set in silence, its dates and grant are not."""
    params = call.params
    if params.keys() & {"included_grant", "next_reset_at", "expires_at"}:
        customer_id = params["customer_id"]
        text = f"No balances to update for feature {feature.id}, customer {customer_id}"
        raise refused(text, status=404)
    return DONE


OPERATIONS = {
    "balances.create": Operation(CREATE, create),
    "balances.update": Operation(UPDATE, update),
    "balances.delete": Operation(DELETE, delete),
}
