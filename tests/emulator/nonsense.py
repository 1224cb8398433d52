"""Requests that are sound, and requests in which something is not."""

from __future__ import annotations

import random
import string
from typing import Any

import msgspec
import pytest

GRANT = {"customer_id": "alice", "feature_id": "m", "included_grant": 5}
ITEM = {"feature_id": "m", "included": 5, "reset": {"interval": "month", "interval_count": 1}}
PRICE = {"amount": 1, "interval": "month", "billing_method": "prepaid", "billing_units": 5}
ROLLOVER = {"expiry_duration_type": "month", "expiry_duration_length": 1, "max_percentage": 50}
CONTROLS = {
    "spend_limits": [{"feature_id": "m", "enabled": True, "overage_limit": 5}],
    "usage_limits": [{"feature_id": "m", "limit": 5, "interval": "week", "anchor": "utc"}],
    "overage_allowed": [{"feature_id": "m", "enabled": True}],
}
RATE = {"match": {"a": "1"}, "credit_cost": 3, "priority": 1}
MEMBER = {
    "metered_feature_id": "m",
    "credit_cost": 2,
    "billing_units": 5,
    "dimensions": {"d": RATE},
    "multipliers": {"x": {"match": {"a": "1"}, "factor": 2, "add": 1}},
}
TIERS = [
    {"to": 2, "credit_cost": 0},
    {"to": 5, "credit_cost": 2.5},
    {"to": "inf", "credit_cost": 1},
]
TIERED = {
    "metered_feature_id": "n",
    "tiers": TIERS,
    "tier_behavior": "graduated",
    "billing_units": 2,
    "dimensions": {"x": {"match": {"a": "1"}, "tiers": TIERS[1:]}},
}
CREDITS = {"credit_schema": [MEMBER, TIERED]}
DEDUCTED = {"aggregate_on": "deducted", "timezone": "Europe/Berlin", "bin_size": "week"}
MODELS = {"model_markups": {"custom/x": {"markup": 5, "input_cost": 1, "output_cost": 2}}}
TOKENS = {"model_id": "custom/x", "input_tokens": 10, "output_tokens": 5}
LOCK = {"lock": {"enabled": True, "lock_id": "l", "expires_at": 4102444800000}}
FILTER = {"filter_by": {"a": "1"}, "max_groups": 1, "bin_size": "month", "measure": "count"}
DATA = {"customer_data": {"name": "B", "email": "b@c.de"}, "name": "One"}
DURATION = {"type": "months", "length": 3}
COUPON = {
    "id": "k",
    "name": "K",
    "type": "percentage_discount",
    "value": 10,
    "duration": DURATION,
    "plan_ids": ["p"],
    "promo_codes": [{"code": "K", "global_max_redemption": 2, "first_time_transaction": True}],
}
AMOUNT = {"feature_id": "m", "included": 5, "expiry": {"type": "month", "length": 1}}
FEATURE_GRANT = {
    "id": "g",
    "name": "G",
    "grants": [AMOUNT],
    "promo_codes": [{"code": "G", "max_uses": 5}],
}
TERMS = {
    "redeem_on": "checkout",
    "received_by": "all",
    "max_redemptions": 5,
    "plan_ids": ["p"],
}
TIERS = {
    "tiers": [{"to": 10, "amount": 2, "flat_amount": 1}, {"to": "inf", "amount": 1}],
    "tier_behavior": "volume",
    "interval": "month",
    "billing_method": "prepaid",
}
USAGE = {"amount": 0.5, "interval": "week", "billing_method": "usage_based", "max_purchase": 50}
PRORATION = {"on_increase": "prorate_next_cycle", "on_decrease": "none"}
BASE = {"amount": 20, "interval": "month", "interval_count": 1}
TRIAL = {"duration_length": 7, "duration_type": "day", "card_required": False, "on_end": "bill"}
BOUGHT = {"feature_quantities": [{"feature_id": "m", "quantity": 30}]}
CARRY = {
    "carry_over_usages": {"enabled": True, "feature_ids": ["m"]},
    "carry_over_balances": {"enabled": True},
}
CUSTOM = {
    "customize": {
        "price": BASE,
        "items": [ITEM],
        "add_items": [{**ITEM, "price": TIERS, "proration": PRORATION}],
        "remove_items": [{"feature_id": "m", "interval": "month"}],
        "free_trial": TRIAL,
    }
}
INVOICED = {"invoice_mode": {"enabled": True, "enable_plan_immediately": True, "finalize": False}}
RICH = {"customer_id": "rich", "email": "card@b.co", "fingerprint": "f", "create_in_stripe": True}
PACKS = {**ITEM, "price": TIERS, "proration": PRORATION}
DISCOUNTED = {"discounts": [{"reward_id": "k"}]}
PAID: list[tuple[str, Any]] = [
    ("customers.get_or_create", RICH),
    ("plans.create", {"plan_id": "t", "name": "T", "price": BASE, "items": [PACKS]}),
    ("plans.create", {"plan_id": "u", "name": "U", "items": [{"feature_id": "m", "price": USAGE}]}),
    ("plans.create", {"plan_id": "f", "name": "F", "price": BASE, "free_trial": TRIAL}),
    ("plans.list", {"customer_id": "rich"}),
    ("billing.preview_attach", {"customer_id": "rich", "plan_id": "t", **BOUGHT, **CUSTOM}),
    ("billing.attach", {"customer_id": "rich", "plan_id": "t", **BOUGHT, **CARRY}),
    ("billing.attach", {"customer_id": "rich", "plan_id": "u", "redirect_mode": "always"}),
    ("billing.attach", {"customer_id": "rich", "plan_id": "u", "plan_schedule": "immediate"}),
    ("billing.attach", {"customer_id": "rich", "plan_id": "p", "expand": ["incoming.plan"]}),
    ("billing.attach", {"customer_id": "alice", "plan_id": "t", **INVOICED, **CUSTOM}),
    ("billing.attach", {"customer_id": "rich", "plan_id": "f", "billing_cycle_anchor": "now"}),
    ("billing.attach", {"customer_id": "rich", "plan_id": "t", "starts_at": 1, "ends_at": 2**41}),
    ("billing.attach", {"customer_id": "rich", "plan_id": "u", "subscription_id": "s"}),
    ("billing.preview_update", {"customer_id": "rich", "cancel_action": "cancel_end_of_cycle"}),
    ("billing.preview_update", {"customer_id": "rich", **CUSTOM}),
    (
        "billing.update",
        {"customer_id": "rich", **BOUGHT, "recalculate_balances": {"enabled": True}},
    ),
    ("billing.update", {"customer_id": "rich", "plan_id": "t", "version": 1, **CUSTOM}),
    ("billing.update", {"customer_id": "rich", "cancel_action": "cancel_end_of_cycle"}),
    ("billing.update", {"customer_id": "rich", "cancel_action": "uncancel"}),
    ("billing.multi_attach", {"customer_id": "rich", "plans": [{"plan_id": "f", **BOUGHT}]}),
    ("billing.preview_multi_attach", {"customer_id": "rich", "plans": [{"plan_id": "t"}]}),
    ("billing.preview_attach", {"customer_id": "rich", "plan_id": "f", **DISCOUNTED}),
    ("billing.update", {"customer_id": "rich", **DISCOUNTED}),
    ("billing.setup_payment", {"customer_id": "new", "plan_id": "t", **DATA}),
    ("billing.open_customer_portal", {"customer_id": "rich", "return_url": "https://x.co"}),
    ("customers.get", {"customer_id": "rich", "expand": ["invoices", "payment_method"]}),
    ("balances.track", {"customer_id": "rich", "feature_id": "m", "value": 30}),
]
SOUND: list[tuple[str, Any]] = [
    ("features.create", {"feature_id": "m", "name": "M", "type": "metered", "consumable": True}),
    ("features.update", {"feature_id": "m", "event_names": ["e"], "archived": False}),
    ("plans.create", {"plan_id": "p", "name": "P", "items": [{**ITEM, "rollover": ROLLOVER}]}),
    ("plans.create", {"plan_id": "q", "name": "Q", "items": [{**ITEM, "price": PRICE}]}),
    ("plans.update", {"plan_id": "p", "items": [ITEM], "force_version": True}),
    ("plans.list", {"all_versions": True, "include_archived": True}),
    ("customers.get_or_create", {"customer_id": "alice", "email": "a@b.co", "metadata": {}}),
    ("customers.update", {"customer_id": "alice", "billing_controls": CONTROLS}),
    ("customers.list", {"search": "a", "limit": 5, "plans": [{"id": "p", "versions": [1]}]}),
    ("balances.create", {**GRANT, "reset": {"interval": "day", "interval_count": 1}}),
    ("balances.create", {**GRANT, "expires_at": 4102444800000, "balance_id": "b"}),
    ("balances.update", {"customer_id": "alice", "feature_id": "m", "remaining": 5, "usage": 1}),
    ("balances.update", {"customer_id": "alice", "feature_id": "m", "next_reset_at": 1}),
    ("balances.delete", {"customer_id": "alice", "feature_id": "m", "balance_id": "b"}),
    ("balances.check", {"customer_id": "alice", "feature_id": "m", "send_event": True}),
    ("balances.track", {"customer_id": "alice", "feature_id": "m", "value": 3}),
    ("balances.track", {"customer_id": "alice", "event_name": "e", "value": -3}),
    ("balances.batch_track", [{"customer_id": "alice", "feature_id": "m", "value": 1}]),
    ("events.list", {"customer_id": "alice", "feature_id": ["m"], "custom_range": {"start": 1}}),
    ("features.create", {"feature_id": "s", "name": "S", "type": "metered", "consumable": False}),
    ("features.create", {"feature_id": "c", "name": "C", "type": "credit_system", **CREDITS}),
    ("features.create", {"feature_id": "ai", "name": "AI", "type": "ai_credit_system", **MODELS}),
    ("plans.create", {"plan_id": "e", "name": "E", "items": [{**ITEM, "entity_feature_id": "s"}]}),
    ("entities.create", {"customer_id": "alice", "entity_id": "e1", "feature_id": "s"}),
    ("entities.create", {"customer_id": "bob", "entity_id": "e1", "feature_id": "s", **DATA}),
    ("entities.get", {"entity_id": "e1", "customer_id": "alice", "expand": ["balances.feature"]}),
    ("entities.get", {"entity_id": "e1"}),
    ("entities.list", {"customer_id": "alice", "search": "e", "plans": [{"id": "p"}]}),
    ("entities.update", {"entity_id": "e1", "customer_id": "bob", "billing_controls": CONTROLS}),
    ("billing.attach", {"customer_id": "alice", "plan_id": "e", "entity_id": "e1"}),
    ("balances.create", {**GRANT, "entity_id": "e1", "rollover": {"length": 1, "max": 5}}),
    ("balances.track", {"customer_id": "alice", "feature_id": "m", "entity_id": "e1", **LOCK}),
    ("balances.check", {"customer_id": "alice", "feature_id": "m", "required_balance": 2, **LOCK}),
    ("balances.finalize", {"lock_id": "l", "action": "confirm", "override_value": 1}),
    ("balances.finalize", {"lock_id": "l", "action": "release", "properties": {"a": 1}}),
    ("balances.track_tokens", {"customer_id": "alice", "feature_id": "ai", **TOKENS}),
    ("balances.check", {"customer_id": "alice", "feature_id": "m", "with_preview": True}),
    ("balances.list", {"customer_id": "alice", "plan_id": None, "statuses": ["expired"]}),
    ("balances.list", {"entity_id": "e1", "feature_id": "m", "limit": 1}),
    ("events.aggregate", {"feature_id": ["m"], "range": "7d", "group_by": "properties.a"}),
    ("events.aggregate", {"feature_id": "m", "customer_id": "alice", "range": "3bc", **FILTER}),
    ("events.aggregate", {"feature_id": "m", "custom_range": {"start": 1, "end": 2**41}}),
    ("events.aggregate", {"feature_id": "m", "customer_id": "alice", **DEDUCTED}),
    (
        "events.aggregate",
        {"feature_id": [], "customer_id": "alice", **DEDUCTED, "group_by": "properties.a"},
    ),
    ("features.create", {"feature_id": "n", "name": "N", "type": "metered", "consumable": True}),
    ("balances.create", {"customer_id": "alice", "feature_id": "c", "included_grant": 9}),
    ("balances.track", {"customer_id": "alice", "feature_id": "n", "value": 8, "skip_event": True}),
    ("balances.check", {"customer_id": "alice", "feature_id": "n", "send_event": True}),
    ("balances.track", {"customer_id": "alice", "feature_id": "n", "value": -2.5}),
    ("balances.batch_track", [{"customer_id": "alice", "feature_id": "n", **LOCK}]),
    ("rewards.create", {"coupon": COUPON}),
    ("rewards.create", {"feature_grant": FEATURE_GRANT}),
    ("rewards.update", {"reward_id": "g", "feature_grant": {"name": "G", "grants": [AMOUNT]}}),
    ("rewards.redeem", {"code": "G", "customer_id": "alice"}),
    ("rewards.get", {"reward_id": "g"}),
    ("rewards.list", {}),
    ("referral_programs.create", {"id": "r", "reward_id": "g", **TERMS}),
    ("referral_programs.update", {"referral_program_id": "r", "max_redemptions": 9}),
    ("referrals.create_code", {"customer_id": "alice", "program_id": "r"}),
    ("referrals.redeem_code", {"code": "AAAAAA", "customer_id": "bob"}),
    ("referral_programs.delete", {"referral_program_id": "x"}),
    ("rewards.delete", {"reward_id": "x"}),
    ("customers.get", {"customer_id": "alice", "expand": ["entities", "referrals"]}),
    ("entities.delete", {"entity_id": "e2", "customer_id": "alice"}),
    ("customers.delete", {"customer_id": "carl"}),
    ("billing.attach", {"customer_id": "alice", "plan_id": "p", "version": 1}),
    ("billing.attach", {"customer_id": "alice", "plan_id": "q", "no_billing_changes": True}),
    ("billing.update", {"customer_id": "alice", "cancel_action": "cancel_immediately"}),
    *PAID,
]


def seeds(number: int) -> pytest.MarkDecorator:
    """Runs a test with so many seeds: with the first on every Python, with the others on one."""
    others = [pytest.param(seed, marks=pytest.mark.once) for seed in range(1, number)]
    return pytest.mark.parametrize("seed", [0, *others])


class Nonsense:
    """Sound bodies with something in them replaced by something odd."""

    WORDS = ("alice", "m", "p", "month", "one_off", "cap", "", "inf", "2.2.0", "\u2028\U0001f342")
    NUMBERS = (0, -1, 1, 0.1, 1e308, -1e308, 2**53, 10**30, 1e-300, 253402300799999, -0.0)

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def request(self) -> tuple[str, bytes]:
        operation, body = self._random.choice(SOUND)
        pick = self._random.random()
        if pick < 0.05:
            return operation, self._random.randbytes(self._random.randrange(100))
        if pick < 0.1:
            return operation, msgspec.json.encode(self._value())
        return operation, msgspec.json.encode(self._spoiled(body))

    def header(self) -> str:
        length = self._random.randrange(20)
        return "".join(self._random.choices(string.printable[:95] + "\u00e9", k=length)).strip()

    def _spoiled(self, value: Any) -> Any:
        if self._random.random() < 0.07:
            return self._value()
        if isinstance(value, dict):
            return {name: self._spoiled(each) for name, each in value.items()}
        return [self._spoiled(each) for each in value] if isinstance(value, list) else value

    def _value(self, depth: int = 0) -> Any:
        pick = self._random.random()
        if pick < 0.3:
            return self._random.choice(self.WORDS)
        if pick < 0.7:
            return self._random.choice(self.NUMBERS)
        if pick < 0.8 or depth > 3:
            return self._random.choice((None, True, False))
        several = range(self._random.randrange(3))
        if pick < 0.9:
            return [self._value(depth + 1) for _ in several]
        return {self._random.choice(self.WORDS): self._value(depth + 1) for _ in several}
