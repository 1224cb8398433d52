"""Referral programs, codes and redemptions on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..domain.customers import Customer
    from ..domain.referrals import Program, Redemption

Answer = dict[str, Any]


def program_answer(program: Program) -> Answer:
    """A program; without plans it says so by one empty id."""
    return {
        "id": program.id,
        "reward_id": program.reward.id,
        "redeem_on": program.redeem_on,
        "received_by": program.received_by,
        "max_redemptions": program.max_redemptions,
        "plan_ids": list(program.plan_ids) or [""],
        "exclude_trial": program.exclude_trial,
        "created_at": program.created_at,
    }


def redemption_answer(redemption: Redemption) -> Answer:
    return {
        "id": redemption.id,
        "customer_id": redemption.redeemer.shown_id,
        "reward_id": redemption.code.program.reward.id,
        "referrer": _person(redemption.code.owner),
        "redeemer": _person(redemption.redeemer),
    }


def referral_answer(redemption: Redemption) -> Answer:
    """A redemption as the customer who made it possible shows it."""
    redeemer = redemption.redeemer
    return {
        "program_id": redemption.code.program.id,
        "customer": {"id": redeemer.shown_id, "name": redeemer.name, "email": redeemer.email},
        "reward_applied": redemption.applied,
        "created_at": redemption.created_at,
    }


def _person(customer: Customer) -> Answer:
    return {
        "id": customer.shown_id,
        "name": customer.name,
        "email": customer.email,
        "created_at": customer.created_at,
    }
