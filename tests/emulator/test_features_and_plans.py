"""features.* and plans.*: rules, versions, display texts."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Api, monthly, prepaid, usage_based


def test_features_are_listed_oldest_first_and_archived_last(api: Api) -> None:
    for name in "abc":
        api.metered(name)
    api("features.update", feature_id="a", archived=True)
    listed = api("features.list")["list"]
    assert [feature["id"] for feature in listed] == ["b", "c", "a"]


def test_a_feature_that_customers_hold_keeps_its_type_and_id(api: Api) -> None:
    api.metered("m")
    api.plan("free", monthly("m", 5))
    api.customer("alice", "free")
    for change in ({"type": "boolean"}, {"consumable": False}, {"new_feature_id": "n"}):
        assert api.refused("features.update", feature_id="m", **change).code == "invalid_feature"
    api("customers.delete", customer_id="alice")
    assert api("features.update", feature_id="m", new_feature_id="n")["id"] == "n"


def test_type_changes(api: Api) -> None:
    api("features.create", feature_id="sso", name="SSO", type="boolean")
    api.metered("text")
    credit = {"metered_feature_id": "text", "credit_cost": 2}
    api("features.create", feature_id="c", name="C", type="credit_system", credit_schema=[credit])
    api.plan("free", {"feature_id": "sso"})
    refused = api.refused("features.update", feature_id="sso", type="metered")
    assert (refused.status, refused.code) == (400, "invalid_inputs")
    assert api.refused("features.update", feature_id="text", type="boolean").code == (
        "invalid_feature"
    )
    for feature_id, kind in (("c", "metered"), ("text", "credit_system")):
        refused = api.refused("features.update", feature_id=feature_id, type=kind, consumable=True)
        assert (refused.status, refused.code) == (400, "invalid_request")
    api("features.update", feature_id="sso", type="metered", consumable=True)
    item = api("plans.get", plan_id="free")["items"][0]
    assert (item["unlimited"], item["reset"]) == (True, {"interval": "one_off"})


def test_turning_a_feature_boolean_or_continuous_clears_what_it_cannot_have(api: Api) -> None:
    api.metered("a")
    api.metered("b")
    api.plan("free", monthly("a", 5), monthly("b", 5))
    api("features.update", feature_id="a", type="boolean")
    api("features.update", feature_id="b", consumable=False)
    a, b = api("plans.get", plan_id="free")["items"]
    assert (a["included"], a["reset"]) == (0, None)
    assert (b["included"], b["reset"]) == (5, None)


DISPLAYS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "free": (monthly("m", 1000), {"primary_text": "1,000 messages"}),
    "one": (monthly("m", 1), {"primary_text": "1 message"}),
    "nothing": (monthly("m", 0), {"primary_text": "0 messages"}),
    "unlimited": ({"feature_id": "m", "unlimited": True}, {"primary_text": "Unlimited messages"}),
    "per unit": (usage_based("m", 0, amount=0.5), {"primary_text": "$0.5 per message"}),
    "then": (
        usage_based("m", 100, amount=2, billing_units=10),
        {"primary_text": "100 messages", "secondary_text": "then $2 per 10 messages"},
    ),
    "packs": (prepaid("m", 0, 100, amount=1500), {"primary_text": "$1,500 per 100 messages"}),
    "tiers": (
        {
            "feature_id": "m",
            "price": {
                "tiers": [{"to": 10, "amount": 2}, {"to": "inf", "amount": 1}],
                "interval": "month",
                "billing_method": "usage_based",
            },
        },
        {"primary_text": "$2 - $1 per message"},
    ),
}


@pytest.mark.parametrize(("item", "texts"), DISPLAYS.values(), ids=DISPLAYS)
def test_display_texts(api: Api, item: dict[str, Any], texts: dict[str, str]) -> None:
    api.metered("m", name="Messages", display={"singular": "message", "plural": "messages"})
    assert api.plan("p", item)["items"][0]["display"] == texts


def test_tiers_and_intervals_are_answered_as_given(api: Api) -> None:
    api.metered("m")
    tiers = [{"to": 20, "amount": 2, "flat_amount": 5}, {"to": "inf", "amount": 1}]
    terms = {"interval": "month", "interval_count": 3, "billing_units": 5, "max_purchase": 50}
    price = {**terms, "tiers": tiers, "tier_behavior": "volume", "billing_method": "prepaid"}
    plan = api.plan("p", {"feature_id": "m", "included": 10, "price": price})
    assert plan["items"][0]["price"] == price
    assert plan["items"][0]["reset"] == {"interval": "month", "interval_count": 3}
    api.customer("alice", "p")
    shown = api.balance("m")["breakdown"][0]
    assert shown["price"] == {key: price[key] for key in price if "interval" not in key}
    assert shown["reset"]["interval_count"] == 3


ITEMS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "negative grant": ([monthly("m", -1)], "invalid_inputs"),
    "huge grant": ([monthly("m", 1e14)], "invalid_inputs"),
    "boolean twice": ([{"feature_id": "sso"}] * 2, "invalid_inputs"),
    "same interval twice": ([monthly("m", 1), monthly("m", 2)], "invalid_inputs"),
    "unknown feature": ([monthly("ghost", 1)], "feature_not_found"),
    "packs that do not fit": ([prepaid("m", 5, 10)], "invalid_request"),
    "unlimited and paid by use": (
        [{**usage_based("m", 0), "unlimited": True}],
        "invalid_inputs",
    ),
    "proration of usage": (
        [{**usage_based("m", 0), "proration": {"on_increase": "prorate"}}],
        "invalid_inputs",
    ),
    "volume tiers of usage": (
        [
            {
                "feature_id": "m",
                "price": {
                    "tiers": [{"to": "inf", "amount": 1}],
                    "tier_behavior": "volume",
                    "interval": "month",
                    "billing_method": "usage_based",
                },
            }
        ],
        "invalid_inputs",
    ),
    "tier within the grant": (
        [
            {
                "feature_id": "m",
                "included": 10,
                "price": {
                    "tiers": [{"to": 10, "amount": 1, "flat_amount": -1}],
                    "interval": "month",
                    "billing_method": "prepaid",
                },
            }
        ],
        "invalid_inputs",
    ),
    "negative rollover": (
        [
            monthly(
                "m",
                1,
                rollover={"expiry_duration_type": "month", "expiry_duration_length": -1},
            )
        ],
        "invalid_inputs",
    ),
}


@pytest.mark.parametrize(("items", "code"), ITEMS.values(), ids=ITEMS)
def test_items_that_are_refused(api: Api, items: list[dict[str, Any]], code: str) -> None:
    api.metered("m")
    api("features.create", feature_id="sso", name="SSO", type="boolean")
    assert api.refused("plans.create", plan_id="p", name="P", items=items).code == code
    assert api.refused("plans.get", plan_id="p").code == "product_not_found"


def test_one_feature_may_have_several_items_of_different_kinds(api: Api) -> None:
    api.metered("m")
    items = [monthly("m", 1), usage_based("m", 2), prepaid("m", 10, 10)]
    plan = api.plan("p", *items, {"feature_id": "m", "included": 3})
    assert [item["included"] for item in plan["items"]] == [2, 10, 1, 3]


def test_defaults_of_an_item(api: Api) -> None:
    api.metered("m")
    api.metered("seats", consumable=False)
    plan = api.plan("p", {"feature_id": "m", "included": 3}, {"feature_id": "seats"})
    lifetime, seats = plan["items"]
    assert lifetime["reset"] == {"interval": "one_off"}
    assert (seats["included"], seats["reset"], seats["price"]) == (0, None, None)


def test_plans_are_listed_by_group_and_price(api: Api) -> None:
    base = {"interval": "month"}
    api.plan("pro", group="g", price={"amount": 20, **base})
    api.plan("free", group="g")
    api.plan("extra", group="g", add_on=True)
    api.plan("lone")
    assert [plan["id"] for plan in api("plans.list")["list"]] == ["lone", "free", "pro", "extra"]
    api("plans.update", plan_id="pro", archived=True)
    assert "pro" not in [plan["id"] for plan in api("plans.list")["list"]]
    archived = api("plans.list", include_archived=True)["list"]
    assert "pro" in [plan["id"] for plan in archived]


def test_versions(api: Api) -> None:
    api.metered("m")
    api.plan("p", monthly("m", 10))
    api.customer("alice", "p")
    assert api("plans.update", plan_id="p", name="New")["version"] == 1
    assert api("plans.update", plan_id="p", items=[monthly("m", 10)])["version"] == 1
    assert api("plans.update", plan_id="p", items=[monthly("m", 20)])["version"] == 2
    assert api.remaining("m") == 10
    old = api("plans.get", plan_id="p", version=1)
    assert (old["name"], old["items"][0]["included"]) == ("New", 10)
    assert len(api("plans.list", all_versions=True)["list"]) == 2
    same = {"items": [monthly("m", 30)], "all_versions": True}
    assert api("plans.update", plan_id="p", **same)["version"] == 2
    assert api("plans.get", plan_id="p", version=1)["items"][0]["included"] == 30
    assert api.remaining("m") == 10


def test_the_default_flag_moves_to_the_new_version(api: Api) -> None:
    api.plan("p", auto_enable=True)
    api("plans.update", plan_id="p", force_version=True)
    assert not api("plans.get", plan_id="p", version=1)["auto_enable"]
    assert api("plans.get", plan_id="p")["auto_enable"]


def test_renaming_a_plan(api: Api) -> None:
    api.plan("p")
    api.plan("taken")
    taken = api.refused("plans.update", plan_id="p", new_plan_id="taken")
    assert (taken.status, taken.code) == (409, "product_already_exists")
    assert api("plans.update", plan_id="p", new_plan_id="q")["id"] == "q"
    assert api.refused("plans.get", plan_id="p").status == 404
    api.customer("alice", "q")
    assert api.refused("plans.update", plan_id="q", new_plan_id="r").status == 409


def test_a_plan_once_held_is_never_deleted(api: Api) -> None:
    api.plan("p")
    api.customer("alice", "p")
    api("billing.update", customer_id="alice", cancel_action="cancel_immediately")
    refused = api.refused("plans.delete", plan_id="p")
    assert refused.message.startswith("Product p has 1 customers (expired or active)")
    api("customers.delete", customer_id="alice")
    assert api("plans.delete", plan_id="p") == {"success": True}


def test_controls_of_plans_merge_list_by_list(api: Api) -> None:
    limits = [{"feature_id": "m", "overage_limit": 5}]
    api.plan("p", billing_controls={"spend_limits": limits})
    given = {"overage_allowed": [{"feature_id": "m", "enabled": True}]}
    plan = api("plans.update", plan_id="p", billing_controls=given)
    assert plan["billing_controls"].keys() == {"spend_limits", "overage_allowed"}
    plan = api("plans.update", plan_id="p", billing_controls={"spend_limits": []})
    assert plan["billing_controls"].keys() == {"overage_allowed"}


@pytest.mark.parametrize(
    "flags", [("force_version", "all_versions"), ("disable_version", "all_versions")]
)
def test_version_flags_exclude_each_other(api: Api, flags: tuple[str, str]) -> None:
    api.plan("p")
    refused = api.refused("plans.update", plan_id="p", **dict.fromkeys(flags, True))
    assert refused.code == "conflicting_version_flags"


def test_whoever_holds_a_plan_keeps_its_items_when_it_is_edited_in_place(api: Api) -> None:
    api.metered("m")
    price = {"amount": 20, "interval": "month"}
    api.plan("pro", monthly("m", 100), price=price)
    api.customer("alice", "pro")
    dearer = {"price": {**price, "amount": 30}, "items": [monthly("m", 500)]}
    assert api("plans.update", plan_id="pro", **dearer, disable_version=True)["version"] == 1
    customer = api("customers.get", customer_id="alice", expand=["subscriptions.plan"])
    plan = customer["subscriptions"][0]["plan"]
    assert (plan["price"]["amount"], plan["items"][0]["included"]) == (20, 100)
    api.customer("bob", "pro")
    assert (api.remaining("m"), api.remaining("m", "bob")) == (100, 500)
    controls = {"usage_limits": [{"feature_id": "m", "limit": 5, "interval": "month"}]}
    api("plans.update", plan_id="pro", billing_controls=controls, disable_version=True)
    wanted = {"customer_id": "alice", "feature_id": "m", "required_balance": 6}
    assert not api("balances.check", wanted)["allowed"]


def test_a_plan_that_a_reward_program_names_keeps_its_id(api: Api) -> None:
    api.metered("m")
    api.plan("pro")
    grant = {"feature_id": "m", "included": 5, "expiry": None}
    codes = [{"code": "GIFT", "max_uses": None}]
    reward = {"id": "gift", "name": "Gift", "grants": [grant], "promo_codes": codes}
    api("rewards.create", feature_grant=reward)
    terms = {"redeem_on": "checkout", "received_by": "all", "max_redemptions": 3}
    api("referral_programs.create", id="p", reward_id="gift", plan_ids=["pro"], **terms)
    refused = api.refused("plans.update", plan_id="pro", new_plan_id="plus")
    assert refused.status == 409
    api("referral_programs.delete", referral_program_id="p")
    assert api("plans.update", plan_id="pro", new_plan_id="plus")["id"] == "plus"
