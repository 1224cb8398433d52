"""billing.multi_update and its preview, billing.verify, and terms that updates may come with."""

from __future__ import annotations

import pytest

from .conftest import DAY, Api, StandingClock, moment, monthly, prepaid, usage_based
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

HALF = 14 * DAY
"""Half of the period from 31 January to 28 February."""
TRIAL = {"duration_length": 7, "duration_type": "day", "card_required": False}


@pytest.fixture
def api(recent_api: Api) -> Api:
    """alice holds pro (20) and an add-on (10), in one cycle."""
    shop(recent_api)
    recent_api.plan("extra", price=base(10), add_on=True)
    rich(recent_api)
    attach(recent_api, "pro")
    attach(recent_api, "extra")
    return recent_api


def updates(action: str, *plan_ids: str) -> list[dict[str, str]]:
    return [{"plan_id": each, "cancel_action": action} for each in plan_ids]


def test_several_plans_end_at_once_on_one_invoice(api: Api, clock: StandingClock) -> None:
    clock.advance(HALF)
    wanted = {"customer_id": "alice", "updates": updates("cancel_immediately", "pro", "extra")}
    shown = api("billing.preview_multi_update", wanted)
    assert (shown["object"], shown["total"]) == ("multi_update_preview", -15)
    (together,) = shown["subscriptions"]
    assert (together["total"], together["plan_ids"]) == (-15, ["pro", "extra"])
    assert "next_cycle" not in together
    assert len(held(api)) == 2
    assert api("billing.multi_update", wanted)["invoice"]["total"] == -15
    assert (held(api), totals(api)) == ([], [20, 10, -15])


def test_a_refund_may_be_of_the_whole_payment(api: Api, clock: StandingClock) -> None:
    clock.advance(HALF)
    wanted = {"customer_id": "alice", "updates": updates("cancel_immediately", "pro", "extra")}
    answer = api("billing.multi_update", **wanted, refund_last_payment="full")
    assert answer["invoice"]["total"] == -30


def test_several_plans_end_with_their_cycle(api: Api, clock: StandingClock) -> None:
    wanted = {"customer_id": "alice", "updates": updates("cancel_end_of_cycle", "pro", "extra")}
    assert api("billing.preview_multi_update", wanted)["total"] == 0
    assert api("billing.multi_update", wanted) == {"customer_id": "alice", "payment_url": None}
    ends = {each["expires_at"] for each in state(api)["subscriptions"]}
    assert ends == {moment("2026-02-28T12:00:00")}
    api("billing.multi_update", customer_id="alice", updates=updates("uncancel", "extra"))
    clock.advance(28 * DAY)
    assert (held(api), totals(api)) == ([("extra", "active")], [20, 10, 10])


def test_cycles_are_shown_apart(api: Api) -> None:
    api.plan("alone", price=base(7), add_on=True)
    attach(api, "alone", new_billing_subscription=True)
    wanted = updates("cancel_immediately", "alone", "pro")
    shown = api("billing.preview_multi_update", customer_id="alice", updates=wanted)
    assert [each["total"] for each in shown["subscriptions"]] == [-7, -20]
    assert shown["subscriptions"][1]["next_cycle"]["total"] == 10
    assert shown["total"] == -27


def test_nothing_changes_if_one_of_the_plans_is_not_held(api: Api) -> None:
    wanted = updates("cancel_immediately", "pro", "premium")
    refused = api.refused("billing.multi_update", customer_id="alice", updates=wanted)
    assert (refused.status, refused.code) == (404, "cus_product_not_found")
    assert len(held(api)) == 2
    assert api.refused("billing.multi_update", customer_id="alice", updates=[]).status == 400


def test_payments_are_as_they_should_be(api: Api) -> None:
    answer = api("billing.verify", customer_id="alice")
    (cycle,) = answer["subscriptions"]
    assert (cycle["status"], answer["customer_mismatches"]) == ("correct", [])
    assert cycle["stripe_subscription_id"].startswith("sub_")
    assert api("billing.verify", customer_id="alice", subscription_ids=[])["subscriptions"] == []


def test_a_trial_may_be_asked_for_beside_what_is_customised(api: Api, clock: StandingClock) -> None:
    change(api, plan_id="pro", cancel_action="cancel_immediately")
    assert preview(api, "premium", free_trial=TRIAL)["total"] == 0
    attach(api, "premium", free_trial=TRIAL)
    (subscription, _) = state(api)["subscriptions"]
    assert subscription["trial_ends_at"] == clock.now + 7 * DAY
    clock.advance(DAY)
    assert preview_change(api, plan_id="premium", free_trial=None)["intent"] == "update_plan"
    assert change(api, plan_id="premium", free_trial=None)["invoice"]["total"] == 50
    assert state(api)["subscriptions"][0]["trial_ends_at"] is None


def test_a_trial_may_be_refused_to_several_plans(api: Api) -> None:
    api.plan("tried", group="t", price=base(5), free_trial=TRIAL)
    wanted = {"customer_id": "alice", "plans": [{"plan_id": "tried"}]}
    assert api("billing.preview_multi_attach", wanted)["total"] == 0
    assert api("billing.preview_multi_attach", **wanted, free_trial=None)["total"] == 5


def test_an_update_may_be_billed_with_lines_of_the_callers_own(api: Api) -> None:
    attach(api, "packs", feature_quantities=quantity(100), plan_schedule="immediate")
    lines = [{"amount": 3, "description": "A favour"}]
    wanted = {"feature_quantities": quantity(300), "custom_line_items": lines}
    (line,) = preview_change(api, plan_id="packs", **wanted)["line_items"]
    assert (line["description"], line["total"]) == ("A favour", 3)
    assert change(api, plan_id="packs", **wanted)["invoice"]["total"] == 3
    assert api.balance("m")["granted"] == 300


def test_packs_are_kept_in_a_switch_whatever_they_hold(api: Api) -> None:
    api.plan("bigger", prepaid("m", 500, 500, amount=30), group="g")
    attach(api, "packs", feature_quantities=quantity(300), plan_schedule="immediate")
    attach(api, "bigger", plan_schedule="immediate")
    assert api.balance("m")["granted"] == 500 + 3 * 500


def test_packs_that_wait_outlast_a_change_of_the_plan(api: Api, clock: StandingClock) -> None:
    waits = {"on_increase": "prorate_immediately", "on_decrease": "none"}
    api.plan("patient", {**prepaid("m", 0, 100, amount=10), "proration": waits}, group="g")
    attach(api, "patient", feature_quantities=quantity(300), plan_schedule="immediate")
    change(api, plan_id="patient", feature_quantities=quantity(100))
    change(api, plan_id="patient", customize={"price": base(1)})
    assert api.balance("m")["granted"] == 300
    clock.advance(28 * DAY)
    assert api.balance("m")["granted"] == 100


def test_a_trial_that_reverts_does_so_after_a_change_of_the_plan(
    api: Api, clock: StandingClock
) -> None:
    api.plan("tried", monthly("m", 5), group="g", price=base(30))
    attach(api, "tried", free_trial={**TRIAL, "on_end": "revert"})
    change(api, plan_id="tried", customize={"items": [monthly("m", 6)]})
    clock.advance(7 * DAY)
    assert ("pro", "active") in held(api)


def test_a_start_in_the_past_cannot_be_paid_on_a_page(api: Api, clock: StandingClock) -> None:
    poor(api, "bob")
    wanted = {"customer_id": "bob", "plan_id": "pro", "starts_at": clock.now - DAY}
    assert "starts_at" in api.refused("billing.attach", wanted).message
    assert "starts_at" in api.refused("billing.preview_attach", wanted).message


def test_overage_may_be_forgiven(api: Api, clock: StandingClock) -> None:
    attach(api, "metered", plan_schedule="immediate")
    charged = len(totals(api))
    limit = {"feature_id": "m", "enabled": True, "overage_limit": 99, "skip_overage_billing": True}
    api("customers.update", customer_id="alice", billing_controls={"spend_limits": [limit]})
    api.track("m", 14)
    clock.advance(28 * DAY + 1)
    assert totals(api)[charged:] == [15]
    assert api.balance("m")["usage"] == 0
    api("customers.update", customer_id="alice", billing_controls={"spend_limits": []})
    api.track("m", 14)
    clock.advance(31 * DAY)
    assert totals(api)[charged:] == [15, 15 + 8]
    api("customers.update", customer_id="alice", config={"disable_overage_billing": True})
    api.track("m", 14)
    clock.advance(31 * DAY)
    assert totals(api)[charged:] == [15, 23, 15]


def test_overage_of_each_entity_is_paid(api: Api, clock: StandingClock) -> None:
    api.metered("seats", consumable=False)
    item = {**usage_based("m", 10, amount=2), "entity_feature_id": "seats"}
    api.plan("each", {"feature_id": "seats", "included": 9}, item, group="g", price=base(1))
    attach(api, "each", plan_schedule="immediate")
    charged = len(totals(api))
    for name, used in (("a", 13), ("b", 5)):
        api("entities.create", customer_id="alice", entity_id=name, feature_id="seats")
        api.track("m", used, entity_id=name)
    clock.advance(28 * DAY + 1)
    assert totals(api)[charged:] == [11 + 3 * 2]
    assert api.balance("m")["usage"] == 0


def test_a_plan_cancelled_at_once_says_when_that_was(api: Api, clock: StandingClock) -> None:
    clock.advance(DAY)
    change(api, plan_id="pro", cancel_action="cancel_immediately")
    (row,) = api("subscriptions.list", statuses=["expired"])["list"]
    assert (row["canceled_at"], row["expires_at"]) == (clock.now, clock.now)
