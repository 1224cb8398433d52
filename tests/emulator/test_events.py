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


@pytest.mark.parametrize(
    ("zone", "size", "starts"),
    [
        ("Europe/Berlin", "day", ["2026-03-27T23:00", "2026-03-28T23:00", "2026-03-29T22:00"]),
        ("America/New_York", "day", ["2026-03-28T04:00", "2026-03-29T04:00", "2026-03-30T04:00"]),
        ("Asia/Kolkata", "week", ["2026-03-22T18:30", "2026-03-29T18:30"]),
        ("Europe/Berlin", "month", ["2026-02-28T23:00"]),
        ("Pacific/Apia", "day", ["2026-03-28T11:00", "2026-03-29T11:00", "2026-03-30T11:00"]),
        ("UTC", "day", ["2026-03-28", "2026-03-29", "2026-03-30"]),
        ("no/such zone!", "day", ["2026-03-28", "2026-03-29", "2026-03-30"]),
    ],
)
def test_days_weeks_and_months_begin_in_the_time_zone(
    metered: Api, clock: StandingClock, zone: str, size: str, starts: list[str]
) -> None:
    clock.now = moment("2026-03-30T12:00")
    span = {"start": moment("2026-03-28T12:00"), "end": clock.now}
    query = {"feature_id": "m", "custom_range": span, "timezone": zone, "bin_size": size}
    answer = metered("events.aggregate", query)
    assert [period["period"] for period in answer["list"]] == [moment(each) for each in starts]


def test_events_of_a_day_with_twenty_three_hours_stay_in_it(
    metered: Api, clock: StandingClock
) -> None:
    clock.now = moment("2026-03-30T12:00")
    for at in ("2026-03-28T23:00", "2026-03-29T21:59", "2026-03-29T22:00"):
        metered.track("m", 1, timestamp=moment(at))
    span = {"start": moment("2026-03-28T23:00"), "end": clock.now}
    query = {"feature_id": "m", "custom_range": span, "timezone": "Europe/Berlin"}
    assert values(metered("events.aggregate", query)) == [2, 1]


def test_hours_are_those_of_utc_in_every_time_zone(metered: Api) -> None:
    query = {"range": "24h", "bin_size": "hour", "timezone": "Asia/Kolkata"}
    assert aggregate(metered, **query) == aggregate(metered, range="24h", bin_size="hour")


@pytest.mark.parametrize("zone", ["Mars/Olympus_Mons", "America", "/etc/passwd"])
def test_unknown_time_zones_are_refused(metered: Api, zone: str) -> None:
    wanted = {"feature_id": "m", "timezone": zone}
    assert metered.refused("events.aggregate", wanted).code == "invalid_inputs"


def test_the_ends_of_the_calendar_have_time_zones_too(metered: Api) -> None:
    span = {"start": -1e300, "end": 1e300}
    query = {"custom_range": span, "timezone": "Pacific/Apia", "bin_size": "month"}
    assert values(metered("events.aggregate", {"feature_id": "m", **query}))[-1] == 0


def test_a_range_that_has_not_begun_is_empty(metered: Api, clock: StandingClock) -> None:
    metered.track("m", 3)
    span = {"start": clock.now + 2 * DAY, "end": clock.now + 9 * DAY}
    answer = metered("events.aggregate", feature_id="m", custom_range=span)
    assert answer == {"list": [], "total": {}}


def test_events_before_the_range_are_left_out_of_its_first_bin(
    metered: Api, clock: StandingClock
) -> None:
    for minutes, value in ((90, 5), (30, 1)):
        metered.track("m", value, timestamp=clock.now - minutes * 60_000)
    span = {"start": clock.now - HOUR, "end": clock.now}
    answer = metered("events.aggregate", feature_id="m", custom_range=span)
    assert (values(answer), answer["total"]["m"]["sum"]) == ([1], 1)


def test_each_bin_has_its_own_largest_groups(metered: Api, clock: StandingClock) -> None:
    for days, model, value in ((1, "a", 5), (1, "b", 4), (0, "b", 1), (0, "c", 2)):
        properties = {"model": model}
        metered.track("m", value, timestamp=clock.now - days * DAY, properties=properties)
    answer = aggregate(metered, group_by="properties.model", max_groups=1)
    assert [period["grouped_values"]["m"] for period in answer["list"]] == [
        {"a": 5, "c": 0, "AUTUMN_RESERVED": 4},
        {"a": 0, "c": 2, "AUTUMN_RESERVED": 1},
    ]


@pytest.mark.parametrize("most", [0, 251, 1.5])
def test_there_are_limits_to_the_number_of_groups(metered: Api, most: float) -> None:
    wanted = {"feature_id": "m", "group_by": "$plan_id", "max_groups": most}
    assert metered.refused("events.aggregate", wanted).status == 400


def test_filters_narrow_each_other_and_there_are_at_most_five(metered: Api) -> None:
    for number in range(4):
        metered.track("m", 2**number, properties={"a": number % 2, "b": number // 2})
    answer = aggregate(metered, filter_by={"a": "1", "b": "1"}, group_by="properties.b")
    assert answer["list"][-1]["grouped_values"] == {"m": {"1": 8}}
    assert aggregate(metered, filter_by={"a": "9"})["total"] == {}
    six = {f"p{number}": "x" for number in range(6)}
    assert metered.refused("events.aggregate", feature_id="m", filter_by=six).status == 400
    bad = {"bad-key": "x"}
    assert metered.refused("events.aggregate", feature_id="m", filter_by=bad).status == 400


def test_any_number_of_properties_can_be_grouped_by(metered: Api, clock: StandingClock) -> None:
    """Also those that came after columns for so many others."""
    for number in range(40):
        metered.track("m", 1, properties={f"p{number}": "x", "late": number % 2})
    metered.track("m", 5, timestamp=clock.now - HOUR, properties={"p39": "y", "p0": "y"})
    for name, groups in (
        ("p0", {"x": 1, "y": 5}),
        ("p39", {"x": 1, "y": 5}),
        ("late", {"0": 20, "1": 20}),
    ):
        answer = aggregate(metered, group_by=f"properties.{name}")
        assert answer["list"][-1]["grouped_values"]["m"] == groups


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


@pytest.fixture
def spending(metered: Api) -> Api:
    """Ten messages and two images were used up: from alice's messages, and from her credits."""
    metered.metered("seats", consumable=False)
    metered.metered("image")
    members = [{"metered_feature_id": "image", "credit_cost": 5}]
    members.append({"metered_feature_id": "m", "credit_cost": 2})
    fields = {"feature_id": "credits", "name": "Credits", "type": "credit_system"}
    metered("features.create", **fields, credit_schema=members)
    metered.plan("credits", monthly("credits", 100), add_on=True)
    metered.customer("alice", "credits")
    metered("entities.create", customer_id="alice", entity_id="e1", feature_id="seats")
    metered.track("m", 99)
    metered.track("m", 3, entity_id="e1", properties={"model": "a"})
    metered.track("image", 2, properties={"model": "b"})
    return metered


def spent(api: Api, **fields: Any) -> Any:
    wanted = {"range": "24h", "customer_id": "alice", "aggregate_on": "deducted", **fields}
    (period,) = aggregate(api, **wanted)["deductions"]
    return period


def test_deductions_say_what_each_balance_gave(spending: Api, clock: StandingClock) -> None:
    period = spent(spending)
    assert period["period"] == moment("2026-01-31")
    assert period["values"].keys() == {"m", "credits"}
    assert period["values"]["m"]["deducted"] == 100
    assert period["values"]["m"]["events"] == 2
    credits = period["values"]["credits"]
    assert (credits["feature_type"], credits["deducted"], credits["events"]) == (
        "credit_system",
        4,
        1,
    )
    (balance,) = credits["balances"]
    assert balance["plan_id"] == "credits"
    assert balance["entity_id"] is None
    assert balance["reset"] == {"interval": "month", "resets_at": moment("2026-02-28T12:00")}
    assert (balance["credit_cost"], balance["deducted"], balance["events"]) == (2, 4, 1)
    (plain,) = period["values"]["m"]["balances"]
    assert plain["credit_cost"] is None


def test_a_credit_system_is_asked_for_what_drew_on_it(spending: Api) -> None:
    period = spent(spending, feature_id="credits", group_by="$feature_id")
    assert period["values"]["credits"]["deducted"] == 14
    assert period["values"]["credits"]["balances"][0]["credit_cost"] is None
    (groups,) = period["grouped_values"].values()
    assert groups == {
        "m": {"deducted": 4, "credit_cost": 2},
        "image": {"deducted": 10, "credit_cost": 5},
    }


def test_deductions_by_property_and_by_entity(spending: Api) -> None:
    wanted = {"feature_id": "credits", "max_groups": 1}
    (groups,) = spent(spending, group_by="properties.model", **wanted)["grouped_values"].values()
    assert groups == {"b": {"deducted": 10}, "Other": {"deducted": 4}}
    (groups,) = spent(spending, group_by="$entity_id", **wanted)["grouped_values"].values()
    assert groups == {"e1": {"deducted": 4}}
    assert spent(spending, entity_id="e1")["values"]["credits"]["deducted"] == 4


def test_deductions_add_to_the_answer_and_change_nothing_in_it(spending: Api) -> None:
    plain = aggregate(spending, customer_id="alice")
    answer = aggregate(spending, customer_id="alice", aggregate_on="deducted")
    assert {name: answer[name] for name in plain} == plain
    assert (
        aggregate(spending, customer_id="alice", feature_id="x", aggregate_on="deducted")[
            "deductions"
        ]
        == []
    )


@pytest.mark.parametrize(
    "fields", [{}, {"group_by": "$plan_id"}, {"filter_by": {"a": "b"}}, {"aggregate_on": "all"}]
)
def test_deductions_are_those_of_one_customer(spending: Api, fields: dict[str, Any]) -> None:
    wanted = {"feature_id": "m", "aggregate_on": "deducted", **fields}
    if fields:
        wanted["customer_id"] = "alice"
    assert spending.refused("events.aggregate", wanted).status == 400


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
