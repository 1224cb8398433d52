"""Which operations there are, and which of them the emulator serves."""

from __future__ import annotations

from . import (
    balances,
    billing,
    customer_clocks,
    customers,
    events,
    features,
    plans,
    unserved,
    usage,
)
from .call import Operation

SERVED: dict[str, Operation] = {
    **features.OPERATIONS,
    **plans.OPERATIONS,
    **customers.OPERATIONS,
    **customer_clocks.OPERATIONS,
    **usage.OPERATIONS,
    **balances.OPERATIONS,
    **events.OPERATIONS,
    **billing.OPERATIONS,
    **unserved.OPERATIONS,
}

NOT_SERVED = frozenset(
    f"{namespace}.{operation}"
    for namespace, operations in {
        "balances": "list track_tokens",
        "billing": "create_schedule import multi_attach multi_update open_customer_portal"
        " preview_attach preview_multi_attach preview_multi_update preview_update"
        " setup_payment verify",
        "entities": "delete get update",
        "events": "aggregate",
        "invoices": "create finalize insert issue_credit_note list listTemplates pay reissue"
        " update void",
        "keys": "mint refresh revoke",
        "licenses": "attach list list_assignments release",
        "logs": "search",
        "platform": "disconnect_stripe get_revenuecat_keys get_stripe_connection"
        " link_revenuecat sync_revenuecat",
        "purchases": "list",
        "referral_programs": "create delete get list update",
        "referrals": "create_code redeem_code",
        "rewards": "create delete get list redeem update",
        "sandboxes": "create delete list reset",
        "subscriptions": "list",
        "webhooks": "create delete get list preview_sync sync update",
    }.items()
    for operation in operations.split()
)
"""Autumn's operations that the emulator knows of and doesn't serve yet."""
