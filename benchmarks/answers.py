"""What the server of the benchmarks answers: one constant body for each path."""

from __future__ import annotations

import json
from typing import Any

_BALANCE = {
    "feature_id": "messages",
    "granted": 1000,
    "remaining": 640,
    "usage": 360,
    "unlimited": False,
    "overage_allowed": False,
    "max_purchase": None,
    "next_reset_at": 1797945004028,
    "breakdown": [
        {
            "id": "cus_ent_3MSnnei3Ca69ElXw7ixttu4PWG9",
            "plan_id": "free",
            "included_grant": 1000,
            "prepaid_grant": 0,
            "remaining": 640,
            "usage": 360,
            "unlimited": False,
            "reset": {"interval": "month", "resets_at": 1797945004028},
            "price": None,
            "expires_at": None,
        }
    ],
}

_SUBSCRIPTION = {
    "id": "cus_prod_3MSnncaBKgt6axSsb9Y4pUjw8DB",
    "plan_id": "free",
    "auto_enable": True,
    "add_on": False,
    "status": "active",
    "past_due": False,
    "canceled_at": None,
    "expires_at": None,
    "trial_ends_at": None,
    "started_at": 1795353004028,
    "current_period_start": None,
    "current_period_end": None,
    "quantity": 1,
    "scope": "customer",
}


def _customer(number: int) -> dict[str, Any]:
    """A customer as a list holds them, 3 kB of JSON."""
    features = ("messages", "images", "seats", "credits", "api_calls")
    return {
        "id": f"cus_{number}",
        "name": f"Customer {number}",
        "email": f"customer{number}@example.com",
        "created_at": 1795353002812 + number,
        "fingerprint": None,
        "stripe_id": f"cus_stripe_{number}",
        "env": "sandbox",
        "metadata": {"tier": "gold"},
        "send_email_receipts": False,
        "billing_controls": {},
        "subscriptions": [_SUBSCRIPTION],
        "purchases": [],
        "licenses": [],
        "balances": {name: {**_BALANCE, "feature_id": name} for name in features},
        "flags": {},
        "config": {},
    }


def _expanded(customer: dict[str, Any]) -> dict[str, Any]:
    """The customer with each balance's feature, as cached checks ask for it."""
    balances = {
        name: {**balance, "feature": {"id": name, "type": "metered", "consumable": True}}
        for name, balance in customer["balances"].items()
    }
    return {**customer, "balances": balances}


_ANSWERS: dict[str, object] = {
    "/v1/balances.check": {
        "allowed": True,
        "customer_id": "cus_123",
        "required_balance": 1,
        "balance": _BALANCE,
        "flag": None,
    },
    "/v1/balances.track": {"customer_id": "cus_123", "value": 1, "balance": _BALANCE},
    "/v1/balances.batch_track": {"success": True},
    "/v1/customers.get": _expanded(_customer(123)),
    "/v1/customers.list": {"list": [_customer(n) for n in range(100)], "next_cursor": None},
}


BODIES = {
    path: json.dumps(answer, separators=(",", ":")).encode() for path, answer in _ANSWERS.items()
}
"""JSON by path."""
