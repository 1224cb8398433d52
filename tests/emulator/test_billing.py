"""billing.attach and billing.update of plans that need no payment."""

from __future__ import annotations

from typing import Any

from .conftest import DAY, Api, StandingClock, monthly, usage_based


def subscriptions(api: Api) -> list[str]:
    held = api("customers.get", customer_id="alice")["subscriptions"]
    return [subscription["plan_id"] for subscription in held]


def test_main_plans_of_a_group_replace_each_other_and_keep_the_cycle(
    api: Api, clock: StandingClock
) -> None:
    api.metered("m")
    api.metered("seats", consumable=False)
    api.plan("a", monthly("m", 100), {"feature_id": "seats", "included": 5})
    api.plan("b", monthly("m", 50), {"feature_id": "seats", "included": 2})
    api.plan("other", group="g")
    api.customer("alice", "a", "other")
    due = api.balance("m")["next_reset_at"]
    api.track("m", 30)
    api.track("seats", 4)
    clock.advance(DAY)
    assert api.attach("alice", "b") == {"customer_id": "alice", "payment_url": None}
    assert subscriptions(api) == ["b", "other"]
    assert (api.remaining("m"), api.balance("m")["next_reset_at"]) == (50, due)
    assert api.balance("seats")["usage"] == 4


def test_usage_and_balances_may_be_carried_over(api: Api) -> None:
    api.metered("m")
    api.metered("n")
    api.plan("a", monthly("m", 100), monthly("n", 100))
    api.plan("b", monthly("m", 50), monthly("n", 50))
    api.customer("alice", "a")
    api.track("m", 30)
    api.track("n", 30)
    carry = {"enabled": True, "feature_ids": ["m"]}
    api.attach("alice", "b", carry_over_usages=carry, carry_over_balances={"enabled": True})
    assert api.balance("m")["usage"] == 30
    assert api.remaining("n") == 120
    plan_row, leftover = api.balance("n")["breakdown"]
    assert (leftover["plan_id"], leftover["remaining"]) == (None, 70)
    assert leftover["expires_at"] == plan_row["reset"]["resets_at"]


def test_rollovers_move_to_the_new_plan(api: Api, clock: StandingClock) -> None:
    api.metered("m")
    terms = {"expiry_duration_type": "forever"}
    api.plan("a", monthly("m", 10, rollover=terms))
    api.plan("b", monthly("m", 5, rollover=terms))
    api.customer("alice", "a")
    clock.advance(31 * DAY)
    assert api.remaining("m") == 20
    api.attach("alice", "b")
    assert api.remaining("m") == 15


def test_add_ons_stack(api: Api) -> None:
    api.metered("m")
    api.plan("extra", {"feature_id": "m", "included": 5}, add_on=True)
    api.customer("alice", "extra", "extra")
    assert subscriptions(api) == ["extra", "extra"]
    assert api.remaining("m") == 10


def test_an_archived_plan_and_an_old_version_can_be_attached(api: Api) -> None:
    api.metered("m")
    api.plan("p", monthly("m", 1))
    api("plans.update", plan_id="p", items=[monthly("m", 2)], force_version=True, archived=True)
    api.customer()
    api.attach("alice", "p", version=1)
    assert api.remaining("m") == 1


def test_plans_with_prices_can_be_attached_without_payment(api: Api) -> None:
    api.metered("m")
    api.plan("pro", usage_based("m", 10))
    api.plan("pack", price={"amount": 5, "interval": "one_off"}, group="g")
    api.customer("alice", "pro", "pack")
    customer = api("customers.get", customer_id="alice", expand=["invoices"])
    assert [each["plan_id"] for each in customer["subscriptions"]] == ["pro"]
    assert [each["plan_id"] for each in customer["purchases"]] == ["pack"]
    assert customer["invoices"] == []
    assert customer["subscriptions"][0]["current_period_end"] is None


def cancel(api: Api, **fields: Any) -> Any:
    action = {"cancel_action": "cancel_immediately", **fields}
    return api("billing.update", customer_id="alice", **action)


def test_cancelling_brings_the_groups_default_back(api: Api) -> None:
    api.metered("m")
    api.plan("p", monthly("m", 5))
    api.customer("alice", "p")
    api.plan("default", monthly("m", 1), auto_enable=True)
    cancel(api, plan_id="p")
    assert (subscriptions(api), api.remaining("m")) == (["default"], 1)
    cancel(api)
    assert subscriptions(api) == []


def test_the_plan_to_cancel_is_found_by_id_or_by_position(api: Api) -> None:
    api.plan("main")
    api.plan("extra", add_on=True)
    api.customer("alice", "main")
    api.attach("alice", "extra", subscription_id="mine")
    assert cancel(api, subscription_id="mine") == {"customer_id": "alice", "payment_url": None}
    assert subscriptions(api) == ["main"]
    cancel(api)
    refused = api.refused("billing.update", customer_id="alice", cancel_action="cancel_immediately")
    assert (refused.status, refused.code) == (404, "cus_product_not_found")


def test_a_plan_without_payment_is_cancelled_without_payment(api: Api) -> None:
    api.metered("m")
    api.plan("pro", usage_based("m", 10))
    api.customer("alice", "pro")
    assert cancel(api, no_billing_changes=True)["payment_url"] is None
    assert subscriptions(api) == []
