"""What the API has answered can be given back to it, wherever the same noun is an input."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import msgspec
import pytest
from msgspec.structs import fields

from autumn_async import inputs
from autumn_async import models as m
from tests.contract.operations import CALLERS
from tests.contract.rows import Recorded, recorded
from tests.contract.stage import Stage

PRICE = m.BasePrice(
    amount=20,
    interval="month",
    additional_currencies=[m.CurrencyAmount(currency="eur", amount=19)],
    display=m.Display(primary_text="$20"),
)
PRICE_JSON = {
    "amount": 20,
    "interval": "month",
    "interval_count": 1,
    "additional_currencies": [{"currency": "eur", "amount": 19}],
    "display": {"primary_text": "$20"},
}
RESET = m.PlanItemReset(interval="month")
RESET_JSON = {"interval": "month", "interval_count": 1}
ITEM = m.PlanItem(
    feature_id="messages",
    included=10,
    reset=RESET,
    price=m.PlanItemPrice(
        interval="month",
        billing_method="prepaid",
        tiers=[m.PriceTier(to=100, amount=1), m.PriceTier(to="inf", flat_amount=2.5)],
    ),
    proration=m.PlanItemProration(on_increase="prorate_immediately", on_decrease="none"),
    rollover=m.PlanItemRollover(max=5, expiry_duration_type="forever"),
    expiry=m.PlanItemExpiry(duration="day", length=30),
    threshold_billing=m.ThresholdBilling(threshold=7),
    feature_override=m.FeatureOverride(
        credit_schema=[m.CreditSchemaRow(metered_feature_id="images", credit_cost=2)],
        markups=m.FeatureMarkups(
            model_markups={"gpt": m.ModelMarkup(markup=5)},
            provider_markups={"openai": m.ProviderMarkup(markup=-100)},
        ),
    ),
)
ITEM_JSON = {
    "feature_id": "messages",
    "included": 10,
    "unlimited": False,
    "pooled": False,
    "reset": RESET_JSON,
    "price": {
        "interval": "month",
        "interval_count": 1,
        "billing_units": 1,
        "billing_method": "prepaid",
        "tiers": [{"to": 100, "amount": 1}, {"to": "inf", "flat_amount": 2.5}],
    },
    "proration": {"on_increase": "prorate_immediately", "on_decrease": "none"},
    "rollover": {"max": 5, "expiry_duration_type": "forever"},
    "expiry": {"duration": "day", "length": 30},
    "threshold_billing": {"threshold": 7},
    "feature_override": {
        "credit_schema": [{"metered_feature_id": "images", "credit_cost": 2}],
        "markups": {
            "model_markups": {"gpt": {"markup": 5}},
            "provider_markups": {"openai": {"markup": -100}},
        },
    },
}
TRIAL = m.FreeTrial(duration_length=7, duration_type="day", card_required=False)
TRIAL_JSON = {"duration_length": 7, "duration_type": "day", "card_required": False}
CONTROLS = m.BillingControls(
    auto_topups=[
        m.AutoTopup(
            feature_id="messages",
            threshold=1,
            quantity=2,
            purchase_limit=m.PurchaseLimit(interval="day", limit=3),
        )
    ],
    spend_limits=[m.SpendLimit(feature_id="messages", overage_limit=5)],
    usage_limits=[
        m.UsageLimit(
            feature_id="messages",
            limit=5,
            interval="day",
            filter=m.ControlFilter(properties={"model": "m1"}),
        )
    ],
    usage_alerts=[m.UsageAlert(threshold=80, threshold_type="usage")],
    overage_allowed=[m.OverageAllowed(feature_id="messages", enabled=True)],
    balance_allocations=[
        m.BalanceAllocation(
            feature_id="messages",
            interval="month",
            allocations=[m.EntityAllocation(entity_id="seat_1", amount=5)],
        )
    ],
)
CONTROLS_JSON = {
    "auto_topups": [
        {
            "feature_id": "messages",
            "enabled": False,
            "threshold": 1,
            "quantity": 2,
            "purchase_limit": {"interval": "day", "interval_count": 1, "limit": 3},
        }
    ],
    "spend_limits": [{"feature_id": "messages", "enabled": False, "overage_limit": 5}],
    "usage_limits": [
        {
            "feature_id": "messages",
            "enabled": True,
            "limit": 5,
            "interval": "day",
            "filter": {"properties": {"model": "m1"}},
        }
    ],
    "usage_alerts": [
        {"enabled": True, "threshold": 80, "threshold_type": "usage", "basis": "balance"}
    ],
    "overage_allowed": [{"feature_id": "messages", "enabled": True}],
    "balance_allocations": [
        {
            "feature_id": "messages",
            "interval": "month",
            "allocations": [{"entity_id": "seat_1", "amount": 5}],
        }
    ],
}
CUSTOMIZATION = m.PlanCustomization(
    price=PRICE,
    add_items=[ITEM],
    remove_items=[m.PlanItemFilter(feature_id="old", billing_method="prepaid")],
    free_trial=TRIAL,
    billing_controls=CONTROLS,
    upsert_licenses=[m.PlanLicense(license_plan_id="seat", included=2)],
    remove_licenses=[m.LicenseReference(license_plan_id="gone")],
)
CUSTOMIZATION_JSON = {
    "price": PRICE_JSON,
    "add_items": [ITEM_JSON],
    "remove_items": [{"feature_id": "old", "billing_method": "prepaid"}],
    "free_trial": TRIAL_JSON,
    "billing_controls": CONTROLS_JSON,
    "upsert_licenses": [{"license_plan_id": "seat", "included": 2}],
    "remove_licenses": [{"license_plan_id": "gone"}],
}
CREDITS = m.CreditSchemaRow(
    metered_feature_id="tokens",
    tiers=[m.CreditTier(to="inf", credit_cost=1)],
    dimensions={"large": m.CreditDimension(match={"model": "large"}, credit_cost=2)},
    multipliers={"night": m.CreditMultiplier(match={"night": True}, factor=0.5)},
)
CREDITS_JSON = {
    "metered_feature_id": "tokens",
    "tiers": [{"to": "inf", "credit_cost": 1}],
    "dimensions": {"large": {"match": {"model": "large"}, "credit_cost": 2}},
    "multipliers": {"night": {"match": {"night": True}, "factor": 0.5}},
}
DETAILS = m.BillingDetails(
    address=m.Address(line1="1 Main St"),
    tax_ids=[m.TaxId(type="eu_vat", value="DE1")],
    tax_exempt="none",
)
DETAILS_JSON = {
    "address": {"line1": "1 Main St"},
    "tax_ids": [{"type": "eu_vat", "value": "DE1"}],
    "tax_exempt": "none",
    "invoice_settings": {"custom_fields": []},
}

CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "plans.create",
        {
            "plan_id": "pro",
            "name": "Pro",
            "price": PRICE,
            "items": [ITEM, {"feature_id": "sso", "reset": RESET}],
            "licenses": (m.PlanLicense(license_plan_id="seat", customize=CUSTOMIZATION),),
            "free_trial": TRIAL,
            "config": m.PlanConfig(ignore_past_due=True),
            "billing_controls": CONTROLS,
        },
        {
            "price": PRICE_JSON,
            "items": [ITEM_JSON, {"feature_id": "sso", "reset": RESET_JSON}],
            "licenses": [{"license_plan_id": "seat", "customize": CUSTOMIZATION_JSON}],
            "free_trial": TRIAL_JSON,
            "config": {"ignore_past_due": True, "anchor_to_month_start": False},
            "billing_controls": CONTROLS_JSON,
        },
    ),
    (
        "plans.update",
        {
            "plan_id": "pro",
            "price": PRICE,
            "free_trial": TRIAL,
            "variants": [{"variant_plan_id": "pro_eu", "customize": CUSTOMIZATION}],
        },
        {
            "price": PRICE_JSON,
            "free_trial": TRIAL_JSON,
            "variants": [{"variant_plan_id": "pro_eu", "customize": CUSTOMIZATION_JSON}],
        },
    ),
    (
        "billing.attach",
        {
            "customer_id": "cus_1",
            "plan_id": "pro",
            "feature_quantities": [m.FeatureQuantity(feature_id="messages", quantity=3)],
            "free_trial": TRIAL,
            "customize": CUSTOMIZATION,
            "billing_details": DETAILS,
        },
        {
            "feature_quantities": [{"feature_id": "messages", "quantity": 3}],
            "free_trial": TRIAL_JSON,
            "customize": CUSTOMIZATION_JSON,
            "billing_details": DETAILS_JSON,
        },
    ),
    (
        "balances.create",
        {"customer_id": "cus_1", "feature_id": "messages", "reset": RESET},
        {"reset": RESET_JSON},
    ),
    (
        "customers.update",
        {
            "customer_id": "cus_1",
            "billing_controls": CONTROLS,
            "config": m.CustomerConfig(disable_pooled_balance=True),
            "billing_details": {
                "address": m.Address(city="Springfield"),
                "tax_ids": {"add": [m.TaxId(type="eu_vat", value="DE1")]},
                "invoice_settings": {"custom_fields": [m.InvoiceField(name="PO", value="7")]},
            },
        },
        {
            "billing_controls": CONTROLS_JSON,
            "config": {"disable_pooled_balance": True},
            "billing_details": {
                "address": {"city": "Springfield"},
                "tax_ids": {"add": [{"type": "eu_vat", "value": "DE1"}]},
                "invoice_settings": {"custom_fields": [{"name": "PO", "value": "7"}]},
            },
        },
    ),
    (
        "entities.update",
        {"entity_id": "seat_1", "billing_controls": {"usage_limits": CONTROLS.usage_limits}},
        {"billing_controls": {"usage_limits": CONTROLS_JSON["usage_limits"]}},
    ),
    (
        "features.create",
        {
            "feature_id": "credits",
            "name": "Credits",
            "type_": "credit_system",
            "display": m.FeatureDisplay(singular="credit", plural="credits"),
            "credit_schema": [CREDITS],
            "model_markups": {"custom/m": m.ModelMarkup(input_cost=1, output_cost=2)},
            "provider_markups": {"openai": m.ProviderMarkup(markup=10)},
        },
        {
            "type": "credit_system",
            "display": {"singular": "credit", "plural": "credits"},
            "credit_schema": [CREDITS_JSON],
            "model_markups": {"custom/m": {"input_cost": 1, "output_cost": 2}},
            "provider_markups": {"openai": {"markup": 10}},
        },
    ),
    (
        "rewards.create",
        {
            "coupon": {
                "id": "ten_off",
                "duration": m.CouponDuration(type="months", length=3),
                "promo_codes": [m.CouponCode(code="TEN")],
            }
        },
        {
            "coupon": {
                "id": "ten_off",
                "duration": {"type": "months", "length": 3},
                "promo_codes": [{"code": "TEN"}],
            }
        },
    ),
    (
        "rewards.update",
        {
            "reward_id": "welcome",
            "feature_grant": {
                "grants": [
                    m.RewardGrant(
                        feature_id="messages",
                        included=5,
                        expiry=m.GrantExpiry(type="day", length=2),
                    )
                ],
                "promo_codes": [m.FeatureGrantCode(code="HELLO", max_uses=9)],
            },
        },
        {
            "feature_grant": {
                "grants": [
                    {
                        "feature_id": "messages",
                        "included": 5,
                        "expiry": {"type": "day", "length": 2},
                    }
                ],
                "promo_codes": [{"code": "HELLO", "max_uses": 9}],
            }
        },
    ),
]


@pytest.mark.parametrize("way", CALLERS)
@pytest.mark.parametrize(("call", "given", "wire"), CASES, ids=[case[0] for case in CASES])
async def test_answers_go_out_as_inputs_without_what_they_lack(
    way: str, call: str, given: dict[str, Any], wire: dict[str, Any], stage: Stage
) -> None:
    await CALLERS[way](stage.url, call, given)

    plain = {name: value for name, value in given.items() if isinstance(value, str)}
    plain.pop("type_", None)
    assert stage.sent == {**plain, **wire}
    assert b"null" not in stage.requests[0].body


def test_every_answer_that_may_be_an_input_is_tried() -> None:
    nouns = {
        part
        for name in inputs.__all__
        if name.endswith("Like")
        for part in get_args(getattr(inputs, name))
        if issubclass(part, msgspec.Struct)
    }
    tried = {type(struct) for _, given, _ in CASES for struct in _structs_in(given)}
    assert nouns <= tried
    assert len(nouns) > 35


def _structs_in(value: Any) -> Iterator[msgspec.Struct]:
    if isinstance(value, msgspec.Struct):
        yield value
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _structs_in(item)


@pytest.mark.parametrize("way", CALLERS)
async def test_a_plan_can_be_sent_back_as_it_was_read(way: str, stage: Stage) -> None:
    answer = recorded("/v1/plans.create", Recorded("paid plan + usage based"))
    stage.answers(answer)
    plan = await CALLERS[way](stage.url, "plans.get", {"plan_id": "pro"})
    stage.requests.clear()

    given = {"price": plan.price, "items": plan.items, "config": plan.config}
    given |= {"billing_controls": plan.billing_controls, "version": plan.version}
    await CALLERS[way](stage.url, "plans.update", {"plan_id": plan.id, **given})

    assert stage.sent == {
        "plan_id": "pro_23_52939",
        "version": 1,
        "price": {
            "amount": 20,
            "interval": "month",
            "interval_count": 1,
            "display": {"primary_text": "$20", "secondary_text": "per month"},
        },
        "items": [
            {
                "feature_id": "messages_23_52939",
                "included": 1000,
                "unlimited": False,
                "pooled": False,
                "reset": {"interval": "month", "interval_count": 1},
                "price": {
                    "amount": 0.01,
                    "interval": "month",
                    "interval_count": 1,
                    "billing_units": 1,
                    "billing_method": "usage_based",
                },
                "display": {
                    "primary_text": "1,000 Messages v2",
                    "secondary_text": "then $0.01 per Messages v2",
                },
            }
        ],
        "config": {"ignore_past_due": False, "anchor_to_month_start": False},
        "billing_controls": {},
    }


async def test_a_struct_is_checked_like_a_dict(stage: Stage) -> None:
    price = m.BasePrice(amount=float("inf"), interval="month")
    with pytest.raises(ValueError, match=r"^price\.amount is inf"):
        await CALLERS["async"](stage.url, "plans.update", {"plan_id": "p", "price": price})
    assert not stage.requests
