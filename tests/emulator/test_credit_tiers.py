"""Credit systems whose members get cheaper (or dearer) the more of them is used in a cycle."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autumn_async.emulator.domain.credits import Rate, Tier

from .conftest import DAY, Api, StandingClock, monthly

TIERS = [
    {"to": 10, "credit_cost": 3},
    {"to": 20, "credit_cost": 2},
    {"to": "inf", "credit_cost": 1},
]


@pytest.fixture
def tiered(api: Api) -> Api:
    """Alice has 100 credits; images cost 3 credits, from the 11th on 2, from the 21st on 1."""
    api.metered("image")
    system(api, {"metered_feature_id": "image", "tiers": TIERS})
    api.plan("free", monthly("credits", 100))
    api.customer("alice", "free")
    return api


def system(api: Api, *members: dict[str, Any]) -> Any:
    fields = {"feature_id": "credits", "name": "Credits", "type": "credit_system"}
    return api("features.create", **fields, credit_schema=list(members))


def check(api: Api, amount: float, **fields: Any) -> Any:
    wanted = {"customer_id": "alice", "feature_id": "image", "required_balance": amount, **fields}
    return api("balances.check", wanted)


def used(api: Api) -> float:
    usage: float = api.balance("credits")["usage"]
    return usage


def test_the_answer_says_that_tiers_are_graduated(recent_api: Api) -> None:
    recent_api.version = "2.5.0"
    recent_api.metered("image")
    dimension = {"match": {"size": "xl"}, "tiers": TIERS}
    member = {"metered_feature_id": "image", "tiers": TIERS, "dimensions": {"xl": dimension}}
    (shown,) = system(recent_api, member)["credit_schema"]
    assert shown == {
        **member,
        "tier_behavior": "graduated",
        "dimensions": {"xl": {**dimension, "tier_behavior": "graduated"}},
    }


def test_before_2_4_there_are_only_flat_costs_of_single_units(recent_api: Api) -> None:
    dimension = {"match": {"size": "xl"}, "credit_cost": 9}
    flat = {"metered_feature_id": "a", "credit_cost": 1}
    recent_api.version = "2.3.0"
    created = system(recent_api, {**flat, "dimensions": {"xl": dimension}})
    assert created["credit_schema"] == [flat]
    for terms in ({"credit_cost": 1, "billing_units": 10}, {"tiers": TIERS}):
        schema = [flat, {"metered_feature_id": "b", **terms}]
        updated = recent_api("features.update", feature_id="credits", credit_schema=schema)
        assert "credit_schema" not in updated


def test_usage_climbs_through_the_tiers(tiered: Api) -> None:
    for value, credits in ((5, 15), (10, 40), (10, 55), (1, 56)):
        tiered.track("image", value)
        assert used(tiered) == credits


def test_one_event_may_span_all_tiers(tiered: Api) -> None:
    assert tiered.track("image", 25)["deductions"][0]["value"] == 55
    assert used(tiered) == 55


def test_a_refund_goes_back_down_the_same_way(tiered: Api) -> None:
    tiered.track("image", 25)
    tiered.track("image", -10)
    assert used(tiered) == 40
    tiered.track("image", -100)
    assert used(tiered) == 0
    tiered.track("image", 1)
    assert used(tiered) == 3


def test_checks_go_on_from_where_usage_stands(tiered: Api) -> None:
    assert check(tiered, 4)["required_balance"] == 12
    tiered.track("image", 9)
    answer = check(tiered, 4)
    assert (answer["allowed"], answer["required_balance"]) == (True, 9)
    tiered.track("image", 16)
    assert check(tiered, 45)["allowed"]
    assert not check(tiered, 46)["allowed"]


def test_a_check_that_sends_its_event_says_what_it_took(tiered: Api) -> None:
    answer = check(tiered, 12, send_event=True)
    assert (answer["required_balance"], answer["balance"]["usage"]) == (34, 34)


def test_what_is_left_pays_for_as_much_as_it_can(tiered: Api) -> None:
    tiered.track("image", 500)
    assert used(tiered) == 100
    tiered.track("image", -1)
    assert used(tiered) == 99


def test_tiers_begin_anew_with_each_cycle(tiered: Api, clock: StandingClock) -> None:
    tiered.track("image", 20)
    clock.advance(32 * DAY)
    tiered.track("image", 1)
    assert used(tiered) == 3


def test_a_released_lock_gives_back_its_units_too(tiered: Api) -> None:
    tiered.track("image", 8)
    lock = {"enabled": True, "lock_id": "l"}
    assert check(tiered, 10, lock=lock)["balance"]["usage"] == 46
    tiered("balances.finalize", lock_id="l", action="release")
    assert used(tiered) == 24
    tiered.track("image", 2)
    assert used(tiered) == 30


def test_a_free_tier_costs_nothing_even_of_an_empty_balance(api: Api) -> None:
    api.metered("image")
    tiers = [{"to": 5, "credit_cost": 0}, {"to": "inf", "credit_cost": 10}]
    system(api, {"metered_feature_id": "image", "tiers": tiers})
    api.plan("free", monthly("credits", 10))
    api.customer("alice", "free")
    api.track("credits", 10)
    assert check(api, 5)["allowed"]
    api.track("image", 5)
    assert used(api) == 10
    assert not check(api, 1)["allowed"]


def test_groups_of_units_multipliers_and_rates_of_their_own(api: Api) -> None:
    api.metered("image")
    large = {"match": {"size": "xl"}, "tiers": [{"to": 100, "credit_cost": 8}, TIERS[2]]}
    member = {
        "metered_feature_id": "image",
        "tiers": TIERS,
        "billing_units": 10,
        "dimensions": {"xl": large, "flat": {"match": {"size": "s"}, "credit_cost": 1}},
        "multipliers": {"night": {"match": {"night": "true"}, "factor": 2, "add": 1}},
    }
    system(api, member)
    api.plan("free", monthly("credits", 1000))
    api.customer("alice", "free")
    for properties, credits in (
        ({}, 3),
        ({"size": "xl"}, 8),
        ({}, 2),
        ({"size": "xl", "night": True}, 17),
        ({"size": "s"}, 1),
        ({"night": True}, 3),
    ):
        before = used(api)
        api.track("image", 10, properties=properties)
        assert used(api) - before == credits


def test_two_balances_count_their_tiers_apart(tiered: Api) -> None:
    tiered("balances.create", customer_id="alice", feature_id="credits", included_grant=31)
    tiered.track("image", 75)
    assert used(tiered) == 115
    tiered.track("image", 5)
    assert used(tiered) == 130


tiers = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 5)), min_size=1, max_size=4).map(
    lambda steps: Rate(0, tuple(_climb(steps)))
)
amounts = st.integers(0, 100)


def _climb(steps: list[tuple[int, int]]) -> list[Tier]:
    boundaries = [sum(length for length, _ in steps[: index + 1]) for index in range(len(steps))]
    return [
        Tier(inf if index == len(steps) - 1 else boundaries[index], cost)
        for index, (_, cost) in enumerate(steps)
    ]


@given(tiers, amounts, amounts, amounts)
def test_two_steps_cost_what_one_costs(rate: Rate, start: int, one: int, other: int) -> None:
    apart = rate.credits(start, one) + rate.credits(start + one, other)
    assert apart == rate.credits(start, one + other)
    assert rate.credits(start + one, -one) == -rate.credits(start, one)


@given(tiers, amounts, st.integers(1, 100), st.integers(0, 500))
def test_nobody_gets_more_units_than_were_paid_for(
    rate: Rate, start: int, units: int, credits: int
) -> None:
    paid = rate.units(start, units, credits)
    assert 0 <= paid <= units
    assert rate.credits(start, paid) <= credits + 1e-9
    if paid < units:
        assert rate.credits(start, paid + 1e-6) > credits
