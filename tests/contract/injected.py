"""Defaults that the official clients add to what they were given, by path; we add none of them."""

from __future__ import annotations

from typing import Any

_INVOICE = {"invoice_mode.enable_plan_immediately": False, "invoice_mode.finalize": True}
_REDIRECT = {"redirect_mode": "if_required"}
_TRIAL = {"free_trial.card_required": True, "free_trial.duration_type": "month"}
_ITEMS = {"items[].price.billing_units": 1, "items[].price.interval_count": 1}
_ENTITY_CONTROLS = {
    "billing_controls.spend_limits[].enabled": False,
    "billing_controls.usage_alerts[].enabled": True,
}
_CONTROLS = {
    **_ENTITY_CONTROLS,
    "billing_controls.auto_topups[].enabled": False,
    "billing_controls.auto_topups[].purchase_limit.interval_count": 1,
}


def _within(name: str, defaults: dict[str, Any]) -> dict[str, Any]:
    return {f"{name}.{path}": value for path, value in defaults.items()}


_CUSTOMIZE = _within("customize", _TRIAL | _ITEMS)
_ATTACH = _INVOICE | _REDIRECT | _CUSTOMIZE
_MULTI_ATTACH = {
    **_INVOICE,
    **_REDIRECT,
    **_TRIAL,
    **_within("plans[].customize", _ITEMS),
    **_within("customer_data", _CONTROLS),
    **_within("entity_data", _ENTITY_CONTROLS),
}

INJECTED_1_0: dict[str, dict[str, Any]] = {
    "billing.attach": _ATTACH,
    "billing.multi_attach": _MULTI_ATTACH,
    "billing.preview_attach": _ATTACH,
    "billing.preview_multi_attach": _MULTI_ATTACH,
    "billing.preview_update": _ATTACH,
    "billing.setup_payment": _CUSTOMIZE,
    "billing.update": _ATTACH,
    "customers.delete": {"delete_in_stripe": False},
    "customers.get_or_create": _CONTROLS,
    "customers.list": {"limit": 10, "offset": 0},
    "customers.update": _CONTROLS,
    "entities.create": _ENTITY_CONTROLS | _within("customer_data", _CONTROLS),
    "entities.update": _ENTITY_CONTROLS,
    "events.aggregate": {"bin_size": "day"},
    "events.list": {"limit": 100, "offset": 0},
    "plans.create": {"add_on": False, "auto_enable": False, "group": "", **_TRIAL, **_ITEMS},
    "plans.delete": {"all_versions": False},
    "plans.update": {"archived": False, "group": "", **_TRIAL, **_ITEMS},
}
"""What autumn-sdk 1.0.0 adds."""

INJECTED_1_2: dict[str, dict[str, Any]] = {}
"""What autumn-sdk 1.2.0 adds."""
