"""referrals.* and referral_programs.*"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..answers.referrals import program_answer, redemption_answer
from ..domain.failures import invalid_input, refused
from ..domain.referrals import Program
from ..domain.referring import redeem
from ..validation import (
    Issue,
    Shape,
    array,
    boolean,
    choice,
    integer,
    optional,
    required,
    text,
)
from .call import DONE, Answer, Call, Operation
from .plan_bodies import NOT_EMPTY

_MOMENT = choice("customer_creation", "checkout")
_RECEIVER = choice("referrer", "all")
_OPTIONS = {
    "max_redemptions": optional(integer(0), nullable=True),
    "plan_ids": optional(array(text(NOT_EMPTY)), nullable=True),
    "exclude_trial": optional(boolean, nullable=True),
}


def _unique_plans(body: dict[str, Any]) -> Sequence[Issue]:
    plan_ids = body.get("plan_ids") or ()
    if len(set(plan_ids)) == len(plan_ids):
        return ()
    return [("plan_ids", "Plans must be unique")]


CREATE_CODE = Shape({"customer_id": required(text()), "program_id": required(text())})
REDEEM_CODE = Shape({"code": required(text()), "customer_id": required(text())})
CREATE = Shape(
    {
        "id": required(text(NOT_EMPTY)),
        "reward_id": required(text()),
        "redeem_on": required(_MOMENT),
        "received_by": required(_RECEIVER),
        "internal_id": optional(text()),
        **_OPTIONS,
    },
    rules=(_unique_plans,),
    strict=True,
)
UPDATE = Shape(
    {
        "referral_program_id": required(text()),
        "reward_id": optional(text()),
        "redeem_on": optional(_MOMENT),
        "received_by": optional(_RECEIVER),
        **_OPTIONS,
    },
    rules=(_unique_plans,),
    strict=True,
)
NAMED = Shape({"referral_program_id": required(text())}, strict=True)


def create_code(call: Call) -> Answer:
    customer = call.customer()
    env = call.env
    code = env.referrals.code_of(customer, call.params["program_id"], env.ids, call.now)
    return {
        "code": code.code,
        "customer_id": customer.shown_id,
        "created_at": code.created_at,
    }


def redeem_code(call: Call) -> Answer:
    code = call.env.referrals.code(call.params["code"])
    return redemption_answer(redeem(call.env, code, call.customer(), call.now))


def create(call: Call) -> Answer:
    params, env = call.params, call.env
    _require_terms(params["redeem_on"], params.get("plan_ids"), params.get("max_redemptions"))
    if env.referrals.find(params["id"]):
        raise refused(f"Referral program {params['id']} already exists")
    program = Program(
        params["id"],
        env.rewards.get(params["reward_id"]),
        params["redeem_on"],
        params["received_by"],
        call.now,
    )
    _set_options(program, params)
    env.referrals.add(program)
    return program_answer(program)


def get(call: Call) -> Answer:
    return program_answer(call.env.referrals.get(call.params["referral_program_id"]))


def listing(call: Call) -> Answer:
    return {"list": [program_answer(program) for program in call.env.referrals.programs()]}


def update(call: Call) -> Answer:
    params, env = call.params, call.env
    program = env.referrals.get(params["referral_program_id"])
    redeem_on = params.get("redeem_on", program.redeem_on)
    plan_ids = params.get("plan_ids", program.plan_ids)
    _require_terms(redeem_on, plan_ids, params.get("max_redemptions", program.max_redemptions))
    if "reward_id" in params:
        program.reward = env.rewards.get(params["reward_id"])
    program.redeem_on = redeem_on
    program.received_by = params.get("received_by", program.received_by)
    _set_options(program, params)
    return program_answer(program)


def delete(call: Call) -> Answer:
    call.env.referrals.remove(call.params["referral_program_id"])
    return DONE


def _require_terms(
    redeem_on: str, plan_ids: Sequence[str] | None, max_redemptions: float | None
) -> None:
    if redeem_on != "checkout":
        return
    if not plan_ids:
        text = "At least one plan is required when redeem_on is checkout"
        raise invalid_input("plan_ids", text)
    if not max_redemptions:
        text = "Must be greater than 0 when redeem_on is checkout"
        raise invalid_input("max_redemptions", text)


def _set_options(program: Program, params: dict[str, Any]) -> None:
    program.max_redemptions = params.get("max_redemptions", program.max_redemptions)
    program.plan_ids = params.get("plan_ids", program.plan_ids) or ()
    program.exclude_trial = bool(params.get("exclude_trial", program.exclude_trial))


OPERATIONS = {
    "referrals.create_code": Operation(CREATE_CODE, create_code),
    "referrals.redeem_code": Operation(REDEEM_CODE, redeem_code),
    "referral_programs.create": Operation(CREATE, create),
    "referral_programs.get": Operation(NAMED, get),
    "referral_programs.list": Operation(Shape({}), listing),
    "referral_programs.update": Operation(UPDATE, update),
    "referral_programs.delete": Operation(NAMED, delete),
}
