"""What the operations that came with API 2.5 send and answer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec import UNSET

from autumn_async import models as m
from tests.contract.calls_2_2 import CONTROLS, ITEM, PRICE, TRIAL
from tests.contract.rows import ABSENT, LATER, LATER_MS, MOMENT, MOMENT_MS, Entry, Row

CREATED = {"created_at": MOMENT_MS}

INVOICE = {
    "id": "inv_1",
    "stripe_id": "in_1",
    "status": "open",
    "total": 20,
    "currency": "usd",
    "plan_ids": ["pro"],
    "customer_id": "cus_1",
    "entity_id": None,
    "amount_paid": None,
    "refunded_amount": 0,
    "processor_type": "stripe",
    "items": [
        {
            "id": "item_1",
            "description": "Pro",
            "period_start": MOMENT_MS,
            "period_end": LATER_MS,
            "plan_id": "pro",
            "feature_id": None,
            "feature_name": None,
            "quantity": 2,
            "amount": 20,
            "entities": [{"entity_id": "seat_1", "quantity": None, "amount": 10}],
        }
    ],
    **CREATED,
}
DRAFT = {
    "currency": "usd",
    "lines": [
        {
            "plan_id": "pro",
            "feature_id": None,
            "entity_id": None,
            "description": "Pro",
            "amount": 20,
            "amount_after_discounts": 18,
            "quantity": None,
            "prorated": True,
            "period_start": MOMENT_MS,
            "period_end": LATER_MS,
        }
    ],
    "subtotal": 20,
    "discount_total": 2,
    "tax": {
        "total": 3,
        "amount_inclusive": 0,
        "amount_exclusive": 3,
        "status": "complete",
    },
    "total": 21,
    "amount_due": 16,
    "issue_date": MOMENT_MS,
    "due_date": LATER_MS,
    "invoice_credits": {"balance": 5, "currency": "usd", "applied": 5},
}
ONE_INVOICE = {"invoice": INVOICE}
SHOWS_INVOICE = {
    "invoice.id": "inv_1",
    "invoice.items.0.period_end_datetime": LATER,
    "invoice.items.0.entities.0.amount": 10,
}
QUANTITIES = [
    {
        "feature_id": "credits",
        "billing_behavior": "usage_based",
        "quantity": 100,
        "usage": [
            {"feature_id": "images", "quantity": 2, "properties": {"size": "xl", "async_": ""}}
        ],
        "prorate": False,
        "period_start": MOMENT_MS,
        "period_end": LATER_MS,
    }
]
BILLED = {
    "price": {
        "amount": 10,
        "interval": "month",
        "interval_count": 1,
        "processors": {"stripe": {"price_id": "price_1"}},
    },
    "items": [
        {
            "feature_id": "credits",
            "price": {
                "interval": "month",
                "billing_method": "usage_based",
                "amount": 0.1,
                "tiers": [{"to": "inf", "amount": 1}],
                "tier_behavior": "graduated",
                "interval_count": 1,
                "billing_units": 10,
                "processors": {"stripe": None},
            },
            "feature_override": {
                "credit_schema": [{"metered_feature_id": "images", "credit_cost": 2}]
            },
        }
    ],
}
INVOICE_PLANS = [
    {
        "plan_id": "pro",
        "version": 1,
        "entity_id": None,
        "customize": BILLED,
        "feature_quantities": QUANTITIES,
        "license_quantities": [
            {
                "license_plan_id": "seat",
                "quantity": 3,
                "customize": {**BILLED, "price": None},
                "feature_quantities": QUANTITIES,
                "prorate": True,
                "period_start": MOMENT_MS,
                "period_end": LATER_MS,
            }
        ],
        "discounts": [{"reward_id": "ten_off"}],
        "prorate": True,
        "period_start": MOMENT_MS,
        "period_end": LATER_MS,
    }
]
METHODS = ["card", "sepa_debit"]

SCHEDULED = {
    "plan_id": "pro",
    "entity_id": None,
    "feature_quantities": [{"feature_id": "messages", "quantity": 200, "adjustable": True}],
    "license_quantities": [{"license_plan_id": "seat", "quantity": 3}],
    "version": 2,
    "customize": {
        "price": PRICE,
        "items": [ITEM],
        "billing_controls": CONTROLS,
        "upsert_licenses": [
            {
                "license_plan_id": "seat",
                "included": 2,
                "customize": {"price": None, "add_items": [ITEM]},
            }
        ],
        "remove_licenses": [{"license_plan_id": "old"}],
    },
    "subscription_id": "sub_1",
}
UPDATES: dict[str, Any] = {
    "customer_id": "cus_1",
    "updates": [
        {"cancel_action": "cancel_end_of_cycle", "plan_id": "pro", "entity_id": "seat_1"},
        {
            "cancel_action": "uncancel",
            "subscription_id": "sub_2",
            "proration_behavior": "none",
        },
    ],
    "entity_id": "seat_1",
    "refund_last_payment": "full",
    "subscription_params": {"description": None},
}
LINE = {
    "display_name": "Pro",
    "description": "Pro",
    "subtotal": -20,
    "total": -20,
    "plan_id": "pro",
    "feature_id": None,
    "quantity": 1,
}
HELD = {
    "customer_id": "cus_1",
    "entity_id": "seat_1",
    "statuses": ["active", "past_due"],
    "plan_id": "pro",
    "start_cursor": "abc",
    "limit": 5,
}

PROGRAM = {
    "id": "friends",
    "reward_id": "ten_off",
    "redeem_on": "checkout",
    "received_by": "all",
    "max_redemptions": 10,
    "plan_ids": ["pro"],
    "exclude_trial": True,
}
SHOWS_PROGRAM = {"plan_ids": ["pro"], "created_at_datetime": MOMENT}

COUPON = {
    "id": "ten_off",
    "name": "Ten off",
    "type": "fixed_discount",
    "value": 10,
    "duration": {"type": "months", "length": 3},
    "plan_ids": None,
    "promo_codes": [{"code": "TEN", "global_max_redemption": None, "first_time_transaction": True}],
}
GRANT = {
    "id": "welcome",
    "name": "Welcome",
    "grants": [
        {"feature_id": "messages", "included": 100, "expiry": {"type": "month", "length": 1}},
        {"feature_id": "sso", "included": None, "expiry": None},
    ],
    "promo_codes": [{"code": "HELLO", "max_uses": None}],
}
A_COUPON = {"coupon": {**COUPON, **CREATED}}
A_GRANT = {"feature_grant": {**GRANT, **CREATED}}

SANDBOX = {"id": "sb_1", "name": "Try", "slug": "try", "color": "teal", "icon": "box", **CREATED}
WEBHOOK = {
    "id": "main",
    "url": "https://example.com/hook",
    "description": None,
    "events": ["billing.updated"],
    "disabled": False,
    "updated_at": LATER_MS,
    **CREATED,
}
ENDPOINT = {
    "id": "main",
    "url": "https://example.com/hook",
    "events": ["billing.updated", "invoice.finalized"],
    "description": "Billing",
    "disabled": False,
}
ENDPOINTS = {"webhooks": [ENDPOINT], "skip_deletions": False}
ORGANISATION = {"organization_slug": "acme", "env": "test"}
TOKEN = {
    "access_token": "am_jwt_1",
    "expires_at": MOMENT_MS,
    "refresh_token": "am_jwt_2",
    "refresh_expires_at": LATER_MS,
}
SHOWS_TOKEN = {
    "access_token": "am_jwt_1",
    "expires_at_datetime": MOMENT,
    "refresh_expires_at_datetime": LATER,
}
SUCCESS = {"success": True}

CALLS: dict[str, Entry] = {
    "track_tokens": Entry(
        "/v1/balances.track_tokens",
        m.TrackResponse,
        (
            Row(
                {
                    "customer_id": "cus_1",
                    "model_id": "anthropic/claude",
                    "input_tokens": 1200,
                    "output_tokens": 300,
                    "entity_id": "seat_1",
                    "feature_id": "credits",
                    "cache_read_tokens": 1,
                    "cache_write_tokens": 2,
                    "audio_input_tokens": 3,
                    "audio_output_tokens": 4,
                    "reasoning_tokens": 5,
                    "properties": {"run": "r-1"},
                    "timestamp": MOMENT,
                    "overage_behavior": "overflow",
                    "async_": False,
                    "idempotency_key": "tokens-1",
                },
                {"customer_id": "cus_1", "value": 0.0125, "balance": None},
                {"value": 0.0125, "balance": None},
                wire={"timestamp": MOMENT_MS},
                headers={"idempotency-key": "tokens-1"},
            ),
        ),
    ),
    "balances.list": Entry(
        "/v1/balances.list",
        m.BalanceRecord,
        (
            Row(
                {
                    "customer_id": "cus_1",
                    "entity_id": "seat_1",
                    "limit": 5,
                    "start_cursor": "abc",
                    "statuses": ["active", "expired"],
                    "plan_id": None,
                    "feature_id": "messages",
                },
                {
                    "list": [
                        {
                            "id": "bal_1",
                            "plan_id": None,
                            "included_grant": 100,
                            "prepaid_grant": 0,
                            "remaining": 60,
                            "usage": 40,
                            "unlimited": False,
                            "reset": {"interval": "month", "resets_at": LATER_MS},
                            "price": None,
                            "expires_at": None,
                            "feature_id": "messages",
                            "status": "active",
                            "rollovers": [{"granted": 5, "balance": 5, "expires_at": LATER_MS}],
                            "customer_id": "cus_1",
                            "entity_id": None,
                            **CREATED,
                        }
                    ],
                    "has_more": False,
                    "next_cursor": None,
                },
                {"list.0.remaining": 60, "list.0.rollovers.0.balance": 5, "has_more": False},
            ),
            Row(
                {"plan_id": UNSET},
                {"list": [], "has_more": False, "next_cursor": None},
                {"list": []},
                wire={"plan_id": ABSENT},
            ),
        ),
        is_list=True,
    ),
    "billing.create_schedule": Entry(
        "/v1/billing.create_schedule",
        m.BillingSchedule,
        (
            Row(
                {
                    "customer_id": "cus_1",
                    "phases": [
                        {"starts_at": "now", "plans": [SCHEDULED]},
                        {
                            "starting_after": {"duration_type": "month", "duration_count": 3},
                            "plans": [{"plan_id": "team"}],
                            "billing_cycle_anchor": LATER,
                            "proration_behavior": "none",
                        },
                    ],
                    "entity_id": "seat_1",
                    "free_trial": TRIAL,
                    "currency": "usd",
                    "invoice_mode": {"enabled": True},
                    "discounts": [{"promotion_code": "SPRING"}],
                    "success_url": "https://example.com/done",
                    "checkout_session_params": {"locale": "de"},
                    "redirect_mode": "never",
                    "billing_behavior": "bill_difference",
                    "no_billing_changes": False,
                    "billing_cycle_anchor": "now",
                    "enable_plan_immediately": True,
                    "preserve_add_ons": True,
                    "unscheduled_plans": [SCHEDULED],
                },
                {
                    "customer_id": "cus_1",
                    "entity_id": None,
                    "status": "created",
                    "schedule_id": "sch_1",
                    "phases": [
                        {
                            "phase_id": "ph_1",
                            "starts_at": MOMENT_MS,
                            "customer_product_ids": ["cp_1"],
                        }
                    ],
                    "payment_url": None,
                    "invoice": {
                        "status": "paid",
                        "stripe_id": "in_1",
                        "total": 20,
                        "currency": "usd",
                        "hosted_invoice_url": None,
                    },
                },
                {
                    "phases.0.starts_at_datetime": MOMENT,
                    "phases.0.customer_product_ids": ["cp_1"],
                    "invoice.total": 20,
                },
                wire={
                    "phases": [
                        {"starts_at": "now", "plans": [SCHEDULED]},
                        {
                            "starting_after": {"duration_type": "month", "duration_count": 3},
                            "plans": [{"plan_id": "team"}],
                            "billing_cycle_anchor": LATER_MS,
                            "proration_behavior": "none",
                        },
                    ]
                },
            ),
        ),
    ),
    "billing.multi_update": Entry(
        "/v1/billing.multi_update",
        m.AttachResponse,
        (
            Row(
                UPDATES,
                {"customer_id": "cus_1", "payment_url": None},
                {"customer_id": "cus_1", "invoice": None},
            ),
        ),
    ),
    "billing.preview_multi_update": Entry(
        "/v1/billing.preview_multi_update",
        m.MultiUpdatePreview,
        (
            Row(
                UPDATES,
                {
                    "customer_id": "cus_1",
                    "currency": "usd",
                    "total": -20,
                    "subscriptions": [
                        {
                            "customer_id": "cus_1",
                            "line_items": [LINE],
                            "subtotal": -20,
                            "total": -20,
                            "currency": "usd",
                            "incoming": [],
                            "outgoing": [],
                            "plan_ids": ["pro"],
                        }
                    ],
                },
                {"total": -20, "subscriptions.0.line_items.0.plan_id": "pro"},
            ),
        ),
    ),
    "billing.verify": Entry(
        "/v1/billing.verify",
        m.BillingVerification,
        (
            Row(
                {"customer_id": "cus_1", "subscription_ids": ["sub_1"], "strict": True},
                {
                    "customer_id": "cus_1",
                    "customer_mismatches": [
                        {
                            "type": "shared_stripe_customer",
                            "stripe_customer_id": "cus_stripe",
                            "other_customer_ids": ["cus_2"],
                            "other_customers": [{"id": "cus_2", "name": None, "email": None}],
                        },
                        {"type": "quantum_mismatch", "severity": "fatal", "spin": "up"},
                    ],
                    "subscriptions": [
                        {
                            "stripe_subscription_id": "sub_1",
                            "status": "mismatched",
                            "mismatches": [
                                {
                                    "type": "schedule_mismatch",
                                    "reason": "phase_start_mismatch",
                                    "phase_starts_at": MOMENT_MS,
                                    "actual_phase_starts_at": [MOMENT_MS, LATER_MS],
                                }
                            ],
                        }
                    ],
                },
                {
                    "customer_mismatches.0.other_customers.0.id": "cus_2",
                    "customer_mismatches.1.type": "quantum_mismatch",
                    "customer_mismatches.1.severity": "fatal",
                    "subscriptions.0.mismatches.0.actual_phase_starts_at_datetime": [
                        MOMENT,
                        LATER,
                    ],
                    "subscriptions.0.mismatches.0.error": None,
                },
            ),
        ),
    ),
    "billing.import_": Entry(
        "/v1/billing.import",
        m.BillingImport,
        (
            Row(
                {
                    "customer_id": "cus_1",
                    "billables": [
                        {
                            "processor": "stripe",
                            "link": {"subscription_id": "sub_1", "schedule_id": "sch_1"},
                            "billing_cycle_anchor": MOMENT_MS,
                            "plan": {
                                "plan_id": "pro",
                                "version": 1,
                                "status": "active",
                                "started_at": MOMENT_MS,
                                "quantity": 1,
                                "feature_quantities": [{"feature_id": "messages", "quantity": 5}],
                                "balances": [
                                    {
                                        "feature_id": "messages",
                                        "filter": {
                                            "interval": None,
                                            "billing_behavior": "included",
                                        },
                                        "usage": 2,
                                        "balance": 3,
                                        "next_reset_at": LATER_MS,
                                    }
                                ],
                            },
                        }
                    ],
                    "customer_data": {
                        "name": "Ada",
                        "email": "ada@example.com",
                        "fingerprint": "fp",
                        "created_at": MOMENT,
                    },
                    "processors": [{"type": "stripe", "id": "cus_stripe"}],
                    "dry_run": True,
                },
                {
                    "customer_id": "cus_1",
                    "flashed": [
                        {
                            "plan_id": "pro",
                            "processor": "stripe",
                            "customer_product_id": None,
                            "status": "active",
                            "skipped": False,
                            "mismatch": True,
                            "reason": "price",
                        }
                    ],
                    "customer": {"id": "cus_1", **CREATED},
                },
                {"flashed.0.mismatch": True, "customer.created_at_datetime": MOMENT},
                wire={
                    "customer_data": {
                        "name": "Ada",
                        "email": "ada@example.com",
                        "fingerprint": "fp",
                        "created_at": MOMENT_MS,
                    },
                },
            ),
        ),
    ),
    "customers.advance_test_clock": Entry(
        "/v1/customers.advance_test_clock",
        m.TestClock,
        (
            Row(
                {"customer_id": "cus_1", "frozen_time": LATER},
                {"customer_id": "cus_1", "frozen_time": LATER_MS, "status": "advancing"},
                {"frozen_time_datetime": LATER, "status": "advancing"},
                wire={"frozen_time": LATER_MS},
            ),
        ),
    ),
    "customers.list_subscriptions": Entry(
        "/v1/subscriptions.list",
        m.SubscriptionRecord,
        (
            Row(
                HELD,
                {
                    "list": [
                        {
                            "id": "sub_1",
                            "plan_id": "pro",
                            "auto_enable": False,
                            "add_on": False,
                            "past_due": True,
                            "canceled_at": None,
                            "expires_at": None,
                            "trial_ends_at": None,
                            "started_at": MOMENT_MS,
                            "current_period_start": None,
                            "current_period_end": None,
                            "quantity": 1,
                            "status": "expired",
                            "customer_id": "cus_1",
                            "entity_id": None,
                            **CREATED,
                        }
                    ],
                    "has_more": True,
                    "next_cursor": "def",
                },
                {"list.0.status": "expired", "list.0.customer_id": "cus_1", "next_cursor": "def"},
            ),
        ),
        is_list=True,
    ),
    "customers.list_purchases": Entry(
        "/v1/purchases.list",
        m.PurchaseRecord,
        (
            Row(
                HELD,
                {
                    "list": [
                        {
                            "id": "pur_1",
                            "plan_id": "topup",
                            "expires_at": None,
                            "started_at": MOMENT_MS,
                            "quantity": 2,
                            "status": "active",
                            "customer_id": "cus_1",
                            "entity_id": "seat_1",
                            "scope": "entity",
                            **CREATED,
                        }
                    ],
                    "has_more": False,
                    "next_cursor": None,
                },
                {"list.0.id": "pur_1", "list.0.created_at_datetime": MOMENT},
            ),
        ),
        is_list=True,
    ),
    "invoices.create": Entry(
        "/v1/invoices.create",
        m.CreateInvoiceResponse,
        (
            Row(
                {
                    "customer_id": "cus_1",
                    "entity_id": "seat_1",
                    "plans": INVOICE_PLANS,
                    "custom_line_items": [
                        {
                            "amount": 5,
                            "description": "Setup",
                            "period_start": MOMENT_MS,
                            "period_end": LATER_MS,
                        }
                    ],
                    "discounts": [{"promotion_code": "SPRING"}],
                    "invoice_template_id": "tpl",
                    "net_terms_days": 30,
                    "issue_date": MOMENT,
                    "due_date": LATER,
                    "tax_rate_id": "txr_1",
                    "payment_method_types": METHODS,
                    "period_start": MOMENT,
                    "period_end": LATER,
                    "preview": True,
                    "issue_method": "draft",
                },
                {"invoice": None, "preview": DRAFT},
                {
                    "invoice": None,
                    "preview.lines.0.amount_after_discounts": 18,
                    "preview.lines.0.period_start_datetime": MOMENT,
                    "preview.tax.amount_exclusive": 3,
                    "preview.due_date_datetime": LATER,
                },
                wire={
                    "issue_date": MOMENT_MS,
                    "due_date": LATER_MS,
                    "period_start": MOMENT_MS,
                    "period_end": LATER_MS,
                },
            ),
        ),
    ),
    "invoices.finalize": Entry(
        "/v1/invoices.finalize",
        m.InvoiceResponse,
        (Row({"invoice_id": "inv_1"}, ONE_INVOICE, SHOWS_INVOICE),),
    ),
    "invoices.insert": Entry(
        "/v1/invoices.insert",
        m.InsertInvoicesResponse,
        (
            Row(
                {
                    "invoices": [
                        {
                            "customer_id": "cus_1",
                            "stripe_id": "in_1",
                            "status": "paid",
                            "total": Decimal("20.5"),
                            "created_at": MOMENT,
                            "plan_ids": ["pro"],
                            "processor_type": "stripe",
                            "amount_paid": None,
                            "refunded_amount": 0,
                            "currency": "usd",
                            "hosted_invoice_url": None,
                        }
                    ]
                },
                {"invoices": [INVOICE]},
                {"invoices.0.refunded_amount": 0},
                wire={
                    "invoices": [
                        {
                            "customer_id": "cus_1",
                            "stripe_id": "in_1",
                            "status": "paid",
                            "total": 20.5,
                            "created_at": MOMENT_MS,
                            "plan_ids": ["pro"],
                            "processor_type": "stripe",
                            "amount_paid": None,
                            "refunded_amount": 0,
                            "currency": "usd",
                            "hosted_invoice_url": None,
                        }
                    ]
                },
            ),
        ),
    ),
    "invoices.list": Entry(
        "/v1/invoices.list",
        m.Invoice,
        (
            Row(
                {
                    "start_cursor": "abc",
                    "limit": 5,
                    "customer_id": "cus_1",
                    "entity_id": "seat_1",
                    "invoice_id": "inv_1",
                    "stripe_id": "in_1",
                    "status": ["open", "paid"],
                    "processor_types": ["stripe"],
                },
                {"list": [INVOICE], "next_cursor": "def"},
                {"list.0.id": "inv_1", "next_cursor": "def"},
            ),
        ),
        is_list=True,
    ),
    "invoices.list_templates": Entry(
        "/v1/invoices.listTemplates",
        m.InvoiceTemplate,
        (
            Row(
                {"offset": 10, "limit": 5},
                {
                    "list": [{"id": "tpl", "name": "Default", "net_terms_days": 30, **CREATED}],
                    "total": 1,
                    "limit": 5,
                    "offset": 10,
                    "has_more": False,
                },
                {"list.0.net_terms_days": 30, "offset": 10, "list.0.created_at_datetime": MOMENT},
            ),
        ),
        is_list=True,
    ),
    "invoices.pay": Entry(
        "/v1/invoices.pay",
        m.InvoiceResponse,
        (Row({"invoice_id": "inv_1"}, ONE_INVOICE, SHOWS_INVOICE),),
    ),
    "invoices.issue_credit_note": Entry(
        "/v1/invoices.issue_credit_note",
        m.CreditNoteResponse,
        (
            Row(
                {
                    "invoice_id": "inv_1",
                    "amount": Decimal("5"),
                    "lines": [{"id": "item_1", "amount": 5, "quantity": 1}],
                    "destination": "refund",
                    "send_email": False,
                    "reason": "duplicate",
                    "memo": "Sorry",
                    "preview": True,
                },
                {
                    "credit_note": {
                        "id": None,
                        "invoice_id": "inv_1",
                        "number": None,
                        "status": None,
                        "currency": "usd",
                        "subtotal": 5,
                        "discount_amount": 0,
                        "tax_amount": 0,
                        "total": 5,
                        "pre_payment_amount": 0,
                        "post_payment_amount": 5,
                        "refund_amount": 5,
                        "credit_amount": 0,
                        "out_of_band_amount": 0,
                        "reason": "duplicate",
                        "memo": "Sorry",
                        "pdf": None,
                        "lines": [
                            {
                                "invoice_line_item_id": "item_1",
                                "description": None,
                                "quantity": None,
                                "amount": 5,
                                "discount_amount": 0,
                            }
                        ],
                    }
                },
                {"credit_note.refund_amount": 5, "credit_note.lines.0.amount": 5},
                wire={"amount": 5},
            ),
        ),
    ),
    "invoices.reissue": Entry(
        "/v1/invoices.reissue",
        m.ReissueInvoiceResponse,
        (
            Row(
                {
                    "invoice_id": "inv_1",
                    "invoice_template_id": "tpl",
                    "net_terms_days": 14,
                    "preview": False,
                    "issue_method": "send",
                    "update_customer_email": "ada@example.com",
                    "invoice": {
                        "automatic_tax": True,
                        "custom_fields": [{"name": "PO", "value": "7"}],
                        "tax_rate_id": None,
                        "account_tax_ids": None,
                        "footer": None,
                        "memo": "Thanks",
                        "payment_method_types": METHODS,
                    },
                    "customer": {
                        "email": "ada@example.com",
                        "name": "Ada",
                        "address": {"line1": "1 Main St", "country": "US"},
                        "tax_ids": [{"type": "eu_vat", "value": "DE1"}],
                        "invoice_settings_custom_fields": None,
                    },
                    "lines": {
                        "add": [{"amount": 5, "description": "Setup"}, *INVOICE_PLANS],
                        "update": [{"id": "item_1", "amount": 4, "description": "Less"}],
                        "remove": ["item_2"],
                    },
                },
                {
                    "invoice": INVOICE,
                    "voided_invoice_id": "inv_1",
                    "credit_note_id": None,
                    "preview": DRAFT,
                },
                {"voided_invoice_id": "inv_1", "preview.total": 21, **SHOWS_INVOICE},
            ),
        ),
    ),
    "invoices.update": Entry(
        "/v1/invoices.update",
        m.InvoiceResponse,
        (
            Row(
                {"invoice_id": "inv_1", "payment_method_types": METHODS},
                ONE_INVOICE,
                SHOWS_INVOICE,
            ),
        ),
    ),
    "invoices.void": Entry(
        "/v1/invoices.void",
        m.InvoiceResponse,
        (Row({"invoice_id": "inv_1"}, ONE_INVOICE, SHOWS_INVOICE),),
    ),
    "keys.mint": Entry(
        "/v1/keys.mint",
        m.CustomerToken,
        (
            Row(
                {"customer_id": "cus_1", "indefinite": False},
                TOKEN,
                SHOWS_TOKEN,
            ),
            Row(
                {"customer_id": "cus_1", "indefinite": True},
                {"access_token": "am_jwt_1", "expires_at": None},
                {"refresh_token": None, "expires_at_datetime": None},
            ),
        ),
    ),
    "keys.refresh": Entry(
        "/v1/keys.refresh",
        m.CustomerToken,
        (
            Row({}, TOKEN, SHOWS_TOKEN),
            Row(
                {"refresh_token": "am_jwt_old"},
                TOKEN,
                SHOWS_TOKEN,
                wire={"refresh_token": ABSENT},
                headers={"authorization": "Bearer am_jwt_old"},
            ),
        ),
    ),
    "keys.revoke": Entry(
        "/v1/keys.revoke",
        m.RevokeKeysResponse,
        (Row({"customer_id": "cus_1"}, {"revoked": True}, {"revoked": True}),),
    ),
    "licenses.attach": Entry(
        "/v1/licenses.attach",
        m.SuccessResponse,
        (
            Row(
                {
                    "customer_id": "cus_1",
                    "plan_id": "seat",
                    "entities": [
                        {"entity_id": "user_1", "name": None, "feature_id": "seats"},
                        {"entity_id": "user_2"},
                    ],
                },
                SUCCESS,
                SUCCESS,
            ),
        ),
    ),
    "licenses.release": Entry(
        "/v1/licenses.release",
        m.SuccessResponse,
        (
            Row(
                {"customer_id": "cus_1", "entity_ids": ["user_1"], "license_plan_id": "seat"},
                SUCCESS,
                SUCCESS,
            ),
        ),
    ),
    "logs.search": Entry(
        "/v1/logs.search",
        m.LogEntry,
        (
            Row(
                {
                    "query": "limit 5",
                    "range": {
                        "start_date": "2026-08-01T00:00:00Z",
                        "end_date": "2026-08-02T00:00:00Z",
                    },
                    "limit": 200,
                },
                {
                    "list": [
                        {
                            "timestamp": "2026-08-01T10:30:00Z",
                            "source": "api_request",
                            "status_code": 200,
                            "request": {"method": "POST", "url": None, "path": "/v1/x"},
                            "context": {
                                "org_id": "org_1",
                                "customer_id": "cus_1",
                                "entity_id": None,
                                "auth_type": "secret_key",
                                "user_id": None,
                                "user_email": None,
                            },
                            "stripe": {
                                "event_id": None,
                                "event_type": None,
                                "object_id": None,
                            },
                            "request_body": {"customer_id": "cus_1"},
                        }
                    ]
                },
                {"list.0.request.path": "/v1/x", "list.0.request_body.customer_id": "cus_1"},
            ),
        ),
        is_list=True,
    ),
    "platform.get_stripe_connection": Entry(
        "/v1/platform.get_stripe_connection",
        m.StripeConnection,
        (
            Row(
                ORGANISATION,
                {"connected": True, "account_id": "acct_1", "connected_at": MOMENT_MS},
                {"connected": True, "connected_at_datetime": MOMENT},
            ),
        ),
    ),
    "platform.disconnect_stripe": Entry(
        "/v1/platform.disconnect_stripe",
        m.SuccessResponse,
        (Row(ORGANISATION, SUCCESS, SUCCESS),),
    ),
    "platform.link_revenue_cat": Entry(
        "/v1/platform.link_revenuecat",
        m.RevenueCatLink,
        (
            Row(
                {
                    **ORGANISATION,
                    "project_name": "Acme",
                    "redirect_url": "https://example.com/back",
                },
                {"oauth_url": "https://example.com/oauth"},
                {"oauth_url": "https://example.com/oauth"},
            ),
        ),
    ),
    "platform.sync_revenue_cat": Entry(
        "/v1/platform.sync_revenuecat",
        m.RevenueCatSyncResponse,
        (
            Row(
                {**ORGANISATION, "env": "sandbox", "product_ids": ["pro"]},
                {
                    "results": [
                        {
                            "plan_id": "pro",
                            "status": "synced",
                            "store_identifier": "pro_monthly",
                            "apps": [
                                {
                                    "app_id": "app_1",
                                    "app_type": "app_store",
                                    "product": "created",
                                    "store_push": "pushed",
                                    "price": "set",
                                }
                            ],
                        }
                    ]
                },
                {"results.0.apps.0.product": "created", "results.0.message": None},
            ),
        ),
    ),
    "platform.get_revenue_cat_keys": Entry(
        "/v1/platform.get_revenuecat_keys",
        m.RevenueCatKeys,
        (
            Row(
                ORGANISATION,
                {
                    "apps": [
                        {
                            "app_id": "app_1",
                            "app_type": "app_store",
                            "name": "Acme",
                            "api_keys": [
                                {"id": "k_1", "key": "appl_x", "environment": None, **CREATED}
                            ],
                        }
                    ],
                    "oauth_access_token": None,
                },
                {
                    "apps.0.api_keys.0.key": "appl_x",
                    "apps.0.api_keys.0.created_at_datetime": MOMENT,
                },
            ),
        ),
    ),
    "referrals.create_program": Entry(
        "/v1/referral_programs.create",
        m.ReferralProgram,
        (
            Row({**PROGRAM, "internal_id": "rp_1"}, {**PROGRAM, **CREATED}, SHOWS_PROGRAM),
            Row(
                {
                    "id": "friends",
                    "reward_id": "ten_off",
                    "redeem_on": "customer_creation",
                    "received_by": "referrer",
                    "max_redemptions": None,
                    "plan_ids": None,
                    "exclude_trial": None,
                },
                {**PROGRAM, **CREATED},
                SHOWS_PROGRAM,
            ),
        ),
    ),
    "referrals.list_programs": Entry(
        "/v1/referral_programs.list",
        m.ReferralProgram,
        (
            Row({}, {"list": [{**PROGRAM, **CREATED}]}, {"list.0.id": "friends"}),
            Row({"request": {}}, {"list": []}, {"list": []}, body={}),
        ),
        is_list=True,
    ),
    "referrals.get_program": Entry(
        "/v1/referral_programs.get",
        m.ReferralProgram,
        (Row({"referral_program_id": "friends"}, {**PROGRAM, **CREATED}, SHOWS_PROGRAM),),
    ),
    "referrals.update_program": Entry(
        "/v1/referral_programs.update",
        m.ReferralProgram,
        (
            Row(
                {
                    "referral_program_id": "friends",
                    "reward_id": "ten_off",
                    "redeem_on": "checkout",
                    "received_by": "all",
                    "max_redemptions": 3,
                    "plan_ids": ["pro"],
                    "exclude_trial": False,
                },
                {**PROGRAM, **CREATED},
                SHOWS_PROGRAM,
            ),
            Row(
                {"referral_program_id": "friends", "max_redemptions": None},
                {**PROGRAM, **CREATED, "max_redemptions": None},
                {"max_redemptions": None},
            ),
        ),
    ),
    "referrals.delete_program": Entry(
        "/v1/referral_programs.delete",
        m.SuccessResponse,
        (Row({"referral_program_id": "friends"}, SUCCESS, SUCCESS),),
    ),
    "rewards.create": Entry(
        "/v1/rewards.create",
        m.Reward,
        (
            Row(
                {"coupon": {**COUPON, "internal_id": "rew_1"}},
                A_COUPON,
                {"coupon.duration.length": 3, "feature_grant": None},
            ),
            Row(
                {"feature_grant": GRANT},
                A_GRANT,
                {"feature_grant.grants.0.expiry.length": 1, "coupon": None},
            ),
        ),
    ),
    "rewards.list": Entry(
        "/v1/rewards.list",
        m.RewardList,
        (
            Row(
                {},
                {"coupons": [A_COUPON["coupon"]], "feature_grants": [A_GRANT["feature_grant"]]},
                {
                    "coupons.0.promo_codes.0.code": "TEN",
                    "feature_grants.0.created_at_datetime": MOMENT,
                },
            ),
        ),
    ),
    "rewards.get": Entry(
        "/v1/rewards.get",
        m.Reward,
        (Row({"reward_id": "ten_off"}, A_COUPON, {"coupon.created_at_datetime": MOMENT}),),
    ),
    "rewards.update": Entry(
        "/v1/rewards.update",
        m.Reward,
        (
            Row(
                {
                    "reward_id": "ten_off",
                    "coupon": {
                        "name": "10 off",
                        "plan_ids": None,
                        "promo_codes": COUPON["promo_codes"],
                    },
                },
                A_COUPON,
                {"coupon.value": 10},
            ),
            Row(
                {
                    "reward_id": "welcome",
                    "feature_grant": {
                        "name": "Hello",
                        "grants": [m.RewardGrant(feature_id="sso")],
                        "promo_codes": [m.FeatureGrantCode(code="HI")],
                    },
                },
                A_GRANT,
                {"feature_grant.promo_codes.0.max_uses": None},
                wire={
                    "feature_grant": {
                        "name": "Hello",
                        "grants": [{"feature_id": "sso", "included": None, "expiry": None}],
                        "promo_codes": [{"code": "HI", "max_uses": None}],
                    }
                },
            ),
        ),
    ),
    "rewards.delete": Entry(
        "/v1/rewards.delete",
        m.SuccessResponse,
        (Row({"reward_id": "ten_off"}, SUCCESS, SUCCESS),),
    ),
    "rewards.redeem_code": Entry(
        "/v1/rewards.redeem",
        m.RewardRedemption,
        (
            Row(
                {"code": "HELLO", "customer_id": "cus_1"},
                {
                    "reward_id": "welcome",
                    "entitlements_granted": [{"feature_id": "messages", "balance": 100}],
                },
                {"entitlements_granted.0.balance": 100},
            ),
        ),
    ),
    "sandboxes.create": Entry(
        "/v1/sandboxes.create",
        m.CreatedSandbox,
        (
            Row(
                {"name": "Try", "color": "red", "icon": "box"},
                {**SANDBOX, "secret_key": "am_sk_test_1"},
                {"secret_key": "am_sk_test_1", "color": "teal"},
            ),
        ),
    ),
    "sandboxes.list": Entry(
        "/v1/sandboxes.list",
        m.Sandbox,
        (
            Row({}, {"list": [SANDBOX]}, {"list.0.created_at_datetime": MOMENT}),
            Row({"request": {}}, {"list": []}, {"list": []}, body={}),
        ),
        is_list=True,
    ),
    "sandboxes.delete": Entry(
        "/v1/sandboxes.delete",
        m.SuccessResponse,
        (Row({"id": "sb_1"}, SUCCESS, SUCCESS),),
    ),
    "sandboxes.reset": Entry(
        "/v1/sandboxes.reset",
        m.SuccessResponse,
        (Row({}, SUCCESS, SUCCESS),),
    ),
    "webhooks.create": Entry(
        "/v1/webhooks.create",
        m.CreatedWebhook,
        (
            Row(
                ENDPOINT,
                {**WEBHOOK, "secret": "whsec_1"},
                {"secret": "whsec_1", "updated_at_datetime": LATER},
            ),
        ),
    ),
    "webhooks.get": Entry(
        "/v1/webhooks.get",
        m.Webhook,
        (Row({"id": "main"}, WEBHOOK, {"created_at_datetime": MOMENT}),),
    ),
    "webhooks.list": Entry(
        "/v1/webhooks.list",
        m.Webhook,
        (
            Row({}, {"list": [WEBHOOK]}, {"list.0.events": ["billing.updated"]}),
            Row({"request": {}}, {"list": []}, {"list": []}, body={}),
        ),
        is_list=True,
    ),
    "webhooks.update": Entry(
        "/v1/webhooks.update",
        m.Webhook,
        (Row(ENDPOINT, WEBHOOK, {"url": "https://example.com/hook"}),),
    ),
    "webhooks.delete": Entry(
        "/v1/webhooks.delete",
        m.SuccessResponse,
        (Row({"id": "main"}, SUCCESS, SUCCESS),),
    ),
    "webhooks.preview_sync": Entry(
        "/v1/webhooks.preview_sync",
        m.WebhookSyncPreview,
        (
            Row(
                ENDPOINTS,
                {
                    "changes": [
                        {"action": "create", "id": "main", "webhook": WEBHOOK},
                        {"action": "update", "id": "two", "before": WEBHOOK, "after": WEBHOOK},
                        {"action": "merge", "id": "three", "into": "main"},
                    ],
                    "errors": [{"id": "four", "message": "no"}],
                },
                {
                    "changes.0.webhook.id": "main",
                    "changes.1.after.id": "main",
                    "changes.2.action": "merge",
                    "errors.0.message": "no",
                },
            ),
        ),
    ),
    "webhooks.sync": Entry(
        "/v1/webhooks.sync",
        m.WebhookSync,
        (
            Row(
                ENDPOINTS,
                {
                    "webhooks": [WEBHOOK],
                    "secrets": [{"id": "main", "secret": "whsec_1"}],
                    "errors": [],
                },
                {"secrets.0.secret": "whsec_1", "webhooks.0.id": "main"},
            ),
        ),
    ),
}
