"""Plans with prices: switching, scheduling, cancelling, trials, and what is charged for it."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import DAY, Api, StandingClock, moment, monthly, prepaid, usage_based
from .paying import (
    attach,
    base,
    change,
    held,
    poor,
    preview_change,
    quantity,
    rich,
    shop,
    state,
    totals,
)

HALF = 14 * DAY
"""Half of the period from 31 January to 28 February."""


@pytest.fixture
def api(recent_api: Api) -> Api:
    """With a shop, and a customer alice who has a saved card."""
    shop(recent_api)
    rich(recent_api)
    return recent_api


def test_a_saved_card_is_charged_at_once(api: Api, clock: StandingClock) -> None:
    answer = attach(api, "pro")
    assert answer["invoice"]["total"] == 20
    assert (answer["invoice"]["status"], answer["payment_url"]) == ("paid", None)
    (subscription,) = state(api)["subscriptions"]
    assert subscription["current_period_start"] == clock.now
    assert subscription["current_period_end"] == moment("2026-02-28T12:00:00")
    assert api.remaining("m") == 100


def test_an_upgrade_is_prorated_and_keeps_the_cycle(api: Api, clock: StandingClock) -> None:
    attach(api, "pro")
    clock.advance(HALF)
    assert attach(api, "premium")["invoice"]["total"] == 15
    assert held(api) == [("premium", "active")]
    assert api.balance("m")["next_reset_at"] == moment("2026-02-28T12:00:00")


def test_without_proration_an_upgrade_costs_nothing_until_the_next_cycle(
    api: Api, clock: StandingClock
) -> None:
    attach(api, "pro")
    clock.advance(HALF)
    answer = attach(api, "premium", proration_behavior="none")
    assert answer == {"customer_id": "alice", "payment_url": None}
    clock.advance(HALF)
    assert totals(api) == [20, 50]


def test_a_downgrade_waits_for_the_end_of_the_cycle(api: Api, clock: StandingClock) -> None:
    attach(api, "premium")
    clock.advance(DAY)
    assert "invoice" not in attach(api, "pro")
    assert held(api) == [("pro", "scheduled"), ("premium", "active")]
    assert api.remaining("m") == 500
    clock.advance(27 * DAY)
    assert held(api) == [("pro", "active")]
    assert api.remaining("m") == 100
    assert totals(api) == [50, 20]


def test_a_downgrade_to_a_free_plan_ends_the_payments(api: Api, clock: StandingClock) -> None:
    attach(api, "pro")
    attach(api, "free")
    clock.advance(90 * DAY)
    assert held(api) == [("free", "active")]
    assert totals(api) == [20]


def test_an_upgrade_takes_a_scheduled_downgrade_back(api: Api) -> None:
    attach(api, "pro")
    attach(api, "free")
    attach(api, "premium")
    assert held(api) == [("premium", "active")]


def test_attaching_what_is_scheduled_already_changes_nothing(api: Api) -> None:
    attach(api, "premium")
    attach(api, "pro")
    before = state(api)
    assert attach(api, "pro") == {"customer_id": "alice", "payment_url": None}
    assert state(api) == before


def test_the_caller_may_choose_when_a_switch_happens(api: Api, clock: StandingClock) -> None:
    attach(api, "premium")
    assert attach(api, "pro", plan_schedule="immediate")["invoice"]["total"] == -30
    clock.advance(1)
    attach(api, "premium", plan_schedule="end_of_cycle")
    assert held(api) == [("premium", "scheduled"), ("pro", "active")]


def test_usage_beyond_what_is_included_is_paid_when_the_cycle_ends(
    api: Api, clock: StandingClock
) -> None:
    attach(api, "metered")
    api.track("m", 14)
    clock.advance(3 * 28 * DAY)
    assert totals(api) == [5, 5 + 4 * 2, 5]
    assert api.balance("m")["usage"] == 0


def test_usage_is_paid_when_the_plan_ends_early(api: Api, clock: StandingClock) -> None:
    attach(api, "metered")
    api.track("m", 14)
    clock.advance(HALF)
    answer = change(api, plan_id="metered", cancel_action="cancel_immediately")
    assert answer["invoice"]["total"] == -2.5 + 4 * 2


def test_renewals_are_charged_period_by_period(api: Api, clock: StandingClock) -> None:
    attach(api, "pro")
    clock.advance(100 * DAY)
    invoices = state(api)["invoices"]
    assert [invoice["created_at"] for invoice in reversed(invoices)] == [
        moment("2026-01-31T12:00:00"),
        moment("2026-02-28T12:00:00"),
        moment("2026-03-31T12:00:00"),
        moment("2026-04-30T12:00:00"),
    ]
    assert {invoice["total"] for invoice in invoices} == {20}


def test_an_add_on_joins_the_cycle_that_there_is(api: Api, clock: StandingClock) -> None:
    api.plan("extra", price=base(28), add_on=True)
    attach(api, "pro")
    clock.advance(HALF)
    assert attach(api, "extra")["invoice"]["total"] == 14
    ends = {each["current_period_end"] for each in state(api)["subscriptions"]}
    assert ends == {moment("2026-02-28T12:00:00")}


def test_an_add_on_may_begin_a_cycle_of_its_own(api: Api, clock: StandingClock) -> None:
    api.plan("extra", price=base(28), add_on=True)
    attach(api, "pro")
    clock.advance(HALF)
    assert attach(api, "extra", new_billing_subscription=True)["invoice"]["total"] == 28


def test_packs_that_are_paid_once_stack_and_never_reset(api: Api, clock: StandingClock) -> None:
    attach(api, "top-up", feature_quantities=quantity(150))
    attach(api, "top-up", feature_quantities=quantity(100))
    assert totals(api) == [20, 10]
    clock.advance(400 * DAY)
    assert (api.remaining("m"), totals(api)) == (300, [20, 10])


def test_packs_that_are_paid_once_survive_the_plan_they_came_with(api: Api) -> None:
    once = prepaid("m", 0, 100, amount=10, interval="one_off")
    api.plan("starter", once, group="g", price=base(1))
    attach(api, "starter", feature_quantities=quantity(100))
    api.track("m", 30)
    attach(api, "pro")
    assert api.remaining("m") == 170


def test_packs_are_kept_in_a_switch_that_does_not_mention_them(api: Api) -> None:
    api.plan("more", prepaid("m", 0, 100, amount=15), group="g")
    attach(api, "packs", feature_quantities=quantity(300))
    attach(api, "more")
    assert api.balance("m")["granted"] == 300
    assert totals(api) == [30, 15]


def test_more_packs_are_had_and_paid_at_once(api: Api, clock: StandingClock) -> None:
    attach(api, "packs", feature_quantities=quantity(200))
    api.track("m", 50)
    clock.advance(HALF)
    answer = change(api, plan_id="packs", feature_quantities=quantity(450))
    assert answer["invoice"]["total"] == 15
    assert (api.remaining("m"), api.balance("m")["granted"]) == (450, 500)
    answer = change(api, plan_id="packs", feature_quantities=quantity(100))
    assert answer["invoice"]["total"] == -20
    assert api.remaining("m") == 50


def bought(api: Api, on_increase: str, on_decrease: str) -> None:
    """Two packs, whose change is billed in a certain way."""
    terms = {"on_increase": on_increase, "on_decrease": on_decrease}
    api.plan("patient", {**prepaid("m", 0, 100, amount=10), "proration": terms}, group="g")
    attach(api, "patient", feature_quantities=quantity(200))


def test_fewer_packs_may_have_to_wait_for_the_next_cycle(api: Api, clock: StandingClock) -> None:
    bought(api, "prorate_immediately", "none")
    change(api, feature_quantities=quantity(100))
    assert (api.balance("m")["granted"], totals(api)) == (200, [20])
    clock.advance(28 * DAY)
    assert (api.balance("m")["granted"], totals(api)) == (100, [20, 10])


def test_more_packs_may_be_paid_with_the_next_cycle(api: Api, clock: StandingClock) -> None:
    bought(api, "prorate_next_cycle", "prorate_next_cycle")
    clock.advance(HALF)
    change(api, feature_quantities=quantity(300))
    assert (api.balance("m")["granted"], totals(api)) == (300, [20])
    clock.advance(HALF)
    assert totals(api) == [20, 5 + 30]


def test_more_packs_may_be_free_until_the_next_cycle(api: Api, clock: StandingClock) -> None:
    bought(api, "bill_next_cycle", "prorate_immediately")
    clock.advance(HALF)
    assert preview_change(api, feature_quantities=quantity(300))["total"] == 0
    change(api, feature_quantities=quantity(300))
    assert (api.balance("m")["granted"], totals(api)) == (300, [20])
    clock.advance(HALF)
    assert totals(api) == [20, 30]


def test_packs_that_wait_are_not_forgotten_when_others_change(
    api: Api, clock: StandingClock
) -> None:
    api.metered("n")
    waits = {"on_increase": "prorate_immediately", "on_decrease": "none"}
    items = [{**prepaid(name, 0, 1, amount=1), "proration": waits} for name in ("m", "n")]
    api.plan("both", *items, group="g")
    attach(api, "both", feature_quantities=[*quantity(5), *quantity(5, "n")])
    change(api, feature_quantities=quantity(2))
    change(api, feature_quantities=quantity(3, "n"))
    clock.advance(28 * DAY)
    assert (api.balance("m")["granted"], api.balance("n")["granted"]) == (2, 3)
    assert totals(api) == [10, 5]


def test_what_waits_for_the_next_cycle_is_paid_when_there_will_be_none(
    api: Api, clock: StandingClock
) -> None:
    bought(api, "prorate_next_cycle", "prorate_next_cycle")
    clock.advance(HALF)
    change(api, feature_quantities=quantity(400))
    answer = change(api, plan_id="patient", cancel_action="cancel_immediately")
    assert answer["invoice"]["total"] == -20 + 10


def test_a_top_up_adds_to_what_was_bought_before(api: Api) -> None:
    once = prepaid("m", 0, 100, amount=10, interval="one_off")
    api.plan("starter", once, group="g", price=base(1))
    attach(api, "starter", feature_quantities=quantity(100))
    assert change(api, feature_quantities=quantity(150))["invoice"]["total"] == 20
    assert api.balance("m")["granted"] == 300


def test_a_top_up_first_makes_good_what_other_balances_owe(api: Api) -> None:
    once = prepaid("m", 0, 100, amount=10, interval="one_off")
    api.plan("open", usage_based("m", 10), once, group="g", price=base(1))
    attach(api, "open", feature_quantities=quantity(100))
    api.track("m", 150)
    assert change(api, feature_quantities=quantity(100))["invoice"]["total"] == 10
    balance = api.balance("m")
    assert (balance["granted"], balance["remaining"], balance["usage"]) == (210, 60, 150)
    assert [row["usage"] for row in balance["breakdown"]] == [10, 140]


def test_a_plan_cancelled_for_the_end_of_its_cycle_goes_on_until_then(
    api: Api, clock: StandingClock
) -> None:
    attach(api, "pro")
    cancelled_at = clock.now
    change(api, plan_id="pro", cancel_action="cancel_end_of_cycle")
    (subscription,) = state(api)["subscriptions"]
    assert subscription["canceled_at"] == cancelled_at
    assert subscription["expires_at"] == moment("2026-02-28T12:00:00")
    clock.advance(28 * DAY)
    assert (held(api), totals(api)) == ([], [20])


def test_a_cancellation_can_be_taken_back(api: Api, clock: StandingClock) -> None:
    attach(api, "premium")
    attach(api, "pro")
    change(api, plan_id="premium", cancel_action="uncancel")
    assert held(api) == [("premium", "active")]
    clock.advance(28 * DAY)
    assert (held(api), totals(api)) == ([("premium", "active")], [50, 50])


@pytest.mark.parametrize(
    ("fields", "total"),
    [
        ({}, -10),
        ({"refund_last_payment": "full"}, -20),
        ({"refund_last_payment": "prorated"}, -10),
        ({"proration_behavior": "none"}, None),
        ({"no_billing_changes": True}, None),
    ],
)
def test_what_comes_back_of_a_plan_that_ends_at_once(
    api: Api, clock: StandingClock, fields: dict[str, Any], total: float | None
) -> None:
    attach(api, "pro")
    clock.advance(HALF)
    answer = change(api, plan_id="pro", cancel_action="cancel_immediately", **fields)
    assert answer.get("invoice", {}).get("total") == total
    assert held(api) == []


def test_the_default_plan_follows_a_plan_that_ends(api: Api, clock: StandingClock) -> None:
    api("plans.update", plan_id="free", auto_enable=True)
    attach(api, "pro")
    change(api, plan_id="pro", cancel_action="cancel_end_of_cycle")
    assert held(api) == [("pro", "active"), ("free", "scheduled")]
    clock.advance(28 * DAY)
    assert (held(api), api.remaining("m")) == ([("free", "active")], 10)


def trial(**fields: Any) -> dict[str, Any]:
    return {"duration_length": 7, "duration_type": "day", "card_required": False, **fields}


def test_a_trial_is_billed_when_it_ends(api: Api, clock: StandingClock) -> None:
    api.plan("tried", monthly("m", 5), group="g", price=base(30), free_trial=trial())
    end = clock.now + 7 * DAY
    assert attach(api, "tried")["invoice"]["total"] == 0
    (subscription,) = state(api)["subscriptions"]
    assert (subscription["trial_ends_at"], subscription["current_period_end"]) == (end, end)
    assert api.balance("m")["next_reset_at"] == end
    clock.advance(7 * DAY)
    (subscription,) = state(api)["subscriptions"]
    assert subscription["trial_ends_at"] is None
    assert subscription["current_period_end"] == moment("2026-03-07T12:00:00")
    assert totals(api) == [0, 30]


def test_a_trial_that_nobody_pays_ends_with_the_plan(recent_api: Api, clock: StandingClock) -> None:
    api = recent_api
    shop(api)
    poor(api)
    api("plans.update", plan_id="free", auto_enable=True)
    api.plan("tried", monthly("m", 5), group="g", price=base(30), free_trial=trial())
    assert attach(api, "tried")["payment_url"] is None
    clock.advance(7 * DAY)
    assert held(api) == [("free", "active")]


def test_a_plan_can_be_tried_once(api: Api) -> None:
    api.plan("tried", group="g", price=base(30), free_trial=trial())
    attach(api, "tried")
    change(api, plan_id="tried", cancel_action="cancel_immediately")
    assert attach(api, "tried")["invoice"]["total"] == 30
    assert [each["plan_id"] for each in state(api)["trials_used"]] == ["tried"]


def test_a_trial_may_end_with_the_plan_before(api: Api, clock: StandingClock) -> None:
    reverting = trial(on_end="revert")
    api.plan("tried", monthly("m", 5), group="g", price=base(30), free_trial=reverting)
    refused = api.refused("billing.attach", customer_id="alice", plan_id="tried")
    assert (refused.status, refused.code) == (400, "invalid_request")
    attach(api, "pro")
    attach(api, "tried")
    clock.advance(7 * DAY)
    assert held(api) == [("pro", "active")]


def test_several_plans_are_attached_and_paid_together(api: Api) -> None:
    attach(api, "premium")
    plans = [{"plan_id": "pro"}, {"plan_id": "top-up", "feature_quantities": quantity(100)}]
    answer = api("billing.multi_attach", customer_id="alice", plans=plans)
    assert answer["invoice"]["total"] == -30 + 10
    assert held(api) == [("pro", "active")]


def test_customised_items_keep_what_was_used(api: Api, clock: StandingClock) -> None:
    attach(api, "pro")
    api.track("m", 30)
    change(api, plan_id="pro", customize={"items": [monthly("m", 40)]})
    assert (api.remaining("m"), totals(api)) == (10, [20])
    change(api, plan_id="pro", customize={"price": base(30)})
    assert totals(api) == [20, 10]
    clock.advance(29 * DAY)
    assert (api.remaining("m"), totals(api)) == (40, [20, 10, 30])


def test_items_can_be_added_and_taken_away_for_one_customer(api: Api) -> None:
    api.metered("n")
    custom = {"add_items": [monthly("n", 3)], "remove_items": [{"feature_id": "m"}]}
    attach(api, "pro", customize=custom)
    assert list(state(api)["balances"]) == ["n"]
    assert [each["feature_id"] for each in api("plans.get", plan_id="pro")["items"]] == ["m"]


def test_a_customer_moves_to_another_version(api: Api) -> None:
    attach(api, "pro")
    api.track("m", 30)
    api("plans.update", plan_id="pro", items=[monthly("m", 200)])
    assert api.remaining("m") == 70
    change(api, plan_id="pro", version=2)
    assert api.remaining("m") == 170


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "ends before it starts": ({"ends_at": 1}, "ends_at"),
    "schedule and start": ({"starts_at": 1, "plan_schedule": "end_of_cycle"}, "starts_at"),
    "no subscription to join": ({"new_billing_subscription": False}, "subscription"),
    "anchor in the past": ({"billing_cycle_anchor": 1}, "billing_cycle_anchor"),
    "negative packs": ({"feature_quantities": quantity(-1)}, "quantity"),
    "nothing customised": ({"customize": {}}, "customize"),
}


@pytest.mark.parametrize(("fields", "text"), REFUSED.values(), ids=REFUSED)
def test_terms_that_make_no_sense_are_refused(api: Api, fields: dict[str, Any], text: str) -> None:
    refused = api.refused("billing.attach", customer_id="alice", plan_id="pro", **fields)
    assert refused.status == 400
    assert text in refused.message
    assert held(api) == []


def test_quantities_of_features_that_are_not_sold_are_ignored(api: Api) -> None:
    assert attach(api, "pro", feature_quantities=quantity(500))["invoice"]["total"] == 20


def test_a_plan_can_start_later(api: Api, clock: StandingClock) -> None:
    start = clock.now + 5 * DAY
    attach(api, "pro", starts_at=start)
    assert held(api) == [("pro", "scheduled")]
    assert totals(api) == []
    clock.advance(5 * DAY)
    assert held(api) == [("pro", "active")]
    assert totals(api) == [20]


def test_a_plan_can_end_at_a_given_moment(api: Api, clock: StandingClock) -> None:
    attach(api, "pro", ends_at=clock.now + 40 * DAY)
    clock.advance(39 * DAY)
    assert held(api) == [("pro", "active")]
    clock.advance(DAY)
    assert (held(api), totals(api)) == ([], [20, 20])


def test_a_new_price_and_more_packs_come_together(api: Api) -> None:
    attach(api, "packs", feature_quantities=quantity(100))
    change(api, customize={"price": base(5)}, feature_quantities=quantity(300))
    assert (api.balance("m")["granted"], totals(api)) == (300, [10, 25])


def test_a_cycle_can_be_started_afresh(api: Api, clock: StandingClock) -> None:
    attach(api, "pro")
    api.track("m", 30)
    clock.advance(HALF)
    assert change(api, billing_cycle_anchor="now")["invoice"]["total"] == 10
    assert api.balance("m")["next_reset_at"] == moment("2026-03-14T12:00:00")
    assert api.balance("m")["usage"] == 30


def test_seats_in_use_are_paid_in_advance(api: Api, clock: StandingClock) -> None:
    api.metered("seats", consumable=False)
    price = {"amount": 10, "interval": "month", "billing_method": "usage_based"}
    api.plan("team", {"feature_id": "seats", "included": 1, "price": price}, group="g")
    api.plan("crew", {"feature_id": "seats", "included": 2, "price": price}, group="g")
    attach(api, "team")
    api.track("seats", 4)
    clock.advance(28 * DAY)
    assert totals(api) == [0, 30, 30]
    clock.advance(31 * DAY // 2)
    assert attach(api, "crew", plan_schedule="immediate")["invoice"]["total"] == -15 + 10
    assert api.balance("seats")["usage"] == 4
