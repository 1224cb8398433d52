"""Automatic top-ups: when they buy, what they cost, and what keeps them from buying."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import DAY, Api, Refused, StandingClock, moment, monthly, prepaid, usage_based
from .paying import attach, base, poor, quantity, rich, shop, state, totals, visit

LIMIT = "billing_controls.auto_topups.purchase_limit"
HOUR = DAY // 24


@pytest.fixture
def api(recent_api: Api) -> Api:
    """With a shop, and a customer alice who has a saved card and 100 bought messages."""
    shop(recent_api)
    rich(recent_api)
    attach(recent_api, "top-up", feature_quantities=quantity(100))
    return recent_api


def setting(**fields: Any) -> dict[str, Any]:
    return {"feature_id": "m", "enabled": True, "threshold": 20, "quantity": 100, **fields}


def fill_up(api: Api, **fields: Any) -> Any:
    """Has alice's messages topped up automatically."""
    controls = {"auto_topups": [setting(**fields)]}
    return api("customers.update", customer_id="alice", billing_controls=controls)


def test_a_balance_that_runs_low_is_filled_up_and_charged(api: Api) -> None:
    fill_up(api)
    assert api.track("m", 85)["balance"]["remaining"] == 15
    balance = api.balance("m")
    assert (balance["remaining"], balance["granted"], balance["usage"]) == (115, 200, 85)
    (newest, _) = state(api)["invoices"]
    assert (newest["total"], newest["status"], newest["plan_ids"]) == (10, "paid", ["top-up"])


@pytest.mark.parametrize(("used", "left"), [(79, 21), (80, 120), (81, 119)])
def test_a_balance_at_its_threshold_is_low(api: Api, used: float, left: float) -> None:
    fill_up(api)
    api.track("m", used)
    assert api.remaining("m") == left


def test_every_usage_that_leaves_too_little_buys_once(api: Api) -> None:
    fill_up(api, threshold=500)
    assert api.remaining("m") == 200
    api.track("m", 1)
    api.track("m", 1)
    assert (api.remaining("m"), totals(api)) == (398, [10, 10, 10, 10])


@pytest.mark.parametrize(("settled", "bought"), [(1, 2), (5, 3)])
def test_a_lock_buys_when_it_is_held_and_again_when_it_is_corrected(
    api: Api, settled: float, bought: int
) -> None:
    fill_up(api, threshold=500)
    lock = {"enabled": True, "lock_id": "l"}
    api("balances.check", customer_id="alice", feature_id="m", required_balance=1, lock=lock)
    assert totals(api) == [10, 10, 10]
    api("balances.finalize", lock_id="l", action="confirm", override_value=settled)
    assert len(totals(api)) == 1 + bought


@pytest.mark.parametrize(("wanted", "units", "price"), [(1, 100, 10), (101, 200, 20)])
def test_whole_packs_are_bought(api: Api, wanted: float, units: float, price: float) -> None:
    fill_up(api, quantity=wanted)
    api.track("m", 90)
    assert (api.remaining("m"), totals(api)) == (10 + units, [10, price])


def test_tiers_price_each_purchase_anew(api: Api) -> None:
    tiers = [{"to": 200, "amount": 10}, {"to": "inf", "amount": 5}]
    price = {"tiers": tiers, "interval": "one_off", "billing_method": "prepaid"}
    item = {"feature_id": "m", "included": 0, "price": {**price, "billing_units": 100}}
    api.plan("tiered", item, add_on=True)
    attach(api, "tiered", feature_quantities=quantity(100))
    fill_up(api, quantity=300)
    api.track("m", 190)
    assert totals(api) == [10, 10, 25]


def test_packs_priced_by_volume_are_not_bought_automatically(recent_api: Api) -> None:
    shop(recent_api)
    rich(recent_api)
    tiers = [{"to": 500, "amount": 10}, {"to": "inf", "amount": 5}]
    price = {"tiers": tiers, "interval": "one_off", "billing_method": "prepaid"}
    item = {"feature_id": "m", "price": {**price, "billing_units": 100, "tier_behavior": "volume"}}
    recent_api.plan("bulk", item, add_on=True)
    attach(recent_api, "bulk", feature_quantities=quantity(100))
    fill_up(recent_api)
    recent_api.track("m", 90)
    assert recent_api.remaining("m") == 10


def test_checks_that_consume_and_queued_usage_top_up_too(api: Api) -> None:
    fill_up(api)
    wanted = {"customer_id": "alice", "feature_id": "m"}
    api("balances.check", **wanted, required_balance=85, send_event=True)
    assert api.remaining("m") == 115
    api("balances.track", **wanted, value=100, **{"async": True})
    assert api.remaining("m") == 115
    api("balances.batch_track", [{**wanted, "value": 100}])
    assert api.remaining("m") == 115


def test_credits_that_a_member_uses_are_topped_up(recent_api: Api) -> None:
    shop(recent_api)
    rich(recent_api)
    schema = [{"metered_feature_id": "m", "credit_cost": 5}]
    settings = {"name": "c", "type": "credit_system", "credit_schema": schema}
    recent_api("features.create", feature_id="c", **settings)
    recent_api.plan("credits", prepaid("c", 0, 100, amount=10, interval="one_off"), add_on=True)
    attach(recent_api, "credits", feature_quantities=quantity(100, "c"))
    fill_up(recent_api, feature_id="c")
    recent_api.track("m", 18)
    assert recent_api.remaining("c") == 110


def test_what_is_bought_first_makes_good_what_is_owed(api: Api) -> None:
    attach(api, "metered")
    fill_up(api)
    api.track("m", 150)
    balance = api.balance("m")
    assert (balance["remaining"], balance["usage"], balance["granted"]) == (60, 150, 210)


def test_switching_it_on_fills_up_a_low_balance(api: Api) -> None:
    api.track("m", 90)
    assert fill_up(api)["balances"]["m"]["remaining"] == 10
    assert api.remaining("m") == 110
    fill_up(api, threshold=500)
    assert api.remaining("m") == 110


def test_the_plan_attached_last_is_the_one_that_sells(api: Api) -> None:
    cheap = prepaid("m", 0, 100, amount=7, interval="one_off")
    api.plan("cheap", cheap, add_on=True)
    attach(api, "cheap", feature_quantities=quantity(0))
    fill_up(api)
    api.track("m", 90)
    assert totals(api)[-1] == 7


def test_a_plan_may_top_up_its_own_packs(api: Api) -> None:
    own = prepaid("m", 0, 100, amount=7, interval="one_off")
    controls = {"auto_topups": [setting()]}
    api.plan("club", monthly("m", 50), own, group="g", price=base(5), billing_controls=controls)
    attach(api, "club")
    attach(api, "top-up", feature_quantities=quantity(100))
    api.track("m", 235)
    assert (api.remaining("m"), totals(api)[-1]) == (115, 7)


def test_a_customers_own_setting_counts_before_that_of_its_plan(api: Api) -> None:
    controls = {"auto_topups": [setting()]}
    api.plan("club", monthly("m", 1), group="g", price=base(5), billing_controls=controls)
    attach(api, "club")
    fill_up(api, enabled=False)
    api.track("m", 95)
    assert api.remaining("m") == 6


NOT_BOUGHT: dict[str, dict[str, Any]] = {
    "disabled": {"enabled": False},
    "another feature": {"feature_id": "ghost"},
}


@pytest.mark.parametrize("fields", NOT_BOUGHT.values(), ids=NOT_BOUGHT)
def test_settings_that_buy_nothing(api: Api, fields: dict[str, Any]) -> None:
    fill_up(api, **fields)
    api.track("m", 95)
    assert (api.remaining("m"), totals(api)) == (5, [10])


def test_nothing_is_bought_without_a_card(recent_api: Api) -> None:
    shop(recent_api)
    poor(recent_api)
    recent_api.attach("alice", "top-up", feature_quantities=quantity(100))
    fill_up(recent_api)
    recent_api.track("m", 95)
    assert (recent_api.remaining("m"), totals(recent_api)) == (5, [])


def test_nothing_is_bought_of_what_no_plan_sells(recent_api: Api) -> None:
    shop(recent_api)
    rich(recent_api)
    attach(recent_api, "packs", feature_quantities=quantity(100))
    fill_up(recent_api)
    recent_api.track("m", 95)
    assert recent_api.remaining("m") == 5


def test_an_invoice_may_be_sent_instead_of_charging_a_card(recent_api: Api) -> None:
    api = recent_api
    shop(api)
    poor(api)
    api.attach("alice", "top-up", feature_quantities=quantity(100))
    fill_up(api, invoice_mode=True)
    api.track("m", 95)
    (invoice,) = state(api)["invoices"]
    assert (api.remaining("m"), invoice["status"]) == (105, "open")
    visit(api, invoice["hosted_invoice_url"], "pay")
    assert state(api)["invoices"][0]["status"] == "paid"


def test_purchases_are_limited_per_interval(api: Api, clock: StandingClock) -> None:
    fill_up(api, purchase_limit={"interval": "hour", "interval_count": 2, "limit": 2})
    for _ in range(3):
        api.track("m", 90)
    assert (api.remaining("m"), len(totals(api))) == (30, 3)
    clock.advance(2 * HOUR)
    api.track("m", 20)
    assert (api.remaining("m"), len(totals(api))) == (110, 4)


def test_the_count_of_purchases_is_shown_if_it_is_asked_for(api: Api, clock: StandingClock) -> None:
    limit = {"interval": "month", "interval_count": 1, "limit": 5}
    fill_up(api, purchase_limit=limit)

    def shown(*expand: str) -> Any:
        customer = api("customers.get", customer_id="alice", expand=expand)
        return customer["billing_controls"]["auto_topups"][0]["purchase_limit"]

    assert shown(LIMIT) == limit
    api.track("m", 90)
    ends_at = moment("2026-02-28T12:00:00")
    assert shown(LIMIT) == {**limit, "count": 1, "next_reset_at": ends_at}
    assert shown() == limit
    clock.advance(28 * DAY)
    assert shown(LIMIT) == {**limit, "count": 0, "next_reset_at": moment("2026-03-28T12:00:00")}


def test_the_count_of_purchases_can_be_set(api: Api) -> None:
    fill_up(api, purchase_limit={"interval": "month", "limit": 2, "count": 2})
    api.track("m", 90)
    assert api.remaining("m") == 10
    fill_up(api, purchase_limit={"interval": "month", "limit": 2, "count": 1})
    api.track("m", 1)
    assert api.remaining("m") == 109


@settings(max_examples=25, deadline=None)
@given(
    uses=st.lists(st.integers(0, 120), max_size=12),
    threshold=st.integers(0, 150),
    units=st.integers(1, 250),
    limit=st.none() | st.integers(1, 4),
)
def test_units_and_money_match(
    uses: list[int], threshold: int, units: int, limit: int | None
) -> None:
    """Whatever is granted was paid for, and whatever was paid for is there or has been used."""
    api = Api(StandingClock(moment("2026-01-31T12:00:00")))
    shop(api)
    rich(api)
    attach(api, "top-up", feature_quantities=quantity(200))
    attach(api, "metered")
    limits = {"purchase_limit": {"interval": "day", "limit": limit}} if limit else {}
    fill_up(api, threshold=threshold, quantity=units, **limits)
    for used in uses:
        api.track("m", used)
    balance = api.balance("m")
    assert balance["usage"] == sum(uses)
    assert sum(totals(api)) == 5 + (balance["granted"] - 10) / 10
    owed = max(0, balance["usage"] - balance["granted"])
    assert balance["remaining"] == balance["granted"] - balance["usage"] + owed
    if limit:
        assert len(totals(api)) <= 2 + limit


def test_a_setting_must_make_sense(api: Api) -> None:
    with pytest.raises(Refused):
        fill_up(api, quantity=0)
    with pytest.raises(Refused):
        fill_up(api, invoice_mode="yes")


def test_overage_is_topped_up_at_once(api: Api) -> None:
    api.plan("open", usage_based("m", 0), group="g", price=base(1))
    attach(api, "open")
    fill_up(api, quantity=500)
    api.track("m", 250)
    assert api.remaining("m") == 350
