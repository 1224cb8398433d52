"""The official clients drive the emulator: every answer passes their own validation."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from autumn_async.emulator import Emulator

pytestmark = pytest.mark.once

CONVERSATION = Path(__file__).with_name("official_conversation.py")
CI = Path(__file__).parents[2] / ".ci"

NOT_SERVED_YET = {
    "billing.create_schedule",
    "billing.import_",
}
"""Calls that the emulator answers with 501 so far; one that it serves must leave this list."""

GROUPED = {"group_by": "properties.model"}
ADA: dict[str, Any] = {"customer_id": "ada"}
SEAT = {**ADA, "entity_id": "seat_1"}
MESSAGES = {**ADA, "feature_id": "messages"}
RESET = {"reset": {"interval": "month"}}
ITEM = {"feature_id": "messages", "included": 100, **RESET}
PRICE = {"amount": 2, "interval": "month", "billing_method": "usage_based", "billing_units": 10}
LOCK = {"lock": {"enabled": True, "lock_id": "job"}}
PACK = {"interval": "month", "billing_method": "prepaid", "amount": 5, "billing_units": 100}
PACKS = {"feature_quantities": [{"feature_id": "images", "quantity": 200}]}
MORE = {"feature_quantities": [{"feature_id": "images", "quantity": 500}]}
GIFT = {"feature_id": "messages", "included": 5, "expiry": None}
REWARD = {
    "id": "gift",
    "name": "Gift",
    "grants": [GIFT],
    "promo_codes": [{"code": "GIFT", "max_uses": 5}],
}
PROGRAM = {
    "id": "friends",
    "reward_id": "gift",
    "redeem_on": "customer_creation",
    "received_by": "all",
    "max_redemptions": 5,
}
CODE = "the code"
"""Stands for a code of the program until there is one."""
EVE = {"customer_id": "eve"}
PAID = {"plan_id": "pro", "name": "Pro", "price": {"amount": 20, "interval": "month"}}
TOKENS = {"model_id": "openai/gpt-4o", "input_tokens": 10, "output_tokens": 10}
PHASES = [{"starts_at": "now", "plans": [{"plan_id": "pro"}]}]
UPDATES = [{"plan_id": "pro", "cancel_action": "cancel_immediately"}]

CATALOG = {
    "features": [
        {"feature_id": "messages", "name": "Messages", "type": "metered", "consumable": True},
        {"feature_id": "images", "name": "Images", "type": "metered", "consumable": True},
        {"feature_id": "seats", "name": "Seats", "type": "metered", "consumable": False},
        {"feature_id": "sso", "name": "SSO", "type": "boolean"},
        {
            "feature_id": "credits",
            "name": "Credits",
            "type": "credit_system",
            "credit_schema": [{"metered_feature_id": "images", "credit_cost": 2}],
        },
        {"feature_id": "ai", "name": "AI", "type": "ai_credit_system"},
    ]
}
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("features.create", {"feature_id": "f", "name": "F", "type_": "metered", "consumable": True}),
    ("features.get", {"feature_id": "credits"}),
    ("features.update", {"feature_id": "f", "name": "G"}),
    ("features.list", {}),
    ("features.delete", {"feature_id": "f"}),
    (
        "plans.create",
        {
            "plan_id": "free",
            "name": "Free",
            "auto_enable": True,
            "items": [ITEM, {"feature_id": "sso"}, {"feature_id": "seats", "included": 5}],
        },
    ),
    (
        "plans.create",
        {**PAID, "items": [{"feature_id": "messages", "included": 5, "price": PRICE}]},
    ),
    ("plans.create", {"plan_id": "plus", "name": "Plus", "add_on": True, "items": [ITEM]}),
    (
        "plans.create",
        {
            "plan_id": "packs",
            "name": "Packs",
            "add_on": True,
            "items": [{"feature_id": "images", "included": 0, "price": PACK}],
        },
    ),
    ("plans.create", {"plan_id": "gone", "name": "Gone"}),
    ("plans.get", {"plan_id": "pro"}),
    ("plans.update", {"plan_id": "pro", "description": "All of it"}),
    ("plans.list", {}),
    ("plans.delete", {"plan_id": "gone"}),
    ("customers.get_or_create", {**ADA, "name": "Ada", "email": "card_ada@example.com"}),
    ("customers.get_or_create", {"customer_id": "bob"}),
    ("customers.get", {**ADA, "expand": ["balances.feature", "subscriptions.plan"]}),
    ("customers.update", {**ADA, "metadata": {"tier": "gold"}}),
    ("customers.list", {"limit": 1}),
    ("customers.list_purchases", ADA),
    ("customers.list_subscriptions", ADA),
    ("check", {**MESSAGES, "required_balance": 2}),
    ("check", {**MESSAGES, "send_event": True, "with_preview": True}),
    ("check", {**ADA, "feature_id": "sso"}),
    ("track", {**MESSAGES, "value": 3, "properties": {"model": "x"}}),
    ("track", {**MESSAGES, "value": 3, "async_": False}),
    ("batch_track", {"request": [MESSAGES, {**MESSAGES, "value": 2}]}),
    ("track_tokens", {**ADA, **TOKENS, "feature_id": "ai"}),
    ("balances.create", {**MESSAGES, "included_grant": 50, "balance_id": "gift"}),
    ("balances.create", {**ADA, "feature_id": "credits", "included_grant": 50, **RESET}),
    ("check", {**ADA, "feature_id": "images"}),
    ("balances.update", {**MESSAGES, "balance_id": "gift", "remaining": 20}),
    ("balances.list", ADA),
    ("balances.delete", {**MESSAGES, "balance_id": "gift"}),
    ("check", {**MESSAGES, "required_balance": 5, **LOCK}),
    ("balances.finalize", {"lock_id": "job", "action": "confirm", "override_value": 2}),
    ("check", {**MESSAGES, "required_balance": 2, **LOCK}),
    ("balances.finalize", {"lock_id": "job", "action": "release"}),
    ("events.list", {"customer_id": "ada", "limit": 1}),
    ("events.aggregate", {"feature_id": "messages", "range": "7d"}),
    (
        "events.aggregate",
        {**ADA, "feature_id": "messages", "range": "24h", "bin_size": "hour", **GROUPED},
    ),
    ("entities.create", {**SEAT, "feature_id": "seats", "name": "Desk"}),
    ("entities.get", SEAT),
    ("entities.list", {}),
    ("entities.update", {**SEAT, "billing_controls": {}}),
    ("billing.attach", {**SEAT, "plan_id": "plus"}),
    ("check", {**MESSAGES, "entity_id": "seat_1"}),
    ("track", {**MESSAGES, "entity_id": "seat_1", "async_": False}),
    ("customers.get", {**ADA, "expand": ["entities"]}),
    ("entities.delete", SEAT),
    ("billing.preview_attach", {**ADA, "plan_id": "pro"}),
    ("billing.attach", {**ADA, "plan_id": "pro"}),
    ("billing.attach", {**EVE, "plan_id": "pro"}),
    ("billing.attach", {**ADA, "plan_id": "packs", **PACKS}),
    ("billing.preview_update", {**ADA, "plan_id": "packs", **MORE}),
    ("billing.update", {**ADA, "plan_id": "packs", **MORE}),
    ("billing.update", {**ADA, "plan_id": "pro", "cancel_action": "cancel_end_of_cycle"}),
    ("billing.update", {**ADA, "plan_id": "pro", "cancel_action": "uncancel"}),
    ("customers.get", {**ADA, "expand": ["invoices", "payment_method", "trials_used"]}),
    ("billing.preview_multi_attach", {"customer_id": "bob", "plans": [{"plan_id": "pro"}]}),
    ("billing.attach", {**ADA, "plan_id": "plus"}),
    ("billing.multi_attach", {"customer_id": "bob", "plans": [{"plan_id": "pro"}]}),
    ("billing.setup_payment", ADA),
    ("billing.setup_payment", {**EVE, "plan_id": "pro"}),
    ("billing.open_customer_portal", ADA),
    ("billing.preview_update", {**ADA, "plan_id": "pro", "cancel_action": "cancel_immediately"}),
    ("billing.preview_multi_update", {**ADA, "updates": UPDATES}),
    ("billing.create_schedule", {**ADA, "phases": PHASES}),
    ("billing.import_", {"customer_id": "bob", "billables": []}),
    ("billing.verify", ADA),
    ("billing.update", {**ADA, "plan_id": "plus", "cancel_action": "cancel_immediately"}),
    ("billing.multi_update", {**ADA, "updates": UPDATES}),
    ("referrals.create_code", {**ADA, "program_id": "friends"}),
    ("referrals.redeem_code", {"customer_id": "bob", "code": CODE}),
    ("customers.advance_test_clock", {"customer_id": "bob", "frozen_time": 4_000_000_000_000}),
    ("customers.delete", ADA),
]


def post(emulator: Emulator, operation: str, body: object) -> Any:
    """What the official clients have no calls for."""
    headers = {"Authorization": f"Bearer {emulator.secret_key}"}
    data = json.dumps(body).encode()
    with urlopen(Request(f"{emulator.url}/v1/{operation}", data, headers)) as answer:
        return json.load(answer)


def code_of_eve(emulator: Emulator) -> str:
    """A code of a referral program that gives something to both."""
    post(emulator, "rewards.create", {"feature_grant": REWARD})
    post(emulator, "referral_programs.create", PROGRAM)
    post(emulator, "customers.get_or_create", EVE)
    code: str = post(emulator, "referrals.create_code", {**EVE, "program_id": "friends"})["code"]
    return code


def python(variable: str, beside: str, version: str) -> Path:
    found = Path(os.environ.get(variable, CI / beside / "bin" / "python"))
    if not found.exists():
        pytest.skip(f"{found} is missing; {variable} names one with autumn-sdk {version}")
    return found


@pytest.mark.parametrize(
    ("variable", "beside", "version", "api_version"),
    [
        ("AUTUMN_OFFICIAL_PYTHON", "venv-official", "1.0.0", "2.2.0"),
        ("AUTUMN_OFFICIAL_1_2_PYTHON", "venv-official-1.2", "1.2.0", "2.5.0"),
    ],
)
def test_every_answer_passes_the_validation_of_the_official_client(
    variable: str, beside: str, version: str, api_version: str
) -> None:
    interpreter = python(variable, beside, version)
    with Emulator(catalog=CATALOG) as emulator:
        done = subprocess.run(
            [interpreter, "-I", CONVERSATION, emulator.url, api_version],
            input=json.dumps(CALLS).replace(CODE, code_of_eve(emulator)),
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    ends = [json.loads(line) for line in done.stdout.splitlines()]
    assert len({end["call"] for end in ends}) > 20
    wrong = [end for end in ends if end["status"] != 200 and end["call"] not in NOT_SERVED_YET]
    assert wrong == [], wrong
    served = {end["call"] for end in ends if end["call"] in NOT_SERVED_YET and end["status"] != 501}
    assert served == set(), "these are served by now"
