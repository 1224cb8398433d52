"""What happens to a request before and after its operation, without HTTP."""

from __future__ import annotations

import contextlib
import logging
import random
from typing import Any

import msgspec
import pytest

from autumn_async.emulator.domain.pending import Pending
from autumn_async.emulator.messages import Request
from autumn_async.emulator.operations import call
from autumn_async.emulator.operations.table import SERVED
from autumn_async.emulator.validation import Shape

from .conftest import KEY, Api, Refused, monthly
from .nonsense import SOUND, Nonsense, seeds


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operation that fails in a way nobody foresaw."""

    def fail(_: call.Call) -> Any:
        raise ZeroDivisionError

    monkeypatch.setitem(SERVED, "features.list", call.Operation(Shape({}), fail))


@pytest.mark.usefixtures("broken")
def test_a_defect_is_logged_and_answered_and_releases_its_key(
    recent_api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        refused = recent_api.refused("features.list", headers={"idempotency-key": "k"})
        assert (refused.status, refused.code) == (500, "internal_error")
    assert "POST /v1/features.list" in caplog.text


def test_a_defect_in_queued_usage_is_logged(
    recent_api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    recent_api.metered("messages")
    recent_api.customer("alice")
    sound = {
        "customer_id": "alice",
        "feature_id": "messages",
        "value": 1,
        "overage_behavior": "cap",
    }

    def queue(call: call.Call) -> Any:
        call.env.queue.extend([Pending({}, 0), Pending(sound, 0)])
        return {"list": []}

    monkeypatch.setitem(SERVED, "features.list", call.Operation(Shape({}), queue))
    with caplog.at_level(logging.ERROR):
        recent_api("features.list")
    assert [event["value"] for event in recent_api("events.list")["list"]] == [1]
    assert "queued usage" in caplog.text


def test_messages_repeat_even_what_is_no_text(recent_api: Api) -> None:
    refused = recent_api.refused("features.list", headers={"x-api-version": "\udcff"})
    assert refused.message == '"?" is not a valid API version'


def test_expand_may_stand_in_the_query(recent_api: Api) -> None:
    recent_api.metered("m")
    recent_api.plan("p", monthly("m", 5))
    recent_api.customer("alice", "p")
    body = {"customer_id": "alice"}
    query = "expand=balances.feature,invoices&expand=entities"
    customer = recent_api("customers.get", body, query=query)
    assert customer["balances"]["m"]["feature"]["id"] == "m"
    assert (customer["invoices"], customer["entities"]) == ([], [])


@seeds(3)
def test_nothing_that_comes_in_is_a_defect(recent_api: Api, seed: int) -> None:
    nonsense, choose = Nonsense(seed), random.Random(seed)
    sound = [(name, msgspec.json.encode(body)) for name, body in SOUND]
    for operation, data in [*sound, *(nonsense.request() for _ in range(1500))]:
        version = choose.choice(("2.2.0", "2.3.0", "2.5.0"))
        headers = {"authorization": f"Bearer {KEY}", "x-api-version": version}
        reply = recent_api.gateway.answer(Request("POST", f"/v1/{operation}", headers, data))
        assert reply.status != 500, (operation, data)
        recent_api.gateway.apply_queued()


def test_a_copy_goes_on_where_the_original_was(recent_api: Api) -> None:
    for operation, body in SOUND[:-1]:
        with contextlib.suppress(Refused):
            recent_api(operation, body)
    recent_api.customer("zoe")
    recent_api("balances.create", customer_id="zoe", feature_id="m", included_grant=9)
    lock = {"enabled": True, "lock_id": "kept"}
    wanted = {"customer_id": "zoe", "feature_id": "m", "required_balance": 4}
    recent_api("balances.check", {**wanted, "lock": lock})
    recent_api.gateway.load(recent_api.gateway.dump())
    assert recent_api.remaining("m", "zoe") == 5
    recent_api("balances.finalize", lock_id="kept", action="release")
    assert recent_api.remaining("m", "zoe") == 9
    assert [event["value"] for event in recent_api("events.list", limit=2)["list"]] == [-4, 4]
