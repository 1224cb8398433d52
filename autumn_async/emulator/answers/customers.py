"""Customers, their plans and billing controls on the wire."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..domain import windows
from ..domain.controls import Entry, plan_entries
from .balances import balance_answer, flag_answer
from .holdings import billing_sections, purchase_answer, subscription_answer

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
EMPTY_SECTIONS = ("entities", "referrals")
"""Expansions that stay empty lists without entities and referrals."""


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
    origin: str = "",
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
        "subscriptions": [
            subscription_answer(env, holding, now, expand)
            for holding in holdings
            if not holding.one_off
        ],
        "purchases": [purchase_answer(h) for h in holdings if h.one_off],
        "licenses": [],
        "balances": _balances(customer, now, wanted, "balances.feature" in expand),
        "flags": _flags(customer, now, wanted, "flags.feature" in expand),
        "config": customer.config,
    }
    answer |= billing_sections(customer, expand, origin)
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
