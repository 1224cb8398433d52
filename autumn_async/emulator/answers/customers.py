"""Customers, their plans and billing controls on the wire."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from ..domain.subjects import Subject
from .controls import controls_answer
from .entities import short_entity_answer
from .holdings import (
    billing_sections,
    purchase_answer,
    subscription_answer,
    without_repetition,
)
from .referrals import referral_answer
from .rows import balances_answer, flags_answer

if TYPE_CHECKING:
    from ..domain.customers import Customer
    from ..domain.environment import Environment
    from ..domain.holdings import Holding

Answer = dict[str, Any]

Wanted = Callable[["Holding"], bool]


def customer_answer(
    env: Environment,
    customer: Customer,
    now: int,
    *,
    inherited_controls: bool,
    expand: Collection[str] = (),
    wanted: Wanted,
    origin: str = "",
) -> Answer:
    """A customer. `inherited_controls`: since 2.3.0 plans' controls are shown, with a source."""
    subject = Subject(customer)
    holdings = without_repetition(each for each in customer.subscribed() if wanted(each))
    answer: Answer = {
        "id": customer.id,
        "name": customer.name,
        "email": customer.email,
        "created_at": customer.created_at,
        "fingerprint": customer.fingerprint,
        "stripe_id": customer.stripe_id,
        "env": env.name,
        "metadata": customer.metadata,
        "send_email_receipts": customer.send_email_receipts,
        "billing_controls": controls_answer(
            env,
            subject,
            now,
            inherited=inherited_controls,
            counted="billing_controls.auto_topups.purchase_limit" in expand,
        ),
        "subscriptions": [
            subscription_answer(env, each, now, expand, from_outside=each.entity is not None)
            for each in holdings
            if not each.one_off
        ],
        "purchases": [purchase_answer(each) for each in holdings if each.one_off],
        "licenses": [],
        "balances": balances_answer(subject, now, wanted, expand),
        "flags": flags_answer(subject, now, wanted, expand),
        "config": customer.config,
    }
    sections = _sections(env, customer, expand)
    return answer | billing_sections(customer, expand, origin, now) | sections


def _sections(env: Environment, customer: Customer, expand: Collection[str]) -> Answer:
    answer: Answer = {}
    if "entities" in expand:
        newest_first = reversed(customer.entities.values())
        answer["entities"] = [short_entity_answer(env, each) for each in newest_first]
    if "referrals" in expand:
        answer["referrals"] = [referral_answer(each) for each in env.referrals.made_by(customer)]
    return answer
