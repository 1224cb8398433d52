"""How customers come to be: found, claimed by their email, or created with default plans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .auto_topups import take_counts
from .beginnings import begin_default, defaults
from .controls import merged
from .customers import Customer
from .failures import refused
from .passing_time import plan_ahead
from .payments import link_to_provider

if TYPE_CHECKING:
    from .environment import Environment
    from .plans import PlanVersion


def get_or_create(env: Environment, wanted: Mapping[str, Any], now: int) -> Customer:
    """Never overwrites: a known customer only gets the name and email that it lacks."""
    customer_id: str | None = wanted["customer_id"]
    email: str | None = wanted.get("email")
    if customer_id is None and not email:
        raise refused("Either customer ID or email is required")
    unnamed = env.customers.unnamed(email)
    if customer_id is None:
        return unnamed or _create(env, wanted, now)
    if known := env.customers.find(customer_id):
        return _complete(env, known, wanted)
    if unnamed:
        env.customers.rename(unnamed, customer_id)
        return unnamed
    return _create(env, wanted, now)


def _complete(env: Environment, customer: Customer, wanted: Mapping[str, Any]) -> Customer:
    if customer.name is None:
        customer.name = wanted.get("name")
    if customer.email is None and wanted.get("email"):
        env.customers.set_email(customer, wanted["email"])
    receipts = wanted.get("send_email_receipts", customer.send_email_receipts)
    customer.send_email_receipts = receipts
    return customer


def _create(env: Environment, wanted: Mapping[str, Any], now: int) -> Customer:
    plans = list(_first_plans(env, wanted.get("auto_enable_plan_id")))
    customer = Customer(
        internal_id=env.ids.new("cus", now),
        created_at=now,
        id=wanted["customer_id"],
        name=wanted.get("name"),
        email=wanted.get("email"),
        fingerprint=wanted.get("fingerprint"),
        stripe_id=wanted.get("stripe_id"),
        send_email_receipts=wanted.get("send_email_receipts", False),
        metadata=wanted.get("metadata") or {},
        config=wanted.get("config", {}),
        billing_controls=merged({}, wanted.get("billing_controls", {})),
    )
    env.customers.add(customer)
    take_counts(customer, now)
    for version in plans:
        begin_default(env, customer, version, now)
    plan_ahead(customer, now)
    if wanted.get("create_in_stripe"):
        link_to_provider(env, customer, now)
    return customer


def _first_plans(env: Environment, plan_id: str | None) -> Iterable[PlanVersion]:
    if plan_id is None:
        return defaults(env)
    version = env.plans.version(plan_id)
    trial = version.content.free_trial
    if version.content.priced and (trial is None or trial.card_required):
        raise refused(
            "Auto-enable plan must be a free product,"
            " or have a free trial with 'card_required' as false"
        )
    return (version,)
