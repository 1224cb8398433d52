"""Seats that are paid while they are taken: what a change in the middle of a period costs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import DAY, Api, StandingClock, moment
from .paying import attach, base, change, poor, preview, rich, state, totals

HALF = 14 * DAY
"""Half of the period from 31 January to 28 February."""


@pytest.fixture
def api(recent_api: Api) -> Api:
    """A customer alice with a saved card, and a plan with one free seat; others cost 10."""
    _shop(recent_api)
    rich(recent_api)
    return recent_api


def _shop(api: Api) -> None:
    api.metered("seats", consumable=False)
    api.plan("team", seats(1), group="g", price=base(20))


def seats(included: float, **price: Any) -> dict[str, Any]:
    terms = {"amount": 10, "interval": "month", "billing_method": "usage_based", **price}
    return {"feature_id": "seats", "included": included, "price": terms}


def invite(api: Api, *names: str) -> None:
    for name in names:
        api("entities.create", customer_id="alice", entity_id=name, feature_id="seats")


def remove(api: Api, name: str) -> None:
    api("entities.delete", customer_id="alice", entity_id=name)


def test_seats_taken_before_the_plan_are_paid_with_it(api: Api) -> None:
    invite(api, "a", "b", "c")
    assert preview(api, "team")["total"] == 40
    assert attach(api, "team")["invoice"]["total"] == 40
    assert api.balance("seats")["usage"] == 3


def test_a_new_seat_is_paid_for_the_rest_of_the_period(api: Api, clock: StandingClock) -> None:
    attach(api, "team")
    invite(api, "a")
    assert totals(api) == [20]
    clock.advance(HALF)
    invite(api, "b")
    (newest, _) = state(api)["invoices"]
    assert (newest["total"], newest["status"], newest["plan_ids"]) == (5, "paid", ["team"])
    clock.advance(HALF)
    assert totals(api) == [20, 5, 30]


def test_a_freed_seat_is_paid_back_for_the_rest_of_the_period(
    api: Api, clock: StandingClock
) -> None:
    invite(api, "a", "b", "c")
    attach(api, "team")
    clock.advance(HALF)
    remove(api, "b")
    assert totals(api) == [40, -5]
    remove(api, "a")
    remove(api, "c")
    assert totals(api) == [40, -5, -5]
    clock.advance(HALF)
    assert totals(api) == [40, -5, -5, 20]


def test_seats_that_are_tracked_are_paid_as_well(api: Api, clock: StandingClock) -> None:
    attach(api, "team")
    clock.advance(HALF)
    api.track("seats", 4)
    api.track("seats", -1)
    assert totals(api) == [20, 15, -5]
    assert api.balance("seats")["usage"] == 3


def test_a_check_that_consumes_pays_for_seats(api: Api) -> None:
    attach(api, "team")
    wanted = {"customer_id": "alice", "feature_id": "seats", "required_balance": 3}
    assert api("balances.check", **wanted, send_event=True)["allowed"]
    assert totals(api) == [20, 20]


def test_nothing_is_due_while_a_plan_is_tried(api: Api, clock: StandingClock) -> None:
    trial = {"duration_length": 7, "duration_type": "day", "card_required": False}
    api.plan("tried", seats(0), group="g", price=base(5), free_trial=trial)
    attach(api, "tried")
    invite(api, "a")
    assert totals(api) == [0]
    clock.advance(7 * DAY)
    assert totals(api) == [0, 15]


def test_a_seat_that_cannot_be_paid_is_not_taken(recent_api: Api) -> None:
    api = recent_api
    _shop(api)
    poor(api)
    invoice = {"enabled": True, "enable_plan_immediately": True}
    attach(api, "team", invoice_mode=invoice)
    invite(api, "a")
    wanted = {"customer_id": "alice", "entity_id": "b", "feature_id": "seats"}
    refused = api.refused("entities.create", wanted)
    assert (refused.status, refused.code) == (402, "pay_invoice_failed")
    assert api.refused("entities.get", wanted).status == 404
    tracked = {"customer_id": "alice", "feature_id": "seats", "value": 2, "async": False}
    assert api.refused("balances.track", tracked).status == 402
    assert (api.balance("seats")["usage"], totals(api)) == (1, [20])


def test_a_plan_that_nobody_pays_only_counts_seats(recent_api: Api) -> None:
    _shop(recent_api)
    poor(recent_api)
    recent_api.attach("alice", "team")
    invite(recent_api, "a", "b")
    assert (recent_api.balance("seats")["usage"], totals(recent_api)) == (2, [])


def test_paid_seats_are_taken_as_a_whole_or_not_at_all(api: Api) -> None:
    api.plan("small", seats(1, max_purchase=2), group="g")
    attach(api, "small")
    wanted = {"customer_id": "alice", "feature_id": "seats", "value": 4, "async": False}
    assert api.refused("balances.track", wanted).code == "insufficient_balance"
    api.track("seats", 3)
    assert totals(api) == [0, 20]


def test_an_event_that_several_features_list_is_refused_as_a_whole(api: Api) -> None:
    api.metered("joined", event_names=["join"])
    api("features.update", feature_id="seats", event_names=["join"])
    api.plan("small", seats(1, max_purchase=1), {"feature_id": "joined", "included": 9}, group="g")
    attach(api, "small")
    wanted = {"customer_id": "alice", "event_name": "join", "value": 5, "async": False}
    assert api.refused("balances.track", wanted).code == "insufficient_balance"
    assert (api.remaining("joined"), api.balance("seats")["usage"]) == (9, 0)


def test_what_nobody_pays_for_counts_against_no_limit_and_in_no_tier(recent_api: Api) -> None:
    api = recent_api
    _shop(api)
    poor(api)
    api.metered("joined", event_names=["join"])
    api("features.update", feature_id="seats", event_names=["join"])
    tiers = [{"to": 2, "credit_cost": 1}, {"to": "inf", "credit_cost": 10}]
    schema = [{"metered_feature_id": "joined", "tiers": tiers}]
    credits = {"feature_id": "credits", "name": "Credits", "type": "credit_system"}
    api("features.create", **credits, credit_schema=schema)
    api.plan("small", seats(1), {"feature_id": "credits", "included": 99}, group="g")
    attach(api, "small", invoice_mode={"enabled": True, "enable_plan_immediately": True})
    limit = {"feature_id": "joined", "limit": 9, "interval": "day"}
    api("customers.update", customer_id="alice", billing_controls={"usage_limits": [limit]})
    wanted = {"customer_id": "alice", "event_name": "join", "value": 3, "async": False}
    assert api.refused("balances.track", wanted).status == 402
    assert state(api)["billing_controls"]["usage_limits"][0]["usage"] == 0
    assert (api.remaining("credits"), api.balance("seats")["usage"]) == (99, 0)
    api.track("joined", 2)
    assert api.remaining("credits") == 97


def test_tiers_price_each_seat(api: Api) -> None:
    tiers = [{"to": 3, "amount": 10}, {"to": "inf", "amount": 4}]
    item = seats(1, tiers=tiers)
    del item["price"]["amount"]
    api.plan("tiered", item, group="g", price=base(20))
    attach(api, "tiered")
    api.track("seats", 3)
    api.track("seats", 2)
    assert totals(api) == [20, 20, 8]


def test_a_lasting_coupon_is_taken_off_seats_as_well(api: Api) -> None:
    coupon = {
        "id": "c",
        "name": "C",
        "type": "percentage_discount",
        "value": 50,
        "duration": {"type": "forever", "length": None},
        "plan_ids": None,
        "promo_codes": [],
    }
    api("rewards.create", coupon=coupon)
    attach(api, "team", discounts=[{"reward_id": "c"}])
    api.track("seats", 2)
    api.track("seats", 1)
    api.track("seats", -2)
    assert totals(api) == [10, 5, 5, -10]


def test_seats_move_to_the_next_plan_and_are_paid_there(api: Api, clock: StandingClock) -> None:
    api.plan("crew", seats(0, amount=20), group="g", price=base(50))
    attach(api, "team")
    invite(api, "a", "b")
    clock.advance(HALF)
    assert attach(api, "crew")["invoice"]["total"] == -(20 + 10) / 2 + (50 + 2 * 20) / 2
    change(api, plan_id="crew", cancel_action="cancel_immediately")
    assert totals(api)[-1] == -45


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(st.tuples(st.integers(-3, 4), st.integers(0, 9)), max_size=12))
def test_whatever_seats_have_cost_is_paid_for_the_time_they_were_taken(
    steps: list[tuple[int, int]],
) -> None:
    """The sum of charges and credits is the price of each seat for its share of the period."""
    clock = StandingClock(moment("2026-01-31T12:00:00"))
    api = Api(clock)
    _shop(api)
    rich(api)
    attach(api, "team")
    taken, paid = 0, 20.0
    for number, days in steps:
        clock.advance(min(days * DAY, max(0, moment("2026-02-27T12:00:00") - clock.now)))
        before, taken = taken, max(0, taken + number)
        api.track("seats", taken - before)
        left = (moment("2026-02-28T12:00:00") - clock.now) / (28 * DAY)
        paid += (max(0, taken - 1) - max(0, before - 1)) * 10 * left
    assert api.balance("seats")["usage"] == taken
    assert sum(totals(api)) == pytest.approx(paid, abs=0.01 * (len(steps) + 1))
