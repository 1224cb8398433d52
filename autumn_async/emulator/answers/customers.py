"""Customers, their plans and billing controls on the wire."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..domain import windows
from ..domain.controls import Entry, plan_entries
from .balances import balance_answer, flag_answer
from .plans import plan_answer

if TYPE_CHECKING:
    from ..domain.customers import Customer
    from ..domain.environment import Environment
    from ..domain.features import Feature
    from ..domain.holdings import Holding
    from ..domain.rows import Row

Answer = dict[str, Any]

Wanted = Callable[["Holding"], bool]

CONTROLS = (
    "auto_topups",
    "spend_limits",
    "usage_limits",
    "usage_alerts",
    "overage_allowed",
)
EMPTY_SECTIONS = ("invoices", "entities", "trials_used", "referrals")
"""Expansions that stay empty lists without payments, entities and referrals."""


def all_plans(holding: Holding) -> bool:
    return True


def customer_answer(
    env: Environment,
    customer: Customer,
    now: int,
    *,
    inherited_controls: bool,
    expand: Collection[str] = (),
    wanted: Wanted = all_plans,
) -> Answer:
    """A customer. `inherited_controls`: since 2.3.0 plans' controls are shown, with a source."""
    holdings = [holding for holding in customer.subscribed() if wanted(holding)]
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
        "billing_controls": _controls(env, customer, now, inherited_controls),
        "subscriptions": [_subscription(env, h, expand) for h in holdings if not h.one_off],
        "purchases": [_purchase(h) for h in holdings if h.one_off],
        "licenses": [],
        "balances": _balances(customer, now, wanted, "balances.feature" in expand),
        "flags": _flags(customer, now, wanted, "flags.feature" in expand),
        "config": customer.config,
    }
    return answer | {section: [] for section in EMPTY_SECTIONS if section in expand}


def _balances(customer: Customer, now: int, wanted: Wanted, with_feature: bool) -> Answer:
    balances = {
        feature.id: balance_answer(feature, rows, now, with_feature=with_feature)
        for feature, rows in _rows(customer, now, wanted)
    }
    return {key: balance for key, balance in balances.items() if balance}


def _flags(customer: Customer, now: int, wanted: Wanted, with_feature: bool) -> Answer:
    flags = {
        feature.id: flag_answer(feature, rows, with_feature=with_feature)
        for feature, rows in _rows(customer, now, wanted)
    }
    return {key: flag for key, flag in flags.items() if flag}


def _rows(customer: Customer, now: int, wanted: Wanted) -> Iterator[tuple[Feature, list[Row]]]:
    """The rows by feature, without those of plans that are not asked for."""
    ledger = customer.ledger
    for feature in ledger.features():
        rows = ledger.rows(feature, now)
        yield feature, [row for row in rows if row.holding is None or wanted(row.holding)]


def _subscription(env: Environment, holding: Holding, expand: Collection[str]) -> Answer:
    version = holding.version
    trial_end = holding.trial_ends_at
    answer: Answer = {
        "id": holding.name,
        "plan_id": version.plan.id,
        "auto_enable": version.auto_enabled,
        "add_on": version.plan.add_on,
        "status": holding.status,
        "past_due": False,
        "canceled_at": None,
        "expires_at": None,
        "trial_ends_at": trial_end,
        "started_at": holding.started_at,
        "current_period_start": holding.started_at if trial_end else None,
        "current_period_end": trial_end,
        "quantity": 1,
        "scope": "customer",
    }
    if "subscriptions.plan" in expand:
        answer["plan"] = plan_answer(version, env.name)
    return answer


def _purchase(holding: Holding) -> Answer:
    return {
        "plan_id": holding.version.plan.id,
        "expires_at": None,
        "started_at": holding.started_at,
        "quantity": 1,
        "scope": "customer",
    }


def _controls(env: Environment, customer: Customer, now: int, inherited: bool) -> Answer:
    answer: Answer = {}
    for name in CONTROLS:
        own: Iterable[Entry] = customer.billing_controls.get(name, ())
        entries = [_entry(env, customer, name, entry, now) for entry in own]
        if inherited:
            mine = {entry.get("feature_id") for entry in own}
            entries = [{**entry, "source": "customer"} for entry in entries]
            entries += [
                {**_entry(env, customer, name, entry, now), "source": "plan"}
                for entry in plan_entries(customer, name)
                if entry.get("feature_id") not in mine
            ]
        if entries:
            answer[name] = entries
    return answer


def _entry(env: Environment, customer: Customer, name: str, entry: Entry, now: int) -> Answer:
    if name != "usage_limits":
        return dict(entry)
    feature = env.features.find(entry["feature_id"])
    return {**entry, "usage": windows.used(customer, feature, entry, now)}
