"""What the operations of API 2.2 send and answer."""

from __future__ import annotations

from decimal import Decimal

from msgspec import UNSET

from autumn_async import models as m
from tests.contract.rows import ABSENT, LATER, LATER_MS, MOMENT, MOMENT_MS, Entry, Recorded, Row

ITEM = {
    "feature_id": "messages",
    "included": 100,
    "unlimited": False,
    "pooled": True,
    "reset": {"interval": "month", "interval_count": 1},
    "price": {
        "tiers": [
            {"to": 1000, "amount": 1, "additional_currencies": [{"currency": "eur", "amount": 2}]},
            {"to": "inf", "amount": 0.5, "flat_amount": 10},
        ],
        "tier_behavior": "volume",
        "interval": "month",
        "interval_count": 1,
        "billing_units": 10,
        "billing_method": "prepaid",
        "max_purchase": 5000,
    },
    "proration": {"on_increase": "prorate_immediately", "on_decrease": "none"},
    "rollover": {"max": 50, "expiry_duration_type": "month", "expiry_duration_length": 2},
    "expiry": {"duration": "day", "length": 90},
    "threshold_billing": {"threshold": 100},
    "feature_override": {
        "credit_schema": [{"metered_feature_id": "images", "credit_cost": 2}],
        "markups": {"default_markup": 5},
    },
}
PRICE = {
    "amount": 20,
    "interval": "month",
    "interval_count": 1,
    "additional_currencies": [{"currency": "eur", "amount": 19}],
}
TRIAL = {
    "duration_length": 7,
    "duration_type": "day",
    "card_required": False,
    "on_end": "bill",
}
SHARED_CONTROLS = {
    "spend_limits": [
        {"feature_id": "messages", "enabled": True, "limit_type": "absolute", "overage_limit": 5}
    ],
    "usage_limits": [
        {
            "feature_id": "messages",
            "enabled": True,
            "limit": 10,
            "interval": "day",
            "anchor": "utc",
            "filter": {"properties": {"model": "m1"}},
        }
    ],
    "usage_alerts": [
        {
            "feature_id": "messages",
            "enabled": True,
            "threshold": 80,
            "threshold_type": "usage_percentage",
            "basis": "included",
            "name": "soon out",
        }
    ],
    "overage_allowed": [{"feature_id": "messages", "enabled": True}],
}
CONTROLS = {
    **SHARED_CONTROLS,
    "auto_topups": [
        {
            "feature_id": "messages",
            "enabled": True,
            "threshold": 10,
            "quantity": 100,
            "purchase_limit": {"interval": "day", "interval_count": 1, "limit": 3},
            "invoice_mode": True,
        }
    ],
}
CONTROLS_UPDATE = {
    **CONTROLS,
    "usage_limits": [{"feature_id": "messages", "usage": 0}],
    "balance_allocations": [
        {
            "feature_id": "messages",
            "interval": "month",
            "allocations": [{"entity_id": "seat_1", "amount": 5}],
        }
    ],
}
CUSTOMER_DATA = {
    "name": "Ada",
    "email": "ada@example.com",
    "fingerprint": "fp",
    "metadata": {"tier": "gold"},
    "stripe_id": "cus_stripe",
    "create_in_stripe": True,
    "auto_enable_plan_id": "free",
    "send_email_receipts": True,
    "currency": "usd",
    "billing_controls": CONTROLS,
    "config": {"disable_pooled_balance": True},
}
CUSTOMER_DETAILS = {
    "address": {"line1": "1 Main St", "city": "Springfield", "country": "US"},
    "tax_ids": {"add": [{"type": "eu_vat", "value": "DE1"}], "remove": []},
    "tax_exempt": "reverse",
    "invoice_settings": {"custom_fields": [{"name": "PO", "value": "7"}]},
}
CHANGES = {
    "customer_id": "cus_1",
    "entity_id": "seat_1",
    "plan_id": "pro",
    "feature_quantities": [{"feature_id": "messages", "quantity": 200, "adjustable": True}],
    "version": 2,
    "free_trial": TRIAL,
    "customize": {
        "price": PRICE,
        "items": [ITEM],
        "free_trial": TRIAL,
        "billing_controls": CONTROLS,
        "upsert_licenses": [{"license_plan_id": "seat", "included": 2, "metadata": {"a": None}}],
        "remove_licenses": [{"license_plan_id": "old"}],
    },
    "proration_behavior": "prorate_immediately",
    "subscription_id": "sub_1",
    "discounts": [{"reward_id": "ten_off"}, {"promotion_code": "SPRING"}],
    "billing_cycle_anchor": "now",
    "custom_line_items": [{"amount": -5, "description": "Sorry"}],
    "remove_lines": [
        {
            "plan_id": "free",
            "entity_id": None,
            "direction": "charge",
            "price": {"interval": "month"},
            "feature_quantities": [
                {"feature_id": "messages", "billing_behavior": "prepaid", "interval": "month"}
            ],
            "license_quantities": [{"license_plan_id": "seat", "price": True}],
        }
    ],
    "add_lines": [
        {"amount": 5, "description": "Setup", "period_start": MOMENT, "period_end": LATER}
    ],
    "carry_over_usages": {"enabled": True, "feature_ids": ["messages"]},
    "license_quantities": [{"license_plan_id": "seat", "quantity": 3}],
    "no_billing_changes": False,
    "remove_discounts": [{"reward_id": "old"}],
}
"""What attaching, setting up and updating have in common."""
CHANGES_WIRE = {
    "add_lines": [
        {"amount": 5, "description": "Setup", "period_start": MOMENT_MS, "period_end": LATER_MS}
    ],
}
INVOICE_MODE = {
    "enabled": True,
    "enable_plan_immediately": True,
    "issue_method": "finalize",
    "invoice_template_id": "tpl",
    "net_terms_days": 30,
    "payment_method_types": ["card", "link"],
}
SETUP = {
    **CHANGES,
    "success_url": "https://example.com/done",
    "starts_at": MOMENT,
    "ends_at": LATER,
    "checkout_session_params": {"locale": "de", "async_": None},
    "processor_subscription_id": "sub_stripe",
    "carry_over_balances": {"enabled": False},
    "metadata": {"order": "7"},
    "enable_plan_immediately": True,
    "tax": {"automatic_tax": {"enabled": True}, "rate_id": "txr_2"},
    "billing_details": {
        "address": {"line1": None, "postal_code": "10115"},
        "tax_ids": [{"type": "eu_vat", "value": "DE1"}],
        "tax_exempt": "none",
    },
    "tax_rate_id": "txr_1",
    "currency": "eur",
    "remove_plan_ids": ["old"],
}
SETUP_WIRE = {**CHANGES_WIRE, "starts_at": MOMENT_MS, "ends_at": LATER_MS}
ATTACH = {
    **SETUP,
    "invoice_mode": INVOICE_MODE,
    "redirect_mode": "always",
    "new_billing_subscription": True,
    "plan_schedule": "immediate",
    "long_lived_checkout": True,
}
MULTI_ATTACH = {
    "customer_id": "cus_1",
    "plans": [
        {
            "plan_id": "pro",
            "customize": {"price": None, "items": [ITEM]},
            "feature_quantities": [{"feature_id": "messages", "quantity": Decimal("1.5")}],
            "version": 1,
            "subscription_id": "sub_1",
            "entity_id": None,
        },
        {"plan_id": "topup"},
    ],
    "entity_id": "seat_1",
    "free_trial": TRIAL,
    "starts_at": MOMENT_MS,
    "currency": "usd",
    "invoice_mode": {"enabled": True, "finalize": False},
    "discounts": [{"reward_id": "ten_off"}],
    "billing_behavior": "none",
    "billing_cycle_anchor": "now",
    "success_url": "https://example.com/done",
    "checkout_session_params": {},
    "redirect_mode": "never",
    "new_billing_subscription": False,
    "enable_plan_immediately": False,
    "customer_data": CUSTOMER_DATA,
    "entity_data": {
        "feature_id": "seats",
        "name": "Seat 1",
        "billing_controls": SHARED_CONTROLS,
    },
}
MULTI_ATTACH_WIRE = {
    "plans": [
        {
            "plan_id": "pro",
            "customize": {"price": None, "items": [ITEM]},
            "feature_quantities": [{"feature_id": "messages", "quantity": 1.5}],
            "version": 1,
            "subscription_id": "sub_1",
            "entity_id": None,
        },
        {"plan_id": "topup"},
    ],
}
UPDATE = {
    **CHANGES,
    "invoice_mode": INVOICE_MODE,
    "redirect_mode": "if_required",
    "cancel_action": "cancel_immediately",
    "billing_cycle_anchor": MOMENT,
    "refund_last_payment": "prorated",
    "subscription_params": {"async_": 1, "description": None},
    "recalculate_balances": {"enabled": True},
}
UPDATE_WIRE = {**CHANGES_WIRE, "billing_cycle_anchor": MOMENT_MS}
PLAN = {
    "plan_id": "pro",
    "name": "Pro",
    "group": "main",
    "description": "For professionals",
    "add_on": False,
    "auto_enable": False,
    "price": PRICE,
    "items": [ITEM, {"feature_id": "sso"}],
    "licenses": [
        {
            "license_plan_id": "seat",
            "version_slug": "v2",
            "included": 2,
            "prepaid_only": True,
            "customize": {
                "price": None,
                "add_items": [{"feature_id": "sso"}],
                "remove_items": [{"feature_id": "messages", "billing_method": "prepaid"}],
            },
            "metadata": {},
        }
    ],
    "free_trial": TRIAL,
    "config": {"ignore_past_due": True, "anchor_to_month_start": False},
    "billing_controls": CONTROLS,
    "metadata": {"tier": 2, "nothing": None},
    "create_in_stripe": True,
}
CREDIT_SCHEMA = [
    {"metered_feature_id": "images", "credit_cost": 4},
    {
        "metered_feature_id": "tokens",
        "tiers": [{"to": 100, "credit_cost": 1}, {"to": "inf", "credit_cost": 0.5}],
        "tier_behavior": "graduated",
        "billing_units": 1000,
        "dimensions": {
            "large": {"match": {"model": "large"}, "credit_cost": 2, "priority": 1},
        },
        "multipliers": {"night": {"match": {"night": True}, "factor": 0.5, "add": 1}},
    },
]
FEATURE = {
    "feature_id": "credits",
    "name": "Credits",
    "type_": "credit_system",
    "consumable": True,
    "combine": "sum",
    "display": {"singular": "credit", "plural": "credits"},
    "credit_schema": CREDIT_SCHEMA,
    "model_markups": {
        "openai/gpt": {"markup": 10},
        "custom/m": {"input_cost": 1, "output_cost": 2.5},
    },
    "default_markup": 20,
    "provider_markups": {"openai": {"markup": -100}},
    "event_names": ["image.made"],
}

CALLS: dict[str, Entry] = {
    "check": Entry(
        "/v1/balances.check",
        m.CheckResponse,
        (
            Row(
                {"customer_id": "cus_1", "feature_id": "messages"},
                Recorded(),
                {
                    "allowed": True,
                    "customer_id": "alice_23_52939",
                    "required_balance": 1,
                    "balance.remaining": 100,
                    "balance.breakdown.0.plan_id": "free_23_52939",
                    "balance.breakdown.0.reset.interval": "month",
                    "flag": None,
                    "failed_open": False,
                },
            ),
            Row(
                {
                    "customer_id": "cus_1",
                    "feature_id": "messages",
                    "entity_id": "seat_1",
                    "required_balance": Decimal("2.50"),
                    "properties": {"model": "m1", "async_": True, "": None, "at": LATER},
                    "send_event": True,
                    "with_preview": True,
                    "idempotency_key": "check-1",
                },
                Recorded("with preview"),
                {
                    "allowed": False,
                    "preview.scenario": "usage_limit",
                    "preview.products.0.items.1.feature.type": "single_use",
                },
                wire={
                    "required_balance": 2.5,
                    "properties": {"model": "m1", "async_": True, "": None, "at": LATER_MS},
                },
                headers={"idempotency-key": "check-1"},
            ),
            Row(
                {
                    "customer_id": "cus_1",
                    "feature_id": "messages",
                    "lock": {"lock_id": "l-1", "expires_at": MOMENT, "overage_behavior": "cap"},
                },
                Recorded("reserve 10"),
                {"allowed": True, "balance.remaining": 88},
                wire={
                    "lock": {
                        "enabled": True,
                        "lock_id": "l-1",
                        "expires_at": MOMENT_MS,
                        "overage_behavior": "cap",
                    }
                },
            ),
            Row(
                {"customer_id": "cus_1", "feature_id": "sso"},
                Recorded("boolean flag"),
                {"balance": None, "flag.plan_id": "free_23_52939"},
            ),
        ),
    ),
    "track": Entry(
        "/v1/balances.track",
        m.TrackResponse,
        (
            Row(
                {
                    "customer_id": "cus_1",
                    "feature_id": "images",
                    "entity_id": "seat_1",
                    "value": 2,
                    "properties": {"model": "m1"},
                    "timestamp": MOMENT,
                    "overage_behavior": "reject",
                    "async_": False,
                    "idempotency_key": "track-1",
                },
                Recorded("credit system deduction"),
                {
                    "value": 2,
                    "balance.feature_id": "credits_23_52939",
                    "balances.img_23_52939": None,
                    "balances.credits_23_52939.remaining": 992,
                    "deductions.0.value": 8,
                    "duplicate": False,
                },
                wire={"timestamp": MOMENT_MS, "idempotency_key": "track-1"},
            ),
            Row(
                {
                    "customer_id": "cus_1",
                    "event_name": "message.sent",
                    "value": -0.5,
                    "lock": {"lock_id": "l-1"},
                },
                Recorded("by event_name"),
                {"event_name": "msg.sent_23_52939", "deductions.0.value": 2},
                wire={"lock": {"enabled": True, "lock_id": "l-1"}},
            ),
            Row(
                {"customer_id": "cus_1", "feature_id": "messages", "async": True},
                Recorded("async"),
                {"value": 1, "balance": None, "deductions": None},
            ),
        ),
    ),
    "batch_track": Entry(
        "/v1/balances.batch_track",
        m.SuccessResponse,
        (
            Row(
                {
                    "request": [
                        {"customer_id": "cus_1", "feature_id": "messages", "async_": True},
                        {
                            "customer_id": "cus_2",
                            "event_name": "message.sent",
                            "value": Decimal("0.1"),
                            "entity_id": "seat_1",
                            "properties": {"async_": 1},
                            "timestamp": MOMENT,
                            "overage_behavior": "overflow",
                            "async": False,
                            "idempotency_key": "item-2",
                        },
                    ]
                },
                Recorded(),
                {"success": True},
                body=[
                    {"customer_id": "cus_1", "feature_id": "messages", "async": True},
                    {
                        "customer_id": "cus_2",
                        "event_name": "message.sent",
                        "value": 0.1,
                        "entity_id": "seat_1",
                        "properties": {"async_": 1},
                        "timestamp": MOMENT_MS,
                        "overage_behavior": "overflow",
                        "async": False,
                        "idempotency_key": "item-2",
                    },
                ],
            ),
        ),
    ),
    "balances.create": Entry(
        "/v1/balances.create",
        m.SuccessResponse,
        (
            Row(
                {
                    "customer_id": "cus_1",
                    "feature_id": "messages",
                    "entity_id": "seat_1",
                    "included_grant": Decimal("25"),
                    "unlimited": False,
                    "reset": {"interval": "day", "interval_count": 2},
                    "rollover": {"max": 5, "length": 1, "duration": "month"},
                    "expires_at": MOMENT,
                    "next_reset_at": MOMENT_MS,
                    "balance_id": "bonus",
                    "idempotency_key": "grant-1",
                },
                Recorded(),
                {"success": True},
                wire={"included_grant": 25, "expires_at": MOMENT_MS},
                headers={"idempotency-key": "grant-1"},
            ),
        ),
    ),
    "balances.update": Entry(
        "/v1/balances.update",
        m.SuccessResponse,
        (
            Row(
                {
                    "customer_id": "cus_1",
                    "feature_id": "messages",
                    "entity_id": "seat_1",
                    "remaining": 0,
                    "add_to_balance": -5,
                    "usage": 0.5,
                    "interval": "month",
                    "included_grant": 100,
                    "balance_id": "bonus",
                    "next_reset_at": MOMENT,
                    "expires_at": LATER,
                },
                Recorded("set remaining"),
                {"success": True},
                wire={"next_reset_at": MOMENT_MS, "expires_at": LATER_MS},
            ),
        ),
    ),
    "balances.delete": Entry(
        "/v1/balances.delete",
        m.SuccessResponse,
        (
            Row(
                {
                    "customer_id": "cus_1",
                    "entity_id": "seat_1",
                    "feature_id": "messages",
                    "balance_id": "bonus",
                    "recalculate_balances": True,
                    "interval": "one_off",
                },
                Recorded(),
                {"success": True},
            ),
        ),
    ),
    "balances.finalize": Entry(
        "/v1/balances.finalize",
        m.SuccessResponse,
        (
            Row(
                {
                    "lock_id": "l-1",
                    "action": "confirm",
                    "override_value": 0,
                    "properties": {"tokens": 7, "nested": {"deep": [None, 1.5, "x"]}},
                },
                Recorded(),
                {"success": True},
            ),
        ),
    ),
    "billing.attach": Entry(
        "/v1/billing.attach",
        m.AttachResponse,
        (
            Row(
                ATTACH,
                Recorded("paid, card on file (stripe fake)"),
                {"invoice.total": 20, "invoice.status": "paid", "payment_url": None},
                wire=SETUP_WIRE,
            ),
            Row(
                {"customer_id": "cus_1", "plan_id": "pro", "free_trial": None},
                Recorded("ERR? no card, redirect never"),
                {"required_action.code": "payment_method_required", "invoice.status": "open"},
            ),
            Row(
                {"customer_id": "cus_1", "plan_id": "pro", "free_trial": UNSET},
                Recorded("free plan"),
                {"customer_id": "alice_23_52939", "invoice": None},
                wire={"free_trial": ABSENT},
            ),
        ),
    ),
    "billing.preview_attach": Entry(
        "/v1/billing.preview_attach",
        m.BillingPreview,
        (
            Row(
                ATTACH,
                Recorded(nth=1),
                {
                    "line_items.0.total": 20,
                    "line_items.0.period.end": 1797945004817,
                    "incoming.0.plan_id": "pro_23_52939",
                    "checkout_type": "stripe_checkout",
                },
                wire=SETUP_WIRE,
            ),
        ),
    ),
    "billing.multi_attach": Entry(
        "/v1/billing.multi_attach",
        m.AttachResponse,
        (
            Row(
                MULTI_ATTACH,
                Recorded(),
                {"customer_id": "nocard_23_52939", "invoice": None, "required_action": None},
                wire=MULTI_ATTACH_WIRE,
            ),
        ),
    ),
    "billing.preview_multi_attach": Entry(
        "/v1/billing.preview_multi_attach",
        m.BillingPreview,
        (
            Row(
                MULTI_ATTACH,
                Recorded(),
                {"line_items.0.quantity": 100, "line_items.0.feature_id": "messages_23_52939"},
                wire=MULTI_ATTACH_WIRE,
            ),
            Row(
                {"customer_id": "cus_1", "plans": [{"plan_id": "pro"}]},
                Recorded(version="2.2.0"),
                {"currency": "usd"},
            ),
        ),
    ),
    "billing.update": Entry(
        "/v1/billing.update",
        m.AttachResponse,
        (
            Row(
                UPDATE,
                Recorded(),
                {"customer_id": "card_23_52939", "payment_url": None},
                wire=UPDATE_WIRE,
            ),
        ),
    ),
    "billing.preview_update": Entry(
        "/v1/billing.preview_update",
        m.BillingPreview,
        (
            Row(
                UPDATE,
                Recorded(),
                {
                    "intent": "cancel_end_of_cycle",
                    "outgoing.0.effective_at": 1797945006099,
                    "invoice_credits.balance": 0,
                },
                wire=UPDATE_WIRE,
            ),
        ),
    ),
    "billing.open_customer_portal": Entry(
        "/v1/billing.open_customer_portal",
        m.CustomerPortalResponse,
        (
            Row(
                {
                    "customer_id": "cus_1",
                    "configuration_id": "bpc_1",
                    "return_url": "https://example.com",
                },
                Recorded(),
                {"url": "http://127.0.0.1:18420/p/session/bps_1NwihwJRdNW5pGx"},
            ),
        ),
    ),
    "billing.setup_payment": Entry(
        "/v1/billing.setup_payment",
        m.SetupPaymentResponse,
        (
            Row(
                SETUP,
                Recorded(),
                {"url": "http://127.0.0.1:18420/c/pay/cs_test_Lwv5FNAB9RbZH3"},
                wire=SETUP_WIRE,
            ),
            Row({"customer_id": "cus_1"}, Recorded(), {"customer_id": "alice_23_52939"}),
        ),
    ),
    "customers.get_or_create": Entry(
        "/v1/customers.get_or_create",
        m.Customer,
        (
            Row(
                {
                    "customer_id": "cus_1",
                    **CUSTOMER_DATA,
                    "billing_details": CUSTOMER_DETAILS,
                    "expand": ["invoices", "balances.feature"],
                },
                Recorded("create"),
                {
                    "id": "alice_23_52939",
                    "metadata.tier": "gold",
                    "created_at": 1795353002812,
                    "subscriptions": [],
                    "billing_controls.auto_topups": None,
                    "invoices": None,
                },
            ),
            Row(
                {
                    "customer_id": None,
                    "name": None,
                    "email": "ada@example.com",
                    "fingerprint": None,
                    "metadata": None,
                    "stripe_id": None,
                    "currency": None,
                },
                Recorded("null customer_id"),
                {"id": None, "email": "null_23_52939@example.com"},
            ),
        ),
    ),
    "customers.get": Entry(
        "/v1/customers.get",
        m.Customer,
        (
            Row(
                {"customer_id": "cus_1", "expand": ("entities",)},
                Recorded("with entities"),
                {
                    "entities.0.feature_id": "seats_23_52939",
                    "balances.messages_23_52939.breakdown.0.id": "bald_23_52939",
                    "flags.sso_23_52939.plan_id": "free_23_52939",
                    "subscriptions.0.status": "active",
                },
                wire={"expand": ["entities"]},
            ),
        ),
    ),
    "customers.update": Entry(
        "/v1/customers.update",
        m.Customer,
        (
            Row(
                {
                    "customer_id": "cus_1",
                    "name": None,
                    "email": None,
                    "fingerprint": "fp",
                    "metadata": {"k": "v", "gone": None},
                    "stripe_id": None,
                    "send_email_receipts": False,
                    "currency": None,
                    "billing_controls": CONTROLS_UPDATE,
                    "config": {"disable_overage_billing": False},
                    "billing_details": {"address": None},
                    "new_customer_id": "cus_2",
                },
                Recorded(),
                {"name": "Alice 2", "metadata.k": "v"},
            ),
        ),
    ),
    "customers.delete": Entry(
        "/v1/customers.delete",
        m.SuccessResponse,
        (
            Row(
                {"customer_id": "cus_1", "delete_in_stripe": True},
                Recorded(),
                {"success": True},
            ),
        ),
    ),
    "customers.list": Entry(
        "/v1/customers.list",
        m.Customer,
        (
            Row(
                {
                    "start_cursor": "c-1",
                    "limit": 2,
                    "plans": [{"id": "pro", "versions": [1, 2]}],
                    "subscription_status": "active",
                    "search": "ada",
                    "processors": ["stripe"],
                    "sort_order": "asc",
                    "created_at_range": {"start": MOMENT, "end": LATER_MS},
                },
                Recorded(),
                {
                    "list.0.email": "null_23_52939@example.com",
                    "list.1.id": "nocard_23_52939",
                    "has_more": None,
                },
                wire={"created_at_range": {"start": MOMENT_MS, "end": LATER_MS}},
            ),
            Row(
                {"offset": 10, "request": {"limit": 5, "search": "ada"}},
                Recorded(version="2.2.0"),
                {"offset": 0, "limit": 2, "total_count": 28, "has_more": True},
                wire={"request": ABSENT, "limit": 5, "search": "ada"},
            ),
        ),
        is_list=True,
    ),
    "entities.create": Entry(
        "/v1/entities.create",
        m.Entity,
        (
            Row(
                {
                    "feature_id": "seats",
                    "customer_id": "cus_1",
                    "entity_id": "seat_1",
                    "name": None,
                    "billing_controls": SHARED_CONTROLS,
                    "customer_data": CUSTOMER_DATA,
                },
                Recorded(nth=1),
                {"id": "ent2_23_52939", "name": None, "feature_id": None},
            ),
        ),
    ),
    "entities.get": Entry(
        "/v1/entities.get",
        m.Entity,
        (
            Row(
                {"entity_id": "seat_1", "customer_id": "cus_1", "expand": ["invoices"]},
                Recorded(),
                {"name": "Seat 1", "subscriptions.1.add_on": True},
            ),
        ),
    ),
    "entities.update": Entry(
        "/v1/entities.update",
        m.Entity,
        (
            Row(
                {
                    "entity_id": "seat_1",
                    "customer_id": "cus_1",
                    "billing_controls": {
                        **SHARED_CONTROLS,
                        "usage_limits": [{"feature_id": "messages", "usage": 3}],
                    },
                },
                Recorded(),
                {"id": "ent1_23_52939"},
            ),
        ),
    ),
    "entities.delete": Entry(
        "/v1/entities.delete",
        m.SuccessResponse,
        (
            Row(
                {"entity_id": "seat_1", "customer_id": "cus_1"},
                Recorded(),
                {"success": True},
            ),
        ),
    ),
    "entities.list": Entry(
        "/v1/entities.list",
        m.Entity,
        (
            Row(
                {
                    "start_cursor": "c-1",
                    "offset": 0,
                    "limit": 5000,
                    "plans": [{"id": "pro"}],
                    "subscription_status": "scheduled",
                    "search": "seat",
                    "processors": ["vercel", "revenuecat"],
                    "customer_id": "cus_1",
                },
                Recorded(),
                {"list.1.id": "ent1_23_52939", "next_cursor": None},
            ),
        ),
        is_list=True,
    ),
    "events.aggregate": Entry(
        "/v1/events.aggregate",
        m.EventAggregation,
        (
            Row(
                {
                    "feature_id": ["messages", "images"],
                    "customer_id": "cus_1",
                    "entity_id": "seat_1",
                    "group_by": "properties.model",
                    "range": "7d",
                    "bin_size": "hour",
                    "custom_range": {"start": MOMENT, "end": LATER},
                    "timezone": "Europe/Berlin",
                    "filter_by": {"model": "m1", "async_": "yes"},
                    "max_groups": 5,
                    "measure": "count",
                    "aggregate_on": "deducted",
                },
                Recorded("custom range"),
                {
                    "list.0.period": 1795266000000,
                    "list.24.values.messages_23_52939": 200017.5,
                    "total.messages_23_52939.count": 17,
                    "deductions": None,
                },
                wire={"custom_range": {"start": MOMENT_MS, "end": LATER_MS}},
            ),
            Row(
                {"feature_id": "messages"},
                Recorded(nth=2),
                {"list": [], "total.messages_23_52939.sum": 200014.5},
            ),
        ),
    ),
    "events.list": Entry(
        "/v1/events.list",
        m.Event,
        (
            Row(
                {
                    "start_cursor": "c-1",
                    "offset": 3,
                    "limit": 1,
                    "customer_id": "cus_1",
                    "entity_id": "seat_1",
                    "feature_id": ["messages"],
                    "custom_range": {"start": MOMENT},
                    "range": "24h",
                },
                Recorded("second page"),
                {"list.0.deductions.0.value": 1, "list.1.timestamp": 1795353025062},
                wire={"custom_range": {"start": MOMENT_MS}},
            ),
        ),
        is_list=True,
    ),
    "features.create": Entry(
        "/v1/features.create",
        m.Feature,
        (
            Row(
                FEATURE,
                Recorded("credit system"),
                {
                    "id": "credits_23_52939",
                    "type": "credit_system",
                    "credit_schema.0.credit_cost": 4,
                },
            ),
            Row(
                {
                    "feature_id": "sso",
                    "name": "SSO",
                    "type_": "boolean",
                    "model_markups": None,
                    "provider_markups": None,
                },
                Recorded("boolean"),
                {"consumable": False, "event_names": [], "display": None},
            ),
        ),
    ),
    "features.get": Entry(
        "/v1/features.get",
        m.Feature,
        (
            Row(
                {"feature_id": "messages"},
                Recorded(),
                {"name": "Messages", "event_names.0": "msg.sent_23_52939"},
            ),
        ),
    ),
    "features.update": Entry(
        "/v1/features.update",
        m.Feature,
        (
            Row(
                {**FEATURE, "archived": True, "new_feature_id": "credits_2"},
                Recorded(),
                {"name": "Messages v2"},
            ),
        ),
    ),
    "features.delete": Entry(
        "/v1/features.delete",
        m.SuccessResponse,
        (Row({"feature_id": "messages"}, Recorded(), {"success": True}),),
    ),
    "features.list": Entry(
        "/v1/features.list",
        m.Feature,
        (
            Row({"request": {}}, Recorded(), {"next_cursor": None}, wire={"request": ABSENT}),
            Row({}, Recorded(version="2.2.0"), {"list.0.display.plural": "seats"}),
        ),
        is_list=True,
    ),
    "plans.create": Entry(
        "/v1/plans.create",
        m.Plan,
        (
            Row(
                PLAN,
                Recorded("paid plan + usage based"),
                {
                    "price.amount": 20,
                    "items.0.price.amount": 0.01,
                    "items.0.display.secondary_text": "then $0.01 per Messages v2",
                    "config.ignore_past_due": False,
                },
            ),
            Row(
                {"plan_id": "free", "name": "Free", "description": None},
                Recorded("one-off prepaid add-on"),
                {"add_on": True, "price": None},
            ),
        ),
    ),
    "plans.get": Entry(
        "/v1/plans.get",
        m.Plan,
        (
            Row(
                {"plan_id": "free", "version": 1},
                Recorded(),
                {"group": "g_23_52939", "items.0.included": 1000},
            ),
        ),
    ),
    "plans.update": Entry(
        "/v1/plans.update",
        m.Plan,
        (
            Row(
                {
                    **PLAN,
                    "version": 2,
                    "archived": False,
                    "base_plan_id": "base",
                    "new_plan_id": "pro_2",
                    "disable_version": True,
                    "all_versions": False,
                    "migration": {"draft": True, "include_custom": False},
                    "force_version": False,
                    "update_variant_ids": ["pro_eu"],
                    "update_license_parents": [{"plan_id": "team", "version": 3}],
                    "variants": [
                        {
                            "variant_plan_id": "pro_eu",
                            "name": "Pro EU",
                            "customize": {"price": PRICE, "free_trial": None},
                            "disable_version": True,
                            "force_version": False,
                            "migration": {},
                        }
                    ],
                    "is_default": True,
                },
                Recorded(),
                {"description": "desc", "items.0.price.billing_units": 100},
            ),
            Row(
                {"plan_id": "pro", "price": None, "free_trial": None, "base_plan_id": None},
                Recorded(),
                {"free_trial": None},
            ),
        ),
    ),
    "plans.delete": Entry(
        "/v1/plans.delete",
        m.SuccessResponse,
        (Row({"plan_id": "pro", "all_versions": True}, Recorded(), {"success": True}),),
    ),
    "plans.list": Entry(
        "/v1/plans.list",
        m.Plan,
        (
            Row(
                {
                    "customer_id": "cus_1",
                    "entity_id": "seat_1",
                    "include_archived": True,
                    "all_versions": False,
                },
                Recorded(),
                {"list.0.name": "P", "has_more": None},
            ),
            Row(
                {"request": {"customer_id": "cus_1", "include_archived": False}},
                Recorded(),
                {"next_cursor": None},
                body={"customer_id": "cus_1", "include_archived": False},
            ),
        ),
        is_list=True,
    ),
    "referrals.create_code": Entry(
        "/v1/referrals.create_code",
        m.ReferralCode,
        (
            Row(
                {"customer_id": "cus_1", "program_id": "friends"},
                Recorded(),
                {"code": "T75USE", "created_at": 1795353039368},
            ),
        ),
    ),
    "referrals.redeem_code": Entry(
        "/v1/referrals.redeem_code",
        m.ReferralRedemption,
        (
            Row(
                {"code": "T75USE", "customer_id": "cus_2", "idempotency_key": "redeem-1"},
                Recorded(),
                {"referrer.id": "alice_23_52939", "redeemer.name": "Carol"},
                headers={"idempotency-key": "redeem-1"},
            ),
        ),
    ),
}
