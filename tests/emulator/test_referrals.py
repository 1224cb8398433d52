"""rewards.*, referral_programs.* and referrals.*"""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import DAY, Api, Refused, StandingClock, monthly


@pytest.fixture
def rewarding(api: Api) -> Api:
    """A reward of 50 messages for a month and a flag, and three customers."""
    api.metered("messages")
    api("features.create", feature_id="sso", name="SSO", type="boolean")
    month = {"type": "month", "length": 1}
    grants = [
        {"feature_id": "messages", "included": 50, "expiry": month},
        {"feature_id": "sso", "included": None, "expiry": None},
    ]
    codes = [{"code": "GIFT", "max_uses": 2}]
    reward = {"id": "g", "name": "G", "grants": grants, "promo_codes": codes}
    api("rewards.create", feature_grant=reward)
    for name in ("ann", "bob", "carl"):
        api.customer(name)
    return api


def program(api: Api, **fields: Any) -> Any:
    terms = {"redeem_on": "customer_creation", "received_by": "all", **fields}
    return api("referral_programs.create", id="p", reward_id="g", **terms)


def code(api: Api, customer_id: str = "ann") -> str:
    made: str = api("referrals.create_code", customer_id=customer_id, program_id="p")["code"]
    return made


def held(api: Api, customer_id: str) -> float:
    balance = api.balance("messages", customer_id)
    return balance["remaining"] if balance else 0


def test_a_code_is_made_once_and_brings_both_the_reward(rewarding: Api) -> None:
    program(rewarding)
    assert code(rewarding) == code(rewarding)
    assert len(code(rewarding)) == 6
    redeemed = rewarding("referrals.redeem_code", code=code(rewarding), customer_id="bob")
    assert (redeemed["customer_id"], redeemed["reward_id"]) == ("bob", "g")
    assert [held(rewarding, name) for name in ("ann", "bob", "carl")] == [50, 50, 0]
    flag = rewarding("balances.check", customer_id="bob", feature_id="sso")
    assert flag["allowed"]
    shown = rewarding("customers.get", customer_id="ann", expand=["referrals"])
    assert [each["customer"]["id"] for each in shown["referrals"]] == ["bob"]


def test_only_the_referrer_may_receive(rewarding: Api) -> None:
    program(rewarding, received_by="referrer")
    rewarding("referrals.redeem_code", code=code(rewarding), customer_id="bob")
    assert [held(rewarding, name) for name in ("ann", "bob")] == [50, 0]


def test_granted_balances_expire(rewarding: Api, clock: StandingClock) -> None:
    rewarding("rewards.redeem", code="GIFT", customer_id="ann")
    clock.advance(31 * DAY)
    assert held(rewarding, "ann") == 0


def test_a_reward_of_a_purchase_waits_for_it(rewarding: Api) -> None:
    rewarding.plan("pro", monthly("messages", 5))
    program(rewarding, redeem_on="checkout", plan_ids=["pro"], max_redemptions=1)
    for name in ("bob", "carl"):
        rewarding("referrals.redeem_code", code=code(rewarding), customer_id=name)
    assert held(rewarding, "ann") == 0
    rewarding.attach("bob", "pro")
    assert [held(rewarding, name) for name in ("ann", "bob")] == [50, 55]
    rewarding.attach("carl", "pro")
    assert [held(rewarding, name) for name in ("ann", "carl")] == [50, 5]


def refusal(api: Api, customer_id: str, used: str | None = None) -> Refused:
    wanted = {"code": used or code(api), "customer_id": customer_id}
    return api.refused("referrals.redeem_code", wanted)


def test_who_may_not_redeem(rewarding: Api) -> None:
    program(rewarding, max_redemptions=1)
    assert refusal(rewarding, "ann").code == "customer_cannot_redeem_own_code"
    assert refusal(rewarding, "ghost").code == "customer_not_found"
    assert refusal(rewarding, "bob", "NOPE").code == "referral_code_not_found"
    rewarding("referrals.redeem_code", code=code(rewarding), customer_id="bob")
    assert refusal(rewarding, "carl").code == "referral_code_max_redemptions_reached"
    used = code(rewarding, "carl")
    assert refusal(rewarding, "bob", used).code == "customer_already_redeemed_referral_code"


def test_the_same_fingerprint_is_the_same_person(rewarding: Api) -> None:
    program(rewarding)
    for name in ("dan", "eve"):
        rewarding("customers.get_or_create", customer_id=name, fingerprint="f")
    assert refusal(rewarding, "eve", code(rewarding, "dan")).code == (
        "customer_cannot_redeem_own_code"
    )


def test_a_promo_code_is_redeemed_once_per_customer_and_as_often_as_it_says(
    rewarding: Api,
) -> None:
    granted = rewarding("rewards.redeem", code="GIFT", customer_id="ann")
    assert granted["entitlements_granted"] == [
        {"feature_id": "messages", "balance": 50},
        {"feature_id": "sso", "balance": 0},
    ]
    again = rewarding.refused("rewards.redeem", code="GIFT", customer_id="ann")
    assert again.code == "customer_already_redeemed_referral_code"
    rewarding("rewards.redeem", code="GIFT", customer_id="bob")
    full = rewarding.refused("rewards.redeem", code="GIFT", customer_id="carl")
    assert full.code == "referral_code_max_redemptions_reached"
    unknown = rewarding.refused("rewards.redeem", code="NOPE", customer_id="carl")
    assert (unknown.status, unknown.code) == (404, "reward_not_found")


def test_a_coupon_is_no_grant(rewarding: Api) -> None:
    duration = {"type": "forever", "length": None}
    coupon = {
        "id": "c",
        "name": "C",
        "type": "fixed_discount",
        "value": 5,
        "duration": duration,
        "plan_ids": None,
        "promo_codes": [{"code": "OFF"}],
    }
    rewarding("rewards.create", coupon=coupon)
    refused = rewarding.refused("rewards.redeem", code="OFF", customer_id="ann")
    assert refused.code == "invalid_reward"
    wanted = {"reward_id": "c", "feature_grant": {"name": "X"}}
    assert rewarding.refused("rewards.update", wanted).status == 400
    changed = rewarding("rewards.update", reward_id="c", coupon={"name": "X", "plan_ids": ["p"]})
    assert (changed["coupon"]["name"], changed["coupon"]["plan_ids"]) == ("X", ["p"])


GRANT = {"feature_id": "messages", "included": 1, "expiry": None}
CODE = {"code": "NEW", "max_uses": None}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": "g"}, "duplicate_reward_id"),
        ({"grants": []}, "invalid_inputs"),
        ({"grants": [GRANT, GRANT]}, "invalid_inputs"),
        ({"grants": [{**GRANT, "feature_id": "ghost"}]}, "feature_not_found"),
        ({"grants": [{**GRANT, "feature_id": "sso"}]}, "invalid_inputs"),
        ({"promo_codes": []}, "invalid_inputs"),
        ({"promo_codes": [CODE, CODE]}, "invalid_inputs"),
        ({"bogus": 1}, "invalid_inputs"),
    ],
)
def test_rewards_that_are_refused(rewarding: Api, changes: dict[str, Any], code: str) -> None:
    reward = {"id": "new", "name": "N", "grants": [GRANT], "promo_codes": [CODE], **changes}
    assert rewarding.refused("rewards.create", feature_grant=reward).code == code


@pytest.mark.parametrize(
    "terms",
    [
        {"redeem_on": "checkout", "max_redemptions": 1},
        {"redeem_on": "checkout", "plan_ids": ["pro"]},
        {"plan_ids": ["pro", "pro"]},
        {"max_redemptions": 1.5},
        {"bogus": 1},
    ],
)
def test_programs_that_are_refused(rewarding: Api, terms: dict[str, Any]) -> None:
    with pytest.raises(Refused) as caught:
        program(rewarding, **terms)
    assert (caught.value.status, caught.value.code) == (400, "invalid_inputs")


def test_codes_end_with_their_program_and_their_owner(rewarding: Api) -> None:
    program(rewarding)
    used = code(rewarding)
    rewarding("referral_programs.delete", referral_program_id="p")
    assert refusal(rewarding, "bob", used).code == "referral_code_not_found"
    program(rewarding)
    used = code(rewarding)
    rewarding("customers.delete", customer_id="ann")
    assert refusal(rewarding, "bob", used).code == "referral_code_not_found"
