"""plans.*"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..answers.plans import eligibility_answer, plan_answer
from ..domain.eligibility import eligibility
from ..domain.failures import ApiError
from ..domain.planning import (
    DETAILS,
    Versioning,
    create_plan,
    update_plan,
)
from ..domain.plans import Content, Plan
from ..validation import Shape, boolean, number, optional, required, text
from . import plan_bodies
from .call import DONE, Answer, Call, Operation
from .plan_bodies import content_from

if TYPE_CHECKING:
    from ..domain.plans import PlanVersion
    from ..domain.subjects import Subject

GET = Shape({"plan_id": required(text()), "version": optional(number())})
DELETE = Shape({"plan_id": required(text()), "all_versions": optional(boolean, default=False)})
LIST = Shape(
    {
        "customer_id": optional(text()),
        "entity_id": optional(text()),
        "include_archived": optional(boolean, default=False),
        "all_versions": optional(boolean, default=False),
    }
)


def create(call: Call) -> Answer:
    params, env = call.params, call.env
    env.plans.require_free(params["plan_id"])
    plan = Plan(params["plan_id"], params["name"])
    _set_details(plan, params)
    plan.auto_enable = params.get("auto_enable", False)
    plan.config = params.get("config", {})
    create_plan(env, plan, content_from(params, env.features, Content()), call.now)
    return plan_answer(plan.latest, env.name)


def get(call: Call) -> Answer:
    version = call.env.plans.version(call.params["plan_id"], call.params.get("version"))
    return plan_answer(version, call.env.name)


def listing(call: Call) -> Answer:
    params, env = call.params, call.env
    plans = env.plans.listed(archived=params["include_archived"])
    versions = [
        version
        for plan in plans
        for version in (reversed(plan.versions) if params["all_versions"] else (plan.latest,))
    ]
    viewer = _viewer(call)
    return {"list": [_listed(call, version, viewer) for version in versions]}


def _viewer(call: Call) -> Subject | None:
    """For whom the plans are listed; somebody unknown counts as nobody."""
    if "customer_id" not in call.params:
        return None
    try:
        return call.subject()
    except ApiError:
        return None


def _listed(call: Call, version: PlanVersion, viewer: Subject | None) -> Answer:
    answer = plan_answer(version, call.env.name)
    if viewer:
        found = eligibility(call.env, viewer, version)
        answer["customer_eligibility"] = eligibility_answer(found, call.now)
    return answer


def update(call: Call) -> Answer:
    params, env = call.params, call.env
    version = env.plans.version(params["plan_id"], params.get("version"))
    how = Versioning(params["force_version"], params["disable_version"], params["all_versions"])
    content = content_from(params, env.features, version.content)
    update_plan(env, version, params, content, how, call.now)
    return plan_answer(version.plan.latest, env.name)


def delete(call: Call) -> Answer:
    plans = call.env.plans
    plans.delete(plans.plan(call.params["plan_id"]), all_versions=call.params["all_versions"])
    return DONE


def _set_details(plan: Plan, params: dict[str, Any]) -> None:
    for name in DETAILS:
        if name in params:
            setattr(plan, name, params[name])


OPERATIONS = {
    "plans.create": Operation(plan_bodies.CREATE, create),
    "plans.get": Operation(GET, get),
    "plans.list": Operation(LIST, listing),
    "plans.update": Operation(plan_bodies.UPDATE, update),
    "plans.delete": Operation(DELETE, delete),
}
