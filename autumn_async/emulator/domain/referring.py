"""Referrals: a redeemed code brings a reward, at once or with a purchase."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .failures import ApiError
from .redeeming import grant
from .referrals import Redemption

if TYPE_CHECKING:
    from .customers import Customer
    from .environment import Environment
    from .plans import PlanVersion
    from .referrals import Code


def redeem(env: Environment, code: Code, redeemer: Customer, now: int) -> Redemption:
    """Notes that a customer was referred; the reward may follow when it buys something."""
    _require_redeemable(env, code, redeemer)
    redemption = Redemption(env.ids.new("rr", now), code, redeemer, now)
    env.referrals.add_redemption(redemption)
    if code.program.redeem_on == "customer_creation":
        _apply(env, redemption, now)
    return redemption


def reward_purchase(
    env: Environment, customer: Customer, version: PlanVersion, *, trialing: bool, now: int
) -> None:
    """Gives the rewards that wait for a referred customer to get this plan."""
    for redemption in env.referrals.redemptions_of(customer):
        program = redemption.code.program
        if redemption.applied or version.plan.id not in program.plan_ids:
            continue
        if not (trialing and program.exclude_trial) and not _used_up(env, redemption.code):
            _apply(env, redemption, now)


def _require_redeemable(env: Environment, code: Code, redeemer: Customer) -> None:
    if _used_up(env, code):
        message = "Referral code has reached max redemptions"
        raise ApiError(400, "referral_code_max_redemptions_reached", message)
    if any(e.code.program is code.program for e in env.referrals.redemptions_of(redeemer)):
        message = f"Customer {redeemer.shown_id} has already redeemed a code"
        message += " in this referral program"
        raise ApiError(400, "customer_already_redeemed_referral_code", message)
    same_person = redeemer.fingerprint and redeemer.fingerprint == code.owner.fingerprint
    if redeemer is code.owner or same_person:
        message = "Customer cannot redeem their own code"
        raise ApiError(400, "customer_cannot_redeem_own_code", message)


def _used_up(env: Environment, code: Code) -> bool:
    most = code.program.max_redemptions
    return most is not None and env.referrals.applied(code) >= most


def _apply(env: Environment, redemption: Redemption, now: int) -> None:
    program = redemption.code.program
    source = f"referral_{program.id}"
    grant(env, redemption.code.owner, program.reward, source, now)
    if program.received_by == "all":
        grant(env, redemption.redeemer, program.reward, source, now)
    redemption.applied = True
