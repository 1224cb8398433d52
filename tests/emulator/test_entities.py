"""entities.*: seats, shares, what is inherited and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import DAY, Api, StandingClock, monthly, usage_based


@pytest.fixture
def team(api: Api) -> Api:
    """Alice has 100 messages a month, five seats, and 10 files a month for each seat."""
    api.metered("messages")
    api.metered("files")
    api.metered("seats", consumable=False)
    per_seat = monthly("files", 10, entity_feature_id="seats")
    api.plan("free", monthly("messages", 100), {"feature_id": "seats", "included": 5}, per_seat)
    api.customer("alice", "free")
    return api


def seat(api: Api, entity_id: str, customer_id: str = "alice", **fields: Any) -> Any:
    wanted = {"customer_id": customer_id, "entity_id": entity_id, "feature_id": "seats", **fields}
    return api("entities.create", wanted)


def remaining(api: Api, feature_id: str, entity_id: str | None = None) -> float:
    wanted: dict[str, Any] = {"customer_id": "alice", "feature_id": feature_id}
    if entity_id:
        wanted["entity_id"] = entity_id
    balance: dict[str, float] = api("balances.check", wanted)["balance"]
    return balance["remaining"]


def test_each_entity_takes_a_seat_and_gives_it_back(team: Api) -> None:
    assert seat(team, "e1")["balances"]["seats"]["remaining"] == 5
    assert seat(team, "e2")["balances"]["seats"]["remaining"] == 4
    assert remaining(team, "seats") == 3
    team("entities.delete", customer_id="alice", entity_id="e1")
    assert remaining(team, "seats") == 4


def test_seats_that_are_paid_for_end_at_their_cap(api: Api) -> None:
    api.metered("seats", consumable=False)
    api.plan("pro", usage_based("seats", 1, max_purchase=1))
    api.customer("alice", "pro")
    seat(api, "e1")
    seat(api, "e2")
    wanted = {"customer_id": "alice", "entity_id": "e3", "feature_id": "seats"}
    refused = api.refused("entities.create", wanted)
    assert (refused.status, refused.code) == (400, "feature_limit_reached")
    assert api.refused("entities.get", customer_id="alice", entity_id="e3").status == 404


def test_a_plan_attached_later_counts_the_entities_there_are(api: Api) -> None:
    api.metered("seats", consumable=False)
    api.plan("free", {"feature_id": "seats", "included": 3})
    seat(api, "e1")
    seat(api, "e2")
    api.attach("alice", "free")
    assert remaining(api, "seats") == 1


def test_each_entity_has_a_share_and_the_customer_their_sum(team: Api) -> None:
    seat(team, "e1")
    seat(team, "e2")
    team.track("files", 4, entity_id="e1")
    assert [remaining(team, "files", who) for who in ("e1", "e2", None)] == [6, 10, 16]
    team.track("files", 9)
    assert [remaining(team, "files", who) for who in ("e1", "e2", None)] == [0, 7, 7]
    balance = team.balance("files")
    assert (balance["granted"], balance["usage"]) == (20, 13)
    (row,) = balance["breakdown"]
    assert (row["included_grant"], row["remaining"]) == (20, 7)


def test_a_share_ends_with_its_entity_and_starts_afresh(team: Api) -> None:
    seat(team, "e1")
    team.track("files", 4, entity_id="e1")
    team("entities.delete", customer_id="alice", entity_id="e1")
    assert team.balance("files")["granted"] == 0
    seat(team, "e1")
    assert remaining(team, "files", "e1") == 10


def test_shares_are_reset_together(team: Api, clock: StandingClock) -> None:
    seat(team, "e1")
    seat(team, "e2")
    team.track("files", 4, entity_id="e1")
    clock.advance(32 * DAY)
    assert [remaining(team, "files", who) for who in ("e1", "e2", None)] == [10, 10, 20]


def test_a_switch_can_carry_the_usage_of_every_entity(team: Api) -> None:
    seat(team, "e1")
    team.track("files", 4, entity_id="e1")
    team.plan("free2", monthly("files", 20, entity_feature_id="seats"))
    team.attach("alice", "free2", carry_over_usages={"enabled": True, "feature_ids": ["files"]})
    assert remaining(team, "files", "e1") == 16


def test_what_was_left_of_a_share_stays_with_its_entity(team: Api) -> None:
    seat(team, "e1")
    seat(team, "e2")
    team.track("files", 4, entity_id="e1")
    team.plan("free2", monthly("messages", 1))
    team.attach("alice", "free2", carry_over_balances={"enabled": True})
    assert [remaining(team, "files", who) for who in ("e1", "e2")] == [6, 10]


def test_unused_shares_roll_over_for_their_own_entity(api: Api, clock: StandingClock) -> None:
    api.metered("files")
    api.metered("seats", consumable=False)
    terms = {"max": 5, "expiry_duration_type": "forever"}
    api.plan("free", monthly("files", 10, entity_feature_id="seats", rollover=terms))
    api.customer("alice", "free")
    seat(api, "e1")
    seat(api, "e2")
    api.track("files", 8, entity_id="e1")
    clock.advance(32 * DAY)
    assert [remaining(api, "files", who) for who in ("e1", "e2", None)] == [12, 15, 27]
    api.track("files", 3, entity_id="e1")
    assert [remaining(api, "files", who) for who in ("e1", "e2", None)] == [9, 15, 24]


def test_entities_of_other_features_have_no_share(team: Api) -> None:
    team.metered("desks", consumable=False)
    team("entities.create", customer_id="alice", entity_id="d1", feature_id="desks")
    wanted = {"customer_id": "alice", "entity_id": "d1", "feature_id": "files"}
    assert team("balances.check", wanted)["balance"] is None


def test_an_entitys_own_balance_goes_first_and_is_nobody_elses(team: Api) -> None:
    seat(team, "e1")
    seat(team, "e2")
    gift = {"feature_id": "messages", "included_grant": 7, "entity_id": "e1"}
    team("balances.create", customer_id="alice", **gift)
    assert [remaining(team, "messages", who) for who in ("e1", "e2", None)] == [107, 100, 100]
    team.track("messages", 9, entity_id="e1")
    assert [remaining(team, "messages", who) for who in ("e1", "e2")] == [98, 98]


def test_a_plan_of_an_entity_shows_in_the_customers_totals_alone(team: Api) -> None:
    seat(team, "e1")
    team.plan("own", monthly("messages", 10), group="own")
    team.attach("alice", "own", entity_id="e1")
    checked = team(
        "balances.check", customer_id="alice", feature_id="messages", required_balance=101
    )
    assert not checked["allowed"]
    assert checked["balance"]["remaining"] == 110
    assert [row["plan_id"] for row in checked["balance"]["breakdown"]] == ["free"]
    team("entities.delete", customer_id="alice", entity_id="e1")
    assert remaining(team, "messages") == 100


def test_one_plan_on_two_entities_is_listed_once_for_the_customer(team: Api) -> None:
    team.plan("own", monthly("messages", 10), group="own")
    for name in ("e1", "e2"):
        seat(team, name)
        team.attach("alice", "own", entity_id=name)
    held = team("customers.get_or_create", customer_id="alice")["subscriptions"]
    assert [(each["plan_id"], each["scope"]) for each in held] == [
        ("free", "customer"),
        ("own", "entity"),
    ]


def test_entities_of_customers_that_keep_balances_apart_inherit_nothing(team: Api) -> None:
    team("customers.update", customer_id="alice", config={"disable_pooled_balance": True})
    seat(team, "e1")
    wanted = {"customer_id": "alice", "entity_id": "e1", "feature_id": "messages"}
    assert team("balances.check", wanted)["balance"] is None
    entity = team("entities.get", customer_id="alice", entity_id="e1")
    assert (entity["subscriptions"], entity["balances"]) == ([], {})


def test_a_usage_limit_of_an_entity_binds_it_alone(team: Api) -> None:
    seat(team, "e1")
    seat(team, "e2")
    limit = {"feature_id": "messages", "limit": 3, "interval": "month"}
    controls = {"usage_limits": [limit]}
    team("entities.update", customer_id="alice", entity_id="e1", billing_controls=controls)
    for name in ("e1", "e2"):
        team.track("messages", 3, entity_id=name)

    def allowed(name: str) -> bool:
        wanted = {"customer_id": "alice", "entity_id": name, "feature_id": "messages"}
        return bool(team("balances.check", wanted)["allowed"])

    assert [allowed("e1"), allowed("e2")] == [False, True]
    entity = team("entities.get", customer_id="alice", entity_id="e1")
    assert entity["billing_controls"]["usage_limits"][0]["usage"] == 3


def test_an_entity_is_found_without_its_customer_while_it_is_the_only_one(team: Api) -> None:
    seat(team, "e1")
    assert team("entities.get", entity_id="e1")["customer_id"] == "alice"
    seat(team, "e1", "bob")
    refused = team.refused("entities.get", entity_id="e1")
    assert (refused.status, refused.code) == (400, "entity_id_required")
    assert team.refused("entities.get", entity_id="ghost").code == "entity_not_found"


def test_who_is_said_to_be_missing(team: Api) -> None:
    seat(team, "e1")
    unknown = {"customer_id": "ghost", "entity_id": "e1"}
    assert team.refused("entities.get", unknown).code == "entity_not_found"
    assert team.refused("entities.delete", unknown).code == "customer_not_found"
    missing = {"customer_id": "alice", "entity_id": "ghost"}
    refused = team.refused("entities.update", missing)
    assert (refused.code, refused.message) == ("customer_not_found", "Customer alice not found")


def test_entities_are_listed_newest_first_in_both_ways_of_paging(
    team: Api, clock: StandingClock
) -> None:
    for name in ("e1", "e2", "e3"):
        clock.advance(1)
        seat(team, name)
    seat(team, "other", "bob")
    if team.version == "2.2.0":
        page = team("entities.list", customer_id="alice", limit=2, offset=1)
        assert [each["id"] for each in page["list"]] == ["e2", "e1"]
        assert (page["total_count"], page["total_filtered_count"]) == (4, 3)
        return
    first = team("entities.list", customer_id="alice", limit=2)
    rest = team("entities.list", customer_id="alice", start_cursor=first["next_cursor"])
    assert [each["id"] for each in first["list"] + rest["list"]] == ["e3", "e2", "e1"]
    assert rest["next_cursor"] is None
    assert [each["id"] for each in team("entities.list", search="E2")["list"]] == ["e2"]


def test_entities_go_with_their_customer(team: Api) -> None:
    seat(team, "e1")
    team("customers.delete", customer_id="alice")
    assert team("entities.list", {})["list"] == []
    assert team.refused("entities.get", entity_id="e1").status == 404


def test_an_entity_inherits_the_controls_of_its_customer_and_plans(team: Api) -> None:
    def allowed(feature_id: str) -> dict[str, Any]:
        return {"overage_allowed": [{"feature_id": feature_id, "enabled": True}]}

    controls = allowed("files")
    team.plan("own", monthly("messages", 1), group="own", billing_controls=controls)
    seat(team, "e1", billing_controls=allowed("messages"))
    team("customers.update", customer_id="alice", billing_controls=allowed("seats"))
    team.attach("alice", "own", entity_id="e1")
    entity = team("entities.get", customer_id="alice", entity_id="e1")
    shown = [
        (each["feature_id"], each.get("source"))
        for each in entity["billing_controls"]["overage_allowed"]
    ]
    if team.version == "2.2.0":
        assert shown == [("messages", None)]
    else:
        assert shown == [("messages", "entity"), ("seats", "customer"), ("files", "plan")]
    team.track("files", 15, entity_id="e1")
    assert team.balance("files")["usage"] == 15


def test_a_feature_that_plans_grant_by_stays_what_it_is(team: Api) -> None:
    team.metered("desks", consumable=False)
    team.plan("desk", monthly("files", 1, entity_feature_id="desks"))
    for changes in ({"consumable": True}, {"type": "boolean"}):
        refused = team.refused("features.update", feature_id="desks", **changes)
        assert (refused.status, refused.code) == (400, "invalid_feature")
    assert team.refused("features.delete", feature_id="desks").status == 409
