"""Previews: what they say, and that what is carried out afterwards is just that."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import DAY, Api, StandingClock, moment, monthly, prepaid
from .paying import (
    attach,
    base,
    change,
    held,
    poor,
    preview,
    preview_change,
    quantity,
    rich,
    shop,
    state,
    totals,
)

START = moment("2026-01-31T12:00:00")
END = moment("2026-02-28T12:00:00")
HALF = 14 * DAY


@pytest.fixture
def api(recent_api: Api) -> Api:
    """With a shop, and a customer alice who has a saved card."""
    shop(recent_api)
    rich(recent_api)
    return recent_api


def lines(shown: Any) -> list[tuple[str, float]]:
    return [(line["description"], line["total"]) for line in shown["line_items"]]


def test_a_first_plan(api: Api) -> None:
    shown = preview(api, "pro")
    assert lines(shown) == [("pro - Base Price (from 31 Jan 2026 to 28 Feb 2026)", 20)]
    assert (shown["subtotal"], shown["total"], shown["currency"]) == (20, 20, "usd")
    assert "next_cycle" not in shown
    assert shown["redirect_to_checkout"] is False
    (incoming,) = shown["incoming"]
    assert (incoming["plan_id"], incoming["effective_at"]) == ("pro", None)


def test_an_upgrade_half_way(api: Api, clock: StandingClock) -> None:
    attach(api, "pro")
    clock.advance(HALF)
    shown = preview(api, "premium")
    assert lines(shown) == [
        ("Unused pro - Base Price (from 14 Feb 2026 to 28 Feb 2026)", -10),
        ("premium - Base Price (from 14 Feb 2026 to 28 Feb 2026)", 25),
    ]
    assert shown["total"] == 15
    assert shown["next_cycle"]["starts_at"] == END
    assert shown["next_cycle"]["total"] == 50
    assert shown["outgoing"][0]["effective_at"] == clock.now


def test_a_downgrade(api: Api, clock: StandingClock) -> None:
    attach(api, "premium")
    shown = preview(api, "pro")
    assert (lines(shown), shown["total"]) == ([], 0)
    assert shown["next_cycle"]["total"] == 20
    new, old = shown["incoming"]
    assert (new["plan_id"], new["effective_at"]) == ("pro", END)
    assert (old["plan_id"], old["canceled_at"], old["expires_at"]) == ("premium", clock.now, END)
    assert shown["outgoing"][0]["effective_at"] == END


def test_a_move_to_a_free_plan_has_no_next_cycle(api: Api) -> None:
    attach(api, "pro")
    assert "next_cycle" not in preview(api, "free")


def test_usage_of_the_next_cycle_is_announced(api: Api) -> None:
    attach(api, "pro")
    shown = preview(api, "metered", plan_schedule="immediate")
    (line,) = shown["next_cycle"]["usage_line_items"]
    assert (line["plan_id"], line["feature_id"]) == ("metered", "m")
    assert line["period"]["start"] == END


def test_a_trial(api: Api) -> None:
    trial = {"duration_length": 7, "duration_type": "day"}
    api.plan("tried", group="g", price=base(30), free_trial=trial)
    shown = preview(api, "tried")
    assert (lines(shown), shown["total"]) == ([], 0)
    assert shown["next_cycle"]["starts_at"] == START + 7 * DAY
    assert shown["next_cycle"]["total"] == 30


def test_several_plans(api: Api) -> None:
    plans = [{"plan_id": "pro"}, {"plan_id": "top-up", "feature_quantities": quantity(150)}]
    shown = api("billing.preview_multi_attach", customer_id="alice", plans=plans)
    assert lines(shown) == [
        ("pro - Base Price (from 31 Jan 2026 to 28 Feb 2026)", 20),
        ("top-up - 200 Messages", 20),
    ]
    assert shown["total"] == 40
    assert [each["plan_id"] for each in shown["incoming"]] == ["pro", "top-up"]


def test_a_customised_price_changes_the_plan_where_it_is(api: Api) -> None:
    attach(api, "pro")
    shown = preview_change(api, plan_id="pro", customize={"price": base(40)})
    assert shown["total"] == 20
    assert (shown["incoming"], shown["outgoing"]) == ([], [])
    assert shown["intent"] == "update_plan"


def test_cancellations(api: Api, clock: StandingClock) -> None:
    attach(api, "pro")
    clock.advance(HALF)
    now = preview_change(api, cancel_action="cancel_immediately")
    assert (now["total"], now["incoming"], now["intent"]) == (-10, [], "cancel_immediately")
    later = preview_change(api, cancel_action="cancel_end_of_cycle")
    assert later["total"] == 0
    assert "next_cycle" not in later
    assert later["incoming"][0]["expires_at"] == END
    back = preview_change(api, cancel_action="uncancel")
    assert back["next_cycle"]["total"] == 20


def test_plans_are_spelled_out_on_request(api: Api) -> None:
    attach(api, "pro")
    shown = preview(api, "premium", expand=["outgoing.plan"])
    assert shown["outgoing"][0]["plan"]["id"] == "pro"
    assert "plan" not in shown["incoming"][0]


def test_without_a_card_a_preview_announces_a_checkout(recent_api: Api) -> None:
    api = recent_api
    shop(api)
    poor(api)
    shown = preview(api, "pro")
    assert (shown["redirect_to_checkout"], shown["checkout_type"]) == (True, "stripe_checkout")
    shown = preview(api, "free")
    assert (shown["redirect_to_checkout"], shown["checkout_type"]) == (False, None)


def test_the_list_of_plans_says_what_attaching_them_would_be(api: Api) -> None:
    trial = {"duration_length": 7, "duration_type": "day"}
    api.plan("extra", add_on=True, price=base(1), free_trial=trial)
    attach(api, "pro")
    attach(api, "free")
    listed = {
        plan["id"]: plan["customer_eligibility"]
        for plan in api("plans.list", customer_id="alice")["list"]
    }
    actions = {plan_id: each["attach_action"] for plan_id, each in listed.items()}
    assert actions == {
        "free": "none",
        "pro": "none",
        "premium": "upgrade",
        "packs": "downgrade",
        "metered": "downgrade",
        "extra": "activate",
        "top-up": "purchase",
    }
    assert listed["pro"]["canceling"] is True
    assert (listed["pro"]["status"], listed["free"]["status"]) == ("active", "scheduled")
    assert listed["extra"]["trial_available"] is True
    stranger = api("plans.list", customer_id="ghost")["list"]
    assert not any("customer_eligibility" in plan for plan in stranger)


PLAN_IDS = ("cheap", "dear", "dearest", "yearly", "packed", "gratis")
plan_ids = st.sampled_from(PLAN_IDS)
days = st.integers(0, 400)
bought = st.integers(0, 500)


def market() -> tuple[Api, StandingClock]:
    """Plans of one group, of every kind that is paid in advance, and a rich customer."""
    clock = StandingClock(START)
    api = Api(clock)
    api.metered("m")
    api.plan("gratis", monthly("m", 1), group="g")
    api.plan("cheap", monthly("m", 10), group="g", price=base(9.99))
    api.plan("dear", monthly("m", 20), group="g", price=base(29.95))
    api.plan("dearest", monthly("m", 30), group="g", price=base(99))
    api.plan("yearly", monthly("m", 40), group="g", price=base(199, "year"))
    api.plan("packed", prepaid("m", 0, 100, amount=7), group="g", price=base(3))
    rich(api)
    return api, clock


def sums_up(shown: Any) -> bool:
    due = round(sum(line["total"] for line in shown["line_items"]), 2)
    return bool(shown["total"] == shown["subtotal"] == pytest.approx(due, abs=0.01))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(plan_ids, bought, days), min_size=1, max_size=4))
def test_an_attach_does_what_its_preview_said(steps: list[tuple[str, int, int]]) -> None:
    api, clock = market()
    for plan_id, units, wait in steps:
        clock.advance(wait * DAY + 1)
        if (plan_id, "active") in held(api):
            continue
        wanted = {"feature_quantities": quantity(units)}
        before = state(api)
        shown = preview(api, plan_id, **wanted)
        assert state(api) == before
        assert sums_up(shown)
        answer = attach(api, plan_id, **wanted)
        assert answer.get("invoice", {"total": 0})["total"] == shown["total"]
        assert len(totals(api)) - len(before["invoices"]) == ("invoice" in answer)
        for coming in shown["incoming"]:
            assert coming["plan_id"] in {name for name, _ in held(api)}


@settings(max_examples=40, deadline=None)
@given(bought, st.lists(st.tuples(bought, days), min_size=1, max_size=4))
def test_a_change_of_packs_does_what_its_preview_said(
    first: int, steps: list[tuple[int, int]]
) -> None:
    api, clock = market()
    attach(api, "packed", feature_quantities=quantity(first))
    for units, wait in steps:
        clock.advance(wait * DAY + 1)
        wanted = {"plan_id": "packed", "feature_quantities": quantity(units)}
        before = state(api)
        shown = preview_change(api, **wanted)
        assert state(api) == before
        assert sums_up(shown)
        invoice = change(api, **wanted).get("invoice", {"total": 0})
        assert invoice["total"] == shown["total"]
        assert api.balance("m")["granted"] == -(-units // 100) * 100


@settings(max_examples=40, deadline=None)
@given(days, st.sampled_from(("cheap", "dear")))
def test_going_up_and_down_again_costs_nothing(wait: int, lower: str) -> None:
    api, clock = market()
    attach(api, lower)
    clock.advance(wait * DAY)
    paid = attach(api, "dearest")["invoice"]["total"]
    back = preview(api, lower, plan_schedule="immediate")
    assert back["total"] == pytest.approx(-paid, abs=0.011)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 10**4))
def test_the_next_cycle_costs_what_its_preview_said(amount: int) -> None:
    api, clock = market()
    api.plan("odd", group="g", price=base(amount / 100))
    attach(api, "dear")
    attach(api, "odd", plan_schedule="immediate")
    shown = preview_change(api, cancel_action="uncancel")["next_cycle"]
    clock.now = shown["starts_at"]
    assert totals(api)[-1] == shown["total"] == amount / 100


def test_a_cycle_may_turn_at_a_moment_of_the_callers_choice(api: Api, clock: StandingClock) -> None:
    anchor = moment("2026-02-15T12:00:00")
    shown = preview(api, "pro", billing_cycle_anchor=anchor)
    assert shown["total"] == attach(api, "pro", billing_cycle_anchor=anchor)["invoice"]["total"]
    assert shown["total"] == pytest.approx(20 * 15 / 31, abs=0.01)
    assert api.balance("m")["next_reset_at"] == anchor
    clock.now = anchor
    assert totals(api)[-1] == 20
