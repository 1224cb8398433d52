"""features.*"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..answers.features import feature_answer
from ..domain.changing_features import change_feature
from ..domain.failures import invalid_input, refused
from ..domain.features import CreditCost, Feature, Multiplier, Rate
from ..validation import (
    Issue,
    Shape,
    anything,
    array,
    boolean,
    choice,
    integer,
    number,
    optional,
    record,
    required,
    text,
)
from .call import DONE, Answer, Call, Operation

if TYPE_CHECKING:
    from collections.abc import Sequence

TYPE = choice("boolean", "metered", "credit_system", "ai_credit_system")
_TERMS = ("billing_units", "dimensions", "multipliers")
MARKUPS = ("model_markups", "provider_markups", "default_markup")


def _credit_system_rules(body: dict[str, Any]) -> Sequence[Issue]:
    if body["type"] != "credit_system":
        return ()
    issues: list[Issue] = []
    if "credit_schema" not in body:
        issues.append(("credit_schema", "Please specify the credit schema for the feature."))
    if body.get("consumable") is False:
        issues.append(("consumable", "Credit system features must be consumable."))
    return issues


_DISPLAY = Shape({"singular": required(text()), "plural": required(text())})
_MATCH = required(record(text()))


def _has_a_cost(body: dict[str, Any]) -> Sequence[Issue]:
    if "credit_cost" in body or body.get("tiers") is not None:
        return ()
    return [("credit_cost", "must be a number (received undefined)")]


def _positive_units(body: dict[str, Any]) -> Sequence[Issue]:
    if body.get("billing_units", 1) > 0:
        return ()
    return [("billing_units", "Too small: expected number to be >0")]


_RATE = Shape(
    {
        "match": _MATCH,
        "credit_cost": optional(number()),
        "priority": optional(integer()),
        "tiers": optional(anything),
    },
    rules=(_has_a_cost,),
    unserved=("tiers",),
)
_MULTIPLIER = Shape({"match": _MATCH, "factor": optional(number()), "add": optional(number())})
_CREDIT_COST = Shape(
    {
        "metered_feature_id": required(text()),
        "credit_cost": optional(number()),
        "billing_units": optional(number()),
        "dimensions": optional(record(_RATE)),
        "multipliers": optional(record(_MULTIPLIER)),
        "tiers": optional(anything),
    },
    rules=(_has_a_cost, _positive_units),
    unserved=("tiers",),
)
_MARKUP = Shape({name: optional(number(-100)) for name in ("markup", "input_cost", "output_cost")})
_DETAILS = {
    "consumable": optional(boolean),
    "display": optional(_DISPLAY),
    "credit_schema": optional(array(_CREDIT_COST)),
    "event_names": optional(array(text())),
    "model_markups": optional(record(_MARKUP), nullable=True),
    "provider_markups": optional(record(_MARKUP), nullable=True),
    "default_markup": optional(number(-100)),
    "combine": optional(choice("sum", "max", "min")),
}
CREATE = Shape(
    {"name": required(text()), "type": required(TYPE), "feature_id": required(text()), **_DETAILS},
    rules=(_credit_system_rules,),
)
UPDATE = Shape(
    {
        "feature_id": required(text()),
        "name": optional(text()),
        "type": optional(TYPE),
        "archived": optional(boolean),
        "new_feature_id": optional(text()),
        **_DETAILS,
    }
)
NAMED = Shape({"feature_id": required(text())})


def create(call: Call) -> Answer:
    params, book = call.params, call.env.features
    if not params["feature_id"]:
        raise invalid_input("id", "Features must have an ID")
    if not params["name"]:
        raise invalid_input("name", "Features must have a name")
    kind = params["type"]
    consumable = params.get("consumable", False) if kind == "metered" else kind != "boolean"
    feature = Feature(params["feature_id"], params["name"], kind, consumable, call.now)
    if feature.credit_system:
        feature.schema = _schema(params.get("credit_schema", ()))
        book.check_schema(kind, feature.schema)
    feature.event_names = params.get("event_names", [])
    feature.display = params.get("display")
    feature.combine = params.get("combine")
    feature.markups = {name: params[name] for name in MARKUPS if params.get(name) is not None}
    book.add(feature)
    return feature_answer(feature)


def get(call: Call) -> Answer:
    return feature_answer(call.env.features.get(call.params["feature_id"]))


def listing(call: Call) -> Answer:
    return {"list": [feature_answer(feature) for feature in call.env.features.listed()]}


def update(call: Call) -> Answer:
    params = call.params
    feature = call.env.features.get(params["feature_id"])
    if "credit_schema" in params:
        params["schema"] = _schema(params["credit_schema"])
    params["markups"] = {name: params[name] for name in MARKUPS if name in params}
    change_feature(call.env, feature, params)
    return feature_answer(feature)


def delete(call: Call) -> Answer:
    env = call.env
    feature = env.features.get(call.params["feature_id"])
    for funding in env.features.funding(feature):
        text = f"Feature {feature.id} is used by credit system {funding.system.id}"
        raise refused(text, status=409)
    if env.plans.using(feature):
        raise refused(
            f"Feature {feature.id} is used in a product."
            " You must delete the product first, or archive it instead.",
            status=409,
        )
    env.features.remove(feature)
    return DONE


def _schema(rows: Sequence[dict[str, Any]]) -> tuple[CreditCost, ...]:
    return tuple(_member(row) for row in rows)


def _member(row: dict[str, Any]) -> CreditCost:
    rates: dict[str, Any] = row.get("dimensions", {})
    multipliers: dict[str, Any] = row.get("multipliers", {})
    return CreditCost(
        row["metered_feature_id"],
        row["credit_cost"],
        row.get("billing_units", 1),
        tuple(
            Rate(each["match"], each["credit_cost"], each.get("priority", 0))
            for each in rates.values()
        ),
        tuple(
            Multiplier(each["match"], each.get("factor", 1), each.get("add", 0))
            for each in multipliers.values()
        ),
        {name: row[name] for name in _TERMS if name in row},
    )


OPERATIONS = {
    "features.create": Operation(CREATE, create),
    "features.get": Operation(NAMED, get),
    "features.list": Operation(Shape({}), listing),
    "features.update": Operation(UPDATE, update),
    "features.delete": Operation(NAMED, delete),
}
