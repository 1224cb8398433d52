"""The pages on which customers pay: what they show, and what pressing their buttons does."""

from __future__ import annotations

import random
from html.parser import HTMLParser
from typing import Any

import aiohttp
import msgspec
import pytest

from autumn_async.emulator import Emulator
from autumn_async.emulator.keys import Tenant
from autumn_async.emulator.messages import Request

from .conftest import DAY, KEY, Api, StandingClock, monthly
from .nonsense import SOUND, Nonsense, seeds
from .paying import attach, base, change, held, poor, quantity, rich, shop, state, totals, visit


@pytest.fixture
def api(recent_api: Api) -> Api:
    """With a shop, and a customer alice who has no card."""
    shop(recent_api)
    poor(recent_api)
    return recent_api


class Reader(HTMLParser):
    """Collects the texts and tags of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_without_a_card_a_page_shows_what_is_to_be_paid(api: Api) -> None:
    url = attach(api, "packs", feature_quantities=quantity(250))["payment_url"]
    assert held(api) == []
    page = visit(api, url)
    assert page.status == 200
    texts = Reader(page.body.decode()).texts
    assert "packs - 300 Messages (from 31 Jan 2026 to 28 Feb 2026)" in texts
    assert "Total $30.00" in texts


def test_paying_attaches_the_plan_and_saves_the_card(api: Api) -> None:
    url = attach(api, "pro")["payment_url"]
    assert visit(api, url, "pay").status == 200
    assert (held(api), totals(api)) == ([("pro", "active")], [20])
    assert attach(api, "premium")["invoice"]["status"] == "paid"


def test_declining_leaves_things_as_they_were(api: Api) -> None:
    before = state(api)
    url = attach(api, "pro")["payment_url"]
    assert visit(api, url, "decline").status == 200
    assert visit(api, url, "pay").status == 409
    after = state(api)
    assert {**after, "stripe_id": None} == before


def test_a_page_works_once(api: Api) -> None:
    url = attach(api, "pro")["payment_url"]
    assert [visit(api, url, "pay").status for _ in range(2)] == [200, 409]
    assert totals(api) == [20]


def test_a_page_whose_plan_is_held_by_now_says_so(api: Api) -> None:
    first, second = (attach(api, "pro")["payment_url"] for _ in range(2))
    assert visit(api, first, "pay").status == 200
    page = visit(api, second, "pay")
    assert page.status == 409
    assert "is the same as the product being attached" in page.body.decode()
    assert totals(api) == [20]


def test_an_open_invoice_can_be_paid(api: Api) -> None:
    answer = attach(api, "pro", redirect_mode="never")
    assert answer["required_action"]["code"] == "payment_method_required"
    assert (answer["invoice"]["status"], held(api)) == ("open", [])
    assert answer["payment_url"] == answer["invoice"]["hosted_invoice_url"]
    assert visit(api, answer["payment_url"], "pay").status == 200
    assert held(api) == [("pro", "active")]
    (invoice,) = state(api)["invoices"]
    assert invoice["status"] == "paid"


def test_a_declined_invoice_is_void(api: Api) -> None:
    answer = attach(api, "pro", redirect_mode="never")
    visit(api, answer["payment_url"], "decline")
    assert [each["status"] for each in state(api)["invoices"]] == ["void"]
    assert held(api) == []


def test_paid_invoices_can_be_looked_at(api: Api) -> None:
    visit(api, attach(api, "pro")["payment_url"], "pay")
    (invoice,) = state(api)["invoices"]
    page = visit(api, invoice["hosted_invoice_url"])
    assert page.status == 200
    assert "Total $20.00" in Reader(page.body.decode()).texts
    assert "<button" not in page.body.decode()


def test_invoice_mode_sends_an_invoice_first(api: Api) -> None:
    answer = attach(api, "pro", invoice_mode={"enabled": True})
    assert (answer["invoice"]["status"], held(api)) == ("open", [])
    visit(api, answer["payment_url"], "pay")
    assert (held(api), totals(api)) == ([("pro", "active")], [20])


def test_invoice_mode_may_start_the_plan_before_it_is_paid(api: Api, clock: StandingClock) -> None:
    mode = {"enabled": True, "enable_plan_immediately": True, "finalize": False}
    answer = attach(api, "pro", invoice_mode=mode)
    assert (answer["invoice"]["status"], held(api)) == ("draft", [("pro", "active")])
    clock.advance(29 * DAY)
    renewal = state(api)["invoices"][0]
    assert renewal["status"] == "open"
    visit(api, renewal["hosted_invoice_url"], "pay")
    assert state(api)["invoices"][0]["status"] == "paid"


def test_a_card_is_saved_before_it_is_needed(api: Api) -> None:
    url = api("billing.setup_payment", customer_id="alice")["url"]
    assert "Save card" in visit(api, url).body.decode()
    visit(api, url, "pay")
    assert attach(api, "pro")["invoice"]["status"] == "paid"


def test_a_plan_may_wait_for_the_card(api: Api) -> None:
    setup = api("billing.setup_payment", customer_id="bob", plan_id="pro")
    assert setup["customer_id"] == "bob"
    customer = api("customers.get", customer_id="bob")
    assert customer["subscriptions"] == []
    visit(api, setup["url"], "pay")
    customer = api("customers.get", customer_id="bob")
    assert [each["plan_id"] for each in customer["subscriptions"]] == ["pro"]


def test_setting_up_a_payment_refuses_what_an_attach_refuses(api: Api) -> None:
    refused = api.refused("billing.setup_payment", customer_id="alice", plan_id="ghost")
    assert (refused.status, refused.code) == (404, "product_not_found")


def test_the_portal_shows_plans_and_invoices(api: Api) -> None:
    visit(api, attach(api, "pro")["payment_url"], "pay")
    portal = api("billing.open_customer_portal", customer_id="alice", return_url="https://x.co/b")
    page = visit(api, portal["url"])
    reader = Reader(page.body.decode())
    assert {"pro", "active", "$20.00, paid"} <= set(reader.texts)
    assert ("a", {"href": "https://x.co/b"}) in reader.tags
    assert api.refused("billing.open_customer_portal", customer_id="ghost").status == 404


def test_a_browser_is_sent_back_to_where_the_caller_wants_it(api: Api) -> None:
    url = attach(api, "pro", success_url="https://shop.example/thanks?a=1&b=2")["payment_url"]
    page = visit(api, url, "pay", accept="text/html,*/*")
    assert (page.status, page.headers["Location"]) == (303, "https://shop.example/thanks?a=1&b=2")


@pytest.mark.parametrize("address", ["javascript:alert(1)", "//evil", "http://[", "data:x"])
def test_only_web_addresses_are_linked_to(api: Api, address: str) -> None:
    url = attach(api, "pro", success_url=address)["payment_url"]
    page = visit(api, url, "pay", accept="text/html")
    assert page.status == 200
    assert not any(tag == "a" for tag, _ in Reader(page.body.decode()).tags)


def test_names_cannot_break_out_of_a_page(api: Api) -> None:
    evil = "<script>alert('\"&')</script>"
    api("plans.create", plan_id="evil", name=evil, price=base(1), items=[monthly("m", 1)])
    url = attach(api, "evil", success_url='https://x.co/"><script>')["payment_url"]
    pages = [visit(api, url), visit(api, url, "pay")]
    for page in pages:
        assert not any(tag == "script" for tag, _ in Reader(page.body.decode()).tags)
    assert any(evil in text for text in Reader(pages[0].body.decode()).texts)
    assert ("a", {"href": 'https://x.co/"><script>'}) in Reader(pages[1].body.decode()).tags


def test_pages_go_with_their_customer(api: Api) -> None:
    url = attach(api, "pro")["payment_url"]
    api("customers.delete", customer_id="alice")
    assert visit(api, url).status == 404


@pytest.mark.parametrize("action", ["refund", "pay/again", "%00"])
def test_other_paths_below_a_page_do_not_exist(api: Api, action: str) -> None:
    url = attach(api, "pro")["payment_url"]
    assert visit(api, url, action).status == 404
    assert held(api) == []


def test_a_confirmation_page_precedes_a_switch_that_asks_for_it(recent_api: Api) -> None:
    api = recent_api
    shop(api)
    rich(api)
    attach(api, "pro")
    url = attach(api, "premium", redirect_mode="always")["payment_url"]
    assert held(api) == [("pro", "active")]
    visit(api, url, "pay")
    assert (held(api), totals(api)) == ([("premium", "active")], [20, 30])


def test_an_upgrade_that_nobody_can_pay_waits(api: Api) -> None:
    trial = {"duration_length": 7, "duration_type": "day", "card_required": False}
    api.plan("tried", group="g", price=base(30), free_trial=trial)
    attach(api, "tried")
    answer = attach(api, "premium")
    assert answer["required_action"]["code"] == "payment_method_required"
    assert held(api) == [("tried", "active")]
    visit(api, answer["payment_url"], "pay")
    assert held(api) == [("premium", "active")]
    assert change(api, cancel_action="cancel_immediately")["invoice"]["total"] == -50


async def test_pages_are_served_where_the_api_is() -> None:
    async with Emulator() as emulator, aiohttp.ClientSession() as session:

        async def call(operation: str, **body: Any) -> Any:
            headers = {"authorization": f"Bearer {emulator.secret_key}"}
            url = f"{emulator.url}/v1/{operation}"
            async with session.post(url, json=body, headers=headers) as answer:
                return await answer.json()

        await call("plans.create", plan_id="pro", name="Pro", price=base(20))
        await call("customers.get_or_create", customer_id="alice")
        attached = await call("billing.attach", customer_id="alice", plan_id="pro")
        url = attached["payment_url"]
        assert url.startswith(f"{emulator.url}/pay/")
        async with session.get(url) as page:
            assert (page.status, page.content_type) == (200, "text/html")
            assert "default-src 'none'" in page.headers["Content-Security-Policy"]
            assert "Total $20.00" in await page.text()
        async with session.post(f"{url}/pay") as page:
            assert page.status == 200
        async with session.get(f"{emulator.url}/pay/nothing") as page:
            assert page.status == 404
        customer = await call("customers.get", customer_id="alice")
        assert [each["plan_id"] for each in customer["subscriptions"]] == ["pro"]


@seeds(2)
def test_no_page_fails_whatever_has_led_to_it(
    recent_api: Api, clock: StandingClock, seed: int
) -> None:
    nonsense, choose = Nonsense(seed), random.Random(seed)
    sound = [(name, msgspec.json.encode(body)) for name, body in SOUND]
    headers = {"authorization": f"Bearer {KEY}"}
    for operation, data in [*sound, *(nonsense.request() for _ in range(500)), *sound]:
        request = Request("POST", f"/v1/{operation}", headers, data)
        assert recent_api.gateway.answer(request).status != 500, (operation, data)
        clock.advance(choose.choice((0, 1, DAY, 40 * DAY)))
        env = recent_api.gateway.environment(Tenant("", "sandbox"))
        for page_id in tuple(env.pages)[-2:]:
            url = f"/pay/{page_id}"
            assert visit(recent_api, url).status == 200
            action = choose.choice(("pay", "decline"))
            assert visit(recent_api, url, action).status in (200, 400, 404, 409)
