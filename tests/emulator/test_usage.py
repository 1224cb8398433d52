"""balances.check, balances.track and balances.batch_track."""

from __future__ import annotations

from typing import Any

import pytest

from autumn_async.emulator.keys import Tenant

from .conftest import DAY, Api, StandingClock, monthly, prepaid, usage_based


@pytest.fixture
def metered(api: Api) -> Api:
    """alice holds 100 messages a month."""
    api.metered("m", event_names=["sent"])
    api.plan("free", monthly("m", 100))
    api.customer("alice", "free")
    return api


def check(api: Api, feature_id: str, **fields: Any) -> Any:
    return api("balances.check", customer_id="alice", feature_id=feature_id, **fields)


def allowed(api: Api, feature_id: str, required: float, **fields: Any) -> bool:
    return check(api, feature_id, required_balance=required, **fields)["allowed"]


def control(api: Api, **lists: Any) -> None:
    api("customers.update", customer_id="alice", billing_controls=lists)


@pytest.mark.parametrize(
    ("required", "expected"),
    [(1, True), (100, True), (100.5, False), (101, False), (0, True), (-5, True), (1e300, False)],
)
def test_metered_is_allowed_up_to_what_remains(
    metered: Api, required: float, expected: bool
) -> None:
    assert allowed(metered, "m", required) is expected


def test_an_empty_entity_id_is_none_and_echoed(metered: Api) -> None:
    assert check(metered, "m", entity_id="")["entity_id"] == ""
    assert metered.track("m", entity_id="")["entity_id"] == ""
    refused = metered.refused("balances.check", customer_id="alice", feature_id="m", entity_id="e")
    assert (refused.status, refused.code) == (404, "entity_not_found")


def test_features_are_looked_up_before_customers(metered: Api) -> None:
    ghosts = {"customer_id": "ghost", "feature_id": "ghost"}
    for operation in ("balances.check", "balances.track"):
        assert metered.refused(operation, ghosts).code == "feature_not_found"


def test_preview_is_null_where_it_was_asked_for(metered: Api) -> None:
    assert check(metered, "m", with_preview=True)["preview"] is None
    assert "preview" not in check(metered, "m")


def test_usage_based_may_go_over_up_to_its_cap(api: Api) -> None:
    api.metered("m")
    api.plan("pro", usage_based("m", 100, max_purchase=50))
    api.customer("alice", "pro")
    assert allowed(api, "m", 150)
    assert not allowed(api, "m", 151)
    assert api.track("m", 200)["deductions"][0]["value"] == 150
    balance = api.balance("m")
    assert (balance["granted"], balance["remaining"], balance["usage"]) == (100, 0, 150)
    assert (balance["overage_allowed"], balance["max_purchase"]) == (True, 50)
    assert not allowed(api, "m", 1)
    api.track("m", 20, overage_behavior="overflow")
    assert api.balance("m")["usage"] == 170


def test_a_spend_limit_replaces_the_cap(api: Api) -> None:
    api.metered("m")
    api.plan("pro", usage_based("m", 100, max_purchase=50))
    api.customer("alice", "pro")
    control(api, spend_limits=[{"feature_id": "m", "enabled": True, "overage_limit": 20}])
    assert allowed(api, "m", 120)
    assert not allowed(api, "m", 121)
    api.track("m", 500, overage_behavior="overflow")
    assert api.balance("m")["usage"] == 120
    percentage = {"limit_type": "usage_percentage", "overage_limit": 80, "enabled": True}
    control(api, spend_limits=[percentage])
    assert allowed(api, "m", 60)
    assert not allowed(api, "m", 61)


def test_a_control_allows_or_forbids_overage(api: Api) -> None:
    api.metered("m")
    api.metered("n")
    api.plan("pro", monthly("m", 10), usage_based("n", 10))
    api.customer("alice", "pro")
    control(
        api,
        overage_allowed=[
            {"feature_id": "m", "enabled": True},
            {"feature_id": "n", "enabled": False},
        ],
    )
    assert allowed(api, "m", 1000)
    assert api.track("m", 25)["balance"]["usage"] == 25
    assert not allowed(api, "n", 11)
    assert api.track("n", 25)["balance"]["usage"] == 10


def test_the_strictest_plan_controls_where_the_customer_does_not(api: Api) -> None:
    api.metered("m")
    limits = [{"feature_id": "m", "enabled": True, "overage_limit": 5}]
    api.plan("pro", usage_based("m", 0), billing_controls={"spend_limits": limits})
    limits = [{"feature_id": "m", "enabled": True, "overage_limit": 3}]
    api.plan("extra", add_on=True, billing_controls={"spend_limits": limits})
    api.customer("alice", "pro", "extra")
    assert allowed(api, "m", 3)
    assert not allowed(api, "m", 4)
    control(api, spend_limits=[{"feature_id": "m", "enabled": True, "overage_limit": 9}])
    assert allowed(api, "m", 9)


def test_packs_are_rounded_up_and_include_the_allowance(api: Api) -> None:
    api.metered("m")
    api.plan("pro", prepaid("m", 100, 100, max_purchase=500))
    api("customers.get_or_create", customer_id="alice")
    api.attach("alice", "pro", feature_quantities=[{"feature_id": "m", "quantity": 250}])
    balance = api.balance("m")
    (row,) = balance["breakdown"]
    assert (row["included_grant"], row["prepaid_grant"], balance["remaining"]) == (100, 200, 300)
    assert (balance["max_purchase"], row["price"]["max_purchase"]) == (300, 300)
    assert not allowed(api, "m", 301)


def test_seats_may_be_overused_by_track_but_not_by_check(api: Api) -> None:
    api.metered("seats", consumable=False)
    api.plan("free", {"feature_id": "seats", "included": 2})
    api.customer("alice", "free")
    assert not allowed(api, "seats", 3, send_event=True)
    tracked = api.track("seats", 3)
    assert (tracked["balance"]["usage"], tracked["balance"]["remaining"]) == (3, 0)
    assert tracked["deductions"][0]["reset"] is None
    assert tracked["balance"]["breakdown"][0]["reset"] is None
    assert api.track("seats", -2)["balance"]["remaining"] == 1


def test_a_boolean_feature_is_a_flag(api: Api) -> None:
    api("features.create", feature_id="sso", name="SSO", type="boolean")
    api.plan("free", {"feature_id": "sso"})
    api.customer("alice", "free")
    answer = check(api, "sso", required_balance=50)
    assert (answer["allowed"], answer["balance"]) == (True, None)
    assert answer["flag"]["plan_id"] == "free"
    tracked = api.track("sso")
    assert (tracked["balance"], tracked["deductions"]) == (None, [])
    with_event = {"customer_id": "alice", "feature_id": "sso", "send_event": True}
    assert api.refused("balances.check", with_event).code == "invalid_request"


def test_a_denied_check_names_the_plan_to_buy(metered: Api) -> None:
    metered("features.create", feature_id="sso", name="SSO", type="boolean")
    sso, month = {"feature_id": "sso"}, {"interval": "month"}
    metered.plan("max", monthly("m", 999), sso, price={"amount": 50, **month})
    metered.plan("pro", monthly("m", 99), price={"amount": 20, **month})
    metered.plan("extra", monthly("m", 9), add_on=True)

    def preview(feature_id: str) -> Any:
        wanted = {"customer_id": "alice", "feature_id": feature_id, "with_preview": True}
        return metered("balances.check", {**wanted, "required_balance": 1000})["preview"]

    assert (preview("m")["scenario"], preview("m")["upgrade_product_id"]) == ("usage_limit", "pro")
    assert preview("sso")["upgrade_product_id"] == "max"
    metered.attach("alice", "max")
    assert preview("m")["upgrade_product_id"] == "extra"
    assert preview("m")["title"] == "Purchase extra"
    metered.metered("other")
    nothing = preview("other")
    assert nothing["products"] == []
    assert (nothing["scenario"], nothing["upgrade_product_id"]) == ("feature_flag", None)


def test_a_denied_check_lists_what_could_be_bought(metered: Api) -> None:
    month = {"interval": "month"}
    trial = {"duration_length": 7, "duration_type": "day", "card_required": False}
    pack = {"amount": 10, "billing_units": 100, "interval": "one_off", "billing_method": "prepaid"}
    overage = {"amount": 0.01, "billing_method": "usage_based", **month}
    price = {"amount": 20, **month}
    metered.plan("pro", {"feature_id": "m", "included": 1000, "price": overage}, price=price)
    metered.plan("max", monthly("m", 5000), price={"amount": 50, **month}, free_trial=trial)
    metered.plan("top-up", {"feature_id": "m", "price": pack}, add_on=True)
    wanted = {"customer_id": "alice", "feature_id": "m", "with_preview": True}
    shown = metered("balances.check", {**wanted, "required_balance": 1000})["preview"]
    pro, best, top_up = shown["products"]
    assert shown["message"].endswith("you can purchase the top-up add on.")
    base, messages = pro["items"]
    assert (base["type"], base["price"], base["interval"]) == ("price", 20, "month")
    assert (messages["usage_model"], messages["price"]) == ("pay_per_use", 0.01)
    assert messages["included_usage"] == 1000
    assert (pro["scenario"], pro["properties"]["interval_group"]) == ("new", "month")
    assert best["free_trial"]["trial_available"]
    (bought,) = top_up["items"]
    assert (bought["interval"], bought["usage_model"], bought["billing_units"]) == (
        None,
        "prepaid",
        100,
    )
    assert bought["display"]["secondary_text"].endswith("one-off")
    assert (top_up["is_add_on"], top_up["properties"]["is_one_off"]) == (True, True)
    metered.attach("alice", "pro")
    usage_limited = {"feature_id": "m", "limit": 1, "interval": "day"}
    controls = {"usage_limits": [usage_limited]}
    metered("customers.update", customer_id="alice", billing_controls=controls)
    shown = metered("balances.check", {**wanted, "required_balance": 9})["preview"]
    assert [(each["id"], each["scenario"]) for each in shown["products"]] == [
        ("max", "upgrade"),
        ("top-up", "new"),
    ]
    assert shown["title"] == "Start trial for max"


@pytest.fixture
def credits(api: Api) -> Api:
    """alice holds 10 images and 100 credits; an image costs 5 of them."""
    api.metered("image")
    schema = [{"metered_feature_id": "image", "credit_cost": 5}]
    api("features.create", feature_id="c", name="C", type="credit_system", credit_schema=schema)
    api.plan("free", monthly("image", 10), monthly("c", 100))
    api.customer("alice", "free")
    return api


def test_own_balance_answers_first_then_credits(credits: Api) -> None:
    own = check(credits, "image", required_balance=10)
    assert (own["balance"]["feature_id"], own["required_balance"]) == ("image", 10)
    paid = check(credits, "image", required_balance=11)
    assert (paid["balance"]["feature_id"], paid["required_balance"]) == ("c", 55)
    assert paid["allowed"]
    denied = check(credits, "image", required_balance=101)
    assert (denied["balance"]["feature_id"], denied["allowed"]) == ("c", False)


def test_a_track_spends_own_balance_then_credits(credits: Api) -> None:
    tracked = credits.track("image", 14)
    assert [each["value"] for each in tracked["deductions"]] == [10, 20]
    assert tracked["balance"]["feature_id"] == "image"
    assert tracked["balances"]["c"]["remaining"] == 80
    refunded = credits.track("image", -12)
    assert [each["value"] for each in refunded["deductions"]] == [-10, -10]


def test_a_check_that_consumes_spans_both_and_is_priced_by_what_was_asked(credits: Api) -> None:
    taken = check(credits, "image", required_balance=14, send_event=True)
    assert (taken["allowed"], taken["required_balance"]) == (True, 70)
    assert (credits.remaining("c"), credits.balance("image")["feature_id"]) == (80, "c")


def test_tracking_credits_directly(credits: Api) -> None:
    tracked = credits.track("c", 7)
    assert (tracked["balance"]["remaining"], "balances" in tracked) == (93, False)


def test_members_that_cost_nothing_take_nothing(api: Api) -> None:
    api.metered("image")
    schema = [{"metered_feature_id": "image", "credit_cost": 0}]
    api("features.create", feature_id="c", name="C", type="credit_system", credit_schema=schema)
    api.plan("free", monthly("c", 1))
    api.customer("alice", "free")
    assert check(api, "image", required_balance=50)["allowed"]
    assert api.track("image", 50, overage_behavior="reject")["deductions"] == []
    assert api.track("image", -50)["deductions"] == []
    assert api.remaining("c") == 1


def test_an_event_fans_out_to_every_feature_that_lists_it(metered: Api) -> None:
    metered.metered("n", event_names=["sent"])
    event = {"customer_id": "alice", "event_name": "sent", "value": 2, "async": False}
    tracked = metered("balances.track", event)
    assert tracked["balance"]["feature_id"] == "m"
    assert tracked["balances"] == {"m": tracked["balance"], "n": None}
    metered("balances.create", customer_id="alice", feature_id="n", included_grant=5)
    tracked = metered("balances.track", event)
    assert tracked["balance"] is None
    assert (tracked["event_name"], tracked["balances"]["n"]["remaining"]) == ("sent", 3)
    (newest, *_) = metered("events.list", customer_id="alice")["list"]
    assert newest["feature_id"] == "sent"
    assert {each["feature_id"] for each in newest["deductions"]} == {"m", "n"}


def test_even_an_empty_event_name_is_a_name(metered: Api) -> None:
    metered("features.update", feature_id="m", event_names=[""])
    metered("balances.track", {"customer_id": "alice", "event_name": "", "async": False})
    assert metered("events.list")["list"][0]["feature_id"] == ""


def test_event_names_that_lead_nowhere_and_may_not_reject(metered: Api) -> None:
    event = {"customer_id": "alice", "event_name": "ghost"}
    refused = metered.refused("balances.track", event)
    assert (refused.status, refused.code) == (404, "invalid_request")
    event = {"customer_id": "alice", "event_name": "sent", "overage_behavior": "reject"}
    assert metered.refused("balances.track", event).status == 400


@pytest.mark.parametrize("skew", [1, DAY])
def test_the_future_is_refused_and_the_past_is_not(
    metered: Api, clock: StandingClock, skew: int
) -> None:
    metered.track("m", timestamp=clock.now - skew)
    (event,) = metered("events.list", customer_id="alice")["list"]
    assert event["timestamp"] == clock.now - skew
    usage = {"customer_id": "alice", "feature_id": "m"}
    refused = metered.refused("balances.track", {**usage, "timestamp": clock.now + skew})
    assert refused.message == "timestamp: timestamp cannot be in the future"
    batch = [usage, {**usage, "timestamp": clock.now + skew}]
    refused = metered.refused("balances.batch_track", batch)
    assert refused.message == "1.timestamp: timestamp cannot be in the future"
    assert metered.refused("balances.track", {**usage, "timestamp": 0}).status == 400


def test_usage_limits_cap_a_window(metered: Api, clock: StandingClock) -> None:
    control(metered, usage_limits=[{"feature_id": "m", "interval": "day", "limit": 5}])
    assert allowed(metered, "m", 5)
    assert not allowed(metered, "m", 6)
    assert metered.track("m", 8)["deductions"][0]["value"] == 5
    metered.track("m", -2)
    assert not allowed(metered, "m", 1)
    assert not check(metered, "m", send_event=True)["allowed"]
    clock.advance(DAY)
    assert allowed(metered, "m", 5)


def test_overflow_ignores_usage_limits_but_is_counted(metered: Api) -> None:
    control(metered, usage_limits=[{"feature_id": "m", "interval": "day", "limit": 5}])
    metered.track("m", 7, overage_behavior="overflow")
    controls = metered("customers.get", customer_id="alice")["billing_controls"]
    assert controls["usage_limits"][0]["usage"] == 7


def test_filtered_usage_limits_see_only_matching_events(metered: Api) -> None:
    limit = {"feature_id": "m", "interval": "month", "limit": 3, "anchor": "utc"}
    only = {"properties": {"model": "big", "fast": True}}
    control(metered, usage_limits=[{**limit, "filter": only}])
    metered.track("m", 50, properties={"model": "small"})
    big = {"model": "big", "fast": True}
    assert metered.track("m", 10, properties=big)["deductions"][0]["value"] == 3
    assert not allowed(metered, "m", 1, properties=big)
    assert allowed(metered, "m", 1)


@pytest.mark.parametrize("interval", ["week", "month", "year"])
def test_windows_turn_with_the_plan_where_the_feature_does_not_reset(
    api: Api, clock: StandingClock, interval: str
) -> None:
    api.metered("m")
    api.plan("extra", {"feature_id": "m", "included": 5}, add_on=True)
    api.plan("main")
    api.customer("alice", "extra")
    control(api, usage_limits=[{"feature_id": "m", "interval": interval, "limit": 1}])
    assert api.track("m", 2)["deductions"][0]["value"] == 1
    clock.advance(DAY)
    api.attach("alice", "main")
    assert allowed(api, "m", 1)
    assert api.track("m", 2)["deductions"][0]["value"] == 1
    clock.advance(DAY)
    assert not allowed(api, "m", 1)


def test_a_limit_on_credits_bounds_their_members(credits: Api) -> None:
    control(credits, usage_limits=[{"feature_id": "c", "interval": "day", "limit": 20}])
    tracked = credits.track("image", 20)
    assert [each["value"] for each in tracked["deductions"]] == [10, 20]
    assert not allowed(credits, "image", 1)


def test_unlimited_asks_no_limits(metered: Api) -> None:
    metered("balances.create", customer_id="alice", feature_id="m", unlimited=True)
    control(metered, usage_limits=[{"feature_id": "m", "interval": "day", "limit": 5}])
    assert allowed(metered, "m", 1000)
    assert metered.track("m", 1000)["balance"]["usage"] == 1000


def test_queued_usage_is_applied_after_the_answer(metered: Api) -> None:
    queued = metered.track("m", 5, **{"async": True})
    assert (queued["balance"], "deductions" in queued) == (None, False)
    assert metered.remaining("m") == 95


def test_batches_apply_what_can_be_applied(metered: Api) -> None:
    usage = {"customer_id": "alice", "feature_id": "m", "value": 2}
    ghost = {**usage, "customer_id": "ghost"}
    assert metered("balances.batch_track", [usage, ghost, usage]) == {"success": True}
    assert metered.remaining("m") == 96
    unknown = metered.refused("balances.batch_track", [usage, {**usage, "feature_id": "ghost"}])
    assert unknown.code == "feature_not_found"
    assert metered.remaining("m") == 96


def key(api: Api, value: float, **fields: Any) -> Any:
    return api.track("m", value, idempotency_key="k", **fields)


def refused_key(api: Api, **fields: Any) -> bool:
    usage = {"customer_id": "alice", "feature_id": "m", "async": False, **fields}
    refused = api.refused("balances.track", usage)
    return (refused.status, refused.code) == (409, "duplicate_idempotency_key")


def test_a_key_in_the_body_bills_once_for_a_day(metered: Api, clock: StandingClock) -> None:
    key(metered, 2)
    assert refused_key(metered, idempotency_key="k")
    clock.advance(DAY - 1)
    assert refused_key(metered, idempotency_key="k")
    clock.advance(1)
    assert key(metered, 2)["balance"]["usage"] == 4


def test_keys_of_header_and_body_are_apart(metered: Api) -> None:
    key(metered, 2)
    header = {"idempotency-key": "k"}
    key_free = {"customer_id": "alice", "feature_id": "m", "async": False}
    metered("balances.track", key_free, headers=header)
    refused = metered.refused("features.list", headers=header)
    assert refused.code == "duplicate_idempotency_key"
    assert metered.remaining("m") == 97


def test_batch_items_share_the_keys_of_tracks_and_drop_duplicates(metered: Api) -> None:
    usage = {"customer_id": "alice", "feature_id": "m", "value": 2, "idempotency_key": "k"}
    metered("balances.batch_track", [usage, usage, {**usage, "idempotency_key": "other"}])
    assert metered.remaining("m") == 96
    assert refused_key(metered, idempotency_key="k")
    metered("balances.batch_track", [usage])
    assert metered.remaining("m") == 96


def test_a_failed_request_gives_its_key_back(metered: Api) -> None:
    usage = {"customer_id": "alice", "feature_id": "m", "value": 500, "async": False}
    body = {**usage, "idempotency_key": "k", "overage_behavior": "reject"}
    header = {"idempotency-key": "h"}
    assert metered.refused("balances.track", body, headers=header).status == 400
    assert metered.refused("balances.track", body, headers=header).status == 400
    ghost = {**usage, "customer_id": "ghost", "idempotency_key": "g"}
    metered("balances.batch_track", [ghost])
    metered("balances.batch_track", [{**usage, "value": 1, "idempotency_key": "g"}])
    assert metered.remaining("m") == 99


def test_a_conflict_keeps_the_key(metered: Api) -> None:
    header = {"idempotency-key": "h"}
    again = {"customer_id": "alice", "plan_id": "free"}
    assert metered.refused("billing.attach", again, headers=header).code == (
        "plan_already_attached"
    )
    refused = metered.refused("billing.attach", again, headers=header)
    assert refused.code == "duplicate_idempotency_key"


def test_expired_keys_are_forgotten(metered: Api, clock: StandingClock) -> None:
    for number in range(100):
        metered.track("m", 0, idempotency_key=f"k{number}")
    clock.advance(DAY)
    metered.track("m", 0, idempotency_key="last")
    claims = metered.gateway.environment(Tenant("", "sandbox")).claims
    assert len(claims._until) == 1


def test_events_are_listed_newest_first_with_what_they_took(
    metered: Api, clock: StandingClock
) -> None:
    metered.version = "2.3.0"
    gift = {"customer_id": "alice", "feature_id": "m", "included_grant": 3, "balance_id": "gift"}
    metered("balances.create", {**gift, "expires_at": clock.now + DAY})
    metered.track("m", 102, properties={"a": [1]})
    clock.advance(1000)
    metered.track("m", 5)
    newest, oldest = metered("events.list", customer_id="alice")["list"]
    assert (newest["value"], oldest["properties"]) == (5, {"a": [1]})
    plan_row, gift_row = oldest["deductions"]
    assert plan_row["plan_id"] == "free"
    assert "plan_id" not in gift_row
    page = metered("events.list", customer_id="alice", limit=1)
    rest = metered("events.list", start_cursor=page["next_cursor"])
    assert [each["value"] for each in page["list"] + rest["list"]] == [5, 102]
    assert rest["next_cursor"] is None


def test_event_filters(metered: Api, clock: StandingClock) -> None:
    metered.customer("bob", "free")
    metered.track("m", 1)
    metered.track("m", 2, timestamp=clock.now - DAY)
    metered.track("m", 3, customer_id="bob")

    def values(**fields: Any) -> list[float]:
        return [each["value"] for each in metered("events.list", **fields)["list"]]

    assert values() == [3, 1, 2]
    assert values(customer_id="alice") == [1, 2]
    assert values(customer_id="ghost") == []
    assert values(feature_id="n") == []
    assert values(feature_id=["m", "n"], customer_id="bob") == [3]
    assert values(custom_range={"end": clock.now - 1}) == [2]
    assert values(custom_range={"start": clock.now}, customer_id="alice") == [1]
    assert values(entity_id="e") == []


def test_usage_may_leave_no_event(api: Api) -> None:
    api.metered("m")
    api.plan("free", monthly("m", 100))
    api.customer("alice", "free")
    assert api.track("m", 10, skip_event=True)["deductions"][0]["value"] == 10
    check = {"customer_id": "alice", "feature_id": "m", "required_balance": 5}
    assert api("balances.check", {**check, "send_event": True, "skip_event": True})["allowed"]
    assert api.remaining("m") == 85
    assert api("events.list")["list"] == []


def test_paid_seats_are_taken_whole_or_not_at_all(api: Api) -> None:
    api.metered("seats", consumable=False)
    api.plan("team", usage_based("seats", 1, max_purchase=2))
    api.customer("alice", "team")
    wanted = {"customer_id": "alice", "feature_id": "seats", "async": False}
    assert api.refused("balances.track", {**wanted, "value": 4}).code == "insufficient_balance"
    assert api.balance("seats")["usage"] == 0
    api.track("seats", 3)
    assert api.balance("seats")["usage"] == 3


def test_usage_limits_of_credits_leave_rollovers_alone(api: Api, clock: StandingClock) -> None:
    api.metered("image")
    members = [{"metered_feature_id": "image", "credit_cost": 2}]
    fields = {"feature_id": "credits", "name": "Credits", "type": "credit_system"}
    api("features.create", **fields, credit_schema=members)
    rollover = {"max": 50, "expiry_duration_type": "forever"}
    api.plan("free", monthly("credits", 100, rollover=rollover))
    api.customer("alice", "free")
    clock.advance(30 * DAY)
    limit = {"feature_id": "credits", "limit": 6, "interval": "day", "anchor": "utc"}
    api("customers.update", customer_id="alice", billing_controls={"usage_limits": [limit]})
    api.track("image", 100)
    balance = api.balance("credits")
    assert balance["rollovers"][0]["balance"] == 0
    assert balance["breakdown"][0]["usage"] == 6
