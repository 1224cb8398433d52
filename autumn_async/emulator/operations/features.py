"""features.*"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..answers.features import feature_answer
from ..domain.changing_features import change_feature
from ..domain.credits import Dimension, Member, Multiplier, Rate, Tier
from ..domain.failures import invalid_input, refused
from ..domain.features import Feature
from ..validation import (
    Issue,
    Issues,
    Shape,
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

RATE_CARDS: Final = (2, 4, 0)
"""Since this version members of credit systems are shown with more than a cost."""
TYPE = choice("boolean", "metered", "credit_system", "ai_credit_system")
_TERMS = ("credit_cost", "tiers", "billing_units", "dimensions", "multipliers")
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
    if "credit_cost" not in body and "tiers" not in body:
        return [("credit_cost", "must be a number (received undefined)")]
    if "credit_cost" in body and "tiers" in body:
        return [("tiers", "Give either credit_cost or tiers")]
    return ()


def _rising_tiers(body: dict[str, Any]) -> Sequence[Issue]:
    """Boundaries rise, and only the last one is without end."""
    issues: list[Issue] = []
    previous: float = 0
    *inner, last = [tier["to"] for tier in body.get("tiers", ())] or ["inf"]
    for index, to in enumerate(inner):
        if to == "inf":
            issues.append((f"tiers.{index}.to", "Only the final tier may go to 'inf'"))
        elif to <= previous:
            issues.append((f"tiers.{index}.to", "Tier boundaries must rise"))
        else:
            previous = to
    if last != "inf":
        issues.append((f"tiers.{len(inner)}.to", "The final tier must go to 'inf'"))
    return issues


def _positive_units(body: dict[str, Any]) -> Sequence[Issue]:
    if body.get("billing_units", 1) > 0:
        return ()
    return [("billing_units", "Too small: expected number to be >0")]


def _boundary(value: Any, path: str, issues: Issues) -> Any:
    return value if value == "inf" else number()(value, path, issues)


_TIER = Shape({"to": required(_boundary), "credit_cost": required(number(0))})
_COST = {
    "credit_cost": optional(number()),
    "tiers": optional(array(_TIER, least=1)),
    "tier_behavior": optional(choice("graduated")),
}
_DIMENSION = Shape(
    {"match": _MATCH, **_COST, "priority": optional(integer())},
    rules=(_has_a_cost, _rising_tiers),
)
_MULTIPLIER = Shape({"match": _MATCH, "factor": optional(number()), "add": optional(number())})
_MEMBER = Shape(
    {
        "metered_feature_id": required(text()),
        **_COST,
        "billing_units": optional(number()),
        "dimensions": optional(record(_DIMENSION)),
        "multipliers": optional(record(_MULTIPLIER)),
    },
    rules=(_has_a_cost, _rising_tiers, _positive_units),
)
_MARKUP = Shape({name: optional(number(-100)) for name in ("markup", "input_cost", "output_cost")})
_DETAILS = {
    "consumable": optional(boolean),
    "display": optional(_DISPLAY),
    "credit_schema": optional(array(_MEMBER)),
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
    return _answer(call, feature)


def get(call: Call) -> Answer:
    return _answer(call, call.env.features.get(call.params["feature_id"]))


def listing(call: Call) -> Answer:
    return {"list": [_answer(call, feature) for feature in call.env.features.listed()]}


def update(call: Call) -> Answer:
    params = call.params
    feature = call.env.features.get(params["feature_id"])
    if "credit_schema" in params:
        params["schema"] = _schema(params["credit_schema"])
    params["markups"] = {name: params[name] for name in MARKUPS if name in params}
    change_feature(call.env, feature, params)
    return _answer(call, feature)


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


def _answer(call: Call, feature: Feature) -> Answer:
    return feature_answer(feature, flat=call.version < RATE_CARDS)


def _schema(rows: Sequence[dict[str, Any]]) -> tuple[Member, ...]:
    return tuple(_member(row) for row in rows)


def _member(row: dict[str, Any]) -> Member:
    dimensions: dict[str, Any] = row.get("dimensions", {})
    multipliers: dict[str, Any] = row.get("multipliers", {})
    return Member(
        row["metered_feature_id"],
        _rate(row),
        row.get("billing_units", 1),
        tuple(
            Dimension(each["match"], _rate(each, name), each.get("priority"))
            for name, each in dimensions.items()
        ),
        tuple(
            Multiplier(each["match"], each.get("factor", 1), each.get("add", 0))
            for each in multipliers.values()
        ),
        _graduated({name: row[name] for name in _TERMS if name in row}),
    )


def _rate(terms: dict[str, Any], name: str = "") -> Rate:
    tiers = [Tier(float(each["to"]), each["credit_cost"]) for each in terms.get("tiers", ())]
    return Rate(terms.get("credit_cost", 0), tuple(tiers), name)


def _graduated(terms: dict[str, Any]) -> dict[str, Any]:
    """Terms as they are answered: tiers say how they are meant."""
    mark = {"tier_behavior": "graduated"} if "tiers" in terms else {}
    shown: dict[str, Any] = terms | mark
    if "dimensions" in shown:
        shown["dimensions"] = {key: _graduated(each) for key, each in shown["dimensions"].items()}
    return shown


OPERATIONS = {
    "features.create": Operation(CREATE, create),
    "features.get": Operation(NAMED, get),
    "features.list": Operation(Shape({}), listing),
    "features.update": Operation(UPDATE, update),
    "features.delete": Operation(NAMED, delete),
}
