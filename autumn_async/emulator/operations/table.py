"""Which operations there are, and which of them the emulator serves."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from .call import Operation

_MODULES: Final = {
    "features": "features.create features.get features.list features.update features.delete",
    "plans": "plans.create plans.get plans.list plans.update plans.delete",
    "customers": "customers.get_or_create customers.get customers.list customers.update"
    " customers.delete",
    "plan_lists": "subscriptions.list purchases.list",
    "entities": "entities.create entities.get entities.list entities.update entities.delete",
    "customer_clocks": "customers.advance_test_clock",
    "usage": "balances.check balances.track balances.batch_track",
    "locks": "balances.finalize",
    "tokens": "balances.track_tokens",
    "balances": "balances.create balances.update balances.delete",
    "balance_lists": "balances.list",
    "events": "events.list events.aggregate",
    "referrals": "referrals.create_code referrals.redeem_code referral_programs.create"
    " referral_programs.get referral_programs.list referral_programs.update"
    " referral_programs.delete",
    "rewards": "rewards.create rewards.get rewards.list rewards.update rewards.delete"
    " rewards.redeem",
    "billing": "billing.attach billing.multi_attach billing.update billing.preview_attach"
    " billing.preview_multi_attach billing.preview_update billing.multi_update"
    " billing.preview_multi_update billing.verify",
    "payment": "billing.setup_payment billing.open_customer_portal",
}

SERVED: Final = {name: home for home, names in _MODULES.items() for name in names.split()}
"""The operations that the emulator serves, each with the module that has it in `OPERATIONS`."""


def operation_named(name: str) -> Operation:
    """One that is served. Its module is loaded when one of its operations is first asked for."""
    module: Any = import_module(f".{SERVED[name]}", __package__)
    operation: Operation = module.OPERATIONS[name]
    return operation


NOT_SERVED = frozenset(
    f"{namespace}.{operation}"
    for namespace, operations in {
        "billing": "create_schedule import",
        "invoices": "create finalize insert issue_credit_note list listTemplates pay reissue"
        " update void",
        "keys": "mint refresh revoke",
        "licenses": "attach list list_assignments release",
        "logs": "search",
        "platform": "disconnect_stripe get_revenuecat_keys get_stripe_connection"
        " link_revenuecat sync_revenuecat",
        "sandboxes": "create delete list reset",
        "webhooks": "create delete get list preview_sync sync update",
    }.items()
    for operation in operations.split()
)
"""Autumn's operations that the emulator knows of and doesn't serve yet."""
