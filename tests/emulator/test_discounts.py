"""Coupons: what they take off invoices, now and later."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import DAY, Api, StandingClock, moment
from .paying import attach, change, held, poor, preview, quantity, rich, shop, totals, visit


@pytest.fixture
def api(recent_api: Api) -> Api:
    """With a shop, and a customer alice who has a saved card."""
    shop(recent_api)
    rich(recent_api)
    return recent_api


def coupon(api: Api, value: float, duration: str, **fields: Any) -> list[dict[str, str]]:
    """A new coupon, as an attach names it."""
    length = 2 if duration == "months" else None
    body = {
        "id": "c",
        "name": "C",
        "type": "percentage_discount",
        "value": value,
        "duration": {"type": duration, "length": length},
        "plan_ids": None,
        "promo_codes": [{"code": "CODE"}],
    }
    api("rewards.create", coupon={**body, **fields})
    return [{"reward_id": "c"}]


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        ("one_off", [15, 20, 20, 20]),
        ("months", [15, 15, 20, 20]),
        ("forever", [15, 15, 15, 15]),
    ],
)
def test_a_coupon_lasts_as_long_as_it_says(
    api: Api, clock: StandingClock, duration: str, expected: list[float]
) -> None:
    discounts = coupon(api, 25, duration)
    shown = preview(api, "pro", discounts=discounts)
    assert (shown["subtotal"], shown["total"]) == (20, 15)
    (line,) = shown["line_items"]
    assert line["discounts"] == [{"amount_off": 5, "reward_id": "c", "reward_name": "C"}]
    attach(api, "pro", discounts=discounts)
    clock.advance(90 * DAY)
    assert totals(api) == expected


def test_a_fixed_amount_is_taken_off_once_and_never_gives_money_back(api: Api) -> None:
    discounts = coupon(api, 30, "one_off", type="fixed_discount")
    assert attach(api, "pro", discounts=discounts)["invoice"]["total"] == 0


def test_credits_are_not_reduced(api: Api) -> None:
    attach(api, "pro")
    discounts = coupon(api, 50, "one_off")
    assert attach(api, "premium", discounts=discounts)["invoice"]["total"] == -20 + 25


@pytest.mark.parametrize("duration", ["one_off", "forever"])
@pytest.mark.parametrize("full", [True, False])
def test_what_a_coupon_took_off_does_not_come_back(api: Api, duration: str, full: bool) -> None:
    attach(api, "premium", discounts=coupon(api, 50, duration))
    terms = {"refund_last_payment": "full"} if full else {}
    change(api, plan_id="premium", cancel_action="cancel_immediately", **terms)
    assert totals(api) == [25, -25]


def test_what_was_paid_in_full_comes_back_in_full(api: Api, clock: StandingClock) -> None:
    attach(api, "premium", discounts=coupon(api, 50, "one_off"))
    clock.advance(28 * DAY)
    change(api, plan_id="premium", cancel_action="cancel_immediately")
    assert totals(api) == [25, 50, -50]


def test_packs_bought_with_a_coupon_are_given_back_with_it(api: Api) -> None:
    attach(api, "packs", feature_quantities=quantity(300), discounts=coupon(api, 50, "forever"))
    change(api, plan_id="packs", feature_quantities=quantity(100))
    change(api, plan_id="packs", feature_quantities=quantity(400))
    assert totals(api) == [15, -10, 15]


def test_a_coupon_may_be_for_some_plans_only(api: Api) -> None:
    discounts = coupon(api, 50, "one_off", plan_ids=["premium"])
    assert attach(api, "pro", discounts=discounts)["invoice"]["total"] == 20


def test_a_promotion_code_names_a_coupon(api: Api, clock: StandingClock) -> None:
    coupon(api, 50, "forever")
    attach(api, "pro")
    change(api, plan_id="pro", discounts=[{"promotion_code": "CODE"}])
    clock.advance(29 * DAY)
    assert totals(api) == [20, 10]


def test_a_code_works_as_often_as_it_says(api: Api) -> None:
    coupon(api, 50, "one_off", promo_codes=[{"code": "CODE", "global_max_redemption": 1}])
    named = [{"promotion_code": "CODE"}]
    assert preview(api, "pro", discounts=named)["total"] == 10
    attach(api, "pro", discounts=named)
    wanted = {"customer_id": "alice", "plan_id": "premium", "discounts": named}
    refused = api.refused("billing.attach", wanted)
    assert (refused.status, refused.code) == (400, "referral_code_max_redemptions_reached")
    assert api.refused("billing.preview_attach", wanted).code == refused.code
    rich(api, "bob")
    assert api.refused("billing.attach", {**wanted, "customer_id": "bob"}).code == refused.code
    assert attach(api, "premium", discounts=[{"reward_id": "c"}])["invoice"]["total"] == 15


def test_a_code_is_used_when_the_payment_is_made(recent_api: Api) -> None:
    api = recent_api
    shop(api)
    poor(api)
    coupon(api, 50, "one_off", promo_codes=[{"code": "CODE", "global_max_redemption": 1}])
    named = [{"promotion_code": "CODE"}]
    attach(api, "pro", discounts=named)
    page = attach(api, "pro", discounts=named)["payment_url"]
    visit(api, page, "pay")
    assert totals(api) == [10]
    wanted = {"customer_id": "alice", "plan_id": "premium", "discounts": named}
    assert api.refused("billing.attach", wanted).status == 400


def test_a_code_may_be_for_first_payments_only(api: Api) -> None:
    coupon(api, 50, "one_off", promo_codes=[{"code": "CODE", "first_time_transaction": True}])
    named = [{"promotion_code": "CODE"}]
    assert attach(api, "pro", discounts=named)["invoice"]["total"] == 10
    wanted = {"customer_id": "alice", "plan_id": "premium", "discounts": named}
    assert api.refused("billing.attach", wanted).code == "invalid_request"
    assert held(api) == [("pro", "active")]


def referred(api: Api, **fields: Any) -> None:
    """Somebody has redeemed alice's code of a program whose reward is a coupon."""
    coupon(api, **fields)
    terms = {"redeem_on": "customer_creation", "received_by": "referrer"}
    api("referral_programs.create", id="p", reward_id="c", **terms)
    code = api("referrals.create_code", customer_id="alice", program_id="p")["code"]
    poor(api, "bob")
    api("referrals.redeem_code", customer_id="bob", code=code)


@pytest.mark.parametrize(
    ("duration", "expected"), [("one_off", [10, 20, 20]), ("forever", [10, 10, 10])]
)
def test_a_coupon_that_a_referral_brings_is_taken_off_whatever_is_paid(
    api: Api, clock: StandingClock, duration: str, expected: list[float]
) -> None:
    referred(api, value=50, duration=duration)
    assert preview(api, "pro")["total"] == 10
    attach(api, "pro")
    clock.advance(60 * DAY)
    assert totals(api) == expected


def test_a_coupon_for_one_invoice_is_there_until_one_is_paid(api: Api) -> None:
    attach(api, "packs", feature_quantities=quantity(100))
    referred(api, value=50, duration="one_off")
    api("customers.update", customer_id="alice", email="alice@example.com")
    more = {"feature_quantities": quantity(300)}
    answer = change(api, plan_id="packs", **more)
    assert (answer["invoice"]["total"], answer["invoice"]["status"]) == (5, "open")
    visit(api, answer["payment_url"], "pay")
    assert totals(api) == [10, 5]
    assert change(api, plan_id="packs", feature_quantities=quantity(400))["invoice"]["total"] == 25


def test_a_customer_has_one_such_coupon(api: Api) -> None:
    referred(api, value=50, duration="forever")
    coupon(api, 75, "forever", id="better", promo_codes=[])
    terms = {"redeem_on": "customer_creation", "received_by": "referrer"}
    api("referral_programs.create", id="q", reward_id="better", **terms)
    code = api("referrals.create_code", customer_id="alice", program_id="q")["code"]
    api("referrals.redeem_code", customer_id="bob", code=code)
    assert attach(api, "pro")["invoice"]["total"] == 10


def test_coupons_are_listed_if_they_are_asked_for(api: Api, clock: StandingClock) -> None:
    referred(api, value=50, duration="forever")
    coupon(api, 5, "months", id="more", type="fixed_discount", promo_codes=[])
    attach(api, "pro", discounts=[{"reward_id": "more"}])
    customer = api("customers.get", customer_id="alice", expand=["rewards"])
    own, other = customer["rewards"]["discounts"]
    assert (own["id"], own["subscription_id"], own["currency"]) == ("c", None, None)
    assert (other["id"], other["discount_value"], other["currency"]) == ("more", 5, "usd")
    assert (other["start"], other["end"]) == (clock.now, moment("2026-03-31T12:00:00"))
    assert other["subscription_id"].startswith("sub_")


@pytest.mark.parametrize(
    ("named", "status"),
    [
        ({"reward_id": "ghost"}, 404),
        ({"promotion_code": "GHOST"}, 404),
        ({}, 400),
        ({"reward_id": "c", "promotion_code": "CODE"}, 400),
    ],
)
def test_discounts_that_do_not_exist(api: Api, named: dict[str, str], status: int) -> None:
    coupon(api, 50, "forever")
    wanted = {"customer_id": "alice", "plan_id": "pro", "discounts": [named]}
    assert api.refused("billing.attach", wanted).status == status
