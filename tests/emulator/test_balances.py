"""balances.create, balances.update, balances.delete, and resets."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import DAY, Api, StandingClock, moment, monthly, usage_based

ALICE = {"customer_id": "alice", "feature_id": "m"}


@pytest.fixture
def held(api: Api) -> Api:
    """alice holds 10 messages a month and 20 for life."""
    api.metered("m")
    api.plan("free", monthly("m", 10))
    api.plan("extra", {"feature_id": "m", "included": 20}, add_on=True)
    api.customer("alice", "free", "extra")
    return api


def create(api: Api, **fields: Any) -> None:
    assert api("balances.create", {**ALICE, **fields}) == {"success": True}


def update(api: Api, **fields: Any) -> None:
    assert api("balances.update", {**ALICE, **fields}) == {"success": True}


def rows(api: Api, *names: str) -> list[Any]:
    return [[row[name] for name in names] for row in api.balance("m")["breakdown"]]


def test_a_standalone_row_hides_while_it_is_empty(api: Api, clock: StandingClock) -> None:
    api.metered("m")
    api.customer()
    create(api, included_grant=5, reset={"interval": "day"}, balance_id="daily")
    create(api, included_grant=5, balance_id="once")
    tracked = api.track("m", 10)
    assert [row["id"] for row in tracked["balance"]["breakdown"]] == ["daily", "once"]
    assert api.balance("m") is None
    assert api.track("m", -3)["deductions"] == []
    clock.advance(DAY + 1)
    assert rows(api, "id", "remaining") == [["daily", 5]]


def test_a_row_that_ends_resets_only_when_told_to(api: Api, clock: StandingClock) -> None:
    api.metered("m")
    api.customer()
    ends = {"included_grant": 5, "reset": {"interval": "day"}, "expires_at": clock.now + 9 * DAY}
    create(api, **ends)
    create(api, **ends, next_reset_at=clock.now + DAY)
    assert api.balance("m")["next_reset_at"] == clock.now + DAY
    assert [row[0]["resets_at"] for row in rows(api, "reset")] == [clock.now + DAY, None]
    clock.advance(9 * DAY)
    assert api.balance("m") is None


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "no amount": ({}, 400, "invalid_inputs"),
    "two amounts": ({"included_grant": 1, "unlimited": True}, 400, "invalid_inputs"),
    "unlimited and reset": (
        {"unlimited": True, "reset": {"interval": "day"}},
        400,
        "invalid_inputs",
    ),
    "due without reset": ({"included_grant": 1, "next_reset_at": 9e12}, 400, "invalid_request"),
    "due in the past": (
        {"included_grant": 1, "reset": {"interval": "day"}, "next_reset_at": 1},
        400,
        "invalid_request",
    ),
    "due after the end": (
        {
            "included_grant": 1,
            "reset": {"interval": "day"},
            "next_reset_at": 9e12,
            "expires_at": 8e12,
        },
        400,
        "invalid_request",
    ),
    "rollover without reset": (
        {"included_grant": 1, "rollover": {"length": 1}},
        400,
        "invalid_request",
    ),
    "taken id": ({"included_grant": 1, "balance_id": "taken"}, 409, "invalid_request"),
    "unknown entity": ({"included_grant": 1, "entity_id": "e"}, 404, "entity_not_found"),
}


@pytest.mark.parametrize(("fields", "status", "code"), REFUSED.values(), ids=REFUSED)
def test_rows_that_are_refused(api: Api, fields: Any, status: int, code: str) -> None:
    api.metered("m")
    api.customer()
    create(api, included_grant=1, balance_id="taken")
    refused = api.refused("balances.create", {**ALICE, **fields})
    assert (refused.status, refused.code) == (status, code)
    assert len(rows(api, "id")) == 1


def test_seats_neither_reset_nor_roll_over(api: Api) -> None:
    api.metered("m", consumable=False)
    api.customer()
    create(api, included_grant=3, reset={"interval": "day"})
    assert rows(api, "reset") == [[None]]
    seats = {**ALICE, "included_grant": 1, "reset": {"interval": "day"}, "rollover": {"length": 1}}
    assert api.refused("balances.create", seats).status == 400


def test_a_flag_is_granted_once(api: Api) -> None:
    api("features.create", feature_id="m", name="M", type="boolean")
    api.customer()
    create(api)
    refused = api.refused("balances.create", ALICE)
    assert (refused.status, refused.code) == (409, "invalid_request")
    assert api.refused("balances.create", {**ALICE, "included_grant": 1}).status == 400


def test_remaining_is_reached_over_all_rows_in_order(held: Api) -> None:
    held.track("m", 15)
    update(held, remaining=25)
    assert rows(held, "remaining", "usage") == [[10, 0], [15, 5]]
    update(held, remaining=5)
    assert rows(held, "remaining") == [[0], [5]]
    update(held, remaining=40)
    assert rows(held, "remaining", "usage") == [[35, -25], [5, 15]]
    update(held, remaining=-3)
    assert rows(held, "remaining", "usage") == [[0, 13], [0, 20]]


def test_narrowing_by_id_and_by_interval(held: Api) -> None:
    create(held, included_grant=5, balance_id="gift")
    update(held, remaining=1, balance_id="gift")
    update(held, remaining=2, interval="month")
    assert rows(held, "remaining") == [[2], [1], [20]]
    (_, (plan_row_id,), _) = (rows(held, "id")[index] for index in (1, 0, 2))
    update(held, usage=3, balance_id=plan_row_id)
    assert rows(held, "remaining") == [[7], [1], [20]]
    update(held, remaining=5, balance_id="ghost")
    assert held.refused("balances.update", {**ALICE, "included_grant": 5, "balance_id": "x"})


def test_combinations_apply_in_a_fixed_order(held: Api) -> None:
    update(held, remaining=5, add_to_balance=100)
    assert held.remaining("m") == 5
    update(held, remaining=5, usage=2)
    assert held.remaining("m") == 28
    update(held, included_grant=50, remaining=40)
    balance = held.balance("m")
    assert (balance["granted"], balance["remaining"], balance["usage"]) == (50, 40, 10)
    update(held)


def test_unlimited_takes_the_target(api: Api) -> None:
    api.metered("m")
    api.customer()
    create(api, unlimited=True)
    update(api, remaining=-7)
    assert api.balance("m")["usage"] == 7


def test_an_expiry_is_set_on_the_row_that_ends_first(held: Api, clock: StandingClock) -> None:
    create(held, included_grant=5, balance_id="gift", expires_at=clock.now + 5 * DAY)
    update(held, expires_at=clock.now + 2 * DAY)
    ends = {row["id"]: row["expires_at"] for row in held.balance("m")["breakdown"]}
    assert ends["gift"] == clock.now + 2 * DAY
    past = {**ALICE, "expires_at": clock.now}
    assert held.refused("balances.update", past).message == "expires_at must be in the future"


def test_paid_rows_neither_expire_nor_vanish(api: Api, clock: StandingClock) -> None:
    api.metered("m")
    api.plan("pro", usage_based("m", 10))
    api.customer("alice", "pro")
    ends = {**ALICE, "expires_at": clock.now + DAY}
    assert api.refused("balances.update", ends).status == 400
    assert api.refused("balances.delete", ALICE).status == 409


def test_deleting_with_recalculation_keeps_usage_somewhere(held: Api) -> None:
    held.track("m", 8)
    monthly_row = rows(held, "id")[0][0]
    recalculated = {**ALICE, "recalculate_balances": True}
    held("balances.delete", {**recalculated, "balance_id": monthly_row})
    assert rows(held, "plan_id", "remaining", "usage") == [["extra", 12, 8]]
    held("balances.delete", recalculated)
    assert rows(held, "included_grant", "remaining", "usage") == [[0, 0, 8]]
    held("balances.delete", ALICE)
    assert held.balance("m") is None
    assert held.refused("balances.delete", ALICE).status == 404


def test_resets_keep_their_anchor_and_collapse_what_was_missed(
    api: Api, clock: StandingClock
) -> None:
    api.metered("m")
    api.plan("free", monthly("m", 10))
    api.customer("alice", "free")
    assert api.balance("m")["next_reset_at"] == moment("2026-02-28T12:00")
    api.track("m", 4)
    clock.now = moment("2026-02-28T12:00")
    assert api.remaining("m") == 6
    clock.advance(1)
    assert api.balance("m")["next_reset_at"] == moment("2026-03-31T12:00")
    assert api.remaining("m") == 10
    clock.now = moment("2027-01-01T00:00")
    assert api.balance("m")["next_reset_at"] == moment("2027-01-31T12:00")


def test_a_reset_forgives_overage_and_adjustments(held: Api, clock: StandingClock) -> None:
    held.track("m", 50, overage_behavior="overflow")
    update(held, included_grant=100, interval="month")
    clock.now = moment("2026-03-01T00:00")
    assert rows(held, "included_grant", "remaining") == [[10, 10], [20, 0]]


@pytest.fixture
def rolling(api: Api) -> Api:
    """alice holds 100 messages a month, of which up to 50 live two months longer."""
    api.metered("m")
    terms = {"max": 50, "expiry_duration_type": "month", "expiry_duration_length": 2}
    api.plan("free", monthly("m", 100, rollover=terms))
    api.customer("alice", "free")
    return api


def carried(api: Api) -> list[tuple[float, float]]:
    return [(each["granted"], each["balance"]) for each in api.balance("m")["rollovers"]]


def test_rollovers_gather_up_to_a_maximum_and_expire(rolling: Api, clock: StandingClock) -> None:
    assert carried(rolling) == []
    rolling.track("m", 70)
    clock.now = moment("2026-03-01T00:00")
    assert carried(rolling) == [(30, 30)]
    assert rolling.balance("m")["rollovers"][0]["expires_at"] == moment("2026-04-28T12:00")
    rolling.track("m", 10 + 60)
    assert carried(rolling) == [(30, 0)]
    clock.now = moment("2026-04-01T00:00")
    assert carried(rolling) == [(30, 0), (50, 50)]
    balance = rolling.balance("m")
    assert (balance["granted"], balance["remaining"], balance["usage"]) == (180, 150, 30)
    clock.now = moment("2026-04-29T00:00")
    assert carried(rolling) == [(50, 50)]


def test_trimming_cuts_what_expires_soonest(rolling: Api, clock: StandingClock) -> None:
    rolling.track("m", 60)
    clock.now = moment("2026-03-01T00:00")
    assert carried(rolling) == [(40, 40)]
    rolling.track("m", 40 + 70)
    update(rolling, add_to_balance=1)
    clock.now = moment("2026-04-01T00:00")
    assert carried(rolling) == [(40, 0), (31, 31)]


def test_only_one_rollover_however_long_nobody_looked(rolling: Api, clock: StandingClock) -> None:
    clock.now = moment("2027-03-01T00:00")
    assert carried(rolling) == []
    clock.now = moment("2027-04-01T00:00")
    assert carried(rolling) == [(50, 50)]


def test_a_share_of_the_grant_for_ever(api: Api, clock: StandingClock) -> None:
    api.metered("m")
    terms = {"max_percentage": 25, "expiry_duration_type": "forever"}
    api.plan("free", monthly("m", 10, rollover=terms))
    api.customer("alice", "free")
    clock.now = moment("2027-03-01T00:00")
    assert api.balance("m")["rollovers"] == [{"granted": 2, "balance": 2, "expires_at": 0}]


def test_rows_are_listed_over_all_customers_newest_first(api: Api, clock: StandingClock) -> None:
    api.metered("m")
    api.plan("free", monthly("m", 5))
    for name in ("alice", "bob"):
        clock.advance(1)
        api.customer(name, "free")
    for amount in (1, 2):
        api("balances.create", customer_id="bob", feature_id="m", included_grant=amount)
    ends = {"included_grant": 3, "expires_at": clock.now + 1}
    api("balances.create", customer_id="alice", feature_id="m", **ends)
    clock.advance(1)

    def page(**fields: Any) -> Any:
        return api("balances.list", fields)

    first = page(limit=2)
    rest = page(limit=2, start_cursor=first["next_cursor"])
    assert (first["has_more"], rest["has_more"], rest["next_cursor"]) == (True, False, None)
    listed = [(row["customer_id"], row["remaining"]) for row in first["list"] + rest["list"]]
    assert listed == [("bob", 2), ("bob", 1), ("bob", 5), ("alice", 5)]
    assert [row["remaining"] for row in page(plan_id=None)["list"]] == [2, 1]
    assert [row["plan_id"] for row in page(customer_id="alice")["list"]] == ["free"]
    (expired,) = page(statuses=["expired"])["list"]
    assert (expired["remaining"], expired["status"]) == (3, "expired")


def test_what_rolls_over_must_live_to_its_first_reset(api: Api, clock: StandingClock) -> None:
    api.metered("m")
    api.customer("alice")
    wanted = {
        "customer_id": "alice",
        "feature_id": "m",
        "included_grant": 10,
        "reset": {"interval": "day"},
        "rollover": {"max": 5, "length": 1},
    }
    early = {**wanted, "expires_at": clock.now + DAY - 1}
    assert api.refused("balances.create", early).status == 400
    api("balances.create", {**wanted, "expires_at": clock.now + DAY})
    assert api.remaining("m") == 10
