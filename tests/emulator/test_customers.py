"""customers.*: merging, claiming, listing, controls, defaults."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import DAY, Api, StandingClock, monthly


def test_an_id_is_made_of_letters_digits_and_three_signs(api: Api) -> None:
    assert api("customers.get_or_create", customer_id="Org:1_a-B")["id"] == "Org:1_a-B"
    for odd in ("", "a b", "a@b", "a.b", "a/b", "\u00e9"):
        refused = api.refused("customers.get_or_create", customer_id=odd)
        assert (refused.status, refused.code) == (400, "invalid_inputs")


@pytest.mark.parametrize("email", ["a@b.co", "A.b+c@sub.example.com", "o'neil@x-y.org"])
def test_emails_accepted(api: Api, email: str) -> None:
    assert api("customers.get_or_create", customer_id="a", email=email)["email"] == email


@pytest.mark.parametrize(
    "email", ["", "a", "a@b", "@b.co", "a@@b.co", "a b@c.co", ".a@b.co", "a..b@c.co", "a@-b.co"]
)
def test_emails_refused(api: Api, email: str) -> None:
    refused = api.refused("customers.get_or_create", customer_id="a", email=email)
    assert refused.message == "email: not a valid email address"


def test_an_unnamed_customer_is_found_again_by_email_and_claimed_once(api: Api) -> None:
    api.plan("p", auto_enable=True)
    unnamed = {"customer_id": None, "email": "A@b.co"}
    first = api("customers.get_or_create", unnamed)
    assert api("customers.get_or_create", {**unnamed, "email": "a@B.co"}) == first
    claimed = api("customers.get_or_create", customer_id="alice", email="a@b.co", name="X")
    assert claimed == {**first, "id": "alice"}
    assert api("customers.get_or_create", unnamed)["id"] is None


def test_an_unusable_first_plan_creates_no_customer(api: Api) -> None:
    api.plan("paid", price={"amount": 5, "interval": "month"})
    for plan_id, status in (("paid", 400), ("ghost", 404)):
        wanted = {"customer_id": "alice", "auto_enable_plan_id": plan_id}
        assert api.refused("customers.get_or_create", wanted).status == status
    assert api.refused("customers.get", customer_id="alice").status == 404


def test_a_default_trial_starts_at_once_and_gives_way_to_the_free_plan(
    api: Api, clock: StandingClock
) -> None:
    api.metered("m")
    api.plan("free", monthly("m", 10), auto_enable=True)
    trial = {"duration_length": 7, "duration_type": "day", "card_required": False}
    price = {"amount": 20, "interval": "month"}
    api.plan("pro", monthly("m", 99), auto_enable=True, free_trial=trial, price=price)
    (held,) = api("customers.get_or_create", customer_id="alice")["subscriptions"]
    assert (held["plan_id"], held["trial_ends_at"]) == ("pro", clock.now + 7 * DAY)
    assert api.remaining("m") == 99
    clock.advance(7 * DAY)
    customer = api("customers.get_or_create", customer_id="alice")
    assert [held["plan_id"] for held in customer["subscriptions"]] == ["free"]
    assert api.remaining("m") == 10


def test_renaming(api: Api) -> None:
    api.metered("m")
    api("customers.get_or_create", customer_id="a")
    api("customers.get_or_create", customer_id="b")
    api("balances.create", customer_id="a", feature_id="m", included_grant=5)
    api.track("m", 2, customer_id="a")
    taken = api.refused("customers.update", customer_id="a", new_customer_id="b")
    assert (taken.status, taken.code) == (409, "customer_already_exists")
    null = {"customer_id": "a", "new_customer_id": None}
    assert api.refused("customers.update", null).status == 400
    assert api("customers.update", customer_id="a", new_customer_id="c")["id"] == "c"
    assert api.refused("customers.get", customer_id="a").status == 404
    assert api.remaining("m", "c") == 3
    (event,) = api("events.list", customer_id="c")["list"]
    assert event["customer_id"] == "c"


def test_update_keeps_what_it_does_not_mention(api: Api) -> None:
    api("customers.get_or_create", customer_id="a", email="a@b.co", stripe_id="cus_1")
    changes = {"fingerprint": "f", "config": {"disable_pooled_balance": True}}
    customer = api("customers.update", customer_id="a", **changes)
    assert (customer["email"], customer["stripe_id"]) == ("a@b.co", "cus_1")
    assert customer["config"] == {"disable_pooled_balance": True}
    assert api("customers.update", customer_id="a", stripe_id="")["stripe_id"] is None


def test_controls_are_stored_with_their_defaults(recent_api: Api) -> None:
    controls = {
        "auto_topups": [
            {
                "feature_id": "m",
                "threshold": 1,
                "quantity": 5,
                "purchase_limit": {"interval": "day", "limit": 2},
            }
        ],
        "spend_limits": [{"overage_limit": 5}],
        "usage_limits": [{"feature_id": "m", "limit": 5, "interval": "day"}],
        "usage_alerts": [{"threshold": 5, "threshold_type": "usage"}],
        "overage_allowed": [{"feature_id": "m"}],
    }
    recent_api.version = "2.2.0"
    recent_api.customer("a")
    update = {"customer_id": "a", "billing_controls": controls}
    stored = recent_api("customers.update", update)["billing_controls"]
    assert stored["auto_topups"][0]["enabled"] is False
    assert stored["auto_topups"][0]["purchase_limit"]["interval_count"] == 1
    assert stored["spend_limits"] == [{"overage_limit": 5, "enabled": False}]
    assert stored["usage_limits"][0].items() >= {"enabled": True, "usage": 0}.items()
    assert stored["usage_alerts"][0]["enabled"] is True
    assert stored["overage_allowed"] == [{"feature_id": "m", "enabled": False}]
    cleared = {**update, "billing_controls": {"usage_limits": []}}
    left = recent_api("customers.update", cleared)["billing_controls"]
    assert left.keys() == stored.keys() - {"usage_limits"}


def test_inherited_controls_are_shown_since_2_3(recent_api: Api) -> None:
    entry = {"feature_id": "m", "overage_limit": 5, "enabled": True}
    recent_api.plan("p", billing_controls={"spend_limits": [entry]})
    recent_api.customer("a", "p")
    own = {"spend_limits": [{**entry, "feature_id": "n"}]}
    recent_api("customers.update", customer_id="a", billing_controls=own)

    def shown(version: str) -> Any:
        recent_api.version = version
        return recent_api("customers.get", customer_id="a")["billing_controls"]["spend_limits"]

    assert shown("2.2.0") == own["spend_limits"]
    sources = [(each["feature_id"], each["source"]) for each in shown("2.3.0")]
    assert sources == [("n", "customer"), ("m", "plan")]


def test_expansions(api: Api) -> None:
    api.metered("m")
    api("features.create", feature_id="sso", name="SSO", type="boolean")
    api.plan("p", monthly("m", 5), {"feature_id": "sso"})
    api.customer("a", "p")
    wanted = ["subscriptions.plan", "balances.feature", "flags.feature", "invoices", "entities"]
    customer = api("customers.get", customer_id="a", expand=wanted)
    assert customer["subscriptions"][0]["plan"]["id"] == "p"
    assert customer["balances"]["m"]["feature"]["id"] == "m"
    assert customer["flags"]["sso"]["feature"]["type"] == "boolean"
    assert (customer["invoices"], customer["entities"]) == ([], [])
    assert api.refused("customers.get", customer_id="a", expand=["x"]).code == "invalid_inputs"


def test_deleting_forgets_balances_events_and_email(api: Api) -> None:
    api.metered("m")
    api("customers.get_or_create", customer_id="a", email="a@b.co")
    api("balances.create", customer_id="a", feature_id="m", included_grant=5)
    api.track("m", customer_id="a")
    api("customers.delete", customer_id="a")
    assert api("events.list")["list"] == []
    assert api("customers.list")["list"] == []
    assert api("customers.get_or_create", customer_id="a")["balances"] == {}


@pytest.fixture
def crowd(api: Api, clock: StandingClock) -> Api:
    """25 customers, one per second, every fifth on a plan, all with the next one's email."""
    api.plan("p")
    for number in range(25):
        clock.advance(1000)
        fields = {"name": f"N{number}", "email": f"mail{number}@x.co"}
        api("customers.get_or_create", customer_id=f"c{number:02}", **fields)
        if number % 5 == 0:
            api.attach(f"c{number:02}", "p")
    return api


def ids(page: Any) -> list[str]:
    return [customer["id"] for customer in page["list"]]


NEWEST_FIRST = [f"c{number:02}" for number in reversed(range(25))]


def test_pages_by_offset(crowd: Api) -> None:
    crowd.version = "2.2.0"
    first = crowd("customers.list")
    assert ids(first) == NEWEST_FIRST[:10]
    counts = {"total": 10, "total_count": 25, "total_filtered_count": 25, "has_more": True}
    assert first.items() >= {**counts, "limit": 10, "offset": 0}.items()
    last = crowd("customers.list", offset=20, limit="10")
    assert ids(last) == NEWEST_FIRST[20:]
    assert (last["total"], last["has_more"]) == (5, False)
    filtered = crowd("customers.list", plans=[{"id": "p"}], limit=2)
    assert ids(filtered) == ["c20", "c15"]
    assert (filtered["total_filtered_count"], filtered["total_count"]) == (5, 25)


def test_pages_by_cursor(crowd: Api) -> None:
    crowd.version = "2.3.0"
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = crowd("customers.list", limit=7, start_cursor=cursor)
        found += ids(page)
        cursor = page["next_cursor"]
    assert found == NEWEST_FIRST


def test_a_cursor_survives_changes_around_it(crowd: Api, clock: StandingClock) -> None:
    crowd.version = "2.3.0"
    page = crowd("customers.list", limit=7)
    clock.advance(1000)
    crowd("customers.get_or_create", customer_id="new")
    crowd("customers.delete", customer_id=page["list"][-1]["id"])
    following = crowd("customers.list", limit=7, start_cursor=page["next_cursor"])
    assert ids(following) == NEWEST_FIRST[7:14]


def test_oldest_first(crowd: Api) -> None:
    crowd.version = "2.3.0"
    first = crowd("customers.list", sort_order="asc", limit=20)
    second = crowd("customers.list", sort_order="asc", limit=20, start_cursor=first["next_cursor"])
    assert ids(first) + ids(second) == NEWEST_FIRST[::-1]


@pytest.mark.parametrize(
    ("search", "found"),
    [("C07", ["c07"]), ("n24", ["c24"]), ("MAIL3@", ["c03"]), ("ghost", [])],
)
def test_search_looks_at_id_name_and_email(crowd: Api, search: str, found: list[str]) -> None:
    assert ids(crowd("customers.list", search=search)) == found


def test_other_filters(crowd: Api) -> None:
    crowd.version = "2.3.0"
    crowd("customers.update", customer_id="c03", stripe_id="cus_1")
    assert ids(crowd("customers.list", processors=["stripe"])) == ["c03"]
    assert ids(crowd("customers.list", plans=[{"id": "p", "versions": [2]}])) == []
    scheduled = crowd("customers.list", plans=[{"id": "p"}], subscription_status="scheduled")
    assert ids(scheduled) == []
    moments = sorted(each["created_at"] for each in crowd("customers.list")["list"])
    span = {"start": moments[3], "end": moments[4]}
    assert ids(crowd("customers.list", created_at_range=span)) == ["c04", "c03"]


@pytest.mark.parametrize(
    ("limit", "code"), [(0, "invalid_inputs"), (5001, "invalid_inputs"), (1001, "invalid_request")]
)
def test_limits_of_cursor_pages(recent_api: Api, limit: int, code: str) -> None:
    assert recent_api.refused("customers.list", limit=limit).code == code


@pytest.mark.parametrize("cursor", ["garbage", "e30", "W10", "eyJ0IjoieCJ9", "\u00e9", "=", "A"])
def test_cursors_that_are_none(recent_api: Api, cursor: str) -> None:
    for operation in ("customers.list", "events.list"):
        refused = recent_api.refused(operation, start_cursor=cursor)
        assert (refused.status, refused.code) == (400, "invalid_cursor")
