"""Locks: holding usage back, confirming, correcting, releasing it, and their expiry."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import DAY, Api, StandingClock, monthly, usage_based

HOUR = DAY // 24


@pytest.fixture
def metered(api: Api) -> Api:
    api.metered("m")
    api.plan("free", monthly("m", 100))
    api.customer("alice", "free")
    return api


def hold(api: Api, value: float = 10, **lock: Any) -> Any:
    wanted = {"enabled": True, "lock_id": "l", **lock}
    return api(
        "balances.check", customer_id="alice", feature_id="m", required_balance=value, lock=wanted
    )


def finalize(api: Api, action: str = "confirm", **fields: Any) -> None:
    api("balances.finalize", lock_id="l", action=action, **fields)


def values(api: Api) -> list[float]:
    return [event["value"] for event in reversed(api("events.list")["list"])]


@pytest.mark.parametrize(
    ("final", "left", "events"),
    [
        ({"action": "confirm"}, 90, [10]),
        ({"action": "release"}, 100, [10, -10]),
        ({"action": "confirm", "override_value": 10}, 90, [10]),
        ({"action": "confirm", "override_value": 4}, 96, [10, -6]),
        ({"action": "confirm", "override_value": 25}, 75, [10, 15]),
        ({"action": "confirm", "override_value": 500}, 0, [10, 490]),
        ({"action": "confirm", "override_value": 0}, 100, [10, -10]),
        ({"action": "confirm", "override_value": -5}, 100, [10, -15]),
    ],
)
def test_a_lock_is_settled_once(
    metered: Api, final: dict[str, Any], left: float, events: list[float]
) -> None:
    assert hold(metered)["balance"]["remaining"] == 90
    metered("balances.finalize", lock_id="l", **final)
    assert metered.remaining("m") == left
    assert values(metered) == events
    refused = metered.refused("balances.finalize", lock_id="l", **final)
    assert (refused.status, refused.message) == (400, "Lock not found for ID: l")


def test_a_release_needs_no_override(metered: Api) -> None:
    hold(metered)
    wanted = {"lock_id": "l", "action": "release", "override_value": 1}
    assert metered.refused("balances.finalize", wanted).status == 400


def test_a_lock_expires_and_gives_back_what_it_held(metered: Api, clock: StandingClock) -> None:
    hold(metered, expires_at=clock.now + HOUR)
    clock.advance(HOUR - 1)
    assert metered.remaining("m") == 90
    clock.advance(1)
    assert metered.remaining("m") == 100
    refused = metered.refused("balances.finalize", lock_id="l", action="confirm")
    assert refused.message == "Lock not found for ID: l"


def test_an_expired_lock_is_released_though_nobody_reads_the_customer(
    metered: Api, clock: StandingClock
) -> None:
    hold(metered, expires_at=clock.now + HOUR)
    clock.advance(HOUR)
    metered.refused("balances.finalize", lock_id="l", action="release")
    assert metered.remaining("m") == 100


def test_a_lock_without_expiry_is_forgotten_after_a_day_and_counts_as_used(
    metered: Api, clock: StandingClock
) -> None:
    hold(metered)
    clock.advance(DAY)
    assert metered.remaining("m") == 90
    hold(metered)
    assert metered.remaining("m") == 80


def test_ids_are_in_use_until_they_are_settled(metered: Api) -> None:
    hold(metered)
    lock = {"enabled": True, "lock_id": "l"}
    wanted = {"customer_id": "alice", "feature_id": "m", "lock": lock}
    refused = metered.refused("balances.check", wanted)
    assert (refused.status, refused.code) == (409, "lock_already_exists")
    finalize(metered)
    hold(metered)
    assert metered.remaining("m") == 80


def test_what_is_not_there_is_not_locked(metered: Api) -> None:
    assert not hold(metered, 101)["allowed"]
    assert metered.remaining("m") == 100
    assert metered.refused("balances.finalize", lock_id="l", action="confirm").status == 400


def test_a_lock_need_not_say_it_is_enabled_since_2_5(metered: Api) -> None:
    wanted = {"customer_id": "alice", "feature_id": "m", "lock": {"lock_id": "l"}}
    if metered.version == "2.5.0":
        assert metered("balances.check", wanted)["allowed"]
    else:
        refused = metered.refused("balances.check", wanted)
        assert refused.message == "lock.enabled: Invalid input: expected true"


def test_a_release_lowers_the_usage_limit_again(metered: Api) -> None:
    limit = {"feature_id": "m", "limit": 12, "interval": "month"}
    metered("customers.update", customer_id="alice", billing_controls={"usage_limits": [limit]})
    hold(metered)
    assert not hold(metered, 5, lock_id="second")["allowed"]
    finalize(metered, "release")
    assert hold(metered, 12)["allowed"]


def test_usage_limits_of_credits_forget_the_credits_that_come_back(metered: Api) -> None:
    fields = {"feature_id": "credits", "name": "Credits", "type": "credit_system"}
    members = [{"metered_feature_id": "m", "credit_cost": 5}]
    metered("features.create", **fields, credit_schema=members)
    grant = {"customer_id": "alice", "feature_id": "credits", "included_grant": 1000}
    metered("balances.create", grant)
    limits = [{"feature_id": name, "limit": 500, "interval": "month"} for name in ("m", "credits")]
    metered("customers.update", customer_id="alice", billing_controls={"usage_limits": limits})
    assert hold(metered, 110)["allowed"]
    finalize(metered, override_value=104)
    customer = metered("customers.get", customer_id="alice")
    used = [entry["usage"] for entry in customer["billing_controls"]["usage_limits"]]
    assert used == [104, 20]


def test_a_reset_forgives_what_was_held_before_it(metered: Api, clock: StandingClock) -> None:
    clock.advance(28 * DAY - HOUR)
    hold(metered, 40, expires_at=clock.now + 2 * HOUR)
    clock.advance(HOUR + 1)
    metered.track("m", 30)
    finalize(metered, "release")
    assert metered.remaining("m") == 70


def test_a_track_can_be_locked_too(metered: Api) -> None:
    metered.track("m", 10, lock={"enabled": True, "lock_id": "l"})
    finalize(metered, "release")
    assert metered.remaining("m") == 100
    assert values(metered) == [10, -10]


def test_a_lock_by_an_event_is_corrected_under_its_name(metered: Api) -> None:
    metered("features.update", feature_id="m", event_names=["sent"])
    lock = {"enabled": True, "lock_id": "l"}
    usage = {"customer_id": "alice", "event_name": "sent", "value": 3, "async": False}
    metered("balances.track", {**usage, "lock": lock})
    finalize(metered, "release")
    assert {event["feature_id"] for event in metered("events.list")["list"]} == {"sent"}


def test_a_lock_is_about_one_feature_that_is_used_up(metered: Api) -> None:
    metered.metered("n", event_names=["sent"])
    metered("features.update", feature_id="m", event_names=["sent"])
    metered.metered("seats", consumable=False)
    lock = {"enabled": True, "lock_id": "l"}
    for fields in ({"event_name": "sent"}, {"feature_id": "seats"}):
        wanted = {"customer_id": "alice", "lock": lock, **fields}
        assert metered.refused("balances.track", wanted).status == 400


def test_items_of_a_batch_are_locked_when_they_are_applied(metered: Api) -> None:
    metered.metered("seats", consumable=False)
    item = {"customer_id": "alice", "feature_id": "m", "value": 10}
    first = {**item, "lock": {"enabled": True, "lock_id": "l"}}
    other = {**item, "lock": {"enabled": True, "lock_id": "seat"}, "feature_id": "seats"}
    metered("balances.batch_track", [first, {**first, "value": 5}, other, item])
    assert metered.remaining("m") == 80
    finalize(metered, override_value=4)
    assert metered.remaining("m") == 86
    assert values(metered) == [10, 10, -6]
    assert metered.refused("balances.finalize", lock_id="seat", action="release").status == 400


def test_locks_of_a_batch_are_checked_before_it_is_taken(metered: Api) -> None:
    item = {"customer_id": "alice", "feature_id": "m"}
    for lock in ({}, {"lock_id": "l", "enabled": False}, {"lock_id": "l" * 257}):
        batch = [item, {**item, "lock": {"enabled": True, **lock}}]
        assert metered.refused("balances.batch_track", batch).status == 400
    assert metered.remaining("m") == 100
    if metered.version != "2.5.0":
        refused = metered.refused("balances.batch_track", [{**item, "lock": {"lock_id": "l"}}])
        assert refused.message == "0.lock.enabled: Invalid input: expected true"


def test_overage_is_given_back_before_what_other_rows_gave(api: Api) -> None:
    """The last that was taken, though its row also gave first."""
    api.metered("m")
    api.plan("pro", usage_based("m", 100))
    api.plan("more", {"feature_id": "m", "included": 50}, add_on=True)
    api.customer("alice", "pro", "more")
    hold(api, 180)
    finalize(api, override_value=140)
    first, second = api.balance("m")["breakdown"]
    assert (first["usage"], second["remaining"]) == (100, 10)
    (correction, _) = api("events.list")["list"]
    assert [each["value"] for each in correction["deductions"]] == [-30, -10]


@pytest.mark.parametrize(
    ("final", "left"),
    [({}, 0), ({"override_value": 100}, 0), ({"override_value": 60}, 40)],
)
def test_a_capped_lock_holds_what_there_was(
    metered: Api, final: dict[str, Any], left: float
) -> None:
    assert hold(metered, 150, overage_behavior="cap")["allowed"]
    finalize(metered, **final)
    assert metered.remaining("m") == left
    correction = [60 - 100] if left else []
    assert values(metered) == [150, *correction]


def test_a_lock_that_may_overflow_is_settled_that_way(metered: Api) -> None:
    hold(metered, 150, overage_behavior="overflow")
    finalize(metered, override_value=170)
    assert metered.balance("m")["usage"] == 170


@pytest.mark.parametrize(("final", "usage"), [(-10, 40), (-4, 46), (0, 50), (5, 55), (-20, 30)])
def test_a_lock_may_hold_a_refund(metered: Api, final: float, usage: float) -> None:
    metered.track("m", 50)
    assert hold(metered, -10)["balance"]["usage"] == 40
    finalize(metered, override_value=final)
    assert metered.balance("m")["usage"] == usage


def test_the_end_of_a_lock_is_an_event(metered: Api, clock: StandingClock) -> None:
    hold(metered, expires_at=clock.now + HOUR)
    clock.advance(DAY // 2)
    metered.remaining("m")
    release, lock = metered("events.list")["list"]
    assert (lock["value"], release["value"]) == (10, -10)
    assert release["timestamp"] == lock["timestamp"] + HOUR


def test_what_a_plan_held_that_is_gone_goes_to_the_next_one(metered: Api) -> None:
    metered.plan("bigger", monthly("m", 500), price={"amount": 10, "interval": "month"})
    metered.track("m", 20)
    hold(metered, 30)
    metered.attach("alice", "bigger")
    metered.track("m", 50)
    finalize(metered, "release")
    assert metered.balance("m")["usage"] == 20


def test_the_correction_says_what_the_caller_says(metered: Api) -> None:
    hold(metered)
    finalize(metered, "release", properties={"why": "failed"})
    newest = metered("events.list")["list"][0]
    assert newest["properties"] == {"why": "failed"}


def test_locks_go_with_their_entity_and_customer(metered: Api) -> None:
    metered.metered("seats", consumable=False)
    metered("entities.create", customer_id="alice", entity_id="e1", feature_id="seats")
    wanted = {"customer_id": "alice", "feature_id": "m", "entity_id": "e1"}
    metered("balances.check", {**wanted, "lock": {"enabled": True, "lock_id": "l"}})
    metered("entities.delete", customer_id="alice", entity_id="e1")
    assert metered.refused("balances.finalize", lock_id="l", action="release").status == 400
    hold(metered)
    metered("customers.delete", customer_id="alice")
    assert metered.refused("balances.finalize", lock_id="l", action="release").status == 400
