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

_CHANGES: dict[str, Any] = {
    "customize.billing_controls.auto_topups[].enabled": False,
    "customize.billing_controls.auto_topups[].purchase_limit.interval_count": 1,
    "customize.billing_controls.overage_allowed[].enabled": False,
    "customize.billing_controls.spend_limits[].enabled": False,
    "customize.billing_controls.usage_alerts[].basis": "balance",
    "customize.billing_controls.usage_alerts[].enabled": True,
    "customize.billing_controls.usage_limits[].enabled": True,
    "customize.free_trial.card_required": False,
    "customize.free_trial.duration_type": "month",
    "customize.free_trial.on_end": "bill",
    "customize.items[].pooled": False,
    "customize.items[].price.billing_units": 1,
    "customize.items[].price.interval_count": 1,
    "customize.items[].reset.interval_count": 1,
    "free_trial.card_required": False,
    "free_trial.duration_type": "month",
    "free_trial.on_end": "bill",
    "invoice_mode.enable_plan_immediately": False,
    "redirect_mode": "if_required",
}
_SEVERAL: dict[str, Any] = {
    "billing_cycle_anchor": "now",
    "customer_data.billing_controls.auto_topups[].enabled": False,
    "customer_data.billing_controls.auto_topups[].purchase_limit.interval_count": 1,
    "customer_data.billing_controls.overage_allowed[].enabled": False,
    "customer_data.billing_controls.spend_limits[].enabled": False,
    "customer_data.billing_controls.usage_alerts[].basis": "balance",
    "customer_data.billing_controls.usage_alerts[].enabled": True,
    "customer_data.billing_controls.usage_limits[].enabled": True,
    "entity_data.billing_controls.overage_allowed[].enabled": False,
    "entity_data.billing_controls.spend_limits[].enabled": False,
    "entity_data.billing_controls.usage_alerts[].basis": "balance",
    "entity_data.billing_controls.usage_alerts[].enabled": True,
    "entity_data.billing_controls.usage_limits[].enabled": True,
    "free_trial.card_required": False,
    "free_trial.duration_type": "month",
    "free_trial.on_end": "bill",
    "invoice_mode.enable_plan_immediately": False,
    "plans[].customize.items[].pooled": False,
    "plans[].customize.items[].price.billing_units": 1,
    "plans[].customize.items[].price.interval_count": 1,
    "plans[].customize.items[].reset.interval_count": 1,
    "redirect_mode": "if_required",
}
_PAGE: dict[str, Any] = {
    "limit": 50,
    "start_cursor": "",
}

INJECTED_1_2: dict[str, dict[str, Any]] = {
    "balances.create": {
        "rollover.duration": "month",
    },
    "balances.list": _PAGE,
    "billing.attach": _CHANGES,
    "billing.create_schedule": {
        "billing_cycle_anchor": "now",
        "free_trial.card_required": False,
        "free_trial.duration_type": "month",
        "free_trial.on_end": "bill",
        "invoice_mode.enable_plan_immediately": False,
        "phases[].plans[].customize.billing_controls.auto_topups[].enabled": False,
        "phases[].plans[].customize.billing_controls.auto_topups[].purchase_limit.interval_count": 1,  # noqa: E501
        "phases[].plans[].customize.billing_controls.overage_allowed[].enabled": False,
        "phases[].plans[].customize.billing_controls.spend_limits[].enabled": False,
        "phases[].plans[].customize.billing_controls.usage_alerts[].basis": "balance",
        "phases[].plans[].customize.billing_controls.usage_alerts[].enabled": True,
        "phases[].plans[].customize.billing_controls.usage_limits[].enabled": True,
        "phases[].plans[].customize.items[].pooled": False,
        "phases[].plans[].customize.items[].price.billing_units": 1,
        "phases[].plans[].customize.items[].price.interval_count": 1,
        "phases[].plans[].customize.items[].reset.interval_count": 1,
        "phases[].plans[].customize.upsert_licenses[].customize.add_items[].pooled": False,
        "redirect_mode": "if_required",
        "unscheduled_plans[].customize.billing_controls.auto_topups[].enabled": False,
        "unscheduled_plans[].customize.billing_controls.auto_topups[].purchase_limit.interval_count": 1,  # noqa: E501
        "unscheduled_plans[].customize.billing_controls.overage_allowed[].enabled": False,
        "unscheduled_plans[].customize.billing_controls.spend_limits[].enabled": False,
        "unscheduled_plans[].customize.billing_controls.usage_alerts[].basis": "balance",
        "unscheduled_plans[].customize.billing_controls.usage_alerts[].enabled": True,
        "unscheduled_plans[].customize.billing_controls.usage_limits[].enabled": True,
        "unscheduled_plans[].customize.items[].pooled": False,
        "unscheduled_plans[].customize.items[].price.billing_units": 1,
        "unscheduled_plans[].customize.items[].price.interval_count": 1,
        "unscheduled_plans[].customize.items[].reset.interval_count": 1,
        "unscheduled_plans[].customize.upsert_licenses[].customize.add_items[].pooled": False,
    },
    "billing.multi_attach": _SEVERAL,
    "billing.preview_attach": _CHANGES,
    "billing.preview_multi_attach": _SEVERAL,
    "billing.preview_update": _CHANGES,
    "billing.setup_payment": {
        "customize.billing_controls.auto_topups[].enabled": False,
        "customize.billing_controls.auto_topups[].purchase_limit.interval_count": 1,
        "customize.billing_controls.overage_allowed[].enabled": False,
        "customize.billing_controls.spend_limits[].enabled": False,
        "customize.billing_controls.usage_alerts[].basis": "balance",
        "customize.billing_controls.usage_alerts[].enabled": True,
        "customize.billing_controls.usage_limits[].enabled": True,
        "customize.free_trial.card_required": False,
        "customize.free_trial.duration_type": "month",
        "customize.free_trial.on_end": "bill",
        "customize.items[].pooled": False,
        "customize.items[].price.billing_units": 1,
        "customize.items[].price.interval_count": 1,
        "customize.items[].reset.interval_count": 1,
        "free_trial.card_required": False,
        "free_trial.duration_type": "month",
        "free_trial.on_end": "bill",
    },
    "billing.update": _CHANGES,
    "customers.delete": {
        "delete_in_stripe": False,
    },
    "customers.get_or_create": {
        "billing_controls.auto_topups[].enabled": False,
        "billing_controls.auto_topups[].purchase_limit.interval_count": 1,
        "billing_controls.overage_allowed[].enabled": False,
        "billing_controls.spend_limits[].enabled": False,
        "billing_controls.usage_alerts[].basis": "balance",
        "billing_controls.usage_alerts[].enabled": True,
        "billing_controls.usage_limits[].enabled": True,
    },
    "customers.list": _PAGE,
    "customers.list_purchases": _PAGE,
    "customers.list_subscriptions": _PAGE,
    "customers.update": {
        "billing_controls.auto_topups[].enabled": False,
        "billing_controls.auto_topups[].purchase_limit.interval_count": 1,
        "billing_controls.overage_allowed[].enabled": False,
        "billing_controls.spend_limits[].enabled": False,
        "billing_controls.usage_alerts[].basis": "balance",
        "billing_controls.usage_alerts[].enabled": True,
    },
    "entities.create": {
        "billing_controls.overage_allowed[].enabled": False,
        "billing_controls.spend_limits[].enabled": False,
        "billing_controls.usage_alerts[].basis": "balance",
        "billing_controls.usage_alerts[].enabled": True,
        "billing_controls.usage_limits[].enabled": True,
        "customer_data.billing_controls.auto_topups[].enabled": False,
        "customer_data.billing_controls.auto_topups[].purchase_limit.interval_count": 1,
        "customer_data.billing_controls.overage_allowed[].enabled": False,
        "customer_data.billing_controls.spend_limits[].enabled": False,
        "customer_data.billing_controls.usage_alerts[].basis": "balance",
        "customer_data.billing_controls.usage_alerts[].enabled": True,
        "customer_data.billing_controls.usage_limits[].enabled": True,
    },
    "entities.list": _PAGE,
    "entities.update": {
        "billing_controls.overage_allowed[].enabled": False,
        "billing_controls.spend_limits[].enabled": False,
        "billing_controls.usage_alerts[].basis": "balance",
        "billing_controls.usage_alerts[].enabled": True,
    },
    "events.aggregate": {
        "bin_size": "day",
    },
    "events.list": _PAGE,
    "invoices.create": {
        "plans[].customize.items[].price.billing_units": 1,
        "plans[].customize.items[].price.interval_count": 1,
        "plans[].license_quantities[].customize.items[].price.billing_units": 1,
        "plans[].license_quantities[].customize.items[].price.interval_count": 1,
    },
    "invoices.insert": {
        "invoices[].processor_type": "stripe",
        "invoices[].refunded_amount": 0,
    },
    "invoices.issue_credit_note": {
        "destination": "customer_balance",
        "send_email": True,
    },
    "invoices.list": _PAGE,
    "invoices.list_templates": {
        "limit": 10,
        "offset": 0,
    },
    "invoices.reissue": {
        "lines.add[].customize.items[].price.billing_units": 1,
        "lines.add[].customize.items[].price.interval_count": 1,
        "lines.add[].license_quantities[].customize.items[].price.billing_units": 1,
        "lines.add[].license_quantities[].customize.items[].price.interval_count": 1,
    },
    "plans.create": {
        "add_on": False,
        "auto_enable": False,
        "billing_controls.auto_topups[].enabled": False,
        "billing_controls.auto_topups[].purchase_limit.interval_count": 1,
        "billing_controls.overage_allowed[].enabled": False,
        "billing_controls.spend_limits[].enabled": False,
        "billing_controls.usage_alerts[].basis": "balance",
        "billing_controls.usage_alerts[].enabled": True,
        "billing_controls.usage_limits[].enabled": True,
        "config.anchor_to_month_start": False,
        "config.ignore_past_due": False,
        "create_in_stripe": True,
        "free_trial.card_required": False,
        "free_trial.duration_type": "month",
        "free_trial.on_end": "bill",
        "group": "",
        "items[].pooled": False,
        "items[].price.billing_units": 1,
        "items[].price.interval_count": 1,
        "items[].reset.interval_count": 1,
        "licenses[].customize.add_items[].pooled": False,
        "price.interval_count": 1,
    },
    "plans.delete": {
        "all_versions": False,
    },
    "plans.update": {
        "archived": False,
        "billing_controls.auto_topups[].enabled": False,
        "billing_controls.auto_topups[].purchase_limit.interval_count": 1,
        "billing_controls.overage_allowed[].enabled": False,
        "billing_controls.spend_limits[].enabled": False,
        "billing_controls.usage_alerts[].basis": "balance",
        "billing_controls.usage_alerts[].enabled": True,
        "billing_controls.usage_limits[].enabled": True,
        "config.anchor_to_month_start": False,
        "config.ignore_past_due": False,
        "create_in_stripe": True,
        "free_trial.card_required": False,
        "free_trial.duration_type": "month",
        "free_trial.on_end": "bill",
        "items[].pooled": False,
        "items[].price.billing_units": 1,
        "items[].price.interval_count": 1,
        "items[].reset.interval_count": 1,
        "licenses[].customize.add_items[].pooled": False,
        "migration.draft": False,
        "variants[].migration.draft": False,
    },
    "webhooks.preview_sync": {
        "skip_deletions": True,
    },
    "webhooks.sync": {
        "skip_deletions": True,
    },
}
"""What autumn-sdk 1.2.0 adds."""
