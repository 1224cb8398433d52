"""Coupons: what they take off invoices, now and later."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import DAY, Api, StandingClock
from .paying import attach, change, preview, quantity, rich, shop, totals


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
