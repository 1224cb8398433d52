"""events.aggregate: ranges, bins, groups, filters; and what stays true of events.list."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import DAY, Api, StandingClock, moment, monthly, usage_based

HOUR = DAY // 24


@pytest.fixture
def metered(api: Api) -> Api:
    api.metered("m")
    api.metered("n")
    api.plan("free", monthly("m", 100))
    api.customer("alice", "free")
    return api


def aggregate(api: Api, **fields: Any) -> Any:
    return api("events.aggregate", {"feature_id": "m", "range": "24h", **fields})


def values(answer: Any, name: str = "m") -> list[float]:
    return [period["values"][name] for period in answer["list"]]


@pytest.mark.parametrize(
    ("fields", "first", "bins"),
    [
        ({"range": "24h"}, "2026-01-30", 2),
        ({"range": "24h", "bin_size": "hour"}, "2026-01-30T12:00", 25),
        ({"range": "7d"}, "2026-01-24", 8),
        ({"range": "30d", "bin_size": "week"}, "2025-12-29", 5),
        ({"range": "90d", "bin_size": "month"}, "2025-11-01", 3),
        ({"range": "1bc"}, "2026-01-30", 2),
    ],
)
def test_every_bin_up_to_now_is_there(
    metered: Api, fields: dict[str, Any], first: str, bins: int
) -> None:
    metered.track("m", 3)
    answer = aggregate(metered, **fields)
    assert answer["list"][0]["period"] == moment(first)
    assert values(answer) == [0] * (bins - 1) + [3]
    assert answer["total"] == {"m": {"count": 1, "sum": 3}}


def test_events_fall_into_the_bin_of_their_timestamp(metered: Api, clock: StandingClock) -> None:
    for days, value in ((2, 5), (0, 1), (1, 7), (2, 0.5), (40, 100)):
        metered.track("m", value, timestamp=clock.now - days * DAY)
    answer = aggregate(metered, range="7d")
    assert values(answer) == [0, 0, 0, 0, 0, 5.5, 7, 1]
    assert answer["total"] == {"m": {"count": 4, "sum": 13.5}}


def test_a_custom_range_ends_where_it_says(metered: Api, clock: StandingClock) -> None:
    for days, value in ((2, 5), (1, 7), (0, 1)):
        metered.track("m", value, timestamp=clock.now - days * DAY)
    span = {"start": clock.now - 2 * DAY, "end": clock.now - DAY}
    answer = metered("events.aggregate", feature_id="m", custom_range=span)
    assert values(answer) == [5, 7]
    future = {"start": clock.now, "end": clock.now + 9 * DAY}
    answer = metered("events.aggregate", feature_id="m", custom_range=future)
    assert values(answer) == [1]


@pytest.mark.parametrize(
    ("span", "first", "bins"),
    [
        ("1bc", "2026-03-31", 11),
        ("last_cycle", "2026-02-28", 32),
        ("3bc", "2026-01-31", 70),
    ],
)
def test_billing_cycles_are_those_of_the_paid_main_plan(
    api: Api, clock: StandingClock, span: str, first: str, bins: int
) -> None:
    api.metered("m")
    api.plan("pro", usage_based("m", 5), price={"amount": 20, "interval": "month"})
    api.customer("alice", "pro")
    clock.advance(69 * DAY)
    answer = aggregate(api, range=span, customer_id="alice")
    assert (answer["list"][0]["period"], len(answer["list"])) == (moment(first), bins)


def test_groups_are_seen_in_every_period_and_the_largest_come_first(metered: Api) -> None:
    for model, value in (("a", 3), ("b", 2), ("c", 4), (None, 9)):
        properties = {"model": model} if model else {}
        metered.track("m", value, properties=properties)
    answer = aggregate(metered, group_by="properties.model", max_groups=2)
    assert [period["grouped_values"]["m"] for period in answer["list"]] == [
        {"c": 0, "a": 0, "AUTUMN_RESERVED": 0},
        {"c": 4, "a": 3, "AUTUMN_RESERVED": 2},
    ]
    assert values(answer) == [0, 9]
    assert answer["total"] == {"m": {"count": 4, "sum": 18}}


def test_a_property_that_no_event_has_leaves_no_periods(metered: Api) -> None:
    metered.track("m", 3)
    answer = aggregate(metered, group_by="properties.ghost")
    assert (answer["list"], answer["total"]["m"]["sum"]) == ([], 3)


@pytest.mark.parametrize(
    ("path", "groups"),
    [
        ("$customer_id", {"alice": 4, "bob": 1}),
        ("$entity_id", {"e1": 3, "": 2}),
        ("$plan_id", {"free": 4, "": 1}),
        ("$feature_id", {"m": 5}),
        ("properties.deep", {"1.5": 3, "true": 1}),
    ],
)
def test_groups_of_other_kinds(metered: Api, path: str, groups: dict[str, float]) -> None:
    metered.metered("seats", consumable=False)
    metered("entities.create", customer_id="alice", entity_id="e1", feature_id="seats")
    metered.customer("bob")
    metered.track("m", 3, entity_id="e1", properties={"deep": 1.5})
    metered.track("m", 1, properties={"deep": True})
    metered.track("m", 1, customer_id="bob", properties={"deep": None})
    answer = aggregate(metered, group_by=path)
    assert answer["list"][-1]["grouped_values"]["m"] == groups


@pytest.mark.parametrize("path", ["model", "properties.bad-key", "properties.", "$nothing"])
def test_paths_that_lead_to_no_group(metered: Api, path: str) -> None:
    assert metered.refused("events.aggregate", feature_id="m", group_by=path).status == 400


def test_filters_by_customer_entity_and_property(metered: Api) -> None:
    metered.metered("seats", consumable=False)
    metered("entities.create", customer_id="alice", entity_id="e1", feature_id="seats")
    metered.customer("bob")
    metered.track("m", 1, entity_id="e1", properties={"a": "x"})
    metered.track("m", 2, properties={"a": "x"})
    metered.track("m", 4, properties={"a": "y"})
    metered.track("m", 8, customer_id="bob")

    def total(**fields: Any) -> float:
        sums: dict[str, float] = aggregate(metered, **fields)["total"]["m"]
        return sums["sum"]

    assert total() == 15
    assert total(customer_id="alice") == 7
    assert total(customer_id="alice", entity_id="e1") == 1
    assert total(filter_by={"a": "x"}) == 3
    assert total(filter_by={"properties.a": "y"}) == 4


def test_several_features_and_counts(metered: Api) -> None:
    metered.track("m", 3)
    metered.track("m", 4)
    metered.track("n", 5)
    answer = aggregate(metered, feature_id=["m", "n", "m", "ghost"], measure="count")
    assert answer["list"][-1]["values"] == {"m": 2, "n": 1, "ghost": 0}
    assert answer["total"] == {"m": {"count": 2, "sum": 7}, "n": {"count": 1, "sum": 5}}


def test_too_many_bins_are_refused(metered: Api, clock: StandingClock) -> None:
    span = {"start": 1, "end": clock.now}
    wanted = {"feature_id": "m", "custom_range": span, "bin_size": "hour"}
    assert metered.refused("events.aggregate", wanted).status == 400


def test_events_of_a_deleted_customer_are_gone(metered: Api) -> None:
    metered.customer("bob")
    metered.track("m", 1)
    metered.track("m", 2, customer_id="bob")
    metered("customers.delete", customer_id="alice")
    assert aggregate(metered)["total"] == {"m": {"count": 1, "sum": 2}}
    assert [event["value"] for event in metered("events.list")["list"]] == [2]


def test_a_page_of_events_mixes_names_in_the_order_of_time(
    metered: Api, clock: StandingClock
) -> None:
    for index in range(6):
        clock.advance(1000)
        metered.track("mn"[index % 2], index)
    metered.track("m", 2.5, timestamp=clock.now - 3000)
    listed = [event["value"] for event in metered("events.list")["list"]]
    assert listed == [5, 4, 3, 2.5, 2, 1, 0]
    if metered.version != "2.2.0":
        page = metered("events.list", limit=3)
        rest = metered("events.list", start_cursor=page["next_cursor"])
        assert [event["value"] for event in rest["list"]] == listed[3:]
        recent = metered("events.list", range="24h", feature_id=["n"])
        assert [event["value"] for event in recent["list"]] == [5, 3, 1]
