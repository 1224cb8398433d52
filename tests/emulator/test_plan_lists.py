"""Lists of the plans that customers hold, held or will hold."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import DAY, Api, StandingClock, moment
from .paying import attach, change, quantity, rich, shop


@pytest.fixture
def api(recent_api: Api, clock: StandingClock) -> Api:
    """alice goes from pro down to free and has bought packs; bob's entity has pro."""
    api = recent_api
    shop(api)
    rich(api)
    attach(api, "pro")
    clock.advance(DAY)
    attach(api, "top-up", feature_quantities=quantity(100))
    clock.advance(DAY)
    attach(api, "free")
    api.metered("seats", consumable=False)
    rich(api, "bob")
    api("entities.create", customer_id="bob", entity_id="desk", feature_id="seats")
    api("billing.attach", customer_id="bob", plan_id="pro", entity_id="desk")
    return api


def listed(api: Api, **fields: Any) -> list[tuple[str, str, str]]:
    rows = api("subscriptions.list", **fields)["list"]
    return [(row["customer_id"], row["plan_id"], row["status"]) for row in rows]


def test_subscriptions_of_everybody_are_listed_newest_first(api: Api) -> None:
    rows = listed(api)
    assert set(rows[:2]) == {("bob", "pro", "active"), ("alice", "free", "scheduled")}
    assert rows[2:] == [("alice", "pro", "active")]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"customer_id": "ghost"}, []),
        ({"customer_id": "alice", "plan_id": "pro"}, [("alice", "pro", "active")]),
        ({"entity_id": "desk"}, [("bob", "pro", "active")]),
        ({"statuses": ["scheduled"]}, [("alice", "free", "scheduled")]),
        ({"statuses": ["expired"]}, []),
    ],
)
def test_subscriptions_can_be_chosen(
    api: Api, fields: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    assert listed(api, **fields) == expected


def test_a_subscription_is_listed_as_its_customer_shows_it(api: Api, clock: StandingClock) -> None:
    (row,) = api("subscriptions.list", customer_id="alice", plan_id="pro")["list"]
    shown = api("customers.get", customer_id="alice")["subscriptions"]
    assert {**row, **next(each for each in shown if each["plan_id"] == "pro")} == row
    assert (row["entity_id"], row["created_at"]) == (None, moment("2026-01-31T12:00:00"))
    (desk,) = api("subscriptions.list", entity_id="desk")["list"]
    assert (desk["scope"], desk["current_period_start"]) == ("entity", clock.now)


def test_plans_that_are_over_say_when_they_ended(api: Api, clock: StandingClock) -> None:
    change(api, plan_id="pro", cancel_action="cancel_immediately")
    (row,) = api("subscriptions.list", customer_id="alice", statuses=["expired"])["list"]
    assert (row["plan_id"], row["expires_at"]) == ("pro", clock.now)
    assert api("subscriptions.list", customer_id="alice")["list"] == []


def test_plans_that_are_paid_once_have_a_list_of_their_own(api: Api) -> None:
    (row,) = api("purchases.list")["list"]
    assert (row["customer_id"], row["plan_id"], row["status"]) == ("alice", "top-up", "active")
    assert (row["quantity"], row["entity_id"]) == (1, None)


def test_the_lists_come_in_pages(api: Api) -> None:
    whole = api("subscriptions.list")["list"]
    seen: list[Any] = []
    cursor = ""
    while cursor is not None:
        page = api("subscriptions.list", limit=1, start_cursor=cursor)
        seen += page["list"]
        cursor = page["next_cursor"]
        assert page["has_more"] == (cursor is not None)
    assert seen == whole
