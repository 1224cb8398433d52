"""Payment pages, locks, entities and rewards in dumps and state files, and in time of their own."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

import pytest

from autumn_async import Autumn
from autumn_async.emulator import Emulator
from autumn_async.emulator.gateway import Gateway
from autumn_async.emulator.keys import Tenant
from autumn_async.emulator.messages import Reply, Request
from autumn_async.emulator.state.graph import decode

from .conftest import DAY, Api, StandingClock, monthly
from .paying import attach, base, held, poor, rich, shop, state, totals, visit
from .test_state import assert_same, emulator_process, opened

REWARD = {
    "id": "gift",
    "name": "Gift",
    "grants": [{"feature_id": "m", "included": 5, "expiry": {"type": "month", "length": 1}}],
    "promo_codes": [{"code": "GIFT", "max_uses": 5}],
}
PROGRAM = {
    "id": "friends",
    "reward_id": "gift",
    "redeem_on": "customer_creation",
    "received_by": "all",
    "max_redemptions": 5,
}


def using(gateway: Gateway, clock: StandingClock) -> Api:
    """The API of a gateway that is there already."""
    api = Api(clock, "2.5.0")
    api.gateway = gateway
    return api


def converse(api: Api) -> str:
    """Something of everything; answers the address of a page that waits."""
    shop(api)
    api("features.create", feature_id="s", name="S", type="metered", consumable=False)
    rich(api, "bob")
    poor(api)
    api("billing.attach", customer_id="bob", plan_id="metered")
    api("entities.create", customer_id="bob", entity_id="e1", feature_id="s")
    api("billing.attach", customer_id="bob", plan_id="free", entity_id="e1")
    track = {"customer_id": "bob", "feature_id": "m", "async": False}
    api("balances.track", {**track, "value": 30, "properties": {"model": "x"}})
    lock = {"enabled": True, "lock_id": "job"}
    api("balances.check", customer_id="bob", feature_id="m", required_balance=4, lock=lock)
    api("rewards.create", feature_grant=REWARD)
    api("rewards.redeem", code="GIFT", customer_id="bob")
    api("referral_programs.create", PROGRAM)
    code = api("referrals.create_code", customer_id="bob", program_id="friends")["code"]
    api("referrals.redeem_code", code=code, customer_id="alice")
    api("events.aggregate", feature_id="m", range="7d", group_by="properties.model")
    invoiced = {"enabled": True, "finalize": True}
    api("billing.attach", customer_id="bob", plan_id="top-up", invoice_mode=invoiced, **PACKS)
    url: str = attach(api, "pro")["payment_url"]
    return url


PACKS: dict[str, Any] = {"feature_quantities": [{"feature_id": "m", "quantity": 100}]}


def both(api: Api) -> list[Any]:
    expand = ["invoices", "entities", "referrals", "rewards", "trials_used", "payment_method"]
    return [api("customers.get", customer_id=name, expand=expand) for name in ("alice", "bob")]


def test_all_of_it_goes_on_after_a_dump(clock: StandingClock) -> None:
    api, other = Api(clock, "2.5.0"), Api(clock, "2.5.0")
    url = converse(api)
    dump = api.gateway.dump()
    other.gateway.load(dump)
    assert_same(decode(other.gateway.dump()), decode(dump))
    for each in (api, other):
        assert visit(each, url, "pay").status == 200
        each("balances.finalize", lock_id="job", action="release")
        clock.advance(40 * DAY)
        each("customers.get", customer_id="bob")
        clock.advance(-40 * DAY)
    assert both(other) == both(api)
    assert held(other) == [("pro", "active")]


def test_a_file_brings_back_what_was_done_on_pages(file: Path, clock: StandingClock) -> None:
    with opened(file, clock) as gateway:
        api = using(gateway, clock)
        url = converse(api)
        visit(api, url, "pay")
        waiting = attach(api, "top-up", redirect_mode="always", **PACKS)["payment_url"]
        visit(api, waiting, "decline")
        before, dump = both(api), gateway.dump()
    with opened(file, clock) as gateway:
        api = using(gateway, clock)
        assert both(api) == before
        assert_same(decode(gateway.dump()), decode(dump))
        assert [visit(api, each, "pay").status for each in (url, waiting)] == [409, 409]


def test_looking_at_a_page_is_on_file_too(file: Path, clock: StandingClock) -> None:
    """It brings its customer up to date, as any reading does."""
    with opened(file, clock) as gateway:
        api = using(gateway, clock)
        url = converse(api)
        visit(api, url, "pay")
        clock.advance(40 * DAY)
        visit(api, url)
        clock.advance(DAY)
        before, dump = state(api), gateway.dump()
    with opened(file, clock) as gateway:
        assert state(using(gateway, clock)) == before
        assert_same(decode(gateway.dump()), decode(dump))


def test_an_unpaid_renewal_that_is_paid_on_its_page_stays_paid(
    file: Path, clock: StandingClock
) -> None:
    with opened(file, clock) as gateway:
        api = using(gateway, clock)
        shop(api)
        poor(api)
        attach(api, "premium", invoice_mode={"enabled": True, "enable_plan_immediately": True})
        clock.advance(40 * DAY)
        invoice = next(each for each in state(api)["invoices"] if each["status"] == "open")
        assert visit(api, invoice["hosted_invoice_url"], "pay").status == 200
    with opened(file, clock) as gateway:
        found = state(using(gateway, clock))["invoices"]
        paid = next(each for each in found if each["stripe_id"] == invoice["stripe_id"])
        assert paid["status"] == "paid"


def test_codes_of_referrals_are_the_same_again(file: Path, clock: StandingClock) -> None:
    wanted = {"customer_id": "bob", "program_id": "friends"}
    with opened(file, clock) as gateway:
        api = using(gateway, clock)
        converse(api)
        code = api("referrals.create_code", wanted)["code"]
        assert len(code) == 6
    with opened(file, clock) as gateway:
        assert using(gateway, clock)("referrals.create_code", wanted)["code"] == code


def test_a_payment_survives_a_kill(file: Path) -> None:
    for run in range(2):
        with emulator_process(file) as (process, url):
            with Autumn("am_sk_test_org_acme", server_url=url, fail_open=False) as autumn:
                if run == 0:
                    autumn.plans.create(
                        plan_id="pro", name="Pro", price={"amount": 20, "interval": "month"}
                    )
                    autumn.customers.get_or_create(customer_id="ada")
                    page = autumn.billing.attach(customer_id="ada", plan_id="pro").payment_url
                    assert page
                    with urlopen(HttpRequest(f"{page}/pay", method="POST")) as answer:
                        assert answer.status == 200
                else:
                    ada = autumn.customers.get(customer_id="ada", expand=["invoices"])
                    assert [each.plan_id for each in ada.subscriptions] == ["pro"]
                    assert ada.invoices
                    assert [each.status for each in ada.invoices] == ["paid"]
            process.send_signal(signal.SIGKILL)
            process.wait()


def test_a_page_belongs_to_its_organisation(recent_api: Api) -> None:
    urls = []
    for name in ("org_acme", "org_other"):
        recent_api.key = f"am_sk_test_{name}"
        shop(recent_api)
        poor(recent_api)
        urls.append(attach(recent_api, "pro")["payment_url"])
    visit(recent_api, urls[0], "pay")
    assert held(recent_api) == []
    recent_api.key = "am_sk_test_org_acme"
    assert held(recent_api) == [("pro", "active")]
    recent_api.gateway.forget("other")
    assert [visit(recent_api, url).status for url in urls] == [200, 404]


def test_a_page_lives_in_the_time_of_its_customer(recent_api: Api, clock: StandingClock) -> None:
    shop(recent_api)
    poor(recent_api)
    then = clock.now + 90 * DAY
    recent_api("customers.advance_test_clock", customer_id="alice", frozen_time=then)
    visit(recent_api, attach(recent_api, "pro")["payment_url"], "pay")
    (plan,) = state(recent_api)["subscriptions"]
    assert plan["started_at"] == then
    (invoice,) = state(recent_api)["invoices"]
    assert invoice["created_at"] == then
    recent_api("customers.advance_test_clock", customer_id="alice", frozen_time=then + 32 * DAY)
    assert totals(recent_api) == [20, 20]


def test_usage_is_applied_before_a_page_is_paid(recent_api: Api) -> None:
    shop(recent_api)
    poor(recent_api)
    attach(recent_api, "free")
    url = attach(recent_api, "top-up", **PACKS)["payment_url"]
    body = b'{"customer_id": "alice", "feature_id": "m", "value": 4}'
    headers = {"authorization": f"Bearer {recent_api.key}", "x-api-version": "2.5.0"}
    gateway = recent_api.gateway
    assert gateway.answer(Request("POST", "/v1/balances.track", headers, body)).status == 202
    visit(recent_api, url, "pay")
    alice = gateway.environment(Tenant("", "sandbox")).customers.get("alice")
    assert sorted(row.balance for row in alice.ledger.all_rows()) == [6, 100]


@pytest.fixture
def broken_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("autumn_async.emulator.payment_pages.pay", fail)


@pytest.mark.usefixtures("broken_pages")
def test_a_defect_behind_a_page_is_logged_and_shown(
    recent_api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    shop(recent_api)
    poor(recent_api)
    page: Reply = visit(recent_api, attach(recent_api, "pro")["payment_url"], "pay")
    assert page.status == 500
    assert b"Internal error" in page.body
    assert "POST /pay/" in caplog.text


def test_a_lock_ends_in_the_time_of_its_customer(recent_api: Api, clock: StandingClock) -> None:
    recent_api.metered("m")
    recent_api.plan("free", monthly("m", 10))
    recent_api.customer("alice", "free")
    wanted = {"customer_id": "alice", "feature_id": "m", "required_balance": 4}
    expires_at = clock.now + DAY // 2
    lock = {"enabled": True, "lock_id": "job", "expires_at": expires_at}
    recent_api("balances.check", {**wanted, "lock": lock})
    frozen = clock.now + 1
    recent_api("customers.advance_test_clock", customer_id="alice", frozen_time=frozen)
    clock.advance(2 * DAY)
    assert recent_api.refused("balances.check", {**wanted, "lock": lock}).status == 409
    recent_api("balances.finalize", lock_id="job", action="confirm", override_value=1)
    assert recent_api.remaining("m") == 9
    (newest,) = recent_api("events.list", customer_id="alice", limit=1)["list"]
    assert newest["timestamp"] == frozen
    lock["expires_at"] = frozen + DAY // 2
    recent_api("balances.check", {**wanted, "lock": lock})
    recent_api("customers.advance_test_clock", customer_id="alice", frozen_time=frozen + DAY)
    refused = recent_api.refused("balances.finalize", lock_id="job", action="confirm")
    assert "not found" in refused.message
    assert recent_api.remaining("m") == 9


def test_lists_of_balances_and_entities_keep_to_the_clocks_of_their_customers(
    recent_api: Api, clock: StandingClock
) -> None:
    recent_api.metered("m")
    recent_api("features.create", feature_id="s", name="S", type="metered", consumable=False)
    then = clock.now + DAY
    for name in ("alice", "bob"):
        recent_api.customer(name)
        recent_api("entities.create", customer_id=name, entity_id="e", feature_id="s")
        grant = {"customer_id": name, "feature_id": "m", "included_grant": 5, "expires_at": then}
        recent_api("balances.create", {**grant, "entity_id": "e"})
    recent_api("customers.advance_test_clock", customer_id="alice", frozen_time=then + 1)
    active = recent_api("balances.list")["list"]
    assert [each["customer_id"] for each in active] == ["bob"]
    entities = recent_api("entities.list")["list"]
    shown = {each["customer_id"]: sorted(each["balances"]) for each in entities}
    assert "m" in shown["bob"]
    assert shown["alice"] != shown["bob"]


def test_a_page_lies_where_the_client_knows_the_server() -> None:
    with Emulator() as emulator, Autumn(emulator.secret_key, server_url=emulator.url) as autumn:
        autumn.plans.create(plan_id="pro", name="Pro", price=dict(base(20)))
        autumn.customers.get_or_create(customer_id="ada")
        page = autumn.billing.attach(customer_id="ada", plan_id="pro").payment_url
        assert page
        assert page.startswith(f"{emulator.url}/pay/")
        with urlopen(page) as answer:
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
            assert b"$20.00" in answer.read()


def test_no_address_of_a_page_is_a_defect(file: Path, clock: StandingClock) -> None:
    with opened(file, clock) as gateway:
        path = converse(using(gateway, clock)).removeprefix("http://127.0.0.1")
        for odd in ("/\udcff", "/refund", "/pay/pay", "//"):
            assert gateway.answer(Request("POST", path + odd, {})).status == 404
        for method, button in (("PUT", ""), ("GET", "/pay"), ("DELETE", "/decline")):
            assert gateway.answer(Request(method, path + button, {})).status == 404
        assert gateway.answer(Request("HEAD", path, {})).status == 200
