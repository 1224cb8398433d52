"""Bodies with all that newer servers may send, written by hand from the schemas."""

from __future__ import annotations

from typing import Any

import msgspec

from autumn_async import models as m


def decode(type_: Any, body: object) -> Any:
    return msgspec.json.decode(msgspec.json.encode(body), type=type_)


def test_the_three_kinds_of_credit_schema_rows() -> None:
    flat, tiered, excluded = decode(
        list[m.CreditSchemaRow],
        [
            {
                "metered_feature_id": "images",
                "credit_cost": 5,
                "billing_units": 10,
                "dimensions": {
                    "large": {"match": {"size": "xl", "hd": True}, "credit_cost": 9, "priority": 2},
                    "bulk": {
                        "match": {"size": 3},
                        "tiers": [{"to": 10, "credit_cost": 2}, {"to": "inf", "credit_cost": 1}],
                        "tier_behavior": "graduated",
                    },
                },
                "multipliers": {"night": {"match": {"hour": "0"}, "factor": 0.5, "add": 1}},
            },
            {"metered_feature_id": "texts", "tiers": [{"to": "inf", "credit_cost": 0.1}]},
            {"metered_feature_id": "videos", "excluded": True},
        ],
    )
    assert flat.dimensions["large"].match == {"size": "xl", "hd": True}
    assert flat.dimensions["bulk"].tiers[1].to == "inf"
    assert flat.multipliers["night"].factor == 0.5
    assert (tiered.credit_cost, tiered.tiers[0].credit_cost) == (None, 0.1)
    assert (excluded.excluded, excluded.credit_cost) == (True, None)


def test_an_ai_credit_system() -> None:
    feature = decode(
        m.Feature,
        {
            "id": "ai",
            "name": "AI",
            "type": "ai_credit_system",
            "consumable": True,
            "archived": False,
            "credit_schema": [{"credit_cost": 1}],
            "model_markups": {"custom/mine": {"markup": 20, "input_cost": 1, "output_cost": 2.5}},
            "provider_markups": {"openai": {"markup": -100}},
            "default_markup": 10,
            "processors": {"stripe": {"product_id": "prod_1"}},
        },
    )
    assert feature.combine == "sum"
    assert feature.credit_schema[0].metered_feature_id == ""
    assert feature.model_markups["custom/mine"].output_cost == 2.5
    assert feature.provider_markups["openai"].markup == -100
    assert feature.processors.stripe.meter_id is None


def test_all_billing_controls() -> None:
    controls = decode(
        m.BillingControls,
        {
            "balance_allocations": [
                {
                    "feature_id": "f",
                    "interval": "month",
                    "allocations": [{"entity_id": "e", "amount": 5}],
                }
            ],
            "auto_topups": [
                {
                    "feature_id": "f",
                    "threshold": 10,
                    "quantity": 100,
                    "purchase_limit": {"interval": "day", "limit": 3},
                    "source": "plan",
                },
                {
                    "feature_id": "g",
                    "threshold": 10,
                    "quantity": 100,
                    "purchase_limit": {
                        "interval": None,
                        "interval_count": None,
                        "limit": None,
                        "count": 2,
                        "next_reset_at": 1700000000000,
                    },
                },
            ],
            "spend_limits": [{"overage_limit": 50, "limit_type": "usage_percentage"}],
            "usage_limits": [
                {
                    "feature_id": "f",
                    "limit": 5,
                    "interval": "day",
                    "filter": {"properties": {"region": "eu"}},
                    "usage": 2,
                }
            ],
            "usage_alerts": [{"threshold": 80, "threshold_type": "usage_percentage"}],
            "overage_allowed": [{"feature_id": "f", "enabled": True}],
        },
    )
    limited, counted = (topup.purchase_limit for topup in controls.auto_topups)
    assert controls.balance_allocations[0].allocations[0].amount == 5
    assert (limited.interval_count, limited.count) == (1, None)
    assert (counted.interval, counted.interval_count, counted.count) == (None, None, 2)
    assert counted.next_reset_at_datetime.year == 2023
    assert controls.spend_limits[0].enabled is False
    assert controls.usage_limits[0].enabled is True
    assert controls.usage_limits[0].filter.properties == {"region": "eu"}
    assert (controls.usage_alerts[0].enabled, controls.usage_alerts[0].basis) == (True, "balance")
    assert controls.overage_allowed[0].enabled


def test_a_plan_with_variants_licenses_and_processors() -> None:
    license_ = {
        "license_plan_id": "seat",
        "version": 3,
        "included": 2,
        "prepaid_only": True,
        "customize": {"price": None, "remove_items": [{"feature_id": "f", "interval": "day"}]},
        "plan": {"id": "seat", "name": "Seat"},
    }
    plan = decode(
        m.Plan,
        {
            "id": "pro",
            "name": "Pro",
            "price": {
                "amount": 20,
                "interval": "month",
                "additional_currencies": [{"currency": "eur", "amount": 18}],
                "processors": {"stripe": {"price_id": "price_1"}},
            },
            "items": [
                {
                    "feature_id": "f",
                    "included": 100,
                    "unlimited": False,
                    "reset": {"interval": "month"},
                    "price": {
                        "interval": "month",
                        "billing_units": 10,
                        "billing_method": "prepaid",
                        "max_purchase": None,
                        "tier_behavior": "volume",
                        "tiers": [{"to": 500, "amount": 1}, {"to": "inf", "flat_amount": 9}],
                    },
                    "threshold_billing": {"threshold": 50},
                    "expiry": {"duration": "week", "length": 2},
                    "rollover": {"max": None, "expiry_duration_type": "forever"},
                    "feature": {"id": "f", "type": "single_use", "archived": None},
                    "feature_override": {
                        "credit_schema": [{"metered_feature_id": "g", "excluded": True}],
                        "markups": {"default_markup": 5, "model_markups": None},
                    },
                }
            ],
            "processors": {
                "stripe": {"product_id": "prod_1"},
                "revenuecat": {
                    "products": [
                        {
                            "product_id": "rc",
                            "feature_quantities": [{"feature_id": "f", "quantity": 5}],
                        }
                    ]
                },
            },
            "config": {"anchor_to_month_start": True},
            "licenses": [license_],
            "variant_details": {
                "base_plan_id": "base",
                "customize": {
                    "add_items": [
                        {
                            "feature_id": "f",
                            "proration": {
                                "on_increase": "prorate_immediately",
                                "on_decrease": "none",
                            },
                        }
                    ],
                    "upsert_licenses": [{"license_plan_id": "seat"}],
                    "remove_licenses": [{"license_plan_id": "desk"}],
                },
            },
            "variants": [{"variant_plan_id": "pro_eu", "name": "Pro EU", "plan": {"id": "pro_eu"}}],
        },
    )
    item = plan.items[0]
    assert (item.price.tiers[0].to, item.price.tiers[1].to) == (500, "inf")
    assert item.feature_override.credit_schema[0].excluded
    assert (item.threshold_billing.threshold, item.expiry.length) == (50, 2)
    assert plan.price.additional_currencies[0].amount == 18
    assert plan.processors.revenuecat.products[0].feature_quantities[0].quantity == 5
    assert plan.licenses[0].plan.name == "Seat"
    assert plan.licenses[0].customize.remove_items[0].interval == "day"
    assert plan.variant_details.customize.upsert_licenses[0].included is None
    assert plan.variants[0].plan.id == "pro_eu"


def test_a_customer_with_everything_expanded() -> None:
    customer = decode(
        m.Customer,
        {
            "id": "c",
            "licenses": [
                {
                    "license_plan_id": "seat",
                    "parent_plan_id": "pro",
                    "license_plan_name": "Seat",
                    "granted": 5,
                    "usage": 2,
                    "remaining": 3,
                    "paid_quantity": 1,
                }
            ],
            "processors": {
                "vercel": {"installation_id": "i", "account_id": "a"},
                "revenuecat": {"id": None},
            },
            "invoices": [
                {
                    "plan_ids": ["pro"],
                    "stripe_id": "in_1",
                    "status": "paid",
                    "total": 20,
                    "currency": "usd",
                    "created_at": 1700000000000,
                }
            ],
            "invoice_previews": [
                {
                    "plan_ids": ["pro"],
                    "invoice_at": 1700000000000,
                    "currency": "usd",
                    "subtotal": 20,
                    "total": 10,
                    "line_items": [
                        {
                            "display_name": "Pro",
                            "description": "Pro - Base Price",
                            "subtotal": 20,
                            "total": 10,
                            "plan_id": "pro",
                            "feature_id": None,
                            "quantity": 1,
                            "discounts": [{"amount_off": 10, "percent_off": 50}],
                            "period": {"start": 1700000000000, "end": 1702592000000},
                        }
                    ],
                }
            ],
            "entities": [{"id": "e", "name": None, "created_at": 1, "env": "live"}],
            "trials_used": [{"plan_id": "pro", "customer_id": "other", "fingerprint": "fp"}],
            "rewards": {
                "discounts": [
                    {
                        "id": "r",
                        "name": "R",
                        "type": "percentage_discount",
                        "discount_value": 50,
                        "duration_type": "months",
                        "duration_value": 3,
                        "start": 1700000000000,
                        "end": None,
                    }
                ]
            },
            "referrals": [
                {
                    "program_id": "p",
                    "customer": {"id": "friend"},
                    "reward_applied": True,
                    "created_at": 1700000000000,
                }
            ],
            "payment_method": {"id": "pm_1", "card": {"last4": "4242"}},
            "billing_details": {
                "address": {"city": "Oslo", "country": "NO"},
                "tax_ids": [{"type": "no_vat", "value": "1"}],
                "tax_exempt": None,
                "invoice_settings": {"custom_fields": [{"name": "PO", "value": "7"}]},
            },
        },
    )
    assert customer.invoices[0].processor_type == "stripe"
    assert customer.invoice_previews[0].line_items[0].period.end_datetime.year == 2023
    assert customer.entities[0].balances == {}
    assert customer.rewards.discounts[0].end_datetime is None
    assert customer.referrals[0].customer.id == "friend"
    assert customer.payment_method["card"] == {"last4": "4242"}
    assert customer.billing_details.invoice_settings.custom_fields[0].value == "7"


def test_deductions_of_aggregated_events() -> None:
    aggregation = decode(
        m.EventAggregation,
        {
            "list": [{"period": 0, "values": {"f": 2.5}, "grouped_values": {"f": {"eu": 2.5}}}],
            "total": {"f": {"count": 2, "sum": 2.5}},
            "deductions": [
                {
                    "period": 0,
                    "values": {
                        "credits": {
                            "feature_type": "credit_system",
                            "deducted": 5,
                            "events": 2,
                            "balances": [
                                {
                                    "balance_id": "b",
                                    "entity_id": None,
                                    "plan_id": "pro",
                                    "reset": {"interval": "month", "resets_at": 1700000000000},
                                    "credit_cost": 2,
                                    "deducted": 5,
                                    "events": 2,
                                }
                            ],
                        }
                    },
                    "grouped_values": {"credits": {"eu": {"deducted": 5}}},
                }
            ],
        },
    )
    assert aggregation.list[0].grouped_values == {"f": {"eu": 2.5}}
    taken = aggregation.deductions[0].values["credits"]
    assert taken.balances[0].reset.resets_at_datetime.year == 2023
    assert aggregation.deductions[0].grouped_values["credits"]["eu"].credit_cost is None


def test_balances_that_are_shared_out() -> None:
    check = decode(
        m.CheckResponse,
        {
            "allowed": True,
            "customer_id": "c",
            "balance": {
                "feature_id": "f",
                "granted": 100,
                "remaining": 60,
                "usage": 40,
                "unlimited": False,
                "overage_allowed": False,
                "max_purchase": None,
                "next_reset_at": None,
                "allocated": 50,
                "unallocated": 10,
                "rollovers": [{"balance": 5, "expires_at": 1700000000000}],
                "breakdown": [
                    {
                        "plan_id": "pro",
                        "included_grant": 100,
                        "prepaid_grant": 0,
                        "remaining": 60,
                        "usage": 40,
                        "unlimited": False,
                        "reset": {"interval": "fortnight", "resets_at": None},
                        "price": {
                            "billing_units": 1,
                            "billing_method": "usage_based",
                            "max_purchase": None,
                            "amount": 0.1,
                        },
                        "expires_at": None,
                        "source": "customer",
                        "allocation": {"amount": 50},
                    }
                ],
            },
            "flag": None,
            "balances": {"f": None},
            "preview": None,
        },
    )
    row = check.balance.breakdown[0]
    assert (row.reset.interval, row.reset.resets_at_datetime) == ("fortnight", None)
    assert (row.price.amount, row.allocation.amount) == (0.1, 50)
    assert (check.balance.allocated, check.balance.unallocated) == (50, 10)
    assert check.balance.rollovers[0].granted is None
    assert check.balances == {"f": None}
