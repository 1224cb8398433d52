"""Which operations there are, and which of them the emulator serves."""

from __future__ import annotations

from . import (
    balance_lists,
    balances,
    billing,
    customer_clocks,
    customers,
    entities,
    events,
    features,
    locks,
    payment,
    plan_lists,
    plans,
    referrals,
    rewards,
    tokens,
    usage,
)
from .call import Operation

SERVED: dict[str, Operation] = {
    **features.OPERATIONS,
    **plans.OPERATIONS,
    **customers.OPERATIONS,
    **plan_lists.OPERATIONS,
    **entities.OPERATIONS,
    **customer_clocks.OPERATIONS,
    **usage.OPERATIONS,
    **locks.OPERATIONS,
    **tokens.OPERATIONS,
    **balances.OPERATIONS,
    **balance_lists.OPERATIONS,
    **events.OPERATIONS,
    **referrals.OPERATIONS,
    **rewards.OPERATIONS,
    **billing.OPERATIONS,
    **payment.OPERATIONS,
}

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
